"""Whom the identifiers of a single record name, as `ExactIdentity` would join it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from unified_customer.identity.exact import ExactIdentity
from unified_customer.identity.index.identifiers import KnownIdentifiers
from unified_customer.identity.people import cannot_be_one, person
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


def agreeing(record: Mapping[str, Any], customers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the customers who can be the person that a record speaks of.

    Args:
        record: Values by field; of `PERSONAL`, any may be missing.
        customers: `customer_id` and the fields of `PERSONAL` of each.
    """
    here = person(record)
    return [each["customer_id"] for each in customers if not cannot_be_one(here, person(each))]
