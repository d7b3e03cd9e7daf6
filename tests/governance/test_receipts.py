"""Consent receipts: every field of the standard, nothing that is made up, and nothing of another person."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.models import Consent, Status
from unified_customer.core.models.consents import Speaker, SpecialBasis
from unified_customer.core.models.purposes import DATA_USES
from unified_customer.governance.receipt_document import ConsentReceipt
from unified_customer.governance.receipts import STATES, receipt_of
from unified_customer.policy import Controller, Notice, Policy, Recipient
from unified_customer.testing.strategies import START, statements

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parent / "consent_receipt_schema.json").read_text()))
MANDATORY = {
    "record": ("schema_version", "record_id", "pii_principal_id", "pii_processing", "party_identification", "events"),
    "pii_processing": ("privacy_notice", "language", "purposes"),
    "purpose": (
        "purpose", "pii_information", "pii_controllers", "storage_locations", "retention_period", "jurisdiction",
        "recipient_third_parties", "withdrawal_method",
    ),
    "party": ("party_id", "party_address", "party_name", "party_contact", "party_type"),
    "event": ("event_time", "validity_duration", "entity_id", "event_type", "event_state"),
}  # fmt: skip
"""The fields of the standard that have to be there, as the guide of the W3C lists them."""

NOW = datetime(2026, 1, 10, tzinfo=UTC)
EMAIL = "marketing.communications.email"
PRINCIPAL = "a" * 24
SHOP = Controller(name="Shop Ltd", contact="privacy@shop.example", address="1 High Street", country="GB")
NOTICE = Notice(version="3", effective=date(2025, 1, 1))
MAILER = Recipient(purposes=(EMAIL,), country="US", contact="x@mailer.example", safeguards="SCC")
RECIPIENTS = {"mailer": MAILER, "acme": MAILER, "globex": MAILER}
POLICY = Policy(bases={"essential.service": "contract"}, controller=SHOP, notice=NOTICE, recipients=RECIPIENTS)


def checked(receipt: ConsentReceipt) -> dict[str, Any]:
    """The receipt as JSON that keeps the schema."""
    document: dict[str, Any] = json.loads(receipt.to_json())
    SCHEMA.validate(document)
    return document


def said(status: Status = "granted", **more: Any) -> Consent:
    about = {"statement_id": "s", "subject_kind": "email", "subject_key": "b" * 24, "source": "web"}
    return Consent(**{**about, "purpose": EMAIL, "status": status, "stated_at": NOW, **more})


def receipt(*what: Consent, policy: Policy = POLICY) -> ConsentReceipt:
    return receipt_of(what, principal=PRINCIPAL, policy=policy, issued_at=NOW)


@settings(deadline=None)
@given(statements(min_size=1), st.sampled_from(get_args(SpecialBasis)), st.sampled_from(get_args(Speaker)))
def test_every_receipt_keeps_the_schema_and_tells_each_statement(
    what: list[Consent], special: SpecialBasis, speaker: Speaker
) -> None:
    spoken = [each.model_copy(update={"special_basis": special, "spoken_by": speaker}) for each in what]
    document = checked(receipt(*spoken))
    told = [(event["event_time"], event["event_state"]) for record in document["records"] for event in record["events"]]
    expected = {
        (each.purpose, each.channel, each.recipient, each.stated_at, each.status, each.expires_at) for each in what
    }
    assert len(told) == len(expected)
    assert {state for _, state in told} == {STATES[each.status] for each in what}
    assert len(document["records"]) == len({(each.purpose, each.channel, each.recipient) for each in what})


@pytest.mark.parametrize(("part", "field"), [(part, field) for part, fields in MANDATORY.items() for field in fields])
def test_the_schema_asks_for_every_mandatory_field(part: str, field: str) -> None:
    document = checked(receipt(said()))
    record = document["records"][0]
    places = {
        "record": record,
        "pii_processing": record["pii_processing"],
        "purpose": record["pii_processing"]["purposes"][0],
    }
    places |= {"party": record["party_identification"][0], "event": record["events"][0]}
    del places[part][field]
    with pytest.raises(ValidationError, match=field):
        SCHEMA.validate(document)


@pytest.mark.parametrize("purpose", ["*", *DATA_USES[::7]])
def test_a_receipt_tells_what_the_purpose_may_see_and_nothing_else(purpose: str) -> None:
    policy = POLICY.model_copy(update={"forbidden": {**POLICY.forbidden, "marketing": ("user.contact",)}})
    (use,) = checked(receipt(said(purpose=purpose), policy=policy))["records"][0]["pii_processing"]["purposes"]
    categories = {each["pii_type"] for each in use["pii_information"]}
    assert ("user.contact.email" in categories) == (not purpose.startswith("marketing"))
    assert "user.name" in categories


def test_a_receipt_tells_who_said_it_on_which_basis_until_when_and_under_which_notice() -> None:
    special = said(
        special_basis="explicit_consent",
        spoken_by="guardian",
        expires_at=NOW + timedelta(days=1),
        notice="newsletter",
        notice_version="7",
        language="de",
        jurisdiction="DE",
        method="form",
        channel="sms",
    )
    (record,) = checked(receipt(special))["records"]
    (event,), (use,) = record["events"], record["pii_processing"]["purposes"]
    assert event["validity_duration"] == "2026-01-10T00:00:00Z/2026-01-11T00:00:00Z"
    assert (event["event_type"], event["entity_id"]) == ("explicit consent", f"{PRINCIPAL}:guardian")
    assert record["pii_processing"]["privacy_notice"] == [{"name": "newsletter", "version": "7"}]
    assert record["pii_processing"]["language"] == ["de"]
    assert (use["jurisdiction"], use["service"], use["special_category_basis"]) == ("DE", "sms", ["explicit_consent"])
    assert (use["storage_locations"], use["collection_method"]) == (["GB", "US"], ["form"])


def test_an_objection_and_a_restriction_are_no_consent() -> None:
    records = checked(receipt(said("objected"), said("restricted", channel="sms")))["records"]
    assert [record["events"][0]["event_type"] for record in records] == ["objection", "restriction"]


def test_who_gets_data_for_another_purpose_is_not_told() -> None:
    (use,) = checked(receipt(said(purpose="analytics")))["records"][0]["pii_processing"]["purposes"]
    assert use["recipient_third_parties"] == []
    (use,) = checked(receipt(said(recipient="acme")))["records"][0]["pii_processing"]["purposes"]
    assert use["recipient_third_parties"] == ["acme"]


NAMELESS = Recipient(purposes=(EMAIL,))


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"controller": None}, r"Policy\(controller=Controller\(name=.*\)\)"),
        ({"controller": SHOP.model_copy(update={"address": None})}, r"Controller\(address=\.\.\.\)"),
        ({"controller": SHOP.model_copy(update={"country": None})}, r"Controller\(country=\.\.\.\)"),
        ({"notice": None}, r"notice=\.\.\. and language=\.\.\.,.*Policy\(notice=Notice"),
        ({"notice": NOTICE.model_copy(update={"effective": date(2026, 2, 1)})}, r"the notice of that time"),
        ({"recipients": {"mailer": NAMELESS}}, r"Policy\(recipients=\{'mailer': Recipient\(country=\.\.\.\)\}\)"),
    ],
)
def test_a_mandatory_field_that_nothing_tells_is_asked_for(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=remedy):
        receipt(said(), policy=POLICY.model_copy(update=changes))


def test_a_recipient_that_nobody_described_is_asked_for() -> None:
    with pytest.raises(ConfigurationError, match=r"Policy\(recipients=\{'initech'"):
        receipt(said(recipient="initech"))
    with pytest.raises(ConfigurationError, match="no statement to give a receipt for"):
        receipt()


class Clock:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail", "phone": "tel", "full_name": "name"})
    people = {
        "id": ["1", "2"],
        "name": ["Ann Lee", "Bo Berg"],
        "mail": ["ann@example.com", "bo@example.com"],
        "tel": ["+44 20 7946 0018"] * 2,
    }
    with uc.CustomerHub(policy=POLICY, clock=Clock(), keys=uc.MemoryKeyProvider(b"k" * 32)) as made:
        made.load(uc.source("dataframe", pl.DataFrame(people), table="records", name="crm", mapping=mapping))
        made.resolve()
        yield made


def id_of(hub: uc.CustomerHub, source_id: str) -> str:
    walk = hub.identity.crosswalk().filter(source="crm", kind="source_id", id=source_id)
    return str(walk["customer_id"].item())


def test_what_was_said_of_all_identifiers_of_a_customer_comes_once(hub: uc.CustomerHub) -> None:
    ann = id_of(hub, "1")
    hub.consent.record(EMAIL, "granted", customer_id=ann)
    hub.consent.record(EMAIL, "withdrawn", customer_id=ann)
    (record,) = checked(hub.consent.receipt(customer_id=ann))["records"]
    assert [event["event_state"] for event in record["events"]] == ["given", "withdrawn"]
    assert record["pii_principal_id"] == ann
    assert "ann@example.com" not in hub.consent.receipt(customer_id=ann).to_json()


def test_a_yes_of_another_under_a_shared_telephone_number_is_in_nobody_elses_receipt(hub: uc.CustomerHub) -> None:
    hub.consent.record(EMAIL, "granted", customer_id=id_of(hub, "2"))
    assert len(checked(hub.consent.receipt(customer_id=id_of(hub, "2")))["records"]) == 1
    with pytest.raises(ConfigurationError, match="no statement to give a receipt for"):
        hub.consent.receipt(customer_id=id_of(hub, "1"))


def test_a_receipt_of_an_identifier_names_it_by_its_key_alone(hub: uc.CustomerHub) -> None:
    (statement,) = hub.consent.record(EMAIL, "granted", identifier=("email", "ann@example.com"))
    (record,) = checked(hub.consent.receipt(identifier=("email", "Ann@Example.com")))["records"]
    assert record["pii_principal_id"] == statement.subject_key


def test_a_receipt_can_be_for_some_statements_and_is_in_the_audit(hub: uc.CustomerHub) -> None:
    mail = ("email", "ann@example.com")
    (first,) = hub.consent.record(EMAIL, "granted", identifier=mail)
    hub.consent.record("analytics", "denied", identifier=mail)
    document = checked(hub.consent.receipt(identifier=mail, statement_ids=[first.statement_id]))
    assert [each["pii_processing"]["purposes"][0]["purpose"] for each in document["records"]] == [EMAIL]
    with pytest.raises(ConfigurationError, match="1 of the statements named are not this person's"):
        hub.consent.receipt(identifier=mail, statement_ids=["other"])
    assert hub.audit.entries().filter(action="receipt")["rows"].to_list() == [1]
    with pytest.raises(UnknownCustomerError):
        hub.consent.receipt(customer_id="f" * 24)


def test_who_spoke_on_which_special_basis_and_in_which_language_is_kept(hub: uc.CustomerHub) -> None:
    mail = ("email", "ann@example.com")
    more: dict[str, Any] = {"special_basis": "explicit_consent", "spoken_by": "guardian", "language": "cy"}
    (stated,) = hub.consent.record("essential.service", "granted", identifier=mail, **more)
    (row,) = hub.consent.statements(identifier=mail).rows(named=True)
    assert {name: row[name] for name in more} == more == {name: getattr(stated, name) for name in more}
    for name in ("special_basis", "spoken_by"):
        with pytest.raises(ConfigurationError, match=f"There is no {name} 'nobody'"):
            hub.consent.record(EMAIL, "granted", identifier=mail, **{name: "nobody"})  # type: ignore[arg-type]  # what is refused


def test_a_statement_that_says_none_of_them_has_the_id_that_it_always_had(hub: uc.CustomerHub) -> None:
    (stated,) = hub.consent.record(EMAIL, "granted", identifier=("email", "ann@example.com"), stated_at=START)
    assert stated.statement_id == "7d4d25431db495d528b6d905b1565988"
