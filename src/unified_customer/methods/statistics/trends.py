"""A straight line through estimates that weigh differently."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.statistics.intervals import Interval, check_confidence, student_quantile


class Trend(NamedTuple):
    """How an estimate changes from place to place."""

    slope: Interval
    """Change from one place to the next."""
    points: int
    """Estimates that it was worked out from."""


def weighted_trend(
    places: Sequence[float],
    values: Sequence[float],
    weights: Sequence[float],
    *,
    least_variance: float = 0.0,
    confidence: float = 0.95,
) -> Trend | None:
    """Return the slope of a line through values, by least squares with weights; None with fewer than three places.

    The interval is by Student's distribution with two degrees of freedom less than there are values, from how far the
    values scatter about the line: it takes in that groups differ by more than chance within them.

    Args:
        places: Where the values stand, such as numbers of months.
        values: Means or shares.
        weights: Of how many units each is the mean, above 0.
        least_variance: What the variance of one unit is at least; `p * (1 - p)` for shares, so that values that happen
            to lie on a line are not taken for certain.
        confidence: Between 0 and 1.

    Raises:
        ConfigurationError: A weight is not above 0, or there are not as many of each.

    Examples:
        >>> trend = weighted_trend([0, 1, 2, 3], [0.30, 0.29, 0.34, 0.35], [100, 100, 100, 100])
        >>> [round(each, 4) for each in trend.slope]
        [0.02, -0.0133, 0.0533]

    References:
        N. R. Draper, H. Smith (1998): Applied regression analysis, chapter 9 (weighted least squares).
        P. McCullagh, J. A. Nelder (1989): Generalized linear models, section 4.5 (scatter beyond the binomial).
    """
    check_confidence(confidence)
    x, y, w = (np.asarray(each, dtype=float) for each in (places, values, weights))
    if not len(x) == len(y) == len(w) or (len(w) and w.min() <= 0):
        raise ConfigurationError("A trend needs one weight above 0 for each place and value.")
    if len(np.unique(x)) < 3:
        return None
    # From the first place on, so that numbers of days lose no digits.
    away = (x - x[0]) - np.average(x - x[0], weights=w)
    spread = float((w * away**2).sum())
    slope = float((w * away * y).sum()) / spread
    left = y - np.average(y, weights=w) - slope * away
    freedom = len(x) - 2
    variance = max(float((w * left**2).sum()) / freedom, least_variance)
    reach = student_quantile(confidence, freedom) * sqrt(variance / spread)
    return Trend(Interval(slope, slope - reach, slope + reach), len(x))
