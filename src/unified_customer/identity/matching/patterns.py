"""Agreement patterns: the distinct rows of levels, and how many pairs have each."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Floats, Ints, Levels, distinct, starts_mask

_ROOM: Final = 2**62


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns.

    Attributes:
        levels: Of shape (patterns, fields).
        counts: How many pairs have each pattern.
        places: For each pair the place of its pattern.
    """

    levels: Levels
    counts: Floats
    places: Ints

    def weighted(self, weight: float) -> "Patterns":
        """Return the same patterns with each pair standing for `weight` pairs."""
        return Patterns(self.levels, self.counts * weight, self.places)


def patterns_of(levels: Levels) -> Patterns:
    """Find the distinct rows of `levels`."""
    codes, size = np.zeros(len(levels), dtype=np.int64), 1
    for column in levels.T:
        base = int(column.max(initial=0)) + 2
        if size > _ROOM // base:
            found, codes = distinct(codes)
            size = len(found)
        codes = codes * base + column + 1
        size *= base
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(starts_mask(codes[order]))
    counts = np.diff(np.append(starts, len(codes)))
    places = np.empty(len(codes), dtype=np.int64)
    places[order] = np.repeat(np.arange(len(starts)), counts)
    return Patterns(levels[order[starts]], counts.astype(np.float64), places)
