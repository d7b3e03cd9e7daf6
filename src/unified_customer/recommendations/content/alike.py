"""A fitted content model: items are as good as they are like what somebody had."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from unified_customer.methods.learning import Ints, Sparse
from unified_customer.recommendations.content.vectors import ContentVectors
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Counted, counted


@dataclass(frozen=True, eq=False)
class Alike:
    """Vectors of items from their content. A score is the cosine of an item and of all that a history counts together.

    Attributes:
        counts: How much an item of a history counts.
        reading: How content is read.
        items: The vector of each item (row): of length 1, or all 0 where nothing is told of it.
        directions: From terms (rows) to the directions (columns) of the vectors; None: terms are the directions.
    """

    counts: Counted
    reading: ContentVectors = field(repr=False)
    items: "Sparse | Floats32" = field(repr=False)
    directions: Floats32 | None = field(repr=False)

    @cached_property
    def _turned(self) -> "Sparse | Floats32":
        """Items as columns: which of them have a term, at hand for each term."""
        return self.items.T if isinstance(self.items, np.ndarray) else self.items.T.tocsr()

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Whether anything is told of each item; of all others every score is 0."""
        return lengths(self.items) > 0

    def scores(self, histories: Histories) -> Floats32:
        """Return a score from -1 to 1 for each row and each item; 0 where nothing is told of the item or the history."""
        return self.of_vectors(self.profiles(histories))

    def profiles(self, histories: Histories) -> "Sparse | Floats32":
        """Return the sum of the vectors of each history, as much as each counts."""
        return histories.matrix(counted(histories, self.counts)) @ self.items

    def of_vectors(self, vectors: "Sparse | Floats32") -> Floats32:
        """Return the cosine of each of some vectors (row) and each item."""
        return _full(vectors @ self._turned) / _above_0(lengths(vectors))[:, None]

    def placed(self, vectors: Sparse) -> "Sparse | Floats32":
        """Return vectors of terms as vectors like those of items."""
        return in_directions(vectors, self.directions)

    def similar(self, places: Ints) -> Floats32:
        """Return the cosine of each of some items and each item."""
        return _full(self.items[places] @ self._turned)

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item."""
        adds = counted(history, self.counts) * self.similar(np.array([place]))[0, history.places]
        return np.asarray(adds / _above_0(lengths(self.profiles(history)))[0], dtype=np.float32)

    def kept(self, rows: Ints) -> "Alike":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


def in_directions(vectors: Sparse, directions: Floats32 | None) -> "Sparse | Floats32":
    """Return vectors of terms along directions, of length 1 or 0 again; without directions as they are."""
    if directions is None:
        return vectors.astype(np.float32)
    found = np.asarray(vectors @ directions, dtype=np.float32)
    return found / _above_0(lengths(found))[:, None]


def lengths(vectors: "Sparse | Floats32") -> Floats32:
    """Return the length of each row."""
    if isinstance(vectors, np.ndarray):
        return np.asarray(np.linalg.norm(vectors, axis=1), dtype=np.float32)
    return np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1), dtype=np.float32).ravel())


def _above_0(values: Floats32) -> Floats32:
    return np.where(values > 0, values, np.float32(1))


def _full(matrix: Any) -> Floats32:
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), dtype=np.float32)
