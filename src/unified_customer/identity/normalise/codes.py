"""Countries, languages and currencies as their ISO codes."""

import gettext
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

import polars as pl

from unified_customer.identity.normalise.distinct import as_text, each_distinct, look_up
from unified_customer.identity.normalise.lettering import cleaned, folded
from unified_customer.identity.normalise.vocabulary import COUNTRIES, CURRENCY_SIGNS, LANGUAGES, TRANSLATIONS, by_word

_SHORTEST_NATIVE_NAME = 3


def countries(values: pl.Series) -> pl.Series:
    """Bring countries to ISO 3166-1 alpha-2 codes.

    Understood are the alpha-2, alpha-3 and three-digit codes, the English official and common names, everyday names
    ("UK", "Holland", "South Korea"), the parts of the United Kingdom, and the names in some 45 languages, as long as
    a name means the same country in all of them ("Deutschland", "España").
    Kosovo is XK. Numbers of one or two digits are null: they may as well be calling codes.

    Args:
        values: Text.

    Returns:
        String of two capitals, of the same length and order; null where the value is null or not a known country.

    References:
        ISO 3166-1, by way of pycountry (Debian iso-codes).

    Examples:
        >>> countries(pl.Series(["de", "GBR", "276", "U.S.A.", "Holland", "Espana", "Atlantis"])).to_list()
        ['DE', 'GB', 'DE', 'US', 'NL', 'ES', None]
    """
    return each_distinct(as_text(values), _countries)


def _countries(values: pl.Series) -> pl.Series:
    keys = _keys(values)
    found = look_up(keys, _country_table())
    if keys.filter(found.is_null()).drop_nulls().is_empty():
        return found
    return found.zip_with(found.is_not_null(), look_up(keys, _native_names()))


def _keys(values: pl.Series) -> pl.Series:
    # "U.S.A." is one word, "St. Lucia" are two; "the" comes and goes.
    text = folded(values.str.replace_all(r"[.](\S)", "$1").str.replace_all("&", " and ", literal=True))
    return text.str.strip_prefix("the ")


def _keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Fold names to keys; where two pairs have one key, the earlier counts."""
    names, meanings = zip(*pairs, strict=True)
    keys = _keys(pl.Series(names, dtype=pl.String)).to_list()
    return {key: meaning for key, meaning in reversed(list(zip(keys, meanings, strict=True))) if key}


@lru_cache(maxsize=1)
def _country_table() -> dict[str, str]:
    return _keyed(_country_names())


def _country_names() -> Iterator[tuple[str, str]]:
    import pycountry

    known = list(pycountry.countries)
    for field in ("alpha_2", "alpha_3", "numeric", "common_name", "name", "official_name"):
        yield from ((getattr(country, field), country.alpha_2) for country in known if hasattr(country, field))
    yield from by_word(COUNTRIES).items()


@lru_cache(maxsize=1)
def _native_names() -> dict[str, str]:
    """Names in all languages of iso-codes, less those that mean different countries in different languages."""
    pairs = sorted(set(_translations()))
    keys = _keys(pl.Series([name for name, _ in pairs], dtype=pl.String)).to_list()
    meanings = {(key, code) for key, (_, code) in zip(keys, pairs, strict=True) if key}
    times = Counter(key for key, _ in meanings)
    return {key: code for key, code in meanings if times[key] == 1 and len(key) >= _SHORTEST_NATIVE_NAME}


def _translations() -> Iterator[tuple[str, str]]:
    import pycountry

    english = {name: code for name, code in _country_names() if len(name) > _SHORTEST_NATIVE_NAME}
    for language in TRANSLATIONS.split():
        read = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
        yield from ((read(name), code) for name, code in english.items())


def languages(values: pl.Series) -> pl.Series:
    """Bring languages to ISO 639 codes: two letters where there are two (639-1), else three (639-3).

    Understood are the codes themselves, language tags and locales ("en-GB", "pt_BR.UTF-8"), of which the region is
    dropped, an Accept-Language list, of which the first counts, the English names, and what speakers of the larger
    languages call theirs ("Deutsch").

    Args:
        values: Text.

    Returns:
        String of lower-case codes, of the same length and order; null where the value is null or not known.

    References:
        ISO 639-1, 639-2 and 639-3; RFC 5646.

    Examples:
        >>> languages(pl.Series(["en-GB", "ger", "Deutsch", "pt_BR.UTF-8", "Klingonese"])).to_list()
        ['en', 'de', 'de', 'pt', None]
    """
    return each_distinct(as_text(values), _languages)


def _languages(values: pl.Series) -> pl.Series:
    tag = values.str.strip_chars().str.extract(r"^([A-Za-z]{2,3})(?:[-_.@;,\s].*)?$").str.to_lowercase()
    by_code = look_up(tag, _language_codes())
    return by_code.zip_with(by_code.is_not_null(), look_up(folded(values), _language_names()))


@lru_cache(maxsize=1)
def _language_codes() -> dict[str, str]:
    import pycountry

    codes: dict[str, str] = {}
    for language in pycountry.languages:
        code = getattr(language, "alpha_2", language.alpha_3)
        codes |= {language.alpha_3: code, getattr(language, "bibliographic", code): code, code: code}
    return codes


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    import pycountry

    listed = ((language.name, getattr(language, "alpha_2", language.alpha_3)) for language in pycountry.languages)
    # "Modern Greek (1453-)" and "Malay (macrolanguage)" are Greek and Malay to everybody else.
    return _keyed([*by_word(LANGUAGES).items(), *((name.partition(" (")[0], code) for name, code in listed)])


def currencies(values: pl.Series) -> pl.Series:
    """Bring currencies to ISO 4217 codes.

    Understood are the letter codes, the three-digit codes, the English names, and the signs that one currency has to
    itself: € and £ are, $ and ¥ are not and give null.

    Args:
        values: Text.

    Returns:
        String of three capitals, of the same length and order; null where the value is null or not known.

    References:
        ISO 4217, by way of pycountry (Debian iso-codes).

    Examples:
        >>> currencies(pl.Series(["eur", "978", "£", "US Dollar", "$"])).to_list()
        ['EUR', 'EUR', 'GBP', 'USD', None]
    """
    return each_distinct(as_text(values), _currencies)


def _currencies(values: pl.Series) -> pl.Series:
    sign = look_up(cleaned(values), by_word(CURRENCY_SIGNS))
    return sign.zip_with(sign.is_not_null(), look_up(folded(values), _currency_table()))


@lru_cache(maxsize=1)
def _currency_table() -> dict[str, str]:
    import pycountry

    known = list(pycountry.currencies)
    return _keyed((getattr(money, field), money.alpha_3) for field in ("alpha_3", "numeric", "name") for money in known)
