"""Whom the identifiers of a single record name, as `ExactIdentity` would join it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from unified_customer.identity.exact import ExactIdentity
from unified_customer.identity.index.identifiers import KnownIdentifiers
from unified_customer.identity.people import PERSON, Person, cannot_be_one, persons
from unified_customer.identity.sharing import why_blocked

PERSONAL: Final = ExactIdentity.reads
"""The fields that can contradict an identifier."""


@dataclass(frozen=True)
class Carried:
    """An identifier that a record carries.

    Attributes:
        kind: Its kind.
        value: Its normal form.
        value_key: What it is called in the store.
    """

    kind: str
    value: str
    value_key: str


def holders(
    spec: ExactIdentity, carried: Sequence[Carried], known: KnownIdentifiers
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the records that carry the same identifiers as a record, from the strongest kind to the weakest.

    Kinds that join nobody are left out, and so are values that identify nobody and those on very many records.

    Args:
        spec: What joins.
        carried: The identifiers of the record.
        known: Who carries them.
    """
    order = {kind: number for number, kind in enumerate(spec.weaker, start=1)}
    for each in sorted(carried, key=lambda one: (order.get(one.kind, 0), one.kind, one.value_key)):
        if each.kind in spec.ignored:
            continue
        theirs = known.holders(each.kind, each.value_key, most=spec.max_records)
        if theirs and why_blocked(spec, each.kind, pl.Series([each.value])).item() is None:
            yield each.kind, tuple(theirs)


def agreeing(record: Mapping[str, Any], customers: pl.DataFrame) -> list[str]:
    """Return the customers who can be the person that a record speaks of.

    Args:
        record: Values by field; of `PERSONAL`, any may be missing.
        customers: `customer_id` and the fields of `PERSONAL`.
    """
    said = {field: record.get(field) for field in PERSONAL}
    if customers.is_empty() or not any(said.values()):
        return customers["customer_id"].to_list()
    if all(_same_words(said, customer) for customer in customers.iter_rows(named=True)):
        return customers["customer_id"].to_list()
    there = customers.select(*PERSONAL, record_id="customer_id")
    one = pl.DataFrame({**said, "record_id": ""}, schema=there.schema)
    people = persons(pl.concat([one, there]))
    here, *others = (Person(*row) for row in people.select(PERSON).iter_rows())
    ids = customers["customer_id"].to_list()
    return [each for each, other in zip(ids, others, strict=True) if not cannot_be_one(here, other)]


def _same_words(said: Mapping[str, Any], customer: Mapping[str, Any]) -> bool:
    """Say whether nothing has to be asked: all that both say is the same to the letter."""
    if said["full_name"] is not None:
        return False
    parts = [(said[field], customer[field]) for field in PERSONAL if field != "full_name"]
    return all(one is None or other is None or _folded(one) == _folded(other) for one, other in parts)


def _folded(value: str | date) -> str | date:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value
