"""Any statistic, by drawing again from what was drawn."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.statistics.intervals import Interval, check_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"


def bootstrap(
    values: Values,
    statistic: Callable[[Values], float],
    *,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval | None:
    """Return a statistic with its percentile interval; None where there are fewer than two values.

    Args:
        values: One row a unit that was drawn, such as a customer. The order of rows has a part in what is drawn: sort
            them.
        statistic: From rows to a number.
        seed: Of what is drawn.
        resamples: How often is drawn.
        confidence: Between 0 and 1.

    Raises:
        ConfigurationError: It is drawn fewer than 100 times, or the confidence is not between 0 and 1.

    Examples:
        >>> drawn = bootstrap(np.arange(100.0), np.median, seed=0)
        >>> drawn.low < drawn.estimate == 49.5 < drawn.high
        True

    References:
        B. Efron, R. J. Tibshirani (1993): An introduction to the bootstrap, chapter 13.
    """
    outside = (1 - check_confidence(confidence)) / 2
    if resamples < 100:
        raise ConfigurationError(f"An interval needs 100 resamples at least; {resamples} are too few.")
    if len(values) < 2:
        return None
    chance = np.random.default_rng(seed)
    drawn = [statistic(values[chance.integers(len(values), size=len(values))]) for _ in range(resamples)]
    low, high = np.quantile(drawn, [outside, 1 - outside])
    return Interval(float(statistic(values)), float(low), float(high))
