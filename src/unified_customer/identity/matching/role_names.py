"""What the name of a column says of its role, in the main European languages.

The names of person columns are those by which `connectors` suggests mappings; here stand the roles that they have in a
comparison, and names that only a comparison cares about.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from unified_customer.connectors.synonyms import (
    LOYALTY_NAMES,
    OBSERVED_NAMES,
    PERSON_NAMES,
    QUALIFIERS,
    RECORD_KEYS,
    plain_name,
)

Role = Literal[
    "given_name",
    "family_name",
    "full_name",
    "birth_date",
    "email",
    "phone",
    "street",
    "house_number",
    "city",
    "postcode",
    "region",
    "country",
    "identifier",
    "gender",
    "organisation",
    "website",
    "category",
    "text",
    "ignored",
]
"""What a column is for a matcher."""

Kind = Literal["role", "record key", "time stamp", "measure", "name"]


@dataclass(frozen=True)
class Named:
    """What a name says.

    Attributes:
        role: The role that columns of that name have.
        kind: `role`, or why the role needs the values or the other columns: `record key` (a number of a row, or of a
            customer), `time stamp`, `measure`, `name` (of a person or of an organisation).
        sure: Whether the whole name is known, not only a word of it.
    """

    role: Role
    kind: Kind = "role"
    sure: bool = True


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIELDS: Final[Mapping[str, Role]] = {
    "middle_name": "text",
    "honorific": "category",
    "job_title": "category",
    "language": "category",
    "time_zone": "category",
}
"""Fields of a person whose role has another name than the field."""

_MORE: Final[Mapping[Role, str]] = {
    "given_name": "forenames given given_names first_names vornamen rufname prenoms nome_proprio nombre_de_pila roepnaam",
    "family_name": "family nachnamen zuname apellido_1 primer_apellido ultimo_nome nom_famille sur_name last_names",
    "full_name": "first_and_surname first_and_last_name first_last_name name_full vor_und_nachname vor_und_zuname"
    " nom_et_prenom nom_prenom prenom_nom nombre_y_apellidos nome_e_cognome nome_cognome naam_volledig",
    "birth_date": "birth dob_date date_birth birth_day geburt geb geb_dat gebdat fecha_nac f_nacimiento data_nascita"
    " data_nascimento data_urodzenia fodelsedatum fodselsdato",
    "email": "e_mail_1 emails mails correo_e adres_email epost e_post",
    "phone": "phones fon fax telefax faxnummer phone_no tel_no tel_nr telnr tel_number mobile_no festnetz landline"
    " home_phone work_phone private_phone fixe telefono_movil telefono_fijo telefoon mobiel numer_telefonu telefonszam",
    "street": "street_name address_line addr addr_1 addr1 strassenname hausanschrift anschrift voie ulica gatuadress"
    " gata domicilio adresse_postale",
    "house_number": "house_number house_no house_nr houseno housenumber street_number street_no street_nr building_number"
    " hausnummer haus_nr hausnr numero_civico civico numero_de_rue numero_rue numero_calle huisnummer huisnr"
    " numer_domu gatunummer civic_number",
    "city": "birth_place birthplace place_of_birth city_of_birth geburtsort lieu_de_naissance lugar_de_nacimiento"
    " luogo_di_nascita geboorteplaats locality municipality gemeinde commune town_city city_town place miasto stad"
    " poblacion woonplaats municipio",
    "postcode": "postal_area post_nr postnummer kod_pocztowy kod codice_postale codigo_pos postcode_zip eircode pincode",
    "region": "county_name territory land_region wojewodztwo comunidad comunidad_autonoma",
    "country": "nationality citizenship nationalitat nationalite nacionalidad kraj nation staat staatsangehorigkeit",
    "identifier": "ssn soc_sec_id soc_sec social_security_number social_security_no social_security nin nino national_id"
    " national_number national_insurance_number personal_id personal_number id_number id_card id_card_number identity_number"
    " tax_id tax_number tax_no taxid tin steuer_id steuerid steuernummer steuer_nr steueridentifikationsnummer"
    " sozialversicherungsnummer sv_nummer svnr versichertennummer krankenversichertennummer nif nie dni cif cuit siren"
    " siret numero_fiscal numero_securite_sociale nir vat vat_id vat_no vat_nr vat_number vatid ust_id ust_idnr ustid"
    " ust_id_nr umsatzsteuer_id tva numero_tva tva_intracommunautaire partita_iva p_iva piva codice_fiscale bsn btw"
    " btw_nummer kvk pesel nip regon personnummer cpr cpf cnpj nhs_number medicare_number patient_number mrn passport"
    " passport_no passport_number reisepassnummer ausweisnummer personalausweisnummer driving_licence driver_license"
    " licence_number license_number iban bank_account card_number duns lei company_number registration_number"
    " handelsregisternummer hrb loyalty membership_number membership_no member_no mitgliedsnummer kartennummer"
    " customer_card username user_name login screen_name twitter instagram facebook linkedin external_id",
    "organisation": "organisation_name organization_name business business_name trading_name restaurant restaurant_name"
    " firm venue venue_name shop_name store_name nom_entreprise raison_sociale razon_social ragione_sociale handelsname"
    " firma_1 firma1 institution school hospital manufacturer",
    "gender": "sex_code gender_code plec kon kjonn sukupuoli",
    "website": "domain web_site homepage_url www internet site internetseite company_url company_domain pagina_web",
    "category": "occupation cuisine industry sector branche segment type kind category kategorie class klasse tier"
    " marital_status familienstand ethnicity race religion department abteilung suffix",
    "text": "address_2 address2 address_line_2 address_line2 addressline2 addr_2 addr2 street_2 street2 address_3"
    " address3 address_line_3 adresse_2 adresszusatz zusatz complement_adresse complement_d_adresse apartment flat unit"
    " building notes note comment comments remark remarks bemerkung bemerkungen notiz kommentar commentaire observaciones"
    " description beschreibung nickname nick_name alias aka other_names maiden_name birth_name geburtsname nom_de_jeune_fille"
    " nom_de_naissance rufname_alt second_surname segundo_apellido",
}

_NAMES: Final = (
    "name names names_1 display_name customer_name kundenname client_name account_holder title_name bezeichnung"
)
"""Names of columns that name a person in one table and an organisation in the next."""

_HALVES: Final = ("nom", "nome", "nombre", "naam", "nazwa", "namn", "navn")
"""Words for one half of a name where the other half is there too, and for the whole where it is not."""

_STAMPS: Final = (
    "created created_at created_on created_date date_created creation_date createdate inserted_at loaded_at load_date"
    " imported_at ingested_at synced_at first_seen last_seen last_login last_visit signup_date sign_up_date signed_up_at"
    " registered_at registration_date registered join_date joined joined_at member_since customer_since kunde_seit"
    " anlagedatum angelegt_am erstellt erstellt_am cree_le date_creation fecha_alta fecha_creacion timestamp time date"
    " datum datetime deleted_at valid_from valid_to expires_at last_order_date first_order_date last_purchase batch_date"
)
_MEASURES: Final = (
    "amount price total revenue balance score rating points quantity qty count sum value spend income salary turnover umsatz"
    " betrag saldo punkte anzahl montant prix importe age alter lat latitude lon lng longitude weight height percent"
    " percentage probability rank orders order_count visits ltv ip ip_address user_agent"
)
_TAILS: Final = _words(
    "fake clean cleaned raw std standardised standardized norm normalised normalized original orig text str value code old"
    " new current first second third alt alternative other"
)
"""Words after a name that say in which form or which of several it is: `postcode_fake` is a postcode."""

_WORDS: Final[tuple[tuple[str, Named], ...]] = (
    ("email mail courriel", Named("email", sure=False)),
    ("birthplace geburtsort", Named("city", sure=False)),
    ("dob birthdate birthday geburtsdatum", Named("birth_date", sure=False)),
    ("postcode zip zipcode plz postleitzahl postal", Named("postcode", sure=False)),
    ("phone telephone telefon telefonnummer tel mobile cellphone handy mobil fax", Named("phone", sure=False)),
    ("surname lastname nachname familienname", Named("family_name", sure=False)),
    ("firstname forename vorname prenom", Named("given_name", sure=False)),
    ("fullname", Named("full_name", sure=False)),
    ("hausnummer hausnr housenumber", Named("house_number", sure=False)),
    ("street strasse rue calle", Named("street", sure=False)),
    ("city town stadt ort ville suburb", Named("city", sure=False)),
    ("company firma organisation organization empresa entreprise", Named("organisation", sure=False)),
    ("website homepage", Named("website", sure=False)),
    ("country", Named("country", sure=False)),
    ("ssn vat steuer tax passport iban loyalty", Named("identifier", sure=False)),
    ("gender geschlecht", Named("gender", sure=False)),
    ("timestamp at", Named("ignored", "time stamp", sure=False)),
    ("amount price total revenue balance score count", Named("ignored", "measure", sure=False)),
    ("name", Named("full_name", "name", sure=False)),
    ("id key uuid guid number nr nummer no num ref code", Named("identifier", "record key", sure=False)),
    ("date datum on", Named("ignored", "time stamp", sure=False)),
)
"""What a single word of an otherwise unknown name says; the first that is there counts."""

_LAST_WORD_ONLY: Final = _words("at on date no id number code ref key count total")


def named(column: str) -> Named | None:
    """Say what the name of a column tells of its role; None where it is not known.

    Examples:
        >>> named("Geburtsdatum").role, named("billing_zip").role, named("surname_std").role
        ('birth_date', 'postcode', 'family_name')
        >>> named("name").kind, named("favourite_colour")
        ('name', None)
    """
    words = plain_name(column).split("_")
    known = _known()
    whole = (known.get("_".join(tried)) or known.get("".join(tried)) for tried in _bare(words))
    return next((found for found in whole if found), None) or _by_word(words)


def is_half(column: str) -> bool:
    """Say whether the name means a part of a name only where the other part has a column too, as "nom" does."""
    return plain_name(column) in _HALVES


def _bare(words: list[str]) -> Iterator[list[str]]:
    """Yield the name, then without the words before and after it that say whose, which or in what form it is."""
    yield words
    front, back = 0, len(words)
    while back - front > 1 and (words[back - 1].isdigit() or words[back - 1] in _TAILS):
        back -= 1
        yield words[:back]
    while back - front > 1 and words[front] in QUALIFIERS:
        front += 1
        yield words[front:]
        yield words[front:back]


def _by_word(words: list[str]) -> Named | None:
    for choices, meaning in _WORDS:
        said = set(choices.split()) & set(words)
        if (said - _LAST_WORD_ONLY) or words[-1] in said:
            return meaning
    return None


@lru_cache(maxsize=1)
def _known() -> Mapping[str, Named]:
    """Names to meanings; of several meanings of a name the later counts."""
    known = {key: Named("identifier", "record key") for key in RECORD_KEYS}
    for field, names in PERSON_NAMES.items():
        known |= dict.fromkeys(names, Named(_FIELDS.get(field) or _role(field)))
    known |= dict.fromkeys(LOYALTY_NAMES, Named("identifier"))
    for role, names_of_role in _MORE.items():
        known |= dict.fromkeys(names_of_role.split(), Named(role))
    known |= dict.fromkeys(_NAMES.split(), Named("full_name", "name"))
    known |= {half: known.get(half, Named("full_name", "name")) for half in _HALVES}
    known |= dict.fromkeys([*OBSERVED_NAMES, *_STAMPS.split()], Named("ignored", "time stamp"))
    known |= dict.fromkeys(_MEASURES.split(), Named("ignored", "measure"))
    return {name.replace("_", ""): meaning for name, meaning in known.items()} | known


def _role(field: str) -> Role:
    """Return the role that is called as the field is."""
    return next(role for role in _MORE if role == field)
