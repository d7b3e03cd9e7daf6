"""Retention through the hub: what goes, what stays whole, and what comes back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

import unified_customer as uc
from unified_customer.connectors import BoundSource
from unified_customer.core.errors import ConfigurationError, IdentityConflictError
from unified_customer.core.tables import ACCOUNTS, CONSENTS, EVENTS, EXPOSURES, SCORES, TABLES, Table
from unified_customer.governance.oversight import Oversight
from unified_customer.governance.retention.anonymous import FORMS, generalised
from unified_customer.hub.remaining import RemainingCustomers
from unified_customer.identity import Survivorship
from unified_customer.methods.anonymity import k_anonymity, suppressed
from unified_customer.policy import Period, Policy, RetentionRule
from unified_customer.policy.lapse import Terms
from unified_customer.policy.retention import (
    KEPT_OF_NOBODY,
    OUT_OF_REACH,
    SUBJECT_MATTER,
    default_rule,
    ending_columns,
    rules_about,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CRM = uc.Mapping(
    table="records", key="id", observed_at="seen", fields={"email": "mail", "phone": "tel", "given_name": "name"}
)
WEB = uc.Mapping(
    table="events", key="id", fields={"name": "what", "occurred_at": "when"}, identifiers={"email": "mail"}
)
INACTIVE = RetentionRule(keep=Period(months=36), since="last_activity")


def crm(*rows: dict[str, str], name: str = "crm") -> BoundSource:
    columns = ("id", "mail", "tel", "name", "seen")
    frame = pl.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], schema=dict.fromkeys(columns, pl.String))
    return uc.source("dataframe", frame, table="records", name=name, mapping=CRM)


def web(*rows: dict[str, str], name: str = "web") -> BoundSource:
    columns = ("id", "what", "when", "mail")
    frame = pl.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], schema=dict.fromkeys(columns, pl.String))
    return uc.source("dataframe", frame, table="events", name=name, mapping=WEB)


def hub_under(*rules: RetentionRule) -> uc.CustomerHub:
    policy = uc.Policy(bases={"essential.service": "contract"}, retention=rules)
    return uc.CustomerHub(policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32), clock=lambda: NOW)


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with hub_under(INACTIVE) as made:
        yield made


def people(hub: uc.CustomerHub) -> dict[str, str]:
    frame = hub.customers(purpose="essential.service", columns=["given_name"])
    return dict(frame.select("given_name", "customer_id").iter_rows())


def put(hub: uc.CustomerHub, table: Table, **columns: Any) -> None:
    frame = pl.DataFrame(columns, schema={name: table.columns[name] for name in columns})
    with hub._store.transaction(recorded_at=NOW) as writer:
        write = writer.append if table.append_only else writer.upsert
        write(table.name, table.conform(frame))


ANN = {"id": "1", "mail": "ann@example.com", "name": "Ann", "seen": "2020-01-01T00:00:00Z"}
BOB = {"id": "2", "mail": "bob@example.com", "name": "Bob", "seen": "2025-01-01T00:00:00Z"}


def test_a_customer_who_was_long_inactive_leaves_and_may_come_back(hub: uc.CustomerHub) -> None:
    hub.load(crm(ANN, BOB))
    hub.resolve()
    before = people(hub)
    assert hub.identify({"email": "ann@example.com"}).customer_id == before["Ann"]
    hub.governance.retention.apply()
    assert hub.identify({"email": "ann@example.com"}).customer_id is None
    hub.resolve()
    assert people(hub) == {"Bob": before["Bob"]}
    assert hub._store.count("tombstones") == 0
    assert not any("ann@example.com" in str(hub._store.read(name).rows()) for name in TABLES)
    hub.load(crm({**ANN, "seen": "2025-12-01T00:00:00Z"}))
    hub.resolve()
    assert people(hub) == before


def test_who_was_active_stays_also_when_the_row_that_says_so_is_gone() -> None:
    with hub_under(INACTIVE, RetentionRule(table="events", keep=Period(months=12))) as hub:
        hub.load(crm(ANN))
        hub.load(web({"id": "a", "what": "View", "when": "2024-06-01T00:00:00Z", "mail": "ann@example.com"}))
        hub.resolve()
        hub.governance.retention.apply()
        assert hub._store.count("events") == 0
        hub.governance.retention.apply()
        assert set(people(hub)) == {"Ann"}


def test_who_was_active_is_remembered_by_the_latest_row_also_when_an_older_one_goes_later() -> None:
    with hub_under(INACTIVE, RetentionRule(table="events", keep=Period(months=12))) as hub:
        hub.load(crm(ANN))
        for number, when in enumerate(("2024-06-01T00:00:00Z", "2021-06-01T00:00:00Z")):
            hub.load(web({"id": str(number), "what": "View", "when": when, "mail": "ann@example.com"}))
            hub.resolve()
            hub.governance.retention.apply()
        assert hub._store.count("events") == 0
        hub.governance.retention.apply()
        assert set(people(hub)) == {"Ann"}


def test_a_customer_who_loses_the_record_that_named_them_keeps_their_id() -> None:
    broker = RetentionRule(sources=("broker",), keep=Period(days=90))
    with hub_under(broker) as hub:
        hub.load(crm({**ANN, "tel": "+44 20 7946 0018", "name": "Annie"}, name="broker"))
        hub.load(crm(ANN, {**BOB, "mail": "", "tel": "+44 20 7946 0018", "name": "Ann"}))
        hub.resolve()
        (before,) = set(hub._store.read("links")["customer_id"])
        hub.governance.retention.apply()
        anchored = hub.identity.decisions()
        assert set(anchored["reason"]) == {"retention"}
        hub.resolve()
        assert set(people(hub).values()) == {before}
        assert "Annie" not in people(hub)
        hub.governance.retention.apply()
        assert hub.identity.decisions().equals(anchored)


def test_a_correction_that_is_not_resolved_yet_comes_first() -> None:
    with hub_under(RetentionRule(sources=("broker",), keep=Period(days=90))) as hub:
        hub.load(crm(ANN, name="broker"))
        hub.load(crm(ANN))
        hub.resolve()
        a, b = hub._store.read("links")["record_id"].to_list()
        hub.identity.cannot_link(a, b)
        with pytest.raises(IdentityConflictError):
            hub.governance.retention.apply()
        assert hub._store.count("records") == 2


def test_third_parties_are_told_by_source_and_kept_for_ninety_days() -> None:
    with hub_under() as hub:
        hub.load(crm({**ANN, "seen": "2025-10-03T00:00:00Z"}, {**BOB, "seen": "2025-10-04T00:00:00Z"}, name="broker"))
        hub.resolve()
        remaining = RemainingCustomers(survivorship=Survivorship(), forget=lambda: None)
        watch = Oversight(hub._store, Policy(parties={"broker": "third"}), clock=lambda: NOW, remaining=remaining)
        watch.retention.apply()
        assert hub._store.read("records")["given_name"].to_list() == ["Bob"]


def test_the_golden_record_forgets_a_value_that_was_blanked() -> None:
    with hub_under(RetentionRule(category="user.contact.email", keep=Period(months=6))) as hub:
        hub.load(crm(BOB))
        hub.resolve()
        hub.governance.retention.apply()
        assert hub.customers(purpose="essential.service").select("given_name", "email").row(0) == ("Bob", None)
        assert hub._store.count("identifiers") == 0
        assert "bob@example.com" not in str([hub._store.read(name).rows() for name in TABLES])


def test_a_blanked_row_is_told_as_a_change_and_keeps_when_it_was_recorded() -> None:
    with hub_under(RetentionRule(table="events", category="user.device", keep=Period(days=30))) as hub:
        put(hub, EVENTS, event_id=["a"], source=["web"], type=["track"], occurred_at=[datetime(2025, 6, 1, tzinfo=UTC)],
            context=["{}"])  # fmt: skip
        position = hub._store.last_seq()
        hub._clock = lambda: NOW
        hub.governance.retention.apply()
        row = hub._store.read("events").row(0, named=True)
        assert (row["context"], row["recorded_at"]) == (None, NOW)
        assert row["seq"] > position


def test_rows_about_nobody_stay_without_what_could_say_something() -> None:
    with hub_under() as hub:
        put(hub, EVENTS, event_id=["a"], source=["till"], type=["track"], occurred_at=[datetime(2019, 1, 1, tzinfo=UTC)],
            name=["Sale"], text=["from Ann"], context=["{}"])  # fmt: skip
        hub.governance.retention.apply()
        assert hub._store.read("events").select("name", "text", "context").rows() == [("Sale", None, None)]


def test_what_models_say_goes_with_the_customer(hub: uc.CustomerHub) -> None:
    hub.load(crm(ANN, BOB))
    hub.resolve()
    ids = people(hub)
    put(hub, SCORES, name=["s", "s"], customer_id=[ids["Ann"], ids["Bob"]], as_of=[NOW - timedelta(days=1)] * 2)
    put(hub, ACCOUNTS, account_id=["x"], source=["crm"], traits=["{}"], observed_at=[datetime(2020, 1, 1, tzinfo=UTC)])
    counts = hub.governance.retention.apply().counts
    assert hub._store.read("scores")["customer_id"].to_list() == [ids["Bob"]]
    assert hub._store.read("accounts")["traits"].to_list() == [None]
    assert set(counts["then"]) == {"delete", "blank"}


def test_a_yes_goes_and_a_no_stays_as_a_hash_when_its_person_leaves(hub: uc.CustomerHub) -> None:
    hub.load(crm(ANN))
    hub.resolve()
    said = [("marketing", "granted"), ("analytics", "objected")]
    for purpose, status in said:
        hub.consent.record(purpose, status, identifier=("email", "ann@example.com"), evidence="mail from ann")  # type: ignore[arg-type]  # of a table
    hub.governance.retention.apply()
    assert hub._store.read("consents").select("status", "evidence").rows() == [("objected", None)]


def test_a_yes_about_a_shared_mailbox_does_not_open_whoever_is_left_alone_with_it(hub: uc.CustomerHub) -> None:
    hub.load(crm({**ANN, "tel": "+44 20 7946 0018"}, {**BOB, "mail": "", "tel": "+44 20 7946 0018"}))
    hub.resolve()
    with pytest.warns(uc.errors.UnheardYesWarning):
        hub.consent.record("marketing", "granted", identifier=("phone", "+44 20 7946 0018"))
    assert hub.consent.coverage("marketing").allowed == 0
    hub.governance.retention.apply()
    assert set(people(hub)) == {"Bob"}
    assert hub.consent.coverage("marketing").allowed == 0


def shared_phone() -> tuple[BoundSource, str]:
    number = "+44 20 7946 0018"
    return crm({**ANN, "tel": number}, {**BOB, "mail": "", "tel": number}), number


def statements_left(hub: uc.CustomerHub, number: str) -> int:
    with pytest.warns(uc.errors.UnheardYesWarning):
        hub.consent.record(
            "marketing", "granted", identifier=("phone", number), stated_at=datetime(2020, 2, 1, tzinfo=UTC)
        )
    hub.governance.retention.apply()
    return hub._store.count("consents")


def test_a_statement_stays_while_it_is_not_over_for_one_of_those_who_hold_its_identifier() -> None:
    with hub_under(RetentionRule(table="consents", keep=Period(months=36), since="last_activity")) as hub:
        source, number = shared_phone()
        hub.load(source)
        hub.resolve()
        bob = people(hub)["Bob"]
        with hub._store.transaction(recorded_at=NOW) as writer:
            # Of Bob nothing is kept that says when he was active: so no rule ends what he said.
            writer.delete("records", pl.DataFrame({"record_id": [bob]}))
        assert statements_left(hub, number) == 1


def test_a_statement_goes_when_it_is_over_for_all_who_hold_its_identifier() -> None:
    with hub_under(RetentionRule(table="consents", keep=Period(months=36))) as hub:
        source, number = shared_phone()
        hub.load(source)
        hub.resolve()
        assert statements_left(hub, number) == 0


def test_a_statement_stays_while_one_of_those_who_hold_its_identifier_is_held() -> None:
    with hub_under(RetentionRule(table="consents", keep=Period(months=36))) as hub:
        source, number = shared_phone()
        hub.load(source)
        hub.resolve()
        hub.governance.holds.place("legal claim", customer_id=people(hub)["Bob"])
        assert statements_left(hub, number) == 1


def test_rows_of_a_purpose_go_by_a_rule_about_it() -> None:
    with hub_under(RetentionRule(purpose="marketing", keep=Period(days=30))) as hub:
        purposes = ["marketing", "marketing.advertising", "marketingx", "analytics"]
        put(hub, EXPOSURES, exposure_id=list("abcd"), customer_id=["f" * 24] * 4, purpose=purposes,
            exposed_at=[datetime(2025, 6, 1, tzinfo=UTC)] * 4)  # fmt: skip
        hub.governance.retention.apply()
        assert sorted(hub._store.read("exposures")["purpose"]) == ["analytics", "marketingx"]


def test_rows_are_kept_about_nobody_where_enough_look_alike() -> None:
    with hub_under(RetentionRule(table="events", keep=Period(months=12), then="anonymise", k=3)) as hub:
        hub.load(crm(BOB))
        rows = [
            {"id": str(day), "what": "View", "when": f"2024-05-0{day}T10:11:12Z", "mail": "bob@example.com"}
            for day in range(1, 5)
        ]
        hub.load(web(*rows, {**rows[0], "id": "9", "what": "Rare"}))
        hub.resolve()
        counts = hub.governance.retention.apply().counts
        assert counts.select("then", "rows").sort("then").rows()[:2] == [("anonymise", 4), ("delete", 1)]
        assert counts.filter(then="suppress")["rows"].to_list() == [1]
        kept = hub._store.read("events")
        assert kept.select("record_id", "name", "occurred_at").unique().rows() == [
            (None, "View", datetime(2024, 5, 1, tzinfo=UTC))
        ]
        assert kept["event_id"].str.starts_with("anonymous-").all()
        assert set(people(hub)) == {"Bob"}


def test_of_several_rules_the_largest_group_is_asked_for() -> None:
    rules = [
        RetentionRule(table="events", sources=(name,), keep=Period(months=12), then="anonymise", k=k)
        for name, k in (("app", 4), ("web", 2))
    ]
    with hub_under(*rules) as hub:
        hub.load(crm(BOB))
        rows = [
            {"id": str(day), "what": "View", "when": f"2024-05-0{day}T10:11:12Z", "mail": "bob@example.com"}
            for day in range(1, 5)
        ]
        hub.load(web(*rows[:3]))
        hub.load(web(*rows, name="app"))
        hub.resolve()
        hub.governance.retention.apply()
        assert hub._store.read("events")["source"].to_list() == ["app"] * 4


@pytest.mark.parametrize("name", list(FORMS))
def test_what_is_kept_about_nobody_fits_its_table(name: str) -> None:
    form, table = FORMS[name], TABLES[name]
    assert name in KEPT_OF_NOBODY
    assert {form.named_by, *form.quasi, *form.measures, *form.constant} <= set(table.columns)
    required = {each for each, column in table.schema.columns().items() if not column.nullable}
    assert required <= {form.named_by, str(table.time), *form.quasi, *form.measures, *form.constant}
    assert generalised(table, table.empty()).schema == table.columns


@pytest.mark.parametrize("table", ["identifiers", "account_links"])
def test_who_is_held_by_what_names_them_stays_that_customer(hub: uc.CustomerHub, table: str) -> None:
    hub.load(crm(ANN, BOB))
    hub.resolve()
    ann = people(hub)["Ann"]
    hub.governance.holds.place("legal claim", customer_id=ann, table=table)
    hub.governance.retention.apply()
    assert hub._store.read("records")["given_name"].to_list() == ["Bob"]
    assert ann in hub._store.read("links")["customer_id"].to_list()


def test_every_application_is_in_the_audit(hub: uc.CustomerHub) -> None:
    hub.load(crm(ANN))
    hub.governance.retention.apply(actor=uc.Actor(id="dora"))
    entries = hub.audit.entries(actor="dora")
    assert set(entries["action"]) == {"retention"}
    assert entries.select("subject_table", "rows", "people").rows() == [("records", 1, 1)]


def test_a_preview_is_for_one_instant_and_what_lies_ahead_is_only_previewed(hub: uc.CustomerHub) -> None:
    hub.load(crm(BOB))
    ahead = hub.governance.retention.preview(NOW + timedelta(days=2000))
    assert ahead.rows == 2
    assert hub.governance.retention.preview().rows == 0
    with pytest.raises(ConfigurationError, match="not over yet"):
        hub.governance.retention.apply(ahead.as_of)
    with pytest.raises(ConfigurationError, match="not over yet"):
        hub.governance.retention.apply(confirm=ahead)
    with pytest.raises(ConfigurationError, match="The preview is for"):
        hub.governance.retention.apply(NOW - timedelta(days=1), confirm=hub.governance.retention.preview())
    with pytest.raises(ConfigurationError, match="no time zone"):
        hub.governance.retention.preview(datetime(2026, 1, 1))  # noqa: DTZ001 (that is what is refused)


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_a_rule_is_not_about_what_proves_or_keeps_ids_in_place(name: str) -> None:
    assert (SUBJECT_MATTER.get(name), ending_columns(TABLES[name])) == (None, ())
    with pytest.raises(ValidationError, match="do not end by a rule"):
        RetentionRule(table=name, keep=Period(days=1))


def test_a_rule_about_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="there is no table 'orders'"):
        RetentionRule(table="orders", keep=Period(days=1))


def test_a_table_whose_rows_do_not_end_has_no_terms_for_them() -> None:
    rule = RetentionRule(keep=Period(days=1))
    assert rules_about(ACCOUNTS, None, [rule]) == ()
    assert default_rule(ACCOUNTS, None) is None
    assert Terms(ACCOUNTS, None, (rule,)).started_before(NOW, since="event") is None
    assert default_rule(CONSENTS, None) is None


def test_a_very_long_period_reaches_back_to_the_beginning() -> None:
    rule = RetentionRule(table="records", keep=Period(months=12 * 3000))
    began = Terms(TABLES["records"], None, (rule,)).started_before(NOW, since="event")
    assert began == datetime(1, 1, 1, tzinfo=UTC)


def test_a_policy_with_rules_written_down_reads_back_equal() -> None:
    policy = Policy(retention=(INACTIVE, RetentionRule(table="events", keep=Period(days=3), then="anonymise", k=7)))
    assert Policy.from_toml(policy.to_toml()) == policy


def test_k_anonymity_of_nothing_by_nothing_and_of_what_cannot_be() -> None:
    frame = pl.DataFrame({"a": [1, 1, 2], "b": ["x", "y", "z"]})
    assert k_anonymity(frame.clear(), ["a"], 2, sensitive="b").least_diverse == 0
    assert k_anonymity(frame, ["a"], 2, sensitive="b").least_diverse == 1
    assert k_anonymity(frame, [], 3).holds
    assert suppressed(frame, [], 4).to_list() == [True] * 3
    with pytest.raises(ConfigurationError, match="no column c"):
        k_anonymity(frame, ["c"], 2)
    with pytest.raises(ConfigurationError, match="it cannot be 0"):
        suppressed(frame, ["a"], 0)
