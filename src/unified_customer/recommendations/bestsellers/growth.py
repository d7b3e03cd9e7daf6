"""What sells more than it did."""

import polars as pl

from unified_customer.methods.statistics import normal_quantile

_PRIOR = 5.0


def growth(sold: pl.DataFrame, *, least: int, confidence: float) -> pl.DataFrame:
    """Return how many times more each item sold lately than before, measured by the shop as a whole.

    What sold lately (the shorter half-life) is held against what it would be if the item had kept the share that it has by
    the longer one. Both are drawn to no change by a few interactions, so that two sales after none are no trend. The
    variance of the ratio is that of a ratio of two sums over the same interactions (delta method), taken for normal on
    the logarithm.

    Args:
        sold: `customer_id`, `item_id`, `long` and `short`: how much each interaction counts by either half-life.
        least: Items of fewer customers are not told.
        confidence: Of the interval.

    Returns:
        `item_id`, `customers`, `lately` (what counts by the shorter half-life), `expected`, `growth` with `low` and
        `high`, the highest lower end first.
    """
    rate = float(sold["short"].to_numpy().sum() / sold["long"].to_numpy().sum())
    lately, expected = pl.col("short"), pl.col("long") * rate
    sums = sold.group_by("item_id", maintain_order=True).agg(
        customers=pl.col("customer_id").n_unique().cast(pl.Int64),
        lately=lately.sum(),
        expected=expected.sum(),
        squares=(lately**2).sum(),
        products=(lately * expected).sum(),
        of_expected=(expected**2).sum(),
    )
    ratio = (pl.col("lately") + _PRIOR) / (pl.col("expected") + _PRIOR)
    left = pl.col("squares") - 2 * pl.col("growth") * pl.col("products") + pl.col("growth") ** 2 * pl.col("of_expected")
    error = left.clip(0).sqrt() / (pl.col("expected") + _PRIOR) / pl.col("growth")
    reach = normal_quantile(confidence) * error
    told = sums.filter(pl.col("customers") >= least).with_columns(growth=ratio)
    ends = told.with_columns(low=pl.col("growth") * (-reach).exp(), high=pl.col("growth") * reach.exp())
    chosen = ends.select("item_id", "customers", "lately", "expected", "growth", "low", "high")
    return chosen.sort("low", "item_id", descending=[True, False])
