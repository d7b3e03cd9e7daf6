"""Putting an answer together: everything about a person, or what the person may take elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock, just_after
from unified_customer.core.tables import RECORDED_AT, TABLES
from unified_customer.governance.access.gathering import gather
from unified_customer.governance.access.information import Information, Use, categories_of, inform, origins_of
from unified_customer.governance.access.others import Part, Withheld, without_others
from unified_customer.governance.access.person import find
from unified_customer.governance.access.personal_data import PersonalData
from unified_customer.policy import Policy
from unified_customer.store import Reader

GIVEN: Final = ("records", "identifiers", "events", "order_lines", "answers", "consents", "outcomes", "quarantine")
"""Tables of what a person provided or was seen to do; what was concluded from it is not portable (WP 242 rev.01)."""

PORTABLE_BASES: Final = frozenset({"consent", "guardian_consent", "contract"})
"""Legal bases under which data are portable: GDPR Art. 20(1)(a)."""


def collect(
    reader: Reader, customer_id: str, *, policy: Policy, clock: Clock, request_id: str | None = None
) -> PersonalData:
    """Return everything that is held about a person (GDPR Art. 15).

    Args:
        reader: One state of the store.
        customer_id: Any id ever issued.
        policy: What data are used for, who gets them, and how long they are kept.
        clock: Gives the present instant.
        request_id: The request that asked for it.

    Raises:
        UnknownCustomerError: The id was never issued, or its record is not resolved yet.
        ConfigurationError: Records that were loaded since the last resolution may be the person's too.
    """
    now = clock()
    person = find(reader, customer_id)
    parts = {name: without_others(reader, person, name, rows) for name, rows in gather(reader, person).items()}
    tables = {name: part.frame for name, part in parts.items()}
    return PersonalData(
        customer_id=person.customer_id,
        kind="access",
        made_at=now,
        tables=tables,
        information=inform(reader, person, tables, policy=policy, as_of=just_after(now)),
        withheld=_withheld(parts),
        erased_at=person.erased_at,
        request_id=request_id,
    )


def portable(data: PersonalData, *, policy: Policy) -> PersonalData:
    """Return the part of an answer that the person may take elsewhere (GDPR Art. 20).

    It holds what the person provided or was observed, as far as it may be used now for a purpose that rests on consent
    or contract. What was concluded of the person, what was done with the data, and what partners or brokers told is
    left out.

    Args:
        data: What `collect` returned.
        policy: Names the legal basis of each purpose, and what it may see.
    """
    purposes = [each.purpose for each in _resting_on_the_person(data.information.uses)]
    columns = {name: _portable_columns(name, purposes, policy) for name in GIVEN}
    tables = {
        name: frame.select(column for column in frame.columns if column in columns[name])
        for name, frame in data.tables.items()
        if columns.get(name)
    }
    withheld = tuple(each for each in data.withheld if each.table in tables)
    told = _told_of(data, tables, policy=policy)
    return replace(data, kind="portability", tables=tables, information=told, withheld=withheld)


def _portable_columns(name: str, purposes: list[str], policy: Policy) -> set[str]:
    target = TABLES[name]
    seen = {column for purpose in purposes for column in policy.visible_columns(target, purpose).visible}
    own = {column for column in seen if target.fields[column].party in {"zero", "first"}}
    return {*own, RECORDED_AT} if any(target.fields[column].personal for column in own) else set()


def _told_of(data: PersonalData, tables: Mapping[str, pl.DataFrame], *, policy: Policy) -> Information:
    """Return what is told of a part of the data: nothing of what is not in it."""
    told = data.information
    return Information(
        controller=told.controller,
        notice=told.notice,
        uses=_resting_on_the_person(told.uses),
        categories=categories_of(tables, policy),
        origins=origins_of(tables),
        rights=told.rights,
    )


def _resting_on_the_person(uses: Iterable[Use]) -> tuple[Use, ...]:
    return tuple(each for each in uses if each.allowed and each.basis in PORTABLE_BASES)


def _withheld(parts: Mapping[str, Part]) -> tuple[Withheld, ...]:
    return tuple(each for part in parts.values() for each in part.withheld)
