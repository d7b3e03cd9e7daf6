"""Item-item neighbours: what people have together, with the weight of the popular set free."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Histories
from unified_customer.recommendations.models.linear import SparseLinear
from unified_customer.recommendations.models.scoring import Counted, wanted

_BLOCK = 2048


def neighbours(
    histories: Histories, *, counts: Counted, customer: float, item: float, scored: float, size: int
) -> SparseLinear:
    """Learn how much each item speaks for others from how often the same customers want both.

    The weight of a pair is the number of customers who want both, each divided by a power of how many items he wants,
    then by a power of how popular either item is. With exponents 0, 0.5 and 0.5 this is the cosine.

    Args:
        histories: Who wants what.
        counts: How much an item of a history counts.
        customer: Exponent of how many items a customer wants: above 0, who wants everything says less.
        item: Exponent of the popularity of the item of the history.
        scored: Exponent of the popularity of the item that is scored: the lower, the more popular it gets.
        size: How many of those that speak for it an item keeps: its nearest neighbours.

    References:
        F. Aiolli (2013): Efficient top-n recommendation for very large scale binary rated datasets. RecSys.
        M. Deshpande, G. Karypis (2004): Item-based top-N recommendation algorithms. ACM TOIS 22, 143-177.
    """
    matrix = histories.matrix(wanted(histories, counts))
    of_customer = power(np.asarray(matrix.sum(axis=1)), -customer)
    popularity = np.asarray(matrix.sum(axis=0))
    left, right = power(popularity, -item), power(popularity, -scored)
    turned = matrix.T.tocsr()
    weighed = (matrix.multiply(of_customer[:, None])).tocsc()
    blocks = [
        _nearest(turned @ weighed[:, start : start + _BLOCK], start, left, right[start : start + _BLOCK], size)
        for start in range(0, matrix.shape[1], _BLOCK)
    ]
    return SparseLinear(counts, _beside(blocks))


def power(values: npt.NDArray[np.floating[Any]], exponent: float) -> npt.NDArray[np.float32]:
    """Return powers of values, 0 of what is not above 0."""
    above = values > 0
    return np.where(above, np.where(above, values, 1.0) ** exponent, 0.0).astype(np.float32)


def _nearest(together: Any, start: int, left: Any, right: Any, size: int) -> Any:
    """Return the largest weights of each column, without that of an item for itself."""
    from scipy.sparse import csc_array

    columns = csc_array(together)
    columns.sort_indices()
    column = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
    weights = columns.data * left[columns.indices] * right[column]
    weights[columns.indices == column + start] = 0
    kept = largest(weights, columns.indptr, size)
    starts = np.concatenate([[0], np.cumsum(np.bincount(column[kept], minlength=columns.shape[1]))])
    return csc_array((weights[kept].astype(np.float32), columns.indices[kept], starts), shape=columns.shape)


def largest(values: npt.NDArray[Any], starts: Ints, size: int) -> Ints:
    """Return the places of the largest values of each run, those above 0 only, in the order in which they stand."""
    kept = []
    for begin, end in pairwise(starts):
        run = values[begin:end]
        if end - begin > size:
            # What is as large as the last one that is kept stays too: nothing but the values decides.
            least = np.partition(run, -size)[-size]
            kept.append(begin + np.flatnonzero((run >= least) & (run > 0)))
        else:
            kept.append(begin + np.flatnonzero(run > 0))
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)


def _beside(blocks: list[Any]) -> Any:
    from scipy.sparse import csr_array, hstack

    return csr_array(hstack(blocks, format="csr")) if blocks else csr_array((0, 0), dtype=np.float32)
