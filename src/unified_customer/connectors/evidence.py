"""What the values of a column say of its meaning: shares of the values, never the values themselves."""

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.connectors.instants import WITH_OFFSET, WITHOUT_OFFSET
from unified_customer.connectors.parsing import as_text, blank_to_null

EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
PHONE: Final = r"^\+?[\d\s()./-]{6,25}$"
POSTCODE: Final = r"^[A-Za-z0-9][A-Za-z0-9 -]{1,9}$"
NUMBER: Final = r"^[+-]?\d+(?:[.,]\d+)?$"
WHOLE: Final = r"^[+-]?\d+$"
LETTERS: Final = r"\p{L}"
ISO_DATE: Final = "%Y-%m-%d"

DATE_FORMATS: Final = (
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y",
)  # fmt: skip
TIMES: Final = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p", "T%H:%M:%S")
TWIN: Final = 20
"""One reading counts if it fits so many values more than the other for each that it does not fit."""


@dataclass(frozen=True)
class Dates:
    """How the dates or times of a column are written.

    Attributes:
        share: Share of the values that can be read so.
        format: The `strptime` format; None: ISO 8601.
        zoned: Whether the values name their offset.
        timed: Whether they hold a time of day.
        why: What decided it.
        ambiguous: Whether day and month could be either way round; then no format is given.
    """

    share: float
    format: str | None = None
    zoned: bool = False
    timed: bool = False
    why: str = ""
    ambiguous: bool = False


def texts_of(values: pl.Series) -> pl.Series:
    """Return the values that are there, as text."""
    return blank_to_null(as_text(values).str.strip_chars()).drop_nulls()


def share(texts: pl.Series, pattern: str) -> float:
    """Return the share of `texts` that match; 0.0 where there is none."""
    # The mean of truth values is a number.
    return float(texts.str.contains(pattern).mean() or 0.0) if len(texts) else 0.0  # type: ignore[arg-type]  # it is a number


def digits_share(texts: pl.Series) -> float:
    """Return the share of `texts` that could be telephone numbers."""
    if not len(texts):
        return 0.0
    fits = texts.str.contains(PHONE) & texts.str.count_matches(r"\d").is_between(6, 15)
    return float(fits.mean() or 0.0)  # type: ignore[arg-type]  # the mean of truth values is a number


def is_unique(values: pl.Series) -> bool:
    """Return whether every row has a value and no two have the same."""
    texts = texts_of(values)
    return 0 < len(texts) == len(values) == texts.n_unique()


def filled_share(values: pl.Series) -> float:
    """Return which share of the rows has a value."""
    return len(texts_of(values)) / len(values) if len(values) else 0.0


def distinct_share(values: pl.Series) -> float:
    """Return which share of the rows has a value that comes for the first time."""
    return texts_of(values).n_unique() / len(values) if len(values) else 0.0


def date_evidence(values: pl.Series) -> Dates:
    """Return how the dates or times of a column are written, with the evidence."""
    if isinstance(values.dtype, pl.Datetime):
        zoned = values.dtype.time_zone is not None
        return Dates(1.0, None, zoned, timed=True, why="a column of times")
    if values.dtype == pl.Date:
        return Dates(1.0, None, why="a column of dates")
    texts = texts_of(values)
    if not len(texts) or not share(texts, r"\d"):
        return Dates(0.0)
    iso = _iso_evidence(texts)
    return iso if iso.share >= 0.5 else _format_evidence(texts)


def _iso_evidence(texts: pl.Series) -> Dates:
    zoned = _parsed_share(texts, WITH_OFFSET, zoned=True)
    dated = share(texts, r"^\d{4}-\d\d-\d\d$")
    local = _parsed_share(texts, WITHOUT_OFFSET, zoned=False)
    if zoned >= local:
        return Dates(zoned, None, zoned=True, timed=True, why="ISO 8601 with an offset")
    return Dates(local, None, timed=dated < local, why="ISO 8601")


def _parsed_share(texts: pl.Series, formats: tuple[str, ...], *, zoned: bool) -> float:
    dtype = pl.Datetime("us", "UTC") if zoned else pl.Datetime("us")
    # The mean of truth values is a number.
    return max(float(texts.str.strptime(dtype, each, strict=False).is_not_null().mean() or 0.0) for each in formats)  # type: ignore[arg-type]  # it is a number


def _format_evidence(texts: pl.Series) -> Dates:
    shape = _separator_shape(texts)
    fits = {each: _reads(texts, each) for each in _candidates(shape)}
    ranked = sorted(fits, key=lambda each: (-int(fits[each].sum()), len(each)))
    if not ranked or not fits[ranked[0]].any():
        return Dates(0.0)
    best = ranked[0]
    portion = float(fits[best].mean() or 0.0)  # type: ignore[arg-type]  # the mean of truth values is a number
    timed = "%H" in best or "%I" in best
    twin = _swapped(best)
    if twin is None:
        return Dates(portion, best, timed=timed, why=f"{portion:.0%} read as {best}")
    return _decided(texts, best, fits[best], _reads(texts, twin), portion, timed=timed)


def _decided(texts: pl.Series, best: str, fits: pl.Series, other: pl.Series, portion: float, *, timed: bool) -> Dates:
    """Decide between day first and month first, by values that can be read in one way only."""
    alone, against = int((fits & ~other).sum()), int((other & ~fits).sum())
    if alone > TWIN * against:
        why = f"{alone} of {len(texts)} values can only be read as {best}"
        return Dates(portion, best, timed=timed, why=why)
    return Dates(portion, None, timed=timed, why="day and month could be either way round", ambiguous=True)


def _reads(texts: pl.Series, pattern: str) -> pl.Series:
    local = texts.str.strptime(pl.Datetime("us"), pattern, strict=False)
    return local.is_not_null() & local.dt.year().is_between(1000, 9999).fill_null(value=False)


def _swapped(pattern: str) -> str | None:
    """Return the format with day and month the other way round, where both are in use."""
    pair = {"%d/%m/": "%m/%d/", "%m/%d/": "%d/%m/", "%d-%m-": "%m-%d-", "%m-%d-": "%d-%m-"}
    for this, other in pair.items():
        if pattern.startswith(this):
            return pattern.replace(this, other, 1)
    return None


def _separator_shape(texts: pl.Series) -> str:
    """Return the separator of the dates, as most values have it."""
    found = texts.str.extract(r"^\d{1,4}([/.\- ])", 1).drop_nulls()
    if not len(found):
        return "" if share(texts, r"^\d{8}") > 0.5 else "word"
    return str(found.mode().sort()[0])


def _candidates(separator: str) -> list[str]:
    """Return the formats that have `separator` after their first part."""
    dates = [each for each in DATE_FORMATS if _first_separator(each) == separator]
    return [date + time for date in dates for time in TIMES]


def _first_separator(pattern: str) -> str:
    if pattern.startswith(("%b", "%B")):
        return "word"
    after = re.sub(r"^%.", "", pattern)[:1]
    return "" if after == "%" else after
