"""Graph filters (GF-CF): the smooth part of what somebody wants, on the graph of who wants what."""

from typing import Any

import numpy as np

from unified_customer.methods.learning import leading_directions
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.linear import LowRank
from unified_customer.recommendations.models.neighbours import power
from unified_customer.recommendations.models.scoring import Counted, wanted


def smooth(histories: Histories, *, counts: Counted, directions: int, seed: int) -> LowRank:
    """Learn the ideal low-pass filter: the leading directions of the matrix that is normalised on both sides.

    References:
        Y. Shen et al. (2021): How powerful is graph convolution for recommendation? CIKM, 1619-1629.
    """
    found, popularity = along(histories, counts=counts, directions=directions, seed=seed)
    return LowRank(counts, found * power(popularity, -0.5)[:, None], found * power(popularity, 0.5)[:, None])


def along(histories: Histories, *, counts: Counted, directions: int, seed: int) -> tuple[Floats32, Any]:
    """Return the leading directions of the normalised matrix, an item a row, and the popularity of items."""
    normalised, popularity = _normalised(histories, counts)
    return leading_directions(normalised, columns=directions, seed=seed).astype(np.float32), popularity


def _normalised(histories: Histories, counts: Counted) -> tuple[Any, Any]:
    matrix = histories.matrix(wanted(histories, counts))
    popularity = np.asarray(matrix.sum(axis=0))
    of_customer = power(np.asarray(matrix.sum(axis=1)), -0.5)
    return (matrix * of_customer[:, None] * power(popularity, -0.5)[None, :]).tocsr(), popularity
