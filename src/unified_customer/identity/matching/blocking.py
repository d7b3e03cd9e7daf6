"""Candidate pairs: the pairs of records that are compared.

Within each key the smallest blocks come first, until the key has used up its budget of pairs: a rare value is never
left out because a common one is in the way. Blocks of one size are all in or all out, so no order decides.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Ints, sorted_distinct, starts_mask, within_runs
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes

LARGEST: Final = 200
"""No larger block is compared, whatever the budget."""


def candidates(records: Encoded, keys: Iterable[BlockingKey]) -> Ints:
    """Return all pairs of records that share a key in a block that is not too large.

    Args:
        records: The records.
        keys: The blocking keys.

    Returns:
        Each pair once, packed (see `pack`), in ascending order.
    """
    codes = KeyCodes(records)
    return distinct_pairs(_pairs(len(records), Blocks(*codes.of(key.parts)), key.most) for key in keys)


def distinct_pairs(parts: Iterable[Ints]) -> Ints:
    """Return the pairs of all parts, each once, in ascending order; repeats are dropped on the way, to save memory."""
    found = [np.empty(0, dtype=np.int64)]
    for part in parts:
        found.append(part)
        if sum(map(len, found[1:])) > max(4 * len(found[0]), 1_000_000):
            found = [sorted_distinct(np.concatenate(found))]
    return sorted_distinct(np.concatenate(found))


class Blocks:
    """Records in the order of their key, and where each block starts."""

    def __init__(self, rows: Ints, keys: Ints) -> None:
        """Take the rows of records and the key of each."""
        order = np.argsort(keys)
        ordered = keys[order]
        self.rows = rows[order]
        self.starts = np.flatnonzero(starts_mask(ordered))
        self.sizes = np.diff(np.append(self.starts, len(ordered)))

    def most(self, budget: float) -> int:
        """Return the size of the largest blocks that are compared if no more than `budget` pairs may be; at least 2."""
        return most_within(
            np.bincount(np.minimum(self.sizes, LARGEST + 1), minlength=LARGEST + 2)[: LARGEST + 1], budget
        )


def most_within(counts: Ints, budget: float) -> int:
    """Return the size of the largest blocks within a budget of pairs; `counts` has how many blocks have each size."""
    sizes = np.arange(len(counts), dtype=np.int64)
    pairs = np.cumsum(counts * (sizes * (sizes - 1) // 2))
    return max(2, int(np.searchsorted(pairs, budget, side="right")) - 1)


def pairs_within(records: int, blocks: Blocks, budget: float) -> tuple[Ints, int]:
    """Return the packed pairs of the smallest blocks within the budget, and the size of the largest of these blocks."""
    most = blocks.most(budget)
    return _pairs(records, blocks, most), most


def _pairs(records: int, blocks: Blocks, most: int) -> Ints:
    taken = (blocks.sizes > 1) & (blocks.sizes <= most)
    first, second = within_runs(blocks.starts[taken], blocks.sizes[taken])
    return pack(records, blocks.rows[first], blocks.rows[second])


def pack(records: int, first: Ints, second: Ints) -> Ints:
    """Write pairs of records as one number each: smaller position times the number of records, plus the larger.

    A record paired with itself (it may have one value twice) is left out.
    """
    packed = np.minimum(first, second) * records + np.maximum(first, second)
    found: Ints = packed[first != second]
    return found


def unpack(records: int, packed: Ints) -> tuple[Ints, Ints]:
    """Return the two positions of each packed pair."""
    first, second = np.divmod(packed, records)
    return first, second
