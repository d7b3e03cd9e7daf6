"""What a model learns from."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import AGE, WEIGHT, Histories

_DAY = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Dated:
    """Single interactions, the oldest first.

    Attributes:
        rows: Which customer.
        columns: Which item.
        ages: How many days before the as-of instant; not a number where that is not told.
        weights: What it weighs.
    """

    rows: Ints
    columns: Ints
    ages: Floats
    weights: Floats


@dataclass(frozen=True, eq=False)
class Training:
    """What a model learns from.

    Attributes:
        histories: What each customer did with each item.
        interactions: The interactions one by one: `customer_id`, `item_id`, `occurred_at`, `weight`; None where they have
            no times, so that the histories tell all there is.
        as_of: The instant before which they were.
        half_life_days: After how many days a weight counts half where weights are decayed.
        catalogue: What is known of items, a row each in the order of `histories.items`.
        repeats: Whether what somebody has may be recommended to him again.
    """

    histories: Histories
    interactions: pl.LazyFrame | None = field(repr=False)
    as_of: datetime
    half_life_days: float | None
    catalogue: pl.DataFrame = field(repr=False)
    repeats: bool

    @cached_property
    def dated(self) -> Dated:
        """The interactions one by one; without times, one for each customer and item."""
        if self.interactions is None:
            histories = self.histories
            none = np.full(len(histories.places), np.nan)
            ages = histories.values(AGE).astype(np.float64) if histories.timed else none
            return Dated(
                histories.rows, histories.places.astype(np.int64), ages, histories.values(WEIGHT).astype(np.float64)
            )
        frame = self.interactions.sort("occurred_at", "customer_id", "item_id").collect()
        age = (pl.lit(as_utc(self.as_of)) - pl.col("occurred_at")).dt.total_microseconds() / _DAY
        return Dated(
            self.histories.customers.places(frame["customer_id"]),
            self.histories.items.places(frame["item_id"]),
            frame.select(age).to_series().to_numpy(),
            frame["weight"].to_numpy().astype(np.float64),
        )
