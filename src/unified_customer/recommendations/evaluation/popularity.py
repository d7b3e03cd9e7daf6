"""How well known what is recommended is: novelty, and the bias towards what is popular.

References:
    Vargas, S. and Castells, P. (2011). Rank and relevance in novelty and diversity metrics for recommender systems.
    RecSys.
    Abdollahpouri, H., Burke, R. and Mobasher, B. (2019). Managing popularity bias in recommender systems with
    personalized re-ranking. FLAIRS.
    Abdollahpouri, H. et al. (2019). The unfairness of popularity bias in recommendation. RMSE workshop at RecSys.
"""

import numpy as np

from unified_customer.recommendations.evaluation.ground import History
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats, ratio, spread


def novelty(lists: Lists, history: History) -> Floats:
    """Return the mean self-information of each list in bits: -log2 of the share of customers who had the item.

    An item that nobody had counts as if one customer had.
    """
    if not history.customers:
        return np.full(lists.customers, np.nan)
    most = float(np.log2(history.customers))
    return lists.mean(spread(most - np.log2(np.maximum(history.had, 1)), lists.item, other=most))


def popularity(lists: Lists, history: History) -> Floats:
    """Return the mean over each list of the share of customers who had the item (ARP)."""
    return lists.mean(spread(history.popularity, lists.item, other=0.0))


def popularity_of_history(history: History, customers: int) -> Floats:
    """Return the mean over what each customer had of the share of customers who had it."""
    pairs = history.pairs
    total = np.bincount(pairs.customer, weights=history.popularity[pairs.item], minlength=customers)
    return ratio(total, np.bincount(pairs.customer, minlength=customers))
