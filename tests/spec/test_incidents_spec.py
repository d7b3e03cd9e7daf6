"""The laws of incidents: whom it touched is whom its rows, reads or exports were about, and the earliest clock counts."""

import csv
import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.models import Status
from unified_customer.core.tables import (
    ARTIFACT_SUBJECTS,
    ARTIFACTS,
    CONSENTS,
    EVENTS,
    EXPOSURES,
    IDENTIFIERS,
    IDENTITIES,
    LINKS,
    QUARANTINE,
    Table,
)
from unified_customer.governance.incidents import IncidentReport, RiskCriteria
from unified_customer.governance.incidents.clocks import clocks, first_due
from unified_customer.governance.incidents.places import PLACES
from unified_customer.governance.transparency import Transparency
from unified_customer.policy import BreachClock, Period, Policy, Recipient, Regime
from unified_customer.store import Store, open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=300)
RECORDS = [f"{number:024x}" for number in range(1, 6)]
KEYS = [f"{number:024x}" for number in range(101, 103)]
OWNERS = {RECORDS[0]: RECORDS[0], RECORDS[1]: RECORDS[0], RECORDS[2]: RECORDS[2], RECORDS[3]: RECORDS[3]}
"""The last record is not resolved yet."""
HOLDERS = {KEYS[0]: RECORDS[:2], KEYS[1]: [RECORDS[1], RECORDS[2]]}
VISITOR = RECORDS[3]

slow = settings(
    max_examples=max(50, settings().max_examples // 4), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
often = settings(max_examples=max(100, settings().max_examples), deadline=None)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


@dataclass(frozen=True)
class Row:
    """A row of one of the tables below: whom it names, whose it is, and of when."""

    table: str
    names: str | None
    source: str
    hour: int


hours = st.integers(0, 2)
sources = st.sampled_from(["crm", "web"])
somebody = st.sampled_from(RECORDS)
rows = st.lists(
    st.builds(Row, st.sampled_from(["events", "quarantine"]), st.none() | somebody, sources, hours)
    | st.builds(Row, st.just("consents"), somebody | st.sampled_from(KEYS), sources, hours)
    | st.builds(Row, st.just("exposures"), st.none() | st.sampled_from(sorted(set(OWNERS.values()))), sources, hours),
    min_size=2,
    max_size=10,
)
TABLES_DRAWN = ("events", "quarantine", "consents", "exposures")
OF_SOURCES = ("events", "quarantine", "consents")


@st.composite
def scopes(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(st.none() | sources)
    tables = draw(st.lists(st.sampled_from(OF_SOURCES if source else TABLES_DRAWN), min_size=2, unique=True))
    since, until = draw(st.none() | hours), draw(st.none() | hours)
    assume(since is None or until is None or since < until)
    period = {"since": None if since is None else at(since), "until": None if until is None else at(until)}
    return {"tables": tables, "source": source, **period}


def rows_of(table: Table, **columns: Any) -> pl.DataFrame:
    return table.conform(pl.DataFrame(columns, schema={name: table.columns[name] for name in columns}))


def fill(store: Store, drawn: list[Row]) -> None:
    origins = ["event" if each == VISITOR else "record" for each in RECORDS]
    owned, count = list(OWNERS), len(OWNERS)
    held = [(record, key) for key, records in HOLDERS.items() for record in records]
    with store.transaction(recorded_at=START) as writer:
        # Both sources are known, whatever is drawn.
        writer.append(
            "identities", rows_of(IDENTITIES, record_id=RECORDS, source=["crm", "web"] * 2 + ["crm"], origin=origins)
        )
        linked = {"record_id": owned, "customer_id": list(OWNERS.values()), "valid_from": [START] * count}
        writer.upsert("links", rows_of(LINKS, **linked, probability=[1.0] * count, reason=["exact"] * count))
        named = {"record_id": [one for one, _ in held], "value_key": [key for _, key in held]}
        writer.append(
            "identifiers", rows_of(IDENTIFIERS, **named, kind=["email"] * len(held), source=["crm"] * len(held))
        )
        writer.append("events", events([each for each in drawn if each.table == "events"]))
        writer.upsert("quarantine", quarantined([each for each in drawn if each.table == "quarantine"]))
        writer.append("consents", stated([each for each in drawn if each.table == "consents"]))
        writer.append("exposures", shown([each for each in drawn if each.table == "exposures"]))


def ids(drawn: list[Row]) -> list[str]:
    return [str(number) for number in range(len(drawn))]


def times(drawn: list[Row]) -> list[datetime]:
    return [at(each.hour) for each in drawn]


def events(drawn: list[Row]) -> pl.DataFrame:
    own = {
        "event_id": ids(drawn),
        "source": [each.source for each in drawn],
        "record_id": [each.names for each in drawn],
    }
    return rows_of(EVENTS, **own, type=["track"] * len(drawn), occurred_at=times(drawn))


def quarantined(drawn: list[Row]) -> pl.DataFrame:
    own = {
        "quarantine_id": ids(drawn),
        "source": [each.source for each in drawn],
        "record_id": [each.names for each in drawn],
    }
    said = {name: ["x"] * len(drawn) for name in ("target", "position", "reason", "payload")}
    return rows_of(QUARANTINE, **own, **said, status=["held"] * len(drawn), held_at=times(drawn))


def stated(drawn: list[Row]) -> pl.DataFrame:
    kinds = ["email" if each.names in HOLDERS else "record" for each in drawn]
    own = {"statement_id": ids(drawn), "subject_kind": kinds, "subject_key": [each.names for each in drawn]}
    said = {"purpose": ["marketing"] * len(drawn), "status": ["granted"] * len(drawn), "verified": [False] * len(drawn)}
    sources_of = [each.source for each in drawn]
    return rows_of(
        CONSENTS, **own, **said, legal_basis=["consent"] * len(drawn), stated_at=times(drawn), source=sources_of
    )


def shown(drawn: list[Row]) -> pl.DataFrame:
    own = {"exposure_id": ids(drawn), "customer_id": [each.names for each in drawn], "exposed_at": times(drawn)}
    return rows_of(EXPOSURES, **own, purpose=["marketing"] * len(drawn))


@contextmanager
def world(drawn: list[Row]) -> Iterator[Store]:
    store = open_store("memory://")
    try:
        fill(store, drawn)
        yield store
    finally:
        store.close()


def report(store: Store, *, policy: Policy | None = None, known_at: datetime = LATER, **scope: Any) -> IncidentReport:
    told = Transparency(store, policy=policy or Policy(), clock=lambda: LATER)
    return told.incident(known_at=known_at, keep=False, **scope)


def inside(row: Row, scope: dict[str, Any]) -> bool:
    return (
        row.table in scope["tables"]
        and scope["source"] in {None, row.source}
        and (scope["since"] is None or at(row.hour) >= scope["since"])
        and (scope["until"] is None or at(row.hour) < scope["until"])
    )


def people_named(row: Row) -> set[str]:
    records = HOLDERS.get(str(row.names), [row.names] if row.names else [])
    return {OWNERS.get(each, each) for each in records}


# --- Rows.


@slow
@given(rows, scopes())
def test_affected_are_those_whom_the_rows_are_about_one_by_one(drawn: list[Row], scope: dict[str, Any]) -> None:
    with world(drawn) as store:
        found = report(store, **scope)
    hit = [row for row in drawn if inside(row, scope)]
    assert found.affected["customer_id"].to_list() == sorted(set[str]().union(*map(people_named, hit)))
    assert found.rows == len(hit)
    assert found.rows_about_nobody == sum(row.names is None for row in hit)


@slow
@given(rows, scopes())
def test_everybody_is_told_apart_by_what_the_hub_knows_of_them(drawn: list[Row], scope: dict[str, Any]) -> None:
    with world(drawn) as store:
        found = report(store, **scope)
    expected = {VISITOR: "visitor", RECORDS[4]: "unresolved"}
    assert all(known_as == expected.get(each, "customer") for each, known_as in found.affected.rows())
    assert found.visitors == (VISITOR in found.affected["customer_id"])


@slow
@given(rows, scopes(), st.sampled_from(["tables", "since", "until"]))
def test_knowing_less_of_an_incident_never_leaves_anybody_out(
    drawn: list[Row], scope: dict[str, Any], less: str
) -> None:
    wider = {**scope, less: None}
    assume(any(wider.values()))
    with world(drawn) as store:
        narrow, wide = report(store, **scope), report(store, **wider)
    assert set(narrow.affected.rows()) <= set(wide.affected.rows())
    assert set(narrow.categories["category"]) <= set(wide.categories["category"])


@slow
@given(rows, scopes())
def test_categories_are_those_of_the_columns_that_hold_a_value_in_the_rows(
    drawn: list[Row], scope: dict[str, Any]
) -> None:
    frames = {"events": events, "quarantine": quarantined, "consents": stated, "exposures": shown}
    tables = {"events": EVENTS, "quarantine": QUARANTINE, "consents": CONSENTS, "exposures": EXPOSURES}
    expected = set[str]()
    for name in scope["tables"]:
        frame = frames[name]([row for row in drawn if row.table == name and inside(row, scope)])
        filled = [each for each in frame.columns if frame[each].drop_nulls().len()]
        expected |= {tables[name].fields[each].category for each in filled if tables[name].fields[each].personal}
    with world(drawn) as store:
        assert set(report(store, **scope).categories["category"]) == expected


# --- Where ids stand.


@slow
@given(rows, scopes())
def test_ids_of_people_stand_in_the_list_of_affected_and_nowhere_else(drawn: list[Row], scope: dict[str, Any]) -> None:
    with world(drawn) as store:
        found = report(store, **scope)
        audited = store.read("audit", columns=["detail", "customer_id"]).write_json()
    told = (found.to_markdown(), found.to_html(), found.to_json(), audited)
    assert not [each for each in (*RECORDS, *KEYS) for text in told if each in text]
    listed = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert listed == found.affected.to_dicts()


@slow
@given(rows, scopes(), st.booleans())
def test_a_report_that_is_kept_holds_counts_and_its_subjects_where_asked(
    drawn: list[Row],
    scope: dict[str, Any],
    subjects: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    with world(drawn) as store:
        told = Transparency(store, policy=Policy(), clock=lambda: LATER)
        found = told.incident(known_at=START, keep=True, subjects=subjects, **scope)
        (kept,) = store.read("artifacts").to_dicts()
        named = set(store.read("artifact_subjects")["record_id"])
    assert (kept["kind"], kept["name"], kept["rows"]) == ("incident", found.incident_id, found.rows)
    assert json.loads(kept["body"])["people"] == found.people
    assert not [each for each in RECORDS if each in kept["body"] + kept["spec"]]
    affected = set(found.affected["customer_id"])
    assert named == ({each for each in RECORDS if OWNERS.get(each, each) in affected} if subjects else set())


# --- Clocks.

breach_clocks = st.builds(
    BreachClock,
    whom=st.sampled_from(["authority", "people"]),
    within=st.builds(Period, hours=st.integers(1, 100)) | st.builds(Period, days=st.integers(1, 60)),
    at_least=st.sampled_from([1, 2, 4]),
    when=st.sampled_from(["always", "high_risk"]),
    source=st.sampled_from(["Art. 1", "Art. 2"]),
)
regimes = st.dictionaries(
    st.sampled_from(["gdpr", "ccpa"]),
    st.lists(breach_clocks, min_size=2, max_size=4).map(lambda each: Regime(title="Law", breach=tuple(each))),
    min_size=1,
    max_size=2,
)


def runs(clock: BreachClock, people: int, *, high_risk: bool) -> bool:
    return people >= max(1, clock.at_least) and (clock.when == "always" or high_risk)


@often
@given(regimes, st.lists(st.sampled_from(["DE", "US-CA", "BR", None]), min_size=1, max_size=5), st.booleans())
def test_by_when_somebody_has_to_be_told_is_the_earliest_clock_that_applies(
    named: dict[str, Regime],
    places: list[str | None],
    high_risk: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    under = {"DE": "gdpr", "US-CA": "ccpa"}
    counted = [(place, under.get(str(place)), places.count(place)) for place in set(places)]
    frame = pl.DataFrame(counted, schema=PLACES, orient="row")
    told = clocks(Policy(regimes=named), frame, high_risk=high_risk, known_at=START, as_of=START)
    expected: dict[str, list[datetime]] = {}
    for name, regime in named.items():
        here = sum(under.get(str(place), name) == name for place in places)
        for clock in regime.breach:
            if runs(clock, here, high_risk=high_risk):
                expected.setdefault(clock.whom, []).append(clock.within.after(START))
    assert first_due(told) == {whom: min(due) for whom, due in expected.items()}


@often
@given(regimes, st.integers(0, 120))
def test_a_clock_is_overdue_from_the_instant_after_its_end(named: dict[str, Regime], hour: int) -> None:
    frame = pl.DataFrame([(None, None, 5)], schema=PLACES, orient="row")
    told = clocks(Policy(regimes=named), frame, high_risk=True, known_at=START, as_of=at(hour))
    assert all(row["overdue"] == (row["due_at"] < at(hour)) for row in told.to_dicts())
    assert told.height == sum(len(each.breach) for each in named.values())


@slow
@given(rows, st.integers(1, 5))
def test_the_risk_is_high_where_a_criterion_says_so(drawn: list[Row], many: int) -> None:
    with world(drawn) as store:
        criteria = RiskCriteria(people=many, categories=("user.behavior",))
        found = report(store, tables=["events", "consents"], criteria=criteria)
    told = [each.partition(":")[0] for each in found.risks]
    behaviour = "user.behavior" in found.categories["category"]
    expected = ["data that can be turned against people"] if behaviour and found.people else []
    assert told == [*expected, *(["many people"] if found.people >= many else [])]


# --- Exports.


@slow
@given(
    st.lists(st.tuples(st.sampled_from(["mailer", "host"]), st.lists(somebody, unique=True), hours), max_size=4),
    st.sampled_from(["mailer", "host"]),
    hours,
)
def test_whose_data_a_recipient_lost_are_the_subjects_of_its_exports(
    made: list[tuple[str, list[str], int]], lost: str, since: int
) -> None:
    with world([]) as store:
        with store.transaction(recorded_at=START) as writer:
            for number, (to, records, hour) in enumerate(made):
                writer.append("artifacts", exported(str(number), to, at(hour)))
                subjects = {"artifact_id": [str(number)] * len(records), "record_id": records}
                writer.append("artifact_subjects", rows_of(ARTIFACT_SUBJECTS, **subjects))
        policy = Policy(recipients={"mailer": Recipient(), "host": Recipient()})
        found = report(store, policy=policy, destination=lost, since=at(since))
    whose = {each for to, named, hour in made if to == lost and hour >= since for each in named}
    assert set(found.affected["customer_id"]) == {OWNERS.get(each, each) for each in whose}


def exported(number: str, to: str, when: datetime) -> pl.DataFrame:
    said = {"artifact_id": number, "kind": "export", "name": "list", "spec": json.dumps({"recipient": to})}
    said |= {"library_version": "1", "purpose": "marketing", "content_hash": "x", "actor": "local"}
    return rows_of(
        ARTIFACTS, **{name: [each] for name, each in said.items()}, as_of=[when], created_at=[when], rows=[1]
    )


# --- Reads.

SAID: tuple[Status, ...] = ("granted", "withdrawn")
steps = st.lists(
    st.tuples(st.sampled_from(SAID), st.sampled_from(["1", "2", "3"]))
    | st.just(("read", "kim"))
    | st.just(("late", "1")),
    min_size=2,
    max_size=8,
)


@slow
@example([("granted", "2"), ("read", "kim"), ("late", "1")])
@given(steps)
def test_whom_an_actor_read_are_those_whom_the_reads_returned(done: list[tuple[str, str]]) -> None:
    people = pl.DataFrame({"id": list("123"), "mail": [f"{each}@example.com" for each in "123"]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    clock = Ticking()
    with uc.CustomerHub(keys=uc.MemoryKeyProvider(b"k" * 32), clock=clock) as hub, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
        hub.resolve()
        returned = {each for step in done for each in carry_out(hub, *step)}
        assume(("read", "kim") in done)
        told = Transparency(hub._store, policy=hub.policy, clock=clock)
        found = told.incident(known_at=clock(), reads_by="kim")
    assert set(found.affected["customer_id"]) == returned
    assert found.exact
    assert found.rows == done.count(("read", "kim"))


def carry_out(hub: uc.CustomerHub, what: str, who: str) -> list[str]:
    if what == "late":
        # Said before every read, and recorded only now: no read that was made knew of it.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
            hub.consent.record("marketing", "granted", identifier=("email", f"{who}@example.com"), stated_at=START)
        return []
    said = next((each for each in SAID if each == what), None)
    if said is None:
        return hub.customers(purpose="marketing", actor=uc.Actor(id=who))["customer_id"].to_list()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
        hub.consent.record("marketing", said, identifier=("email", f"{who}@example.com"))
    return []


class Ticking:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now
