"""How one group differs from another: lifts, standardised differences, and what is left of many of them.

Everything works on columns: arrays of equal length, an element a comparison.
"""

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from unified_customer.methods.statistics import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values: TypeAlias = "NDArray[np.float64]"


class Contrasts(NamedTuple):
    """Estimates with their intervals."""

    estimate: Values
    """What is estimated."""
    low: Values
    """Lower ends."""
    high: Values
    """Upper ends."""


class Group(NamedTuple):
    """What is known of a group, an element a comparison."""

    n: Values
    """How many values there are."""
    mean: Values
    """Their means."""
    variance: Values
    """Their variances, with n - 1 as divisor."""


def lift(some: Values, of: Values, others: Values, of_others: Values, *, confidence: float = 0.95) -> Contrasts:
    """Return how many times as frequent something is in one group as in another, with log intervals.

    Args:
        some: How many of the group, above 0.
        of: Size of the group.
        others: How many of the other group, above 0.
        of_others: Size of the other group.
        confidence: Between 0 and 1.

    Examples:
        >>> found = lift(*(np.array([each]) for each in (40.0, 100.0, 20.0, 100.0)))
        >>> [round(float(each[0]), 3) for each in found]
        [2.0, 1.263, 3.167]

    References:
        D. Katz, J. Baptista, S. P. Azen, M. C. Pike (1978): Obtaining confidence intervals for the risk ratio in cohort
        studies.
    """
    ratio = (some / of) / (others / of_others)
    # What all have, all have for certain: rounding must not make that less than nothing.
    variance = np.maximum(1 / some - 1 / of, 0) + np.maximum(1 / others - 1 / of_others, 0)
    reach = np.exp(normal_quantile(confidence) * np.sqrt(variance))
    return Contrasts(ratio, ratio / reach, ratio * reach)


def lift_chances(some: Values, of: Values, others: Values, of_others: Values) -> Values:
    """Return how likely shares so far apart are if both groups are alike: two-sided, by the score test.

    References:
        K. Pearson (1900): On the criterion that a given system of deviations ... (the chi-square of a table of four).

    Examples:
        >>> lift_chances(*(np.array([each]) for each in (40.0, 100.0, 20.0, 100.0))).round(4)
        array([0.002])
    """
    pooled = (some + others) / (of + of_others)
    error = np.sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_others))
    apart = some / of - others / of_others
    with np.errstate(divide="ignore", invalid="ignore"):
        return _two_sided(np.where(error > 0, apart / error, 0.0))


def standardised_difference(one: Group, other: Group, *, confidence: float = 0.95) -> Contrasts:
    """Return how many standard deviations apart two means are; nan where neither group varies.

    The standard deviation is the root of the mean of both variances, so none of them has to be the same.

    Args:
        one: A group of at least two.
        other: Another.
        confidence: Between 0 and 1.

    Examples:
        >>> group = lambda *each: Group(*(np.array([value]) for value in each))
        >>> found = standardised_difference(group(50.0, 11.0, 4.0), group(80.0, 10.0, 4.0))
        >>> [round(float(each[0]), 3) for each in found]
        [0.5, 0.138, 0.862]

    References:
        D. G. Bonett (2008): Confidence intervals for standardized linear contrasts of means.
    """
    whole = (one.variance + other.variance) / 2
    free, other_free = one.n - 1, other.n - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(whole > 0, (one.mean - other.mean) / np.sqrt(whole), np.nan)
        spread = one.variance**2 / free + other.variance**2 / other_free
        variance = apart**2 * spread / (8 * whole**2) + (one.variance / free + other.variance / other_free) / whole
    reach = normal_quantile(confidence) * np.sqrt(variance)
    return Contrasts(apart, apart - reach, apart + reach)


def difference_chances(one: Group, other: Group) -> Values:
    """Return how likely means so far apart are if both groups have one mean: two-sided; 1 where neither varies.

    References:
        B. L. Welch (1947): The generalization of Student's problem when several different population variances are
        involved.

    Examples:
        >>> group = lambda *each: Group(*(np.array([value]) for value in each))
        >>> difference_chances(group(50.0, 11.0, 4.0), group(80.0, 10.0, 4.0)).round(4)
        array([0.0066])
    """
    from scipy.special import stdtr

    first, second = one.variance / one.n, other.variance / other.n
    error = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = error**2 / (first**2 / (one.n - 1) + second**2 / (other.n - 1))
        chances = 2 * stdtr(freedom, -np.abs(one.mean - other.mean) / np.sqrt(error))
    return np.asarray(np.where(error > 0, chances, 1.0))


def benjamini_hochberg(chances: Values) -> Values:
    """Return the least false discovery rate at which each of many comparisons is told apart.

    Args:
        chances: p-values of all that was compared, told apart or not.

    Examples:
        >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.9])).round(4)
        array([0.04  , 0.0533, 0.0533, 0.9   ])

    References:
        Y. Benjamini, Y. Hochberg (1995): Controlling the false discovery rate.
    """
    count = len(chances)
    falling = np.argsort(-chances, kind="stable")
    rates = chances[falling] * count / np.arange(count, 0, -1)
    adjusted = np.empty(count)
    adjusted[falling] = np.minimum(1.0, np.minimum.accumulate(rates)) if count else rates
    return adjusted


def selected_confidence(adjusted: Values, *, rate: float) -> float:
    """Return the confidence of intervals of what was told apart among many, so that `rate` of them miss at most.

    Args:
        adjusted: What `benjamini_hochberg` gave.
        rate: The false discovery rate, between 0 and 1.

    Examples:
        >>> selected_confidence(np.array([0.04, 0.0533, 0.0533, 0.9]), rate=0.05)
        0.9875

    References:
        Y. Benjamini, D. Yekutieli (2005): False discovery rate-adjusted multiple confidence intervals for selected
        parameters.
    """
    told = int((adjusted <= rate).sum())
    return 1 - rate * max(told, 1) / max(len(adjusted), 1)


def _two_sided(z: Values) -> Values:
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(z)))
