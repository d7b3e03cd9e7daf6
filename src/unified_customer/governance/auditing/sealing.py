"""Seals: what only the hub's key can make, so that nobody without it can add, change or move an entry."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, NamedTuple

from unified_customer.core.keys import derived_key
from unified_customer.methods.transparency_log import leaf_hash

SEAL_BYTES: Final = 16
NOTHING: Final = bytes(32)
"""Stands for the leaf before the first one."""


class Sealed(NamedTuple):
    """The seal of an entry, and the leaf that it is in the tree."""

    seal: bytes
    leaf: bytes


@dataclass(frozen=True)
class Seals:
    """The keys of a log: each from some entry on, since a key of the hub can be replaced by another.

    An entry is sealed together with the leaf before it. So whoever has an old key can still change nothing that lies
    before the first entry that was sealed with a newer one.

    Attributes:
        starts: The numbers of the entries from which each key counts; the first is 0.
        keys: The keys, 32 bytes each.
    """

    starts: tuple[int, ...]
    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, key: bytes, later: Sequence[tuple[int, bytes]] = ()) -> "Seals":
        """Return the seals of a hub whose key is `key`, and those that were drawn later with where they begin."""
        first = derived_key(key, b"uc:audit")
        return cls((0, *(start for start, _ in later)), (first, *(each for _, each in later)))

    def sealed(self, number: int, previous: bytes, entry: bytes) -> Sealed:
        """Return the seal and the leaf of the canonical `entry` with a number, after the leaf `previous`."""
        state = blake2b(previous, key=self._key(number), digest_size=SEAL_BYTES, person=b"uc:entry")
        state.update(entry)
        seal = state.digest()
        return Sealed(seal, leaf_of(seal, entry))

    def seal_of_all(self, entries: Sequence[bytes]) -> str:
        """Return one seal for the entries that lie before the chain."""
        state = blake2b(key=self.keys[0], digest_size=SEAL_BYTES, person=b"uc:before")
        for entry in entries:
            state.update(entry + b"\n")
        return state.hexdigest()

    def seal_of_head(self, size: int, head: bytes) -> str:
        """Return the seal of what is said of the tree over the first `size` entries."""
        return blake2b(head, key=self._key(max(size - 1, 0)), digest_size=SEAL_BYTES, person=b"uc:head").hexdigest()

    def _key(self, number: int) -> bytes:
        return self.keys[-1] if number >= self.starts[-1] else self.keys[bisect_right(self.starts, number) - 1]


def leaf_of(seal: bytes, entry: bytes) -> bytes:
    """Return the leaf of a canonical entry: its seal hides it from whoever sees the leaf alone."""
    return leaf_hash(seal + entry)
