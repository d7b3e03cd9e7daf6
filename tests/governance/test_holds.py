"""Legal holds: who places them, what they keep, and when they have to be looked at again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, UnknownCustomerError, UnknownTableError
from unified_customer.core.tables import CONSENTS, ERASURE_STEPS, REQUEST_EVENTS, Table
from unified_customer.governance.holds import standing_for
from unified_customer.policy import Notice, Period, RetentionRule

START = datetime(2026, 1, 1, tzinfo=UTC)
MAPPING = uc.Mapping(table="records", key="id", observed_at="seen", fields={"email": "mail"})


class Hands:
    """A clock that stands still until it is turned."""

    now = START


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hub(hands: Hands) -> Iterator[uc.CustomerHub]:
    policy = uc.Policy(
        bases={"essential.service": "contract"},
        retention=(RetentionRule(table="records", keep=Period(months=12)),),
        notice=Notice(version="3", effective=date(2025, 2, 1)),
    )
    with uc.CustomerHub(policy=policy, keys=uc.MemoryKeyProvider(b"k" * 32), clock=lambda: hands.now) as made:
        rows = {"id": ["1", "2"], "mail": ["a@example.com", "b@example.com"], "seen": ["2024-06-01T00:00:00Z"] * 2}
        made.load(uc.source("dataframe", pl.DataFrame(rows), table="records", name="crm", mapping=MAPPING))
        made.resolve()
        yield made


def ids(hub: uc.CustomerHub) -> list[str]:
    return sorted(hub._store.read("links", where=[uc.Where("valid_to", "is_null")])["customer_id"].unique())


def put(hub: uc.CustomerHub, table: Table, *rows: dict[str, object]) -> None:
    with hub._store.transaction(recorded_at=START) as writer:
        writer.append(table.name, table.conform(pl.DataFrame(rows, schema={k: table.columns[k] for k in rows[0]})))


def test_a_hold_keeps_what_it_is_about_until_it_is_lifted(hub: uc.CustomerHub, hands: Hands) -> None:
    one, other = ids(hub)
    hold = hub.governance.holds.place("legal claim", customer_id=one)
    hub.governance.retention.apply()
    assert ids(hub) == [one]
    assert standing_for(hub._store, one)["hold_id"].to_list() == [hold]
    assert standing_for(hub._store, other).is_empty()
    hands.now += timedelta(days=1)
    hub.governance.holds.lift(hold)
    hub.governance.holds.lift(hold)
    hub.governance.retention.apply()
    assert ids(hub) == []
    assert hub.audit.entries().filter(pl.col("action").str.contains("hold"))["action"].to_list() == [
        "hold",
        "lift hold",
    ]


def test_a_hold_follows_its_customer_into_another(hub: uc.CustomerHub) -> None:
    one, other = ids(hub)
    hub.governance.holds.place("legal claim", customer_id=other)
    merged = hub.merge(one, other)
    assert standing_for(hub._store, merged).height == 1
    hub.governance.retention.apply()
    assert hub._store.count("records") == 2


def test_a_hold_on_everybody_is_about_each(hub: uc.CustomerHub) -> None:
    hub.governance.holds.place("tax audit", table="records", category="user.contact")
    assert standing_for(hub._store, ids(hub)[0])["subject_table"].to_list() == ["records"]
    assert hub.governance.retention.apply().counts.is_empty()


def test_holds_stand_from_when_they_are_placed_until_they_are_lifted(hub: uc.CustomerHub, hands: Hands) -> None:
    first = hub.governance.holds.place("legal claim")
    again = hub.governance.holds.place("legal claim")
    hands.now += timedelta(days=1)
    hub.governance.holds.lift(first)
    holds = hub.governance.holds
    assert holds.standing(START).is_empty()
    assert set(holds.standing(START + timedelta(hours=1))["hold_id"]) == {first, again}
    assert set(holds.standing(hands.now)["hold_id"]) == {first, again}, "it stood just before it was lifted"
    assert holds.standing()["hold_id"].to_list() == [again]


def test_a_hold_that_cannot_be_meant_is_refused(hub: uc.CustomerHub) -> None:
    holds = hub.governance.holds
    with pytest.raises(ConfigurationError, match="needs a reason"):
        holds.place(" ")
    with pytest.raises(UnknownTableError):
        holds.place("claim", table="orders")
    with pytest.raises(ConfigurationError, match="dotted path"):
        holds.place("claim", category="contact")
    with pytest.raises(UnknownCustomerError):
        holds.place("claim", customer_id="f" * 24)
    with pytest.raises(ConfigurationError, match="There is no hold"):
        holds.lift("x")


def test_what_is_due_is_told_with_the_earliest_first(hub: uc.CustomerHub) -> None:
    day = timedelta(days=1)
    hub.governance.holds.place("legal claim")
    request = {"actor": "local", "right": "access", "due_at": None}
    put(
        hub,
        REQUEST_EVENTS,
        {
            **request,
            "event_id": "1",
            "request_id": "r",
            "occurred_at": START,
            "event": "received",
            "due_at": START + day,
        },
        {
            **request,
            "event_id": "2",
            "request_id": "s",
            "occurred_at": START,
            "event": "received",
            "due_at": START + day,
        },
        {
            **request,
            "event_id": "3",
            "request_id": "s",
            "occurred_at": START + day,
            "event": "fulfilled",
            "right": None,
        },
    )
    step = {"erasure_id": "e", "step": "bytes", "target": "", "at": START, "due_at": START + 3 * day}
    done = {**step, "step": "destination", "target": "mailer"}
    put(
        hub,
        ERASURE_STEPS,
        {**step, "state": "open"},
        {**done, "state": "open", "due_at": None},
        {**done, "state": "done", "at": START + day},
    )
    grant: dict[str, object] = {"subject_kind": "email", "subject_key": "a" * 24, "purpose": "marketing"}
    grant |= {"status": "granted", "legal_basis": "consent", "stated_at": START, "verified": False, "source": "web"}
    put(
        hub,
        CONSENTS,
        {**grant, "statement_id": "1", "expires_at": START + 20 * day},
        {**grant, "statement_id": "2", "expires_at": START + 200 * day},
    )
    (policy,) = hub.consent.policies()["policy_id"]
    hub.governance.holds.lift(hub.governance.holds.standing()["hold_id"].item())
    hold = hub.governance.holds.place("tax audit")
    assert "hold" not in hub.governance.due(START + 2 * day)["kind"]
    due = hub.governance.due(START + 2 * day, days=400)
    assert due.select("kind", "id", "overdue").rows() == [
        ("request", "r", True),
        ("erasure", "e", False),
        ("consent", "marketing 2026-01-21", False),
        ("notice", "3", False),
        ("consent", "marketing 2026-07-20", False),
        ("hold", hold, False),
        ("policy", policy, False),
    ]
    assert hub.governance.due(START + 3000 * day).filter(kind="hold")["overdue"].all()


def test_data_that_are_over_are_due_since_then(hub: uc.CustomerHub) -> None:
    due = hub.governance.due().filter(kind="retention")
    assert due.select("id", "due_at", "overdue").rows() == [
        ("records: 12 months", datetime(2025, 6, 1, tzinfo=UTC), True)
    ]
