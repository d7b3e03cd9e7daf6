"""Signals in the ledger: what they allow afterwards, when they were said, and what the audit keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, SignalError, UnknownCustomerError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = datetime(2026, 1, 1, tzinfo=UTC)
TCF = "CQdWToAQdWToAAKABBENAwFgAPIAAAAAAAAAF5wAwABAAGAXmAAAAAAA.IF5wBAABAAGAAQAvMAAA.YAAAAAAAAAAA"
"""Of 1 January 2026: consent to the purposes 1, 2, 3, 4 and 7 and to the vendors 2, 6 and 755."""
ANN = ("email", "ann@example.com")
PROFILING, PERFORMANCE = "marketing.advertising.profiling", "analytics.reporting.ad_performance"
SALE = "third_party_sharing"


@dataclass
class Shop:
    hub: uc.CustomerHub
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def allowed(self, purpose: str, *, as_of: datetime | None = None) -> bool:
        return self.hub.consent.coverage(purpose, as_of=as_of).allowed == 1


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop(hub=None)  # type: ignore[arg-type]  # the hub needs its clock
    policy = uc.Policy(bases={SALE: "legitimate_interests", "sales": "legitimate_interests"})
    with uc.CustomerHub(policy=policy, clock=made.clock, keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
        made.hub = hub
        people = pl.DataFrame({"id": ["1"], "mail": ["ann@example.com"]})
        mapping = uc.Mapping(table="records", key=["id"], fields={"email": "mail"})
        hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
        hub.resolve()
        yield made


def test_a_tcf_string_allows_what_it_grants_from_the_day_that_it_tells(shop: Shop) -> None:
    said = shop.hub.consent.record_signal("tcf", TCF, identifier=ANN, source="cmp")
    assert {(each.stated_at, each.source, each.method, each.verified) for each in said} == {
        (DAY, "cmp", "signal", False)
    }
    assert {each.evidence for each in said} == {f"tcf {TCF}"}
    assert shop.allowed(PROFILING)
    assert not shop.allowed(PROFILING, as_of=DAY)
    assert not shop.allowed("personalize.content.profiled")


def test_an_old_string_does_not_take_back_what_was_said_since(shop: Shop) -> None:
    shop.hub.consent.record("marketing", "withdrawn", identifier=ANN, stated_at=DAY + timedelta(days=30))
    shop.hub.consent.record_signal("tcf", TCF, identifier=ANN)
    assert not shop.allowed(PROFILING)
    shop.hub.consent.record_signal("tcf", TCF, identifier=ANN, stated_at=DAY + timedelta(days=60))
    shop.hub.consent.record("marketing", "granted", identifier=ANN, stated_at=DAY + timedelta(days=60))
    assert shop.allowed(PROFILING)


def test_recording_a_string_twice_is_recording_it_once(shop: Shop) -> None:
    first = shop.hub.consent.record_signal("tcf", TCF, identifier=ANN)
    shop.now += timedelta(days=1)
    assert shop.hub.consent.record_signal("tcf", TCF, identifier=ANN) == first
    assert shop.hub.consent.statements(identifier=ANN).height == len(first)


def test_a_time_that_is_given_counts_before_that_of_the_string(shop: Shop) -> None:
    first = shop.hub.consent.record_signal("tcf", TCF, identifier=ANN)
    later = shop.hub.consent.record_signal("tcf", TCF, identifier=ANN, stated_at=DAY + timedelta(hours=9))
    assert {each.stated_at for each in later} == {DAY + timedelta(hours=9)}
    assert shop.hub.consent.statements(identifier=ANN).height == len(first) + len(later)


def test_a_vendor_is_allowed_what_was_given_to_it(shop: Shop) -> None:
    assert {each.status for each in shop.hub.consent.record_signal("tcf", TCF, identifier=ANN, vendor_id=8)} == {
        "denied",
        "objected",
    }
    assert not shop.allowed(PERFORMANCE)


def test_global_privacy_control_ends_sale_and_sharing_and_its_absence_changes_nothing(shop: Shop) -> None:
    assert shop.allowed(SALE)
    said = shop.hub.consent.record_signal("gpc", "1", identifier=ANN)
    assert [(each.purpose, each.status, each.stated_at) for each in said] == [
        (purpose, "objected", NOW) for purpose in sorted(shop.hub.policy.gpc)
    ]
    shop.now += timedelta(days=1)
    for kind, text in (("gpc", "0"), ("us_privacy", "1YNN"), ("gpp", "DBABBg~BAoAAABA.QA")):
        assert shop.hub.consent.record_signal(kind, text, identifier=ANN) == ()  # type: ignore[arg-type]  # of a table
    assert not shop.allowed(SALE)


def test_what_an_opt_out_is_about_is_what_the_policy_names() -> None:
    with uc.CustomerHub(policy=uc.Policy(gpc=("sales",)), clock=lambda: NOW) as hub:
        said = hub.consent.record_signal("us_privacy", "1YYN", identifier=ANN)
        assert [(each.purpose, each.jurisdiction) for each in said] == [("sales", "US-CA")]


def test_a_signal_of_a_customer_is_recorded_for_every_identifier_and_record(shop: Shop) -> None:
    customer = shop.hub.customers(purpose=SALE)["customer_id"].item()
    said = shop.hub.consent.record_signal("gpc", "1", customer_id=customer)
    assert {each.subject_kind for each in said} == {"email", "record"}
    assert all(each.verified for each in said)
    with pytest.raises(UnknownCustomerError):
        shop.hub.consent.record_signal("gpc", "1", customer_id="0" * 24)


def test_a_signal_that_cannot_be_meant_leaves_the_ledger_as_it_was(shop: Shop) -> None:
    with pytest.raises(SignalError, match="no TCF string"):
        shop.hub.consent.record_signal("tcf", TCF[:40], identifier=ANN)
    with pytest.raises(ConfigurationError, match="no signal 'iab'"):
        shop.hub.consent.record_signal("iab", TCF, identifier=ANN)  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ConfigurationError, match="in the future"):
        shop.hub.consent.record_signal("gpc", "1", identifier=ANN, stated_at=NOW + timedelta(seconds=1))
    with pytest.raises(ConfigurationError, match="either identifier"):
        shop.hub.consent.record_signal("gpc", "1")
    assert shop.hub.consent.statements(identifier=ANN).is_empty()


def test_the_audit_counts_what_was_said_and_holds_no_signal(shop: Shop) -> None:
    shop.hub.consent.record_signal("tcf", TCF, identifier=ANN, actor=uc.Actor(id="banner"))
    entry = shop.hub.audit.entries(actor="banner").row(0, named=True)
    assert (entry["action"], entry["subject_table"]) == ("consent", "consents")
    assert entry["detail"] == '{"denied":2,"granted":8,"objected":4,"signal":"tcf","statements":14}'
