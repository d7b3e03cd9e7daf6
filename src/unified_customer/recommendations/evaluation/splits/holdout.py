"""A share of the pairs of each customer."""

import polars as pl
from pydantic import Field

from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.splits.chance import chances_of_pairs
from unified_customer.recommendations.evaluation.splits.split import (
    TEST,
    TRAIN,
    Split,
    assembled,
    interactions,
    untested_customers,
)


class RandomHoldout(Spec):
    """A share of the items of each customer, at least one, is judged by; the others, at least one, are learned from.

    All rows of one customer and item stand in one part. It is for data without time: where there is time, a model
    learns from what came later than what it is judged by. What is chosen hangs on ids and the seed alone.

    Examples:
        >>> bought = pl.DataFrame({"customer_id": ["ann", "ann", "bob"], "item_id": ["tea", "jam", "oil"]})
        >>> split = RandomHoldout(share=0.5).split(bought)
        >>> split.train.height, split.test["customer_id"].to_list(), split.untested
        (2, ['ann'], {'fewer than 2 items': 1})
    """

    share: float = Field(default=0.2, gt=0, lt=1)
    """Of the items of a customer."""
    seed: int = 0
    """Of what is chosen."""

    def split(self, frame: Native) -> Split:
        """Return the parts.

        Args:
            frame: `customer_id`, `item_id`; other columns are kept.

        Raises:
            SchemaError: A column is missing, or an id is null.
            ConfigurationError: Nothing is left to learn from or to be judged by.
        """
        rows = by_chance(interactions(frame, timed=False), self.seed)
        wanted = some_but_not_all(pl.col("_pairs"), self.share)
        part = pl.when(pl.col("_place") < wanted).then(pl.lit(TEST)).otherwise(pl.lit(TRAIN))
        told = rows.with_columns(_part=part).drop("_place", "_pairs")
        return assembled(told, self, untested={"fewer than 2 items": untested_customers(told)})


def by_chance(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return rows with `_pairs`, how many items their customer has, and `_place`, at which theirs comes by chance."""
    pairs = rows.select("customer_id", "item_id").unique()
    drawn = chances_of_pairs(pairs["customer_id"], pairs["item_id"], seed=seed)
    placed = pairs.with_columns(_chance=drawn).sort("customer_id", "_chance", "item_id").select(
        "customer_id",
        "item_id",
        _pairs=pl.len().over("customer_id").cast(pl.Int64),
        _place=pl.int_range(pl.len()).over("customer_id"),
    )  # fmt: skip
    return rows.join(placed, on=["customer_id", "item_id"], how="left", maintain_order="left")


def some_but_not_all(of: pl.Expr, share: float) -> pl.Expr:
    """Return how many a share of some is: at least one, and at least one less than all; of one it is none."""
    return pl.min_horizontal((of * share).round(mode="half_to_even").clip(lower_bound=1), of - 1)
