"""The best places among few of all."""

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.serving.best import best


def best_of(scores: Floats32, rows: Ints, places: Ints, n: int) -> Ints:
    """Return the n best of some places for some rows, as `best` does; all other places are not looked at.

    Sorting out places that are all alike (-inf) would take longer than sorting those that are left.

    Args:
        scores: A row for each list.
        rows: The rows, rising.
        places: The places, rising.
        n: How many are wanted.

    Examples:
        >>> scores = np.array([[0.5, 0.9, 0.7, 0.8]], dtype=np.float32)
        >>> best_of(scores, np.array([0]), np.array([0, 2, 3]), 2).tolist()
        [[3, 2]]
    """
    whole, every = len(places) == scores.shape[1], len(rows) == len(scores)
    found = best(scores[rows[:, None], places] if not whole else scores if every else scores[rows], n)
    return found if whole or not len(places) else np.where(found >= 0, places[found], -1)
