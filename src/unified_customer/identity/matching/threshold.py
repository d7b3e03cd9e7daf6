"""The threshold that is best without labels, if the probabilities are right."""

import numpy as np

from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.evidence import probability


def best_threshold(log_odds: Floats, counts: Floats | None = None) -> float:
    """Return the probability from which on pairs are taken for the highest expected F1.

    With the pairs in order of their probability, the first k have an expected sum of p of them right, out of the sum of
    all p that are right at all: F1 is expected to be 2 * sum(p of the first k) / (k + sum(p)).

    Args:
        log_odds: The odds of the candidate pairs, in bits.
        counts: How many pairs have each of them. None: one each.

    References:
        Z. Lipton, C. Elkan, B. Narayanaswamy (2014): Optimal thresholding of classifiers to maximize F1 measure.

    Examples:
        >>> round(best_threshold(np.array([9.0, 8.0, -9.0])), 2)
        0.5
    """
    likely = probability(log_odds)
    order = np.argsort(likely)[::-1]
    if not len(order) or likely[order[0]] < 0.5:
        return 0.5
    sizes = np.ones(len(order)) if counts is None else counts[order]
    right = likely[order] * sizes
    expected = 2 * np.cumsum(right) / (np.cumsum(sizes) + right.sum())
    # The best threshold is half of the best F1.
    return float(np.clip(expected.max() / 2, 0.05, 0.5))
