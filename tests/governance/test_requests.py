"""Requests of people at a hub: who is found, what has to be verified, what is carried out, and what is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import BoundSource
from unified_customer.core.errors import (
    ConfigurationError,
    RequestStateError,
    UnknownCustomerError,
    UnknownRequestError,
)
from unified_customer.core.models.purposes import AUTOMATED_DECISIONS
from unified_customer.core.tables import TABLES
from unified_customer.governance.requests import DENIALS
from unified_customer.policy.periods import Period
from unified_customer.policy.regimes import Deadlines, Regime

START = datetime(2026, 1, 1, tzinfo=UTC)
GDPR = Regime(
    title="GDPR",
    rights=("access", "rectification", "erasure", "restriction", "portability", "objection"),
    deadlines=Deadlines(answer=Period(months=1), extension=Period(months=2)),
)
CCPA = Regime(
    title="CCPA",
    rights=("access", "rectification", "erasure", "opt_out", "opt_in"),
    deadlines=Deadlines(
        answer=Period(days=45),
        extension=Period(days=45),
        acknowledge=Period(business_days=10),
        opt_out=Period(business_days=15),
    ),
)
POLICY = uc.Policy(
    bases={
        "analytics": "legitimate_interests",
        "essential.service": "contract",
        "marketing": "legitimate_interests",
        "third_party_sharing": "legitimate_interests",
        "decisions.automated": "legitimate_interests",
    },
    regimes={"gdpr": GDPR, "ccpa": CCPA},
    jurisdictions={"DE": "gdpr", "US-CA": "ccpa", "GB": "gdpr"},
)
MAPPING = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "phone": "tel", "given_name": "name", "country": "land", "region": "state"},
    identifiers={"loyalty_id": "card"},
)
COLUMNS = ("id", "mail", "tel", "name", "land", "state", "card")
ANN = {"id": "1", "mail": "ann@example.com", "tel": "+44 20 7946 0018", "name": "Ann", "land": "DE", "card": "L-1"}
BOB = {"id": "2", "mail": "bob@example.com", "tel": "+44 20 7946 0018", "name": "Bob", "land": "US", "state": "CA"}
CY = {"id": "3", "mail": "cy@example.com", "name": "Cy"}


class Calendar:
    """A clock that moves on a second each time that it is asked, and by days when it is told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Calendar:
    return Calendar()


@pytest.fixture
def hub(clock: Calendar) -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, clock=clock, keys=uc.MemoryKeyProvider(b"k" * 32)) as made:
        made.load(crm(ANN, BOB, CY))
        made.resolve()
        yield made


def crm(*rows: dict[str, str], name: str = "crm") -> BoundSource:
    frame = pl.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], schema=dict.fromkeys(COLUMNS, pl.String))
    return uc.source("dataframe", frame, table="records", name=name, mapping=MAPPING)


def customer(hub: uc.CustomerHub, name: str) -> str:
    people = hub.customers(purpose="essential.service", columns=["given_name"])
    return str(people.filter(pl.col("given_name") == name)["customer_id"].item())


def readable(hub: uc.CustomerHub, purpose: str) -> list[str]:
    people = hub.customers(purpose=purpose, columns=["given_name"])
    return sorted(people["given_name"].to_list())


def stored(hub: uc.CustomerHub, table: str = "request_events") -> pl.DataFrame:
    return hub._store.read(table, columns=list(TABLES[table].columns), order_by=["seq"])


ANNS_MAIL = {"email": "Ann@Example.com"}
THEIR_PHONE = {"phone": "+44 20 7946 0018"}


# --- Who is found.


@pytest.mark.parametrize(
    "named",
    [
        ANNS_MAIL,
        {"loyalty_id": "L-1"},
        [("crm", "1")],
        [("email", "ann@example.com"), ("phone", "+44 20 7946 0018")],
        {"email": "ann@example.com", "user_id": "nobody"},
    ],
)
def test_a_customer_is_found_by_whatever_was_ever_linked_to_them(hub: uc.CustomerHub, named: Any) -> None:
    assert hub.rights.requests.receive("access", identifiers=named).customer_id == customer(hub, "Ann")


def test_an_old_id_still_finds_the_customer(hub: uc.CustomerHub) -> None:
    ann, cy = customer(hub, "Ann"), customer(hub, "Cy")
    merged = hub.merge(ann, cy)
    request = hub.rights.requests.receive("access", customer_id=cy)
    assert request.customer_id == merged
    with pytest.raises(UnknownCustomerError):
        hub.rights.requests.receive("access", customer_id="nobody")


def test_a_shared_phone_finds_both_and_names_neither(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers=THEIR_PHONE, verified=True)
    assert (request.customer_id, request.status) == (None, "identity_unverified")
    assert set(request.candidates) == {customer(hub, "Ann"), customer(hub, "Bob")}
    with pytest.raises(RequestStateError, match="2 customers"):
        hub.rights.requests.verify(request.request_id)
    with pytest.raises(RequestStateError, match="not verified"):
        hub.rights.requests.fulfil(request.request_id)


def test_something_that_one_of_them_alone_carries_settles_it(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers=THEIR_PHONE)
    with pytest.raises(RequestStateError, match="does not name the customer"):
        hub.rights.requests.verify(request.request_id, by={"email": "cy@example.com"})
    state = hub.rights.requests.verify(request.request_id, by=ANNS_MAIL, method="mail_link")
    assert state.customer_id == customer(hub, "Ann")
    hub.rights.requests.fulfil(request.request_id)
    assert readable(hub, "essential.service") == ["Bob", "Cy"]


def test_a_person_may_decide_who_it_is_among_those_who_are_named(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers=THEIR_PHONE)
    with pytest.raises(ConfigurationError, match="method"):
        hub.rights.requests.verify(request.request_id, customer_id=customer(hub, "Bob"))
    with pytest.raises(RequestStateError, match="does not name"):
        hub.rights.requests.verify(request.request_id, customer_id=customer(hub, "Cy"), method="passport")
    state = hub.rights.requests.verify(request.request_id, customer_id=customer(hub, "Bob"), method="passport")
    assert state.customer_id == customer(hub, "Bob")


def test_two_things_of_two_people_name_neither(hub: uc.CustomerHub) -> None:
    both = [("email", "ann@example.com"), ("email", "cy@example.com")]
    assert hub.rights.requests.receive("erasure", identifiers=both, verified=True).status == "identity_unverified"


def test_whoever_proved_nothing_of_a_customer_is_not_that_customer(hub: uc.CustomerHub) -> None:
    mixed = [("crm", "1"), ("email", "mallory@example.com")]
    request = hub.rights.requests.receive("access", identifiers=mixed)
    assert request.customer_id == customer(hub, "Ann")
    state = hub.rights.requests.verify(request.request_id, by={"email": "mallory@example.com"}, method="mail_link")
    assert state.customer_id is None
    done = hub.rights.requests.fulfil(request.request_id, answer=lambda found: found)
    assert (done.result, done.state.reason) == (None, "nothing_held")


def test_who_is_who_is_looked_up_again_when_it_is_carried_out(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers=ANNS_MAIL, verified=True)
    hub.load(crm({**CY, "id": "9", "mail": "ann@example.com", "name": "Dee", "tel": "+44 20 7946 0999"}))
    with pytest.raises(ConfigurationError, match="not resolved"):
        hub.rights.requests.fulfil(request.request_id)
    hub.resolve()
    if len(hub.customers(purpose="essential.service")) == 4:
        with pytest.raises(RequestStateError, match="2 customers carry what the request"):
            hub.rights.requests.fulfil(request.request_id)
        hub.rights.requests.ask_verification(request.request_id)
        state = hub.rights.requests.verify(request.request_id, by={"loyalty_id": "L-1"})
        assert state.customer_id == customer(hub, "Ann")
        hub.rights.requests.fulfil(request.request_id)
    assert "Dee" in readable(hub, "essential.service")


# --- What is kept.


def test_no_value_of_an_identifier_is_kept(hub: uc.CustomerHub) -> None:
    hub.rights.requests.receive(
        "access", identifiers=[("email", "eve@example.com"), ("crm", "4711"), ("passport", "X-99-Y")]
    )
    text = str(stored(hub).rows()) + str(hub.audit.entries().rows())
    assert not any(value in text for value in ("eve@", "4711", "X-99-Y"))


def test_a_detail_that_holds_the_value_is_refused(hub: uc.CustomerHub) -> None:
    with pytest.raises(ConfigurationError, match="holds the value of its 'email'") as caught:
        hub.rights.requests.receive("access", identifiers=ANNS_MAIL, detail={"note": "from ANN@example.com"})
    assert "ann" not in str(caught.value).lower()


def test_everything_that_happens_stands_in_the_audit(hub: uc.CustomerHub) -> None:
    kim = uc.Actor(id="kim")
    request = hub.rights.requests.receive("restriction", identifiers=ANNS_MAIL, verified=True, actor=kim)
    hub.rights.requests.fulfil(request.request_id, actor=kim)
    told = hub.audit.entries(actor="kim").filter(pl.col("action") == "request")["detail"].to_list()
    assert [event in each for event, each in zip(("received", "verified", "started", "fulfilled"), told, strict=True)]
    assert set(stored(hub)["actor"]) == {"kim"}


@pytest.mark.parametrize(
    "asked",
    [
        {"right": "amnesty", "identifiers": ANNS_MAIL},
        {"right": "access"},
        {"right": "access", "identifiers": {"Mail": "ann@example.com"}},
        {"right": "access", "identifiers": {"email": "not an address"}},
        {"right": "access", "identifiers": {"record": "1"}},
        {"right": "access", "identifiers": ANNS_MAIL, "regime": "lgpd"},
        {"right": "access", "identifiers": ANNS_MAIL, "received_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"right": "access", "identifiers": ANNS_MAIL, "received_at": datetime(2025, 1, 1)},  # noqa: DTZ001 (what is refused)
        {"right": "objection", "identifiers": ANNS_MAIL, "purpose": "marketting"},
    ],
)
def test_what_cannot_be_meant_is_refused(hub: uc.CustomerHub, asked: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        hub.rights.requests.receive(**asked)
    assert stored(hub).is_empty()


# --- Deadlines.


@pytest.mark.parametrize(
    ("mail", "right", "regime", "days"),
    [
        ("ann@example.com", "access", "gdpr", 31),
        ("bob@example.com", "access", "ccpa", 45),
        ("bob@example.com", "opt_out", "ccpa", 21),
        ("cy@example.com", "erasure", "gdpr", 31),
        ("cy@example.com", "opt_out", "ccpa", 21),
        ("new@example.com", "access", "gdpr", 31),
    ],
)
def test_the_law_of_the_place_sets_the_time_and_where_it_is_unknown_the_strictest(
    hub: uc.CustomerHub, mail: str, right: Any, regime: str, days: int
) -> None:
    request = hub.rights.requests.receive(right, identifiers={"email": mail}, received_at=START)
    assert (request.regime, request.due_at) == (regime, START + timedelta(days=days))


def test_a_request_under_a_law_that_is_named_is_judged_by_it(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, regime="ccpa", received_at=START)
    assert request.acknowledge_by == datetime(2026, 1, 15, tzinfo=UTC)
    assert not hub.rights.requests.receive("opt_out", identifiers=ANNS_MAIL).detail["covered"]


def test_without_laws_there_is_a_month(clock: Calendar) -> None:
    with uc.CustomerHub(clock=clock) as hub:
        request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, regime="gdpr", received_at=START)
        assert (request.regime, request.due_at) == ("gdpr", datetime(2026, 2, 1, tzinfo=UTC))
        with pytest.raises(RequestStateError, match="knows no extension"):
            hub.rights.requests.extend(request.request_id, "complex")


def test_an_extension_is_told_in_time_and_once(hub: uc.CustomerHub, clock: Calendar) -> None:
    one, two = (hub.rights.requests.receive("access", identifiers=ANNS_MAIL, received_at=START) for _ in range(2))
    state = hub.rights.requests.extend(one.request_id, "complex")
    assert (state.status, state.due_at) == ("extended", datetime(2026, 4, 1, tzinfo=UTC))
    with pytest.raises(RequestStateError, match="once"):
        hub.rights.requests.extend(one.request_id, "complex")
    clock.wait(days=40)
    with pytest.raises(RequestStateError, match="time for it is over"):
        hub.rights.requests.extend(two.request_id, "complex")


def test_what_is_late_is_listed(hub: uc.CustomerHub, clock: Calendar) -> None:
    sale = hub.rights.requests.receive("opt_out", identifiers={"email": "bob@example.com"}, received_at=START)
    access = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, received_at=START)
    hub.rights.requests.ask_verification(access.request_id, by=datetime(2026, 1, 10, tzinfo=UTC))
    assert hub.rights.requests.due(START + timedelta(days=9)).is_empty()
    listed = hub.rights.requests.due(START + timedelta(days=40)).select("request_id", "waiting_for").rows()
    assert listed == [
        (access.request_id, "verification"),
        (sale.request_id, "acknowledge"),
        (sale.request_id, "answer"),
        (access.request_id, "answer"),
    ]
    clock.wait(days=1)
    hub.rights.requests.acknowledge(sale.request_id)
    hub.rights.requests.fulfil(sale.request_id)
    assert hub.rights.requests.due(START + timedelta(days=40))["request_id"].unique().to_list() == [access.request_id]
    assert hub.rights.requests.find(state="fulfilled")["request_id"].to_list() == [sale.request_id]
    before = hub.rights.requests.find(due_before=START + timedelta(days=32))
    assert before["request_id"].to_list() == [access.request_id]
    assert hub.rights.requests.find().height == 2


def test_a_request_whose_sender_never_answered_expires(hub: uc.CustomerHub, clock: Calendar) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL)
    with pytest.raises(RequestStateError, match="nothing is waited for"):
        hub.rights.requests.expire(request.request_id)
    hub.rights.requests.ask_verification(request.request_id)
    with pytest.raises(RequestStateError, match="still time"):
        hub.rights.requests.expire(request.request_id)
    clock.wait(days=40)
    assert hub.rights.requests.expire(request.request_id).verification == "expired"


# --- Duplicates.


def test_a_request_that_comes_again_is_the_same_request(hub: uc.CustomerHub) -> None:
    one, two = (hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1") for _ in range(2))
    assert one == two
    assert stored(hub).height == 1
    assert hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1", protocol="drp") != one


def test_one_that_comes_again_verified_is_verified(hub: uc.CustomerHub) -> None:
    one = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1")
    two = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1", verified=True)
    assert (one.request_id, two.verified) == (two.request_id, True)


def test_an_unverified_request_of_the_same_name_keeps_nobody_from_being_answered(hub: uc.CustomerHub) -> None:
    hub.rights.requests.receive("access", identifiers={"email": "cy@example.com"}, external_id="t-1")
    right = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1", verified=True)
    assert hub.rights.requests.known_as("hub", "t-1")[0] == right
    assert hub.rights.requests.fulfil(right.request_id, answer=lambda found: found).result == customer(hub, "Ann")


# --- Denials.


def test_a_request_is_denied_for_a_reason_that_the_law_knows(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers=ANNS_MAIL)
    for wrong in ("too busy", "rights_of_others"):
        with pytest.raises(ConfigurationError, match="Known ones for erasure"):
            hub.rights.requests.deny(request.request_id, wrong)
    assert hub.rights.requests.deny(request.request_id, "legal_claims").reason == "legal_claims"
    assert DENIALS["legal_claims"].article.startswith("GDPR Art. 17(3)(e)")


def test_whether_somebody_is_a_customer_is_told_to_a_verified_person_only(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers={"email": "new@example.com"})
    with pytest.raises(RequestStateError, match="verified person only"):
        hub.rights.requests.deny(request.request_id, "no_match")
    hub.rights.requests.verify(request.request_id)
    with pytest.raises(RequestStateError, match="no_match"):
        hub.rights.requests.fulfil(request.request_id)
    assert hub.rights.requests.deny(request.request_id, "no_match").status == "denied"
    known = hub.rights.requests.receive("erasure", identifiers=ANNS_MAIL, verified=True)
    with pytest.raises(RequestStateError, match="does match"):
        hub.rights.requests.deny(known.request_id, "no_match")


def test_an_unknown_request_is_an_error(hub: uc.CustomerHub) -> None:
    with pytest.raises(UnknownRequestError):
        hub.rights.requests.status("r-1")


# --- Carrying out.


def test_a_restriction_withholds_everything_but_is_no_erasure(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("restriction", identifiers=ANNS_MAIL, verified=True)
    hub.rights.requests.fulfil(request.request_id)
    assert readable(hub, "analytics") == ["Bob", "Cy"]
    hub.consent.record("*", "unrestricted", customer_id=request.customer_id)
    assert readable(hub, "analytics") == ["Ann", "Bob", "Cy"]


def test_an_objection_is_about_marketing_unless_it_names_something_else(hub: uc.CustomerHub) -> None:
    for purpose, mail in ((None, "ann@example.com"), ("analytics", "cy@example.com")):
        request = hub.rights.requests.receive("objection", identifiers={"email": mail}, purpose=purpose, verified=True)
        hub.rights.requests.fulfil(request.request_id)
    assert readable(hub, "marketing.communications.email") == ["Bob", "Cy"]
    assert readable(hub, "analytics") == ["Ann", "Bob"]


def test_an_opt_out_needs_no_proof_and_an_opt_in_does(hub: uc.CustomerHub) -> None:
    out = hub.rights.requests.receive("opt_out", identifiers={"email": "bob@example.com"})
    hub.rights.requests.fulfil(out.request_id)
    assert readable(hub, "third_party_sharing") == ["Ann", "Cy"]
    back = hub.rights.requests.receive("opt_in", identifiers={"email": "bob@example.com"})
    with pytest.raises(RequestStateError, match="not verified"):
        hub.rights.requests.fulfil(back.request_id)
    hub.rights.requests.verify(back.request_id)
    hub.rights.requests.fulfil(back.request_id)
    assert readable(hub, "third_party_sharing") == ["Ann", "Bob", "Cy"]


def test_an_unverified_opt_out_is_about_the_identifier_alone(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("opt_out", identifiers=ANNS_MAIL)
    statements = hub.rights.requests.fulfil(request.request_id).result
    assert {each.subject_kind for each in statements} == {"email"}
    assert not any(each.verified for each in statements)


def test_an_opt_out_of_somebody_unknown_waits_for_them(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("opt_out", identifiers={"email": "new@example.com"})
    hub.rights.requests.fulfil(request.request_id)
    hub.load(crm({"id": "8", "mail": "new@example.com", "name": "Nia"}))
    hub.resolve()
    assert "Nia" not in readable(hub, "third_party_sharing")
    assert "Nia" in readable(hub, "essential.service")


def test_no_decision_by_machines_alone(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("no_automated_decisions", identifiers=ANNS_MAIL, verified=True)
    hub.rights.requests.fulfil(request.request_id)
    assert readable(hub, AUTOMATED_DECISIONS) == ["Bob", "Cy"]


def test_statements_are_dated_when_they_were_made(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("objection", identifiers=ANNS_MAIL, verified=True)
    hub.consent.record("marketing", "granted", customer_id=request.customer_id)
    hub.rights.requests.fulfil(request.request_id)
    assert "Ann" in readable(hub, "marketing")


def test_access_is_answered_by_whoever_can(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("portability", identifiers=ANNS_MAIL, verified=True)
    done = hub.rights.requests.fulfil(request.request_id, answer=lambda found: {"of": found})
    assert done.result == {"of": customer(hub, "Ann")}
    assert done.state.status == "fulfilled"


def test_access_and_portability_are_answered_with_what_is_held(hub: uc.CustomerHub) -> None:
    for right in ("access", "portability"):
        request = hub.rights.requests.receive(right, identifiers=ANNS_MAIL, verified=True)
        done = hub.rights.requests.fulfil(request.request_id)
        assert (done.result.kind, done.result.customer_id) == (right, customer(hub, "Ann"))
        assert done.state.status == "fulfilled"


def test_what_fails_is_open_and_tried_again(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, verified=True)

    def broken(found: str) -> None:
        raise OSError(found)

    with pytest.raises(OSError, match=customer(hub, "Ann")):
        hub.rights.requests.fulfil(request.request_id, answer=broken)
    state = hub.rights.requests.status(request.request_id)
    assert (state.status, state.reason, state.terminal) == ("failed", "OSError", False)
    assert hub.rights.requests.fulfil(request.request_id, answer=str).state.status == "fulfilled"


def test_an_erasure_that_was_cut_off_after_it_was_done_is_closed(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("erasure", identifiers=ANNS_MAIL, verified=True)
    hub.rights.requests._handling.desk.enter(request.request_id, "started", actor=uc.Actor())
    hub.rights.erase(str(request.customer_id), request_id=request.request_id)
    assert hub.rights.requests.fulfil(request.request_id).state.status == "fulfilled"


def test_what_is_over_stays_so(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL)
    hub.rights.requests.revoke(request.request_id)
    for late in (
        hub.rights.requests.approve,
        hub.rights.requests.verify,
        hub.rights.requests.fulfil,
        hub.rights.requests.ask_verification,
    ):
        with pytest.raises((RequestStateError, ConfigurationError)):
            late(request.request_id)
    assert hub.rights.requests.status(request.request_id).status == "revoked"


def test_a_person_who_could_not_be_verified_is_asked_again(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL)
    hub.rights.requests.ask_verification(request.request_id)
    assert hub.rights.requests.verify(request.request_id, ok=False).verification == "failed"
    with pytest.raises(RequestStateError, match="ask again"):
        hub.rights.requests.verify(request.request_id)
    hub.rights.requests.ask_verification(request.request_id)
    assert hub.rights.requests.verify(request.request_id).status == "received"
    assert hub.rights.requests.approve(request.request_id).status == "in_progress"


def test_a_clock_that_is_set_back_changes_no_order(hub: uc.CustomerHub, clock: Calendar) -> None:
    request = hub.rights.requests.receive("access", identifiers=ANNS_MAIL)
    clock.wait(days=-2)
    assert hub.rights.requests.verify(request.request_id) == hub.rights.requests.status(request.request_id)


def test_one_that_failed_and_comes_again_verified_is_verified(hub: uc.CustomerHub) -> None:
    one = hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1")
    hub.rights.requests.verify(one.request_id, ok=False)
    assert hub.rights.requests.receive("access", identifiers=ANNS_MAIL, external_id="t-1", verified=True).verified


def test_nothing_held_is_not_said_while_records_wait_to_be_resolved(hub: uc.CustomerHub) -> None:
    request = hub.rights.requests.receive("access", identifiers={"email": "new@example.com"}, verified=True)
    hub.load(crm({"id": "8", "mail": "new@example.com", "name": "Nia"}))
    with pytest.raises(ConfigurationError, match="not resolved"):
        hub.rights.requests.fulfil(request.request_id, answer=str)
    assert hub.rights.requests.status(request.request_id).status == "received"
