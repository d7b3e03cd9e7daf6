"""The countries the shop sells to: cities, streets, postcodes, telephone ranges, zones.

Telephone numbers. Landlines of the United Kingdom, Germany and France lie in the ranges their regulators keep for
fiction (Ofcom: 020 7946 0xxx, ...; Bundesnetzagentur: 030 23125 xxx, ...; Arcep: 01 99 00 xx xx, ...), United States
ones partly in 555-01xx, as long as they last. The ranges for mobiles are
too small for a large shop, or invalid to telephone libraries (07700 900xxx), so mobiles are ordinary looking numbers
drawn without knowledge of whom they belong to: never dial or text them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ZONE_OF_SHOP: Final = "Europe/London"


@dataclass(frozen=True, slots=True)
class Country:
    """One country; `cultures` are weights in the order of `names.CULTURES`.

    A range of telephone numbers is a prefix of the national number and the count of digits that follow. In `street`
    the braces stand for the name and the house number; in a postcode `9` is a digit and `@` a letter.
    """

    code: str
    name: str
    aliases: tuple[str, ...]
    share: float
    cultures: tuple[int, ...]
    zone: str
    locale: str
    currency: str
    dial: str
    trunk: str
    mobile: tuple[tuple[str, int], ...]
    landline: tuple[tuple[str, int], ...]
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    street: str


def _cities(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (entry.strip().rpartition(" = ") for entry in text.split(";"))
    return tuple((city, postcode) for city, _, postcode in pairs)


def _list(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(";"))


_FICTION_GB: Final = tuple(
    (prefix, 3)
    for prefix in (
        "2079460 1614960 1134960 1144960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1914980 "
        "2896496 2920180".split()
    )
)
COUNTRIES: Final = (
    Country(
        "GB", "United Kingdom", ("UK", "GB", "Great Britain", "England"), 0.52, (70, 2, 2, 2, 5, 10, 6, 3),
        "Europe/London", "en-GB", "GBP", "44", "0",
        (("7712", 6), ("7824", 6), ("7535", 6)), (*_FICTION_GB, ("2034", 6)),
        _cities(
            "London = SE99 9@@; London = NW9 9@@; London = E9 9@@; Manchester = M99 9@@; Birmingham = B99 9@@; "
            "Leeds = LS9 9@@; Glasgow = G9 9@@; Edinburgh = EH9 9@@; Bristol = BS9 9@@; Cardiff = CF99 9@@; "
            "Sheffield = S9 9@@; Liverpool = L9 9@@; Norwich = NR9 9@@; Brighton = BN9 9@@; York = YO9 9@@; "
            "Belfast = BT9 9@@; Nottingham = NG9 9@@; Oxford = OX9 9@@; Exeter = EX9 9@@; Newcastle upon Tyne = NE9 9@@"
        ),
        _list(
            "High Street;Station Road;Church Lane;Victoria Road;Park Avenue;Green Lane;Manor Road;Kings Road;Mill Lane;"
            "Queen Street;New Road;Grange Road;The Crescent;School Lane;Chapel Street;Albert Road;Windsor Drive;"
            "Orchard Close;Hawthorn Way;Springfield Road;York Road;Alexandra Terrace;Meadow View;Richmond Gardens"
        ),
        "{number} {name}",
    ),
    Country(
        "DE", "Germany", ("DE", "Deutschland", "Germany "), 0.15, (2, 80, 1, 1, 5, 1, 2, 8),
        "Europe/Berlin", "de-DE", "EUR", "49", "0",
        (("151", 8), ("176", 8)), (("3023125", 3), ("6990009", 3), ("4066969", 3), ("8999998", 3), ("3062", 6)),
        _cities(
            "Berlin = 10999; Hamburg = 20999; München = 80999; Köln = 50999; Frankfurt am Main = 60999; "
            "Stuttgart = 70999; Düsseldorf = 40999; Leipzig = 04999; Nürnberg = 90999; Bremen = 28999; Göttingen = 37099"
        ),
        _list(
            "Hauptstraße;Schulstraße;Gartenstraße;Bahnhofstraße;Dorfstraße;Bergstraße;Lindenallee;Kirchweg;Waldweg;"
            "Ringstraße;Goethestraße;Schillerstraße;Mozartweg;Am Markt;Königsallee;Mühlenweg"
        ),
        "{name} {number}",
    ),
    Country(
        "FR", "France", ("FR", "FRANCE"), 0.09, (2, 1, 82, 4, 2, 2, 3, 4),
        "Europe/Paris", "fr-FR", "EUR", "33", "0",
        (("612", 6), ("645", 6), ("678", 6)), (("19900", 4), ("26191", 4), ("35301", 4), ("46571", 4), ("53649", 4)),
        _cities(
            "Paris = 75019; Lyon = 69009; Marseille = 13009; Toulouse = 31099; Nantes = 44099; Lille = 59099; "
            "Bordeaux = 33099; Strasbourg = 67099; Saint-Étienne = 42099"
        ),
        _list(
            "rue de la République;rue Victor Hugo;avenue Jean Jaurès;rue des Écoles;boulevard Voltaire;rue Pasteur;"
            "place de l'Église;chemin des Vignes;rue du Moulin;allée des Tilleuls;rue de la Gare"
        ),
        "{number} {name}",
    ),
    Country(
        "ES", "Spain", ("ES", "España"), 0.07, (2, 1, 2, 85, 2, 1, 3, 1),
        "Europe/Madrid", "es-ES", "EUR", "34", "",
        (("612", 6), ("634", 6), ("655", 6)), (("91412", 4), ("93415", 4), ("954", 6)),
        _cities(
            "Madrid = 28099; Barcelona = 08099; Valencia = 46099; Sevilla = 41099; Zaragoza = 50099; Málaga = 29099; "
            "Bilbao = 48099; A Coruña = 15099"
        ),
        _list(
            "Calle Mayor;Calle Real;Calle de la Constitución;Avenida de España;Calle del Sol;Plaza Nueva;Calle Cervantes;"
            "Paseo de la Estación;Calle San José;Calle Goya"
        ),
        "{name} {number}",
    ),
    Country(
        "PL", "Poland", ("PL", "Polska"), 0.05, (1, 2, 1, 1, 92, 1, 1, 1),
        "Europe/Warsaw", "pl-PL", "EUR", "48", "",
        (("512", 6), ("601", 6)), (("22412", 4), ("12345", 4)),
        _cities(
            "Warszawa = 00-999; Kraków = 30-999; Łódź = 90-999; Wrocław = 50-999; Poznań = 60-999; Gdańsk = 80-999"
        ),
        _list("ul. Polna;ul. Leśna;ul. Słoneczna;ul. Krótka;ul. Szkolna;ul. Ogrodowa;ul. Lipowa;aleja Jana Pawła II"),
        "{name} {number}",
    ),
    Country(
        "IE", "Ireland", ("IE", "Éire", "Rep. of Ireland"), 0.06, (84, 1, 1, 2, 7, 3, 2, 0),
        "Europe/Dublin", "en-IE", "EUR", "353", "0",
        (("87", 7), ("85", 7)), (("1460", 4), ("21430", 4)),
        _cities("Dublin = D09 @9@9; Cork = T12 @9@9; Galway = H91 @9@9; Limerick = V94 @9@9; Waterford = X91 @9@9"),
        _list("Main Street;O'Connell Street;Church Road;Strand Road;Patrick Street;Bridge Street;The Green;Abbey Lane"),
        "{number} {name}",
    ),
    Country(
        "US", "United States", ("USA", "US", "United States of America"), 0.03, (62, 4, 2, 16, 2, 6, 7, 1),
        "America/New_York", "en-US", "GBP", "1", "",
        (("2127", 6), ("6177", 6), ("4047", 6)), (("21255501", 2), ("61755501", 2), ("305555", 4)),
        _cities("New York = 10099; Boston = 02119; Atlanta = 30399; Philadelphia = 19199; Miami = 33199"),
        _list("Oak Street;Maple Avenue;Washington Street;Elm Street;2nd Avenue;Lake Drive;Cedar Lane;Park Place"),
        "{number} {name}",
    ),
    Country(
        "IN", "India", ("IN", "Bharat"), 0.03, (2, 0, 0, 0, 0, 97, 1, 0),
        "Asia/Kolkata", "en-IN", "GBP", "91", "0",
        (("98123", 5), ("97123", 5), ("99123", 5)), (("22240", 5), ("80255", 5)),
        _cities("Mumbai = 400099; Bengaluru = 560099; New Delhi = 110099; Chennai = 600099; Pune = 411099"),
        _list("MG Road;Park Street;Station Road;Nehru Marg;Temple Street;Gandhi Nagar;Lake View Road;Brigade Road"),
        "{number} {name}",
    ),
)  # fmt: skip

STREET_ABBREVIATIONS: Final = (
    ("Street", "St"), ("Road", "Rd"), ("Avenue", "Ave"), ("Lane", "Ln"), ("straße", "str."), ("avenue", "av."),
    ("Calle", "C/"), ("boulevard", "bd"), ("Drive", "Dr"), ("Close", "Cl"),
)  # fmt: skip
INWARD_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
