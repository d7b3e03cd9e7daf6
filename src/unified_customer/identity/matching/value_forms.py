"""The normal form of one column, by its role: a String series of the same length and order, null where nothing is left.

Each distinct value is worked on once. What a library cannot read keeps its letters and digits: typing errors are
evidence. Numbers are read as they are written in full: 12345.0 is "12345", and zeros that a number has lost stay lost.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import polars as pl

from unified_customer.connectors.parsing import as_text
from unified_customer.core.errors import SchemaError
from unified_customer.identity.matching.role_names import Role
from unified_customer.identity.normalise import (
    city_key,
    countries,
    dates,
    emails,
    genders,
    infer_date_format,
    is_junk,
    name_key,
    street_key,
)
from unified_customer.identity.normalise.distinct import each_distinct
from unified_customer.identity.normalise.junk import Kind
from unified_customer.identity.normalise.vocabulary import HONORIFICS, by_word

Form = Callable[[pl.Series], pl.Series]

_TITLES: Final = rf"^(?:(?:{'|'.join(sorted(by_word(HONORIFICS)))}) )+"
_FLOAT: Final = r"^(\s*[+-]?\d+)\.0+\s*$"
_EXTENSION: Final = r"(?i)[ ,;/]*(?:\bext(?:ension)?\b\.?|;ext=|\bx\.?|durchwahl|#)\s*:?\d{1,6}\s*$"
_COUNTRY_SIGN: Final = r"^\s*[A-Za-z]{1,3}\s*-\s*(\d{4,5}\s*)$"
_PHONE_DIGITS: Final = 9
_FEWEST_PHONE_DIGITS: Final = 6
_HOST: Final = r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?(?:www\d?\.)?([^/?#:\s]+)"
# Clear wherever they stand; then those that are words and initials too, and count only at the end.
_LEGAL_ANYWHERE: Final = (
    r"\b(?:sp(?:olka)? z o o|g m b h|gmbh|mbh|kgaa|ohg|ltd|limited|incorporated|llc|llp|l l c|plc|sarl|s a r l|srl|s r l|eurl"
    r"|spolka akcyjna|corp|corporation|aktiengesellschaft|gesellschaft mbh|pty|oyj|s r o|a s b l|asbl|and|und|et)\b"
)
_LEGAL_AT_END: Final = (
    r"(?: (?:inc|co|company|cie|kg|ag|a g|sa|s a|sas|s a s|sasu|sl|s l|slu|s p a|spa|bv|b v|nv|n v|oy|ab|as|a s|aps|se|ug"
    r"|haftungsbeschrankt|gbr|e k|ek|e kfr|ev|e v|eg|lda|ltda|zrt|kft|nyrt|doo|d o o|ood|eood|jsc|lp|pc|dba))+$"
)
_DAY_MONTH: Final = r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b"
_YEAR_MONTH_DAY: Final = r"^(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?:\D|$)"
_DATE_TYPOS: Final = 20
"""An order of day and month counts if it is proven so many times more often than it is contradicted."""


def text_of(values: pl.Series) -> pl.Series:
    """Return a column of any plain type as text: whole floats without ".0", NaN as null, days as ISO 8601.

    Raises:
        SchemaError: The column holds lists or objects.

    Examples:
        >>> text_of(pl.Series([12345.0, None, float("nan")])).to_list()
        ['12345', None, None]
    """
    dtype = values.dtype
    if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Duration, pl.Time, pl.Boolean):
        message = f"Column {values.name!r} is {dtype}, which has no normal form. Give text, or the role 'ignored'."
        raise SchemaError(message)
    return as_text(values.fill_nan(None) if dtype.is_float() else values)


def _without_junk(values: pl.Series, text: pl.Series, kind: Kind) -> pl.Series:
    junk = is_junk(text, kind)
    return values.set(junk.fill_null(value=False), None) if junk.any() else values


def _keep_unread(read: pl.Series, written: pl.Series) -> pl.Series:
    return read.zip_with(read.is_not_null(), written)


def _name(text: pl.Series) -> pl.Series:
    return name_key(_without_junk(text, text, "name"))


def _given_name(text: pl.Series) -> pl.Series:
    """Forms of address that a source writes into the given name are left out."""
    return each_distinct(_name(text), lambda key: key.str.replace(_TITLES, ""))


def _email(text: pl.Series) -> pl.Series:
    return _without_junk(each_distinct(text, _address), text, "email")


def _address(text: pl.Series) -> pl.Series:
    """Keep what cannot be read where it looks like an address that was typed in haste."""
    plain = text.str.strip_chars().str.to_lowercase()
    near = plain.str.contains(r"@|^\S+\.\S+$") & (plain.str.count_matches(r"[\p{L}\d]") >= 3)
    return _keep_unread(emails(text), plain.set(~near, None))


def _phone(text: pl.Series) -> pl.Series:
    return _without_junk(each_distinct(text, _last_digits), text, "phone")


def _last_digits(text: pl.Series) -> pl.Series:
    digits = text.str.replace(_FLOAT, "$1").str.replace(_EXTENSION, "").str.replace_all(r"\D", "")
    return digits.set(digits.str.len_bytes() < _FEWEST_PHONE_DIGITS, None).str.tail(_PHONE_DIGITS)


def _letters_and_digits(text: pl.Series) -> pl.Series:
    plain = text.str.replace(_FLOAT, "$1").str.normalize("NFKC").str.to_lowercase()
    return plain.str.replace_all(r"[^\p{L}\p{N}]", "").replace("", None)


def _code(text: pl.Series, kind: Kind) -> pl.Series:
    form = each_distinct(text, _letters_and_digits)
    return _without_junk(_without_junk(form, text, kind), form, kind)


def _postcode(text: pl.Series) -> pl.Series:
    """The sign of a country before digits comes and goes: "D-01067" and "01067"."""
    return _code(each_distinct(text, lambda found: found.str.replace(_COUNTRY_SIGN, "$1")), "postcode")


def _place(text: pl.Series, key: Form) -> pl.Series:
    return key(_without_junk(text, text, "address"))


def _organisation(text: pl.Series) -> pl.Series:
    return each_distinct(name_key(_without_junk(text, text, "any")), _without_legal_form)


def _without_legal_form(key: pl.Series) -> pl.Series:
    bare = key.str.replace_all(_LEGAL_ANYWHERE, " ").str.replace_all(r"\s+", " ").str.strip_chars()
    bare = bare.str.replace(_LEGAL_AT_END, "")
    return bare.zip_with(bare != "", key)


def _website(text: pl.Series) -> pl.Series:
    return each_distinct(
        _without_junk(text, text, "any"),
        lambda found: found.str.strip_chars().str.to_lowercase().str.extract(_HOST).str.strip_chars("."),
    ).replace("", None)


def _country(text: pl.Series) -> pl.Series:
    return _keep_unread(countries(text).str.to_lowercase(), name_key(text))


def _gender(text: pl.Series) -> pl.Series:
    return _keep_unread(genders(text), name_key(text))


def _house_number(text: pl.Series) -> pl.Series:
    return street_key(each_distinct(text, lambda found: found.str.replace(_FLOAT, "$1")))


FORMS: Final[Mapping[Role, Form]] = {
    "given_name": _given_name,
    "family_name": _name,
    "full_name": _name,
    "email": _email,
    "phone": _phone,
    "street": partial(_place, key=street_key),
    "house_number": _house_number,
    "city": partial(_place, key=city_key),
    "postcode": _postcode,
    "region": name_key,
    "country": _country,
    "identifier": partial(_code, kind="id"),
    "gender": _gender,
    "organisation": _organisation,
    "website": _website,
    "category": name_key,
    "text": name_key,
}
"""The form of each role but `birth_date`, whose formats differ between sources."""


def date_formats(text: pl.Series) -> tuple[str, ...]:
    """Return the formats that the dates of one source prove, for `birth_form`.

    A few dates that contradict all others are typing errors.

    Examples:
        >>> date_formats(pl.Series(["25/12/1970", "03/01/1970"]))
        ('%d/%m/%Y',)
    """
    found = infer_date_format(text)
    if found.formats or not (found.day_first and found.month_first):
        return found.formats
    if max(found.day_first, found.month_first) < _DATE_TYPOS * min(found.day_first, found.month_first):
        return ()
    first, second = text.str.extract(_DAY_MONTH, 1), text.str.extract(_DAY_MONTH, 2)
    wrong = (second if found.day_first > found.month_first else first).str.to_integer(strict=False) > 12
    return infer_date_format(text.filter(~wrong.fill_null(value=False))).formats


def birth_form(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Return birth dates as `YYYYMMDD`.

    What is no day of the calendar keeps its digits where it has eight, with the year first where its form or `formats`
    says which they are; beginnings and ends of the calendars of programs are null.

    Args:
        text: Dates as written.
        formats: As `date_formats` gives them.

    Examples:
        >>> birth_form(pl.Series(["3 Jan 1971", "1971-81-03", "1970-01-01", "71"]), ()).to_list()
        ['19710103', '19718103', None, None]
    """
    return each_distinct(text, lambda found: _birth_form(found, formats))


def _birth_form(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    text = text.str.replace(_FLOAT, "$1").str.strip_chars()
    day = dates(text, formats)
    form = day.dt.strftime("%Y%m%d")
    form = _keep_unread(form, _digits(text, formats)) if form.null_count() else form
    return _without_junk(_without_junk(_without_junk(form, text, "date"), form, "date"), day, "date")


def _digits(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Return the eight digits of what cannot be read, the year first where that is known."""
    written, bare = pl.col("text"), pl.col("text").str.replace_all(r"\D", "")
    first, second, year = (written.str.extract(_DAY_MONTH, group).str.zfill(2) for group in (1, 2, 3))
    year_first = [written.str.extract(_YEAR_MONTH_DAY, group).str.zfill(2) for group in (1, 2, 3)]
    ordered = [pl.concat_str(year_first)]
    # Dots have the day first wherever they are used.
    day_first = written.str.contains(r"^\d+\.") | any(form.startswith("%d") for form in formats)
    ordered += [pl.when(day_first).then(pl.concat_str(year, second, first))]
    ordered += [pl.concat_str(year, first, second)] if any(form.startswith("%m") for form in formats) else []
    eight = pl.when(bare.str.len_bytes() == 8).then(bare)
    return text.alias("text").to_frame().select(pl.coalesce(*ordered, eight).alias("text"))["text"]
