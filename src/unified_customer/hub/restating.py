"""Rectification: what a person, verified, states of themselves becomes a record of theirs that survives (GDPR Art. 16).

The record is of the source `rights` and linked to the customer by a decision, so that it stays with them through every
resolution, and no value in it joins anybody: an e-mail address that another customer carries is stated as a field, not
as an identifier. Fields that survive together, such as those of an address, are stated together: what is not given is
taken from the golden record as it stands. What other sources said stays as it was, as history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.kinds import STATED
from unified_customer.core.models import Actor
from unified_customer.core.tables import GOLDEN_FIELDS, LINKS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.naming import CURRENT, current_customer, records_of
from unified_customer.hub.people import ROW, PeopleRows, people_rows
from unified_customer.identity import Survivorship
from unified_customer.identity.decisions import decide
from unified_customer.identity.golden import SPOKEN
from unified_customer.identity.versions import NAME_PARTS
from unified_customer.store import Keys, Reader, Store, Where, Writer

STATABLE: Final = tuple(field for field in GOLDEN_FIELDS if field != "traits")
"""The fields that a person can state."""


@dataclass(frozen=True)
class Restated:
    """What a rectification wrote.

    Attributes:
        customer_id: Whose it is.
        record_id: The record that holds the statement.
        fields: The fields that were stated, those that survive together with what was given among them.
    """

    customer_id: str
    record_id: str
    fields: tuple[str, ...]


class Restating:
    """Writes down what customers state of themselves; called by `hub.rights.rectify`."""

    def __init__(self, store: Store, *, keyring: Keyring, clock: Clock, survivorship: Survivorship) -> None:
        """Write to `store`, dated by `clock`; `survivorship` says which fields are stated together."""
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._survivorship = survivorship

    def __call__(self, customer_id: str, fields: Mapping[str, Any], actor: Actor, request_id: str | None) -> Restated:
        """Write what a customer states, and bring their golden record up to date.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: A field cannot be stated, or a value cannot be.
        """
        given = check_fields(fields)
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            holder = current_customer(writer, customer_id)
            said = given | self._together(writer, holder, given)
            rows = self._rows(writer, holder, said, at=now)
            record_id = str(rows.records["record_id"].item())
            self._write(writer, holder, rows, actor=actor, at=now)
            detail = {"fields": sorted(given), "record": record_id, "request": request_id}
            entry = Entry("rectify", table="records", customer_id=holder, rows=1, people=1, detail=detail)
            write_entry(writer, actor, entry, at=now)
        return Restated(holder, record_id, tuple(field for field in STATABLE if field in said))

    def _together(self, reader: Reader, holder: str, given: Mapping[str, str]) -> dict[str, str]:
        """Return what stands of the fields that survive together with those that are given."""
        beside = {
            field
            for group in self._survivorship.groups
            if not given.keys().isdisjoint(group)
            for field in group
            if field not in given and not _follows(field, given)
        }
        if not beside:
            return {}
        (stands,) = reader.rows("customers", columns=sorted(beside), where=[Where("customer_id", "==", holder)])
        return {field: value for field, value in stands.items() if value is not None}

    def _rows(self, reader: Reader, holder: str, said: Mapping[str, str], *, at: datetime) -> PeopleRows:
        frame = pl.DataFrame(
            {ROW: [0], "source_id": [self._source_id(reader, holder)], "partial": [True], **_one(said)}
        )
        stated = frame.with_columns(observed_at=pl.lit(at).cast(pl.Datetime("us", "UTC")))
        none = pl.DataFrame(schema={ROW: pl.Int64, "kind": pl.String, "value": pl.String})
        rows = people_rows(stated, none, source=STATED, keyring=self._keyring)
        wrong = sorted({*rows.unreadable, *(field for field in ("birth_date",) if _unread(rows, field))})
        if wrong:
            message = f"What is stated cannot be a value of: {', '.join(wrong)}. Check the spelling."
            raise ConfigurationError(message)
        return rows

    def _source_id(self, reader: Reader, holder: str) -> str:
        """Return what the customer's own record is called: another one where a correction gave it to somebody else."""
        for number in count(1):
            name = holder if number == 1 else f"{holder}.{number}"
            where = [CURRENT, Where("record_id", "==", self._keyring.record_id(STATED, name))]
            if all(row["customer_id"] == holder for row in reader.rows("links", columns=["customer_id"], where=where)):
                return name
        raise AssertionError  # pragma: no cover (the count has no end)

    def _write(self, writer: Writer, holder: str, rows: PeopleRows, *, actor: Actor, at: datetime) -> None:
        record_id = str(rows.records["record_id"].item())
        mine = records_of(writer, holder)
        writer.append("identities", rows.identities)
        writer.append("records", rows.records)
        writer.append("identifiers", not_of_others(writer, rows.identifiers, mine))
        if record_id not in mine["record_id"]:
            must = decide("must_link", [(holder, record_id)], actor=actor.id, at=at, reason="stated by the person")
            writer.append("link_decisions", must)
            writer.upsert("links", _link(record_id, holder, at))
        refresh(writer, holder, self._survivorship)


def check_source_name(name: str) -> None:
    """Do nothing if a source may be called so.

    Raises:
        ConfigurationError: It is the name of what people state about themselves, which survives all else.
    """
    if name == STATED:
        message = f"No source can be called {name!r}: what people state about themselves is kept under it. Rename it."
        raise ConfigurationError(message)


def check_fields(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what is stated, as text by field.

    Raises:
        ConfigurationError: There is nothing, a field cannot be stated, or a value is no text.
    """
    unknown = sorted(set(fields) - set(STATABLE))
    if unknown or not fields:
        what = f"Nobody can state {', '.join(unknown)}." if unknown else "Nothing is stated."
        message = f"{what} A person is described by: {', '.join(STATABLE)}."
        raise ConfigurationError(message)
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
    odd = sorted(name for name, value in said.items() if not isinstance(value, str) or not value.strip())
    if odd:
        message = f"What is stated is text, and not blank; this is not: {', '.join(odd)}. To have a value removed, have it corrected or erased at its source."
        raise ConfigurationError(message)
    return said


def not_of_others(reader: Reader, identifiers: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """Return the identifiers that no record carries but those in `mine`: a statement joins nobody."""
    keys = Keys(identifiers.select("kind", "value_key").unique(), ("kind", "value_key"))
    carried = reader.read("identifiers", columns=["kind", "value_key", "record_id"], keys=keys)
    others = carried.join(mine, on="record_id", how="anti").select("kind", "value_key").unique()
    return identifiers.join(others, on=["kind", "value_key"], how="anti", maintain_order="left")


def refresh(writer: Writer, customer_id: str, survivorship: Survivorship) -> None:
    """Bring the golden record of one customer up to date."""
    keys = Keys(records_of(writer, customer_id), ("record_id",))
    links = writer.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)
    identities = writer.read("identities", columns=["record_id", "source"], keys=keys)
    records = writer.read("records", columns=list(SPOKEN), keys=keys)
    writer.upsert("customers", survivorship.survive(records, links, identities))


def _follows(field: str, given: Mapping[str, str]) -> bool:
    """Tell whether a field is made from those that are given: a whole name from its parts, and the parts from it."""
    if field == "full_name":
        return any(part in given for part in NAME_PARTS)
    return field in NAME_PARTS and "full_name" in given


def _one(said: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [value.isoformat() if isinstance(value, date) else str(value)] for name, value in said.items()}


def _unread(rows: PeopleRows, field: str) -> bool:
    return (
        any(str(reason).startswith(f"{field}:") for reason in rows.rejects["reason"])
        or rows.records.select(pl.col(f"{field}_raw").is_not_null() & pl.col(field).is_null()).to_series().any()
    )


def _link(record_id: str, customer_id: str, at: datetime) -> pl.DataFrame:
    row = {
        "record_id": [record_id], "customer_id": [customer_id], "valid_from": [at], "valid_to": [None],
        "probability": [1.0], "reason": ["must_link"],
    }  # fmt: skip
    return pl.DataFrame(row, schema=LINKS.columns)
