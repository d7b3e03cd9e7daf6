"""Stages of life, and how customers move between them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.buy_till_die import MODELS, Histories
from unified_customer.segmentation import ByDays, ByPAlive, ByRhythm, Lifecycle, transitions
from unified_customer.segmentation.lifecycle import STATES
from unified_customer.testing.purchase_strategies import FIRST, moments, order_frames

END = FIRST + timedelta(days=61)
PEOPLE = pl.DataFrame({"customer_id": [f"c{number}" for number in range(1, 11)]})
Put = Callable[[pl.DataFrame], Any]
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(6), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
by_days = st.builds(ByDays, active=st.integers(0, 10), at_risk=st.integers(11, 20), lapsed=st.integers(21, 50))
by_rhythm = st.builds(ByRhythm, usual_percent=st.integers(50, 90), least_gaps=st.integers(1, 3))
specs = st.builds(
    Lifecycle, by=by_days | by_rhythm, new_days=st.integers(0, 10), zone=st.sampled_from(("UTC", "Asia/Kolkata"))
)
by_chance = st.builds(Lifecycle, by=st.just(ByPAlive()), new_days=st.integers(0, 10))
"""Used seldom, since fitting the model takes half a second."""


def stages(spec: Lifecycle, orders: Any, people: Any = None, as_of: datetime = END) -> dict[str, str]:
    tables = {"orders": orders, **({} if people is None else {"customers": people})}
    table = collected(opened(spec.fit(tables, as_of=as_of).table))
    return dict(table.select("customer_id", "segment").iter_rows())


@given(specs, order_frames())
def test_everybody_known_is_in_one_stage(spec: Lifecycle, orders: pl.DataFrame) -> None:
    tables = {"orders": orders, "customers": PEOPLE}
    table = spec.fit(tables, as_of=END).table
    assert sorted(table["customer_id"]) == sorted(
        {*orders["customer_id"].drop_nulls().filter(_bought(orders)), *PEOPLE["customer_id"]}
    )
    assert set(table["segment"]) <= set(STATES)


def _bought(orders: pl.DataFrame) -> pl.Series:
    return orders.filter(pl.col("customer_id").is_not_null())["amount"] >= 0


@given(order_frames())
def test_a_prospect_is_who_never_bought(orders: pl.DataFrame) -> None:
    bought = orders.filter(pl.col("amount") >= 0)["customer_id"].to_list()
    assert all(
        (stage == "prospect") == (who not in bought) for who, stage in stages(Lifecycle(), orders, PEOPLE).items()
    )


@given(by_days, st.integers(0, 10), order_frames())
def test_fixed_days_decide_as_counted_by_hand(by: ByDays, new_days: int, orders: pl.DataFrame) -> None:
    found = stages(Lifecycle(by=by, new_days=new_days), orders)
    assert found == {who: _by_hand(days, by, new_days) for who, days in _days(orders).items()}


def _days(orders: pl.DataFrame) -> dict[str, list[int]]:
    """Return for each customer how many days ago they bought, the first one first."""
    days: dict[str, set[int]] = {}
    for who, at, amount in orders.select("customer_id", "ordered_at", "amount").iter_rows():
        if who is not None and amount >= 0:
            days.setdefault(who, set()).add((END.date() - at.date()).days)
    return {who: sorted(each, reverse=True) for who, each in days.items()}


def _by_hand(days: list[int], by: ByDays, new_days: int) -> str:
    if days[0] <= new_days:
        return "new"
    if any(early - late > by.at_risk and late <= new_days for early, late in pairwise(days)):
        return "reactivated"
    bounds = (("active", by.active), ("at risk", by.at_risk), ("lapsed", by.lapsed))
    return next((stage for stage, bound in bounds if days[-1] <= bound), "lost")


@given(by_rhythm, st.integers(0, 10), order_frames(min_size=8, customers=3))
def test_the_rhythm_decides_as_counted_by_hand(by: ByRhythm, new_days: int, orders: pl.DataFrame) -> None:
    fitted = Lifecycle(by=by, new_days=new_days).fit({"orders": orders}, as_of=END)
    gaps = {who: [(early - late, late) for early, late in pairwise(days)] for who, days in _days(orders).items()}
    some = [[gap for gap, _ in each] for each in gaps.values() if each]
    usual = np.quantile([_usual(each, by) for each in some], by.usual_percent / 100) if some else 90
    longest = np.quantile([max(each) for each in some], by.pooled_longest_percent / 100) if some else 180
    assert fitted.learned.usual == pytest.approx(usual)
    assert fitted.learned.longest == pytest.approx(longest)
    for who, days in _days(orders).items():
        stage = fitted.table.filter(pl.col("customer_id") == who)["segment"].item()
        assert stage == _by_pace(days, gaps[who], fitted.segmentation, fitted.learned)


def _usual(gaps: list[int], by: ByRhythm) -> int:
    """Return the longest gap before which lie less than so many percent of the gaps."""
    return max(gap for place, gap in enumerate(sorted(gaps)) if place * 100 < len(gaps) * by.usual_percent)


def _by_pace(days: list[int], gaps: list[tuple[int, int]], spec: Any, learned: Any) -> str:
    if days[0] <= spec.new_days:
        return "new"
    recent = [gap for gap, late in gaps if late <= spec.new_days]
    earlier = [gap for gap, late in gaps if late > spec.new_days]
    absence = max(earlier) if len(earlier) >= spec.by.least_gaps else learned.longest
    if recent and max(recent) > absence:
        return "reactivated"
    own = [gap for gap, _ in gaps]
    enough = len(own) >= spec.by.least_gaps
    usual, longest = (_usual(own, spec.by), max(own)) if enough else (learned.usual, learned.longest)
    bounds = (("active", usual), ("at risk", longest), ("lapsed", longest * spec.by.lost_factor))
    return next((stage for stage, bound in bounds if days[-1] <= bound), "lost")


@given(by_days, st.integers(0, 5), st.integers(-1, 1), st.integers(-1, 1))
def test_bounds_of_days_are_inclusive(by: ByDays, new_days: int, waited: int, absent: int) -> None:
    days = [new_days + waited, new_days + waited + by.at_risk + absent, 60]
    rows = [
        (who, END - timedelta(days=day)) for who, own in (("back", days), ("new", days[:1])) for day in own if day >= 1
    ]
    orders = pl.DataFrame(rows, schema={"customer_id": pl.String, "ordered_at": pl.Datetime("us", "UTC")}, orient="row")
    found = stages(Lifecycle(by=by, new_days=new_days), orders)
    assert found == {who: _by_hand(own, by, new_days) for who, own in _days(orders.with_columns(amount=0)).items()}


@given(st.integers(1, 12), st.integers(4, 8), st.integers(0, 60))
def test_whoever_buys_at_a_steady_pace_is_judged_by_that_pace(gap: int, purchases: int, wait: int) -> None:
    last = END - timedelta(days=wait)
    times = [last - timedelta(days=gap * place) for place in range(purchases)]
    orders = pl.DataFrame(
        {"customer_id": ["a"] * purchases, "ordered_at": times},
        schema_overrides={"ordered_at": pl.Datetime("us", "UTC")},
    )
    stage = stages(Lifecycle(by=ByRhythm(lost_factor=2), new_days=0), orders)["a"]
    assert stage == ("active" if wait <= gap else "lapsed" if wait <= 2 * gap else "lost")


@given(specs, order_frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_stage(spec: Lifecycle, orders: pl.DataFrame, random: Any) -> None:
    places = random.sample(range(orders.height), orders.height)
    assert stages(spec, orders) == stages(spec, orders[places])


@given(spec=specs | by_chance, orders=order_frames())
@few_on_each_engine
def test_the_engine_changes_no_stage(engine: Put, spec: Lifecycle, orders: pl.DataFrame) -> None:
    assert stages(spec, engine(orders), engine(PEOPLE)) == stages(spec, orders, PEOPLE)


@given(specs, order_frames(), order_frames(), moments())
def test_the_future_changes_no_stage(
    spec: Lifecycle, orders: pl.DataFrame, future: pl.DataFrame, as_of: datetime
) -> None:
    past = orders.filter(pl.col("ordered_at") < as_of)
    later = future.with_columns(ordered_at=pl.col("ordered_at") - FIRST + as_of)
    assert stages(spec, past, as_of=as_of) == stages(spec, pl.concat([orders, later]), as_of=as_of)


@given(specs, order_frames())
def test_assigning_the_training_data_equals_fitting(spec: Lifecycle, orders: pl.DataFrame) -> None:
    fitted = spec.fit({"orders": orders}, as_of=END)
    again = fitted.assign({"orders": orders}, as_of=END)
    assert again.sort("customer_id").equals(fitted.table.sort("customer_id"))


@settings(max_examples=at_least(3))
@given(order_frames(min_size=8))
def test_the_chance_to_be_alive_is_that_of_the_model(orders: pl.DataFrame) -> None:
    fitted = Lifecycle(by=ByPAlive()).fit({"orders": orders}, as_of=END)
    table = fitted.table
    past = Histories.of(frequency=table["orders"] - 1, recency=table["span"], age=table["days_known"])
    parameters = np.array(list(fitted.learned.parameters.values()))
    assert table["p_alive"].to_list() == pytest.approx(MODELS["mbg_nbd"].p_alive(parameters, past).tolist(), rel=1e-9)


@given(order_frames(), st.integers(0, 60))
def test_transitions_count_everybody_once(orders: pl.DataFrame, days: int) -> None:
    before, after = (Lifecycle().fit({"orders": orders}, as_of=at).table for at in (END - timedelta(days=days), END))
    moved = transitions(before, after, order=STATES)
    everybody = {*before["customer_id"], *after["customer_id"]}
    assert moved.table["customers"].sum() == len(everybody)
    assert all(
        total == pytest.approx(1) for total in moved.table.group_by("before").agg(pl.col("share").sum())["share"]
    )
    assert moved.stayed in {None, 1.0} or days > 0
