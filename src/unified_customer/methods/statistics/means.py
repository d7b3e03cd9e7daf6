"""Means, and ratios of two means of the same units."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from unified_customer.methods.statistics.intervals import (
    Interval,
    check_confidence,
    normal_quantile,
    student_quantile,
)


def mean_interval(mean: float, variance: float, n: int, *, confidence: float = 0.95) -> Interval | None:
    """Return a mean with its interval by Student's distribution; None where there are fewer than two values.

    Args:
        mean: Mean of the values.
        variance: Their variance, with n - 1 as its divisor.
        n: How many values there are.
        confidence: Between 0 and 1.

    Examples:
        >>> [round(each, 3) for each in mean_interval(5.0, 4.0, 16)]
        [5.0, 3.934, 6.066]

    References:
        Student (1908): The probable error of a mean.
    """
    check_confidence(confidence)
    if n < 2:
        return None
    reach = student_quantile(confidence, n - 1) * sqrt(variance / n)
    return Interval(mean, mean - reach, mean + reach)


def mean_columns(mean: pl.Expr, variance: pl.Expr, n: pl.Expr, *, confidence: float = 0.95) -> tuple[pl.Expr, pl.Expr]:
    """Return both ends of the interval of each row's mean, as in `mean_interval`; null where there are fewer than two.

    Args:
        mean: Means of the values.
        variance: Their variances, with n - 1 as divisor.
        n: How many values there are.
        confidence: Between 0 and 1.

    Examples:
        >>> low, high = mean_columns(pl.col("mean"), pl.col("variance"), pl.col("n"))
        >>> frame = pl.DataFrame({"mean": [5.0, 1.0], "variance": [4.0, None], "n": [16, 1]})
        >>> frame.select(low=low.round(3), high=high.round(3)).rows()
        [(3.934, 6.066), (None, None)]
    """
    share = (1 + check_confidence(confidence)) / 2
    freedom = pl.when(n > 1).then((n - 1).cast(pl.Float64))

    def quantiles(values: pl.Series) -> pl.Series:
        from scipy.special import stdtrit

        known = values.to_numpy()
        return pl.Series(values.name, stdtrit(known, np.full(len(known), share)), dtype=pl.Float64, nan_to_null=True)

    reach = freedom.map_batches(quantiles, return_dtype=pl.Float64, is_elementwise=True) * (variance / n).sqrt()
    return mean - reach, mean + reach


@dataclass(frozen=True)
class Sums:
    """What a ratio of two means is worked out from: sums over the units that were drawn, such as customers.

    Attributes:
        n: How many units there are.
        above: Sum of what stands above.
        below: Sum of what stands below.
        above_squared: Sum of the squares of what stands above.
        below_squared: Sum of the squares of what stands below.
        product: Sum of the products of both.
    """

    n: int
    above: float
    below: float
    above_squared: float
    below_squared: float
    product: float


def ratio_interval(sums: Sums, *, confidence: float = 0.95) -> Interval | None:
    """Return a ratio of two means of the same units with its interval by the delta method.

    As the average order value of customers: revenue above, orders below. None where there are fewer than two units or
    nothing stands below.

    Args:
        sums: Sums over the units.
        confidence: Between 0 and 1.

    Examples:
        >>> money, orders = [10.0, 20.0, 60.0], [1, 2, 3]
        >>> pairs = list(zip(money, orders))
        >>> sums = Sums(3, 90.0, 6.0, 4100.0, 14.0, sum(a * b for a, b in pairs))
        >>> [round(each, 3) for each in ratio_interval(sums)]
        [15.0, 7.515, 22.485]

    References:
        A. Deng, U. Knoblich, J. Lu (2018): Applying the delta method in metric analytics.
    """
    z = normal_quantile(confidence)
    if sums.n < 2 or sums.below == 0:
        return None
    ratio = sums.above / sums.below
    # The residuals above - ratio * below have mean 0, so their squares alone make their variance.
    squares = sums.above_squared - 2 * ratio * sums.product + ratio * ratio * sums.below_squared
    error = sqrt(max(squares, 0.0) / (sums.n - 1) * sums.n) / abs(sums.below)
    return Interval(ratio, ratio - z * error, ratio + z * error)


def ratio_columns(
    n: pl.Expr,
    above: pl.Expr,
    below: pl.Expr,
    *,
    above_squared: pl.Expr,
    below_squared: pl.Expr,
    product: pl.Expr,
    confidence: float = 0.95,
) -> tuple[pl.Expr, pl.Expr]:
    """Return both ends of the interval of each row's ratio, as in `ratio_interval`; null where that is None.

    Args:
        n: How many units there are.
        above: Sums of what stands above.
        below: Sums of what stands below.
        above_squared: Sums of the squares of what stands above.
        below_squared: Sums of the squares of what stands below.
        product: Sums of the products of both.
        confidence: Between 0 and 1.

    Examples:
        >>> names = ("n", "above", "below", "above_squared", "below_squared", "product")
        >>> low, high = ratio_columns(**{name: pl.col(name) for name in names})
        >>> sums = pl.DataFrame(
        ...     {
        ...         "n": [3],
        ...         "above": 90.0,
        ...         "below": 6.0,
        ...         "above_squared": 4100.0,
        ...         "below_squared": 14.0,
        ...         "product": 230.0,
        ...     }
        ... )
        >>> sums.select(low.round(3).alias("low"), high.round(3).alias("high")).rows()
        [(7.515, 22.485)]
    """
    z = normal_quantile(confidence)
    known = pl.when((n > 1) & (below != 0))
    ratio = above / known.then(below)
    squares = above_squared - 2 * ratio * product + ratio * ratio * below_squared
    error = (squares.clip(lower_bound=0) / (n - 1) * n).sqrt() / below.abs()
    return ratio - z * error, ratio + z * error
