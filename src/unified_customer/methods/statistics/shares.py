"""Shares: how many of how many."""

from math import sqrt

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.statistics.intervals import Interval, normal_quantile


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval | None:
    """Return a share with its Wilson score interval; None where `n` is 0.

    The ends lie between 0 and 1, and it holds its confidence on small numbers and rare things too.

    Args:
        successes: How many did, from 0 to `n`.
        n: Of how many.
        confidence: Between 0 and 1.

    Raises:
        ConfigurationError: There are more successes than trials, or fewer than none.

    Examples:
        >>> share = wilson(2, 10)
        >>> [round(each, 4) for each in share]
        [0.2, 0.0567, 0.5098]
        >>> wilson(0, 0) is None
        True

    References:
        E. B. Wilson (1927): Probable inference, the law of succession, and statistical inference.
        L. D. Brown, T. T. Cai, A. DasGupta (2001): Interval estimation for a binomial proportion.
    """
    z = normal_quantile(confidence)
    if not 0 <= successes <= n:
        raise ConfigurationError(f"Of {n} at most {n} can succeed, and no fewer than 0; {successes} cannot.")
    if n == 0:
        return None
    share = successes / n
    middle, reach = (
        (successes + z * z / 2) / (n + z * z),
        z / (n + z * z) * sqrt(successes * (n - successes) / n + z * z / 4),
    )
    # The ends of nobody and of everybody are exact; rounding must not move them.
    return Interval(share, max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach)))


def wilson_columns(successes: pl.Expr, n: pl.Expr, confidence: float = 0.95) -> tuple[pl.Expr, pl.Expr]:
    """Return both ends of the Wilson score interval of each row; null where `n` is 0 or one of the two is null.

    Args:
        successes: How many did.
        n: Of how many.
        confidence: Between 0 and 1.

    Examples:
        >>> low, high = wilson_columns(pl.col("clicks"), pl.col("sent"))
        >>> frame = pl.DataFrame({"clicks": [2, 0], "sent": [10, 0]})
        >>> frame.select(low=low.round(4), high=high.round(4)).rows()
        [(0.0567, 0.5098), (None, None)]
    """
    z = normal_quantile(confidence)
    some, of = successes.cast(pl.Float64), pl.when(n > 0).then(n.cast(pl.Float64))
    share, middle = some / of, (some + z * z / 2) / (of + z * z)
    reach = z / (of + z * z) * (some * (of - some) / of + z * z / 4).sqrt()
    known = share.is_not_null()
    low = pl.when(known).then(pl.max_horizontal(pl.lit(0.0), pl.min_horizontal(share, middle - reach)))
    high = pl.when(known).then(pl.min_horizontal(pl.lit(1.0), pl.max_horizontal(share, middle + reach)))
    return low, high


def difference_of_shares(
    successes: float, n: float, others: float, of_others: float, *, confidence: float = 0.95
) -> Interval | None:
    """Return one share less another of other people, with its interval; None where one of them is of nobody.

    Args:
        successes: How many did.
        n: Of how many.
        others: How many of the others did.
        of_others: Of how many.
        confidence: Between 0 and 1.

    Raises:
        ConfigurationError: There are more successes than trials, or fewer than none.

    Examples:
        >>> [round(each, 4) for each in difference_of_shares(56, 70, 48, 80)]
        [0.2, 0.0524, 0.3339]

    References:
        R. G. Newcombe (1998): Interval estimation for the difference between independent proportions, method 10.
    """
    one, other = wilson(successes, n, confidence), wilson(others, of_others, confidence)
    if one is None or other is None:
        return None
    difference = one.estimate - other.estimate
    below = sqrt((one.estimate - one.low) ** 2 + (other.high - other.estimate) ** 2)
    above = sqrt((one.high - one.estimate) ** 2 + (other.estimate - other.low) ** 2)
    return Interval(difference, difference - below, difference + above)
