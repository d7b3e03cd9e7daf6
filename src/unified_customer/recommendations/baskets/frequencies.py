"""How often, and how lately by order, each item was bought: vectors of histories."""

import numpy as np

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import AGE, SPAN, TIMES, WEIGHT, Floats32, Histories

_TOGETHER = 1 / 1440
"""Days between two orders at least."""


def frequencies(histories: Histories, *, groups: int, within: float, between: float) -> Floats32:
    """Return the weight of each item of each history: its orders, each the less the more orders came after it.

    The orders of a customer lie in groups of equally many, the last one first. An order counts `within` to the power of
    how many of its group came after it, and its group `between` to the power of how many groups came after; the mean over
    the orders of a group, then over groups, is taken. Orders are told by the first and the last time of each item; what
    was bought in between is spread evenly, so that a vector comes from the history alone.

    Args:
        histories: Who bought what. What is not wanted weighs 0. Without times all was one order.
        groups: How many groups at most.
        within: From 0 to 1.
        between: From 0 to 1.

    References:
        H. Hu, X. He, J. Gao, Z. Zhang (2020): Modeling personalized item frequency information for next-basket
        recommendation. SIGIR, 1071-1080.
    """
    wanted = histories.values(WEIGHT) > 0
    if not histories.timed:
        return wanted.astype(np.float32)
    last, first, orders = _places(histories)
    times = np.minimum(histories.values(TIMES), first - last + 1)
    found = np.zeros(len(last))
    for number in np.unique(orders):
        here = orders == number
        decay = decays(int(number), groups=groups, within=within, between=between)
        found[here] = _weighed(decay, last[here], first[here], times[here])
    return np.where(wanted, found, 0).astype(np.float32)


def decays(orders: int, *, groups: int, within: float, between: float) -> Floats:
    """Return how much each of some orders counts, the last one first.

    Examples:
        >>> decays(4, groups=2, within=0.5, between=0.1).round(4).tolist()
        [0.25, 0.125, 0.025, 0.0125]
    """
    size = -(-orders // groups)
    place = np.arange(orders)
    group = place // size
    sizes = np.bincount(group)
    found: Floats = between**group * within ** (place - group * size) / sizes[group] / len(sizes)
    return found


def _weighed(decay: Floats, last: Ints, first: Ints, times: Floats32) -> Floats:
    """Return the sum over orders: the last, the first, and those in between at their mean."""
    summed = np.concatenate([[0.0], np.cumsum(decay)])
    between = np.maximum(first - last - 1, 0)
    inside = np.where(between > 0, summed[first] - summed[np.minimum(last + 1, first)], 0) / np.maximum(between, 1)
    found: Floats = decay[last] + np.where(first > last, decay[first], 0) + np.maximum(times - 2, 0) * inside
    return found


def _places(histories: Histories) -> tuple[Ints, Ints, Ints]:
    """Return at which order of its customer, counted from the last, each item was bought last and first, and of how many."""
    age = histories.values(AGE).astype(np.float64)
    times = np.concatenate([age, age + histories.values(SPAN)])
    rows = np.tile(histories.rows, 2)
    order = np.lexsort((times, rows))
    other = np.diff(rows[order], prepend=-1) != 0
    # Numbers of 32 bits tell years to seconds alone, so what is nearly at one time was one order.
    later = other | (np.diff(times[order], prepend=0.0) > _TOGETHER)
    number = np.cumsum(later)
    place = np.empty(len(rows), np.int64)
    place[order] = number - np.maximum.accumulate(np.where(other, number, 0))
    orders = np.zeros(len(histories), np.int64)
    np.maximum.at(orders, rows, place + 1)
    return place[: len(age)], place[len(age) :], orders[histories.rows]
