"""An estimate with its two ends."""

from statistics import NormalDist
from typing import NamedTuple

from unified_customer.core.errors import ConfigurationError


class Interval(NamedTuple):
    """An estimate and the interval about it."""

    estimate: float
    """What is estimated."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""


def check_confidence(confidence: float) -> float:
    """Return a confidence level.

    Raises:
        ConfigurationError: It is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ConfigurationError(f"A confidence lies between 0 and 1, such as 0.95; {confidence} does not.")
    return confidence


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors an interval reaches to each side, by the normal distribution.

    Raises:
        ConfigurationError: The confidence is not between 0 and 1.

    Examples:
        >>> round(normal_quantile(0.95), 4)
        1.96
    """
    return NormalDist().inv_cdf((1 + check_confidence(confidence)) / 2)


def student_quantile(confidence: float, freedom: float) -> float:
    """Return how many standard errors an interval reaches to each side, by Student's distribution.

    Args:
        confidence: Between 0 and 1.
        freedom: Degrees of freedom, above 0.

    Raises:
        ConfigurationError: The confidence is not between 0 and 1.

    Examples:
        >>> round(student_quantile(0.95, 10), 4)
        2.2281
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + check_confidence(confidence)) / 2))
