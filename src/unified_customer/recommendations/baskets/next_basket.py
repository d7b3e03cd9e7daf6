"""What the next order of a customer will hold."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from pydantic import Field

from unified_customer.methods.learning import Ints, sparse_of
from unified_customer.recommendations.baskets.frequencies import frequencies
from unified_customer.recommendations.histories import Floats32, Histories
from unified_customer.recommendations.models.scoring import Scorer
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.models.training import Training
from unified_customer.recommendations.serving.best import best

_CELLS: Final = 16_000_000


class NextBasket(RecommenderSpec):
    """What the next order of a customer will hold: what the customer bought, by how often and how many orders ago, and what
    customers like this one bought.

    It holds the vectors of customers, as neighbours for others; for a million of them a score takes long.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC, datetime
        >>> rows = [("ann", "milk", 1), ("ann", "milk", 8), ("ann", "tea", 1), ("bob", "milk", 1), ("bob", "bread", 1)]
        >>> bought = pl.DataFrame(rows, schema=["customer_id", "item_id", "day"], orient="row").select(
        ...     "customer_id", "item_id", occurred_at=pl.datetime(2026, 1, "day", time_zone="UTC")
        ... )
        >>> fitted = NextBasket(repeats=True).fit({"interactions": bought}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> fitted.recommend(["ann"], n=3).table["item_id"].to_list()
        ['milk', 'tea', 'bread']

    References:
        H. Hu, X. He, J. Gao, Z. Zhang (2020): Modeling personalized item frequency information for next-basket
        recommendation. SIGIR, 1071-1080.
    """  # noqa: D205 (one sentence)

    groups: int = Field(default=7, ge=1)
    """The orders of a customer lie in so many groups at most."""
    within: float = Field(default=0.9, gt=0, le=1)
    """What an order counts beside the next one of its group."""
    between: float = Field(default=0.7, gt=0, le=1)
    """What a group counts beside the next one."""
    own: float = Field(default=0.7, ge=0, le=1)
    """The part of the score that is the customer's own; the rest is that of the neighbours."""
    neighbours: int = Field(default=300, ge=1)
    """How many customers like this one there are."""

    def learn(self, training: Training) -> Scorer:
        """Return what is learned."""
        layer = frequencies(training.histories, groups=self.groups, within=self.within, between=self.between)
        return Baskets(self, training.histories.matrix(layer))


@dataclass(frozen=True, eq=False)
class Baskets:
    """Vectors of customers: how often, and how lately by order, each bought each item.

    Attributes:
        spec: How vectors are made, and how many neighbours count.
        people: The vectors of those who were learned from, a sparse matrix (CSR) of customers and items.
    """

    spec: NextBasket
    people: Any = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item."""
        vectors = self.vectors(histories)
        found: Floats32 = np.float32(self.spec.own) * vectors.toarray()
        for start in range(0, len(histories), self._at_once):
            rows = slice(start, start + self._at_once)
            found[rows] += (self._around(vectors[rows], histories.origin[rows])[0] @ self.people).toarray()
        return found

    def vectors(self, histories: Histories) -> Any:
        """Return the vector of each row as a sparse matrix, from its history alone."""
        spec = self.spec
        layer = frequencies(histories, groups=spec.groups, within=spec.within, between=spec.between)
        return histories.matrix(layer)

    def similar(self, places: Ints) -> Floats32:
        """Return the cosine between each of some items and each item, by who buys them."""
        unit = _unit(self.people.T.tocsr())
        found: Floats32 = (unit[places] @ unit.T).toarray()
        return found

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return how much each item of a history of one row adds to the score of an item.

        What a neighbour adds is shared among the items that make him one.
        """
        vector = self.vectors(history)
        around, nearness = self._around(vector, history.origin)
        added = np.where(history.places == place, np.float32(self.spec.own) * vector.data, np.float32(0))
        near = np.flatnonzero(nearness[0] > 0)
        adds = around[:, near].toarray()[0] * self.people[near][:, [place]].toarray()[:, 0]
        shared = self.people[near][:, history.places.astype(np.int64)].toarray() * vector.data
        return np.asarray(added + (adds / shared.sum(axis=1)) @ shared, dtype=np.float32)

    def kept(self, rows: Ints) -> "Baskets":
        """Return the model with the vectors of some customers alone."""
        return replace(self, people=self.people[rows])

    # ------------------------------------------------------------------------------------------------------- inside

    @property
    def _at_once(self) -> int:
        return max(1, _CELLS // max(int(self.people.shape[0]), 1))

    @cached_property
    def _directions(self) -> Any:
        return _unit(self.people).T.tocsr()

    def _around(self, vectors: Any, origin: Ints) -> tuple[Any, Floats32]:
        """Return how much each customer counts for each row, a sparse matrix, and how near the neighbours are."""
        nearness: Floats32 = (_unit(vectors) @ self._directions).toarray()
        known = np.flatnonzero(origin >= 0)
        nearness[known, origin[known]] = 0
        wanted = min(self.spec.neighbours, nearness.shape[1])
        top = best(nearness.copy(), wanted)
        near = np.take_along_axis(nearness, top, axis=1) > 0
        rows = np.nonzero(near)[0]
        share = np.full(len(rows), (1 - self.spec.own) / self.spec.neighbours)
        around = sparse_of(share, rows=rows, columns=top[near], shape=nearness.shape)
        return around, np.where(around.toarray() > 0, nearness, np.float32(0))


def _unit(matrix: Any) -> Any:
    """Return rows of length 1; those of nothing stay so."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64))
    return matrix.multiply((1 / np.where(lengths > 0, lengths, 1))[:, None]).tocsr().astype(np.float32)
