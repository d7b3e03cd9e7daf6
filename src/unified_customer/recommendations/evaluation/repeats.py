"""What customers had before, and what is new to them.

Accuracy on repeats counts only what is relevant and was had before, accuracy on new items only what is relevant and
was not; ranks are those of the whole list. Customers to whom nothing of a kind is relevant have no number there.

References:
    Li, M. et al. (2023). A next basket recommendation reality check. ACM Transactions on Information Systems, 41(4).
"""

import numpy as np

from unified_customer.recommendations.evaluation.ground import Ground, History
from unified_customer.recommendations.evaluation.lists import Lists
from unified_customer.recommendations.evaluation.places import Floats, Pairs


def repeat_share(lists: Lists, history: History) -> Floats:
    """Return the share of each list that the customer had before."""
    had = history.pairs.found(lists.customer, lists.item) >= 0
    return lists.mean(had.astype(np.float64))


def split_by_novelty(ground: Ground) -> tuple[Pairs, Pairs]:
    """Return what is relevant and was had before, and what is relevant and new."""
    return ground.relevant.where(ground.repeats), ground.relevant.where(~ground.repeats)
