"""What is popular: now, in a segment, or more than it was."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories


@dataclass(frozen=True, eq=False)
class Popular:
    """A score for each item, the same for everybody.

    Attributes:
        weights: The score of each item.
    """

    weights: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return the same scores for each row."""
        return np.tile(self.weights, (len(histories), 1))

    def similar(self, places: Ints) -> Floats32:
        """Return nothing: popularity does not say what is alike."""
        return np.zeros((len(places), len(self.weights)), np.float32)

    def evidence(self, history: Histories, place: int) -> Floats32:  # noqa: ARG002 (others need it)
        """Return nothing: no item of a history has a part in it."""
        return np.zeros(len(history.places), np.float32)

    def kept(self, rows: Ints) -> "Popular":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


def fading_popularity(columns: Ints, weights: Any, ages: Any, *, items: int, half_life_days: float | None) -> Popular:
    """Count the interactions of each item, each the less the older it is.

    Args:
        columns: The item of each interaction.
        weights: What it weighs; below 0 it counts nothing.
        ages: How many days ago it was; None: not told, all count alike.
        items: How many items there are.
        half_life_days: After how many days an interaction counts half; None: all count alike.
    """
    fading = 1.0 if ages is None or half_life_days is None else np.exp2(-ages / half_life_days)
    summed = np.bincount(columns, weights=np.maximum(weights, 0) * fading, minlength=items)
    return Popular(summed.astype(np.float32))
