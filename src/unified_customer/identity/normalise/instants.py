"""Points in time, in UTC."""

from typing import Literal

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.normalise.distinct import as_text, put

# What software writes; read by position, since only the check needs a pattern.
_USUAL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|\+00:00)$"
_ISO = (
    r"^\s*(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ](?<minute>(?:[01][0-9]|2[0-3]):[0-5][0-9])"
    r"(?::(?<second>[0-5][0-9])(?:[.,](?<fraction>[0-9]{1,9}))?)?"
    r"\s?(?<offset>Z|z|UTC|GMT|(?<sign>[+-])(?<hours>[01][0-9]|2[0-3])(?::?(?<minutes>[0-5][0-9]))?)?)?\s*$"
)
_COMPACT = r"^\s*([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})([0-9]{2})"
_EPOCH = r"^\s*([+-]?)([0-9]{1,18})(?:\.([0-9]{1,9}))?\s*$"
_DECIMALS = {"s": 6, "ms": 3, "us": 0}
_UTC = pl.Datetime("us", "UTC")
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_TEXT = pl.col("text")

Unit = Literal["s", "ms", "us"]


def timestamps(values: pl.Series, zone: str | None = None, *, unit: Unit | None = None) -> pl.Series:
    """Read points in time.

    Read is ISO 8601 (RFC 3339): "T" or a space between date and time, seconds optional, a fraction with dot or comma,
    and the offset as "Z", "+01:00", "+0100", "+01", "UTC" or "GMT". Digits after the microsecond are cut off.

    A value without offset is a time on some wall, and is read only with `zone`. There, a time that the change to
    summer time skips is null, a time that the change back repeats is its earlier occurrence, and a date alone is its
    first moment.

    Args:
        values: Times as found. A Datetime series with a zone is converted; one without takes `zone` too.
        zone: IANA name of the zone of values without offset, such as "Europe/Berlin".
        unit: Unit of values that are bare numbers since 1970-01-01 UTC; without it they are null.

    Returns:
        Datetime("us", "UTC") of the same length and order; null where the value is null, blank, not a time, or
        outside the years 1 to 9999.

    Raises:
        ConfigurationError: The zone or the unit is not known.

    References:
        ISO 8601; RFC 3339; IANA time zone database.

    Examples:
        >>> timestamps(pl.Series(["2024-07-01T12:00:00+02:00", "2024-07-01 12:00"])).dt.to_string("iso").to_list()
        ['2024-07-01 10:00:00.000000+00:00', None]
        >>> timestamps(pl.Series(["1719828000"]), unit="s").dt.hour().to_list()
        [10]
    """
    _check(zone, unit)
    if values.dtype == pl.Datetime:
        return _typed(values, zone)
    text = as_text(values).rename("text")
    usual = text.str.contains(_USUAL).fill_null(value=True)
    read = text.to_frame().select(_usual()).to_series()
    if not usual.all():
        rows = (~usual).arg_true()
        read = put(read, rows, _other(text.gather(rows), zone, unit))
    return read.alias(values.name)


def _check(zone: str | None, unit: str | None) -> None:
    if unit is not None and unit not in _DECIMALS:
        raise ConfigurationError(f"A unit of time is one of {', '.join(_DECIMALS)}; found {unit!r}.")
    try:
        pl.Series([0]).cast(pl.Datetime("us", zone))
    except pl.exceptions.PolarsError as error:
        raise ConfigurationError(f"No time zone {zone!r}. Use an IANA name such as 'Europe/Berlin'.") from error


def _typed(values: pl.Series, zone: str | None) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is None:
        naive = values.dt.cast_time_unit("us")
        if zone is None:
            return pl.Series(values.name, [None] * len(values), dtype=_UTC)
        values = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return values.dt.cast_time_unit("us").dt.convert_time_zone("UTC")


def _usual() -> pl.Expr:
    clock = pl.concat_str(_TEXT.str.slice(0, 10), pl.lit("T"), _TEXT.str.slice(11, 8))
    fraction = _TEXT.str.strip_suffix("+00:00").str.strip_suffix("Z").str.slice(20)
    return _in_range(_instant(clock) + _micros(fraction))


def _other(text: pl.Series, zone: str | None, unit: Unit | None) -> pl.Series:
    extended = _TEXT.str.replace(_COMPACT, "${1}-${2}-${3}T${4}:${5}:${6}")
    frame = text.to_frame().with_columns(extended.str.extract_groups(_ISO).struct.unnest())
    found = [_with_offset(), *([_on_the_wall(zone)] if zone else []), *([_since_epoch(unit)] if unit else [])]
    return frame.select(pl.coalesce(found)).to_series()


def _instant(clock: pl.Expr) -> pl.Expr:
    read = clock.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    return pl.when(clock >= "0001").then(read)


def _micros(fraction: pl.Expr) -> pl.Expr:
    digits = fraction.str.pad_end(6, "0").str.slice(0, 6)
    return pl.duration(microseconds=digits.str.to_integer(strict=False, dtype=pl.Int64), time_unit="us")


def _wall() -> pl.Expr:
    minute, second = pl.col("minute").fill_null("00:00"), pl.col("second").fill_null("00")
    clock = pl.concat_str(pl.col("date"), pl.lit("T"), minute, pl.lit(":"), second)
    return _instant(clock) + _micros(pl.col("fraction").fill_null(""))


def _with_offset() -> pl.Expr:
    hours, minutes = (pl.col(part).fill_null("0").cast(pl.Int64) for part in ("hours", "minutes"))
    size = hours * 60 + minutes
    east = pl.duration(minutes=pl.when(pl.col("sign") == "-").then(-size).otherwise(size), time_unit="us")
    return _in_range(pl.when(pl.col("offset").is_not_null()).then(_wall() - east))


def _on_the_wall(zone: str) -> pl.Expr:
    wall = pl.when(pl.col("offset").is_null()).then(_wall())
    local = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return _in_range(local.dt.convert_time_zone("UTC").dt.replace_time_zone(None))


def _since_epoch(unit: Unit) -> pl.Expr:
    decimals = _DECIMALS[unit]
    whole = _TEXT.str.extract(_EPOCH, 2).cast(pl.Int64)
    fraction = _TEXT.str.extract(_EPOCH, 3).fill_null("").str.pad_end(decimals, "0").str.slice(0, decimals)
    size = whole * 10**decimals + (pl.lit("0") + fraction).cast(pl.Int64)
    micros = pl.when(_TEXT.str.extract(_EPOCH, 1) == "-").then(-size).otherwise(size)
    # A number that is too large would wrap around in the multiplication.
    fits = (whole <= _LAST // 10**decimals) & micros.is_between(_FIRST, _LAST)
    return pl.when(fits).then(micros).cast(_UTC)


def _in_range(naive: pl.Expr) -> pl.Expr:
    return pl.when(naive.cast(pl.Int64).is_between(_FIRST, _LAST)).then(naive).dt.replace_time_zone("UTC")
