"""The best places of rows of scores, ties decided by the places themselves."""

from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32

_GROUPS: Final = 16
_MANY: Final = 64


def best(scores: Floats32, n: int, allowed: npt.NDArray[np.bool_] | None = None) -> Ints:
    """Return the places of the n highest scores of each row, highest first, equal ones in the order of places.

    Args:
        scores: A row for each list; what is not allowed is written over with -inf.
        n: How many are wanted.
        allowed: Whether each place may be taken, of all rows or of each.

    Returns:
        n places a row (fewer if there are fewer columns), -1 where no place is left that is allowed.

    Examples:
        >>> best(np.array([[0.5, 0.9, 0.5, 0.5]], dtype=np.float32), 3).tolist()
        [[1, 0, 2]]
    """
    if allowed is not None:
        np.copyto(scores, -np.inf, where=~allowed)
    wanted = min(n, scores.shape[1])
    top = np.full((len(scores), wanted), -1, np.int64)
    if not top.size:
        return top
    rows, places = _likely(scores, wanted)
    values = scores[rows, places]
    order = np.lexsort((places, -values, rows))
    ranks = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = (ranks < wanted) & (values[order] > -np.inf)
    top[rows[kept], ranks[kept]] = places[order[kept]]
    return top


def _likely(scores: Floats32, n: int) -> tuple[Ints, Ints]:
    """Return rows and places that can be among the n highest of their row: few of them where there are many."""
    least = _least(scores, n)[:, None]
    likely = scores >= least
    rows, places = _true(likely)
    crowded = np.flatnonzero(np.bincount(rows) > _MANY * n)
    if not len(crowded):
        return rows, places
    for row in crowded:
        # Of many equal ones the first places count.
        likely[row] = scores[row] > least[row]
        likely[row, np.flatnonzero(scores[row] == least[row])[:n]] = True
    return _true(likely)


def _true(mask: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return rows and places where a mask is true; by one number for both, which is faster than by two."""
    rows, places = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return rows, places


def _least(scores: Floats32, n: int) -> Floats32:
    """Return for each row a score that at least n places reach: of groups of places, the n-th highest maximum."""
    size = scores.shape[1]
    groups = min(_GROUPS * n, size)
    width = size // groups
    highest = scores[:, : width * groups].reshape(len(scores), width, groups).max(axis=1)
    return np.asarray(np.partition(highest, -n, axis=1)[:, -n])
