"""What was tried on windows of the past, and how well it did: all rows, not the best alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints

BLEND: Final = "blend"
"""The name of the row of all models together."""


@dataclass(frozen=True, eq=False)
class Trials:
    """How well models did in windows that were held out.

    Attributes:
        models: Their names, and at last the blend of them: judged on one half of the customers of a window with weights that
            the other half taught, and the other way round.
        windows: What the windows are called.
        customers: By how many customers of each window they were judged.
        ndcg: NDCG at k, a row for each window and a column for each model; not a number where it is not known.
        recall: Recall at k likewise.
        k: The length of the lists.
    """

    models: tuple[str, ...]
    windows: tuple[str, ...]
    customers: Ints = field(repr=False)
    ndcg: Floats = field(repr=False)
    recall: Floats = field(repr=False)
    k: int

    def table(self, weights: Mapping[str, float]) -> pl.DataFrame:
        """Return all rows, the best first.

        Args:
            weights: The weight of each model in the blend; one that is left out has none.

        Returns:
            `model`, `weight` (share of the blend; null for the blend itself), `ndcg` and `recall` (means over all customers of
            all windows; null where not known).
        """
        total = sum(weights.values()) or 1.0
        shares = [None if name == BLEND else weights.get(name, 0.0) / total for name in self.models]
        told = {
            "model": self.models,
            "weight": shares,
            "ndcg": self._mean(self.ndcg),
            "recall": self._mean(self.recall),
        }
        schema = {"model": pl.String(), "weight": pl.Float64(), "ndcg": pl.Float64(), "recall": pl.Float64()}
        frame = pl.DataFrame(told, schema=schema, nan_to_null=True)
        return frame.sort("ndcg", "model", descending=[True, False], nulls_last=True)

    def _mean(self, values: Floats) -> Floats:
        return np.asarray(self.customers @ values / max(int(self.customers.sum()), 1))


def beside(trials: Sequence[Trials]) -> Trials:
    """Return trials of single windows as those of all of them."""
    first = trials[0]
    return Trials(
        first.models,
        tuple(title for each in trials for title in each.windows),
        np.concatenate([each.customers for each in trials]),
        np.concatenate([each.ndcg for each in trials]),
        np.concatenate([each.recall for each in trials]),
        first.k,
    )
