"""What two records share by chance: from random pairs, and for equal values from counting them."""

from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Floats, Ints, Levels
from unified_customer.identity.matching.census import Census
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.scales import SCALES

RANDOM_PAIRS: Final = 300_000
_UNSEEN: Final = 0.3
"""A level that no random pair has is taken to have been seen so often."""


def expected_levels(records: Encoded, census: Census, *, seed: int) -> list[Floats]:
    """Return for each field how many of all pairs are at each level.

    Graded and special levels are estimated from random pairs, or from all pairs where these are few; equal values are
    counted.

    Args:
        records: The records, or a sample of them.
        census: Counts of all records.
        seed: Of the random pairs.
    """
    first, second = random_pairs(len(records), seed=seed)
    levels = compare(records, first, second, census.rarity)
    scale = census.pairs / max(1, len(first))
    return [_expected(column, levels[:, place], scale, census) for place, column in enumerate(records.columns)]


def _expected(column: Column, levels: Levels, scale: float, census: Census) -> Floats:
    names = SCALES[column.role]
    counted = np.bincount(levels[levels >= 0], minlength=len(names)).astype(np.float64)
    seen: Floats = (counted + _UNSEEN) * scale
    seen[len(names.graded) : names.ordered] = census.equal[column.name]
    return seen


def random_pairs(records: int, *, seed: int) -> tuple[Ints, Ints]:
    """Return random pairs of records, or all where there are not many."""
    if records * (records - 1) // 2 <= RANDOM_PAIRS:
        first, second = np.triu_indices(records, 1)
        return first.astype(np.int64), second.astype(np.int64)
    random = np.random.Generator(np.random.PCG64(seed))
    first = random.integers(0, records, RANDOM_PAIRS)
    second = random.integers(0, records - 1, RANDOM_PAIRS)
    return first, second + (second >= first)
