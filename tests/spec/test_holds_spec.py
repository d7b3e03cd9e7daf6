"""The laws of legal holds: what is held, for whom, and from when until when."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.governance.holds import Holds, held_customers
from unified_customer.store import open_store
from unified_customer.testing.retention_strategies import NOW, OWNERS, RECORDS, World

hours = st.integers(0, 4)
placed_holds = st.lists(
    st.tuples(st.none() | st.sampled_from(RECORDS), hours, st.none() | hours), min_size=1, max_size=4
)


def at(hour: int) -> datetime:
    return NOW + timedelta(hours=hour)


@given(placed_holds, hours)
def test_a_hold_stands_from_when_it_is_placed_until_it_is_lifted(
    held: list[tuple[str | None, int, int | None]], hour: int
) -> None:
    store, now = open_store("memory://"), [NOW]
    World().fill(store)
    holds, wanted = Holds(store, clock=lambda: now[0]), set()
    for customer, placed, lasted in held:
        now[0] = at(placed)
        name = holds.place("lawsuit", customer_id=customer)
        if lasted is not None:
            now[0] = at(placed + lasted)
            holds.lift(name)
        if placed < hour and (lasted is None or hour <= placed + lasted):
            wanted.add(name)
    assert set(holds.standing(at(hour))["hold_id"]) == wanted


@given(st.sampled_from(RECORDS))
def test_a_hold_is_on_whoever_holds_the_id_now(named: str) -> None:
    store = open_store("memory://")
    World().fill(store)
    holds = Holds(store, clock=lambda: NOW)
    holds.place("lawsuit", customer_id=named)
    owner = dict(zip(RECORDS, OWNERS, strict=True))[named]
    assert holds.standing()["customer_id"].to_list() == [owner]
    with store.transaction(recorded_at=at(1)) as writer:
        links = writer.read("links").drop("recorded_at", "seq")
        writer.upsert("links", links.with_columns(customer_id=links["customer_id"].replace(owner, "e" * 24)))
    with store.snapshot() as reader:
        assert held_customers(reader, holds.standing())["holder"].to_list() == ["e" * 24]


PEOPLE = [{"id": str(number), "mail": f"p{number}@example.com"} for number in range(3)]
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail"})


@settings(max_examples=max(8, settings().max_examples // 3))
@given(st.lists(st.sampled_from([0, 1, 2, None]), max_size=3), st.booleans())
def test_nobody_is_erased_while_a_hold_stands_and_everybody_else_can_be(
    held: list[int | None],
    lifted: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    with uc.CustomerHub(policy=uc.Policy(bases={"analytics": "legitimate_interests"}), clock=lambda: NOW) as hub:
        hub.load(uc.source("dataframe", pl.DataFrame(PEOPLE), table="records", name="crm", mapping=CRM))
        hub.resolve()
        ids = hub.customers(purpose="analytics").sort("email")["customer_id"].to_list()
        placed = [
            hub.governance.holds.place("lawsuit", customer_id=None if each is None else ids[each]) for each in held
        ]
        if lifted:
            for each in set(placed):
                hub.governance.holds.lift(each)
        for number, customer in enumerate(ids):
            if not lifted and {number, None} & set(held):
                assert hub.rights.erasures.preview(customer).blocked
                with pytest.raises(uc.errors.ConfigurationError, match="Legal holds"):
                    hub.rights.erase(customer)
            else:
                hub.rights.erase(customer)
