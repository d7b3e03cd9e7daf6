"""From whole numbers back to dates, and from instants to microseconds, alike on every engine."""

from functools import reduce
from operator import or_
from typing import Final

import narwhals as nw

from unified_customer.engines.portable.calendar import EPOCH, Calendar, Period, day_number
from unified_customer.engines.portable.frames import Lazy
from unified_customer.engines.portable.instants import civil, civil_spans

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}


def with_microseconds(lazy: Lazy, column: str, *, name: str, zone: str = "UTC") -> Lazy:
    """Return a frame with a further column: the microseconds from 1970-01-01 in UTC to the instants of `column`.

    Times without a zone are counted as civil times of `zone`; of an hour that the clock shows twice, the first. No
    engine is asked for a difference of times.
    """
    plain = getattr(lazy.collect_schema()[column], "time_zone", None) is None
    counted = _with_microseconds(lazy, column, name)
    return counted.with_columns(_as_instants(nw.col(name), zone).alias(name)) if plain and zone != "UTC" else counted


def _as_instants(microseconds: nw.Expr, zone: str) -> nw.Expr:
    """Return the microseconds of civil times of a zone, counted as if they were of UTC, as those of instants."""
    found = microseconds
    for offset, spans in civil_spans(zone):
        inside = reduce(or_, ((microseconds >= start) & (microseconds < end) for start, end in spans))
        found = nw.when(inside).then(microseconds - offset * 1_000_000).otherwise(found)
    return found


def _with_microseconds(lazy: Lazy, column: str, name: str) -> Lazy:
    if lazy.implementation.is_duckdb():
        quoted = '"' + column.replace('"', '""') + '"'
        found: Lazy = nw.from_native(lazy.to_native().project(f'*, epoch_us({quoted}) as "{name}"'))
        return found
    inside = nw.col(name)
    plain = civil(lazy.with_columns(nw.col(column).alias(name)), name, zone="UTC")
    if lazy.implementation.is_polars():
        return plain.with_columns(inside.dt.timestamp("us"))
    seconds = (day_number(inside) * 24 + _whole(inside.dt.hour())) * 3600
    seconds += _whole(inside.dt.minute()) * 60 + _whole(inside.dt.second())
    return plain.with_columns((seconds * 1_000_000 + _whole(inside.dt.microsecond())).alias(name))


def _whole(part: nw.Expr) -> nw.Expr:
    return part.cast(nw.Int64)


def with_first_day(lazy: Lazy, number: str, *, calendar: Calendar, period: Period) -> Lazy:
    """Return a frame in which the numbers of periods are their first days.

    Args:
        lazy: The frame.
        number: The column of numbers, as `calendar.counted` gives them.
        calendar: By which they were counted.
        period: Of what they are the numbers.
    """
    here, place = nw.col(number).cast(nw.Int64), calendar.number(EPOCH, period)
    first = calendar.start(place, period)
    if period in _MONTHS:
        months = (here - place) * _MONTHS[period] + (first.year * 12 + first.month - 1)
        parts = lazy.with_columns(_year=months // 12, _month=months % 12 + 1, _day=here * 0 + 1)
    else:
        parts = _with_parts(lazy.with_columns(_days=(here - place) * _DAYS[period] + (first - EPOCH).days))
    names = {"_year": 4, "_month": 2, "_day": 2}
    written = parts.with_columns(nw.col(name).cast(nw.String).str.zfill(width) for name, width in names.items())
    dated = nw.concat_str([nw.col(name) for name in names], separator="-").str.to_date("%Y-%m-%d")
    return written.with_columns(dated.alias(number)).drop(*names)


def _with_parts(lazy: Lazy) -> Lazy:
    """Turn `_days` since 1970-01-01 into `_year`, `_month` and `_day`.

    Step by step, since an expression that stands in others is written out in SQL wherever it stands.

    References:
        H. Hinnant (2013): chrono-compatible low-level date algorithms; years begin in March, so that leap days end
        them.
    """
    days, years, place, month = (nw.col(name) for name in ("_days", "_years", "_place", "_month"))
    eras = lazy.with_columns(_era=(days + 719_468) // 146_097, _days=(days + 719_468) % 146_097)
    counted = eras.with_columns(_years=(days - days // 1460 + days // 36_524 - days // 146_096) // 365)
    of_year = counted.with_columns(_days=days - (365 * years + years // 4 - years // 100))
    placed = of_year.with_columns(_place=(5 * days + 2) // 153)
    parts = placed.with_columns(_month=(place + 2) % 12 + 1, _day=days - (153 * place + 2) // 5 + 1)
    early = nw.when(month <= 2).then(nw.lit(1)).otherwise(nw.lit(0))
    return parts.with_columns(_year=years + nw.col("_era") * 400 + early).drop("_era", "_days", "_years", "_place")
