"""Whom statements are about: an identifier, or all that is a customer's; and what was said of them."""

from collections.abc import Callable, Sequence

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.kinds import RECORD, check_kind
from unified_customer.core.models import Consent
from unified_customer.core.tables import CONSENTS
from unified_customer.governance.access.person import look_up
from unified_customer.governance.naming import current_customer, records_of
from unified_customer.policy.sharing import counting
from unified_customer.store import Keys, Reader

KeyOf = Callable[[str, str], str | None]
"""Gives the value key of an identifier kind and a raw value; None where the value is no such identifier."""

Subject = tuple[str, str]
"""`(kind, key)` of an identifier, or of a record."""


def named_subjects(
    reader: Reader, *, identifier: tuple[str, str] | None, customer_id: str | None, key_of: KeyOf
) -> list[Subject]:
    """Return what a statement is about: one identifier, or everything of a customer.

    Raises:
        ConfigurationError: Not exactly one of the two is given, or the identifier cannot be meant.
        UnknownCustomerError: There is no such customer.
    """
    if customer_id is not None and identifier is None:
        return subjects_of(reader, customer_id)
    if identifier is not None and customer_id is None:
        return [_subject(*identifier, key_of)]
    message = "Name whom the statement is about: either identifier=(kind, value) or customer_id=..."
    raise ConfigurationError(message)


def _subject(kind: str, value: str, key_of: KeyOf) -> Subject:
    if check_kind(kind) == RECORD:
        message = "A record is no identifier. Name the person by customer_id=..., which takes any id ever issued."
        raise ConfigurationError(message)
    key = key_of(kind, value)
    if key is None:
        message = f"The value given is not a valid identifier of kind {kind!r}. Check its spelling."
        raise ConfigurationError(message)
    return kind, key


def subjects_of(reader: Reader, customer_id: str) -> list[Subject]:
    """Return every identifier and record of the customer who holds `customer_id` now, sorted.

    Raises:
        UnknownCustomerError: There is no such customer.
    """
    records = records_of(reader, current_customer(reader, customer_id))
    identifiers = reader.read("identifiers", columns=["kind", "value_key"], keys=Keys(records, ("record_id",)))
    return sorted({*identifiers.rows(), *((RECORD, record_id) for record_id in records["record_id"])})


def statements_about(reader: Reader, subjects: Sequence[Subject]) -> pl.DataFrame:
    """Return every statement about `subjects`, oldest first: the columns of `consents`."""
    named = pl.DataFrame(subjects, schema=["subject_kind", "subject_key"], orient="row")
    keys = Keys(named, ("subject_kind", "subject_key"))
    return reader.read("consents", columns=list(CONSENTS.columns), keys=keys, order_by=["stated_at", "seq"])


def said_by(reader: Reader, subjects: Sequence[Subject], *, customer_id: str | None) -> list[Consent]:
    """Return the statements about `subjects`; of a customer's, those that count for that customer."""
    rows = statements_about(reader, subjects).iter_rows(named=True)
    statements = [Consent.model_construct(**row) for row in rows]
    if customer_id is None:
        return statements
    person, _ = look_up(reader, current_customer(reader, customer_id))
    return counting(statements, person.shared.rows())[0]


def chosen(said: Sequence[Consent], statement_ids: Sequence[str] | None) -> list[Consent]:
    """Return the statements of these ids; None: all.

    Raises:
        ConfigurationError: Some of them are not among `said`.
    """
    if statement_ids is None:
        return list(said)
    wanted = [each for each in said if each.statement_id in statement_ids]
    if missing := len(set(statement_ids)) - len(wanted):
        message = f"{missing:,} of the statements named are not this person's. See hub.consent.statements(...)."
        raise ConfigurationError(message)
    return wanted
