"""Blends: a weighted sum of models, each brought to the same scale for every customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.blending.trials import Trials
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Scorer


@dataclass(frozen=True, eq=False)
class Blend:
    """A weighted sum of scores, those of each part divided by the largest one of the customer.

    Attributes:
        parts: The models by name.
        weights: The weight of each.
        repeats: Whether the largest score may be that of an item that the customer has.
        trials: How well each model that was tried did; None: weights were given.
    """

    parts: Mapping[str, Scorer] = field(repr=False)
    weights: Mapping[str, float]
    repeats: bool
    trials: Trials | None = field(default=None, repr=False)

    @property
    def tried(self) -> pl.DataFrame | None:
        """How well each model that was tried did; None: weights were given."""
        return None if self.trials is None else self.trials.table(self.weights)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        total = np.zeros((len(histories), len(histories.items)), np.float32)
        for name, weight in self.weights.items():
            said = scaled(self.parts[name].scores(histories), histories, repeats=self.repeats)
            said *= np.float32(weight)
            total += said
        return total

    def similar(self, places: Ints) -> Floats32:
        """Return the weighted sum of how alike items are, each part divided by its largest value of the item."""
        total = np.zeros((len(places), 0), np.float32)
        for name, weight in self.weights.items():
            alike = np.array(self.parts[name].similar(places), dtype=np.float32)
            alike[np.arange(len(places)), places] = 0
            top = alike.max(axis=1, keepdims=True, initial=0)
            said = np.float32(weight) * _divided(alike, top)
            total = total + said if total.size else said
        return total

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        total = np.zeros(len(history.places), np.float32)
        for name, weight in self.weights.items():
            said = self.parts[name].scores(history)
            plain = float(said[0, place])
            if weight and plain:
                share = weight * float(scaled(said, history, repeats=self.repeats)[0, place]) / plain
                total += np.float32(share) * self.parts[name].evidence(history, place)
        return total

    def kept(self, rows: Ints) -> "Blend":
        """Return the parts with what they hold of some of the customers."""
        return replace(self, parts={name: part.kept(rows) for name, part in self.parts.items()})


def scaled(scores: Floats32, histories: Histories, *, repeats: bool) -> Floats32:
    """Return scores divided by the largest one of each row; rows without any above 0 as they are.

    Args:
        scores: A row for each history; it may be written over.
        histories: What each customer did.
        repeats: Whether the largest may be that of an item of the history.
    """
    scores = np.require(scores, np.float32, "W")
    own = scores[histories.rows, histories.places]
    if not repeats:
        scores[histories.rows, histories.places] = 0
    top = scores.max(axis=1, keepdims=True, initial=0)
    scores[histories.rows, histories.places] = own
    scores /= np.where(top > 0, top, np.float32(1))
    return scores


def _divided(scores: Floats32, top: Floats32) -> Floats32:
    return np.asarray(scores / np.where(top > 0, top, np.float32(1)), dtype=np.float32)
