"""The space in which customers with the same tastes are near each other."""

from typing import Literal

import numpy as np

from unified_customer.core.models.base import Model
from unified_customer.methods.learning import Floats, Sparse, leading_directions, leading_parts, parts_of
from unified_customer.segmentation.lifestyle.basket import row_sums

Method = Literal["mix", "svd", "nmf"]
_TINY = 1e-12


class Space(Model):
    """How what a customer has becomes a point; learned from many, holds nobody."""

    method: Method
    """`mix`: the shares of things; `svd`: leading directions of weighted things; `nmf`: parts that things come in."""
    usual: float = 1.0
    """The usual value of one thing, against which more counts less and less."""
    weights: tuple[float, ...] = ()
    """What each thing weighs: the more, the fewer have it (inverse document frequency)."""
    directions: tuple[tuple[float, ...], ...] = ()
    """One row a thing, one number a direction or part."""

    def points(self, values: Sparse) -> Floats:
        """Return the points of customers, one row each."""
        if self.method == "mix":
            shares: Floats = np.sqrt(_rows_of_one(values).toarray())
            return shares
        weighted = self._weighted(values)
        directions = np.array(self.directions)
        if self.method == "nmf":
            parts = parts_of(weighted, directions)
            found: Floats = np.sqrt(parts / np.maximum(parts.sum(axis=1, keepdims=True), _TINY))
            return found
        return _of_length_one(np.asarray(weighted @ directions))

    def _weighted(self, values: Sparse) -> Sparse:
        damped = values.copy()
        damped.data = np.log1p(damped.data / self.usual) * np.array(self.weights)[damped.indices]
        lengths = np.sqrt(row_sums(damped * damped))
        damped.data = damped.data / np.repeat(np.maximum(lengths, _TINY), np.diff(damped.indptr))
        return damped


def learned_space(values: Sparse, *, method: Method, columns: int, seed: int) -> Space:
    """Learn the space of what customers have.

    Args:
        values: One row a customer in canonical order, one column a thing.
        method: How.
        columns: How many directions or parts.
        seed: Of the starts.

    References:
        K. Spärck Jones (1972): A statistical interpretation of term specificity and its application in retrieval.
        S. Deerwester et al. (1990): Indexing by latent semantic analysis.
    """
    if method == "mix" or not values.nnz:
        return Space(method="mix")
    having = np.bincount(values.indices, minlength=values.shape[1])
    weights = np.log((1 + values.shape[0]) / (1 + having)) + 1
    space = Space(method=method, usual=float(np.median(values.data)), weights=tuple(weights.tolist()))
    learn = leading_directions if method == "svd" else leading_parts
    directions = learn(space._weighted(values), columns=columns, seed=seed)  # noqa: SLF001  # its own kind
    return space.model_copy(update={"directions": tuple(map(tuple, directions.tolist()))})


def _rows_of_one(values: Sparse) -> Sparse:
    shares = values.copy()
    shares.data = shares.data / np.repeat(np.maximum(row_sums(values), _TINY), np.diff(values.indptr))
    return shares


def _of_length_one(points: Floats) -> Floats:
    lengths = np.sqrt((points * points).sum(axis=1, keepdims=True))
    found: Floats = points / np.maximum(lengths, _TINY)
    return found
