"""Buying again: what somebody has bought before, by how often, how lately, and how often others buy it again."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import SPAN, Floats32, Histories
from unified_customer.recommendations.models.scoring import Counted, wanted

_PRIOR: Final = 20.0


@dataclass(frozen=True, eq=False)
class Again:
    """Scores of items of the history alone: how much each counts, times how often it is bought again.

    Attributes:
        counts: How much an item of a history counts.
        rates: The share of those who bought an item once who bought it on another day too.
    """

    counts: Counted
    rates: Floats32 = field(repr=False)

    def scores(self, histories: Histories) -> Floats32:
        """Return a score for each row and each item; 0 for what is not in the history."""
        found: Floats32 = histories.matrix(self._each(histories)).toarray()
        return found

    def _each(self, histories: Histories) -> Floats32:
        return wanted(histories, self.counts) * self.rates[histories.places]

    def similar(self, places: Ints) -> Floats32:
        """Return nothing: it does not say what is alike."""
        return np.zeros((len(places), len(self.rates)), np.float32)

    def evidence(self, history: Histories, place: int) -> Floats32:
        """Return the score at the item itself, which alone has a part in it."""
        return np.where(history.places == place, self._each(history), np.float32(0))

    def kept(self, rows: Ints) -> "Again":  # noqa: ARG002 (others need it)
        """Return itself: it holds nobody."""
        return self


def again(histories: Histories, *, counts: Counted) -> Again:
    """Learn how often each item is bought again, drawn towards the rate of all items where few bought it."""
    size = len(histories.items)
    had = wanted(histories, counts) > 0
    twice = had & (histories.values(SPAN) >= 1) if histories.timed else had & (histories.values("times") > 1)
    buyers = np.bincount(histories.places[had], minlength=size)
    returned = np.bincount(histories.places[twice], minlength=size)
    overall = returned.sum() / max(buyers.sum(), 1)
    return Again(counts, ((returned + _PRIOR * overall) / (buyers + _PRIOR)).astype(np.float32))
