"""Factor models: a vector for each customer and each item, whose product is the score."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Counted, counted

_CHUNK: Final = 256


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Vectors from alternating least squares. A history that was not there when it was fitted is folded in exactly.

    Attributes:
        counts: How much an item of a history counts.
        regularization: What the squares of a vector cost.
        extra: What each item, if it counts 1, adds to the confidence of 1 that everything else has.
        people: The vector of each customer (row) who was fitted.
        items: The vector of each item (row).
        each: What the squares of a customer's vector cost besides for each item that he wants.
    """

    counts: Counted
    regularization: float
    extra: Floats32 = field(repr=False)
    people: Floats32 = field(repr=False)
    items: Floats32 = field(repr=False)
    each: float = 0.0

    @cached_property
    def _shared(self) -> Floats32:
        """What the normal equations of all customers have in common."""
        plain = self.items.T @ self.items
        return plain + np.float32(self.regularization) * np.eye(plain.shape[0], dtype=np.float32)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item; 0 for who has no history."""
        return self.vectors(histories) @ self.items.T

    def vectors(self, histories: Histories) -> Floats32:
        """Return the vector of each row: of who was fitted as it was, of all others folded in."""
        known = histories.origin >= 0
        found = np.zeros((len(histories), self.items.shape[1]), np.float32)
        found[known] = self.people[histories.origin[known]]
        new = np.flatnonzero(~known)
        if len(new):
            found[new] = self.folded(histories.taken(new))
        return found

    def folded(self, histories: Histories) -> Floats32:
        """Return the vector of each row, solved for given all items.

        References:
            Y. Hu, Y. Koren, C. Volinsky (2008): Collaborative filtering for implicit feedback datasets. ICDM, 263-272.
        """
        found = [np.linalg.solve(left, right[..., None])[..., 0] for left, right in self._equations(histories)]
        empty = np.zeros((0, self.items.shape[1]), np.float32)
        return np.concatenate([empty, *found]).astype(np.float32)

    def _equations(self, histories: Histories) -> Iterator[tuple[Floats32, Floats32]]:
        """Yield the normal equations of some customers at a time."""
        amounts = counted(histories, self.counts)
        for start in range(0, len(histories), _CHUNK):
            rows = range(start, min(start + _CHUNK, len(histories)))
            spans = [slice(histories.starts[row], histories.starts[row + 1]) for row in rows]
            pairs = [self._equation(histories.places[span], amounts[span]) for span in spans]
            yield np.stack([left for left, _ in pairs]), np.stack([right for _, right in pairs])

    def _equation(self, places: Any, amounts: Floats32) -> tuple[Floats32, Floats32]:
        vectors = self.items[places]
        extra = self.extra[places] * np.abs(amounts)
        said = np.where(amounts > 0, 1 + extra, np.float32(0))
        left = self._shared + (vectors * extra[:, None]).T @ vectors
        if self.each:
            left += np.float32(self.each * max(int((amounts > 0).sum()), 1)) * np.eye(len(left), dtype=np.float32)
        return left, said @ vectors

    def similar(self, places: Ints) -> Floats32:
        """Return the cosine between the vectors of each of some items and of each item."""
        lengths = np.linalg.norm(self.items, axis=1, keepdims=True)
        unit = self.items / np.where(lengths > 0, lengths, 1)
        return np.asarray(unit[places] @ unit.T)

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item (section 5 of Hu et al.)."""
        return self.adds(history, self.items[place])

    def adds(self, history: Histories, vector: Floats32) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item with such a vector."""
        left, right = self._equation(history.places, counted(history, self.counts))
        amounts = counted(history, self.counts)
        said = np.where(amounts > 0, 1 + self.extra[history.places] * amounts, np.float32(0))
        towards = np.linalg.solve(left, vector) if len(right) else right
        return np.asarray(said * (self.items[history.places] @ towards), dtype=np.float32)

    def kept(self, rows: Ints) -> "LeastSquares":
        """Return the model with the vectors of some customers alone."""
        return replace(self, people=self.people[rows])
