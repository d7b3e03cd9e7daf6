"""Models whose scores are products of a vector for a history and one for an item."""

from typing import TypeAlias

from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.factors import LeastSquares
from unified_customer.recommendations.models.linear import LowRank
from unified_customer.recommendations.models.pairwise import Pairwise

Vectored: TypeAlias = LeastSquares | Pairwise | LowRank
"""Such models."""


def taste_of(model: Vectored, histories: Histories) -> Floats32:
    """Return the vector of each history."""
    return model.taste(histories) if isinstance(model, LowRank) else model.vectors(histories)


def vectors_of(model: Vectored) -> Floats32:
    """Return the vector of each item."""
    return model.out if isinstance(model, LowRank) else model.items
