"""How the fields of two records compare: a level for each field of each pair of records.

A level says how alike two values are (see `scales`), or that one side says nothing (-1). Each distinct pair of values
is compared once.
"""

import numpy as np

from unified_customer.identity.matching.arrays import NONE, Flags, Ints, Levels, distinct
from unified_customer.identity.matching.encoding import Column, Encoded, gathered
from unified_customer.identity.matching.named_mailboxes import silence_named_mailboxes
from unified_customer.identity.matching.rarity import Rareness
from unified_customer.identity.matching.scales import SCALES
from unified_customer.identity.matching.similarity import grade
from unified_customer.identity.matching.swapped_names import mark_swapped_names


def compare(records: Encoded, first: Ints, second: Ints, rarity: Rareness) -> Levels:
    """Compare pairs of records field by field.

    Args:
        records: The records.
        first: Positions of the one record of each pair.
        second: Positions of the other.
        rarity: How rare the values of each field are.

    Returns:
        Levels of shape (pairs, fields). Exchanging `first` and `second` changes nothing.
    """
    levels = np.full((len(first), len(records.columns)), NONE, dtype=np.int8)
    for place, column in enumerate(records.columns):
        levels[:, place] = _column_levels(column, first, second, rarity.of(column))
    mark_swapped_names(records, first, second, levels)
    silence_named_mailboxes(records, first, second, levels)
    return levels


def _column_levels(column: Column, first: Ints, second: Ints, rare: Levels) -> Levels:
    """Return the best level that any value of the one side reaches with any of the other."""
    best = np.full(len(first), NONE, dtype=np.int8)
    for slot in range(column.slots):
        for other in range(column.slots):
            found = _slot_levels(column, column.codes[first, slot], column.codes[second, other], rare)
            np.maximum(best, found, out=best)
    return best


def _slot_levels(column: Column, left: Ints, right: Ints, rare: Levels) -> Levels:
    levels = np.full(len(left), NONE, dtype=np.int8)
    said: Flags = (left != NONE) & (right != NONE)
    if not said.any():
        return levels
    equal = said & (left == right)
    levels[equal] = len(SCALES[column.role].graded) + rare[left[equal]]
    unequal = np.flatnonzero(said & ~equal)
    if len(unequal):
        levels[unequal] = _graded(column, left[unequal], right[unequal])
    return levels


def _graded(column: Column, left: Ints, right: Ints) -> Levels:
    size = len(column.values)
    pairs, places = distinct(np.minimum(left, right).astype(np.int64) * size + np.maximum(left, right))
    ends = (gathered(column.values, codes) for codes in np.divmod(pairs, size))
    return grade(column.role, *ends)[places]
