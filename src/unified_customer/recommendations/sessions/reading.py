"""Sessions out of events or interactions: items in the order in which they were looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Lazy, Native, has, opened
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.interactions import Interactions
from unified_customer.recommendations.interactions.reading import SOURCES, rows_before

_BY: Final = "\x1f"


@dataclass(frozen=True, eq=False)
class Sessions:
    """Steps of sessions, each session in order.

    Attributes:
        session: The session of each step, those of one session one after the other.
        item: Its item (place).
        owner: Its customer, as a number; each session of nobody known has one of its own.
        items: What the items are.
    """

    session: Ints = field(repr=False)
    item: Ints = field(repr=False)
    owner: Ints = field(repr=False)
    items: Names = field(repr=False)


def sessions_before(
    interactions: Interactions, tables: Mapping[str, Native], *, as_of: datetime, gap_minutes: float
) -> Sessions:
    """Return the sessions before an instant: by `session_id` where it is told, else parted by gaps of time.

    What speaks against an item is no step, and several steps on one item in a row are one. Steps of one instant are in the
    order of their items. What has no time is left out.

    Args:
        interactions: What counts as an interaction.
        tables: As `NextItem.fit` takes them.
        as_of: Only what was strictly before.
        gap_minutes: So much time without a step ends a session.
    """
    keyed = {name: _keyed(frame, name) if name in SOURCES else frame for name, frame in tables.items()}
    rows = rows_before(interactions, keyed, as_of=as_utc(as_of)).filter(pl.col("weight") > 0)
    found = rows.drop_nulls("occurred_at").select("customer_id", "item_id", "occurred_at").unique().collect()
    return _coded(_parted(found, gap_minutes))


def _keyed(frame: Native, name: str) -> Native:
    """Put the customer and the session into one column, so that rows are read as those of anybody."""
    rows = opened(frame, name=name)
    who = _text(rows, "customer_id")
    session = _text(rows, "session_id")
    both = nw.concat_str(who.fill_null(""), session.fill_null(""), separator=_BY)
    told = ~who.is_null() | ~session.is_null()
    return rows.with_columns(customer_id=nw.when(told).then(both)).to_native()


def _text(rows: Lazy, column: str) -> nw.Expr:
    return nw.col(column).cast(nw.String) if has(rows, column) else nw.lit(None, nw.String)


def _parted(rows: pl.DataFrame, gap_minutes: float) -> pl.DataFrame:
    """Return steps in order with their `session`, those that stay on an item left out."""
    ordered = rows.sort("customer_id", "occurred_at", "item_id")
    told = pl.col("customer_id").str.split(_BY).list
    longer = pl.col("occurred_at").diff().dt.total_microseconds() > gap_minutes * 60_000_000
    other = (pl.col("customer_id") != pl.col("customer_id").shift()).fill_null(value=True)
    parted = ordered.with_columns(who=told.first(), named=told.last() != "").with_columns(
        session=(other | (longer & ~pl.col("named"))).cum_sum().cast(pl.Int64)
    )
    stays = (pl.col("item_id") == pl.col("item_id").shift()) & (pl.col("session") == pl.col("session").shift())
    return parted.filter(~stays.fill_null(value=False))


def _coded(steps: pl.DataFrame) -> Sessions:
    items = steps["item_id"].unique().sort()
    names = Names(items)
    people = steps.filter(pl.col("who") != "")["who"].unique().sort()
    owner = Names(people).places(steps["who"])
    session = steps["session"].to_numpy()
    nobody = len(people) + session
    return Sessions(session, names.places(steps["item_id"]), _first(owner, nobody), names)


def _first(owner: Ints, nobody: Ints) -> Ints:
    found: Ints = (
        pl.Series(owner)
        .to_frame("a")
        .select(pl.when(pl.col("a") >= 0).then("a").otherwise(pl.Series(nobody)))
        .to_series()
        .to_numpy()
    )
    return found
