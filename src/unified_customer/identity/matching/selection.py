"""Choosing blocking keys from the data: those that find the likely matches with the fewest pairs, each beside the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Flags, Floats, Ints, sorted_distinct
from unified_customer.identity.matching.blocking import Blocks, distinct_pairs, pairs_within
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes, KeyPart, possible_keys

MOST_KEYS: Final = 64
DEAREST: Final = 1000
"""A key that brings more pairs than this for each match that others do not find is not taken."""

SEVERAL: Final = 2
"""Nor one that finds fewer of a sample of the matches: it may be chance."""

ROOMY: Final = 3.0
"""While the keys bring fewer pairs for each record than this there is room for more."""

_PRICE: Final = 0.02
"""A key costs as much as this many pairs for each record before it has brought any."""


@dataclass(frozen=True)
class Trial:
    """What a possible key brings in a sample.

    Attributes:
        parts: The key.
        pairs: The pairs that it brings within its budget, packed, in ascending order.
    """

    parts: tuple[KeyPart, ...]
    pairs: Ints


def try_keys(sample: Encoded, budget: float) -> list[Trial]:
    """Try every possible key on a sample, each with a budget of so many pairs."""
    codes, found = KeyCodes(sample), []
    for parts in possible_keys(sample):
        pairs, _ = pairs_within(len(sample), Blocks(*codes.of(parts)), budget)
        found.append(Trial(parts, sorted_distinct(pairs)))
    return found


def choose(trials: Sequence[Trial], likely: Ints, records: int, *, weight: float) -> list[tuple[KeyPart, ...]]:
    """Choose keys one by one: next is always the one that finds most new likely matches for its pairs.

    When all are found that are worth it, and there is room for more pairs, they are looked for once more by other keys:
    who is found in one way only would be missed if he were a little different.

    Args:
        trials: The possible keys.
        likely: The pairs that are likely one person, packed, in ascending order.
        records: How many records the sample has.
        weight: How many matches each of the likely ones stands for.

    Returns:
        The keys in the order in which they were chosen.
    """
    choice = _Choice(trials, likely, records, weight)
    choice.cover()
    while choice.has_room() and choice.cover():
        pass
    return [trials[place].parts for place in choice.chosen]


class _Choice:
    def __init__(self, trials: Sequence[Trial], likely: Ints, records: int, weight: float) -> None:
        self._brings = [np.flatnonzero(np.isin(likely, trial.pairs, assume_unique=True)) for trial in trials]
        self._pairs = np.array([len(trial.pairs) for trial in trials], dtype=np.float64)
        self._costs = self._pairs + _PRICE * records
        self._likely, self._records, self._weight = len(likely), records, weight
        self.chosen: list[int] = []

    def has_room(self) -> bool:
        """Say whether more keys may be chosen."""
        return self._pairs[self.chosen].sum() < ROOMY * self._records and len(self.chosen) < MOST_KEYS

    def cover(self) -> bool:
        """Choose keys that find every likely match, if they are worth it; say whether any was chosen."""
        left = np.ones(self._likely, dtype=np.bool_)
        gains = np.array([len(each) for each in self._brings], dtype=np.float64)
        gains[self.chosen] = 0
        before = len(self.chosen)
        while len(self.chosen) < MOST_KEYS:
            best = _best(self._brings, gains, self._costs, left)
            if best is None or gains[best] < max(self._least(), self._costs[best] / self._weight / DEAREST):
                break
            self.chosen.append(best)
            left[self._brings[best]] = False
            gains[best] = 0
        return len(self.chosen) > before

    def _least(self) -> int:
        return 1 if self._weight == 1 else SEVERAL


def _best(brings: Sequence[Ints], gains: Floats, costs: Floats, left: Flags) -> int | None:
    """Return the key of most worth. Gains only ever shrink, so those worked out before are upper bounds."""
    best, most = None, 0.0
    for place in np.argsort(-gains / np.maximum(costs - gains, 1e-9), kind="stable"):
        if gains[place] / max(costs[place] - gains[place], 1e-9) <= most:
            break
        gains[place] = left[brings[place]].sum()
        worth = gains[place] / max(costs[place] - gains[place], 1e-9)
        if worth > most:
            best, most = int(place), worth
    return best


def limited(
    records: Encoded, keys: Sequence[tuple[KeyPart, ...]], budget: float
) -> tuple[tuple[BlockingKey, ...], Ints]:
    """Find how large the blocks of each key may be within its budget of pairs; return the keys, and the pairs of them all."""
    codes, found = KeyCodes(records), list[BlockingKey]()

    def pairs_of_each() -> Iterator[Ints]:
        for parts in keys:
            pairs, most = pairs_within(len(records), Blocks(*codes.of(parts)), budget)
            found.append(BlockingKey(parts=parts, most=most))
            yield pairs

    pairs = distinct_pairs(pairs_of_each())
    return tuple(found), pairs
