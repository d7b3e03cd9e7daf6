"""Measures of sets of items: support, confidence, lift with its interval, leverage."""

import polars as pl

from unified_customer.methods.statistics import normal_quantile


def lift_columns(both: pl.Expr, one: pl.Expr, other: pl.Expr, orders: int, confidence: float) -> dict[str, pl.Expr]:
    """Return `lift` with both ends of its interval, `low` and `high`.

    The lift is how many times more often two things are in one order than they would be by chance. Its logarithm is
    taken for normal, with the variance that the delta method gives it for counts of orders drawn independently:
    (1/pq - 1/p - 1/q + 2 lift - 1) / orders, with pq, p and q the shares of orders.

    Args:
        both: Orders that hold both.
        one: Orders that hold the one.
        other: Orders that hold the other.
        orders: All orders.
        confidence: Of the interval.

    References:
        Y. Bishop, S. Fienberg, P. Holland (1975): Discrete multivariate analysis, chapter 14.
    """
    lift = both * orders / (one.cast(pl.Float64) * other)
    variance = 1 / both - 1 / one - 1 / other + (2 * lift - 1) / orders
    reach = normal_quantile(confidence) * variance.clip(0).sqrt()
    return {"lift": lift, "low": lift * (-reach).exp(), "high": lift * reach.exp()}


def measured(frame: pl.DataFrame, *, orders: int, confidence: float) -> pl.DataFrame:
    """Add `support`, `confidence`, `lift`, `low`, `high` and `leverage` to counts.

    Args:
        frame: `orders` (that hold all of it), `given_orders` (that hold what is given) and `item_orders` (that hold the
            item that goes with it).
        orders: All orders.
        confidence: Of the interval.
    """
    both, one, other = pl.col("orders"), pl.col("given_orders"), pl.col("item_orders")
    return frame.with_columns(
        support=both / orders,
        confidence=both / one,
        **lift_columns(both, one, other, orders, confidence),
        leverage=both / orders - one.cast(pl.Float64) * other / float(orders) ** 2,
    )
