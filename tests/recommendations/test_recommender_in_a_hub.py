"""Recommenders in a hub: only people whom the purpose may see teach them, and only these are told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.recommendations import ALS, Neighbours, erase_saved, load_recommender, save_recommender
from unified_customer.recommendations.content import Content
from unified_customer.testing.recommendation_strategies import all_models

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PURPOSE = "personalize.content"
LINES = [("ann", "tea"), ("ann", "cup"), ("bob", "tea"), ("bob", "cup"), ("cid", "tea"), ("dan", "oil"), (None, "oil")]
TILL = uc.Mapping(
    table="order_lines",
    identifiers={"loyalty_id": "card"},
    fields={"order_id": "line", "line_id": "line", "occurred_at": "sold", "quantity": "units", "item_id": "item"},
)
GOODS = [
    ("tea", "2026-01-01", "green tea", 4), ("tea", "2026-04-01", "tomorrow's tea", 5), ("cup", "2026-01-01", "tea cup", 9),
    ("new", "2026-02-01", "green tea bags", 4), ("later", "2026-04-01", "white tea", 7),
]  # fmt: skip
SHELF = uc.Mapping(table="items", key="sku", fields={"valid_from": "since", "name": "title", "price": "price"})


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=uc.Policy(bases={PURPOSE: "legitimate_interests"}), clock=lambda: NOON) as made:
        lines = pl.DataFrame(LINES, schema=["card", "item"], orient="row").with_row_index("line")
        sold = lines.with_columns(units=pl.lit(1), sold=pl.lit(datetime(2026, 2, 1, tzinfo=UTC)))
        made.load(uc.source("dataframe", sold, table="order_lines", name="till", mapping=TILL))
        goods = pl.DataFrame(GOODS, schema=["sku", "since", "title", "price"], orient="row")
        goods = goods.with_columns(since=pl.col("since").str.to_datetime(time_zone="UTC"))
        made.load(uc.source("dataframe", goods, table="items", name="shelf", mapping=SHELF))
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


@pytest.mark.parametrize("spec", all_models(repeats=True), ids=lambda spec: type(spec).__name__)
def test_every_recommender_is_fitted_saved_and_read_back(hub: uc.CustomerHub, spec: Any, tmp_path: Path) -> None:
    people = named(hub)
    hub.consent.record(PURPOSE, "objected", customer_id=people["bob"])
    recommender = hub.fit(spec, purpose=PURPOSE, as_of=NOON)
    assert hub.save(recommender).subjects == 3
    saved = save_recommender(recommender, tmp_path / "model", purposes=[PURPOSE])
    assert saved.customers == 3
    assert load_recommender(tmp_path / "model").recommend(n=4).table.equals(recommender.recommend(n=4).table)
    assert erase_saved(tmp_path / "model", [people["ann"], people["bob"]]) == 1


def test_content_is_that_of_the_time_and_new_items_are_known_by_it(hub: uc.CustomerHub) -> None:
    recommender = hub.fit(Content(repeats=False), purpose=PURPOSE, as_of=NOON)
    assert set(recommender.items) == {"tea", "cup", "oil", "new"}
    names = dict(recommender.catalogue.select("item_id", "name").iter_rows())
    assert (names["tea"], names["oil"]) == ("green tea", None)
    found = recommender.recommend([named(hub)["cid"]], n=2).table
    assert found["item_id"].to_list() == ["new", "cup"]
