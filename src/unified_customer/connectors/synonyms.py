"""What columns are called in exports: names in several languages for each field of each table.

Names are compared in the form of `plain_name`: lower case, without accents, words joined by `_`.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Names = Mapping[str, tuple[str, ...]]

CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
FOLDED: Final = {"ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "đ": "d"}


def plain_name(name: str) -> str:
    """Return a column name in the form in which names are compared.

    Examples:
        >>> plain_name("E-Mail Adresse"), plain_name("firstName"), plain_name("Téléphone (mobile)")
        ('e_mail_adresse', 'first_name', 'telephone_mobile')
    """
    spaced = CAMEL.sub(" ", name)
    folded = "".join(FOLDED.get(each, each) for each in spaced.lower())
    ascii_name = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z]+|[0-9]+", ascii_name))


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


QUALIFIERS: Final = frozenset(
    _names(
        "billing shipping mailing home default address customer contact primary person personal user member subscriber"
        " client buyer kunde kunden rechnung rechnungs liefer adresse main your private shop account owner bill ship to"
    )
)
"""Words before a name that say whose or which it is: `billing_city` is a city."""

PERSON_NAMES: Final[Names] = MappingProxyType(
    {
        "email": _names(
            "email e_mail mail email_address e_mail_address emailaddress mail_address e_mail_adresse email_adresse"
            " emailadresse mailadresse correo correo_electronico adresse_email adresse_e_mail courriel"
            " adresse_mail indirizzo_email posta_elettronica endereco_de_email e_mailadres"
        ),
        "phone": _names(
            "phone phone_number telephone telephone_number tel telefon telefonnummer telefono telefone mobile"
            " mobile_phone mobile_number mobile_phone_number cell cell_phone cellphone handy handynummer mobil"
            " mobilnummer mobiltelefon movil celular telephone_mobile portable gsm numero_de_telephone telefoonnummer"
            " phone_1 sms whatsapp_phone_number rufnummer cellulare"
        ),
        "given_name": _names(
            "given_name first_name firstname forename fname f_name vorname prenom nombre nome voornaam given imie"
            " fornavn fornamn christian_name first"
        ),
        "family_name": _names(
            "family_name last_name lastname surname lname l_name nachname familienname nom nom_de_famille apellido"
            " apellidos cognome sobrenome achternaam name_last nazwisko etternavn efternamn last"
        ),
        "full_name": _names(
            "full_name fullname name display_name complete_name vollname vollstandiger_name nom_complet"
            " nombre_completo nome_completo volledige_naam contact_name customer_name kundenname person_name"
        ),
        "middle_name": _names("middle_name middlename second_name zweiter_vorname deuxieme_prenom segundo_nombre"),
        "honorific": _names("honorific salutation title anrede titel civilite tratamiento titolo aanhef name_prefix"),
        "birth_date": _names(
            "birth_date birthdate birthday date_of_birth dateofbirth dob d_o_b born geb_datum gebdatum geburtsdatum"
            " geburtstag date_de_naissance naissance fecha_de_nacimiento fecha_nacimiento data_di_nascita"
            " data_de_nascimento geboortedatum bday"
        ),
        "gender": _names("gender sex geschlecht sexe sexo genere genero geslacht"),
        "street": _names(
            "street street_address address address_1 address1 address_line_1 address_line1 addressline1 strasse"
            " str straat rue adresse adresse_1 calle direccion indirizzo via endereco rua adres street_1 street1"
            " strasse_hausnummer strasse_und_hausnummer strasse_nr streetaddress"
        ),
        "city": _names("city town suburb ort stadt wohnort ville localite ciudad localidad citta comune cidade plaats"),
        "region": _names(
            "region state province county state_province state_region state_code province_code bundesland kanton"
            " departement provincia estado regione provincie"
        ),
        "postcode": _names(
            "postcode post_code postal_code postalcode zip zip_code zipcode zip_postal_code plz postleitzahl"
            " code_postal cp codigo_postal cap cep postal"
        ),
        "country": _names(
            "country country_code country_region land laendercode landercode pays pais paese nazione country_name iso_country"
        ),
        "organisation": _names(
            "organisation organization company company_name firma firmenname unternehmen entreprise societe empresa"
            " azienda societa bedrijf account_name employer"
        ),
        "job_title": _names(
            "job_title jobtitle position job occupation profession beruf funktion poste puesto cargo professione functie"
            " title"
        ),
        "language": _names("language preferred_language locale sprache langue idioma lingua taal lang"),
        "time_zone": _names("time_zone timezone zeitzone fuseau_horaire zona_horaria timezone_id"),
        "website": _names("website website_url homepage webseite site_web sitio_web sito_web url web"),
    }
)

OBSERVED_NAMES: Final = _names(
    "updated_at updated last_updated last_update updated_on modified modified_at last_modified last_modified_date"
    " lastmodifieddate modified_on date_modified last_changed changed_at last_activity_modified system_modstamp"
    " geandert geandert_am aktualisiert aktualisiert_am letzte_anderung modifie_le mis_a_jour_le actualizado"
    " aggiornato observed_at"
)
"""When a record was last changed. When it was made says nothing of what it says now."""

RECORD_KEYS: Final = _names(
    "source_id record_id id contact_id customer_id customerid customer_number customer_no person_id user_id userid"
    " client_id member_id subscriber_id lead_id account_id crm_id uid uuid guid kundennummer kunden_nr kundennr"
    " kunden_id numero_client id_client id_cliente codice_cliente klantnummer customer_key euid leid web_id"
)

LOYALTY_NAMES: Final = _names("loyalty_id loyalty_card loyalty_number loyalty_card_number kundenkarte member_card")

ORDER_NAMES: Final[Names] = MappingProxyType(
    {
        "order_id": _names(
            "order_id order_number order_no order_name invoice invoice_id invoice_no invoice_number receipt"
            " receipt_id receipt_no transaction_id basket_id bestellnummer bestell_nr auftragsnummer rechnungsnummer"
            " numero_de_commande commande numero_pedido pedido numero_ordine beleg belegnummer bon order name"
        ),
        "line_id": _names("line_id order_line_id line_item_id lineitem_id line_number line_no position_id posnr"),
        "item_id": _names(
            "item_id stock_code stockcode sku product_id product_code article article_id article_number artikelnummer"
            " artikel_nr lineitem_sku line_item_sku asin variant_sku referencia reference item_sku item_no"
        ),
        "name": _names(
            "item_name product_name product product_title lineitem_name line_item_name description artikel"
            " artikelbezeichnung bezeichnung produit designation producto prodotto title item"
        ),
        "quantity": _names(
            "quantity qty units menge anzahl stueck stuck quantite cantidad quantita aantal lineitem_quantity"
            " line_item_quantity item_quantity cds"
        ),
        "unit_price": _names(
            "unit_price unitprice price item_price price_each lineitem_price line_item_price preis einzelpreis prix"
            " prix_unitaire precio precio_unitario prezzo prijs"
        ),
        "discount": _names("line_discount lineitem_discount item_discount"),
        "tax": _names("line_tax item_tax lineitem_tax"),
        "amount": _names(
            "line_total line_amount lineitem_total item_total line_price amount betrag umsatz montant importe"
        ),
        "currency": _names("currency currency_code waehrung wahrung devise moneda valuta"),
        "occurred_at": _names(
            "invoice_date invoice_ts invoicedate order_date ordered_at purchase_date purchased_at transaction_date"
            " created_at processed_at paid_at date timestamp time occurred_at datetime bestelldatum datum"
            " rechnungsdatum date_de_commande fecha fecha_pedido data_ordine sold_at sold_on sale_date sales_date"
            " date_of_sale"
        ),
        "category": _names("category product_category item_category kategorie warengruppe categorie categoria"),
        "brand": _names("brand marke marque marca vendor lineitem_vendor"),
        "variant": _names("variant variant_name size_color"),
        "coupon": _names("coupon coupon_code discount_code voucher promo_code gutschein"),
        "channel": _names("channel sales_channel vertriebskanal canal"),
    }
)

EVENT_NAMES: Final[Names] = MappingProxyType(
    {
        "event_id": _names("event_id message_id insert_id eventid id uuid"),
        "name": _names("event event_name name action event_type activity"),
        "occurred_at": _names(
            "timestamp occurred_at time event_time event_timestamp datetime date created_at ts original_timestamp"
        ),
        "received_at": _names("received_at collector_tstamp"),
        "user_id": _names("user_id userid customer_id distinct_id uid external_id"),
        "anonymous_id": _names("anonymous_id visitor_id client_id device_id cookie_id domain_userid anonymousid"),
        "session_id": _names("session_id sessionid visit_id session"),
        "url": _names("url page_url page_location current_url"),
        "campaign": _names("campaign utm_campaign campaign_name"),
        "utm_source": _names("utm_source"),
        "utm_medium": _names("utm_medium"),
        "utm_term": _names("utm_term"),
        "utm_content": _names("utm_content"),
        "channel": _names("channel"),
        "amount": _names("revenue value amount"),
        "currency": _names("currency currency_code"),
    }
)

OTHER_NAMES: Final[Mapping[str, Names]] = MappingProxyType(
    {
        "items": {
            "item_id": ORDER_NAMES["item_id"] + ("id", "handle"),
            "valid_from": _names("valid_from updated_at price_date from effective_from created_at date"),
            "valid_to": _names("valid_to to effective_to"),
            "sku": _names("sku variant_sku"),
            "name": _names("name title product_name item_name bezeichnung designation"),
            "category": ORDER_NAMES["category"] + ("type", "product_type"),
            "brand": ORDER_NAMES["brand"],
            "description": _names("description body beschreibung"),
            "price": ORDER_NAMES["unit_price"] + ("variant_price",),
            "cost": _names("cost cost_price cost_per_item einkaufspreis"),
            "currency": ORDER_NAMES["currency"],
            "stock": _names("stock inventory inventory_quantity bestand variant_inventory_qty"),
            "url": _names("url link"),
            "image_url": _names("image image_url image_src image_link"),
        },
        "answers": {
            "answer_id": _names("answer_id response_id id"),
            "instrument": _names("instrument survey survey_name form poll quiz"),
            "question": _names("question question_text field frage"),
            "value": _names("value score rating answer_value punkte"),
            "text": _names("text comment answer answer_text response antwort"),
            "scale": _names("scale"),
            "answered_at": _names("answered_at submitted_at timestamp date created_at submit_date response_date"),
        },
        "spend": {
            "period_start": _names("period_start start_date date day week month from"),
            "period_end": _names("period_end end_date to date day"),
            "channel": _names("channel platform source kanal"),
            "campaign": _names("campaign campaign_name kampagne"),
            "amount": _names("spend cost amount kosten amount_spent depense gasto"),
            "currency": ORDER_NAMES["currency"],
            "impressions": _names("impressions impressionen views"),
            "clicks": _names("clicks klicks clics"),
        },
        "accounts": {
            "account_id": _names("account_id company_id organization_id organisation_id id record_id"),
            "name": PERSON_NAMES["organisation"] + ("name",),
            "industry": _names("industry branche secteur sector"),
            "employees": _names("employees number_of_employees employee_count mitarbeiter size"),
            "plan": _names("plan tier tarif subscription_plan"),
            "parent_account_id": _names("parent_account_id parent_id parent_account"),
            "website": PERSON_NAMES["website"] + ("domain",),
            "country": PERSON_NAMES["country"],
            "observed_at": OBSERVED_NAMES,
        },
        "consents": {
            "statement_id": _names("statement_id consent_id id"),
            "subject_value": PERSON_NAMES["email"] + PERSON_NAMES["phone"],
            "purpose": _names("purpose zweck finalite"),
            "status": _names("status consent decision"),
            "channel": _names("channel kanal"),
            "stated_at": _names("stated_at timestamp date consent_date given_at updated_at created_at"),
        },
    }
)


def field_names(table: str) -> Names:
    """Return what columns are called, by field, for a table."""
    known = {"records": PERSON_NAMES, "order_lines": ORDER_NAMES, "events": EVENT_NAMES}
    return known[table] if table in known else OTHER_NAMES[table]
