"""Erasure: a person's rows leave every table, and what named the person is kept only as keyed hashes.

What stays is the stub in `identities` (a keyed hash and a place in the order, so that no other id moves), tombstones
(keyed hashes, so that a source that still sends the person is not let in again) and the audit. The bytes are gone from
the file after `compact()`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import TABLES, TOMBSTONES
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.naming import CURRENT, current_customer, records_of
from unified_customer.governance.payloads import held_about
from unified_customer.policy.sharing import UTTERED, YES_STATUS
from unified_customer.store import Keys, Reader, Store, Where, Writer

KEPT: Final = ("identities", "audit", "artifact_subjects", "request_events", "erasure_steps", "holds")
"""Tables that keep keyed hashes of erased people: the stub, the proof, and what still has to be followed up."""

CUSTOMER_TABLES: Final = tuple(name for name, each in TABLES.items() if each.subject == "customer" and name not in KEPT)
RECORD_TABLES: Final = tuple(name for name, each in TABLES.items() if each.subject == "record" and name not in KEPT)


@dataclass(frozen=True)
class ErasureReceipt:
    """What an erasure did: counts and hashes, never values.

    Attributes:
        customer_id: The customer that was.
        rows: Rows deleted by table.
        tombstones: Keyed hashes that are now refused.
        bytes_pending: Whether deleted bytes are still in the file until `compact()`.
    """

    customer_id: str
    rows: Mapping[str, int]
    tombstones: int
    bytes_pending: bool = True


def erase(
    store: Store, customer_id: str, *, clock: Clock, actor: Actor, request_id: str | None = None
) -> ErasureReceipt:
    """Erase a customer from every table, in one transaction.

    Args:
        store: The store.
        customer_id: Any id of the customer.
        clock: Gives the present instant.
        actor: Who erases.
        request_id: The request that asked for it.

    Returns:
        What was done.

    Raises:
        UnknownCustomerError: There is no such customer.
        ConfigurationError: Records that were loaded since the last resolution may be the customer's too.
    """
    now = clock()
    with store.transaction(recorded_at=now) as writer:
        holder = current_customer(writer, customer_id)
        records = records_of(writer, holder)
        _refuse_unresolved(writer, records)
        identifiers = _exclusive_identifiers(writer, records)
        set_aside = unclear_yeses(writer, records, identifiers)
        rows = _delete(writer, records, identifiers, set_aside)
        tombstones = _bury(writer, records, identifiers, at=now, request_id=request_id)
        detail = {"rows": rows, "request": request_id, "asked_for": customer_id}
        entry = Entry("erase", customer_id=holder, detail=detail)
        write_entry(writer, actor, entry, at=now)
    return ErasureReceipt(holder, rows, tombstones)


def _refuse_unresolved(reader: Reader, records: pl.DataFrame) -> None:
    """Refuse to erase a part of a person: records that nobody resolved yet may be of the same one."""
    named = ["kind", "value_key"]
    own = reader.read("identifiers", columns=named, keys=Keys(records, ("record_id",))).unique()
    alike = reader.read("identifiers", columns=["record_id"], keys=Keys(own, ("kind", "value_key"))).unique()
    linked = reader.read("links", columns=["record_id"], where=[CURRENT], keys=Keys(alike, ("record_id",)))
    waiting = alike.join(linked, on="record_id", how="anti").height
    if waiting:
        message = (
            f"{waiting:,} records that carry an identifier of this customer are not resolved yet, and would stay. "
            "Run hub.resolve(), then erase."
        )
        raise ConfigurationError(message)


def _exclusive_identifiers(reader: Reader, records: pl.DataFrame) -> pl.DataFrame:
    """Return `kind`, `value_key` and `value` of what only these records carry: a shared mailbox is not theirs alone."""
    columns = ["record_id", "kind", "value_key", "value"]
    own = reader.read("identifiers", columns=columns, keys=Keys(records, ("record_id",)))
    named = own.select("kind", "value_key").unique()
    everywhere = reader.read("identifiers", columns=columns[:3], keys=Keys(named, ("kind", "value_key")))
    shared = everywhere.join(records, on="record_id", how="anti").select("kind", "value_key").unique()
    return own.join(shared, on=["kind", "value_key"], how="anti").unique(["kind", "value_key"])


def unclear_yeses(reader: Reader, records: pl.DataFrame, exclusive: pl.DataFrame) -> pl.DataFrame:
    """Return `statement_id` of each yes about an identifier that others hold too, unless they say it of a record.

    While it is shared such a yes opens nobody (see `policy.sharing`). It must not open whoever is left alone with it.

    Args:
        reader: One state of the store.
        records: Who goes: `record_id`.
        exclusive: The identifiers that only these carry.
    """
    own = reader.read("identifiers", columns=["kind", "value_key"], keys=Keys(records, ("record_id",))).unique()
    shared = own.join(exclusive, on=["kind", "value_key"], how="anti")
    carrying = reader.read("identifiers", columns=["record_id"], keys=Keys(shared, ("kind", "value_key")))
    others = carrying.join(records, on="record_id", how="anti").unique()
    yes = _yeses(reader, shared.select(subject_kind="kind", subject_key="value_key"))
    theirs = _yeses(reader, others.select(subject_kind=pl.lit(RECORD), subject_key="record_id"))
    return yes.join(theirs, on=UTTERED, how="anti", nulls_equal=True).select("statement_id")


def _yeses(reader: Reader, subjects: pl.DataFrame) -> pl.DataFrame:
    keys = Keys(subjects, ("subject_kind", "subject_key"))
    where = [Where("status", "in", YES_STATUS)]
    return reader.read("consents", columns=["statement_id", *UTTERED], where=where, keys=keys)


def _delete(
    writer: Writer, records: pl.DataFrame, identifiers: pl.DataFrame, set_aside: pl.DataFrame
) -> dict[str, int]:
    counts = {"quarantine": _delete_quarantined(writer, identifiers)}
    customers = records.rename({"record_id": "customer_id"})
    for name in CUSTOMER_TABLES:
        counts[name] = writer.delete(name, customers)
        if "record_id" in TABLES[name].columns:
            counts[name] += writer.delete(name, records)
    for name in RECORD_TABLES:
        counts[name] = counts.get(name, 0) + writer.delete(name, records)
    for side in ("record_a", "record_b"):
        named = records.rename({"record_id": side})
        counts["link_decisions"] = counts.get("link_decisions", 0) + writer.delete("link_decisions", named)
    counts["consents"] = writer.delete("consents", _subjects(records, identifiers))
    counts["consents"] += writer.delete("consents", set_aside)
    return {name: count for name, count in counts.items() if count}


def _subjects(records: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    own = records.select(subject_kind=pl.lit(RECORD), subject_key="record_id")
    return pl.concat([own, identifiers.select(subject_kind="kind", subject_key="value_key")])


def _delete_quarantined(writer: Writer, identifiers: pl.DataFrame) -> int:
    """Delete the rows in quarantine that hold a value of the person, also where nobody could read whose they are."""
    held = writer.read("quarantine", columns=["quarantine_id", "payload"]).drop_nulls()
    about = held_about(held["payload"], identifiers)
    return writer.delete("quarantine", held.filter(about).select("quarantine_id"))


def _bury(
    writer: Writer, records: pl.DataFrame, identifiers: pl.DataFrame, *, at: datetime, request_id: str | None
) -> int:
    graves = pl.concat(
        [
            records.select(kind=pl.lit(RECORD), value_key="record_id"),
            identifiers.select("kind", "value_key"),
        ]
    ).with_columns(
        erased_at=pl.lit(at).cast(TOMBSTONES.columns["erased_at"]), request_id=pl.lit(request_id, dtype=pl.String)
    )
    return writer.upsert("tombstones", TOMBSTONES.conform(graves)).inserted
