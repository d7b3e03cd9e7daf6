"""Epsilon-greedy: what the ranker says, but now and then anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.methods.learning import Floats
from unified_customer.recommendations.exploring.policy import Exploring, Outlook


class EpsilonGreedy(Exploring):
    """The candidates with the highest scores; each open place explores with probability epsilon.

    It learns nothing itself: the ranker does, and this gives it a log to learn from.

    Examples:
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> offered = pl.DataFrame({"customer_id": "c1", "item_id": ["cup", "pot", "tea"], "score": [1.0, 2.0, 3.0]})
        >>> policy = EpsilonGreedy(epsilon=0.3).begin(as_of=noon)
        >>> likely = policy.propensities(offered, n=1, seed=0, as_of=noon)
        >>> likely.select("item_id", pl.col("propensity").round(2)).rows()
        [('cup', 0.1), ('pot', 0.1), ('tea', 0.8)]

    References:
        R. S. Sutton, A. G. Barto (2018): Reinforcement learning, chapter 2.
    """

    epsilon: float = Field(default=0.1, ge=0, le=1)
    """As for every policy."""

    def belief(self) -> "Ranked":
        """Return what is held: the scores, always."""
        return Ranked()


@dataclass(frozen=True, eq=False)
class Ranked:
    """The ranker's scores, taken as they are."""

    @property
    def learns_from(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def table(self) -> pl.DataFrame:
        """No rows."""
        return pl.DataFrame(schema={"item_id": pl.String})

    def updated(self, rows: pl.DataFrame) -> Self:  # noqa: ARG002  # it learns nothing, whatever there is
        """Return the same."""
        return self

    def to_body(self) -> Mapping[str, Any]:
        """Return nothing."""
        return {}

    def restored(self, body: Mapping[str, Any]) -> Self:  # noqa: ARG002  # there is nothing to restore
        """Return the same."""
        return self

    def outlook(self, candidates: pl.DataFrame) -> Outlook:
        """Return the scores, once."""
        scores = candidates["score"].to_numpy()

        def draw(rows: slice, chance: np.random.Generator) -> Floats:  # noqa: ARG001  # no chance is in it
            return scores[None, rows]

        return draw
