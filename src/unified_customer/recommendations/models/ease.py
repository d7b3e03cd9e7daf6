"""EASE: the exact linear model of items on items, for catalogues that fit into a square matrix."""

from typing import Final

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import on_one_thread
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.linear import DenseLinear
from unified_customer.recommendations.models.neighbours import power
from unified_customer.recommendations.models.scoring import Counted, wanted

LARGEST: Final = 15_000
_BLOCK: Final = 1024


def ease(histories: Histories, *, counts: Counted, regularization: float, customer: float) -> DenseLinear:
    """Learn the weights of all items for each item at once, none for itself, in closed form.

    The inverse is made in place: memory is one square matrix of 4 bytes a pair of items.

    Args:
        histories: Who wants what.
        counts: How much an item of a history counts.
        regularization: Added to the diagonal.
        customer: Exponent of how many items a customer wants, as a share of the mean: above 0, who wants everything
            says less.

    Raises:
        ConfigurationError: There are more than 15,000 items.

    References:
        H. Steck (2019): Embarrassingly shallow autoencoders for sparse data. WWW, 3251-3257.
    """
    size = len(histories.items)
    if size > LARGEST:
        raise ConfigurationError(
            f"EASE works out a square matrix of all items: {size} are more than {LARGEST}. Use GraphFilter."
        )
    gram = _gram(histories, counts, customer)
    gram[np.diag_indices(size)] += np.float32(regularization)
    return DenseLinear(counts, _weights(gram))


def _gram(histories: Histories, counts: Counted, customer: float) -> Floats32:
    matrix = histories.matrix(wanted(histories, counts))
    lengths = np.asarray(matrix.sum(axis=1))
    each = power(lengths / max(float(lengths.mean()), 1e-12), -customer)
    turned, weighed = matrix.T.tocsr(), matrix.multiply(each[:, None]).tocsc()
    gram = np.zeros((matrix.shape[1], matrix.shape[1]), np.float32, order="F")
    for start in range(0, matrix.shape[1], _BLOCK):
        gram[:, start : start + _BLOCK] = (turned @ weighed[:, start : start + _BLOCK]).toarray()
    return gram


def _weights(gram: Floats32) -> Floats32:
    """Return the inverse, each column divided by what is on the diagonal, with nothing on the diagonal."""
    inverse = _inverted(gram)
    inverse /= -np.diag(inverse).copy()[None, :]
    np.fill_diagonal(inverse, 0)
    return np.ascontiguousarray(inverse)


def _inverted(gram: Floats32) -> Floats32:
    """Invert a positive definite matrix in its own place (Cholesky)."""
    from scipy.linalg import lapack

    inverse: Floats32
    with on_one_thread():
        factor, failed = lapack.spotrf(gram, lower=0, clean=0, overwrite_a=1)
        inverse, failed_too = lapack.spotri(factor, lower=0, overwrite_c=1)
    if failed or failed_too:
        raise ConfigurationError("The items cannot be told apart with so small a regularization: use a larger one.")
    for start in range(0, len(inverse), _BLOCK):
        inverse[start:, start : start + _BLOCK] = np.tril(inverse[start : start + _BLOCK, start:].T) + np.triu(
            inverse[start:, start : start + _BLOCK], 1
        )
    return inverse
