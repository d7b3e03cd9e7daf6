"""Splits of interactions, worked by hand, and on every engine."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.evaluation import ByCustomer, LeaveLastOut, RandomHoldout, TemporalSplit, evaluate

BOUGHT = pl.DataFrame(
    {
        "customer_id": ["ann", "ann", "ann", "bob", "bob", "eve", "eve"],
        "item_id": ["tea", "jam", "tea", "oil", "tea", "cup", "jam"],
        "occurred_at": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 8, 15, 2, 15, 14, 14)],
        "note": list("abcdefg"),
    }
)


def notes(frame: pl.DataFrame | None) -> str:
    """Return which rows a part has."""
    return "" if frame is None else "".join(sorted(frame["note"]))


def test_the_last_days_are_judged_by() -> None:
    split = TemporalSplit(days=7).split(BOUGHT)
    # The last row is of the 15th, so the window begins on the 8th; Eve is not known before.
    assert split.cut == datetime(2026, 1, 8, tzinfo=UTC)
    assert (notes(split.train), notes(split.test), notes(split.left_out)) == ("ad", "bce", "fg")
    assert set(split.left_out["reason"]) == {"customer is not in train"}


def test_what_is_kept_in_the_window_is_a_choice() -> None:
    split = TemporalSplit(days=7, customers="all", items="known", repeats=False).split(BOUGHT)
    # Jam and cups were in no train; Ann had tea before, Bob had not.
    assert notes(split.test) == "e"
    reasons = dict(split.left_out.select("note", "reason").iter_rows())
    assert reasons == {"c": "customer had it before"} | dict.fromkeys("bfg", "item is not in train")


def test_rolling_windows_end_where_the_next_begins() -> None:
    split = TemporalSplit(days=6, windows=2)
    early, late = split.rolling(BOUGHT)
    # The 9th to the 15th, and the 3rd to the 9th before it.
    assert (notes(early.train), notes(early.test), notes(early.left_out)) == ("ad", "b", "cefg")
    assert (notes(late.train), notes(late.test)) == ("abd", "ce")
    assert early.untested == {"nothing in the window": 1}
    with pytest.raises(ConfigurationError, match="Nothing is left for the part 'train'"):
        TemporalSplit(days=6, windows=4).rolling(BOUGHT)


def test_a_cut_is_an_instant_and_days_are_midnights() -> None:
    days = BOUGHT.with_columns(pl.col("occurred_at").dt.date())
    split = TemporalSplit(cut=datetime(2026, 1, 14, tzinfo=UTC), customers="all").split(days)
    assert (notes(split.train), notes(split.test)) == ("abd", "cefg")
    assert split.train["occurred_at"].dtype == pl.Date
    assert date(2026, 1, 14) in split.test["occurred_at"]
    with pytest.raises(ValidationError, match="no time zone"):
        TemporalSplit(cut=datetime(2026, 1, 14))  # noqa: DTZ001


def test_the_last_of_each_customer_is_judged_by() -> None:
    # Of Eve's rows of one instant jam comes after cup.
    assert notes(LeaveLastOut().split(BOUGHT).test) == "ceg"
    split = LeaveLastOut(n=2).split(BOUGHT)
    assert (notes(split.train), notes(split.test)) == ("adefg", "bc")
    assert split.untested == {"fewer than 3 rows": 2}


def test_rows_without_time_are_left_out_and_named() -> None:
    timeless = BOUGHT.with_columns(pl.when(pl.col("note") != "a").then("occurred_at"))
    for spec in (TemporalSplit(days=7), LeaveLastOut()):
        assert dict(spec.split(timeless).left_out.select("note", "reason").iter_rows())["a"] == "has no time"


def test_of_customers_who_are_held_out_the_first_is_given() -> None:
    # This seed holds out Ann and Eve.
    split = ByCustomer(share=0.5, given=0.5, seed=10).split(BOUGHT)
    assert notes(split.train) == "de"
    # Ann has three rows, of which round(1.5) = 2 are given; Eve has two.
    assert (notes(split.fold_in), notes(split.test)) == ("abf", "cg")


def test_a_customer_with_one_item_cannot_be_held_out() -> None:
    one = pl.DataFrame(
        {"customer_id": [f"c{n}" for n in range(20)] + ["c0", "c1", "c2"], "item_id": ["x"] * 20 + ["y"] * 3}
    )
    split = ByCustomer(share=0.6, order="chance", seed=1).split(one)
    assert set(split.left_out["reason"]) == {"is held out with fewer than 2 items"}
    assert set(split.test["customer_id"]) <= {"c0", "c1", "c2"}


def test_all_rows_of_a_pair_stay_together_by_chance() -> None:
    split = RandomHoldout(share=0.5).split(BOUGHT)
    together = [set("ac") <= set(notes(part)) or not set("ac") & set(notes(part)) for part in (split.train, split.test)]
    assert together == [True, True]
    assert "occurred_at" in split.test.columns
    assert notes(RandomHoldout(share=0.5).split(BOUGHT.drop("occurred_at")).test) == notes(split.test)


def test_what_is_chosen_stays_chosen_in_later_releases() -> None:
    many = pl.DataFrame(
        {"customer_id": [f"c{n % 10}" for n in range(40)], "item_id": [f"i{n // 10}" for n in range(40)]}
    )
    assert sorted(RandomHoldout(share=0.25, seed=7).split(many).test.rows())[:4] == [
        ("c0", "i1"),
        ("c1", "i2"),
        ("c2", "i1"),
        ("c3", "i1"),
    ]
    assert sorted(set(ByCustomer(share=0.3, seed=7, order="chance").split(many).test["customer_id"])) == [
        "c3",
        "c6",
        "c7",
    ]


def test_what_is_shown() -> None:
    split = TemporalSplit(days=7).split(BOUGHT)
    assert str(split).splitlines() == [
        "train: 2 rows, 2 customers, 2 items",
        "test: 3 rows, 2 customers, 2 items",
        "left out, customer is not in train: 2 rows, 1 customers, 2 items",
    ]
    assert "TemporalSplit" in split._repr_html_()
    assert split.to_body()["cut"] == "2026-01-08T00:00:00+00:00"
    assert TemporalSplit.from_json(split.spec.to_json()) == split.spec


def test_bad_interactions_are_refused() -> None:
    with pytest.raises(SchemaError, match="no column 'item_id'"):
        RandomHoldout().split(BOUGHT.drop("item_id"))
    with pytest.raises(SchemaError, match="Split data without time by RandomHoldout"):
        TemporalSplit().split(BOUGHT.drop("occurred_at"))
    with pytest.raises(SchemaError, match="not instants or days"):
        LeaveLastOut().split(BOUGHT.with_columns(occurred_at=pl.lit(1)))
    with pytest.raises(SchemaError, match="7 rows without 'customer_id'"):
        RandomHoldout().split(BOUGHT.with_columns(customer_id=pl.lit(None)))
    with pytest.raises(ConfigurationError, match="has a time"):
        TemporalSplit().split(BOUGHT.with_columns(occurred_at=pl.lit(None, dtype=pl.Datetime)))
    with pytest.raises(ConfigurationError, match="there are no interactions"):
        RandomHoldout().split(BOUGHT.clear())


def test_frames_of_every_engine_are_split_and_judged_alike(engine: Callable[[pl.DataFrame], Any]) -> None:
    here, there = (TemporalSplit(days=7).split(frame) for frame in (BOUGHT, engine(BOUGHT)))
    assert (notes(there.train), notes(there.test)) == (notes(here.train), notes(here.test))
    assert there.train["occurred_at"].dt.epoch("us").sort().equals(here.train["occurred_at"].dt.epoch("us").sort())
    lists = pl.DataFrame({"customer_id": ["ann"], "rank": [1], "item_id": ["tea"], "score": [1.0]})
    judged = evaluate(engine(lists), engine(there.test), train=engine(there.train))
    assert judged.table.equals(evaluate(lists, here.test, train=here.train).table)
