"""Any statistic, by drawing again from what was drawn."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.statistics.intervals import Interval, check_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[Any]"

_UNITS: Final = 20_000
"""So many units or blocks of them are drawn from at most."""
_AT_ONCE: Final = 50
"""Resamples whose weights are held at a time."""


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


def resampled_ratios(above: Values, below: Values, *, seed: int, resamples: int = 1000) -> Values:
    """Return ratios of sums over units that are drawn again and again, many columns at once.

    A mean is a ratio to 1 for each unit that has a value and 0 for each that has none. The same seed and number of
    units give the same draws, so that the draws of two models over the same customers, taken from each other, are
    those of their paired difference. From 20,000 units on, blocks of them are drawn that were put together at random:
    the mean varies alike, and a million units take no longer.

    Args:
        above: What stands above: one row a unit, one column a ratio. The order of rows has a part in what is drawn.
        below: What stands below, of the same shape.
        seed: Of what is drawn.
        resamples: How often is drawn.

    Returns:
        One row a resample, one column a ratio; not a number where nothing stands below.

    Raises:
        ConfigurationError: It is drawn fewer than 100 times, or the shapes differ.

    Examples:
        >>> heights = np.arange(100.0)[:, None]
        >>> draws = resampled_ratios(heights, np.ones_like(heights), seed=0)
        >>> draws.shape, bool(abs(draws.mean() - 49.5) < 0.5), bool(abs(draws.std() - 2.89) < 0.2)
        ((1000, 1), True, True)

    References:
        B. Efron, R. J. Tibshirani (1993): An introduction to the bootstrap, chapters 8 and 13.
    """
    if resamples < 100:
        raise ConfigurationError(f"An interval needs 100 resamples at least; {resamples} are too few.")
    if above.ndim != 2 or above.shape != below.shape:
        raise ConfigurationError("Ratios need as many rows and columns above as below.")
    chance = np.random.default_rng(seed)
    block = chance.permutation(len(above)) % _UNITS if len(above) > _UNITS else None
    both = np.concatenate([_blocks(each, block) for each in (above, below)], axis=1)
    parts = [
        _drawn(len(both), min(_AT_ONCE, resamples - start), chance) @ both for start in range(0, resamples, _AT_ONCE)
    ]
    sums = np.concatenate(parts)
    top, bottom = sums[:, : above.shape[1]], sums[:, above.shape[1] :]
    ratios: Values = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)
    return ratios


def percentile_ends(draws: Values, *, confidence: float = 0.95) -> tuple[Values, Values]:
    """Return both ends of the percentile interval of each column of draws; not a number where none of them is one.

    Raises:
        ConfigurationError: The confidence is not between 0 and 1.

    Examples:
        >>> low, high = percentile_ends(np.arange(101.0)[:, None], confidence=0.9)
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([5.0], [95.0])
    """
    outside = (1 - check_confidence(confidence)) / 2
    known = ~np.isnan(draws).all(axis=0)
    ends = np.full((2, draws.shape[1]), np.nan)
    if known.any():
        ends[:, known] = np.nanquantile(draws[:, known], [outside, 1 - outside], axis=0)
    return ends[0], ends[1]


def _blocks(units: Values, block: "Values | None") -> Values:
    """Return units as they are, or sums over the units of each block."""
    if block is None:
        return units
    return np.stack([np.bincount(block, weights=column, minlength=_UNITS) for column in units.T], axis=1)


def _drawn(units: int, times: int, chance: np.random.Generator) -> Values:
    """Return how often each unit is drawn, one row a resample."""
    if not units:
        return np.zeros((times, 0))
    return np.stack([np.bincount(chance.integers(units, size=units), minlength=units) for _ in range(times)]) * 1.0
