"""A Merkle tree over an append-only log: one root for all of it, and short proofs about its entries and its growth.

The tree is that of Certificate Transparency: SHA-256, with a leaf and a node told apart by their first byte, so that
neither can pass for the other. Hashes are bytes; a leaf hash stands for an entry.

References:
    RFC 9162, Certificate Transparency Version 2.0, sections 2.1.1 to 2.1.4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256().digest()
"""The root of a log without entries."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry.

    Examples:
        >>> leaf_hash(b"").hex()[:16]
        '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of what stands above two hashes."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """All that a growing tree has to remember: the roots of its full subtrees, the largest first.

    Attributes:
        size: Number of leaves.
        peaks: One root for each binary one in `size`.

    Examples:
        >>> grown = Frontier().extended([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
        >>> grown.size, len(grown.peaks)
        (3, 2)
        >>> grown.root == root([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
        True
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def extended(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the frontier after some more leaves."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, full = leaf, size
            while full & 1:  # a subtree of this height is there already
                node, full = node_hash(peaks.pop(), node), full >> 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over `leaves`."""
    return Frontier().extended(leaves).root


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the hashes beside the way from the leaf at `index`, from 0, to the root.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _left(high - low)
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return tuple(reversed(path))


def root_above(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root of a tree of `size` leaves whose leaf at `index` has `path`; None if no such tree can have it.

    Examples:
        >>> leaves = [leaf_hash(bytes([each])) for each in range(5)]
        >>> root_above(leaves[3], 3, 5, inclusion_path(leaves, 3)) == root(leaves)
        True
    """
    if not 0 <= index < size:
        return None
    node, place, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def consistency_path(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the hashes that prove the tree over the first `old_size` leaves to be the beginning of this one.

    Raises:
        IndexError: The old tree is larger than this one.
    """
    if not 0 <= old_size <= len(leaves):
        raise IndexError(old_size)
    path: list[bytes] = []
    low, high, whole = 0, len(leaves), True
    while 0 < old_size - low < high - low:
        middle = low + _left(high - low)
        if old_size <= middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low, whole = middle, False
    if old_size and not whole:
        path.append(root(leaves[low:high]))
    return tuple(reversed(path))


def is_consistent(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether `path` proves that the old tree is the beginning of the new one.

    Examples:
        >>> leaves = [leaf_hash(bytes([each])) for each in range(5)]
        >>> is_consistent(3, root(leaves[:3]), 5, root(leaves), consistency_path(leaves, 3))
        True
        >>> is_consistent(3, root(leaves[1:4]), 5, root(leaves), consistency_path(leaves, 3))
        False
    """
    if old_size == 0:
        return old_root == EMPTY_ROOT and not path and new_size >= 0
    if old_size >= new_size:
        return old_size == new_size and not path and old_root == new_root
    proof = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not proof:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _left(size: int) -> int:
    """Return the leaves on the left side of a tree of `size` > 1: the largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)
