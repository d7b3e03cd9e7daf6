"""What new records change: whom they are compared with, and who is compared no more."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from unified_customer.identity.index.blocks import KeyBlocks
from unified_customer.identity.index.compared import Some
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes

Entries: TypeAlias = Mapping[int, Sequence[int]]
"""Records by the value of a key."""


@dataclass(frozen=True)
class Change:
    """What new records change.

    Attributes:
        entries: For each blocking key the new records by value.
        anew: The known records whose pairs are found anew.
        pairs: All pairs that are compared of new records and of those, each once: the smaller row first.
    """

    entries: tuple[Entries, ...]
    anew: frozenset[int]
    pairs: frozenset[tuple[int, int]]


def keyed(some: Some, keys: Sequence[BlockingKey]) -> tuple[Entries, ...]:
    """Return for each blocking key the records by value."""
    codes = KeyCodes(some.records)
    return tuple(_by_value(some.rows, *codes.of(key.parts)) for key in keys)


def _by_value(rows: Ints, places: Ints, values: Ints) -> Entries:
    found: dict[int, list[int]] = defaultdict(list)
    for row, value in zip(rows[places].tolist(), values.tolist(), strict=True):
        found[value].append(row)
    return found


def crowded(keys: Sequence[BlockingKey], blocks: Sequence[KeyBlocks], entries: Sequence[Entries]) -> set[int]:
    """Return the known records of blocks that become too large to be compared."""
    found: set[int] = set()
    for key, block, new in zip(keys, blocks, entries, strict=True):
        for value, rows in new.items():
            before = block.size(value)
            if 1 < before <= key.most < before + len(rows):
                found.update(block.members(value))
    return found


def pairs_of(
    keys: Sequence[BlockingKey],
    blocks: Sequence[KeyBlocks],
    entries: Sequence[Entries],
    asked: Collection[tuple[Entries, ...]],
) -> frozenset[tuple[int, int]]:
    """Return the pairs that are compared of the records that are `asked` about, once the new `entries` are in."""
    found: set[tuple[int, int]] = set()
    for some in asked:
        for key, block, new, theirs in zip(keys, blocks, entries, some, strict=True):
            for value, rows in theirs.items():
                if block.size(value) + len(new.get(value, ())) <= key.most:
                    others = [*block.members(value), *new.get(value, ())]
                    found.update((min(row, other), max(row, other)) for row in rows for other in others if row != other)
    return frozenset(found)
