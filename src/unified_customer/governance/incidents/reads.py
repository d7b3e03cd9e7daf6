"""Incidents with reads: what an actor whose credentials leaked read in some time, told by the audit.

The audit keeps how many people a read showed, not who they were. They are found again by deciding anew, on what was
known at the instant of the read and under the policy that was in force then.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import just_after
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import TABLES
from unified_customer.governance.concerned import Concerned
from unified_customer.governance.door import READABLE
from unified_customer.governance.gate import admit
from unified_customer.governance.incidents.found import Found, personal_columns
from unified_customer.governance.incidents.knowledge import known_at
from unified_customer.governance.incidents.rows import within
from unified_customer.governance.incidents.scope import ABOUT_PEOPLE, IncidentScope
from unified_customer.governance.sight import is_known
from unified_customer.policy import Policy, Request
from unified_customer.store import Reader, Where

SHOWING_NOBODY: Final = frozenset(
    {"load", "replay", "resolve", "resolve_accounts", "merge", "split", "retract", "must_link", "cannot_link",
     "policy", "consent", "preview", "preview_erasure", "erase", "confirm_erasure", "retire", "retention", "hold",
     "request", "rectify", "save", "begin", "incident"}
)  # fmt: skip
"""Actions that give no rows to whoever does them; every other one counts as a read."""

ENTRY: Final = ("at", "roles", "action", "subject_table", "purpose", "customer_id", "people", "withheld_fields")
DOUBTS: Final = MappingProxyType(
    {
        "fewer": "{count:,} reads showed fewer people than their purpose allowed: all whom it allowed count as affected.",
        "more": "{count:,} reads showed more people than can be decided now: all who were known then count as affected.",
        "erased": "{count:,} reads showed people who were erased since: nothing is left to name them by.",
    }
)
"""What is not known of a read -> what the report says of it."""


@dataclass(frozen=True)
class _Read:
    """Whom one read showed, and what is not known of it."""

    ids: pl.Series
    doubt: str = ""


def in_reads(reader: Reader, scope: IncidentScope, *, policy: Policy) -> Found:
    """Return whom the reads in `scope` showed, and which columns.

    Args:
        reader: One state of the store.
        scope: Names the actor, the period, and tables where only reads of these count.
        policy: In force at times of which the store keeps no policy.

    Raises:
        ConfigurationError: The actor is not in the audit.
    """
    entries = _entries(reader, scope)
    read = [_shown(reader, entry, policy) for entry in entries]
    concerned = Concerned()
    for each in read:
        concerned.add_ids(each.ids)
    doubts = Counter(each.doubt for each in read if each.doubt)
    notes = tuple(text.format(count=doubts[doubt]) for doubt, text in DOUBTS.items() if doubts[doubt])
    columns = frozenset(column for entry in entries for column in _columns(reader, entry, policy))
    return Found(concerned.people(reader), len(entries), columns, exact=not doubts, notes=notes)


def _entries(reader: Reader, scope: IncidentScope) -> list[dict[str, Any]]:
    by = [Where("actor", "==", scope.reads_by)]
    if not reader.count("audit", where=by):
        message = f"The audit knows no actor {scope.reads_by!r}. hub.audit.entries() lists who did what."
        raise ConfigurationError(message)
    found = reader.read("audit", columns=list(ENTRY), where=[*by, *within("at", scope)], order_by=["seq"])
    rows = found.filter(~pl.col("action").is_in(SHOWING_NOBODY)).to_dicts()
    return [row for row in rows if scope.tables is None or {*scope.tables} & {*_tables(row)}]


def _shown(reader: Reader, entry: Mapping[str, Any], policy: Policy) -> _Read:
    if entry["customer_id"] is not None:
        return _Read(pl.Series([entry["customer_id"]]))
    known, count = known_at(reader, entry["at"]), entry["people"]
    if count == 0:
        return _Read(pl.Series([], dtype=pl.String))
    then = policy_at(known, entry["at"], policy)
    if entry["purpose"] is None or not is_known(then, entry["purpose"]):
        return _Read(_everybody(known), "" if entry["purpose"] is None else "more")
    as_of = just_after(entry["at"])
    shown = admit(known, Request(entry["purpose"]), policy=then, as_of=as_of).customers["customer_id"]
    missing = 0 if count is None else count - len(shown)
    if missing <= 0:
        return _Read(shown, "fewer" if missing else "")
    return _Read(shown, "erased") if missing <= _erased_since(reader, entry["at"]) else _Read(_everybody(known), "more")


def _everybody(known: Reader) -> pl.Series:
    return known.read("identities", columns=["record_id"])["record_id"]


def _erased_since(reader: Reader, at: datetime) -> int:
    return reader.count("tombstones", where=[Where("kind", "==", RECORD), Where("erased_at", ">=", at)])


def policy_at(reader: Reader, at: datetime, policy: Policy) -> Policy:
    """Return the policy that was in force at an instant; `policy` where the store keeps none of that time."""
    where = [Where("in_force_from", "<=", at)]
    kept = reader.read("policies", columns=["body"], where=where, order_by=["in_force_from"], descending=True, limit=1)
    body = kept["body"].item() if kept.height else None
    return policy if body is None else Policy.from_json(body)


def _columns(reader: Reader, entry: Mapping[str, Any], policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield the personal columns that a read may have shown."""
    then = policy_at(reader, entry["at"], policy)
    if entry["purpose"] is None or not is_known(then, entry["purpose"]):
        yield from ((name, column) for name in ABOUT_PEOPLE for column in personal_columns(name))
        return
    withheld, actor = set(entry["withheld_fields"]), Actor(id="then", roles=tuple(entry["roles"]))
    for name in _tables(entry):
        seen = then.visible_columns(TABLES[name], entry["purpose"], actor=actor).visible
        yield from ((name, each) for each in personal_columns(name) if each in seen and each not in withheld)


def _tables(entry: Mapping[str, Any]) -> tuple[str, ...]:
    if entry["purpose"] is None:
        return ABOUT_PEOPLE
    # A profile shows identifiers and, where it was asked to, events beside the golden record.
    if entry["action"] == "profile":
        return ("customers", "identifiers", "events")
    return (entry["subject_table"],) if entry["subject_table"] in READABLE else READABLE
