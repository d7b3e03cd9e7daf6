"""What new records change: whom they are compared with, and who is compared no more."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from unified_customer.identity.index.blocks import KeyBlocks
from unified_customer.identity.index.compared import Some
from unified_customer.identity.index.graph import Ends, Graph
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes

Entries: TypeAlias = Mapping[int, Sequence[int]]
"""Records by the value of a key."""


@dataclass(frozen=True)
class Change:
    """What new records change.

    Attributes:
        entries: For each blocking key the new records by value.
        pairs: The pairs that are compared of new records, each once: the smaller row first.
        gone: The likely pairs of known records that are compared no more, likewise.
    """

    entries: tuple[Entries, ...]
    pairs: frozenset[Ends]
    gone: frozenset[Ends]


class Blocking:
    """The blocks of all keys, and what new records would change of them."""

    def __init__(self, keys: Sequence[BlockingKey], blocks: Sequence[KeyBlocks]) -> None:
        """Take the keys and the blocks of each."""
        self._keys = keys
        self._blocks = blocks

    def add(self, entries: Iterable[Entries]) -> None:
        """Add records, for each key by value."""
        for block, new in zip(self._blocks, entries, strict=True):
            block.add(new)

    def change(self, new: Some, graph: Graph, known: Callable[[Sequence[int]], Some]) -> Change:
        """Say what new records change.

        Pairs of known records only ever go: when a block becomes too large to be compared, and they share no other.

        Args:
            new: The new records.
            graph: The likely pairs of the known ones.
            known: Gives known records by row.
        """
        entries = self._keyed(new)
        pairs, crowded = self._met(entries)
        likely = [(row, other) for row in crowded for other, _ in graph.of(row) if row < other and other in crowded]
        if not likely:
            return Change(entries, pairs, frozenset())
        values = self._keyed(known(sorted({row for pair in likely for row in pair})))
        kept = self._shared(values, entries)
        return Change(entries, pairs, frozenset(pair for pair in likely if not kept(*pair)))

    def _keyed(self, some: Some) -> tuple[Entries, ...]:
        """Return for each blocking key the records by value."""
        codes, rows = KeyCodes(some.records), some.rows.tolist()
        return tuple(_by_value(rows, codes.entries(key.parts)) for key in self._keys)

    def _met(self, entries: Sequence[Entries]) -> tuple[frozenset[Ends], set[int]]:
        """Return the pairs of new records that are compared, and the known records of blocks that become too large to be."""
        pairs, crowded = set[Ends](), set[int]()
        for key, block, new in zip(self._keys, self._blocks, entries, strict=True):
            for value, rows in new.items():
                before = block.size(value)
                if before + len(rows) <= key.most:
                    others = [*block.members(value), *rows] if before else rows
                    pairs.update((min(row, other), max(row, other)) for row in rows for other in others if row != other)
                elif 1 < before <= key.most:
                    crowded.update(block.members(value))
        return frozenset(pairs), crowded

    def _shared(self, values: Sequence[Entries], entries: Sequence[Entries]) -> Callable[[int, int], bool]:
        """Return what says of two known records whether they share a block that stays small enough with the new ones."""
        small: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for number, (key, block, theirs, new) in enumerate(zip(self._keys, self._blocks, values, entries, strict=True)):
            for value, rows in theirs.items():
                if len(rows) > 1 and block.size(value) + len(new.get(value, ())) <= key.most:
                    for row in rows:
                        small[row].add((number, value))
        return lambda one, other: not small[one].isdisjoint(small[other])


def _by_value(rows: Sequence[int], entries: Iterable[tuple[int, int]]) -> Entries:
    found: dict[int, list[int]] = defaultdict(list)
    for place, value in entries:
        found[value].append(rows[place])
    return found
