"""Who it is that asks: the records, ids and identifiers by which a person is found in every table."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.kinds import RECORD
from unified_customer.governance.naming import CURRENT, current_customer, records_of
from unified_customer.store import Keys, Reader, Where

NAMED: Final = ["kind", "value_key"]
IDENTIFIER: Final = {"kind": pl.String(), "value_key": pl.String(), "value": pl.String()}


@dataclass(frozen=True)
class Person:
    """What a person is known by.

    Attributes:
        customer_id: The id that the person has now; after an erasure, the one that was asked for.
        records: `record_id` of every record that the person holds now; each of them is an id of the customer too.
        identifiers: `kind`, `value_key` and `value` of everything that these records carry, each once.
        shared: `kind` and `value_key` of those identifiers that other people hold too.
        erased_at: When the person was erased; None: never.
    """

    customer_id: str
    records: pl.DataFrame
    identifiers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=IDENTIFIER))
    shared: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=IDENTIFIER).select(NAMED))
    erased_at: datetime | None = None

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every id that means this person."""
        return frozenset(self.records["record_id"])

    @cached_property
    def own(self) -> pl.DataFrame:
        """The identifiers that nobody else holds."""
        return self.identifiers.join(self.shared, on=NAMED, how="anti")

    @cached_property
    def subjects(self) -> pl.DataFrame:
        """Whom statements about the person name: `subject_kind`, `subject_key`."""
        return pl.concat([_subjects(self.identifiers), _record_subjects(self.records)])

    @cached_property
    def own_subjects(self) -> pl.DataFrame:
        """Those of `subjects` that are nobody else's."""
        return pl.concat([_subjects(self.own), _record_subjects(self.records)])


def find(reader: Reader, any_id: str) -> Person:
    """Return the person that `any_id` means: who holds that record now, or who was erased.

    Raises:
        UnknownCustomerError: The id was never issued, or its record is not resolved yet.
        ConfigurationError: Records that were loaded since the last resolution may be the person's too.
    """
    try:
        holder = current_customer(reader, any_id)
    except UnknownCustomerError:
        return _erased(reader, any_id)
    person, waiting = look_up(reader, holder)
    if waiting:
        message = (
            f"{waiting:,} records that carry an identifier of this customer are not resolved yet, and may be theirs. "
            "Run hub.resolve(), then ask again."
        )
        raise ConfigurationError(message)
    return person


def look_up(reader: Reader, customer_id: str) -> tuple[Person, int]:
    """Return the person who is the customer now, and how many records are not resolved that carry the same identifiers."""
    records = records_of(reader, customer_id).sort("record_id")
    seen = reader.read("identifiers", columns=list(IDENTIFIER), keys=Keys(records, ("record_id",)))
    identifiers = seen.unique(NAMED).sort(NAMED)
    alike = _others(reader, records, identifiers)
    carrying = Keys(alike.select("record_id").unique(), ("record_id",))
    linked = reader.read("links", columns=["record_id"], where=[CURRENT], keys=carrying)
    shared = alike.join(linked, on="record_id", how="semi").select(NAMED).unique().sort(NAMED)
    waiting = carrying.frame.join(linked, on="record_id", how="anti").height
    return Person(customer_id, records, identifiers, shared), waiting


def _erased(reader: Reader, any_id: str) -> Person:
    graves = reader.read(
        "tombstones", columns=["erased_at"], where=[Where("kind", "==", RECORD), Where("value_key", "==", any_id)]
    )
    if graves.is_empty():
        current_customer(reader, any_id)  # says why there is nobody
    return Person(any_id, pl.DataFrame({"record_id": [any_id]}), erased_at=graves["erased_at"].item())


def _others(reader: Reader, records: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return `record_id`, `kind`, `value_key` of the records of others that carry one of these identifiers."""
    keys = Keys(identifiers.select(NAMED), tuple(NAMED))
    carrying = reader.read("identifiers", columns=["record_id", *NAMED], keys=keys)
    return carrying.join(records, on="record_id", how="anti")


def _subjects(identifiers: pl.DataFrame) -> pl.DataFrame:
    return identifiers.select(subject_kind="kind", subject_key="value_key")


def _record_subjects(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(subject_kind=pl.lit(RECORD), subject_key="record_id")
