"""How large segments are and what they bring."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from unified_customer.segmentation.profiles.counting import REST, Counted, too_few

FACTS: Final = {
    "segment": pl.String(), "customers": pl.Int64(), "share": pl.Float64(), "revenue": pl.Float64(),
    "revenue_share": pl.Float64(), "average_order": pl.Float64(), "frequency": pl.Float64(), "recency": pl.Float64(),
}  # fmt: skip
_BROUGHT: Final = ("revenue", "revenue_share", "average_order")


def facts(counted: Counted, order: Sequence[str], *, least: int) -> pl.DataFrame:
    """Return `FACTS` of the segments told of and of the rest.

    Means are of those who have bought. What fewer than `least` buyers brought is null, and where that would follow from
    what all others brought, what the next fewest brought is null too.

    Args:
        counted: What was counted.
        order: The segments in order.
        least: The fewest customers that anything is told of.
    """
    shared = counted.sizes.with_columns(share=pl.col("customers") / pl.col("customers").sum())
    whole = shared.join(_brought(counted.bought, counted.sizes["segment"], least), on="segment", how="left").join(
        _means(counted.measures, least), on="segment", how="left"
    )
    places = {name: place for place, name in enumerate([*order, REST])}
    return whole.sort(pl.col("segment").replace_strict(places, return_dtype=pl.Int64)).select(
        pl.col(name).cast(dtype) for name, dtype in FACTS.items()
    )


def _brought(bought: pl.DataFrame | None, segments: pl.Series, least: int) -> pl.DataFrame:
    if bought is None:
        return pl.DataFrame(schema={name: FACTS[name] for name in ("segment", *_BROUGHT)})
    hidden = too_few(dict(bought.select("segment", "buyers").iter_rows()), least=least)
    whole = segments.to_frame().join(bought, on="segment", how="left").fill_null(0)
    total, orders = pl.col("revenue").sum(), pl.col("orders").cast(pl.Float64)
    told = ~pl.col("segment").is_in(list(_not_rest(hidden, least)))
    return whole.select(
        "segment",
        revenue=pl.when(told).then("revenue"),
        revenue_share=pl.when(told & (total != 0)).then(pl.col("revenue") / total),
        average_order=pl.when(told & (orders > 0)).then(pl.col("revenue") / orders),
    )


def _not_rest(hidden: Mapping[str, int], least: int) -> Mapping[str, int]:
    """Return what is hidden without the rest, where that is of enough by itself."""
    alone = len(hidden) == 1 and hidden.get(REST, 0) >= least
    return {} if alone else hidden


def _means(measures: pl.DataFrame, least: int) -> pl.DataFrame:
    told = measures.filter(pl.col("n") >= least)
    means = [
        told.filter(pl.col("measure") == name).select("segment", pl.col("mean").alias(name))
        for name in ("frequency", "recency")
    ]
    return means[0].join(means[1], on="segment", how="full", coalesce=True)
