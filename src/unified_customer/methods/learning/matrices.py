"""Matrices, and the order in which their rows are learned from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Sparse: TypeAlias = Any
"""A sparse array of scipy, in rows (CSR) with sorted columns."""


def canonical_order(matrix: "Floats | Sparse") -> Ints:
    """Return the places of rows in an order that their content alone decides; equal rows are as good as each other.

    Examples:
        >>> rows = np.array([[3.0, 1.0], [1.0, 2.0], [1.0, 1.0]])
        >>> rows[canonical_order(rows)].tolist()
        [[1.0, 1.0], [1.0, 2.0], [3.0, 1.0]]
    """
    if isinstance(matrix, np.ndarray):
        return np.lexsort(matrix.T[::-1]) if matrix.shape[1] else np.arange(len(matrix))
    # Two numbers stand for a row: rows that differ have different ones, save by a chance that never comes.
    marks = np.asarray(matrix @ np.random.default_rng(0).standard_normal((matrix.shape[1], 2)))
    return np.lexsort(marks.T)


def sparse_of(values: Floats, *, rows: Ints, columns: Ints, shape: tuple[int, int]) -> Sparse:
    """Return a sparse matrix of values at places, each place once."""
    from scipy.sparse import csr_array

    found = csr_array((values, (rows, columns)), shape=shape)
    found.sort_indices()
    return found


def rows_of(data: Any, indices: Any, starts: Any, *, columns: int) -> Sparse:
    """Return a sparse matrix of values that stand row by row: what is in a column, the columns, where each row starts."""
    from scipy.sparse import csr_array

    return csr_array((data, indices, starts), shape=(len(starts) - 1, columns))


def beside(parts: Sequence[Sparse]) -> Sparse:
    """Return sparse matrices one beside the other."""
    from scipy.sparse import csr_array, hstack

    return csr_array(hstack(parts, format="csr"))


def below(parts: "Sequence[Sparse | Floats]") -> "Sparse | Floats":
    """Return matrices one below the other: full ones full, sparse ones sparse."""
    from scipy.sparse import csr_array, vstack

    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return csr_array(vstack(parts, format="csr"))


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Keep linear algebra to one thread: what several threads sum up depends on how many there are."""
    with _libraries().limit(limits=1):
        yield


@cache
def _libraries() -> Any:
    """Return the controller of the threads of linear algebra; to look for its libraries takes longer than to fit small data."""
    import sklearn.cluster  # noqa: F401  # what learners load must be loaded before it is looked for
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
