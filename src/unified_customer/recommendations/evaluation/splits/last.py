"""All but the last of each customer, and the last."""

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.splits.split import (
    NO_TIME,
    TEST,
    TRAIN,
    Split,
    assembled,
    in_time,
    interactions,
    untested_customers,
)


class LeaveLastOut(Spec):
    """The last rows of each customer are judged by; those before are learned from.

    Of rows of one time those of the later item id, as text, count as last. Customers with too few rows are learned from
    alone. A model learns from what other customers did later than what it is judged by; where that matters, use
    `TemporalSplit`.

    Examples:
        >>> from datetime import UTC, datetime
        >>> days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 5, 9)]
        >>> bought = pl.DataFrame(
        ...     {"customer_id": ["ann", "ann", "bob"], "item_id": ["tea", "jam", "oil"], "occurred_at": days}
        ... )
        >>> split = LeaveLastOut().split(bought)
        >>> split.train["item_id"].to_list(), split.test["item_id"].to_list()
        (['tea', 'oil'], ['jam'])
    """

    n: int = Field(default=1, ge=1)
    """How many rows of each customer are judged by."""
    min_history: int = Field(default=1, ge=1)
    """How many a customer must have before them."""

    def split(self, frame: Native) -> Split:
        """Return the parts.

        Args:
            frame: `customer_id`, `item_id`, `occurred_at` (without a zone: in UTC); other columns are kept.

        Raises:
            SchemaError: A column is missing or of another kind, or an id is null.
            ConfigurationError: Nothing is left to learn from or to be judged by.
        """
        rows = interactions(frame, timed=True)
        timed = in_time(rows.filter(pl.col("_at").is_not_null()))
        own = pl.len().over("customer_id")
        place = pl.int_range(pl.len()).over("customer_id")
        is_last = (own >= self.n + self.min_history) & (place >= own - self.n)
        told = timed.with_columns(_part=pl.when(is_last).then(pl.lit(TEST)).otherwise(pl.lit(TRAIN)))
        timeless = rows.filter(pl.col("_at").is_null()).with_columns(_part=pl.lit(NO_TIME))
        few = f"fewer than {self.n + self.min_history} rows"
        return assembled(pl.concat([told, timeless]), self, untested={few: untested_customers(told)})
