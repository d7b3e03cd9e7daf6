"""What was learned of how sessions go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.sessions.spec import NextItem
from unified_customer.recommendations.sessions.transitions import Transitions

OWN: Final = "session"
POPULAR: Final = "popular"


@dataclass(frozen=True, eq=False)
class FittedNextItem:
    """Transitions between items. It holds no customer and no session.

    Attributes:
        spec: The spec.
        as_of: The instant before which sessions count.
        names: What the items are.
        transitions: Which item follows which, and how much.
        visits: How many sessions held each item; 0 of items of few customers, which are not told.
    """

    spec: NextItem
    as_of: datetime
    names: Names = field(repr=False)
    transitions: Transitions = field(repr=False)
    visits: Floats = field(repr=False)

    def next(self, items: Sequence[str], *, n: int = 10) -> pl.DataFrame:
        """Return what is likely to come next.

        Args:
            items: The items of the session so far, the oldest first. What is not known says nothing.
            n: So many at most.

        Returns:
            `rank` from 1, `item_id` (none of `items`), `score` (falling) and `basis`: `session`, or `popular` with a score
            of 0 where too little follows what was seen; fewer than `n` rows where there are no more items.

        Raises:
            ConfigurationError: `n` is below 1.
        """
        if n < 1:
            raise ConfigurationError(f"A list has at least one item; n is {n}.")
        places = self.names.places(items)
        seen = places[places >= 0]
        following, scores = self._following(seen)
        top = following[np.lexsort((following, -scores))[:n]]
        told = np.sort(scores)[::-1][: len(top)]
        filled = self._filled(np.concatenate([top, seen]), n - len(top))
        return pl.DataFrame(
            {
                "rank": np.arange(1, len(top) + len(filled) + 1),
                "item_id": self.names.at(np.concatenate([top, filled])),
                "score": np.concatenate([told, np.zeros(len(filled))]),
                "basis": [OWN] * len(top) + [POPULAR] * len(filled),
            },
            schema={"rank": pl.Int64(), "item_id": pl.String(), "score": pl.Float64(), "basis": pl.String()},
        )

    def items(self) -> pl.DataFrame:
        """Return `item_id` and in how many `sessions` it was, most first, of items of enough customers."""
        told = pl.DataFrame({"item_id": self.names.listed, "sessions": self.visits.astype(np.int64)})
        return told.filter(pl.col("sessions") > 0).sort("sessions", "item_id", descending=[True, False])

    def following(self) -> pl.DataFrame:
        """Return `item_id`, `next_item_id` and `weight` of each transition that may be told, the heaviest first."""
        found = self.transitions
        item = np.repeat(np.arange(len(self.names)), np.diff(found.starts))
        names = {"item_id": self.names.at(item), "next_item_id": self.names.at(found.following)}
        told = pl.DataFrame(names | {"weight": pl.Series(found.weights)})
        return told.sort("weight", "item_id", "next_item_id", descending=[True, False, False])

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: it tells of items, not of people."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many items and transitions there are."""
        return {"items": int((self.visits > 0).sum()), "transitions": len(self.transitions.following)}

    def __str__(self) -> str:
        """Return how much was learned."""
        body = {name: COUNT.written(number) for name, number in self.to_body().items()}
        return f"{body['transitions']} transitions between {body['items']} items before {self.as_of:%Y-%m-%d}"

    def _repr_html_(self) -> str:
        facts = [(name, COUNT.written(number)) for name, number in self.to_body().items()]
        return result_html("Next item", facts, self.following().head(10), names={"next_item_id": "followed by"})

    # ------------------------------------------------------------------------------------------------------- inside

    def _following(self, seen: Ints) -> tuple[Ints, Floats]:
        """Return what follows the last of some items, none of them, and how much."""
        recent = list(dict.fromkeys(seen[::-1].tolist()))[: self.spec.last]
        spans = [slice(*self.transitions.starts[place : place + 2]) for place in recent]
        weighed = [self.transitions.weights[span] * self.spec.recency**back for back, span in enumerate(spans)]
        empty = np.zeros(0, np.int64)
        found, where = np.unique(
            np.concatenate([empty, *(self.transitions.following[span] for span in spans)]), return_inverse=True
        )
        scores: Floats = np.bincount(where, np.concatenate([np.zeros(0), *weighed]), len(found)).astype(np.float64)
        new = ~np.isin(found, seen)
        return found[new].astype(np.int64), scores[new]

    @cached_property
    def _popular(self) -> Ints:
        order = np.lexsort((np.arange(len(self.visits)), -self.visits))
        return order[self.visits[order] > 0]

    def _filled(self, taken: Ints, missing: int) -> Ints:
        """Return the most popular items that are not taken."""
        if not missing:
            return np.zeros(0, np.int64)
        most = self._popular[: missing + len(taken)]
        return most[~np.isin(most, taken)][:missing]
