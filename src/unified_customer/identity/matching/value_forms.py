"""The normal form of one column, by its role: a String series of the same length and order, null where nothing is left.

Each distinct value is worked on once. What a library cannot read keeps its letters and digits: typing errors are
evidence. Numbers are read as they are written in full: 12345.0 is "12345", and zeros that a number has lost stay lost.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from unified_customer.connectors.parsing import as_text
from unified_customer.core.errors import SchemaError
from unified_customer.identity.matching.role_names import Role
from unified_customer.identity.normalise import countries, dates, emails, genders, infer_date_format
from unified_customer.identity.normalise.address import city_folding, street_folding
from unified_customer.identity.normalise.distinct import asking, each_distinct, formed
from unified_customer.identity.normalise.junk import Kind, junk_in
from unified_customer.identity.normalise.lettering import folding
from unified_customer.identity.normalise.person_keys import given_name, person_name

Form = Callable[[pl.Expr], pl.Expr]

FLOAT: Final = r"^(\s*[+-]?\d+)\.0+\s*$"
EXTENSION: Final = r"(?i)[ ,;/]*(?:\bext(?:ension)?\b\.?|;ext=|\bx\.?|durchwahl|#)\s*:?\d{1,6}\s*$"
COUNTRY_SIGN: Final = r"^\s*[A-Za-z]{1,3}\s*-\s*(\d{4,5}\s*)$"
PHONE_DIGITS: Final = 9
FEWEST_PHONE_DIGITS: Final = 6
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
_EIGHT: Final = r"^(\d{4})(\d{2})(\d{2})$"
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


def form_of(role: Role, values: pl.Series) -> pl.Series:
    """Return the normal form of a column of text.

    Args:
        role: What it says; any but `birth_date` (see `birth_form`).
        values: String.

    Examples:
        >>> form_of("street", pl.Series(["12 High Street", "unknown", None])).to_list()
        ['12 high st', None, None]
    """
    return each_distinct(values, lambda distinct: formed(distinct, FORMS[role]))


def _without_junk(form: pl.Expr, text: pl.Expr, kind: Kind) -> pl.Expr:
    return pl.when(~junk_in(text, kind).fill_null(value=False)).then(form)


def _email(text: pl.Expr) -> pl.Expr:
    """Keep what cannot be read where it looks like an address that was typed in haste."""
    plain = text.str.strip_chars().str.to_lowercase()
    near = plain.str.contains(r"@|^\S+\.\S+$") & (plain.str.count_matches(r"[\p{L}\d]") >= 3)
    return _without_junk(pl.coalesce(asking(text, emails), pl.when(near).then(plain)), text, "email")


def _phone(text: pl.Expr) -> pl.Expr:
    digits = text.str.replace(FLOAT, "$1").str.replace(EXTENSION, "").str.replace_all(r"\D", "")
    last = pl.when(digits.str.len_bytes() >= FEWEST_PHONE_DIGITS).then(digits.str.tail(PHONE_DIGITS))
    return _without_junk(last, text, "phone")


def _code(text: pl.Expr, written: pl.Expr, kind: Kind) -> pl.Expr:
    plain = written.str.replace(FLOAT, "$1").str.normalize("NFKC").str.to_lowercase()
    form = plain.str.replace_all(r"[^\p{L}\p{N}]", "").replace("", None)
    return _without_junk(_without_junk(form, text, kind), form, kind)


def _postcode(text: pl.Expr) -> pl.Expr:
    """The sign of a country before digits comes and goes: "D-01067" and "01067"."""
    bare = text.str.replace(COUNTRY_SIGN, "$1")
    return _code(bare, bare, "postcode")


def _organisation(text: pl.Expr) -> pl.Expr:
    key = folding(text)
    bare = key.str.replace_all(_LEGAL_ANYWHERE, " ").str.replace_all(r"\s+", " ").str.strip_chars()
    bare = bare.str.replace(_LEGAL_AT_END, "")
    return _without_junk(pl.when(bare != "").then(bare).otherwise(key), text, "any")


def _website(text: pl.Expr) -> pl.Expr:
    host = text.str.strip_chars().str.to_lowercase().str.extract(_HOST).str.strip_chars(".")
    return _without_junk(host.replace("", None), text, "any")


def _country(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(asking(text, countries).str.to_lowercase(), folding(text))


def _gender(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(asking(text, genders), folding(text))


FORMS: Final[Mapping[Role, Form]] = {
    "given_name": given_name,
    "family_name": person_name,
    "full_name": person_name,
    "email": _email,
    "phone": _phone,
    "street": lambda text: _without_junk(street_folding(text), text, "address"),
    "house_number": lambda text: street_folding(text.str.replace(FLOAT, "$1")),
    "city": lambda text: _without_junk(city_folding(text), text, "address"),
    "postcode": _postcode,
    "region": folding,
    "country": _country,
    "identifier": lambda text: _code(text, text, "id"),
    "gender": _gender,
    "organisation": _organisation,
    "website": _website,
    "category": folding,
    "text": folding,
}
"""The form of each role but `birth_date`, whose formats differ between sources: from a column to what becomes of it."""


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
    return each_distinct(text, lambda distinct: formed(distinct, lambda each: birth_in(each, formats)))


def birth_in(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Return the expression of `birth_form`."""
    return asking(text.str.replace(FLOAT, "$1").str.strip_chars(), lambda values: _birth_form(values, formats))


def _birth_form(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    form = dates(text, formats).dt.strftime("%Y%m%d")
    if form.null_count() > text.null_count():
        form = form.zip_with(form.is_not_null(), formed(text, lambda each: _digits(each, formats)))
    return formed(form, lambda day: _without_junk(_without_junk(day, day, "date"), _dashed(day), "date"))


def _dashed(day: pl.Expr) -> pl.Expr:
    return day.str.replace(_EIGHT, "$1-$2-$3")


def _digits(written: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Return the eight digits of what cannot be read, the year first where that is known."""
    bare = written.str.replace_all(r"\D", "")
    first, second, year = (written.str.extract(_DAY_MONTH, group).str.zfill(2) for group in (1, 2, 3))
    year_first = [written.str.extract(_YEAR_MONTH_DAY, group).str.zfill(2) for group in (1, 2, 3)]
    ordered = [pl.concat_str(year_first)]
    # Dots have the day first wherever they are used.
    day_first = written.str.contains(r"^\d+\.") | any(form.startswith("%d") for form in formats)
    ordered += [pl.when(day_first).then(pl.concat_str(year, second, first))]
    ordered += [pl.concat_str(year, first, second)] if any(form.startswith("%m") for form in formats) else []
    return pl.coalesce(*ordered, pl.when(bare.str.len_bytes() == 8).then(bare))
