"""Incidents: what the report says of places, risk and reads, and which questions cannot be meant."""

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, ConsentError, UnknownTableError
from unified_customer.core.tables import ARTIFACTS, POLICIES, Table
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.incidents import IncidentReport, RiskCriteria
from unified_customer.governance.incidents.knowledge import known_at
from unified_customer.governance.transparency import Transparency
from unified_customer.policy import BreachClock, Period, Policy, Recipient, Regime, Role

START = datetime(2026, 1, 1, tzinfo=UTC)
GDPR = Regime(
    title="GDPR",
    breach=(
        BreachClock(whom="authority", within=Period(hours=72), source="GDPR Art. 33(1)"),
        BreachClock(whom="people", within=Period(hours=72), when="high_risk", source="GDPR Art. 34(1)"),
    ),
)
HIPAA = Regime(title="HIPAA", breach=(BreachClock(whom="people", within=Period(days=60), source="45 CFR 164.404(b)"),))
CCPA = Regime(
    title="CCPA", breach=(BreachClock(whom="authority", within=Period(days=45), at_least=501, source="1798.82(f)"),)
)
POLICY = Policy(
    bases={"analytics": "legitimate_interests", "essential": "legal_obligation"},
    regimes={"gdpr": GDPR, "ccpa": CCPA},
    jurisdictions={"DE": "gdpr", "US-CA": "ccpa"},
    recipients={"mailer": Recipient(categories=("user.contact.email",), jurisdictions=("ccpa",))},
    roles={"agent": Role(purposes=("analytics",))},
)
PEOPLE: list[dict[str, str | None]] = [
    {"id": "1", "mail": "ann@example.com", "country": "DE", "region": None, "born": "1980-01-01"},
    {"id": "2", "mail": "bo@example.com", "country": "US", "region": "California", "born": "2015-06-01"},
    {"id": "3", "mail": "cy@example.com", "country": "US", "region": "NV", "born": None},
    {"id": "4", "mail": "di@example.com", "country": None, "region": None, "born": None},
]
MAPPING = uc.Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "country": "country", "region": "region", "birth_date": "born"},
)


class Clock:
    """A clock that moves on a second each time that it is asked, and that can be turned."""

    def __init__(self) -> None:
        self.now = START
        self.step = timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


Report = Callable[..., IncidentReport]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(clock: Clock) -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, keys=uc.MemoryKeyProvider(b"k" * 32), clock=clock) as opened:
        opened.load(uc.source("dataframe", pl.DataFrame(PEOPLE), table="records", name="crm", mapping=MAPPING))
        opened.resolve()
        yield opened


@pytest.fixture
def report(hub: uc.CustomerHub, clock: Clock) -> Report:
    def ask(*, policy: Policy = POLICY, **asked: Any) -> IncidentReport:
        told = Transparency(hub._store, policy=policy, clock=clock)
        return told.incident(**{"known_at": START, **asked})

    return ask


def rows_of(table: Table, **columns: Any) -> pl.DataFrame:
    return table.conform(pl.DataFrame(columns, schema={name: table.columns[name] for name in columns}))


def by_mail(hub: uc.CustomerHub, mail: str) -> str:
    frame = hub._store.read("customers", columns=["customer_id", "email"])
    return str(frame.filter(email=mail)["customer_id"].item())


# --- Places and clocks.


def test_people_are_under_the_law_of_their_place_and_under_every_one_where_it_is_not_known(report: Report) -> None:
    found = report(tables=["records"])
    assert sorted(found.places.rows(), key=repr) == [
        ("DE", "gdpr", 1), ("US", None, 1), ("US-CA", "ccpa", 1), (None, None, 1),
    ]  # fmt: skip
    assert dict(found.clocks.select("source", "people").rows()) == {
        "GDPR Art. 33(1)": 3, "GDPR Art. 34(1)": 3, "1798.82(f)": 3,
    }  # fmt: skip


def test_the_clocks_of_article_33_and_34_run_from_when_it_was_known(report: Report, clock: Clock) -> None:
    found = report(tables=["records"])
    assert found.due == {"authority": START + timedelta(hours=72), "people": START + timedelta(hours=72)}
    assert not found.overdue
    assert found.clocks.filter(~pl.col("runs"))["why_not"].to_list() == ["fewer than 501 people"]
    clock.now = START + timedelta(hours=73)
    assert report(tables=["records"]).overdue


def test_sixty_days_of_hipaa_run_for_everybody_where_it_is_the_only_regime(report: Report) -> None:
    found = report(tables=["records"], policy=Policy(regimes={"hipaa": HIPAA}, bases=POLICY.bases))
    assert found.due == {"people": START + timedelta(days=60)}


def test_without_regimes_no_clock_is_known_and_the_report_says_so(report: Report) -> None:
    found = report(tables=["records"], policy=Policy(bases=POLICY.bases))
    assert (found.clocks.height, found.due) == (0, {})
    assert any("names no regime" in each for each in found.notes)


def test_no_clock_runs_where_nobody_was_affected(report: Report) -> None:
    found = report(tables=["events"])
    assert (found.people, found.due, found.high_risk, found.rows) == (0, {}, False, 0)
    assert "No personal data." in found.to_markdown()
    assert "Nothing speaks for a high risk" in found.to_markdown()


# --- Risk.


def test_children_make_the_risk_high(report: Report) -> None:
    assert report(tables=["records"]).risks == ("children: 1 of them below 18 years of age",)
    adults = report(tables=["records"], criteria=RiskCriteria(children_below=0))
    assert not adults.high_risk
    assert adults.clocks.filter(source="GDPR Art. 34(1)")["why_not"].item() == "no high risk"


def test_an_eighteenth_birthday_ends_childhood(report: Report) -> None:
    born = date(2015, 6, 1)
    for day, children in ((date(2033, 5, 31), 1), (date(2033, 6, 1), 0)):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = report(tables=["records"], known_at=at, as_of=at)
        assert len(found.risks) == children, born


def test_special_categories_make_the_risk_high(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    from unified_customer.governance.incidents import found

    monkeypatch.setattr(found, "_category", lambda *_: "user.health_and_medical")
    assert "special categories of data: user.health_and_medical" in report(tables=["records"]).risks


def test_columns_that_nobody_described_are_noted(hub: uc.CustomerHub, report: Report) -> None:
    more = pl.DataFrame([{**PEOPLE[0], "id": "9", "shoe_size": "44"}])
    hub.load(uc.source("dataframe", more, table="records", name="till", mapping=MAPPING))
    assert any("user.unclassified" in each for each in report(source="till").notes)
    assert not any("user.unclassified" in each for each in report(source="crm").notes)


def test_identifiers_are_of_the_category_of_their_kind(report: Report) -> None:
    found = dict(report(tables=["identifiers"]).categories.select("category", "tables").rows())
    assert found["user.contact.email"] == ["identifiers"]


# --- Rows.


def test_rows_without_a_time_count_by_when_they_were_recorded(report: Report) -> None:
    assert report(tables=["records"], since=START).people == 4
    assert report(tables=["records"], until=START).people == 0
    assert report(tables=["customers"], since=START).people == 4


def test_quarantined_rows_of_unknown_people_are_noted(hub: uc.CustomerHub, report: Report) -> None:
    nobody = pl.DataFrame([{**PEOPLE[0], "id": None}])
    hub.load(uc.source("dataframe", nobody, table="records", name="till", mapping=MAPPING))
    found = report(source="till")
    assert (found.people, found.rows_about_nobody) == (0, 1)
    assert any("1 rows in quarantine name nobody" in each for each in found.notes)


def test_somebody_who_was_erased_is_named_by_what_is_left(hub: uc.CustomerHub, report: Report) -> None:
    ann = by_mail(hub, "ann@example.com")
    hub.profile(ann, purpose="analytics", actor=uc.Actor(id="kim"))
    hub.rights.erase(ann)
    found = report(reads_by="kim")
    assert found.affected.rows() == [(ann, "erased")]
    assert "people who were erased since" in found.to_markdown()
    again = report(reads_by="kim", keep=True, subjects=True)
    assert ann in again.to_csv()
    assert hub._store.count("artifact_subjects") == 0


# --- Reads.


def test_a_profile_shows_one_customer_and_a_backup_everybody(hub: uc.CustomerHub, report: Report, clock: Clock) -> None:
    bo = by_mail(hub, "bo@example.com")
    hub.profile(bo, purpose="analytics", actor=uc.Actor(id="kim"))
    assert report(reads_by="kim").affected.rows() == [(bo, "customer")]
    AuditLog(hub._store, clock=clock).record(uc.Actor(id="kim"), Entry("backup"))
    whole = report(reads_by="kim", tables=["identities"])
    assert whole.people == 4
    assert "user.unclassified" in whole.categories["category"]


def test_reads_count_in_their_time_and_tables_alone(hub: uc.CustomerHub, report: Report, clock: Clock) -> None:
    kim = uc.Actor(id="kim")
    hub.customers(purpose="analytics", actor=kim)
    then = clock()
    assert report(reads_by="kim", until=then).people == 4
    assert report(reads_by="kim", since=then).people == 0
    assert report(reads_by="kim", tables=["events"]).people == 0
    hub.profile(by_mail(hub, "ann@example.com"), purpose="analytics", actor=kim)
    assert report(reads_by="kim", tables=["events"]).people == 1


def test_columns_that_were_withheld_were_not_shown(hub: uc.CustomerHub, report: Report) -> None:
    hub.consent.record("marketing", "granted", customer_id=by_mail(hub, "ann@example.com"))
    hub.customers(purpose="marketing", actor=uc.Actor(id="kim"))
    found = report(reads_by="kim")
    assert found.people == 1
    assert "user.unclassified" not in found.categories["category"]
    assert "user.contact.email" in found.categories["category"]


def audited(hub: uc.CustomerHub, clock: Clock, **entry: Any) -> None:
    AuditLog(hub._store, clock=clock).record(uc.Actor(id="kim"), Entry("read", table="customers", **entry))


def test_a_read_that_showed_nobody_affects_nobody(hub: uc.CustomerHub, report: Report, clock: Clock) -> None:
    audited(hub, clock, purpose="analytics", people=0)
    assert report(reads_by="kim").people == 0


def test_a_read_of_fewer_people_than_allowed_counts_all_of_them(
    hub: uc.CustomerHub, report: Report, clock: Clock
) -> None:
    audited(hub, clock, purpose="analytics", people=2)
    found = report(reads_by="kim")
    assert (found.people, found.exact) == (4, False)
    assert "1 reads showed fewer people" in found.notes[0]
    assert "At most 4 people" in found.to_markdown()


def test_a_read_of_more_people_than_can_be_decided_counts_everybody(
    hub: uc.CustomerHub, report: Report, clock: Clock
) -> None:
    audited(hub, clock, purpose="marketing", people=3)
    audited(hub, clock, purpose="unheard_of", people=1)
    found = report(reads_by="kim")
    assert (found.people, found.exact) == (4, False)
    assert "2 reads showed more people" in found.notes[0]


def test_people_who_were_erased_since_a_read_are_told_in_a_note(hub: uc.CustomerHub, report: Report) -> None:
    hub.customers(purpose="analytics", actor=uc.Actor(id="kim"))
    hub.rights.erase(by_mail(hub, "ann@example.com"))
    found = report(reads_by="kim")
    assert (found.people, found.exact) == (3, False)
    assert "erased since" in found.notes[0]


def test_what_was_said_at_the_very_instant_of_a_read_counts(hub: uc.CustomerHub, report: Report, clock: Clock) -> None:
    clock.step = timedelta(0)
    hub.consent.record("marketing", "granted", customer_id=by_mail(hub, "ann@example.com"))
    hub.customers(purpose="marketing", actor=uc.Actor(id="kim"))
    found = report(reads_by="kim")
    assert (found.people, found.exact) == (1, True)


def test_a_read_is_decided_by_who_was_who_and_what_was_said_then(hub: uc.CustomerHub, report: Report) -> None:
    ann, bo = by_mail(hub, "ann@example.com"), by_mail(hub, "bo@example.com")
    hub.consent.record("marketing", "granted", customer_id=ann)
    hub.customers(purpose="marketing", actor=uc.Actor(id="kim"))
    hub.merge(ann, bo)
    hub.consent.record("marketing", "withdrawn", customer_id=ann)
    found = report(reads_by="kim")
    assert found.affected["customer_id"].to_list() == [hub.identity.customer_of(ann)]
    assert found.exact


def test_a_read_is_decided_under_the_policy_of_its_time(hub: uc.CustomerHub, report: Report, clock: Clock) -> None:
    before = {"policy_id": ["1"], "in_force_from": [START], "body": [POLICY.to_json()], "actor": ["local"]}
    with hub._store.transaction(recorded_at=START) as writer:
        writer.append("policies", rows_of(POLICIES, **before))
    hub.customers(purpose="analytics", actor=uc.Actor(id="kim"))
    found = report(reads_by="kim", policy=Policy(bases={"essential": "legal_obligation"}))
    assert (found.people, found.exact) == (4, True)


def test_what_was_known_then_is_counted_as_it_is_now(hub: uc.CustomerHub) -> None:
    assert known_at(hub._store, START).count("records") == 4
    assert known_at(hub._store, START).read("records").is_empty()
    assert known_at(hub._store, START).read("customers").height == 4


def test_what_only_writes_shows_nobody(hub: uc.CustomerHub, report: Report) -> None:
    found = report(reads_by="local")
    assert (found.people, found.rows) == (0, 0)


def test_reads_that_name_no_readable_table_may_show_any(hub: uc.CustomerHub, report: Report) -> None:
    hub.identity.crosswalk(actor=uc.Actor(id="kim"), purpose="analytics")
    assert report(reads_by="kim").people == 4


# --- Exports.


def export(hub: uc.CustomerHub, *, covers: int | None, spec: str | None = '{"recipient":"mailer"}') -> None:
    said = {"artifact_id": "1", "kind": "export", "name": "list", "spec": spec, "location": "s3://lists"}
    said |= {"library_version": "1", "purpose": "analytics", "content_hash": "x", "actor": "local"}
    columns = {name: [each] for name, each in said.items()}
    with hub._store.transaction(recorded_at=START) as writer:
        frame = rows_of(ARTIFACTS, **columns, as_of=[START], created_at=[START], rows=[1], covers_seq=[covers])
        writer.append("artifacts", frame)


def test_an_export_of_everybody_affects_everybody_who_was_there(hub: uc.CustomerHub, report: Report) -> None:
    export(hub, covers=hub._store.last_seq())
    found = report(destination="mailer")
    assert found.people == 4
    assert found.categories["category"].to_list() == ["user.contact.email"]
    assert found.clocks.filter(regime="ccpa")["people"].to_list() == [4]
    assert report(destination="s3://lists").people == 4
    assert report(destination="mailer", until=START).people == 0


def test_an_export_without_a_recipient_is_known_by_its_place(hub: uc.CustomerHub, report: Report) -> None:
    export(hub, covers=hub._store.last_seq(), spec=None)
    found = report(destination="s3://lists")
    assert "user.contact.email" in found.categories["category"]
    none = report(destination="mailer")
    assert none.people == 0
    assert any("knows of no export" in each for each in none.notes)


# --- What is written down.


def test_the_report_stands_in_the_audit_with_counts(hub: uc.CustomerHub, report: Report) -> None:
    found = report(tables=["records"], actor=uc.Actor(id="dpo"), keep=False)
    (entry,) = hub.audit.entries(actor="dpo").to_dicts()
    assert (entry["action"], entry["people"], entry["rows"]) == ("incident", 4, found.rows)
    assert entry["purpose"] == "essential.legal_obligation"
    assert hub._store.count("artifacts") == 0


def test_a_role_that_may_not_use_the_purpose_reports_nothing(report: Report) -> None:
    with pytest.raises(ConsentError, match=r"essential\.legal_obligation"):
        report(tables=["records"], actor=uc.Actor(id="kim", roles=("agent",)))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Say what the incident touched"),
        ({"tables": []}, "Say what the incident touched"),
        ({"tables": ["items"]}, "No row of items is about a person"),
        ({"tables": ["exposures"], "source": "crm"}, "come from no single source"),
        ({"reads_by": "kim", "destination": "mailer"}, "about reads or about exports"),
        ({"reads_by": "kim", "source": "crm"}, "source= is about rows"),
        ({"destination": "mailer", "tables": ["events"]}, "tables= is about rows and reads"),
        ({"since": START, "until": START}, "The period is empty"),
        ({"source": "cmr"}, "The sources of people are: crm"),
        ({"reads_by": "nobody"}, "The audit knows no actor"),
        ({"destination": "nowhere"}, "Recipients of the policy: mailer"),
        ({"tables": ["records"], "known_at": START + timedelta(days=900)}, "known_at is after now"),
        ({"tables": ["records"], "since": datetime(2026, 1, 1)}, "since has no time zone"),  # noqa: DTZ001 (refused)
    ],
)
def test_what_cannot_be_meant_is_refused(report: Report, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        report(**asked)


def test_an_unknown_table_is_refused(report: Report) -> None:
    with pytest.raises(UnknownTableError):
        report(tables=["recods"])


def test_equal_questions_have_one_id(report: Report) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = report(tables=["records"]), report(tables=["records"])
    assert one.incident_id == other.incident_id != report(tables=["identifiers"]).incident_id
