"""What each customer has been shown often enough."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Native, before, collected, opened
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.rules.parts import Frequency

ENDLESS: Final = 2**31
"""How many items may be shown where nothing says so."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Which items some customers have been shown often enough, and how many more they may be shown.

    Attributes:
        customers: Who they are, in the order of their ids.
        starts: Where the items of each start, and where those of the last one end.
        places: The items.
        rules: By which of the rules, as its place among them.
        left: How many more items each customer may be shown.
        most: How many items anybody else may be shown.
        frequency: The rules.
    """

    customers: Names = field(repr=False)
    starts: Ints = field(repr=False)
    places: Ints = field(repr=False)
    rules: Ints = field(repr=False)
    left: Ints = field(repr=False)
    most: int
    frequency: tuple[Frequency, ...] = field(repr=False)

    def of(self, customers: pl.Series) -> tuple[Ints, Ints, Ints, Ints]:
        """Return the rows, places and rules of items that some customers have been shown often enough, and what is left."""
        found = self.customers.places(customers)
        rows = np.flatnonzero(found >= 0)
        left = np.full(len(found), self.most, np.int64)
        left[rows] = self.left[found[rows]]
        starts, ends = self.starts[found[rows]], self.starts[found[rows] + 1]
        sizes = ends - starts
        at = np.repeat(ends - np.cumsum(sizes), sizes) + np.arange(sizes.sum())
        return np.repeat(rows, sizes), self.places[at], self.rules[at], left


def shown(
    frequency: Sequence[Frequency], exposures: Native, *, items: Names, customers: pl.Series | None, as_of: datetime
) -> Shown:
    """Return what customers have been shown often enough before an instant.

    Args:
        frequency: The rules.
        exposures: `customer_id`, `item_id`, `exposed_at`, on any engine; rows of nobody known are left out.
        items: The items; exposures to others count where exposures to any item do.
        customers: Whose exposures are kept; None: everybody's.
        as_of: Only what was strictly before counts.

    Raises:
        SchemaError: A column is missing, or `exposed_at` holds no times.
    """
    rows = _rows(exposures, customers, as_of)
    recent = [rows.filter(pl.col("exposed_at") >= _since(rule, rows, as_of)) for rule in frequency]
    pairs = _pairs(frequency, recent, items)
    left = _left(frequency, recent)
    names = Names(pl.concat([pairs["customer_id"], left["customer_id"]]).unique().sort())
    whose = names.places(pairs["customer_id"])
    order = np.argsort(whose, kind="stable")
    most = min((rule.at_most for rule in frequency if rule.of == "any"), default=ENDLESS)
    remaining = np.full(len(names), most, np.int64)
    remaining[names.places(left["customer_id"])] = np.minimum(left["left"].to_numpy(), most)
    return Shown(
        names,
        np.concatenate([[0], np.cumsum(np.bincount(whose, minlength=len(names)))]).astype(np.int64),
        pairs["place"].to_numpy()[order],
        pairs["rule"].to_numpy()[order],
        remaining,
        most,
        tuple(frequency),
    )


def _rows(exposures: Native, customers: pl.Series | None, as_of: datetime) -> pl.DataFrame:
    needed = ["customer_id", "item_id", "exposed_at"]
    past = before(opened(exposures, columns=needed, name="exposures"), "exposed_at", as_of=as_of, zone="UTC")
    rows = (
        collected(past.select(*needed))
        .drop_nulls("customer_id")
        .with_columns(pl.col("item_id", "customer_id").cast(pl.String))
    )
    return rows if customers is None else rows.filter(pl.col("customer_id").is_in(customers.cast(pl.String).implode()))


def _since(rule: Frequency, rows: pl.DataFrame, as_of: datetime) -> pl.Expr:
    since = as_utc(as_of) - timedelta(days=rule.days)
    zone = getattr(rows.schema["exposed_at"], "time_zone", None)
    return pl.lit(since if zone else since.replace(tzinfo=None))


def _pairs(frequency: Sequence[Frequency], recent: Sequence[pl.DataFrame], items: Names) -> pl.DataFrame:
    """Return who has been shown which item often enough, by the first rule that says so."""
    schema = {"customer_id": pl.String(), "item_id": pl.String(), "rule": pl.Int64()}
    found = [pl.DataFrame(schema=schema)]
    for place, (rule, rows) in enumerate(zip(frequency, recent, strict=True)):
        if rule.of == "item":
            often = rows.group_by("customer_id", "item_id").len().filter(pl.col("len") >= rule.at_most)
            found.append(often.select("customer_id", "item_id", rule=pl.lit(place, pl.Int64)))
    first = pl.concat(found).group_by("customer_id", "item_id").agg(pl.col("rule").min())
    return first.with_columns(place=pl.Series(items.places(first["item_id"]))).filter(pl.col("place") >= 0)


def _left(frequency: Sequence[Frequency], recent: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return how many more items customers may be shown who have been shown any."""
    found = [pl.DataFrame(schema={"customer_id": pl.String(), "left": pl.Int64()})]
    for rule, rows in zip(frequency, recent, strict=True):
        if rule.of == "any":
            counts = rows.group_by("customer_id").agg(left=rule.at_most - pl.len().cast(pl.Int64))
            found.append(counts.with_columns(pl.col("left").clip(0)))
    return pl.concat(found).group_by("customer_id").agg(pl.col("left").min())
