"""Lists while they are filled."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import Floats32


@dataclass(eq=False)
class Lists:
    """Lists while they are filled.

    Attributes:
        places: What was chosen for each list, in the order in which it was, -1 behind it.
        worth: What each of it is worth, on the scale of scores; never more than what was chosen before.
        chosen: How many items were chosen for each list.
        pins: Places of items, and their places on lists.
        pinned: What each list has of the pins; -1 where it has not.
        own: The scores of pins.
        scale: By what scores of each list are divided; 0 as long as nothing is known of it.
    """

    places: Ints = field(repr=False)
    worth: Floats = field(repr=False)
    chosen: Ints = field(repr=False)
    pins: tuple[tuple[int, int], ...]
    pinned: Ints = field(repr=False)
    own: Floats = field(repr=False)
    scale: Floats = field(repr=False)

    @classmethod
    def empty(cls, rows: int, n: int, *, pins: tuple[tuple[int, int], ...]) -> "Lists":
        """Return empty lists; pins behind their end are left out."""
        kept = tuple(pin for pin in pins if pin[1] < n)
        return cls(
            np.full((rows, n), -1, np.int64),
            np.full((rows, n), -np.inf),
            np.zeros(rows, np.int64),
            kept,
            np.full((rows, len(kept)), -1, np.int64),
            np.full((rows, len(kept)), -np.inf),
            np.zeros(rows),
        )

    @property
    def found(self) -> Ints:
        """How many items are on each list."""
        found: Ints = self.chosen + (self.pinned >= 0).sum(axis=1)
        return found

    def pin(self, number: int, items: Ints, scores: Floats32) -> None:
        """Put the item of a pin on each list that may have it (-1: may not)."""
        self.pinned[:, number] = items
        self.own[:, number] = np.where(items >= 0, scores, -np.inf)

    def scaled(self, rows: Ints, scale: Floats) -> None:
        """Say by what scores of some lists are divided, once."""
        self.scale[rows] = np.where(self.scale[rows] == 0, scale, self.scale[rows])

    def earlier(self, rows: Ints) -> Iterator[Ints]:
        """Yield what is on some lists, one item of each at a time."""
        yield from self.pinned[rows].T
        yield from self.places[rows, : int(self.chosen[rows].max(initial=0))].T

    def on(self, row: int) -> Ints:
        """Return what is on a list, -1 for what is not."""
        return np.concatenate([self.pinned[row], self.places[row]])

    def add(self, rows: Ints, items: Ints, worth: Floats) -> None:
        """Put an item behind some lists (-1: none)."""
        which = np.flatnonzero(items >= 0)
        at = rows[which]
        place = self.chosen[at]
        least = np.where(place > 0, self.worth[at, place - 1], np.inf)
        self.places[at, place] = items[which]
        self.worth[at, place] = np.minimum(worth[which] * self.scale[at], least)
        self.chosen[at] += 1

    def finished(self) -> tuple[Ints, Floats32]:
        """Return lists with pins at their places, and scores that fall."""
        if not self.pins:
            return self.places, self.worth.astype(np.float32)
        for row in np.flatnonzero((self.pinned >= 0).any(axis=1)):
            self.places[row], self.worth[row] = self._pinned(int(row))
        return self.places, self.worth.astype(np.float32)

    def _pinned(self, row: int) -> tuple[Ints, Floats]:
        """Return a list with pins at their places; each has the score of what it stands before."""
        n, held = self.places.shape[1], np.flatnonzero(self.pinned[row] >= 0)
        found = self.chosen[row] + len(held)
        slots = _slots([self.pins[number][1] for number in held], int(found))
        others = np.setdiff1d(np.arange(found), slots)
        places, worth = np.full(n, -1, np.int64), np.full(n, -np.inf)
        places[slots], places[others] = self.pinned[row, held], self.places[row, : self.chosen[row]]
        worth[others] = self.worth[row, : self.chosen[row]]
        before = np.minimum(np.searchsorted(others, slots), len(others) - 1)
        worth[slots] = worth[others][before] if len(others) else np.minimum.accumulate(self.own[row, held])
        return places, worth


def _slots(wanted: list[int], found: int) -> Ints:
    """Return places on a list of so many items, rising, as near as can be to those that are wanted."""
    slots = np.asarray(wanted, np.int64)
    last = found - 1 - np.arange(len(slots))[::-1]
    return np.minimum(slots, last)
