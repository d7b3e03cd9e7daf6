"""Laws of the hub: what holds from the raw row to the customer, whatever is loaded in whatever order."""

import json
import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.models import Status
from unified_customer.core.tables import TABLES
from unified_customer.store import Store

Row = dict[str, str | None]

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})
MAPPING = uc.Mapping(
    table="records",
    key="id",
    observed_at="seen",
    fields={"email": "mail", "phone": "tel", "given_name": "name", "birth_date": "born"},
    identifiers={"loyalty_id": "card"},
)
EVENTS = uc.Mapping(
    table="events",
    key="id",
    fields={"name": "what", "occurred_at": "when"},
    identifiers={"user_id": "user", "anonymous_id": "visitor"},
)

maybe = st.none() | st.just("")
mails = st.sampled_from(["ann@example.com", "ANN@example.com ", "bob@example.com", "noreply@example.com", "no mail"])
phones = st.sampled_from(["+44 20 7946 0018", "+442079460018", "+44 20 7946 0999", "0000000000"])
names = st.sampled_from(["Ann", "Anne", "ANN", "Bob", "Robert", "X Æ"])
births = st.sampled_from(["1990-01-02", "1990-01-03", "1975-12-31", "31/02/1990", "not a date"])
seen = st.sampled_from(["2025-01-01T00:00:00Z", "2025-06-01T12:00:00+02:00", "2025-06-01T12:00:00", "yesterday"])
record_rows: st.SearchStrategy[Row] = st.fixed_dictionaries(
    {
        "id": st.sampled_from(list("12345678")) | maybe,
        "mail": mails | maybe,
        "tel": phones | maybe,
        "name": names | maybe,
        "born": births | maybe,
        "seen": seen | maybe,
        "card": st.sampled_from(["L1", "L2"]) | maybe,
        "note": st.text(max_size=3) | maybe,
    }
)
event_rows: st.SearchStrategy[Row] = st.fixed_dictionaries(
    {
        "id": st.sampled_from(list("abcdefgh")),
        "what": st.sampled_from(["Product Viewed", "Order Completed"]),
        "when": st.sampled_from(["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", "later"]),
        "user": st.sampled_from(["u1", "u2"]) | maybe,
        "visitor": st.sampled_from(["v1", "v2"]) | maybe,
    }
)
good_rows = record_rows.map(lambda row: {**row, "id": row["id"] or "9", "born": None, "seen": None})
tables_of_good_people = st.lists(good_rows, min_size=2, max_size=8, unique_by=lambda row: row["id"])
tables_of_people = st.lists(record_rows, min_size=1, max_size=8)
tables_of_events = st.lists(event_rows, min_size=1, max_size=8)
slow = settings(
    max_examples=max(10, settings().max_examples // 4),
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)


class Ticking:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def new_hub(**options: Any) -> uc.CustomerHub:
    keys = uc.MemoryKeyProvider(b"k" * 32)
    return uc.CustomerHub(policy=POLICY, keys=keys, clock=Ticking(), **options)


def people(rows: Sequence[Row], name: str = "crm") -> Any:
    columns = dict.fromkeys((*MAPPING.columns, "note"), pl.String)
    return uc.source("dataframe", pl.DataFrame(rows, schema=columns), table="records", name=name, mapping=MAPPING)


def happenings(rows: Sequence[Row]) -> Any:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(EVENTS.columns, pl.String))
    return uc.source("dataframe", frame, table="events", name="web", mapping=EVENTS)


def loaded(*batches: Sequence[Row], events: Sequence[Row] = ()) -> uc.CustomerHub:
    hub = new_hub()
    for rows in batches:
        hub.load(people(rows))
    if events:
        hub.load(happenings(events))
    hub.resolve()
    return hub


def store_of(hub: uc.CustomerHub) -> Store:
    return hub._store


def content(hub: uc.CustomerHub, *names: str) -> dict[str, list[Any]]:
    """Rows without what the store assigns, in an order of their own."""
    frames = {name: store_of(hub).read(name, columns=list(TABLES[name].columns)) for name in names}
    return {name: sorted(frame.rows(), key=repr) for name, frame in frames.items()}


def groups(hub: uc.CustomerHub) -> set[frozenset[str]]:
    links = store_of(hub).read("links", columns=["record_id", "customer_id"], where=[uc.Where("valid_to", "is_null")])
    return {frozenset(part["record_id"]) for part in links.partition_by("customer_id")}


def answers(hub: uc.CustomerHub) -> dict[str, str]:
    """What is decided about each customer for marketing."""
    return dict(hub.consent.decisions(["marketing"]).cast(pl.String).iter_rows())


def sound(rows: Iterable[Row]) -> list[Row]:
    """Rows of which no two are one id at one time with different content: these go to quarantine."""
    kept: dict[tuple[Any, Any], Row] = {}
    for row in rows:
        kept.setdefault((row["id"], row["seen"]), row)
    return list(kept.values())


@slow
@given(tables_of_people, tables_of_events)
def test_every_input_row_is_accepted_known_already_or_in_quarantine(rows: list[Row], events: list[Row]) -> None:
    hub = new_hub()
    for report, given_rows in ((hub.load(people(rows)), rows), (hub.load(happenings(events)), events)):
        assert report.rows == len(given_rows)
        assert report.rows == report.accepted + report.duplicates + report.quarantined
        assert store_of(hub).count(report.table) == report.accepted


@slow
@given(tables_of_people, tables_of_events)
def test_loading_twice_is_loading_once(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows, events=events)
    tables = ("records", "identities", "identifiers", "events", "consents", "quarantine", "links", "customers")
    before = content(hub, *tables)
    assert hub.load(people(rows)).accepted == 0
    assert hub.load(happenings(events)).accepted == 0
    hub.resolve()
    assert content(hub, *tables) == before


@slow
@given(tables_of_people, tables_of_events)
def test_every_identity_belongs_to_exactly_one_customer(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows, events=events)
    linked = [record for group in groups(hub) for record in group]
    assert sorted(linked) == sorted(store_of(hub).read("identities")["record_id"])
    assert store_of(hub).count("customers") == len(groups(hub))


@slow
@given(tables_of_people.map(sound), st.randoms(use_true_random=False), st.integers(0, 8))
def test_order_and_batches_do_not_change_who_is_one_person(rows: list[Row], random: Any, cut: int) -> None:
    shuffled = random.sample(rows, len(rows))
    assert groups(loaded(rows)) == groups(loaded(shuffled[:cut], shuffled[cut:]))


@slow
@given(tables_of_people, tables_of_events)
def test_resolving_again_changes_nothing(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows, events=events)
    before = content(hub, "links", "customers")
    assert hub.resolve().changed == 0
    assert content(hub, "links", "customers") == before


@slow
@given(tables_of_people.map(sound), tables_of_people.map(sound))
def test_ids_survive_a_rebuild_from_the_same_records(first: list[Row], second: list[Row]) -> None:
    grown = loaded(first, second)
    rebuilt = new_hub()
    rebuilt.load(people(first))
    rebuilt.load(people(second))
    rebuilt.resolve()
    assert content(grown, "customers") == content(rebuilt, "customers")


@slow
@given(tables_of_people)
def test_the_id_of_a_customer_is_the_record_seen_first(rows: list[Row]) -> None:
    hub = loaded(rows)
    order = store_of(hub).read("identities", order_by=["seq"])["record_id"].to_list()
    links = store_of(hub).read("links", columns=["record_id", "customer_id"])
    for customer_id, part in links.group_by("customer_id"):
        assert customer_id[0] == min(part["record_id"], key=order.index)


@slow
@given(tables_of_good_people, st.data())
def test_merge_then_split_restores(rows: list[Row], data: st.DataObject) -> None:
    hub = loaded(rows)
    before = groups(hub)
    assume(len(before) > 1)
    left, right = data.draw(st.permutations(sorted(before, key=sorted)))[:2]
    hub.merge(min(left), min(right))
    assert any(left | right <= group for group in groups(hub))
    hub.split(min(left), sorted(left))
    assert groups(hub) == before


@slow
@given(
    tables_of_good_people,
    st.lists(st.tuples(st.sampled_from(["granted", "granted", "denied", "restricted"]), st.booleans()), max_size=3),
    st.randoms(use_true_random=False),
)
def test_two_people_made_one_are_read_where_one_allows_and_neither_refuses_and_split_as_before(
    rows: list[Row], said: list[tuple[Status, bool]], random: Random
) -> None:
    hub = loaded(rows)
    before = groups(hub)
    assume(len(before) > 1)
    two = [min(each) for each in random.sample(sorted(before, key=sorted), 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
        for status, first in said:
            hub.consent.record("marketing", status, customer_id=two[not first])
    apart = answers(hub)
    theirs = {apart[hub.identity.customer_of(each)] for each in two}
    one = hub.merge(*two)
    assert (answers(hub)[one] == "granted") is ("granted" in theirs and not theirs & {"refused", "restricted"})
    hub.split(one, sorted(next(each for each in before if min(each) == two[0])))
    assert groups(hub) == before
    assert sorted(answers(hub).values()) == sorted(apart.values())


@slow
@given(tables_of_good_people, st.data())
def test_a_cannot_link_is_never_violated_by_what_comes_later(rows: list[Row], data: st.DataObject) -> None:
    hub = loaded(rows)
    records = sorted(record for group in groups(hub) for record in group)
    assume(len(records) > 1)
    left, right = data.draw(st.permutations(records))[:2]
    hub.identity.cannot_link(left, right)
    hub.load(people(rows))
    hub.resolve()
    assert not any({left, right} <= group for group in groups(hub))


@slow
@given(tables_of_people, tables_of_events)
def test_every_id_ever_issued_resolves(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows[:1], events=events)
    issued = set(store_of(hub).read("customers")["customer_id"])
    hub.load(people(rows))
    hub.resolve()
    current = set(store_of(hub).read("customers")["customer_id"])
    assert {hub.identity.customer_of(each) for each in issued} <= current
    read = hub.read("customers", purpose="analytics", customers=sorted(issued))
    assert set(read["customer_id"]) == {hub.identity.customer_of(each) for each in issued}


@slow
@given(tables_of_people, tables_of_events)
def test_nobody_is_read_without_a_basis(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows, events=events)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.EverythingWithheldWarning)
        assert hub.customers(purpose="marketing").is_empty()
        assert hub.events(purpose="marketing").is_empty()
        assert hub.scan("records", purpose="marketing").collect().is_empty()


MAILBOXES = ["ann@example.com", "bob@example.com"]
who_uses_what = st.lists(st.tuples(st.sampled_from(MAILBOXES), st.sampled_from(["Ann", "Bob"])), min_size=2, max_size=6)
said_things = st.lists(
    st.tuples(
        st.sampled_from(["granted", "denied"]),
        st.sampled_from(["marketing", "marketing.advertising"]),
        st.sampled_from(MAILBOXES),
    ),
    min_size=1,
    max_size=3,
)


@slow
@given(who_uses_what, said_things)
def test_one_customer_alone_is_read_as_among_all(
    users: list[tuple[str, str]], said: list[tuple[Any, str, str]]
) -> None:
    hub = loaded([{"id": str(place), "mail": mail, "name": name} for place, (mail, name) in enumerate(users)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
        for status, purpose, mailbox in said:
            hub.consent.record(purpose, status, identifier=("email", mailbox))
        warnings.simplefilter("ignore", uc.errors.EverythingWithheldWarning)
        readable = set(hub.customers(purpose="marketing")["customer_id"])
        for customer in set(store_of(hub).read("customers")["customer_id"]):
            alone = hub.read("records", purpose="marketing", customers=[customer])
            assert set(alone["customer_id"]) == readable & {customer}
            assert shown(hub, customer, purpose="marketing") is (customer in readable)


@slow
@given(who_uses_what, said_things, st.lists(st.booleans(), min_size=3, max_size=3), st.data())
def test_erasing_somebody_opens_nobody_else_and_shuts_nobody_else_out(
    users: list[tuple[str, str]],
    said: list[tuple[Any, str, str]],
    by_name: list[bool],
    data: st.DataObject,
) -> None:
    hub = loaded([{"id": str(place), "mail": mail, "name": name} for place, (mail, name) in enumerate(users)])
    people_there = sorted(set(store_of(hub).read("customers")["customer_id"]))
    for (status, purpose, mailbox), named in zip(said, by_name, strict=False):
        speaker: dict[str, Any] = {"customer_id": data.draw(st.sampled_from(people_there))}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
            hub.consent.record(purpose, status, **(speaker if named else {"identifier": ("email", mailbox)}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.EverythingWithheldWarning)
        before = set(hub.customers(purpose="marketing")["customer_id"])
        gone = data.draw(st.sampled_from(people_there))
        hub.rights.erase(gone)
        assert set(hub.customers(purpose="marketing")["customer_id"]) == before - {gone}


def shown(hub: uc.CustomerHub, customer: str, *, purpose: str) -> bool:
    try:
        hub.profile(customer, purpose=purpose)
    except uc.errors.ConsentError:
        return False
    return True


@slow
@given(tables_of_people, tables_of_events, st.integers(180, 400))
def test_the_past_holds_nothing_that_came_later(rows: list[Row], events: list[Row], days: int) -> None:
    hub, as_of = loaded(rows, events=events), START - timedelta(days=days)
    past, now = (hub.customers(purpose="analytics", as_of=each, provenance=True) for each in (as_of, None))
    assert set(past["customer_id"]) <= set(now["customer_id"])
    for name in past.columns:
        if name.endswith("observed_at"):
            assert past.filter(pl.col(name) >= as_of).is_empty()
    later = hub.customers(purpose="analytics", as_of=START + timedelta(days=1), provenance=True)
    assert later.equals(now)


@slow
@given(tables_of_people, tables_of_events)
def test_a_lazy_read_equals_an_eager_one(rows: list[Row], events: list[Row]) -> None:
    hub = loaded(rows, events=events)
    for name in ("records", "events"):
        lazy = hub.scan(name, purpose="analytics").filter(pl.col("source") == "crm").collect()
        eager = hub.read(name, purpose="analytics").filter(pl.col("source") == "crm")
        assert sorted(lazy.rows(), key=repr) == sorted(eager.rows(), key=repr)


@slow
@given(tables_of_good_people, st.data())
def test_erased_people_appear_in_no_table_and_do_not_come_back(rows: list[Row], data: st.DataObject) -> None:
    hub = loaded(rows)
    customers = store_of(hub).read("customers")["customer_id"].sort().to_list()
    assume(customers)
    erased = data.draw(st.sampled_from(customers))
    links = store_of(hub).read("links").filter(customer_id=erased)
    records = set(links["record_id"])
    values = exclusive_values(hub, records)
    hub.rights.erase(erased)
    assert traces(hub, records, values) == set()
    hub.load(people(rows, name="crm"))
    hub.load(people(rows, name="another_export"))
    hub.resolve()
    assert traces(hub, records, values) == set()


def exclusive_values(hub: uc.CustomerHub, records: set[str]) -> set[str]:
    """Normalised values that only these records carry."""
    rows = store_of(hub).read("identifiers").select("record_id", "value").rows()
    return {value for record, value in rows if record in records} - {
        value for record, value in rows if record not in records
    }


def traces(hub: uc.CustomerHub, records: set[str], values: set[str]) -> set[str]:
    """Names of the tables that still hold a value of an erased person, or more of a record than its stub."""
    found = set()
    for name in TABLES:
        text = json.dumps(store_of(hub).read(name).rows(), default=str)
        if any(json.dumps(value)[1:-1] in text for value in values):
            found.add(name)
        if name not in {"identities", "audit", "tombstones", "erasure_steps"} and any(
            record in text for record in records
        ):
            found.add(name)
    return found
