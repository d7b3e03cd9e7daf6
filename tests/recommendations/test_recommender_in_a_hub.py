"""Recommenders in a hub: only people whom the purpose may see teach them, and only these are told."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.recommendations import ALS, Neighbours

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PURPOSE = "personalize.content"
LINES = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("cid", "tea"), ("dan", "oil"), (None, "oil")]
TILL = uc.Mapping(
    table="order_lines",
    identifiers={"loyalty_id": "card"},
    fields={"order_id": "line", "line_id": "line", "occurred_at": "sold", "quantity": "units", "item_id": "item"},
)


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=uc.Policy(bases={PURPOSE: "legitimate_interests"}), clock=lambda: NOON) as made:
        lines = pl.DataFrame(LINES, schema=["card", "item"], orient="row").with_row_index("line")
        sold = lines.with_columns(units=pl.lit(1), sold=pl.lit(datetime(2026, 2, 1, tzinfo=UTC)))
        made.load(uc.source("dataframe", sold, table="order_lines", name="till", mapping=TILL))
        made.resolve()
        yield made


def named(hub: uc.CustomerHub) -> dict[str, str]:
    known = hub._store.read("identifiers", columns=["value", "record_id"])
    return {value: hub.identity.customer_of(record) for value, record in known.iter_rows()}


def test_it_holds_those_whom_the_purpose_may_see_and_nobody_else(hub: uc.CustomerHub) -> None:
    people = named(hub)
    hub.consent.record(PURPOSE, "objected", customer_id=people["bob"])
    recommender = hub.fit(Neighbours(repeats=False), purpose=PURPOSE, as_of=NOON)
    assert set(recommender.customers) == {people[name] for name in ("ann", "cid", "dan")}
    told = recommender.recommend([people["bob"], people["cid"]], n=1)
    assert told.table.select("customer_id", "item_id").rows() == [(people["cid"], "cup")]
    assert told.shortfall["customer_id"].to_list() == [people["bob"]]


def test_saved_it_is_an_artifact_that_knows_whose_data_went_in(hub: uc.CustomerHub) -> None:
    recommender = hub.fit(ALS(repeats=False, factors=2, threads=1), purpose=PURPOSE, as_of=NOON)
    assert hub.save(recommender).subjects == 4


def test_who_refused_is_still_told_of_what_goes_with_the_page(hub: uc.CustomerHub) -> None:
    recommender = hub.fit(Neighbours(repeats=False), purpose=PURPOSE, as_of=NOON)
    assert recommender.recommend(context=["tea"], n=1).table["item_id"].to_list() == ["cup"]
