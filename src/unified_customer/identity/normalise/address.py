"""Postcodes, and match keys of streets and cities."""

from functools import lru_cache

import polars as pl

from unified_customer.identity.normalise.distinct import as_text, each_distinct, formed
from unified_customer.identity.normalise.lettering import folding
from unified_customer.identity.normalise.postal_forms import postal_forms

_BETWEEN = r"[\s\p{Pd}.]+"
_STREETS = {
    "aly": "alley",
    "apt": "apartment appartement",
    "ave": "avenue av avda avenida",
    "bd": "boulevard blvd boul",
    "bldg": "building",
    "cir": "circle",
    "cl": "close",
    "cres": "crescent",
    "ct": "court",
    "dr": "drive",
    "e": "east",
    "fl": "floor",
    "gdns": "gardens",
    "gr": "grove",
    "hts": "heights",
    "hwy": "highway",
    "ln": "lane",
    "mt": "mount",
    "n": "north",
    "pde": "parade",
    "pk": "park",
    "pl": "place platz plaza",
    "po": "post postal",
    "rd": "road",
    "rte": "route",
    "s": "south",
    "sq": "square",
    "st": "street str strasse saint sankt",
    "ste": "suite sainte",
    "ter": "terrace",
    "w": "west",
    "wg": "weg",
}
_CITIES = {"st": "saint sankt sint san santa", "ste": "sainte", "mt": "mount", "ft": "fort", "n": "north"}
UNIT_SIGN = r"#\s*(\d)"
GERMAN_STREET = r"([a-z]{3,})str(?:asse)?( |$)"
NUMBER_LETTER = r"\b(\d+) ([a-z])( |$)"
IN_BRACKETS = r"(\S)\s*\([^()]*\)"
NUMBER_SIGN = r"\b(?:no|nr|number|nummer) (\d)"


def postcodes(values: pl.Series, countries: "pl.Series | str | None" = None) -> pl.Series:
    """Bring postcodes to the usual written form of their country.

    For about 170 countries the form is known: "SW1A 1AA", "1234 AB", "K1A 0B1", "12345-6789". A code that does not
    have the form of its country is null; digits are never added, so "1067" is no German postcode. Where the country is
    null or its form is not known, the code is upper-cased and its spaces are folded.

    Args:
        values: Postcodes as found.
        countries: ISO 3166-1 alpha-2 codes; one for all, or a series of the length of `values`.

    Returns:
        String of the same length and order; null where the value is null, blank or not of the country's form.

    References:
        Universal Postal Union, POST*CODE addressing guides.

    Examples:
        >>> postcodes(pl.Series(["sw1a1aa", "EC1A 1BB"]), "GB").to_list()
        ['SW1A 1AA', 'EC1A 1BB']
        >>> postcodes(pl.Series(["D-01067", "123456789", "ab 1"]), pl.Series(["DE", "US", None])).to_list()
        ['01067', '12345-6789', 'AB 1']
    """
    frame = pl.DataFrame({"code": as_text(values), "country": _countries(values, countries)})
    parts = frame.unique().partition_by("country", as_dict=True)
    found = [_written(part, country) for (country,), part in parts.items()]
    keys = ["code", "country"]
    known = pl.concat([pl.DataFrame(schema=dict.fromkeys([*keys, "written"], pl.String)), *found])
    joined = frame.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined["written"].alias(values.name)


def _countries(values: pl.Series, countries: "pl.Series | str | None") -> pl.Series:
    if isinstance(countries, pl.Series):
        return each_distinct(as_text(countries), lambda distinct: distinct.str.to_uppercase())
    return pl.Series([countries and countries.upper()], dtype=pl.String).new_from_index(0, len(values))


def _written(part: pl.DataFrame, country: object) -> pl.DataFrame:
    upper = pl.col("code").str.normalize("NFKC").str.to_uppercase().str.normalize("NFKC")
    forms = postal_forms().get(str(country))
    if forms is None:
        spaced = upper.str.replace_all(r"[\s\p{Cc}]+", " ").str.strip_chars()
        return part.with_columns(pl.when(spaced != "").then(spaced).alias("written"))
    bare = upper.str.replace_all(_BETWEEN, "")
    fitting = [pl.when(bare.str.contains(form)).then(bare.str.replace(form, written)) for form, written in forms]
    return part.with_columns(pl.coalesce(fitting).alias("written"))


def street_key(values: pl.Series) -> pl.Series:
    """Fold a street address to a key that is equal for the usual spellings of one address.

    Beside what `name_key` folds, words are abbreviated one way ("Street", "Str." and "Straße" give "st", "Avenue"
    gives "ave"), "Hauptstraße" and "Hauptstr." give "hauptst", "12 a" gives "12a" and "No. 5" gives "5".

    Args:
        values: Street and house number, in the order in which they were written.

    Returns:
        String of ASCII letters, digits and single spaces, of the same length and order; null where nothing is left.

    Examples:
        >>> street_key(pl.Series(["12 High Street", "12, HIGH ST.", "Hauptstr. 5 a", "Hauptstraße 5a"])).to_list()
        ['12 high st', '12 high st', 'hauptst 5a', 'hauptst 5a']
    """
    return each_distinct(as_text(values), lambda distinct: formed(distinct, street_folding))


def street_folding(text: pl.Expr) -> pl.Expr:
    """Return the expression of `street_key`."""
    key = folding(text.str.replace_all(UNIT_SIGN, "apt $1")).str.replace_all(NUMBER_SIGN, "$1")
    key = key.str.replace_all(GERMAN_STREET, "${1}st$2").str.replace_all(NUMBER_LETTER, "$1$2$3")
    return _abbreviated(key, short_words("street"))


def city_key(values: pl.Series) -> pl.Series:
    """Fold a town's name to a key that is equal for its usual spellings.

    Beside what `name_key` folds, "Saint", "Sankt" and "St." give "st", and "Mount", "Fort" and "North" are shortened.
    What stands in brackets goes. Names in other languages ("Munich") are other names.

    Args:
        values: Names of towns.

    Returns:
        String of ASCII letters, digits and single spaces, of the same length and order; null where nothing is left.

    Examples:
        >>> city_key(pl.Series(["St. Gallen", "SANKT GALLEN", "Köln (Porz)"])).to_list()
        ['st gallen', 'st gallen', 'koln']
    """
    return each_distinct(as_text(values), lambda distinct: formed(distinct, city_folding))


def city_folding(text: pl.Expr) -> pl.Expr:
    """Return the expression of `city_key`."""
    return _abbreviated(folding(text.str.replace_all(IN_BRACKETS, "$1 ")), short_words("city"))


@lru_cache(maxsize=2)
def short_words(kind: str) -> dict[str, str]:
    """Return how words are abbreviated in the names of streets or of cities."""
    groups = _STREETS if kind == "street" else _CITIES
    return {word: short for short, words in groups.items() for word in words.split()}


def _abbreviated(key: pl.Expr, words: dict[str, str]) -> pl.Expr:
    return key.str.split(" ").list.eval(pl.element().replace(words)).list.join(" ")
