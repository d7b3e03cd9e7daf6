"""How many repeat purchases a model expects of all customers, day by day."""

import numpy as np
from numpy.typing import NDArray

from unified_customer.methods.buy_till_die.histories import Floats
from unified_customer.methods.buy_till_die.models import FittedPurchases
from unified_customer.methods.buy_till_die.season import SeasonClock

_POINTS = 1500


def expected_by_day(
    fitted: FittedPurchases,
    *,
    first_days: NDArray[np.int64],
    customers: Floats,
    last: int,
    clock: SeasonClock,
    unit: float = 1.0,
) -> tuple[NDArray[np.int64], Floats]:
    """Return the days and how many repeat purchases are expected on each, from what is known of newcomers alone.

    It is the curve against which purchases are tracked: each customer counts from the own first day on, as one of whom
    nothing else is known.

    Args:
        fitted: The model.
        first_days: Days of first purchases, counted from 1970-01-01.
        customers: How many began on each of these.
        last: The last day.
        clock: Which time passes between days.
        unit: Days in a unit of the model's time.

    References:
        P. Fader, B. Hardie, K. Lee (2005): "Counting your customers" the easy way, figures 3 and 4.
    """
    if not len(first_days):
        return np.arange(0), np.zeros(0)
    start = int(first_days.min())
    days = np.arange(start, last + 1)
    passed = clock.between(start, days) / unit
    grid = np.linspace(0, max(float(passed[-1]), 1e-9), _POINTS)
    curve = fitted.newcomer(time=grid)
    until = np.zeros(len(days))
    for first, count in zip(first_days, customers, strict=True):
        since = first - start
        until[since:] += count * np.interp(passed[since:] - passed[since], grid, curve)
    return days, np.diff(until, prepend=0.0)
