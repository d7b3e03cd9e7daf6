"""The space of a collaborative model: vectors of items that could follow from content."""

import numpy as np

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import leading_directions
from unified_customer.recommendations.models.linear import DenseLinear, LowRank, SparseLinear
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.vectored import Vectored


def space_of(scorer: Scorer, *, directions: int, seed: int) -> Vectored:
    """Return a model with vectors that scores as another one does, or nearly so.

    Args:
        scorer: A model of factors stays as it is. The columns of a linear model are brought along a few directions.
        directions: How many, for a linear model.
        seed: Of the start of the search for them.

    Raises:
        ConfigurationError: The model has no vectors of items, and no weights of items for items.
    """
    if isinstance(scorer, Vectored):
        return scorer
    if not isinstance(scorer, SparseLinear | DenseLinear):
        raise ConfigurationError(
            f"{type(scorer).__name__} has no vectors of items that could follow from content: take a model of factors or"
            " a linear one, such as ALS, BPR, GraphFilter, EASE or Neighbours."
        )
    found = leading_directions(scorer.weights, columns=directions, seed=seed).astype(np.float32)
    taste = np.asarray(scorer.weights @ found, dtype=np.float32)
    # Along each direction items differ by as much as the model makes of it.
    size = np.linalg.norm(taste, axis=0)
    into = np.asarray(taste / np.where(size > 0, size, np.float32(1)), dtype=np.float32)
    return LowRank(scorer.counts, into, np.asarray(found * size, dtype=np.float32))
