"""The door, the ledger, the audit and erasure over a store in memory: three customers, one of two records."""

import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import (
    ConfigurationError,
    ConsentError,
    EverythingWithheldWarning,
    FieldWithheldError,
    UnheardYesWarning,
    UnknownCustomerError,
    UnknownTableError,
)
from unified_customer.core.keys import Keyring
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.tables import (
    CUSTOMERS,
    EVENTS,
    IDENTIFIERS,
    IDENTITIES,
    LINK_DECISIONS,
    LINKS,
    QUARANTINE,
    TABLES,
    Table,
)
from unified_customer.governance.audit import AuditLog
from unified_customer.governance.door import READABLE, Door, query
from unified_customer.governance.graves import buried
from unified_customer.governance.ledger import ConsentLedger
from unified_customer.governance.rights import Rights
from unified_customer.identity import Survivorship
from unified_customer.policy import Policy, Role
from unified_customer.store import Store, Where, open_store

NOW = datetime(2026, 1, 10, tzinfo=UTC)
KEYRING = Keyring(b"k" * 32)
RECORDS = [f"{number:024x}" for number in range(4)]
KEYS = [f"{number + 16:024x}" for number in range(4)]
OWNERS = [RECORDS[0], RECORDS[0], RECORDS[2], RECORDS[3]]
EMAILS = [f"person{number}@example.com" for number in range(4)]
ANALYTICS = "analytics"
EMAIL_MARKETING = "marketing.communications.email"
POLICY = Policy(
    bases={"essential.service": "contract", ANALYTICS: "legitimate_interests"},
    roles={"intern": Role(purposes=(ANALYTICS,))},
)


def rows_of(table: Table, **columns: Any) -> pl.DataFrame:
    types = {name: table.columns[name] for name in columns}
    return table.conform(pl.DataFrame(columns, schema=types))


def fill(store: Store) -> None:
    count = len(RECORDS)
    links = {"record_id": RECORDS, "customer_id": OWNERS, "valid_from": [NOW] * count}
    golden = {"customer_id": sorted(set(OWNERS)), "record_count": [2, 1, 1], "sources": [["web"]] * 3}
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 6)]
    with store.transaction(recorded_at=NOW) as writer:
        writer.append("identities", rows_of(IDENTITIES, record_id=RECORDS, source=["web"] * 4, origin=["event"] * 4))
        writer.upsert("links", rows_of(LINKS, **links, probability=[1.0] * count, reason=["exact"] * count))
        named = {"record_id": RECORDS, "kind": ["email"] * 4, "value_key": KEYS, "value": EMAILS}
        writer.append("identifiers", rows_of(IDENTIFIERS, **named, source=["web"] * 4))
        traits = ['{"vip":true}'] * 3
        writer.upsert("customers", rows_of(CUSTOMERS, **golden, email=[*EMAILS[:1], *EMAILS[2:]], traits=traits))
        events = {"event_id": list("abcde"), "source": ["web"] * 5, "record_id": [*RECORDS, None]}
        writer.append("events", rows_of(EVENTS, **events, type=["track"] * 5, occurred_at=days))


@dataclass
class World:
    """What the tests work with; the clock can be turned."""

    store: Store
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.store, clock=self.clock)

    @property
    def door(self) -> Door:
        return Door(self.store, policy=POLICY, audit=self.audit, clock=self.clock, golden=Survivorship().survive)

    @property
    def ledger(self) -> ConsentLedger:
        return ConsentLedger(self.store, policy=POLICY, clock=self.clock, key_of=key_of)

    def read(self, table: str, purpose: str, *, actor: Actor = LOCAL, **options: Any) -> pl.DataFrame:
        return self.door.read(query(table, purpose, actor=actor, **options))

    def events(self, purpose: str, **options: Any) -> list[str]:
        return sorted(self.read("events", purpose, columns=["event_id"], **options)["event_id"])


def key_of(kind: str, value: str) -> str | None:
    return KEYS[EMAILS.index(value)] if kind == "email" and value in EMAILS else None


@pytest.fixture
def world() -> Iterator[World]:
    store = open_store("memory://")
    fill(store)
    yield World(store)
    store.close()


def test_a_basis_of_the_policy_lets_everybody_through_with_the_customer_they_belong_to(world: World) -> None:
    frame = world.read("events", ANALYTICS, columns=["event_id"]).sort("event_id")
    assert frame.columns == ["customer_id", "event_id"]
    assert frame["customer_id"].to_list() == OWNERS


def test_silence_lets_nobody_through_and_warns_with_counts_and_the_remedy(world: World) -> None:
    with pytest.warns(EverythingWithheldWarning, match=r"All 3 customers are withheld .*3 no_statement.*hub.consent"):
        assert world.events(EMAIL_MARKETING) == []


def test_consent_of_one_identifier_opens_all_records_of_its_customer(world: World) -> None:
    world.ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[1]))
    assert world.events(EMAIL_MARKETING) == ["a", "b"]


def test_a_no_counts_for_a_read_at_the_very_instant_at_which_it_was_said(world: World) -> None:
    world.ledger.record(ANALYTICS, "objected", identifier=("email", EMAILS[1]))
    assert world.events(ANALYTICS) == ["c", "d"]


def test_a_person_who_states_anew_overrides_what_single_identifiers_said(world: World) -> None:
    world.ledger.record(EMAIL_MARKETING, "denied", identifier=("email", EMAILS[0]))
    world.now += timedelta(seconds=1)
    said = world.ledger.record(EMAIL_MARKETING, "granted", customer_id=RECORDS[0])
    assert world.events(EMAIL_MARKETING) == ["a", "b"]
    assert all(statement.verified for statement in said)
    assert len(said) == 4


def test_it_is_known_whom_a_statement_about_an_identifier_is_about(world: World) -> None:
    assert world.ledger.known_by(("email", EMAILS[1])) == (OWNERS[1],)
    with world.store.transaction(recorded_at=NOW) as writer:
        shared = {"record_id": [RECORDS[2]], "kind": ["email"], "value_key": [KEYS[0]], "value": [EMAILS[0]]}
        lone = {"record_id": ["f" * 24], "kind": ["email"], "value_key": [KEYS[3]], "value": [EMAILS[3]]}
        for each in (shared, lone):
            writer.append("identifiers", rows_of(IDENTIFIERS, **each, source=["crm"]))
    assert world.ledger.known_by(("email", EMAILS[0])) == (OWNERS[0], OWNERS[2])
    assert world.ledger.known_by(("email", EMAILS[3])) == (OWNERS[3], "f" * 24)
    told = world.audit.entries().filter(action="known by").sort("people")
    assert told["people"].to_list() == [1, 2, 2]
    with pytest.raises(ConfigurationError, match="not a valid identifier"):
        world.ledger.known_by(("email", "nobody"))


def test_a_statement_for_one_channel_does_not_speak_for_another(world: World) -> None:
    world.ledger.record("marketing.communications", "granted", identifier=("email", EMAILS[2]), channel="email")
    assert world.events("marketing.communications", channel="email") == ["c"]
    with pytest.warns(EverythingWithheldWarning):
        assert world.events("marketing.communications", channel="phone") == []


def test_rows_about_nobody_can_be_left_out_taken_in_or_read_alone(world: World) -> None:
    assert world.events(ANALYTICS) == list("abcd")
    assert world.events(ANALYTICS, anonymous="include") == list("abcde")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert world.events(EMAIL_MARKETING, anonymous="only") == ["e"]


def test_as_of_is_exclusive_and_customers_and_conditions_narrow(world: World) -> None:
    assert world.events(ANALYTICS, as_of=datetime(2026, 1, 3, tzinfo=UTC)) == ["a", "b"]
    assert world.events(ANALYTICS, customers=[RECORDS[2]]) == ["c"]
    assert world.events(ANALYTICS, where=[Where("event_id", ">", "b")]) == ["c", "d"]
    with pytest.raises(ConfigurationError, match="as_of has no time zone"):
        world.events(ANALYTICS, as_of=datetime(2026, 1, 3))  # noqa: DTZ001 (that is what is refused)


def test_fields_of_a_forbidden_category_are_left_out_and_named(world: World) -> None:
    world.ledger.record("marketing", "granted", customer_id=RECORDS[0])
    frame = world.read("customers", "marketing")
    assert "email" in frame.columns
    assert not {"traits", "traits_source"} & set(frame.columns)
    assert ("customers", "traits") in world.ledger.coverage("marketing").withheld_fields.select("table", "field").rows()


@pytest.mark.parametrize("asked", [{"columns": ["traits"]}, {"where": [Where("traits", "is_not_null")]}])
def test_a_withheld_field_asked_for_by_name_is_refused(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(FieldWithheldError, match="traits of table 'customers' may not be read under the purpose"):
        world.read("customers", "marketing", **asked)


def test_tables_of_the_administrator_are_not_read_by_purpose(world: World) -> None:
    for name in sorted(set(TABLES) - set(READABLE)):
        with pytest.raises(ConsentError, match="is not read by purpose"):
            world.read(name, ANALYTICS)
    with pytest.raises(UnknownTableError):
        world.read("nothing", ANALYTICS)


def test_an_actor_may_only_name_the_purposes_of_its_role(world: World) -> None:
    intern = Actor(id="ida", roles=("intern",))
    assert world.events(ANALYTICS, actor=intern) == list("abcd")
    with pytest.raises(ConsentError):
        world.events("essential.service", actor=intern)


def test_a_table_about_nobody_has_no_customer(world: World) -> None:
    assert "customer_id" not in world.read("items", ANALYTICS).columns


def test_batches_are_gated_like_a_read_and_audited_once(world: World) -> None:
    world.ledger.record(ANALYTICS, "objected", identifier=("email", EMAILS[2]))
    asked = query("events", ANALYTICS, actor=LOCAL, columns=["event_id"])
    assert sorted(pl.concat(world.door.batches(asked, size=2))["event_id"]) == ["a", "b", "d"]
    assert world.audit.entries(purpose=ANALYTICS).filter(pl.col("action") == "read").height == 1


def test_every_read_is_in_the_audit_with_who_and_how_many(world: World) -> None:
    world.ledger.record(ANALYTICS, "objected", identifier=("email", EMAILS[2]))
    world.events(ANALYTICS, actor=Actor(id="anna", roles=("analyst",)), customers=[RECORDS[0]])
    world.events(ANALYTICS)
    rows = world.audit.entries(purpose=ANALYTICS).filter(pl.col("action") == "read")
    assert rows.select("actor", "customer_id", "rows", "people", "withheld_people").rows() == [
        ("anna", RECORDS[0], 2, 1, 0),
        ("local", None, 3, 2, 1),
    ]
    assert world.audit.entries(actor="anna").height == 1
    assert world.audit.entries(customer_id=RECORDS[0]).height == 1


def test_coverage_counts_people_by_reason_also_for_the_past(world: World) -> None:
    world.ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[2]))
    coverage = world.ledger.coverage(EMAIL_MARKETING)
    assert (coverage.customers, coverage.allowed, coverage.basis) == (3, 1, "consent")
    assert coverage.reasons.select("allowed", "reason", "customers").rows() == [
        (True, "granted", 1),
        (False, "no_statement", 2),
    ]
    assert world.ledger.coverage(EMAIL_MARKETING, as_of=NOW).allowed == 0


def test_recording_the_same_statement_twice_is_recording_it_once(world: World) -> None:
    for _ in range(2):
        world.ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[2]))
    assert world.ledger.statements(identifier=("email", EMAILS[2])).height == 1
    assert world.ledger.statements(customer_id=RECORDS[2]).height == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either identifier"),
        ({"identifier": ("email", EMAILS[0]), "customer_id": RECORDS[0]}, "either identifier"),
        ({"identifier": ("email", "nobody")}, "not a valid identifier of kind 'email'"),
        ({"identifier": ("email", EMAILS[0]), "stated_at": NOW + timedelta(days=1)}, "lies in the future"),
        # A time without a zone is what is tested.
        ({"identifier": ("email", EMAILS[0]), "stated_at": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001 (naive on purpose)
    ],
)
def test_a_statement_that_cannot_be_meant_is_refused(world: World, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        world.ledger.record(EMAIL_MARKETING, "granted", **arguments)
    assert "nobody" not in str(error.value)


def test_a_statement_about_a_customer_who_is_none_is_refused(world: World) -> None:
    with pytest.raises(UnknownCustomerError):
        world.ledger.record(EMAIL_MARKETING, "granted", customer_id="f" * 24)


def test_erasure_leaves_only_keyed_hashes(world: World) -> None:
    payload = f'{{"mail":"{EMAILS[0].upper()}"}}'
    held = rows_of(
        QUARANTINE,
        quarantine_id=["q"],
        source=["web"],
        target=["events"],
        position=["row 1"],
        reason=["type: unknown_value"],
        payload=[payload],
        status=["held"],
        held_at=[NOW],
    )
    word = rows_of(
        LINK_DECISIONS,
        decision_id=["d"],
        kind=["must_link"],
        record_a=[RECORDS[0]],
        record_b=[RECORDS[1]],
        actor=["anna"],
        decided_at=[NOW],
    )
    with world.store.transaction(recorded_at=NOW) as writer:
        writer.upsert("quarantine", held)
        writer.append("link_decisions", word)
    world.ledger.record(ANALYTICS, "granted", identifier=("email", EMAILS[0]))
    receipt = Rights(world.store, clock=world.clock, keyring=KEYRING).erase(RECORDS[0], request_id="r-1")
    assert receipt.rows == {
        "quarantine": 1, "customers": 1, "events": 2, "identifiers": 2, "links": 2, "link_decisions": 1, "consents": 1
    }  # fmt: skip
    assert receipt.tombstones == 4
    left = {name for name in TABLES if EMAILS[0].casefold() in str(world.store.read(name).rows()).casefold()}
    assert left == set()
    assert set(buried(world.store, "record", RECORDS)) == set(RECORDS[:2])
    assert world.events(ANALYTICS) == ["c", "d"]


def test_erasure_leaves_what_others_share(world: World) -> None:
    shared = {"record_id": [RECORDS[0], RECORDS[2]], "kind": ["phone"] * 2, "value_key": ["a" * 24] * 2}
    with world.store.transaction(recorded_at=NOW) as writer:
        writer.append("identifiers", rows_of(IDENTIFIERS, **shared, value=["+44"] * 2, source=["web"] * 2))
    Rights(world.store, clock=world.clock, keyring=KEYRING).erase(RECORDS[0])
    assert world.store.count("identifiers", where=[Where("kind", "==", "phone")]) == 1
    assert buried(world.store, "phone", ["a" * 24]).is_empty()


def test_erasing_nobody_is_refused_and_compaction_forgets_the_deletions(world: World) -> None:
    rights = Rights(world.store, clock=world.clock, keyring=KEYRING)
    with pytest.raises(UnknownCustomerError):
        rights.erase("f" * 24)
    rights.erase(RECORDS[0])
    rights.compact()
    assert world.store.changes("events", since=world.store.last_seq()).is_empty()


def test_a_yes_about_a_part_is_told_to_be_unheard_while_a_no_about_the_whole_stands(world: World) -> None:
    world.ledger.record("marketing", "denied", identifier=("email", EMAILS[1]))
    with pytest.warns(
        UnheardYesWarning, match=rf"yes to '{EMAIL_MARKETING}' was recorded.*1 refused.*customer_id"
    ) as told:
        world.ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[1]))
    assert EMAILS[1] not in str(told[0].message)
    assert told[0].filename == __file__
    world.now += timedelta(seconds=1)
    world.ledger.record("marketing", "granted", customer_id=OWNERS[1])


def test_a_yes_is_told_to_be_unheard_where_another_identifier_of_theirs_said_no(world: World) -> None:
    world.ledger.record(ANALYTICS, "objected", identifier=("email", EMAILS[0]))
    with pytest.warns(UnheardYesWarning, match="1 objected"):
        world.ledger.record(ANALYTICS, "granted", identifier=("email", EMAILS[1]))


def test_a_restriction_that_is_lifted_in_part_is_told_to_stand(world: World) -> None:
    world.ledger.record("*", "restricted", customer_id=OWNERS[2])
    with pytest.warns(UnheardYesWarning, match="1 restricted"):
        world.ledger.record(ANALYTICS, "unrestricted", customer_id=OWNERS[2])
    world.ledger.record("*", "unrestricted", customer_id=OWNERS[2])


def test_a_yes_that_expired_or_is_of_nobody_yet_is_not_told(world: World) -> None:
    world.ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[2]), expires_at=NOW)
    with closing(open_store("memory://")) as empty:
        ledger = ConsentLedger(empty, policy=POLICY, clock=world.clock, key_of=key_of)
        ledger.record("marketing", "granted", identifier=("email", EMAILS[0]))
        ledger.record("marketing", "denied", identifier=("email", EMAILS[0]))
        with pytest.warns(UnheardYesWarning):
            ledger.record(EMAIL_MARKETING, "granted", identifier=("email", EMAILS[0]))
