"""Instants as the clock on the shop's wall shows them, alike on every engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from itertools import pairwise
from operator import or_
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable.calendar import check_zone
from unified_customer.engines.portable.frames import Lazy

FIRST_YEAR: Final = 1970
"""From when on offsets of a zone are told to engines that know no zones."""
_FAR: Final = 10**12


def civil(lazy: Lazy, *columns: str, zone: str) -> Lazy:
    """Return a frame whose instants are civil times of `zone`, without a zone.

    Times without a zone are civil times already, and dates are midnights; both stay what they are.

    Args:
        lazy: The frame.
        columns: Columns of instants.
        zone: IANA time zone.

    Raises:
        ConfigurationError: There is no such zone.
    """
    check_zone(zone)
    schema = lazy.collect_schema()
    aware = [name for name in columns if getattr(schema[name], "time_zone", None) is not None]
    dates = [nw.col(name).cast(nw.Datetime("us")) for name in columns if schema[name] == nw.Date]
    turned = _turned(lazy, aware, zone) if aware else lazy
    return turned.with_columns(*dates) if dates else turned


def before(
    lazy: Lazy, column: str, *, as_of: datetime, zone: str, since: datetime | None = None, untold: bool = False
) -> Lazy:
    """Return the rows whose time is known and strictly before `as_of`.

    Times without a zone are civil times of `zone`.

    Args:
        lazy: The frame.
        column: Column of instants or days.
        as_of: The instant.
        zone: IANA time zone.
        since: The first instant that counts; None: all do.
        untold: Whether rows without a time are returned as well.

    Raises:
        SchemaError: The column holds neither instants nor days.
    """
    dtype = lazy.collect_schema()[column]
    if not isinstance(dtype, nw.Datetime | nw.Date):
        message = (
            f"{column!r} holds {dtype}, not times. Give instants or days, such as pl.col({column!r}).str.to_datetime()."
        )
        raise SchemaError(message)
    there = nw.col(column)
    kept = _earlier(there, dtype, as_of, zone)
    if since is not None:
        kept = kept & ~_earlier(there, dtype, since, zone)
    return lazy.filter(kept | there.is_null() if untold else kept)


def _earlier(there: nw.Expr, dtype: Any, as_of: datetime, zone: str) -> nw.Expr:
    if getattr(dtype, "time_zone", None) is not None:
        return there < nw.lit(as_utc(as_of))
    wall = as_utc(as_of).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return (there.cast(nw.Datetime("us")) if dtype == nw.Date else there) < nw.lit(wall)


def _turned(lazy: Lazy, columns: list[str], zone: str) -> Lazy:
    engine = lazy.implementation
    if engine.is_polars():
        return lazy.with_columns(nw.col(*columns).dt.convert_time_zone(zone).dt.replace_time_zone(None))
    if engine.is_duckdb():
        return _by_sql(lazy, columns, "timezone('{zone}', {column})", zone)
    if engine.is_pyspark() or engine.is_pyspark_connect():
        return _by_sql(lazy, columns, _ON_SPARK, zone)
    return lazy.with_columns(_by_offsets(nw.col(name), zone).alias(name) for name in columns)


_ON_SPARK: Final = (
    # Counted from the epoch: a cast would go through the clock of the session, which shows one hour of a year twice.
    "convert_timezone('UTC', '{zone}', timestampadd(MICROSECOND, unix_micros({column}), TIMESTAMP_NTZ'1970-01-01 00:00:00'))"
)


def _by_sql(lazy: Lazy, columns: list[str], said: str, zone: str) -> Lazy:
    quote = '"' if lazy.implementation.is_duckdb() else "`"
    names = {name: quote + name.replace(quote, 2 * quote) + quote for name in lazy.collect_schema().names()}
    parts = [
        f"{said.format(zone=zone, column=quoted)} as {quoted}" if name in columns else quoted
        for name, quoted in names.items()
    ]
    native: Any = lazy.to_native()
    turned = native.project(", ".join(parts)) if lazy.implementation.is_duckdb() else native.selectExpr(*parts)
    found: Lazy = nw.from_native(turned)
    return found


# -------------------------------------------------------------------------------- engines that know no zones


def _by_offsets(column: nw.Expr, zone: str) -> nw.Expr:
    plain = column.dt.replace_time_zone(None)
    local = plain
    for seconds, spans in _offsets(zone):
        inside = reduce(or_, ((column >= nw.lit(start)) & (column < nw.lit(end)) for start, end in spans))
        local = nw.when(inside).then(plain.dt.offset_by(f"{seconds}s")).otherwise(local)
    return local


@lru_cache(maxsize=32)
def _offsets(zone: str) -> list[tuple[int, list[tuple[datetime, datetime]]]]:
    """Return the offsets of a zone in seconds, each with the spans in which it holds."""
    changes = [datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), *_changes(zone), datetime(9999, 1, 1, tzinfo=UTC)]
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for start, end in pairwise(changes):
        spans.setdefault(_seconds(start, zone), []).append((start, end))
    return [(seconds, found) for seconds, found in spans.items() if seconds]


@lru_cache(maxsize=32)
def civil_spans(zone: str) -> list[tuple[int, list[tuple[int, int]]]]:
    """Return the offsets of a zone in seconds, save 0, each with the spans of civil time in which it holds.

    Spans are microseconds from 1970-01-01 of the zone's own clock, without their end. Where the clock is put back, the
    earlier offset holds for the hour that it shows twice; where it is put forward, for the hour that it never shows.
    """
    at = [datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), *_changes(zone)]
    offsets = [_seconds(each, zone) for each in at]
    starts = [int(each.timestamp()) + max(pair) for each, pair in zip(at[1:], pairwise(offsets), strict=True)]
    edges = [each * 1_000_000 for each in (-_FAR, *starts, _FAR)]
    spans: dict[int, list[tuple[int, int]]] = {}
    for offset, span in zip(offsets, pairwise(edges), strict=True):
        spans.setdefault(offset, []).append(span)
    return [(offset, found) for offset, found in spans.items() if offset]


def _changes(zone: str) -> Iterator[datetime]:
    """Find the instants at which the offset changes, to the second."""
    day = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    last = datetime(2100, 1, 1, tzinfo=UTC)
    while day < last:
        following = day + timedelta(days=7)
        if _seconds(day, zone) != _seconds(following, zone):
            yield _change_between(day, following, zone)
        day = following


def _change_between(early: datetime, late: datetime, zone: str) -> datetime:
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=1) // 2)
        early, late = (middle, late) if _seconds(middle, zone) == _seconds(early, zone) else (early, middle)
    return late


def _seconds(instant: datetime, zone: str) -> int:
    offset = instant.astimezone(ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0
