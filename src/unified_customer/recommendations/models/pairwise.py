"""Vectors that put what a customer wants above the rest: learned pair by pair, and a customer placed among them."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from unified_customer.methods.learning import Ints, on_one_thread
from unified_customer.recommendations.histories import WEIGHT, Floats32, Histories
from unified_customer.recommendations.histories.histories import Places

_CHUNK: Final = 256


@dataclass(frozen=True, eq=False)
class Pairwise:
    """Vectors of items; customers are placed among them by what they want, whoever they are.

    Nobody's vector is kept. A customer's is the ridge regression that sets each wanted item `margin` above an item drawn
    by popularity, over all of these (Takács and Tikk's pairs, with squares in place of the logistic loss). So the answer
    for a history is the same whether or not it was there when the items were learned.

    Attributes:
        margin: How far above the rest what is wanted should be.
        ridge: What the squares of a customer's vector cost, for each wanted item and as a multiple of the mean spread.
        items: The vector of each item (row), less that of a drawn one; in the last column how much it is wanted by anybody.
            All 0 for what nobody wants, so that it counts as much as a drawn one.
        spread: The mean of products of the vectors of drawn items.

    References:
        G. Takács, D. Tikk (2012): Alternating least squares for personalized ranking. RecSys, 83-90.
    """

    margin: float
    ridge: float
    items: Floats32 = field(repr=False)
    spread: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item; 0 for who wants nothing."""
        return self.vectors(histories) @ self.items.T

    def vectors(self, histories: Histories) -> Floats32:
        """Return the vector of each row: the regression, and 1 where anything is wanted."""
        found = np.zeros((len(histories), self.items.shape[1]), np.float32)
        pairs = _wanted(histories)
        with on_one_thread() if len(histories) > 1 else nullcontext():
            for start in range(0, len(histories), _CHUNK):
                rows = range(start, min(start + _CHUNK, len(histories)))
                spans = [pairs.places[pairs.starts[row] : pairs.starts[row + 1]] for row in rows]
                right = np.stack([self._said(span).sum(axis=0) for span in spans])
                left = np.stack([self._left(span) for span in spans])
                found[start : start + len(rows), :-1] = np.linalg.solve(left, right[..., None])[..., 0]
        found[:, -1] = pairs.sizes > 0
        return found

    def _left(self, places: Places) -> Floats32:
        vectors, spread = self.items[places, :-1], self.spread[:-1, :-1]
        # By how far items differ at all, so that a cost means the same for all data.
        cost = np.float32(self.ridge) * (np.trace(spread) / len(spread) or np.float32(1))
        ridge = cost * np.eye(len(spread), dtype=np.float32)
        return np.asarray(vectors.T @ vectors + np.float32(max(len(places), 1)) * (spread + ridge))

    def _said(self, places: Places) -> Floats32:
        """Return what each wanted item adds to the right side of the regression."""
        missing = np.float32(self.margin) - self.items[places, -1:]
        return np.asarray(missing * self.items[places, :-1] - self.spread[-1, :-1])

    def similar(self, places: Ints) -> Floats32:
        """Return the cosine between the vectors of each of some items and of each item, whatever their popularity."""
        vectors = self.items[:, :-1]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / np.where(lengths > 0, lengths, 1)
        return np.asarray(unit[places] @ unit.T)

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score; its popularity is shared out evenly."""
        return self.adds(history, self.items[place])

    def adds(self, history: Histories, vector: Floats32) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item with such a vector."""
        found = np.zeros(len(history.places), np.float32)
        at = np.flatnonzero(history.values(WEIGHT) > 0)
        if len(at):
            places = history.places[at]
            towards = np.linalg.solve(self._left(places), np.asarray(vector[:-1]))
            found[at] = self._said(places) @ towards + vector[-1] / len(at)
        return found

    def kept(self, rows: Ints) -> "Pairwise":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


def centred(vectors: Floats32, histories: Histories, *, margin: float, ridge: float) -> Pairwise:
    """Return the model of some vectors of items, the last column of which is how much each is wanted by anybody.

    Args:
        vectors: One row for each item.
        histories: Who wants what: items are drawn in proportion to how many want them.
        margin: How far above the rest what is wanted should be.
        ridge: What the squares of a customer's vector cost.
    """
    wanted = np.bincount(_wanted(histories).places, minlength=len(vectors))
    share = (wanted / wanted.sum())[:, None]
    found = np.where(wanted[:, None] > 0, vectors - (share * vectors).sum(axis=0), 0)
    return Pairwise(margin, ridge, found.astype(np.float32), ((found * share).T @ found).astype(np.float32))


def _wanted(histories: Histories) -> Histories:
    return histories.only(histories.values(WEIGHT) > 0)
