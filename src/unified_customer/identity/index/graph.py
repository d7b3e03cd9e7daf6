"""Which records are likely one person, pair by pair, and what hangs together by such pairs."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias

import numpy as np

from unified_customer.identity.matching.arrays import Flags, Floats, Ints
from unified_customer.identity.matching.components import CERTAIN, LARGEST
from unified_customer.identity.matching.matcher import LIKELY_ENOUGH

Pair: TypeAlias = tuple[int, int, float]
"""Two records, and the odds in bits that they are one person."""

Ends: TypeAlias = tuple[int, int]
"""Two records, the smaller row first."""

Neighbours: TypeAlias = Callable[[int], Iterable[tuple[int, float]]]
"""Gives for a record those that it is likely one with, and the odds of each."""

SETTLED: Final = 4
"""New pairs are sorted in when they are more than one in so many of all."""


class Graph:
    """Likely pairs, found from either record.

    The pairs of the beginning are sorted by record; new ones stand beside until there are many.
    """

    def __init__(self, first: Ints, second: Ints, bits: Floats) -> None:
        """Take pairs of records, each once."""
        self._sort_in(first, second, bits)

    def _sort_in(self, first: Ints, second: Ints, bits: Floats) -> None:
        ends = np.concatenate([first, second])
        order = np.argsort(ends, kind="stable")
        self._from = ends[order].astype(np.int32)
        self._to = np.concatenate([second, first])[order].astype(np.int32)
        self._bits = np.concatenate([bits, bits])[order]
        self._gone: set[Ends] = set()
        self._new: dict[int, dict[int, float]] = {}
        self._count = 0

    def of(self, row: int) -> Iterator[tuple[int, float]]:
        """Yield the records that a record is likely one with, and the odds of each."""
        # A number of another type than the array's would have all of it copied.
        number = np.int32(row)
        start, end = self._from.searchsorted(number), self._from.searchsorted(number, side="right")
        for other, bits in zip(self._to[start:end].tolist(), self._bits[start:end].tolist(), strict=True):
            if not self._gone or (min(row, other), max(row, other)) not in self._gone:
                yield other, bits
        yield from self._new.get(row, {}).items()

    def with_(self, pairs: Iterable[Pair], *, without: Collection[Ends]) -> Neighbours:
        """Return what `of` would be with some more pairs, and without some others."""
        beside: dict[int, dict[int, float]] = {}
        _put(beside, pairs)

        def of(row: int) -> Iterator[tuple[int, float]]:
            yield from beside.get(row, {}).items()
            for other, bits in self.of(row):
                if not without or (min(row, other), max(row, other)) not in without:
                    yield other, bits

        return of

    def change(self, pairs: Iterable[Pair], *, gone: Iterable[Ends]) -> None:
        """Add pairs, and take away others."""
        for first, second in gone:
            if self._new.get(first, {}).pop(second, None) is None:
                self._gone.add((first, second))
            else:
                del self._new[second][first]
        self._count += _put(self._new, pairs)
        if SETTLED * self._count > len(self._bits):
            self._sort_in(*self._all())

    def _all(self) -> tuple[Ints, Ints, Floats]:
        gone = np.array(sorted(self._gone), dtype=np.int64).reshape(-1, 2)
        packed = (self._from.astype(np.int64) << 32) + self._to
        old: Flags = (self._from < self._to) & ~np.isin(packed, (gone[:, 0] << 32) + gone[:, 1])
        new = [(one, other, bits) for one, ends in self._new.items() for other, bits in ends.items() if one < other]
        first, second = (np.array([pair[end] for pair in new], dtype=np.int64) for end in (0, 1))
        return (
            np.concatenate([self._from[old], first]),
            np.concatenate([self._to[old], second]),
            np.concatenate([self._bits[old], np.array([pair[2] for pair in new], dtype=np.float64)]),
        )


def _put(beside: dict[int, dict[int, float]], pairs: Iterable[Pair]) -> int:
    """Put pairs where either record finds them; return how many."""
    count = 0
    for first, second, bits in pairs:
        beside.setdefault(first, {})[second] = bits
        beside.setdefault(second, {})[first] = bits
        count += 1
    return count


def reached(
    starts: Iterable[int],
    neighbours: Neighbours,
    *,
    least: float,
    most: int | None = None,
) -> set[int]:
    """Return the records that can be reached over pairs of more than `least` bits; no longer all if more than `most`."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        row = waiting.pop()
        for other, bits in neighbours(row):
            if bits > least and other not in found:
                found.add(other)
                waiting.append(other)
        if most is not None and len(found) > most:
            break
    return found


def hang_together(row: int, neighbours: Neighbours) -> set[int]:
    """Return what hangs together with a record: as much as `matching.components` leaves in one."""
    least, found = LIKELY_ENOUGH, reached([row], neighbours, least=LIKELY_ENOUGH, most=LARGEST)
    while len(found) > LARGEST and least <= CERTAIN:
        least += 1
        found = reached([row], neighbours, least=least, most=LARGEST if least <= CERTAIN else None)
    return found
