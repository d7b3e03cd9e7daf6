"""Whether lists keep to the mix of categories that customers had before.

References:
    Steck, H. (2018). Calibrated recommendations. RecSys.
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory, 37(1).
"""

from dataclasses import dataclass

import numpy as np

from unified_customer.recommendations.evaluation.categories import Categories
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats, Ints, Pairs, distinct, summed

_KEPT = 0.01
"""How much of the mix of the history is put into that of the list, so that KL is finite (alpha of the paper)."""


@dataclass(frozen=True, eq=False)
class Mix:
    """Shares of categories of each customer, 1 over all of them.

    Attributes:
        keys: One number for each customer and category, in order.
        share: One for each.
    """

    keys: Ints
    share: Floats

    def at(self, keys: Ints) -> Floats:
        """Return the share of each of these, 0 where there is none."""
        if not len(self.keys):
            return np.zeros(len(keys))
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.share[place], 0.0)


def mix_of_history(history: Pairs, categories: Categories, customers: int) -> Mix:
    """Return the mix of categories of what customers had, each item by its weight."""
    return _mix(history.customer, history.item, history.weight, categories, customers)


def mix_of_lists(lists: Lists, categories: Categories) -> Mix:
    """Return the mix of categories of lists, each item alike."""
    return _mix(lists.customer, lists.item, np.ones(len(lists.item)), categories, lists.customers)


def _mix(customer: Ints, item: Ints, weight: Floats, categories: Categories, customers: int) -> Mix:
    row, category, share = categories.shares.of(item)
    keys, sums = summed(customer[row] * categories.names + category, weight[row] * share)
    own = keys // categories.names
    total = np.bincount(own, weights=sums, minlength=customers)
    return Mix(keys, sums / total[own])


def divergences(history: Mix, lists: Mix, names: int, customers: int) -> tuple[Floats, Floats]:
    """Return how far the mix of each list is from that of the history, in bits; not a number where one is not known.

    Args:
        history: Mix of what customers had.
        lists: Mix of what is recommended.
        names: How many categories there are.
        customers: How many customers there are.

    Returns:
        The Kullback-Leibler divergence of the list, smoothed by a hundredth of the history, from the history, 0 and
        more; and the Jensen-Shannon divergence, from 0 to 1.
    """
    keys = distinct(np.sort(np.concatenate([history.keys, lists.keys]), kind="stable"))
    p, q = history.at(keys), lists.at(keys)
    own = keys // names
    middle = (p + q) / 2
    kl = np.bincount(own, weights=_bits(p, (1 - _KEPT) * q + _KEPT * p), minlength=customers)
    js = np.bincount(own, weights=(_bits(p, middle) + _bits(q, middle)) / 2, minlength=customers)
    before, now = (np.bincount(each.keys // names, minlength=customers) > 0 for each in (history, lists))
    both = before & now
    return np.where(both, np.maximum(kl, 0.0), np.nan), np.where(both, np.clip(js, 0.0, 1.0), np.nan)


def _bits(p: Floats, q: Floats) -> Floats:
    some = p > 0
    return np.where(some, p * np.log2(np.where(some, p, 1.0) / np.where(some, q, 1.0)), 0.0)
