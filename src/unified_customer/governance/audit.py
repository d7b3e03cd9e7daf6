"""The audit: one row for every read and write of personal data, by whom and under which purpose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.models import Actor
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import AUDIT
from unified_customer.store import Store, Where, Writer


@dataclass(frozen=True)
class Entry:
    """What was done: counts and settings, never values of people."""

    action: str
    table: str | None = None
    purpose: str | None = None
    as_of: datetime | None = None
    customer_id: str | None = None
    rows: int | None = None
    people: int | None = None
    withheld_people: int | None = None
    withheld_fields: Sequence[str] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


class AuditLog:
    """Writes and reads the audit table of a store."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        """Write to `store`, dated by `clock`."""
        self._store = store
        self._clock = clock

    def record(self, actor: Actor, entry: Entry) -> None:
        """Write `entry` in a transaction of its own; it is durable when this returns."""
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            write_entry(writer, actor, entry, at=now)

    def entries(
        self, *, actor: str | None = None, customer_id: str | None = None, purpose: str | None = None
    ) -> pl.DataFrame:
        """Return the entries, oldest first, of all or of one actor, customer or purpose.

        Returns:
            The columns of the `audit` table.
        """
        asked = {"actor": actor, "customer_id": customer_id, "purpose": purpose}
        where = [Where(column, "==", value) for column, value in asked.items() if value is not None]
        return self._store.read("audit", columns=list(AUDIT.columns), where=where, order_by=["seq"])


def write_entry(writer: Writer, actor: Actor, entry: Entry, *, at: datetime) -> None:
    """Write `entry` as part of a running transaction."""
    row = {
        "audit_id": str(writer.last_seq() + 1),
        "at": at,
        "actor": actor.id,
        "roles": list(actor.roles),
        "action": entry.action,
        "subject_table": entry.table,
        "purpose": entry.purpose,
        "as_of": entry.as_of,
        "customer_id": entry.customer_id,
        "rows": entry.rows,
        "people": entry.people,
        "withheld_people": entry.withheld_people,
        "withheld_fields": list(entry.withheld_fields),
        "detail": canonical_json(dict(entry.detail)),
    }
    writer.append_row("audit", row, fresh=True)
