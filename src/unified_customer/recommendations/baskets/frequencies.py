"""How often, and how lately by order, each item was bought: vectors of histories."""

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import AGE, SPAN, TIMES, WEIGHT, Floats32, Histories

_MINUTE = 1440


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
    # Minutes: what the two numbers lose in adding up is less.
    minutes = np.round(np.concatenate([age, age + histories.values(SPAN)]) * _MINUTE).astype(np.int64)
    told = pl.DataFrame({"row": np.tile(histories.rows, 2), "minute": minutes}).select(
        place=pl.col("minute").rank("dense").over("row").cast(pl.Int64) - 1,
        orders=pl.col("minute").n_unique().over("row"),
    )
    place, size = told["place"].to_numpy(), len(age)
    return place[:size], place[size:], told["orders"].to_numpy()[:size].astype(np.int64)
