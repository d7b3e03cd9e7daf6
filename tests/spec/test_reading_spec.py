"""The laws of reading: of every table those rows and columns that are decided for, row by row, at every moment."""

import warnings
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_customer.core.models import LOCAL, Consent
from unified_customer.core.models.purposes import DATA_USES
from unified_customer.core.tables import TABLES
from unified_customer.governance.audit import AuditLog
from unified_customer.governance.door import READABLE, Door, query
from unified_customer.governance.effects import effect
from unified_customer.governance.gate import Gate, admit
from unified_customer.identity import Survivorship
from unified_customer.policy import Policy, Request, decide
from unified_customer.store import Store, open_store
from unified_customer.testing.retention_strategies import NOW, OWNERS, RECORDS, World, worlds
from unified_customer.testing.strategies import CHANNELS, RECIPIENTS, START, ledger, numbered, policies

OWNER_OF = dict(zip(RECORDS, OWNERS, strict=True))
FORMER = RECORDS[1]
"""A record that another customer held before: its link of then is history."""

tables_read = [name for name in READABLE if TABLES[name].subject != "none"]
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def statement(subject: str, purpose: str, status: str, hour: int, **fields: Any) -> Consent:
    return Consent.model_validate(
        {
            "statement_id": "s",
            "subject_kind": "record",
            "subject_key": subject,
            "purpose": purpose,
            "status": status,
            "stated_at": START + timedelta(hours=hour),
            "source": "law",
            **fields,
        }
    )


said_of_records = st.lists(
    st.builds(
        statement,
        st.sampled_from(RECORDS),
        st.sampled_from([*DATA_USES, "*", "marketing", "analytics"]),
        st.sampled_from(["granted", "granted", "denied", "objected", "restricted"]),
        st.integers(0, 3),
        channel=st.none() | st.sampled_from(CHANNELS),
        recipient=st.none() | st.sampled_from(RECIPIENTS),
    ),
    max_size=12,
).map(numbered)


def filled(world: World, said: list[Consent]) -> Store:
    store = open_store("memory://")
    world.fill(store)
    then = NOW - timedelta(days=6000)
    former = {"record_id": FORMER, "customer_id": RECORDS[4], "valid_from": then, "valid_to": then + timedelta(days=1)}
    with store.transaction(recorded_at=NOW) as writer:
        writer.upsert("links", conformed("links", [{**former, "probability": 1.0, "reason": "exact"}]))
        golden = [{"customer_id": each, "record_count": 1, "sources": ["crm"]} for each in sorted(set(OWNERS))]
        writer.upsert("customers", conformed("customers", golden))
        writer.append("consents", ledger(said))
    return store


def conformed(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    types = {key: TABLES[name].columns[key] for key in rows[0]}
    return TABLES[name].conform(pl.DataFrame(rows, schema=types))


@slow
@given(worlds(), said_of_records, st.data())
def test_a_read_returns_what_is_decided_row_by_row_for_every_table_and_purpose(
    world: World, said: list[Consent], data: st.DataObject
) -> None:
    store, policy = filled(world, said), data.draw(policies())
    door = Door(store, policy=policy, audit=AuditLog(store, clock=clock), clock=clock, golden=Survivorship().survive)
    request = data.draw(
        st.builds(
            Request,
            st.sampled_from([*DATA_USES, *(each.purpose for each in said if each.purpose != "*")]),
            channel=st.sampled_from(CHANNELS),
            recipient=st.sampled_from(RECIPIENTS),
        )
    )
    allowed = {each for each in OWNERS if decided(each, said, request, policy)}
    for name in tables_read:
        asked = query(name, request.purpose, actor=LOCAL, channel=request.channel, recipient=request.recipient)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = door.read(asked)
        wanted = [
            row for row in store.read(name).to_dicts() if holder(row) in allowed and seen(name, row, policy, request)
        ]
        columns = [each for each in read.columns if each != "customer_id"]
        assert set(columns) == visible(name, policy, request.purpose)
        assert listed(
            [{"customer_id": holder(row), **{each: row[each] for each in columns}} for row in wanted]
        ) == listed(read.to_dicts())


def clock() -> datetime:
    return NOW


def decided(customer: str, said: list[Consent], request: Request, policy: Policy) -> bool:
    about = [each for each in said if OWNER_OF[each.subject_key] == customer]
    return decide(about, request=request, policy=policy, as_of=NOW).allowed


def holder(row: dict[str, Any]) -> str | None:
    named = row.get("customer_id") or row.get("record_id")
    return None if named is None else OWNER_OF[named]


def visible(name: str, policy: Policy, purpose: str) -> set[str]:
    fields = TABLES[name].fields
    return {each for each, about in fields.items() if policy.may_see(purpose, about.category)} - {"customer_id"}


def seen(name: str, row: dict[str, Any], policy: Policy, request: Request) -> bool:
    """Whether an identifier of this kind may be seen: a mailbox is one wherever it stands."""
    if name != "identifiers" or row["kind"] not in {"email", "phone"}:
        return True
    return policy.may_see(request.purpose, TABLES["records"].fields[row["kind"]].category)


def listed(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


# --- What another policy would come to.


@slow
@given(said_of_records, policies(), policies(), st.sampled_from(["marketing", "analytics"]))
def test_a_preview_counts_one_by_one_whom_another_policy_gains_and_loses(
    said: list[Consent], before: Policy, after: Policy, purpose: str
) -> None:
    store, request = filled(World(), said), Request(purpose)
    was, is_ = ({each for each in OWNERS if decided(each, said, request, policy)} for policy in (before, after))
    with store.snapshot() as reader:
        told = effect(reader, [request], before=before, after=after, as_of=NOW)
    assert told.row(0) == (purpose, len(was), len(is_), len(is_ - was), len(was - is_))


# --- What is kept at hand.

GATED = Policy.worldwide()
MARKETING = Request("marketing")
KEY = "a" * 24
moments = [START + timedelta(hours=hour, microseconds=late) for hour in range(4) for late in (0, 1)]
changes = st.one_of(
    st.tuples(
        st.just("say"),
        st.builds(
            statement,
            st.sampled_from([RECORDS[0], RECORDS[2], KEY, KEY]),
            st.just("marketing"),
            st.sampled_from(["granted", "granted", "denied"]),
            st.integers(0, 3),
            expires_at=st.none() | st.integers(1, 3).map(lambda hour: START + timedelta(hours=hour)),
        ),
    ),
    st.tuples(st.just("move"), st.tuples(st.sampled_from(OWNERS), st.sampled_from(["US", "DE", None]))),
    st.tuples(st.just("carry"), st.sampled_from(RECORDS[:2])),
    st.tuples(st.just("carry"), st.sampled_from(RECORDS)),
    st.tuples(st.just("join"), st.sampled_from(RECORDS[3:])),
)


@settings(slow, max_examples=settings().max_examples // 2 + 4)
@given(st.lists(changes, min_size=1, max_size=4), st.sampled_from(moments), st.permutations(moments))
def test_a_gate_that_was_asked_before_answers_as_one_that_never_was(
    taken: list[tuple[str, Any]], between: datetime, back_and_forth: list[datetime]
) -> None:
    store, gate = filled(World(), []), Gate(GATED)
    for place, (what, value) in enumerate(taken):
        change(store, place, what, value)
        check_gate(gate, store, between)
    for at in [*moments, *back_and_forth[:3]]:
        check_gate(gate, store, at)


def check_gate(gate: Gate, store: Store, at: datetime) -> None:
    with store.snapshot() as reader:
        anew = admit(reader, MARKETING, policy=GATED, as_of=at)
        assert gate.admit(reader, MARKETING, as_of=at).people.equals(anew.people)


def change(store: Store, place: int, what: str, value: Any) -> None:
    with store.transaction(recorded_at=NOW) as writer:
        if what == "say":
            kind = "email" if value.subject_key == KEY else "record"
            said = value.model_copy(update={"statement_id": f"s{place}", "subject_kind": kind})
            writer.append("consents", ledger([said]))
        elif what == "move":
            customer, country = value
            region = "CA" if country == "US" else None
            row = {"customer_id": customer, "record_count": 1, "sources": ["crm"], "country": country, "region": region}
            writer.upsert("customers", conformed("customers", [row]))
        elif what == "carry":
            row = {"record_id": value, "kind": "email", "value_key": KEY, "value": "a@example.com", "source": "crm"}
            writer.append("identifiers", conformed("identifiers", [row]))
        else:
            link = {"record_id": value, "customer_id": RECORDS[0], "valid_from": NOW - timedelta(days=5000)}
            writer.upsert("links", conformed("links", [{**link, "probability": 1.0, "reason": "exact"}]))
