"""The blocks of one blocking key, which grow as records are added."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Codes, Ints

MANY: Final = 100_000
"""So many new records are kept beside before they are sorted in."""

NOTHING: Final[Mapping[int, Sequence[int]]] = {}


class KeyBlocks:
    """Which records have a key.

    The records of the beginning are sorted by key; those that are added later stand beside until there are many.
    """

    def __init__(self, rows: Ints, keys: Ints) -> None:
        """Take the rows of records and the key of each; a record may have several keys, each once."""
        self._keys: Ints = np.empty(0, dtype=np.int64)
        self._rows: Codes = np.empty(0, dtype=np.int32)
        self._new: dict[int, list[int]] = {}
        self._count = 0
        self._sort_in(rows, keys)

    def _sort_in(self, rows: Ints, keys: Ints) -> None:
        keys = np.concatenate([self._keys, keys])
        order = np.argsort(keys)
        self._rows = np.concatenate([self._rows, rows.astype(np.int32)])[order]
        self._keys = keys[order]

    def size(self, key: int) -> int:
        """Return how many records have a key."""
        start, end = self._span(key)
        return end - start + len(self._new.get(key, ()))

    def members(self, key: int) -> list[int]:
        """Return the records that have a key."""
        start, end = self._span(key)
        return [*self._rows[start:end].tolist(), *self._new.get(key, ())]

    def add(self, entries: Mapping[int, Sequence[int]]) -> None:
        """Add records by key."""
        for key, rows in entries.items():
            self._new.setdefault(key, []).extend(rows)
            self._count += len(rows)
        if self._count > MANY:
            keys = np.repeat(np.fromiter(self._new, dtype=np.int64), [len(rows) for rows in self._new.values()])
            self._sort_in(np.concatenate(list(self._new.values())), keys)
            self._new, self._count = {}, 0

    def _span(self, key: int) -> tuple[int, int]:
        return int(self._keys.searchsorted(key)), int(self._keys.searchsorted(key, side="right"))
