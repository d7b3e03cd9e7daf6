"""What a model may learn from, and what it is judged by."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.evaluation.splits import (
    ByCustomer,
    LeaveLastOut,
    RandomHoldout,
    Split,
    TemporalSplit,
)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
Spec = TemporalSplit | LeaveLastOut | ByCustomer | RandomHoldout

moments = st.integers(0, 14).map(lambda days: FIRST + timedelta(days=days))
rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyzuvw"), moments | st.none(), st.sampled_from((1.0, 2.0))),
    min_size=12,
    max_size=60,
)
temporal = st.builds(
    TemporalSplit,
    days=st.sampled_from((1.0, 3.5, 7.0)),
    cut=st.none() | moments,
    windows=st.integers(1, 3),
    customers=st.sampled_from(("known", "all")),
    items=st.sampled_from(("known", "all")),
    repeats=st.booleans(),
)
last = st.builds(LeaveLastOut, n=st.integers(1, 3), min_history=st.integers(1, 2))
shares = st.sampled_from((0.2, 0.5, 0.7))
by_customer = st.builds(
    ByCustomer, share=shares, given=shares, order=st.sampled_from(("time", "chance")), seed=st.integers(0, 9)
)
holdout = st.builds(RandomHoldout, share=shares, seed=st.integers(0, 9))
specs = temporal | last | by_customer | holdout


def interactions(each: list[Any]) -> pl.DataFrame:
    frame = pl.DataFrame(each, schema=["customer_id", "item_id", "occurred_at", "weight"], orient="row")
    return frame.cast({"occurred_at": pl.Datetime("us", "UTC")})


def parts(split: Split) -> dict[str, list[Any]]:
    frames = {"train": split.train, "test": split.test, "fold_in": split.fold_in, "left_out": split.left_out}
    return {name: sorted(frame.rows(), key=str) for name, frame in frames.items() if frame is not None}


def tried(spec: Spec, each: list[Any]) -> Split:
    """Split rows, or leave the example out where a part would be empty."""
    split = None
    try:
        split = spec.split(interactions(each))
    except ConfigurationError:
        assume(False)
    assert split is not None
    return split


@given(spec=specs, each=rows)
def test_every_row_is_in_one_part_or_left_out_with_a_reason(spec: Spec, each: list[Any]) -> None:
    split = tried(spec, each)
    assert Counter(row[:4] for part in parts(split).values() for row in part) == Counter(map(tuple, each))
    assert split.left_out["reason"].null_count() == 0
    assert split.summary["rows"].sum() == len(each)


@given(spec=specs, each=rows, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_part(spec: Spec, each: list[Any], chance: Any) -> None:
    assert parts(tried(spec, each)) == parts(tried(spec, chance.sample(each, len(each))))


@given(spec=specs, each=rows)
def test_parts_hold_the_columns_that_were_given(spec: Spec, each: list[Any]) -> None:
    split = tried(spec, each)
    assert split.train.schema == split.test.schema == interactions(each).schema
    assert split.left_out.columns == [*interactions(each).columns, "reason"]


@given(spec=temporal, each=rows)
def test_all_that_is_learned_from_was_before_all_that_is_judged_by(spec: TemporalSplit, each: list[Any]) -> None:
    split = tried(spec, each)
    assert split.cut is not None
    learned, judged = (frame["occurred_at"].to_list() for frame in (split.train, split.test))
    assert max(learned) < split.cut <= min(judged)


@given(spec=temporal, each=rows, later=st.integers(0, 9))
def test_what_comes_after_a_window_changes_nothing_in_it(spec: TemporalSplit, each: list[Any], later: int) -> None:
    cut = FIRST + timedelta(days=10)
    length = timedelta(days=spec.days)
    two = spec.model_copy(update={"cut": cut, "windows": 2})
    moved = [(*who, at + timedelta(days=later) if at and at >= cut else at, weight) for *who, at, weight in each]
    try:
        one, other = (two.rolling(interactions(some))[0] for some in (each, moved))
    except ConfigurationError:
        return
    assert parts(one)["train"] == parts(other)["train"]
    assert parts(one)["test"] == parts(other)["test"]
    assert all(cut - length <= at < cut for at in one.test["occurred_at"])


@given(spec=temporal, each=rows)
def test_rolling_windows_follow_each_other_and_end_with_the_last(spec: TemporalSplit, each: list[Any]) -> None:
    last_one = tried(spec, each)
    try:
        windows = spec.rolling(interactions(each))
    except ConfigurationError:
        return
    cuts = [window.cut for window in windows if window.cut is not None]
    assert len(windows) == spec.windows
    assert {late - early for early, late in pairwise(cuts)} <= {timedelta(days=spec.days)}
    assert parts(windows[-1]) == parts(last_one)


@given(spec=temporal, each=rows)
def test_nobody_and_nothing_is_judged_by_that_the_spec_leaves_out(spec: TemporalSplit, each: list[Any]) -> None:
    split = tried(spec, each)
    learned, judged = (
        set(map(tuple, frame.select("customer_id", "item_id").rows())) for frame in (split.train, split.test)
    )
    assert spec.customers == "all" or {who for who, _ in judged} <= {who for who, _ in learned}
    assert spec.items == "all" or {item for _, item in judged} <= {item for _, item in learned}
    assert spec.repeats or not judged & learned


@given(spec=last, each=rows)
def test_the_last_rows_of_each_customer_are_left_out_and_none_is_later(spec: LeaveLastOut, each: list[Any]) -> None:
    split = tried(spec, each)
    sizes = Counter(who for who, _, at, _ in each if at is not None)
    tested = Counter(split.test["customer_id"])
    assert tested == Counter({who: spec.n for who, size in sizes.items() if size >= spec.n + spec.min_history})
    for who in tested:
        learned, judged = (frame.filter(customer_id=who)["occurred_at"] for frame in (split.train, split.test))
        assert max(learned) <= min(judged)


@given(spec=by_customer, each=rows)
def test_customers_who_are_held_out_are_not_learned_from(spec: ByCustomer, each: list[Any]) -> None:
    split = tried(spec, each)
    assert split.fold_in is not None
    given_of, judged = set(split.fold_in["customer_id"]), set(split.test["customer_id"])
    assert given_of == judged
    assert not judged & set(split.train["customer_id"])
    if spec.order == "time":
        for who in judged:
            assert max(split.fold_in.filter(customer_id=who)["occurred_at"]) <= min(
                split.test.filter(customer_id=who)["occurred_at"]
            )


@given(spec=by_customer | holdout, each=rows, more=rows)
def test_other_customers_do_not_change_what_is_chosen(
    spec: ByCustomer | RandomHoldout, each: list[Any], more: list[Any]
) -> None:
    others = [(f"other {who}", *row) for who, *row in more]
    alone, together = tried(spec, each), tried(spec, [*each, *others])
    for name, part in parts(alone).items():
        assert part == [row for row in parts(together)[name] if not row[0].startswith("other")]


@given(spec=holdout | by_customer.map(lambda spec: spec.model_copy(update={"order": "chance"})), each=rows)
def test_by_chance_all_rows_of_a_pair_stand_in_one_part(spec: ByCustomer | RandomHoldout, each: list[Any]) -> None:
    where: dict[Any, set[str]] = {}
    for name, part in parts(tried(spec, each)).items():
        for row in part:
            where.setdefault(row[:2], set()).add(name)
    assert all(len(names) == 1 for names in where.values())


@given(spec=holdout, each=rows)
def test_of_every_customer_with_two_items_some_are_judged_by_and_some_learned_from(
    spec: RandomHoldout, each: list[Any]
) -> None:
    split = tried(spec, each)
    own = Counter(who for who, _ in {row[:2] for row in each})
    judged = Counter(who for who, _ in split.test.select("customer_id", "item_id").unique().rows())
    for who, items in own.items():
        assert judged[who] == (min(max(round(items * spec.share), 1), items - 1) if items > 1 else 0)
    assert sum(split.untested.values()) == sum(items < 2 for items in own.values())


@given(each=rows, seeds=st.sets(st.integers(0, 10**6), min_size=8, max_size=8))
def test_seeds_choose_differently(each: list[Any], seeds: set[int]) -> None:
    pairs = {row[:2] for row in each}
    assume(len(pairs) >= 12)
    assert (
        len({str(parts(RandomHoldout(share=0.5, seed=seed).split(interactions(each)))["test"]) for seed in seeds}) > 1
    )


@given(share=st.sampled_from((0.1, 0.3, 0.8)), seed=st.integers(0, 99))
def test_about_the_share_of_many_customers_is_held_out(share: float, seed: int) -> None:
    many = pl.DataFrame({"customer_id": [f"c{n // 2}" for n in range(4000)], "item_id": ["x", "y"] * 2000})
    split = ByCustomer(share=share, order="chance", seed=seed).split(many)
    assert split.test["customer_id"].n_unique() == pytest.approx(
        2000 * share, abs=5 * (2000 * share * (1 - share)) ** 0.5
    )


@given(spec=temporal | last, each=rows)
def test_data_without_time_are_not_split_by_time(spec: TemporalSplit | LeaveLastOut, each: list[Any]) -> None:
    with pytest.raises(SchemaError, match="occurred_at"):
        spec.split(interactions(each).drop("occurred_at"))


@given(spec=specs, each=rows)
def test_no_customer_or_item_stands_in_what_is_shown_of_a_split(spec: Spec, each: list[Any]) -> None:
    named = [(f"who-{who}", f"what-{item}", at, weight) for who, item, at, weight in each]
    split = tried(spec, named)
    shown = (str(split), repr(split), split._repr_html_(), str(split.to_body()))
    assert not any("who-" in text or "what-" in text for text in shown)
