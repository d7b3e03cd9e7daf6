"""Dates as people write them, read only where there is one way to read them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.normalise.distinct import as_text, each_distinct, settle

_OFFSET = r"\s*(?:z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?$"
_TIME = r"(?i)[t ,]+(?:[01]?\d|2[0-4])(?::[0-5]\d){1,2}(?:[.,]\d{1,9})?\s*(?:[ap]\.?m\.?)?" + _OFFSET
_COMPACT_TIME = r"(?i)^(\d{8})t(?:[01]\d|2[0-4])(?:[0-5]\d){1,2}(?:[.,]\d{1,9})?" + _OFFSET
_YEAR_FIRST = tuple(rf"^(\d{{4}}){sep}(\d{{1,2}}){sep}(\d{{1,2}})$" for sep in ("-", "/", r"\."))
# Eight digits are a year, month and day only where the first four cannot be a day and month or a month and day.
_COMPACT = r"^((?:1[6-9]|2[01])\d{2})(\d{2})(\d{2})$"
_DOTTED = r"^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})$"
_EITHER_ORDER = tuple(rf"^(\d{{1,2}}){sep}(\d{{1,2}}){sep}(\d{{4}})$" for sep in ("/", "-"))
_DAY_NAMED = r"^(\d{1,2})(?:st|nd|rd|th)?[ .,/-]*(?:of +)?([a-z]+)[ .,/-]+(\d{4})$"
_MONTH_NAMED = r"^([a-z]+)[ .,/-]*(\d{1,2})(?:st|nd|rd|th)?[ .,/-]+(\d{4})$"
_YEAR_NAMED = r"^(\d{4})[ .,/-]+([a-z]+)[ .,/-]+(\d{1,2})$"
_WEEKDAY = r"^(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?[., ]+"
_MONTHS = "january february march april may june july august september october november december"
_SEPARATORS = ("/", "-", ".")
_NEEDED = (
    ("%Y", "%y", "%F", "%D"),
    ("%m", "%b", "%B", "%h", "%F", "%D"),
    ("%d", "%e", "%F", "%D"),
)
_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_FOUR_DIGIT_YEAR = 1000
_LAST_YEAR = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormat:
    """What a column shows of the order of its days and months.

    Attributes:
        format: The format of most of the column's dates, or None if the order is not proven.
        formats: One format for each separator in the column, for `dates(values, formats)`; empty if not proven.
        day_first: Number of distinct values that can only have the day first.
        month_first: Number of distinct values that can only have the month first.
        either: Number of distinct values that can be read both ways.
        other: Number of distinct values that are not of this kind.
    """

    format: str | None
    formats: tuple[str, ...]
    day_first: int
    month_first: int
    either: int
    other: int


def dates(values: pl.Series, formats: Sequence[str] | str | None = None) -> pl.Series:
    """Read dates, and guess none.

    Read are, with or without a time after them, which is dropped (the date stays as written, in its own zone):

    * year first: 1970-01-03, 1970/1/3, 1970.01.03, 19700103;
    * day first with dots: 03.01.1970, as wherever dots are used;
    * English month names: 3 Jan 1970, 3rd of January 1970, Jan 3, 1970, 03-Jan-1970, Sat, 3 Jan 1970;
    * 25/12/1970 and 12/25/1970 (also with "-"), which can be read one way only, and 05/05/1970, where both ways agree.

    03/01/1970 can be read two ways and is null, unless `formats` says how. Years of two digits are null without a
    format. Days that do not exist are null.

    Args:
        values: Dates as found. A Date series is returned as it is, and of a Datetime series the date.
        formats: `strptime` formats, tried in this order before the forms above; see `infer_date_format`. With "%y",
            70 to 99 are 1970 to 1999 and 00 to 69 are 2000 to 2069.

    Returns:
        Date of the same length and order; null where the value is null, blank or cannot be read for certain.

    Raises:
        ConfigurationError: A format has no year, month or day.

    References:
        ISO 8601.

    Examples:
        >>> dates(pl.Series(["1970-01-03", "3 Jan 1970", "03/01/1970", "1970-02-30"])).to_list()
        [datetime.date(1970, 1, 3), datetime.date(1970, 1, 3), None, None]
        >>> dates(pl.Series(["03/01/1970"]), "%d/%m/%Y").to_list()
        [datetime.date(1970, 1, 3)]
    """
    if values.dtype in (pl.Date, pl.Datetime):
        return values.cast(pl.Date)
    wanted = _checked((formats,) if isinstance(formats, str) else tuple(formats or ()))
    return each_distinct(as_text(values), lambda distinct: _read(distinct, wanted), dtype=pl.Date)


def _checked(formats: tuple[str, ...]) -> tuple[str, ...]:
    for form in formats:
        if not all(any(code in form for code in codes) for codes in _NEEDED):
            raise ConfigurationError(f"A date format has a year, a month and a day, as '%d/%m/%Y' has; found {form!r}.")
    return formats


def _read(values: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    if len(values) == 1 and not formats and (day := iso_day(values[0] or "")) is not None:
        # A single record, which somebody waits for, mostly has its date in this form.
        return pl.Series([day], dtype=pl.Date)
    text = pl.col("text")
    frame = pl.DataFrame({"text": values.str.strip_chars()})
    declared = [_by_format(text, form) for form in formats]
    found = frame.select(pl.coalesce(*declared, _numbers(text, _YEAR_FIRST[0], (0, 1, 2))).alias(values.name))
    # Nearly all dates are read by now; the rest of the forms is tried on the rest of the dates.
    return settle(found[:, 0], found[:, 0].is_null(), lambda rows: _read_rest(frame[rows]))


def iso_day(text: str) -> date | None:
    """Return the day that is written as 1970-01-03; None of any other text."""
    try:
        return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def _read_rest(frame: pl.DataFrame) -> pl.Series:
    bare = pl.col("text").str.replace(_TIME, "").str.replace(_COMPACT_TIME, "$1")
    words = bare.str.to_lowercase().str.replace(_WEEKDAY, "")
    certain = [_numbers(bare, form, (0, 1, 2)) for form in (*_YEAR_FIRST, _COMPACT)]
    certain += [_numbers(bare, _DOTTED, (2, 1, 0)), *(_one_way_only(bare, form) for form in _EITHER_ORDER)]
    certain += [_named(words, form, order) for form, order in _NAMED]
    return frame.select(pl.coalesce(*certain)).to_series()


_NAMED = ((_DAY_NAMED, (2, 1, 0)), (_MONTH_NAMED, (2, 0, 1)), (_YEAR_NAMED, (0, 1, 2)))


def _by_format(text: pl.Expr, form: str) -> pl.Expr:
    timed = any(code in form for code in ("%H", "%I", "%T", "%R"))
    day_and_time = text.str.to_datetime(form, strict=False, time_unit="us").dt.date()
    found = day_and_time if timed else text.str.to_date(form, strict=False)
    # "%Y" also takes years of two digits, for years of the first century.
    return pl.when(found.dt.year().is_between(_FIRST_FOUR_DIGIT_YEAR, _LAST_YEAR)).then(found)


def _numbers(text: pl.Expr, form: str, order: tuple[int, int, int]) -> pl.Expr:
    return _date(*(text.str.extract(form, group + 1) for group in order))


def _one_way_only(text: pl.Expr, form: str) -> pl.Expr:
    first, second = (text.str.extract(form, group).str.to_integer(strict=False) for group in (1, 2))
    day_first, month_first = _numbers(text, form, (2, 1, 0)), _numbers(text, form, (2, 0, 1))
    return pl.when((first > 12) | (first == second)).then(day_first).when(second > 12).then(month_first)


def _named(text: pl.Expr, form: str, order: tuple[int, int, int]) -> pl.Expr:
    year, month, day = (text.str.extract(form, group + 1) for group in order)
    return _date(year, month.replace_strict(_month_numbers(), default=None), day)


def _month_numbers() -> dict[str, str]:
    short = {name[:3]: str(number) for number, name in enumerate(_MONTHS.split(), start=1)}
    return {**short, "sept": "9"} | {name: short[name[:3]] for name in _MONTHS.split()}


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    iso = pl.concat_str(year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.str.zfill(2))
    return pl.when(year != "0000").then(iso.str.to_date("%Y-%m-%d", strict=False))


def infer_date_format(values: pl.Series) -> DateFormat:
    """Find out for a whole column whether the day or the month comes first.

    Dates such as 03/01/1970, with slashes, hyphens or dots, are proven by their neighbours: a single 25/12/1970 shows
    that the day comes first, as long as no value shows the opposite. Years of two digits count as evidence, but no
    format is made for them: which century is meant is for the caller to say.

    Args:
        values: Dates as found.

    Returns:
        The formats, if there is proof and no contradiction, and the evidence.

    Examples:
        >>> infer_date_format(pl.Series(["03/01/1970", "25/12/1970"])).format
        '%d/%m/%Y'
        >>> infer_date_format(pl.Series(["03/01/1970", "25/12/1970", "12/25/1970"])).formats
        ()
    """
    seen = _day_and_month(as_text(values).drop_nulls().unique())
    pair = seen.drop_nulls()
    day_first = pair.filter((pl.col("first") > 12) & pl.col("second").is_between(1, 12))
    month_first = pair.filter((pl.col("second") > 12) & pl.col("first").is_between(1, 12))
    both = pair.filter(pl.col("first").is_between(1, 12) & pl.col("second").is_between(1, 12))
    formats = _formats(pair, day_first=len(day_first), month_first=len(month_first))
    return DateFormat(
        format=formats[0] if formats else None,
        formats=formats,
        day_first=len(day_first),
        month_first=len(month_first),
        either=len(both),
        other=len(seen) - len(day_first) - len(month_first) - len(both),
    )


def _day_and_month(values: pl.Series) -> pl.DataFrame:
    form = r"^(\d{1,2})([/.-])(\d{1,2})([/.-])(\d{4}|\d{2})$"
    bare = pl.col("text").str.strip_chars().str.replace(_TIME, "")
    same = bare.str.extract(form, 2) == bare.str.extract(form, 4)
    return pl.DataFrame({"text": values}).select(
        first=bare.str.extract(form, 1).str.to_integer(strict=False),
        second=bare.str.extract(form, 3).str.to_integer(strict=False),
        separator=pl.when(same).then(bare.str.extract(form, 2)),
        digits=bare.str.extract(form, 5).str.len_bytes(),
    )


def _formats(pair: pl.DataFrame, *, day_first: int, month_first: int) -> tuple[str, ...]:
    if bool(day_first) == bool(month_first):
        return ()
    order = "%d{0}%m{0}%Y" if day_first else "%m{0}%d{0}%Y"
    long = pair.filter(pl.col("digits") == 4)
    times = {separator: (long["separator"] == separator).sum() for separator in _SEPARATORS}
    return tuple(order.format(sep) for sep in sorted(_SEPARATORS, key=lambda sep: -times[sep]) if times[sep])
