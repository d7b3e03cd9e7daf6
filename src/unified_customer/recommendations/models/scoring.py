"""What every model comes to once it is fitted: scores of items for what somebody did."""

from typing import Literal, Protocol, Self, TypeAlias

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import WEIGHT, Floats32, Histories

Counted: TypeAlias = Literal["once", "weight", "decayed"]
"""How much an item of a history counts: 1 if it is wanted, its weights added up, or these the less the older."""


class Scorer(Protocol):
    """A fitted model inside: arrays and the way from a history to scores.

    A score of exactly 0 says that the model knows nothing of the item for this history.
    """

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        ...

    def similar(self, places: Ints) -> Floats32:
        """Return how alike each of some items and each item are; no scale is promised."""
        ...

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        ...

    def kept(self, rows: Ints) -> Self:
        """Return the model with what it holds of some of the customers whom it learned from, and of nobody else."""
        ...


def counted(histories: Histories, by: Counted) -> Floats32:
    """Return how much each item of each history counts; below 0 what speaks against."""
    if by == "once":
        return np.sign(histories.values(WEIGHT))
    return histories.values(by)


def wanted(histories: Histories, by: Counted) -> Floats32:
    """Return how much each item of each history counts, and 0 where it is not wanted."""
    return np.maximum(counted(histories, by), 0)
