"""Which place follows which, on the engine of the frame."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.occurrences import EVENTS, native_events
from unified_customer.analytics.paths.spec import Paths
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, collected, opened, settled

UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("customer_id",),
    "session": ("customer_id", "session_id"),
}
"""What a path is within, and the columns that tell one from another."""


def visits(spec: Paths, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
    """Return a row for each event that is a place: the columns of the unit, `at`, `place`, and `last` (the one before)."""
    units = UNITS[spec.unit]
    native = native_events(tables)
    events = opened(native, columns=[*units, "occurred_at", spec.of], name=EVENTS)
    if events.collect_schema()[spec.of] != nw.String:
        raise SchemaError(f"{spec.of!r} holds {events.collect_schema()[spec.of]}, not texts that could name places.")
    past = before(events, "occurred_at", as_of=as_of, zone=spec.zone)
    known = past.filter(*(~nw.col(name).is_null() for name in (*units, spec.of)))
    places = known.select(*units, at="occurred_at", place=spec.of)
    if spec.only:
        places = places.filter(nw.col("place").is_in(list(spec.only)))
    if spec.without:
        places = places.filter(~nw.col("place").is_in(list(spec.without)))
    return settled(_with_neighbour(places, units, 1, "last"), like=native)


def paths(spec: Paths, visited: Lazy, *, length: int, collapse: bool) -> Lazy:
    """Return a row for each path of so many places: `customer_id`, `place_1`, `place_2`, ..."""
    units = UNITS[spec.unit]
    moves = nw.col("last").is_null() | (nw.col("place") != nw.col("last"))
    rows = visited.filter(moves) if collapse else visited
    names = [f"place_{number}" for number in range(2, length + 1)]
    for step, name in enumerate(names, start=1):
        rows = _with_neighbour(rows, units, -step, name)
    whole = rows.filter(~nw.col(names[-1]).is_null())
    return whole.select("customer_id", "last", *names, place_1="place")


def _with_neighbour(rows: Lazy, units: Sequence[str], away: int, name: str) -> Lazy:
    return rows.with_columns(nw.col("place").shift(away).over(*units, order_by=["at", "place"]).alias(name))


def ends(spec: Paths, visited: Lazy) -> Lazy:
    """Return the places of all visits with whether they are the first or the last of their unit."""
    following = _with_neighbour(visited, UNITS[spec.unit], -1, "following")
    return following.select("customer_id", "place", starts=nw.col("last").is_null(), ends=nw.col("following").is_null())


def counted(rows: Lazy, *columns: str) -> pl.DataFrame:
    """Return how often each combination of values is there, and of how many customers: `count`, `customers`."""
    grouped = rows.group_by(*columns).agg(count=nw.len(), customers=nw.col("customer_id").n_unique())
    return collected(grouped).with_columns(pl.col("count", "customers").cast(pl.Int64))
