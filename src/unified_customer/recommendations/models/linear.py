"""Models whose scores are a weighted sum over a history: every item of it speaks for some items and against others."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Counted, counted


@dataclass(frozen=True, eq=False)
class SparseLinear:
    """A sparse matrix says how much each item speaks for each other one.

    Attributes:
        counts: How much an item of a history counts.
        weights: A sparse matrix (CSR): for each item of a history (row) what it adds to each item (column).
    """

    counts: Counted
    weights: Any = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        found: Floats32 = (histories.matrix(counted(histories, self.counts)) @ self.weights).toarray()
        return found

    def similar(self, places: Ints) -> Floats32:
        """Return what each of some items adds to each item."""
        found: Floats32 = self.weights[places].toarray()
        return found

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        added = self.weights[history.places.astype(np.int64)][:, [place]].toarray()[:, 0]
        return np.asarray(counted(history, self.counts) * added, dtype=np.float32)

    def kept(self, rows: Ints) -> "SparseLinear":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


@dataclass(frozen=True, eq=False)
class DenseLinear:
    """A full matrix says how much each item speaks for each other one.

    Attributes:
        counts: How much an item of a history counts.
        weights: For each item of a history (row) what it adds to each item (column).
    """

    counts: Counted
    weights: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        return np.asarray(histories.matrix(counted(histories, self.counts)) @ self.weights)

    def similar(self, places: Ints) -> Floats32:
        """Return what each of some items adds to each item."""
        return np.asarray(self.weights[places])

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        return np.asarray(counted(history, self.counts) * self.weights[history.places, place])

    def kept(self, rows: Ints) -> "DenseLinear":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


@dataclass(frozen=True, eq=False)
class LowRank:
    """Two narrow matrices whose product says how much each item speaks for each other one.

    Attributes:
        counts: How much an item of a history counts.
        into: From items of a history (rows) to directions (columns).
        out: From items that are scored (rows) to the same directions.
    """

    counts: Counted
    into: Floats32 = field(repr=False)
    out: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        return np.asarray(self.taste(histories) @ self.out.T)

    def taste(self, histories: Histories) -> Floats32:
        """Return where each history stands among the directions."""
        return np.asarray(histories.matrix(counted(histories, self.counts)) @ self.into)

    def similar(self, places: Ints) -> Floats32:
        """Return what each of some items adds to each item."""
        return np.asarray(self.into[places] @ self.out.T)

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        return self.adds(history, self.out[place])

    def adds(self, history: Histories, vector: Floats32) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item with such a vector."""
        return np.asarray(counted(history, self.counts) * (self.into[history.places] @ vector))

    def kept(self, rows: Ints) -> "LowRank":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self
