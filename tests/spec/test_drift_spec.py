"""Drift of interactions, and when a model is fitted anew."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.recommendations.exploring import DriftReport, InteractionDrift, RefitSchedule
from unified_customer.testing.bandit_strategies import NOON

UNTIL, END = NOON, NOON + timedelta(days=5)
days = st.integers(-5, 6).map(lambda day: NOON + timedelta(days=day))
rows = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(("a", "b", "c", "d")),
        "item_id": st.sampled_from(("cup", "pot", "tea", "tin", "urn")),
        "occurred_at": days,
    }
)
_TYPES = pl.Schema({"customer_id": pl.String(), "item_id": pl.String(), "occurred_at": pl.Datetime("us", "UTC")})
_FEEDBACK = pl.Schema({"reward": pl.Float64(), "known_at": pl.Datetime("us", "UTC")})
interactions = st.lists(rows, max_size=25).map(lambda told: pl.DataFrame(told, schema=_TYPES))
specs = st.builds(InteractionDrift, single=st.integers(0, 5), groups=st.integers(1, 3))


def report(spec: InteractionDrift, frame: pl.DataFrame, **further: Any) -> DriftReport:
    return spec.fit(frame, trained_until=UNTIL, as_of=END, **further)


def windows(frame: pl.DataFrame) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    told = frame.to_dicts()
    later = [row for row in told if UNTIL <= row["occurred_at"] < END]
    return [row for row in told if row["occurred_at"] < UNTIL], later


def value(found: DriftReport, measure: str) -> float | None:
    told: float | None = dict(found.table.select("measure", "value").iter_rows())[measure]
    return told


@given(specs, interactions)
def test_nothing_moves_where_everything_happens_again(spec: InteractionDrift, frame: pl.DataFrame) -> None:
    before = frame.filter(pl.col("occurred_at") < UNTIL)
    again = before.with_columns(occurred_at=pl.lit(UNTIL))
    found = report(spec, pl.concat([before, again]))
    assert not found.moved
    if before.height:
        assert value(found, "popularity") == pytest.approx(0)
        assert value(found, "unknown_items") == value(found, "unknown_customers") == 0


@given(specs, interactions)
def test_every_interaction_and_every_item_is_in_one_group(spec: InteractionDrift, frame: pl.DataFrame) -> None:
    found, (before, after) = report(spec, frame), windows(frame)
    assert (found.training, found.recent) == (len(before), len(after))
    assert (found.groups["before"].sum(), found.groups["after"].sum()) == (len(before), len(after))
    assert found.groups["items"].sum() == len({row["item_id"] for row in before + after})
    assert found.groups["group"].is_unique().all()


@given(specs, interactions)
def test_equally_popular_items_are_alone_or_together(spec: InteractionDrift, frame: pl.DataFrame) -> None:
    before, _ = windows(frame)
    counts = [row["item_id"] for row in before]
    alone = set(report(spec, frame).groups["group"]) & set(counts)
    assert len(alone) <= spec.single
    assert all(other in alone for each in alone for other in set(counts) if counts.count(other) >= counts.count(each))


@given(interactions)
def test_the_index_is_that_of_its_definition_where_items_stand_alone(frame: pl.DataFrame) -> None:
    found = report(InteractionDrift(single=5), frame)
    groups = found.groups
    if not (found.training and found.recent):
        assert value(found, "popularity") is None
        return
    shares = [groups[name].to_numpy() + 0.5 for name in ("before", "after")]
    before, after = (each / each.sum() for each in shares)
    expected = sum((q - p) * float(pl.Series([q / p]).log()[0]) for p, q in zip(before, after, strict=True))
    assert value(found, "popularity") == pytest.approx(expected)
    assert (groups["psi"] >= 0).all()


@given(specs, interactions)
def test_what_is_unknown_is_what_was_not_there_before(spec: InteractionDrift, frame: pl.DataFrame) -> None:
    found, (before, after) = report(spec, frame), windows(frame)
    items, people = ({row[name] for row in before} for name in ("item_id", "customer_id"))
    recent = {row["customer_id"] for row in after}
    if not after:
        assert value(found, "unknown_items") is value(found, "unknown_customers") is None
        return
    strange = sum(row["item_id"] not in items for row in after)
    assert value(found, "unknown_items") == pytest.approx(strange / len(after))
    assert value(found, "unknown_customers") == pytest.approx(len(recent - people) / len(recent))


@given(specs, interactions)
def test_names_of_items_and_order_of_rows_have_no_part_in_measures(spec: InteractionDrift, frame: pl.DataFrame) -> None:
    renamed = frame.with_columns(pl.col("item_id").str.reverse()).reverse()
    assert_frame_equal(report(spec, frame).table, report(spec, renamed).table)


@given(
    st.lists(st.tuples(st.sampled_from((0.0, 1.0)), days), min_size=1, max_size=20),
)
def test_the_change_of_outcomes_is_that_of_both_rates(told: list[tuple[float, datetime]]) -> None:
    feedback = pl.DataFrame(told, schema=_FEEDBACK, orient="row")
    found = value(report(InteractionDrift(), pl.DataFrame(schema=_TYPES), feedback=feedback), "outcomes")
    old = [reward for reward, at in told if at <= UNTIL]
    new = [reward for reward, at in told if UNTIL < at <= END]
    assert found == (pytest.approx(sum(new) / len(new) - sum(old) / len(old)) if old and new else None)


# -------------------------------------------------------------------------------------------------------- schedules

schedules = st.builds(
    RefitSchedule,
    after=st.none() | st.integers(1, 9).map(lambda number: timedelta(days=number)),
    new_share=st.sampled_from((None, 0.1, 1.0)),
    on_drift=st.booleans(),
)
counts = st.integers(0, 100)


@given(schedules, st.integers(0, 20), counts, counts)
def test_a_fit_is_due_when_it_is_too_old_or_too_much_is_new(
    schedule: RefitSchedule, age: int, training: int, new: int
) -> None:
    due = schedule.due(fitted_at=NOON, as_of=NOON + timedelta(days=age), training=training, new=new)
    old = schedule.after is not None and timedelta(days=age) >= schedule.after
    much = schedule.new_share is not None and new > 0 and new >= schedule.new_share * training
    assert [reason.kind for reason in due.reasons] == ["old_model"] * old + ["many_new_interactions"] * much
    assert due.due == (old or much)


@given(schedules, specs, interactions)
def test_what_moved_is_a_reason_unless_it_shall_be_none(
    schedule: RefitSchedule, spec: InteractionDrift, frame: pl.DataFrame
) -> None:
    found = report(spec, frame)
    due = schedule.due(fitted_at=UNTIL, as_of=END, drift=found)
    drifted = [reason for reason in due.reasons if reason.kind == "drifted"]
    assert len(drifted) == (len(found.moved) if schedule.on_drift else 0)


@given(schedules)
def test_a_fit_that_was_just_made_is_not_due(schedule: RefitSchedule) -> None:
    assert not schedule.due(fitted_at=NOON, as_of=NOON, training=100, new=0).due
