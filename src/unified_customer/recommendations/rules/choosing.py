"""Choosing items one after the other: the most worth first, no more of a kind than caps allow, unlike what is there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.rules.conditions import Mask
from unified_customer.recommendations.rules.lists import Lists
from unified_customer.recommendations.rules.narrow import best_of
from unified_customer.recommendations.rules.value import Value

_CELLS: Final = 2_000_000
"""So many candidates are looked at at a time."""
_WIDER: Final = 4


@dataclass(frozen=True, eq=False)
class Capped:
    """At most so many items of a list have the same code.

    Attributes:
        label: What it is called.
        codes: Of each item; -1 is not capped.
        at_most: So many.
    """

    label: str
    codes: Ints = field(repr=False)
    at_most: int

    def full(self, picked: Ints) -> Mask:
        """Return which items are not to follow a list of places (-1: none)."""
        codes = self.codes[picked[picked >= 0]]
        counts = np.bincount(codes[codes >= 0], minlength=int(self.codes.max(initial=-1)) + 1)
        return np.where(self.codes >= 0, np.append(counts, 0)[self.codes] >= self.at_most, False)


@dataclass(frozen=True, eq=False)
class Chooser:
    """What candidates are worth, and which of them may stand beside each other.

    Attributes:
        value: What they are worth.
        caps: Of which kinds there are only so many on a list.
        pins: Places of items, and their places on lists, the first ones first.
        there: Places of items that are out for nobody; all others are out for everybody, unless it is that they are denied.
        denied: What is never chosen. Such items are candidates, so that a list does not change if an item is denied that
            is not on it.
        candidates: How many items are looked at before others follow.
    """

    value: Value
    caps: tuple[Capped, ...]
    pins: tuple[tuple[int, int], ...]
    there: Ints = field(repr=False)
    denied: Mask = field(repr=False)
    candidates: int | None

    def chosen(self, scores: Floats32, wanted: Ints, n: int) -> Lists:
        """Return lists of items.

        Args:
            scores: A row for each list; -inf for what is not allowed for other reasons than that it is denied. They are
                written over.
            wanted: How many items each list is to have, at most n.
            n: How long lists are.
        """
        lists = Lists.empty(len(scores), n, pins=self.pins)
        self._pin(lists, scores, wanted)
        size = max(10 * n, 200) if self.candidates is None else max(self.candidates, n)
        for rows in _parts(np.flatnonzero(lists.found < wanted), size):
            self._fill(lists, rows, scores, wanted, among=self.there, size=size)
        for row in np.flatnonzero(lists.found < wanted):
            self._follow(lists, int(row), scores, wanted, size=size)
        return lists

    def _pin(self, lists: Lists, scores: Floats32, wanted: Ints) -> None:
        for number, (item, _) in enumerate(lists.pins):
            may = (scores[:, item] > -np.inf) & (lists.found < wanted) & ~self.denied[item]
            for cap in self.caps:
                before = cap.codes[lists.pinned[:, :number]]
                same = (before == cap.codes[item]) & (lists.pinned[:, :number] >= 0)
                may &= (same.sum(axis=1) < cap.at_most) | (cap.codes[item] < 0)
            lists.pin(number, np.where(may, item, -1), scores[:, item])

    def _fill(self, lists: Lists, rows: Ints, scores: Floats32, wanted: Ints, *, among: Ints, size: int) -> None:
        """Fill some lists out of so many candidates; what was one is none any more."""
        pools = best_of(scores, rows, among, size)
        if not pools.size:
            return
        told = scores[rows[:, None], pools]
        lists.scaled(rows, self.value.scale(told))
        table = _Table(self, pools, told / lists.scale[rows, None])
        for picked in lists.earlier(rows):
            table.note(picked)
        while (short := lists.found[rows] < wanted[rows]).any():
            picked, worth = table.best(short)
            if not (picked >= 0).any():
                break
            lists.add(rows, picked, worth)
            table.note(picked)
        # Where a list had fewer candidates, the place -1 is one of them or out.
        scores[rows[:, None], pools] = -np.inf

    def _follow(self, lists: Lists, row: int, scores: Floats32, wanted: Ints, *, size: int) -> None:
        """Fill a list out of what may follow, the next best first, until it is as long as wanted or nothing may."""
        while lists.found[row] < wanted[row]:
            on = lists.on(row)
            scores[row, on[on >= 0]] = -np.inf
            for cap in self.caps:
                scores[row, cap.full(on)] = -np.inf
            left = self.there[scores[row, self.there] > -np.inf]
            if not len(left):
                return
            size *= _WIDER
            self._fill(lists, np.array([row]), scores, wanted, among=left, size=size)


class _Table:
    """Candidates of some lists, and what they are worth beside what is on the lists already."""

    def __init__(self, chooser: Chooser, pools: Ints, relevance: Floats) -> None:
        out = (pools < 0) | chooser.denied[pools]
        self._diversity, self._pools, self._rows = chooser.value.diversity, pools, np.arange(len(pools))
        self._worth = np.where(out, -np.inf, chooser.value.alone(pools, np.where(out, 0.0, relevance)))
        self._kinds = [_Kinds(cap, pools) for cap in chooser.caps]
        self._alike = np.zeros(pools.shape)
        self._beside = None if chooser.value.likeness is None else chooser.value.likeness.beside(pools)

    def best(self, rows: Mask) -> tuple[Ints, Floats]:
        """Return the most worthy candidate of each list that asks for one, -1 where there is none, and its worth."""
        utility = self._worth if self._beside is None else self._worth - self._diversity * self._alike
        at = utility.argmax(axis=1)
        worth, picked = utility[self._rows, at], self._pools[self._rows, at]
        return np.where(rows & (worth > -np.inf), picked, -1), worth

    def note(self, picked: Ints) -> None:
        """Take in what is on the lists: it is not chosen again, nor is more of its kind than may be."""
        self._worth[self._pools == picked[:, None]] = -np.inf
        for kinds in self._kinds:
            kinds.close(self._worth, picked)
        if self._beside is not None:
            np.maximum(self._alike, self._beside(picked), out=self._alike)


class _Kinds:
    """Which kinds candidates are of, and how many of each kind are on the lists."""

    def __init__(self, cap: Capped, pools: Ints) -> None:
        self._cap, self._of_pools = cap, cap.codes[pools]
        self._seen = np.zeros((len(pools), 0), np.int64)

    def close(self, worth: Floats, picked: Ints) -> None:
        """Take in what was picked for each list; candidates of a kind that is full by that are worth nothing more."""
        code = np.where(picked >= 0, self._cap.codes[picked], -1)[:, None]
        self._seen = np.concatenate([self._seen, code], axis=1)
        full = (code >= 0) & ((self._seen == code).sum(axis=1, keepdims=True) >= self._cap.at_most)
        if full.any():
            worth[full & (self._of_pools == code)] = -np.inf


def _parts(rows: Ints, size: int) -> Iterator[Ints]:
    at_once = max(1, _CELLS // size)
    for start in range(0, len(rows), at_once):
        yield rows[start : start + at_once]
