"""Names, forms of address, places and codes, by example."""

import polars as pl
import pytest

from unified_customer.identity import normalise


def only(series: pl.Series) -> object:
    return series.item()


@pytest.mark.parametrize(
    ("raw", "shown", "key"),
    [
        ("  Anna\t MARIA\n", "Anna MARIA", "anna maria"),
        ("Jose\u0301", "José", "jose"),
        ("O’Neill", "O’Neill", "oneill"),
        ("O'Neill", "O'Neill", "oneill"),
        ("Anne‐Marie", "Anne‐Marie", "anne marie"),
        ("Müller", "Müller", "muller"),
        ("Straße", "Straße", "strasse"),
        ("ŁUKASZ", "ŁUKASZ", "lukasz"),
        ("Иван", "Иван", "ivan"),
        ("Ａｎｎａ", "Ａｎｎａ", "anna"),
        ("Anna 😀", "Anna 😀", "anna"),
        ("An\u200bna\x00", "Anna", "anna"),
        ("--", "--", None),
        ("\u200b", None, None),
    ],
)
def test_name(raw: str, shown: str | None, key: str | None) -> None:
    assert only(normalise.names(pl.Series([raw]))) == shown
    assert only(normalise.name_key(pl.Series([raw]))) == key


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("Anna Lee", {"given_name": "Anna", "family_name": "Lee"}),
        ("ANNA LEE-JONES", {"given_name": "ANNA", "family_name": "LEE-JONES"}),
        ("Lee, Anna", {"given_name": "Anna", "family_name": "Lee"}),
        ("Anna Maria Lee", {"given_name": "Anna", "middle_name": "Maria", "family_name": "Lee"}),
        ("Dr. Ludwig van Beethoven", {"honorific": "Dr.", "given_name": "Ludwig", "family_name": "van Beethoven"}),
        ("de la Vega, Juan", {"given_name": "Juan", "family_name": "de la Vega"}),
        ("John Lee III", {"given_name": "John", "family_name": "Lee", "suffix": "III"}),
        ("Mr Lee", {"honorific": "Mr", "family_name": "Lee"}),
        ("Anna Lee née Doe", {"given_name": "Anna", "family_name": "Lee", "maiden_name": "Doe"}),
        ('Anna "Annie" Lee', {"given_name": "Anna", "family_name": "Lee", "nickname": "Annie"}),
        ("Anna", {"given_name": "Anna"}),
    ],
)
def test_full_name(raw: str, parts: dict[str, str]) -> None:
    assert only(normalise.split_full_names(pl.Series([raw]))) == dict.fromkeys(normalise.NAME_PARTS) | parts


@pytest.mark.parametrize("raw", [None, "", ",", "x" * 1001])
def test_what_is_no_name_has_no_parts(raw: str | None) -> None:
    assert only(normalise.split_full_names(pl.Series([raw], dtype=pl.String))) is None


def test_honorifics() -> None:
    raw = pl.Series(["MR.", "Herrn Prof. Dr.", "Mme", "Mr. and Mrs.", "Captain", None])
    assert normalise.honorifics(raw).to_list() == ["mr", "mr prof dr", "mrs", None, None, None]


def test_genders() -> None:
    raw = pl.Series(["F", "weiblich", "Frau", "m", "Homme", "männlich", "divers", "X", "2", "unknown", ""])
    expected = ["female"] * 3 + ["male"] * 3 + ["other"] * 2 + [None] * 3
    assert normalise.genders(raw).to_list() == expected


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("GB", ["UK", "England", "Great Britain", "826", "gbr", "United Kingdom", "Vereinigtes Königreich"]),
        ("US", ["U.S.A.", "USA", "the United States of America", "America", "États-Unis"]),
        ("DE", ["Deutschland", "Allemagne", "Niemcy", "276", "DEU"]),
        ("NL", ["Holland", "The Netherlands", "Nederland"]),
        ("ES", ["Espana", "España", "SPAIN"]),
        ("CI", ["Côte d'Ivoire", "Ivory Coast"]),
        ("KR", ["South Korea", "Korea, Republic of", "대한민국"]),
        ("GR", ["EL", "Greece", "Ελλάδα"]),
        ("XK", ["Kosovo", "xk"]),
        (None, ["Atlantis", "49", "D", "", "Europe"]),
    ],
)
def test_country(code: str | None, names: list[str]) -> None:
    assert normalise.countries(pl.Series(names)).to_list() == [code] * len(names)


def test_languages() -> None:
    raw = pl.Series(["en", "ENG", "en-GB", "pt_BR.UTF-8", "fre", "Deutsch", "en-US,en;q=0.9", "yue", "xx", "?"])
    assert normalise.languages(raw).to_list() == ["en", "en", "en", "pt", "fr", "de", "en", "yue", None, None]


def test_currencies() -> None:
    raw = pl.Series(["eur", "€", "978", "Pound Sterling", "£", "US$", "zł", "$", "¥", "XXXX", "kr"])
    expected = ["EUR", "EUR", "EUR", "GBP", "GBP", "USD", "PLN", None, None, None, None]
    assert normalise.currencies(raw).to_list() == expected


@pytest.mark.parametrize(
    ("country", "raw", "written"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "gir 0aa", "GIR 0AA"),
        ("GB", "SW1A", None),
        ("NL", "NL-1234ab", "1234 AB"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("US", "12345", "12345"),
        ("US", "12345 6789", "12345-6789"),
        ("US", "1234", None),
        ("DE", "01067", "01067"),
        ("DE", "D-01067", "01067"),
        ("DE", "1067", None),
        ("AT", "A-1010", "1010"),
        ("SE", "11122", "111 22"),
        ("PL", "00950", "00-950"),
        ("PT", "1000205", "1000-205"),
        ("LV", "1010", "LV-1010"),
        ("IE", "d02af30", "D02 AF30"),
        ("jp", "1000001", "100-0001"),
        ("BR", "01310100", "01310-100"),
        ("ZZ", " ab  12-3", "AB 12-3"),
        (None, "ab\t1", "AB 1"),
        (None, " ", None),
        ("DE", " ", None),
    ],
)
def test_postcode(country: str | None, raw: str, written: str | None) -> None:
    assert only(normalise.postcodes(pl.Series([raw]), country)) == written


def test_each_postcode_is_of_its_own_country() -> None:
    raw, countries = pl.Series(["1010", "1010", "1010", None]), pl.Series(["AT", "LV", None, "AT"])
    assert normalise.postcodes(raw, countries).to_list() == ["1010", "LV-1010", "1010", None]


@pytest.mark.parametrize(
    "spellings",
    [
        ["12 High Street", "12, HIGH ST.", "No. 12 High St", "12 High  street"],
        ["Hauptstraße 5a", "Hauptstr. 5 a", "HAUPTSTRASSE 5A"],
        ["1 Main St Apt 4", "1 Main Street, #4", "1 Main Street Apartment 4"],
    ],
)
def test_spellings_of_one_street_have_one_key(spellings: list[str]) -> None:
    assert normalise.street_key(pl.Series(spellings)).n_unique() == 1


def test_spellings_of_one_city_have_one_key() -> None:
    raw = pl.Series(["St. Gallen", "Sankt Gallen", "SAINT GALLEN", "St Gallen (SG)"])
    assert normalise.city_key(raw).unique().to_list() == ["st gallen"]
