"""Segments by what people say, and the few questions that tell them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.learning import GroupSearch, agreement
from unified_customer.segmentation import FittedTypingTool, Needs, SegmentClassifier, TypingTool
from unified_customer.segmentation.grouped import ALIKE, TOO_LITTLE
from unified_customer.testing.taste_strategies import END, FIRST, SEEDS, answer_frames, answered

Put = Callable[[pl.DataFrame], Any]
few = settings(deadline=None, max_examples=at_least(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
fewer = settings(few, max_examples=at_least(2))
SEARCH = GroupSearch(at_most=4, resamples=4, draws=2, sample=200)
QUICK = GroupSearch(at_most=2, resamples=2, draws=1, sample=50, least_size=2, least_gain=0, least_stability=0)
specs = st.builds(
    Needs,
    relative=st.booleans(),
    least_answered=st.sampled_from((0.0, 0.5, 1.0)),
    least_customers=st.just(1),
    groups=st.just(QUICK),
)


def segments(table: Any) -> dict[str, str]:
    return dict(collected(opened(table)).select("customer_id", "segment").iter_rows())


def needs_of(answers: pl.DataFrame) -> pl.DataFrame:
    """Return who has which need: the research."""
    return answers.select("customer_id", segment=pl.format("need {}", "need")).unique()


def tool_for(answers: pl.DataFrame, research: pl.DataFrame, **options: Any) -> FittedTypingTool:
    spec = TypingTool(**{"questions": 3, **options})
    return spec.fit({"answers": answers.drop("need", strict=False), "research": research}, as_of=END)


def accuracy(tool: FittedTypingTool, name: str) -> dict[str, Any]:
    return tool.accuracy.filter(pl.col("tool") == name).row(0, named=True)


# --------------------------------------------------------------------------------------------------- segments


@given(specs, answer_frames())
@few
def test_everybody_who_answered_is_in_one_segment_and_assigned_as_fitted(spec: Needs, answers: pl.DataFrame) -> None:
    found = spec.fit({"answers": answers}, as_of=END)
    assert sorted(found.table["customer_id"]) == sorted(answers["customer_id"].drop_nulls().unique())
    assert set(found.table["segment"]) <= {*found.learned.labels, TOO_LITTLE}
    assert found.table.equals(found.assign({"answers": answers}, as_of=END))


@given(st.booleans(), SEEDS, st.randoms(use_true_random=False))
@few
def test_neither_the_order_nor_the_names_of_people_change_a_segment(relative: bool, seed: int, random: Any) -> None:  # noqa: FBT001
    answers = answered(needs=2, seed=seed, people=60)
    places = list(range(answers.height))
    random.shuffle(places)
    other = answers[places].with_columns(customer_id=pl.col("customer_id").str.reverse())
    spec = Needs(relative=relative, groups=SEARCH)
    one, two = (spec.fit({"answers": each}, as_of=END) for each in (answers, other))
    assert one.learned == two.learned
    assert segments(two.table) == {who[::-1]: name for who, name in segments(one.table).items()}


@given(st.integers(2, 3), SEEDS)
@few
def test_planted_needs_are_found_though_answers_are_missing(needs: int, seed: int) -> None:
    answers = answered(needs=needs, seed=seed, apart=6.0)
    found = Needs(groups=SEARCH).fit({"answers": answers}, as_of=END)
    told = found.table.join(needs_of(answers), on="customer_id", suffix="_planted").filter(
        pl.col("segment") != TOO_LITTLE
    )
    codes = [told[name].cast(pl.Categorical).to_physical().to_numpy() for name in ("segment", "segment_planted")]
    assert len(found.learned.labels) == needs
    assert agreement(*codes) > 0.8


def test_one_need_is_seldom_taken_for_several() -> None:
    spec = Needs(groups=SEARCH)
    found = [spec.fit({"answers": answered(needs=1, seed=seed)}, as_of=END).learned.labels for seed in range(10)]
    assert found.count((ALIKE,)) >= 9


@given(specs, answer_frames(), answer_frames(), st.integers(0, 99))
@few
def test_later_answers_change_nothing(spec: Needs, answers: pl.DataFrame, future: pl.DataFrame, day: int) -> None:
    as_of = FIRST + timedelta(days=day)
    later = future.with_columns(answered_at=pl.col("answered_at") - FIRST + as_of)
    past = answers.filter(pl.col("answered_at") < as_of)
    one, two = (spec.fit({"answers": each}, as_of=as_of) for each in (past, pl.concat([answers, later])))
    assert one.table.equals(two.table)


@given(specs, SEEDS)
@few
def test_the_last_answer_counts(spec: Needs, seed: int) -> None:
    answers = answered(needs=2, seed=seed, people=40)
    earlier = answers.with_columns(pl.col("value") * -3, answered_at=pl.col("answered_at") - timedelta(days=1))
    one, two = (spec.fit({"answers": each}, as_of=END) for each in (answers, pl.concat([earlier, answers])))
    assert one.table.equals(two.table)


@given(seed=SEEDS)
@fewer
def test_the_engine_changes_no_segment(engine: Put, seed: int) -> None:
    answers = answered(needs=2, seed=seed, people=60).drop("need")
    found = Needs(groups=SEARCH).fit({"answers": engine(answers)}, as_of=END)
    assert type(found.table) is type(engine(answers))
    assert segments(found.table) == segments(Needs(groups=SEARCH).fit({"answers": answers}, as_of=END).table)


@given(specs)
def test_a_spec_loads_back_equal(spec: Needs) -> None:
    assert Needs.from_json(spec.to_json()) == spec


# ----------------------------------------------------------------------------------------------- typing tools


def test_tools_of_labels_by_chance_are_no_better_than_naming_the_largest_segment() -> None:
    gains = [_gain_by_chance(seed) for seed in range(4)]
    assert sum(gains) / len(gains) < 0.08


def _gain_by_chance(seed: int) -> float:
    """Return by how much a tool beats the largest segment where answers tell nothing, though there are many of them."""
    answers = answered(needs=1, seed=seed, people=50, questions=20)
    people = answers.select("customer_id").unique().sort("customer_id")
    chance = np.random.default_rng(seed).random(people.height)
    research = people.with_columns(segment=pl.Series(np.where(chance < 0.6, "one", "other")))
    tool = tool_for(answers, research, questions=6)
    told = max(accuracy(tool, name)["accuracy"] for name in ("6 questions", "all questions"))
    return float(told - accuracy(tool, "majority")["accuracy"])


@given(st.integers(2, 3), SEEDS)
@few
def test_a_tool_tells_planted_needs_by_few_questions_and_leaves_out_what_tells_nothing(needs: int, seed: int) -> None:
    answers = answered(needs=needs, seed=seed)
    tool = tool_for(answers, needs_of(answers))
    told = accuracy(tool, "3 questions")
    assert told["low"] > accuracy(tool, "majority")["accuracy"] + 0.1
    assert tool.choice["question"][0] != "q5"
    assert tool.choice.height <= 3


@given(SEEDS, st.booleans())
@few
def test_probabilities_sum_to_one_and_the_likeliest_segment_is_told(seed: int, with_features: bool) -> None:  # noqa: FBT001
    answers = answered(needs=3, seed=seed, people=60)
    features = pl.DataFrame(
        {"customer_id": ["p0", "p1", "f0", "f1"], "age": [20, 30, None, 50], "town": ["a", "b", "a", None]}
    )
    more = {"features": features} if with_features else {}
    tool = TypingTool(questions=2).fit(
        {"answers": answers, "research": needs_of(answers), **({"features": _ages(answers)} if with_features else {})},
        as_of=END,
    )
    tables = {"answers": answers, **more}
    told, probable = tool.assign(tables, as_of=END), tool.probabilities(tables, as_of=END)
    sums = probable.group_by("customer_id").agg(pl.col("probability").sum(), most=pl.col("probability").max())
    assert sums["probability"].to_list() == pytest.approx([1.0] * sums.height)
    known = told.drop_nulls("segment")
    assert set(known["customer_id"]) == set(sums["customer_id"])
    assert known.sort("customer_id")["probability"].to_list() == sums.sort("customer_id")["most"].to_list()


def _ages(answers: pl.DataFrame) -> pl.DataFrame:
    people = answers.select("customer_id", "need").unique().sort("customer_id")
    return people.select(
        "customer_id", age=20 + 10 * pl.col("need"), town=pl.when(pl.col("need") > 0).then(pl.lit("a"))
    )


@given(SEEDS)
@few
def test_a_saved_tool_loads_back_and_tells_alike(seed: int) -> None:
    answers = answered(needs=2, seed=seed, people=60)
    tool = tool_for(answers, needs_of(answers), questions=2)
    loaded = SegmentClassifier.from_body(tool.to_body())
    assert loaded.assign({"answers": answers}, as_of=END).equals(tool.table)


@given(SEEDS, st.randoms(use_true_random=False))
@few
def test_neither_the_order_nor_the_names_of_people_change_a_tool(seed: int, random: Any) -> None:
    answers = answered(needs=2, seed=seed, people=60)
    places = list(range(answers.height))
    random.shuffle(places)
    other = answers[places].with_columns(customer_id=pl.col("customer_id").str.reverse())
    one, two = (tool_for(each, needs_of(each), questions=2) for each in (answers, other))
    assert one.classifier == two.classifier
    assert one.accuracy.equals(two.accuracy)
    assert one.choice.equals(two.choice)


@given(SEEDS)
@few
def test_what_is_known_of_the_future_changes_no_tool(seed: int) -> None:
    answers, later = answered(needs=2, seed=seed, people=60), answered(needs=2, seed=seed + 1, people=60)
    future = later.with_columns(answered_at=pl.lit(END))
    one, two = (tool_for(each, needs_of(answers), questions=2) for each in (answers, pl.concat([answers, future])))
    assert one.classifier == two.classifier
    assert one.table.equals(two.table)


@given(SEEDS)
@fewer
def test_memberships_tell_the_research_as_a_plain_frame_does(seed: int) -> None:
    answers = answered(needs=2, seed=seed, people=60)
    research = needs_of(answers)
    rows = research.with_columns(
        segmentation=pl.lit("needs"), entered_at=pl.lit(FIRST), left_at=pl.lit(None, pl.Datetime("us", "UTC"))
    )
    ended = rows.with_columns(segment=pl.lit("need 9"), left_at=pl.lit(FIRST + timedelta(days=1)))
    not_begun = rows.with_columns(segment=pl.lit("need 8"), entered_at=pl.lit(END))
    others = rows.with_columns(segment=pl.lit("need 7"), segmentation=pl.lit("other"))
    tables = {"answers": answers, "memberships": pl.concat([rows, ended, not_begun, others])}
    spec = TypingTool(questions=2)
    assert spec.fit(tables, as_of=END).classifier == tool_for(answers, research, questions=2).classifier


def test_the_engine_changes_no_tool(engine: Put) -> None:
    answers = answered(needs=2, seed=3, people=60)
    research, given_in = needs_of(answers), engine(answers.drop("need"))
    tables = {"answers": given_in, "research": engine(research), "features": engine(_ages(answers))}
    found = TypingTool(questions=2).fit(tables, as_of=END)
    here = TypingTool(questions=2).fit(
        {"answers": answers, "research": research, "features": _ages(answers)}, as_of=END
    )
    assert type(found.table) is type(given_in)
    assert found.classifier == here.classifier
    assert segments(found.table) == segments(here.table)
