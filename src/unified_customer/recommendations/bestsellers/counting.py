"""How much of each item was sold, lately, by segment."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.recommendations.interactions.reading import rows_before

if TYPE_CHECKING:
    from unified_customer.recommendations.bestsellers.spec import Bestsellers

_DAY: Final = 86_400_000_000


def sold_before(spec: "Bestsellers", tables: Mapping[str, Native], *, as_of: datetime) -> pl.DataFrame:
    """Return `customer_id`, `item_id`, `long` and `short`: how much each interaction counts by either half-life.

    What has no time counts as if it had just been.

    Raises:
        ConfigurationError: Nothing weighs more than 0.
    """
    age = (pl.lit(as_of) - pl.col("occurred_at")).dt.total_microseconds().fill_null(0) / _DAY
    rows = rows_before(spec.interactions, tables, as_of=as_of).filter(pl.col("weight") > 0)
    faded = {"long": spec.half_life_days, "short": spec.lately_days}
    counts = {name: pl.col("weight") * (-age / days * pl.lit(2.0).log()).exp() for name, days in faded.items()}
    found = rows.select("customer_id", "item_id", **counts).collect()
    if found.is_empty():
        raise ConfigurationError("There is nothing to count: no interaction before as_of weighs more than 0.")
    # The order of summing has a part in the last digits.
    return found.sort("item_id", "long", "short", "customer_id")


def shares(sold: pl.DataFrame, members: pl.DataFrame, *, drawn: float, least: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the share of each item overall, and of each item in each segment, drawn to that overall.

    Args:
        sold: As of `sold_before`.
        members: `customer_id` and `segment`.
        drawn: How much what is known overall counts.
        least: What fewer customers bought is not told; in a segment it counts as not bought there.

    Returns:
        `item_id`, `customers`, `weight` and `share`; and the same with `segment`.
    """
    overall = _told(sold.group_by("item_id", maintain_order=True), least)
    overall = overall.with_columns(share=pl.col("weight") / pl.col("weight").sum())
    own = sold.join(members, on="customer_id", maintain_order="left")
    bought = _told(own.group_by("segment", "item_id", maintain_order=True), least).rename({"weight": "own"})
    every = members.select(pl.col("segment").unique().sort()).join(overall.select("item_id", "share"), how="cross")
    joined = every.join(bought, on=["segment", "item_id"], how="left", maintain_order="left").with_columns(
        pl.col("own").fill_null(0.0), pl.col("customers").fill_null(0)
    )
    mixed = (pl.col("own") + drawn * pl.col("share")) / (pl.col("own").sum().over("segment") + drawn)
    return overall, joined.select("segment", "item_id", "customers", weight="own", share=mixed)


def _told(groups: "pl.dataframe.group_by.GroupBy", least: int) -> pl.DataFrame:
    found = groups.agg(customers=pl.col("customer_id").n_unique().cast(pl.Int64), weight=pl.col("long").sum())
    return found.filter(pl.col("customers") >= least)
