"""Proofs about the audit that anybody can check who has a tree head: no hub, no store and no key is needed."""

import json
from collections.abc import Sequence
from typing import Any

from unified_customer.core.models.base import Model
from unified_customer.governance.auditing.heads import TreeHead
from unified_customer.governance.auditing.sealing import leaf_of
from unified_customer.methods.transparency_log import is_consistent, root_above


class InclusionProof(Model):
    """That an entry is in the audit, which hides all others."""

    entry: str
    """The entry as JSON, in the form that was sealed: instants are microseconds since 1970."""
    seal: str
    """Its seal, which only the hub could make."""
    number: int
    """Its place, from 0."""
    head: TreeHead
    """The head that it is proved against."""
    path: tuple[str, ...]
    """The hashes beside the way to the root (RFC 9162, section 2.1.3)."""

    def values(self) -> dict[str, Any]:
        """Return what the entry says, by column of the table `audit`."""
        return dict(json.loads(self.entry))


class ConsistencyProof(Model):
    """That the audit only grew from one head to another."""

    old: TreeHead
    """The earlier head."""
    new: TreeHead
    """The later one."""
    path: tuple[str, ...]
    """The hashes that prove it (RFC 9162, section 2.1.4)."""


def verify_inclusion(proof: InclusionProof, *, head: TreeHead) -> bool:
    """Return whether `proof` shows that its entry is in the audit that has `head`.

    Args:
        proof: What the hub gave.
        head: The head that you hold; that of the proof is not relied on.

    References:
        RFC 9162, section 2.1.3.2.
    """
    try:
        leaf = leaf_of(bytes.fromhex(proof.seal), proof.entry.encode())
        path = _hashes(proof.path)
        said = proof.values().get("number")
    except ValueError:
        return False
    root = root_above(leaf, proof.number, head.size, path)
    return said == proof.number and root is not None and root.hex() == head.root


def verify_consistency(proof: ConsistencyProof, *, old: TreeHead, new: TreeHead) -> bool:
    """Return whether `proof` shows that nothing of what `old` is the head of was changed in what `new` is the head of.

    References:
        RFC 9162, section 2.1.4.2.
    """
    try:
        path, roots = _hashes(proof.path), _hashes((old.root, new.root))
    except ValueError:
        return False
    return is_consistent(old.size, roots[0], new.size, roots[1], path)


def _hashes(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in texts]
