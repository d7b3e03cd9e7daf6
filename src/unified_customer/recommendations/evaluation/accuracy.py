"""How well lists name what came later: recall, precision, hit rate, MRR, MAP and NDCG.

Each takes the hits of all customers and returns one number a customer, from 0 to 1; not a number where nothing is
relevant. A customer without a list has 0.

References:
    Järvelin, K. and Kekäläinen, J. (2002). Cumulated gain-based evaluation of IR techniques. ACM Transactions on
    Information Systems, 20(4), 422-446.
    He, X. et al. (2020). LightGCN: simplifying and powering graph convolution network for recommendation. SIGIR.
    Zhu, J. et al. (2022). BARS: towards open benchmarking for recommender systems. SIGIR.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats, Ints, Pairs, ratio, totals

Gains = Literal["binary", "linear", "exponential"]


@dataclass(frozen=True, eq=False)
class Hits:
    """Relevant items that stand in lists, by customer and rank.

    Attributes:
        customers: How many customers are judged.
        customer: Places of customers.
        rank: From 1.
        gain: What each hit is worth.
        relevant: All that is relevant, the heaviest of each customer first.
        worth: What each relevant item is worth.
    """

    customers: int
    customer: Ints
    rank: Ints
    gain: Floats
    relevant: Pairs
    worth: Floats

    @cached_property
    def counts(self) -> Ints:
        """How many items are relevant to each customer."""
        return np.bincount(self.relevant.customer, minlength=self.customers)

    def within(self, k: int) -> Ints:
        """Return how many hits each customer has down to a rank."""
        return np.bincount(self.customer[self.rank <= k], minlength=self.customers)

    def known(self, values: Floats) -> Floats:
        """Return the values of customers to whom something is relevant, and no number for the others."""
        found: Floats = np.where(self.counts > 0, values, np.nan)
        return found


def hits(lists: Lists, relevant: Pairs, *, gains: Gains = "binary") -> Hits:
    """Return the relevant items that stand in lists.

    Raises:
        ConfigurationError: A weight is too large for exponential gains.
    """
    at = relevant.found(lists.customer, lists.item)
    hit = at >= 0
    worth = _worth(relevant.weight, gains)
    return Hits(lists.customers, lists.customer[hit], lists.rank[hit], worth[at[hit]], relevant, worth)


def _worth(weight: Floats, gains: Gains) -> Floats:
    if gains == "binary":
        return np.ones_like(weight)
    if gains == "exponential" and len(weight) and weight.max() > 50:
        raise ConfigurationError("Exponential gains are for grades such as 1 to 5; a weight is above 50. Use 'linear'.")
    return weight if gains == "linear" else np.exp2(weight) - 1


def recall(found: Hits, k: int, *, of: Literal["relevant", "reachable"] = "relevant") -> Floats:
    """Return hits among the first k by all that is relevant, or by as much of it as k places can hold."""
    return ratio(found.within(k), found.counts if of == "relevant" else np.minimum(found.counts, k))


def precision(found: Hits, k: int) -> Floats:
    """Return hits among the first k by k, however long the list is."""
    return found.known(found.within(k) / k)


def hit_rate(found: Hits, k: int) -> Floats:
    """Return 1 where there is a hit among the first k."""
    return found.known((found.within(k) > 0).astype(np.float64))


def reciprocal_rank(found: Hits, k: int) -> Floats:
    """Return 1 by the rank of the first hit, 0 where there is none among the first k; its mean is MRR."""
    best = np.zeros(found.customers)
    inside = found.rank <= k
    np.maximum.at(best, found.customer[inside], 1 / found.rank[inside])
    return found.known(best)


def average_precision(found: Hits, k: int) -> Floats:
    """Return the sum of the precision at each hit by as many relevant items as k places can hold; its mean is MAP."""
    inside = found.rank <= k
    nth = _nth(found.customer)[inside]
    total = totals(found.customer[inside], nth / found.rank[inside], found.customers)
    return ratio(total, np.minimum(found.counts, k))


def ndcg(found: Hits, k: int) -> Floats:
    """Return the discounted gain by that of the ideal list, which has as many relevant items as k places can hold."""
    return ratio(_discounted(found.customer, found.rank, found.gain, k, found.customers), _ideal(found, k))


def _ideal(found: Hits, k: int) -> Floats:
    customer = found.relevant.customer
    return _discounted(customer, _nth(customer), found.worth, k, found.customers)


def _discounted(customer: Ints, rank: Ints, gain: Floats, k: int, customers: int) -> Floats:
    inside = rank <= k
    return totals(customer[inside], gain[inside] / np.log2(rank[inside] + 1), customers)


def _nth(customer: Ints) -> Ints:
    """Return the place of each row among those of its customer, from 1; the rows are by customer."""
    if not len(customer):
        return customer
    starts = np.flatnonzero(np.concatenate([[True], customer[1:] != customer[:-1]]))
    lengths = np.diff(np.append(starts, len(customer)))
    return np.arange(1, len(customer) + 1) - np.repeat(starts, lengths)
