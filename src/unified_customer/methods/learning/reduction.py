"""A large sparse matrix in few columns."""

import numpy as np

from unified_customer.methods.learning.matrices import Floats, Sparse, on_one_thread

_STEPS = 60
_TINY = 1e-12


def leading_directions(matrix: Sparse, *, columns: int, seed: int) -> Floats:
    """Return the directions along which rows vary most (truncated SVD), one column each, their signs fixed.

    Args:
        matrix: Rows in canonical order.
        columns: How many are wanted; there are no more than the matrix has rows or columns.
        seed: Of the start.

    References:
        N. Halko, P. Martinsson, J. Tropp (2011): Finding structure with randomness. SIAM Review 53, 217-288.
    """
    from sklearn.utils.extmath import randomized_svd

    wanted = min(columns, *matrix.shape)
    with on_one_thread():
        _, _, directions = randomized_svd(matrix, wanted, n_iter=6, random_state=seed)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray((directions * np.where(largest < 0, -1.0, 1.0)).T)


def leading_parts(matrix: Sparse, *, columns: int, seed: int) -> Floats:
    """Return non-negative parts that rows are sums of (NMF), one column each.

    Args:
        matrix: Rows in canonical order, nothing below zero.
        columns: How many are wanted; there are no more than the matrix has rows or columns.
        seed: Of the start.

    References:
        D. Lee, H. Seung (1999): Learning the parts of objects by non-negative matrix factorization. Nature 401,
        788-791.
    """
    import warnings

    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    learner = NMF(min(columns, *matrix.shape), init="nndsvda", random_state=seed, max_iter=200)
    with on_one_thread(), warnings.catch_warnings():
        # Nearly done is good enough: rows are then taken apart by what is there.
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(matrix)
    parts = np.asarray(learner.components_, dtype=np.float64)
    kept = parts[parts.sum(axis=1) > _TINY]
    return np.ascontiguousarray((kept / kept.sum(axis=1, keepdims=True)).T)


def parts_of(matrix: Sparse, parts: Floats) -> Floats:
    """Return how much of each part there is in each row, nothing below zero; each row by itself.

    References:
        D. Lee, H. Seung (2001): Algorithms for non-negative matrix factorization.
    """
    wanted = np.asarray(matrix @ parts)
    among = parts.T @ parts
    amounts = np.ones_like(wanted)
    for _ in range(_STEPS):
        amounts = amounts * wanted / np.maximum(amounts @ among, _TINY)
    return amounts
