"""Some records, compared pair by pair; records go by their rows."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from unified_customer.identity.index.graph import Pair
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.blocking import pack, unpack
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.linkage import Scored
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms

Pairs: TypeAlias = Collection[tuple[int, int]]
"""Pairs of rows."""


@dataclass(frozen=True)
class Some:
    """Some records.

    Attributes:
        records: What they say, in an order of their own.
        rows: The row of each.
    """

    records: Encoded
    rows: Ints

    @classmethod
    def of(cls, matcher: FittedMatcher, normal: NormalForms, rows: Ints) -> "Some":
        """Encode records; `rows` are theirs."""
        records = encode(normal, matcher.rarity.levels)
        return cls(records, rows[records.places])

    def place(self, row: int) -> int:
        """Return the place of a row."""
        return int(np.flatnonzero(self.rows == row)[0])

    def part(self, scored: Scored, rows: Collection[int]) -> tuple["Some", Scored]:
        """Return the records at `rows`, and those of the scored pairs that are of two of them."""
        places = np.flatnonzero(np.isin(self.rows, [*rows]))
        first, second = unpack(len(self.records), scored.pairs)
        inside = np.isin(first, places) & np.isin(second, places)
        ends = (np.searchsorted(places, end[inside]) for end in (first, second))
        known = Scored(pack(len(places), *ends), scored.levels[inside], scored.log_odds[inside])
        return Some(self.records.take(places), self.rows[places]), known

    def packed(self, pairs: Pairs) -> Ints:
        """Write pairs of rows as pairs of places, packed, in ascending order."""
        order = np.argsort(self.rows)
        ends = np.array([*pairs], dtype=np.int64).reshape(-1, 2)
        places = order[np.searchsorted(self.rows, ends, sorter=order)]
        return np.sort(pack(len(self.records), places[:, 0], places[:, 1]))

    def pairs(self, scored: Scored, *, least: float) -> Iterator[Pair]:
        """Yield the pairs of rows that have more than `least` bits."""
        kept = scored.log_odds > least
        first, second = unpack(len(self.records), scored.pairs[kept])
        ends = self.rows[first].tolist(), self.rows[second].tolist()
        yield from zip(*ends, scored.log_odds[kept].tolist(), strict=True)


def nearest(scored: Scored, place: int, among: Ints, records: int) -> int | None:
    """Return which of the scored pairs of the record at `place` with those at `among` is the likeliest; None without one."""
    first, second = unpack(records, scored.pairs)
    theirs = np.flatnonzero(((first == place) & np.isin(second, among)) | ((second == place) & np.isin(first, among)))
    return int(theirs[np.argmax(scored.log_odds[theirs])]) if len(theirs) else None
