"""The best places of rows of scores, ties decided by the places themselves."""

from typing import Final

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32

_PART: Final = 16
_SPARE: Final = 4


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
    if not wanted or not len(scores):
        return np.full((len(scores), wanted), -1, np.int64)
    top = _candidates(scores, wanted)
    values = np.where(top >= 0, np.take_along_axis(scores, np.maximum(top, 0), axis=1), -np.inf)
    order = np.lexsort((top, -values), axis=1)[:, :wanted]
    ranked = np.take_along_axis(top, order, axis=1)
    return np.where(np.take_along_axis(values, order, axis=1) == -np.inf, -1, ranked)


def _candidates(scores: Floats32, n: int) -> Ints:
    """Return places among which are the n highest of each row, and of equal ones the first; -1 where there is none."""
    if n * _PART > scores.shape[1]:
        return _highest(scores, n)
    rows, places = np.divmod(np.flatnonzero(scores >= _floors(scores, n)), scores.shape[1])
    counts = np.bincount(rows, minlength=len(scores))
    few = counts <= _SPARE * n
    found = np.full((len(scores), _SPARE * n), -1, np.int64)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    kept = few[rows]
    found[rows[kept], nth[kept]] = places[kept]
    if not few.all():
        found[~few, :n] = _highest(scores[~few], n)
    return found[:, : max(int(counts[few].max(initial=0)), n)]


def _floors(scores: Floats32, n: int) -> Floats32:
    """Return for each row a score that at least n places reach: the n-th highest of the maxima of parts of the row."""
    parts = scores.shape[1] // _PART
    maxima = scores[:, : parts * _PART].reshape(len(scores), _PART, parts).max(axis=1)
    return np.partition(maxima, parts - n, axis=1)[:, parts - n, None]


def _highest(scores: Floats32, n: int) -> Ints:
    """Return the places of the n highest scores of each row in no order, of equal ones the first places."""
    if n == scores.shape[1]:
        return np.tile(np.arange(n), (len(scores), 1))
    top = np.argpartition(scores, -n, axis=1)[:, -n:]
    least = np.take_along_axis(scores, top, axis=1).min(axis=1, keepdims=True)
    # Which of several equal ones were taken is by chance of the algorithm.
    for row in np.flatnonzero((scores >= least).sum(axis=1) > n):
        above = np.flatnonzero(scores[row] > least[row])
        top[row] = np.concatenate([above, np.flatnonzero(scores[row] == least[row])[: n - len(above)]])
    return top
