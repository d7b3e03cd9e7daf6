"""Lists of what sells best, for customers of whom nothing is known but their segment."""

from typing import Final

import polars as pl

from unified_customer.recommendations.serving.recommended import POPULAR, SHORTFALL, TABLE, Recommendations

SEGMENT: Final = "segment"
TOO_FEW: Final = "of no further item enough customers are known"


def listed(customers: pl.DataFrame, own: pl.DataFrame, overall: pl.DataFrame, *, n: int) -> Recommendations:
    """Return a list for each customer: of the segment, or overall where nothing is told of it.

    Args:
        customers: `customer_id`, each once, and `segment` or null.
        own: `segment`, `item_id`, `share`.
        overall: `item_id`, `share`.
        n: How many items each.
    """
    told = customers.with_columns(
        there=pl.col("segment").is_in(own["segment"].unique().implode()).fill_null(value=False)
    )
    by_segment = told.filter("there").join(_ranked(own, n, over=["segment"]), on="segment")
    others = told.filter(~pl.col("there")).join(_ranked(overall, n, over=[]), how="cross")
    both = [
        part.with_columns(basis=pl.lit(basis)).select(TABLE.names())
        for part, basis in ((by_segment, SEGMENT), (others, POPULAR))
    ]
    table = pl.concat(both).cast(TABLE).sort("customer_id", "rank")
    found = table.group_by("customer_id").len("found")
    missing = told.join(found, on="customer_id", how="left").with_columns(missing=n - pl.col("found").fill_null(0))
    short = missing.filter(pl.col("missing") > 0).with_columns(reason=pl.lit(TOO_FEW)).select(SHORTFALL.names())
    return Recommendations(table, short.cast(SHORTFALL).sort("customer_id"))


def _ranked(shares: pl.DataFrame, n: int, *, over: list[str]) -> pl.DataFrame:
    """Return the n items with the highest shares, equal ones by id."""
    ordered = shares.sort(*over, -pl.col("share"), "item_id")
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
    ranked = ordered.with_columns(rank=rank.over(over) if over else rank).filter(pl.col("rank") <= n)
    return ranked.select(*over, "item_id", "rank", score="share")
