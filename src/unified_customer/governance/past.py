"""Reads of the past: which rows count as of an instant, and the single customer view as it was then."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.tables import IDENTIFIERS, RECORDS, Table
from unified_customer.core.tables.table import RECORDED_AT, SEQ
from unified_customer.store import Keys, Reader, Where

Golden = Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Builds the single customer view of rows of `records`, `links` and `identities`."""

HELD = ["record_id", "customer_id"]


def conditions(table: Table, as_of: datetime | None, *, zone: str = "UTC") -> list[list[Where]]:
    """Return under which conditions a row counts; any of them is enough, and no row meets two.

    A row counts if its own time is strictly before `as_of`. One that has no time of its own counts from when it was
    recorded, since it was known then; a period counts when it is over.

    Args:
        table: The table; one without a time has no past, and all its rows count.
        as_of: The instant; None: every row counts.
        zone: Where days end, for tables that have days and no instants.
    """
    if as_of is None or table.time is None:
        return [[]]
    at = as_utc(as_of)
    if table.columns[table.time] == pl.Date:
        return [[Where(table.time, "<", at.astimezone(ZoneInfo(zone)).date())]]
    timed = [Where(table.time, "<", at)]
    if not table.schema.columns()[table.time].nullable:
        return [timed]
    return [timed, [Where(table.time, "is_null"), Where(RECORDED_AT, "<", at)]]


def past_customers(reader: Reader, links: pl.DataFrame, *, as_of: datetime, golden: Golden) -> pl.DataFrame:
    """Return the single customer view of what was said before `as_of`, by who is who now.

    Args:
        reader: One state of the store.
        links: `record_id`, `customer_id` of those who may be read.
        as_of: The instant.
        golden: Builds the view.

    Returns:
        Rows of `customers`; those of whom nothing was known yet are not among them.
    """
    keys = Keys(links.select("record_id"), ("record_id",))
    records = _known_then(reader, RECORDS, [*RECORDS.columns, SEQ], keys, as_of)
    named = _known_then(reader, IDENTIFIERS, ["record_id"], keys, as_of)
    known = pl.concat([records.select("record_id"), named]).unique()
    then = links.select(HELD).join(known, on="record_id", how="semi")
    identities = reader.read("identities", columns=["record_id", "source", "origin", SEQ], keys=keys)
    return golden(records, then, identities)


def _known_then(reader: Reader, table: Table, columns: Iterable[str], keys: Keys, as_of: datetime) -> pl.DataFrame:
    wanted = list(columns)
    parts = [reader.read(table.name, columns=wanted, where=where, keys=keys) for where in conditions(table, as_of)]
    return pl.concat(parts)
