"""Reading times and dates: ISO 8601, `strptime` formats and counts since 1970, always with a zone."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.connectors.numerals import parse_integers
from unified_customer.connectors.parsed import Parsed
from unified_customer.core.errors import MappingError

if TYPE_CHECKING:
    from unified_customer.connectors.field_maps import FieldMap

INSTANT: Final = pl.Datetime("us", "UTC")
LOCAL: Final = pl.Datetime("us")
EARLIEST: Final = datetime(1000, 1, 1, tzinfo=UTC)
"""A year before is a typing error or a placeholder."""

WITH_OFFSET: Final = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y-%m-%d %H:%M:%S%.f UTC",
    "%Y-%m-%dT%H:%M%#z",
    "%Y-%m-%d %H:%M%#z",
)
WITHOUT_OFFSET: Final = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
MICROSECONDS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}
MAX_SECONDS: Final = 253_402_300_799


def parse_instants(values: pl.Series, how: "FieldMap") -> Parsed:
    """Read instants as UTC with microseconds."""
    if isinstance(values.dtype, pl.Datetime):
        return _from_datetimes(values, values.dtype, how)
    if values.dtype == pl.Date:
        return _checked(_localised(values.cast(LOCAL), how))
    if how.unit is not None:
        return _from_epoch(values, how)
    if values.dtype != pl.String:
        return Parsed.nothing(values, INSTANT, "needs_a_unit" if values.dtype.is_numeric() else "not_a_time")
    return _checked(_from_format(values, how) if how.format else _from_iso(values, how))


def parse_dates(values: pl.Series, how: "FieldMap") -> Parsed:
    """Read civil dates."""
    if values.dtype == pl.Date:
        return _checked_dates(Parsed(values), values)
    if isinstance(values.dtype, pl.Datetime):
        midnight = values.dt.time().cast(pl.Int64) == 0
        dates = values.dt.date().set(~midnight.fill_null(value=False), None)
        return _checked_dates(Parsed(dates), values)
    if values.dtype.is_integer() and how.format:
        values = values.cast(pl.String)
    if values.dtype != pl.String:
        return Parsed.nothing(values, pl.Date(), "not_a_date")
    pattern = how.format or "%Y-%m-%d"
    dates = _strptime(values, pattern, pl.Date(), how)
    if how.format is None:
        dates = dates.set(~values.str.contains(r"^\d{4}-\d\d-\d\d$").fill_null(value=False), None)
    return _checked_dates(Parsed(dates), values)


def _checked_dates(parsed: Parsed, values: pl.Series) -> Parsed:
    early = (parsed.values < date(EARLIEST.year, 1, 1)) | (parsed.values > date(9999, 12, 31))
    kept = Parsed(parsed.values.set(early.fill_null(value=False), None))
    kept = kept.with_fault("not_a_date", parsed.values.is_null() & values.is_not_null())
    return kept.with_fault("out_of_range", early)


def _checked(parsed: Parsed) -> Parsed:
    years = parsed.values.dt.year()
    wrong = ((years < EARLIEST.year) | (years > 9999)).fill_null(value=False)
    if not wrong.any():
        return parsed
    return Parsed(parsed.values.set(wrong, None), parsed.faults).with_fault("out_of_range", wrong)


def _strptime(values: pl.Series, pattern: str, dtype: pl.Date | pl.Datetime, how: "FieldMap") -> pl.Series:
    try:
        return values.str.strptime(dtype, pattern, strict=False)
    except pl.exceptions.PolarsError as error:
        message = f"The format {pattern!r} of column {how.label!r} is not one of strptime's."
        raise MappingError(message) from error


def _from_datetimes(values: pl.Series, dtype: pl.Datetime, how: "FieldMap") -> Parsed:
    micro = values.dt.cast_time_unit("us")
    lost = (micro.dt.cast_time_unit("ns") != values) if dtype.time_unit == "ns" else None
    parsed = _localised(micro, how) if dtype.time_zone is None else Parsed(micro.dt.convert_time_zone("UTC"))
    if lost is not None and lost.any():
        parsed = Parsed(parsed.values.set(lost.fill_null(value=False), None), parsed.faults)
        parsed = parsed.with_fault("too_precise", lost)
    return _checked(parsed)


def _localised(local: pl.Series, how: "FieldMap") -> Parsed:
    """Return local times as instants of the zone of `how`; without a zone all are faulty."""
    if how.zone is None:
        return Parsed.nothing(local, INSTANT, "naive_time")
    zoned = local.dt.replace_time_zone(how.zone, ambiguous="null", non_existent="null")
    result = Parsed(zoned.dt.convert_time_zone("UTC"))
    bad = zoned.is_null() & local.is_not_null()
    if not bad.any():
        return result
    skipped = local.dt.replace_time_zone(how.zone, ambiguous="earliest", non_existent="null").is_null()
    return result.with_fault("skipped_time", bad & skipped).with_fault("ambiguous_time", bad & ~skipped)


def _from_format(values: pl.Series, how: "FieldMap") -> Parsed:
    pattern = str(how.format)
    if "%z" in pattern or "%#z" in pattern or "%:z" in pattern or "%+" in pattern:
        instants = _strptime(values, pattern, INSTANT, how)
        return Parsed(instants).with_fault("not_a_time", instants.is_null() & values.is_not_null())
    local = _strptime(values, pattern, LOCAL, how)
    return _localised(local, how).with_fault("not_a_time", local.is_null() & values.is_not_null())


def _from_iso(values: pl.Series, how: "FieldMap") -> Parsed:
    fine = ~_finer_than_micro(values)
    readable = values if fine.all() else values.set(~fine, None)
    result = Parsed(_first_format(readable, WITH_OFFSET, INSTANT))
    rest = result.values.is_null() & readable.is_not_null()
    if rest.any():
        local = _first_format(readable.set(~rest, None), WITHOUT_OFFSET, LOCAL)
        located = _localised(local, how)
        both = pl.select(pl.when(rest).then(located.values).otherwise(result.values)).to_series()
        result = Parsed(both, located.faults).with_fault("not_a_time", rest & local.is_null())
    return result.with_fault("too_precise", ~fine)


def _finer_than_micro(values: pl.Series) -> pl.Series:
    longest = values.str.len_bytes().max()
    if not isinstance(longest, int) or longest <= len("2020-01-01T00:00:00.123456"):
        return pl.repeat(value=False, n=len(values), dtype=pl.Boolean, eager=True)
    return values.str.contains(r"\.\d{6}\d*[1-9]").fill_null(value=False)


def _first_format(values: pl.Series, formats: tuple[str, ...], dtype: pl.Datetime) -> pl.Series:
    """Return each value by the first of `formats` that it has; a value that has none is null."""
    found = pl.Series([None], dtype=dtype).new_from_index(0, len(values))
    for pattern in formats:
        rest = found.is_null() & values.is_not_null()
        if not rest.any():
            break
        left = values.filter(rest)
        parsed = left.str.strptime(dtype, pattern, strict=False)
        if " " in pattern:  # which to the parser also means no space at all, or several
            parsed = parsed.set(~left.str.contains(r"^[\d-]+ \S"), None)
        if parsed.null_count() < len(parsed):
            found = parsed if rest.all() else found.scatter(rest.arg_true(), parsed)
    return found


def _from_epoch(values: pl.Series, how: "FieldMap") -> Parsed:
    counted = _whole_microseconds(values, how)
    limit = MAX_SECONDS * MICROSECONDS["s"]
    within = counted.values.is_between(-limit, limit)
    instants = counted.values.set(~within.fill_null(value=False), None).cast(LOCAL).dt.replace_time_zone("UTC")
    result = Parsed(instants, counted.faults).with_fault("out_of_range", counted.values.is_not_null() & ~within)
    return _checked(result)


def _whole_microseconds(values: pl.Series, how: "FieldMap") -> Parsed:
    whole = parse_integers(values, how)
    if how.unit == "ns":
        lost = (whole.values % 1000 != 0).fill_null(value=False)
        return Parsed((whole.values // 1000).set(lost, None), whole.faults).with_fault("too_precise", lost)
    factor = MICROSECONDS.get(str(how.unit), 1)
    within = (whole.values.abs() < 2**62 // factor).fill_null(value=False)
    counted = Parsed((whole.values.set(~within, None)) * factor, whole.faults)
    return counted.with_fault("out_of_range", whole.values.is_not_null() & ~within)
