"""What is bought together and what is bought next, worked by hand, and on every engine."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.baskets import BoughtTogether, FittedTogether, NextBasket

AT = datetime(2026, 2, 1, tzinfo=UTC)
ALL = BoughtTogether(least_orders=1, min_customers=1, given=2)
HELD = {
    "1": ("ann", "tea cup pot"),
    "2": ("ann", "tea cup pot"),
    "3": ("bob", "tea cup"),
    "4": ("bob", "tea"),
    "5": (None, "nail"),
    "6": (None, "nail cup"),
    "7": ("eve", "nail"),
    "8": ("eve", "nail"),
}


def lines() -> pl.DataFrame:
    told = [(who, order, item, "sale", 1.0) for order, (who, held) in HELD.items() for item in held.split()]
    frame = pl.DataFrame(told, schema=["customer_id", "order_id", "item_id", "kind", "quantity"], orient="row")
    return frame.with_columns(occurred_at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)), source=pl.lit("till"))


def fitted(spec: BoughtTogether = ALL) -> FittedTogether:
    return spec.fit({"order_lines": lines()}, as_of=AT)


def test_a_pair_by_hand() -> None:
    row = fitted().pairs().filter(item_id="cup", other_item_id="tea").row(0, named=True)
    # 8 orders; tea in 4, cups in 4, both in 3, of ann and bob.
    assert (row["orders"], row["customers"], row["support"], row["confidence"]) == (3, 2, 3 / 8, 3 / 4)
    assert (row["other_confidence"], row["lift"], row["leverage"]) == (3 / 4, 1.5, 3 / 8 - 1 / 4)
    # The variance of its logarithm: 1/3 - 1/4 - 1/4 + (2 * 1.5 - 1) / 8.
    assert row["low"] == pytest.approx(exp(log(1.5) - 1.959964 * sqrt(1 / 3 - 1 / 2 + 1 / 4)), abs=1e-6)


def test_what_goes_with_two() -> None:
    rule = fitted().rules().filter(pl.col("given") == ["cup", "tea"]).row(0, named=True)
    assert (rule["item_id"], rule["orders"], rule["customers"], rule["confidence"]) == ("pot", 2, 1, 2 / 3)
    assert rule["lift"] == pytest.approx(2 * 8 / (3 * 2))


def test_few_meetings_do_not_stand_on_top() -> None:
    # Two rare things that met twice have the highest lift by far; two common ones that meet often stand first.
    baskets = (
        [("x", "tea cup")] * 60
        + [("y", "tea")] * 20
        + [("y", "cup")] * 20
        + [("y", "nail")] * 100
        + [("z", "fig axe")] * 2
    )
    told = [(f"{n}", item) for n, (_, held) in enumerate(baskets) for item in held.split()]
    told += [(f"alone {n}", item) for n, item in enumerate(["fig", "axe"] * 9)]
    frame = pl.DataFrame(told, schema=["basket_id", "item_id"], orient="row")
    pairs = BoughtTogether(least_orders=2, min_customers=1).fit({"baskets": frame}, as_of=AT).pairs()
    assert pairs.select("item_id", "other_item_id").rows() == [("cup", "tea"), ("axe", "fig")]
    assert pairs["lift"].to_list()[0] < pairs["lift"].to_list()[1]


def test_what_few_customers_bought_is_not_told() -> None:
    told = fitted(BoughtTogether(least_orders=2, min_customers=2))
    # Pots were in two orders, both of ann; the two orders of nobody known and eve's make three who bought nails.
    assert told.pairs().select("item_id", "other_item_id").rows() == [("cup", "tea")]
    assert told.items().select("item_id", "orders", "customers").rows() == [
        ("cup", 4, 3),
        ("nail", 4, 3),
        ("tea", 4, 2),
    ]


def test_a_cart_gets_what_goes_with_it() -> None:
    wide = BoughtTogether(least_orders=1, min_customers=1, given=2, confidence=0.5)
    told = fitted(wide).goes_with(["tea", "cup", "unheard of"])
    assert told.select("rank", "item_id", "given").rows() == [(1, "pot", ["cup", "tea"])]
    assert fitted(wide).goes_with(["unheard of"]).height == 0
    with pytest.raises(ConfigurationError, match="at least one row"):
        fitted().goes_with(["tea"], n=0)


def test_what_was_taken_back_within_the_order_is_not_in_it() -> None:
    back = pl.DataFrame({"customer_id": ["ann", "bob"], "order_id": ["1", "3"], "item_id": ["pot", "tea"]}).with_columns(
        kind=pl.lit("cancellation"), quantity=pl.Series([-1.0, -0.5]), occurred_at=pl.lit(datetime(2026, 1, 2, tzinfo=UTC)), source=pl.lit("till")
    )  # fmt: skip
    told = ALL.fit({"order_lines": pl.concat([lines(), back.select(lines().columns)])}, as_of=AT)
    counts = {(row[0], row[1]): row[2] for row in told.pairs().select("item_id", "other_item_id", "orders").rows()}
    assert (counts["cup", "pot"], counts["cup", "tea"]) == (1, 3)


def test_orders_of_two_sources_or_customers_are_two() -> None:
    other = lines().with_columns(source=pl.lit("web"))
    assert ALL.fit({"order_lines": pl.concat([lines(), other])}, as_of=AT).orders == 16
    assert ALL.fit({"order_lines": lines().drop("source", "customer_id", "quantity")}, as_of=AT).orders == 8


def test_large_and_old_orders_can_be_left_out() -> None:
    assert fitted(ALL.model_copy(update={"most_items": 2})).orders == 6
    older = lines().with_columns(occurred_at=pl.lit(datetime(2025, 1, 1, tzinfo=UTC)), source=pl.lit("web"))
    spec = ALL.model_copy(update={"window_days": 90})
    for frame in (
        pl.concat([lines(), older]),
        pl.concat([lines(), older]).with_columns(pl.col("occurred_at").dt.replace_time_zone(None)),
    ):
        assert spec.fit({"order_lines": frame}, as_of=AT).orders == 8


def test_every_engine_counts_alike(engine: Callable[[pl.DataFrame], Any]) -> None:
    told = ALL.fit({"order_lines": engine(lines())}, as_of=AT)
    assert told.rules().equals(fitted().rules())


def test_tables_must_be_there() -> None:
    with pytest.raises(SchemaError, match="Neither 'baskets' nor 'order_lines'"):
        ALL.fit({"events": lines()}, as_of=AT)
    with pytest.raises(SchemaError, match="'order_id'"):
        ALL.fit({"order_lines": lines().drop("order_id")}, as_of=AT)


def test_it_is_drawn_and_told() -> None:
    told = fitted()
    assert "tea" in str(told.chart(n=3).to_dict())
    assert str(told) == "4 pairs of items in 8 orders before 2026-02-01"
    assert "Bought together" in told._repr_html_()
    assert told.to_body() == {"orders": 8, "items": 4, "sets": [4, 1]}


def test_the_next_basket_by_hand() -> None:
    days = [
        ("ann", "milk", 1),
        ("ann", "milk", 8),
        ("ann", "tea", 1),
        ("ann", "jam", 15),
        ("bob", "milk", 2),
        ("bob", "rice", 2),
    ]
    frame = pl.DataFrame(days, schema=["customer_id", "item_id", "day"], orient="row").select(
        "customer_id", "item_id", occurred_at=pl.datetime(2026, 1, "day", time_zone="UTC")
    )
    spec = NextBasket(repeats=True, groups=2, within=0.5, between=0.1, own=0.8, neighbours=1)
    told = spec.fit({"interactions": frame}, as_of=AT)
    # Of ann's three orders the last two are one group: 1/4, .5/4, and .1/2 for the first.
    own = {"jam": 0.25, "milk": 0.125 + 0.05, "tea": 0.05, "rice": 0.0}
    bob = {"milk": 1.0, "rice": 1.0}
    found = dict(told.recommend(["ann"]).table.select("item_id", "score").rows())
    assert found == pytest.approx({item: 0.8 * own[item] + 0.2 * bob.get(item, 0) for item in own})
    assert told.explain("ann", "rice").select("item_id", "share").rows() == [("milk", 1.0)]
    assert told.similar(["rice"], n=1)["similar_item_id"].to_list() == ["milk"]


def test_old_orders_are_not_taken_apart_by_rounding() -> None:
    # Ages are kept as numbers of 32 bits: after years a few seconds are lost.
    first = [AT - timedelta(days=900, seconds=37.7 * n) for n in range(60)]
    rows = [(f"c{n}", item, at) for n, at in enumerate(first) for item in ("milk", "tea")]
    rows += [(f"c{n}", "milk", AT - timedelta(days=1.37 * (n + 1))) for n in range(60)]
    frame = pl.DataFrame(rows, schema=["customer_id", "item_id", "occurred_at"], orient="row")
    told = (
        NextBasket(repeats=True, groups=1, within=0.5, own=1)
        .fit({"interactions": frame}, as_of=AT)
        .recommend(n=2)
        .table
    )
    assert set(told.select("item_id", "score").rows()) == {("milk", 0.75), ("tea", 0.25)}


def test_a_next_basket_without_times_is_what_was_bought() -> None:
    frame = pl.DataFrame({"customer_id": ["ann", "ann", "bob"], "item_id": ["tea", "jam", "tea"]})
    told = NextBasket(repeats=False).fit({"interactions": frame}, as_of=AT)
    assert told.recommend(["bob"]).table["item_id"].to_list() == ["jam"]
    assert told.recommend(context=["jam"]).table["item_id"].to_list() == ["tea"]
    assert told.scorer.people.shape == (2, 2)  # type: ignore[attr-defined]
