"""The laws of the door: what a read returns is what is decided for each customer alone, at every moment."""

import warnings
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.clock import just_after
from unified_customer.core.models import Consent
from unified_customer.policy import Minor, Policy, Regime, Request, decide
from unified_customer.policy.people import situation_of
from unified_customer.store import Reader, Store, Where

START = datetime(2026, 3, 1, tzinfo=UTC)
PURPOSES = ("marketing", "marketing.communications.email", "analytics")
MAPPING = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "given_name": "name", "country": "country", "region": "region", "birth_date": "born"},
)
PEOPLE: list[dict[str, Any]] = [
    {
        "id": "1",
        "mail": "ann@example.com",
        "name": "Ann",
        "country": "US",
        "region": "California",
        "born": "2010-03-02",
    },
    {"id": "2", "mail": "bob@example.com", "name": "Bob", "country": "DE", "region": "BE", "born": "1980-01-01"},
    {"id": "3", "mail": "family@example.com", "name": "Cid", "country": "FR", "region": None, "born": None},
    {"id": "4", "mail": "family@example.com", "name": "Dora", "country": None, "region": None, "born": "2014-03-02"},
]
POLICIES = [
    Policy(),
    Policy(bases={"analytics": "legitimate_interests"}, narrower_yes="later"),
    Policy(
        regimes={
            "out": Regime(
                title="Opt-out", fallback="opt_out", minors=(Minor(below=16, purposes=("marketing",), needs="consent"),)
            ),
            "in": Regime(title="Opt-in", minors=(Minor(below=12, purposes=("marketing",), needs="guardian_consent"),)),
        },
        jurisdictions={"US-CA": "out", "DE": "in"},
    ),
]


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


said = st.fixed_dictionaries(
    {
        "purpose": st.sampled_from([*PURPOSES, "*"]),
        "status": st.sampled_from(["granted", "granted", "denied", "objected", "restricted", "unrestricted"]),
        "who": st.sampled_from([row["mail"] for row in PEOPLE]),
        "hours": st.integers(0, 40),
        "expires": st.none() | st.integers(1, 60),
        "spoken_by": st.sampled_from([None, "guardian"]),
    }
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), said),
        st.tuples(st.just("wait"), st.integers(1, 30)),
        st.tuples(st.just("erase"), st.sampled_from(["1", "2"])),
        st.tuples(st.just("load"), st.just("5")),
    ),
    min_size=1,
    max_size=6,
)


def statements_in(store: Store, subjects: set[tuple[str, str]]) -> list[Consent]:
    rows = store.read("consents").drop("recorded_at", "seq").rows(named=True)
    return [Consent(**row) for row in rows if (row["subject_kind"], row["subject_key"]) in subjects]


def held_by(reader: Reader) -> dict[str, set[tuple[str, str]]]:
    links = reader.read("links", columns=["record_id", "customer_id"], where=[Where("valid_to", "is_null")])
    named = reader.read("identifiers", columns=["record_id", "kind", "value_key"]).join(links, on="record_id")
    held: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for record, customer in links.iter_rows():
        held[customer].add(("record", record))
    for customer, kind, key in named.select("customer_id", "kind", "value_key").iter_rows():
        held[customer].add((kind, key))
    return held


def allowed_one_by_one(store: Store, policy: Policy, purpose: str, now: datetime) -> set[str]:
    held = held_by(store)
    known = {row["customer_id"]: row for row in store.read("customers").rows(named=True)}
    allowed = set()
    for customer, subjects in held.items():
        others = {each for other, theirs in held.items() if other != customer for each in theirs}
        situation = situation_of(known[customer], policy=policy, as_of=just_after(now))
        decision = decide(
            statements_in(store, subjects),
            request=Request(purpose),
            policy=policy,
            as_of=just_after(now),
            shared=subjects & others,
            **situation,
        )
        allowed |= {customer} if decision.allowed else set()
    return allowed


def take(hub: uc.CustomerHub, clock: Clock, step: str, value: Any) -> None:
    if step == "wait":
        clock.now += timedelta(hours=value)
    elif step == "say":
        hub.consent.record(
            value["purpose"],
            value["status"],
            identifier=("email", value["who"]),
            stated_at=min(clock.now, START - timedelta(hours=value["hours"])),
            expires_at=None if value["expires"] is None else clock.now + timedelta(hours=value["expires"]),
            spoken_by=value["spoken_by"],
        )
    elif step == "load":
        hub.load(source([{**PEOPLE[0], "id": value, "mail": "eve@example.com", "name": "Eve"}]))
        hub.resolve()
    else:
        held = hub.customers(purpose="essential.legal_obligation", columns=["customer_id", "email"])
        for customer in held.filter(email=PEOPLE[int(value) - 1]["mail"])["customer_id"]:
            hub.rights.erase(customer)


def source(rows: list[dict[str, Any]]) -> Any:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(PEOPLE[0], pl.String))
    return uc.source("dataframe", frame, table="records", name="crm", mapping=MAPPING)


@given(steps, st.sampled_from(POLICIES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_read_returns_exactly_those_for_whom_the_decision_alone_is_yes(
    taken: list[tuple[str, Any]], policy: Policy
) -> None:
    clock, store = Clock(), uc.open_store("memory://")
    kept = Policy(**{**dict(policy), "bases": {**policy.bases, "essential.legal_obligation": "legal_obligation"}})
    with warnings.catch_warnings(), uc.CustomerHub(store, policy=kept, clock=clock) as hub:
        warnings.simplefilter("ignore")
        hub.load(source(PEOPLE))
        hub.resolve()
        for step, value in taken:
            take(hub, clock, step, value)
            for purpose in PURPOSES:
                read = set(hub.customers(purpose=purpose)["customer_id"])
                assert read == allowed_one_by_one(store, kept, purpose, clock.now)
                for each in held_by(store):
                    assert visible(hub, each, purpose) is (each in read)


things_said = st.lists(
    st.tuples(
        st.sampled_from([*PURPOSES, "marketing.communications"]),
        st.sampled_from(["granted", "denied", "objected"]),
        st.sampled_from([row["mail"] for row in PEOPLE]),
        st.sampled_from([None, "guardian"]),
    ),
    max_size=3,
)


@given(things_said, st.sampled_from(PURPOSES), st.sampled_from(PEOPLE), st.sampled_from(POLICIES))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_yes_is_told_to_be_unheard_exactly_when_nobody_whom_it_is_about_can_be_read_for_it(
    before: list[tuple[str, Any, str, Any]], purpose: str, person: dict[str, Any], policy: Policy
) -> None:
    store = uc.open_store("memory://")
    with warnings.catch_warnings(record=True) as told, uc.CustomerHub(store, policy=policy, clock=Clock()) as hub:
        warnings.simplefilter("always")
        hub.load(source(PEOPLE))
        hub.resolve()
        for asked, status, who, speaker in before:
            hub.consent.record(
                asked,
                status,
                identifier=("email", who),
                spoken_by=speaker,
                stated_at=START - timedelta(days=1),
            )
        told.clear()
        (yes,) = hub.consent.record(purpose, "granted", identifier=("email", person["mail"]))
        about = {each for each, held in held_by(store).items() if ("email", yes.subject_key) in held}
        heard = about & allowed_one_by_one(store, policy, purpose, START)
    assert [each.category for each in told] == ([] if heard else [uc.errors.UnheardYesWarning])


def visible(hub: uc.CustomerHub, customer: str, purpose: str) -> bool:
    try:
        hub.profile(customer, purpose=purpose)
    except uc.errors.ConsentError:
        return False
    return True


@given(st.dates(date(2009, 1, 1), date(2011, 12, 31)))
@settings(deadline=None)
def test_a_law_about_children_ends_on_their_birthday(born: date) -> None:
    clock = Clock()
    with warnings.catch_warnings(), uc.CustomerHub(policy=POLICIES[2], clock=clock) as hub:
        warnings.simplefilter("ignore")
        hub.load(source([{**PEOPLE[0], "born": born.isoformat()}]))
        hub.resolve()
        sixteenth = (
            datetime(born.year + 16, born.month, born.day, tzinfo=UTC) if (born.month, born.day) != (2, 29) else None
        )
        for hours in range(0, 24 * 400, 24 * 50):
            clock.now = START + timedelta(hours=hours)
            grown_up = sixteenth is not None and clock.now >= sixteenth
            if sixteenth is not None:
                assert (hub.customers(purpose="marketing").height == 1) is grown_up
