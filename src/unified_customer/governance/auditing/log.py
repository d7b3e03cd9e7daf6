"""The audit of a hub: written by everything that reads or writes personal data, read and verified by whoever checks it."""

from datetime import datetime

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.core.tables import AUDIT
from unified_customer.governance.auditing.entries import Entry, canonical_frame, write_entry
from unified_customer.governance.auditing.heads import TreeHead, heads_of
from unified_customer.governance.auditing.proofs import ConsistencyProof, InclusionProof
from unified_customer.governance.auditing.store import SealedStore
from unified_customer.governance.auditing.verification import Verification, Witnesses, verify_log
from unified_customer.methods.transparency_log import Frontier, consistency_path, inclusion_path
from unified_customer.store import Reader, Store, Where


class AuditLog:
    """Writes, reads and verifies the audit of a store; `hub.audit`."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        """Write to `store`, dated by `clock`; entries are sealed where it is a `SealedStore`, as that of a hub is."""
        self._store = store
        self._clock = clock

    def record(self, actor: Actor, entry: Entry) -> None:
        """Write `entry` in a transaction of its own; it is durable when this returns."""
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            write_entry(writer, actor, entry, at=now)

    def entries(
        self,
        *,
        actor: str | None = None,
        customer_id: str | None = None,
        purpose: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pl.DataFrame:
        """Return the entries, oldest first: all, or those that fit everything that is given.

        To read the audit is not in the audit.

        Args:
            actor: Of this actor.
            customer_id: About this customer alone, by the id that it had then.
            purpose: For this purpose.
            action: With this action, such as `profile`.
            since: From this instant on.
            until: Before this instant.

        Returns:
            The columns of the `audit` table.

        Raises:
            ConfigurationError: An instant has no time zone.
        """
        asked = {"actor": actor, "customer_id": customer_id, "purpose": purpose, "action": action}
        where = [Where(column, "==", value) for column, value in asked.items() if value is not None]
        if since is not None:
            where.append(Where("at", ">=", as_utc(since, name="since")))
        if until is not None:
            where.append(Where("at", "<", as_utc(until, name="until")))
        return self._store.read("audit", columns=list(AUDIT.columns), where=where, order_by=["seq"])

    def head(self) -> TreeHead:
        """Return the head of the audit as it is now, after it was kept beside the store too.

        Whoever holds it can show later that nothing of what is there now was changed: give it to somebody else.

        Raises:
            ConfigurationError: The store was not opened by a hub, so that its audit is not sealed.
        """
        sealed = self._sealed()
        sealed.keep_head()
        return sealed.head(at=self._clock())

    def verify(self, head: TreeHead | None = None) -> Verification:
        """Look for entries that were changed, removed, added or moved.

        Each entry is held against its seal, all of them against the heads that were kept beside the store, and against
        `head`. In a store that no hub opened, since its key was lost, the seals are not checked: entries are held
        against heads alone.

        Args:
            head: A head that was given away.

        Returns:
            What was found; it does not raise where something is wrong.
        """
        sealed = self._store if isinstance(self._store, SealedStore) else None
        heads = heads_of(self._store) if sealed is None else sealed.heads
        # Before the state is opened: what is known from outside must not be newer than it.
        known = Witnesses(
            kept=list(heads.newest_first())[::-1],
            given=() if head is None else (head,),
            tail=None if sealed is None else sealed.tail,
        )
        with self._store.snapshot() as reader:
            return verify_log(reader, seals=None if sealed is None else sealed.seals, witnesses=known)

    def inclusion(self, audit_id: str) -> InclusionProof:
        """Return the proof that an entry is in the audit, against its present head; see `verify_inclusion`.

        Args:
            audit_id: The entry.

        Raises:
            ConfigurationError: There is no such entry, or it is from before there was a chain.
        """
        with self._store.snapshot() as reader:
            found = reader.read("audit", where=[Where("audit_id", "==", audit_id), Where("number", "is_not_null")])
            leaves = _leaves(reader)
        if found.height != 1 or not 0 <= found["number"].item() < len(leaves):
            message = f"The chain of the audit has no entry {audit_id!r}. hub.audit.entries() lists them."
            raise ConfigurationError(message)
        number = int(found["number"].item())
        return InclusionProof(
            entry=canonical_frame(found)[0].decode(),
            seal=found["seal"].item(),
            number=number,
            head=self._head_over(leaves),
            path=tuple(each.hex() for each in inclusion_path(leaves, number)),
        )

    def consistency(self, old: TreeHead) -> ConsistencyProof:
        """Return the proof that the audit only grew since `old`; see `verify_consistency`.

        Raises:
            ConfigurationError: The audit is shorter than it was then.
        """
        with self._store.snapshot() as reader:
            leaves = _leaves(reader)
        if not 0 <= old.size <= len(leaves):
            message = f"The audit has {len(leaves)} entries, the head {old.size}. hub.audit.verify(head) says more."
            raise ConfigurationError(message)
        path = tuple(each.hex() for each in consistency_path(leaves, old.size))
        return ConsistencyProof(old=old, new=self._head_over(leaves), path=path)

    def _head_over(self, leaves: list[bytes]) -> TreeHead:
        return TreeHead.sealed(Frontier().extended(leaves), at=self._clock(), seals=self._sealed().seals)

    def _sealed(self) -> SealedStore:
        if isinstance(self._store, SealedStore):
            return self._store
        message = "The audit of this store is not sealed, since no hub opened it. Use hub.audit of a CustomerHub."
        raise ConfigurationError(message)


def _leaves(reader: Reader) -> list[bytes]:
    found = reader.read("audit", columns=["leaf_hash"], where=[Where("number", "is_not_null")], order_by=["number"])
    return [bytes.fromhex(leaf) for leaf in found["leaf_hash"]]
