"""Consent receipts: what a person said, as a document to hand out.

A field that the standard makes mandatory is never made up: what nobody recorded and no policy tells is asked for.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import SPECIAL_CATEGORIES, covered
from unified_customer.core.models import Consent
from unified_customer.core.models.purposes import EVERY_PURPOSE
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import table
from unified_customer.governance.access.information import rights_of
from unified_customer.governance.door import READABLE
from unified_customer.governance.kept import kept_in_words
from unified_customer.governance.receipt_document import (
    ConsentReceipt,
    ConsentRecord,
    Event,
    Information,
    Named,
    Party,
    PiiProcessing,
    Processing,
)
from unified_customer.policy import Controller, Notice, Policy, Recipient, Request, overlaps

STATES: Final[Mapping[str, str]] = {
    "granted": "given",
    "denied": "refused",
    "withdrawn": "withdrawn",
    "objected": "objected",
    "restricted": "restricted",
    "unrestricted": "restriction lifted",
}
"""Status of a statement -> state of its event; the words of the lifecycle of consent where it has one."""

TYPES: Final[Mapping[str, str]] = {"objected": "objection", "restricted": "restriction", "unrestricted": "restriction"}
"""Status of a statement -> what kind of act it is, where that is no consent."""

WITHDRAW: Final = (
    "Write to {contact} and name this receipt; it costs nothing and needs no reason. It takes effect at the next use."
)


def receipt_of(statements: Sequence[Consent], *, principal: str, policy: Policy, issued_at: datetime) -> ConsentReceipt:
    """Return a receipt for `statements`.

    Args:
        statements: What one person said; what was said of several identifiers at once comes once.
        principal: The pseudonym of the person.
        policy: Names the controller, the notice, the recipients, and what each purpose may see.
        issued_at: The instant of issue.

    Raises:
        ConfigurationError: There is no statement, or nothing tells a field that is mandatory.
    """
    if not statements:
        message = "There is no statement to give a receipt for. Record one with hub.consent.record(...)."
        raise ConfigurationError(message)
    said = sorted(_once(statements), key=lambda each: (_scope(each), each.stated_at, each.statement_id))
    controller = _answerable(policy)
    records = tuple(
        _record(tuple(group), principal=principal, policy=policy, controller=controller)
        for _, group in groupby(said, key=_scope)
    )
    named = [record.record_id for record in records]
    return ConsentReceipt(
        receipt_id=_uuid(principal, issued_at.isoformat(), *named), issued_at=issued_at, records=records
    )


def _once(statements: Iterable[Consent]) -> list[Consent]:
    """Return one of all statements that say the same at the same time, of whatever identifier."""
    of_one = {"statement_id", "subject_kind", "subject_key"}
    distinct = {each.model_dump_json(exclude=of_one): each for each in statements}
    return list(distinct.values())


def _scope(said: Consent) -> tuple[str, str, str]:
    return said.purpose, said.channel or "", said.recipient or ""


def _answerable(policy: Policy) -> Controller:
    if policy.controller is None:
        message = "A receipt names who answers for the data. Name it: Policy(controller=Controller(name=..., ...))."
        raise ConfigurationError(message)
    for part in ("address", "country"):
        if getattr(policy.controller, part) is None:
            message = (
                f"A receipt names the {part} of the controller. Name it: Policy(controller=Controller({part}=...))."
            )
            raise ConfigurationError(message)
    return policy.controller


def _record(said: tuple[Consent, ...], *, principal: str, policy: Policy, controller: Controller) -> ConsentRecord:
    recipients = _recipients(said[-1], policy)
    processing = PiiProcessing(
        privacy_notice=_notices(said, policy),
        language=_languages(said, policy),
        purposes=(_processing(said, policy, controller, recipients),),
    )
    return ConsentRecord(
        record_id=_uuid(principal, *_scope(said[0])),
        pii_principal_id=principal,
        pii_processing=processing,
        party_identification=(_controller(controller), *(_party(*each) for each in recipients.items())),
        events=tuple(_event(each, principal) for each in said),
    )


def _processing(
    said: Sequence[Consent], policy: Policy, controller: Controller, recipients: Mapping[str, Recipient]
) -> Processing:
    last = said[-1]
    columns = _columns(policy, last.purpose)
    countries = [controller.country, *(each.country for each in recipients.values())]
    return Processing(
        purpose=last.purpose,
        purpose_type=last.purpose.partition(".")[0],
        service=last.channel,
        lawful_basis=_distinct(each.legal_basis for each in said),
        special_category_basis=_distinct(each.special_basis for each in said),
        pii_information=tuple(_information(each, columns, last, policy) for each in sorted({*columns.values()})),
        pii_controllers=(controller.name,),
        collection_method=_distinct(each.method for each in said),
        storage_locations=_distinct(countries),
        retention_period=kept_in_words(policy, columns),
        geographic_restrictions=_distinct(each.safeguards for each in recipients.values()),
        jurisdiction=_distinct([*(each.jurisdiction for each in reversed(said)), controller.country])[0],
        recipient_third_parties=tuple(recipients),
        withdrawal_method=WITHDRAW.format(contact=controller.contact),
        privacy_rights=rights_of(policy),
        authority_party=controller.authority,
    )


def _columns(policy: Policy, purpose: str) -> dict[tuple[str, str], str]:
    """Return the category of every column about people that a purpose may see, by table and column."""
    found: dict[tuple[str, str], str] = {}
    for name in READABLE:
        target = table(name)
        seen = tuple(target.columns) if purpose == EVERY_PURPOSE else policy.visible_columns(target, purpose).visible
        personal = [column for column in seen if target.subject != "none" and target.fields[column].personal]
        found |= {(name, column): target.fields[column].category for column in personal}
    return found


def _information(category: str, columns: Mapping[tuple[str, str], str], said: Consent, policy: Policy) -> Information:
    return Information(
        pii_type=category,
        pii_optional=said.legal_basis == "consent",
        special_pii_category=covered(category, SPECIAL_CATEGORIES),
        retention_period=kept_in_words(policy, [each for each, its in columns.items() if its == category]),
    )


def _recipients(said: Consent, policy: Policy) -> dict[str, Recipient]:
    """Return who gets data for the use that a statement is about.

    Raises:
        ConfigurationError: The statement names a recipient that the policy does not.
    """
    if said.recipient is not None and said.recipient not in policy.recipients:
        message = f"A receipt says who {said.recipient!r} is. Name it: Policy(recipients={{{said.recipient!r}: ...}})."
        raise ConfigurationError(message)
    return {
        name: each
        for name, each in policy.recipients.items()
        if said.recipient == name or (said.recipient is None and _is_for(each, said))
    }


def _is_for(recipient: Recipient, said: Consent) -> bool:
    return said.purpose == EVERY_PURPOSE or any(
        overlaps(Request(purpose), Request(said.purpose)) for purpose in recipient.purposes
    )


def _notices(said: Sequence[Consent], policy: Policy) -> tuple[Named, ...]:
    shown = [Named(name=each.notice, version=each.notice_version) for each in said if each.notice]
    if not shown:
        notice = _notice_of(said, policy)
        shown = [Named(name="privacy notice", version=notice.version, url=notice.url)]
    return tuple(dict.fromkeys(shown))


def _languages(said: Sequence[Consent], policy: Policy) -> tuple[str, ...]:
    return _distinct(each.language for each in said) or (_notice_of(said, policy).language,)


def _notice_of(said: Sequence[Consent], policy: Policy) -> Notice:
    """Return the notice that people were shown when it was said last.

    Raises:
        ConfigurationError: None is named, or the one that is came later.
    """
    notice = policy.notice
    if notice is None or notice.effective > said[-1].stated_at.date():
        message = (
            f"Nothing tells the notice, or its language, for the statements about {said[-1].purpose!r}. Record them with "
            "notice=... and language=..., or name the notice of that time: Policy(notice=Notice(...))."
        )
        raise ConfigurationError(message)
    return notice


def _controller(controller: Controller) -> Party:
    return Party(
        party_id=controller.name,
        party_name=controller.name,
        party_address=f"{controller.address}, {controller.country}",
        party_contact=controller.contact,
        party_type="organisation",
        party_role="controller",
    )


def _party(name: str, recipient: Recipient) -> Party:
    for part in ("country", "contact"):
        if getattr(recipient, part) is None:
            message = f"A receipt names the {part} of every recipient. Name it: Policy(recipients={{{name!r}: Recipient({part}=...)}})."
            raise ConfigurationError(message)
    return Party(
        party_id=name,
        party_name=name,
        party_address=str(recipient.country),
        party_contact=str(recipient.contact),
        party_type="recipient",
        party_role=recipient.role.replace("_", " "),
    )


def _event(said: Consent, principal: str) -> Event:
    explicit = "explicit consent" if said.special_basis == "explicit_consent" else said.legal_basis.replace("_", " ")
    return Event(
        event_time=said.stated_at,
        validity_duration=f"{_instant(said.stated_at)}/{_instant(said.expires_at)}",
        entity_id=principal if said.spoken_by in {None, "self"} else f"{principal}:{said.spoken_by}",
        event_type=TYPES.get(said.status, explicit),
        event_state=STATES[said.status],
    )


def _instant(instant: datetime | None) -> str:
    return ".." if instant is None else instant.isoformat().replace("+00:00", "Z")


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _uuid(*parts: str) -> str:
    """Return an id of the form that the standard recommends, the same for the same parts."""
    return str(uuid.UUID(hex=content_hash(*parts), version=4))
