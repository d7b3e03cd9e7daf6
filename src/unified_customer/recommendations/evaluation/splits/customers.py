"""Whole customers held out."""

from typing import Literal

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.splits.chance import chances, shares
from unified_customer.recommendations.evaluation.splits.holdout import by_chance, some_but_not_all
from unified_customer.recommendations.evaluation.splits.split import (
    FOLD_IN,
    NO_TIME,
    TEST,
    TRAIN,
    Split,
    assembled,
    in_time,
    interactions,
)


class ByCustomer(Spec):
    """Some customers are learned from; of the others a part is given when they are judged, as of new customers.

    Who is held out hangs on the id and the seed alone: other customers and the order of rows have no part in it.

    Examples:
        >>> bought = pl.DataFrame(
        ...     {"customer_id": [f"c{n}" for n in range(40) for _ in "ab"], "item_id": ["tea", "jam"] * 40}
        ... )
        >>> split = ByCustomer(share=0.25, order="chance").split(bought)
        >>> held_out = split.test["customer_id"].n_unique()
        >>> held_out == split.fold_in["customer_id"].n_unique() == 40 - split.train["customer_id"].n_unique()
        True
    """

    share: float = Field(default=0.2, gt=0, lt=1)
    """Chance of a customer to be held out."""
    given: float = Field(default=0.8, gt=0, lt=1)
    """Share of what customers who are held out did that is given; at least one is, and at least one is not."""
    order: Literal["time", "chance"] = "time"
    """Whether the first rows by time are given, or items by chance, with all of their rows."""
    seed: int = 0
    """Of who is held out, and of which items are given by chance."""

    def split(self, frame: Native) -> Split:
        """Return the parts.

        Args:
            frame: `customer_id`, `item_id`, and by time `occurred_at` (without a zone: in UTC); other columns are kept.

        Raises:
            SchemaError: A column is missing or of another kind, or an id is null.
            ConfigurationError: Nothing is left to learn from or to be judged by.
        """
        rows = interactions(frame, timed=self.order == "time")
        out = pl.Series(shares(chances(rows["customer_id"], seed=self.seed)) < self.share)
        learned = rows.filter(~out).with_columns(_part=pl.lit(TRAIN))
        parts = [
            learned,
            *(self._in_time(rows.filter(out)) if self.order == "time" else self._by_chance(rows.filter(out))),
        ]
        return assembled(pl.concat(parts), self)

    def _in_time(self, rows: pl.DataFrame) -> list[pl.DataFrame]:
        timed = in_time(rows.filter(pl.col("_at").is_not_null()))
        place = pl.int_range(pl.len()).over("customer_id")
        told = timed.with_columns(_part=self._part(place, pl.len().over("customer_id").cast(pl.Int64), "rows"))
        return [told, rows.filter(pl.col("_at").is_null()).with_columns(_part=pl.lit(NO_TIME))]

    def _by_chance(self, rows: pl.DataFrame) -> list[pl.DataFrame]:
        told = by_chance(rows, self.seed)
        return [
            told.with_columns(_part=self._part(pl.col("_place"), pl.col("_pairs"), "items")).drop("_place", "_pairs")
        ]

    def _part(self, place: pl.Expr, of: pl.Expr, what: str) -> pl.Expr:
        few = pl.when(of < 2).then(pl.lit(f"is held out with fewer than 2 {what}"))
        return few.when(place < some_but_not_all(of, self.given)).then(pl.lit(FOLD_IN)).otherwise(pl.lit(TEST))
