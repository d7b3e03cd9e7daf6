"""Policies that explore: propensities, choices, and learning batch by batch."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations, product
from math import prod
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.tables import EXPOSURES, OUTCOMES
from unified_customer.recommendations.exploring import (
    BetaThompson,
    EpsilonGreedy,
    Exploring,
    FittedPolicy,
    LinUCB,
    Rewards,
)
from unified_customer.recommendations.exploring.places import mixed, orders, played
from unified_customer.testing.bandit_strategies import (
    FEATURES,
    NOON,
    candidate_frames,
    feedback_frames,
    policies,
)

places = st.integers(1, 6)
seeds = st.integers(0, 2**64)
DECISION = ["customer_id", "decision_id"]


def shuffled(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    return frame.sample(fraction=1, shuffle=True, seed=seed % 2**32)


def of(frame: pl.DataFrame, customer: str | None) -> pl.DataFrame:
    return frame.filter(pl.col("customer_id").eq_missing(pl.lit(customer)))


# ---------------------------------------------------------------------------------------------------- what is chosen


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_choices_are_n_distinct_candidates_or_a_shortfall_that_is_told(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    choices = spec.fit(seen, as_of=NOON).choose(offered, n=n, seed=seed, as_of=NOON)
    short = dict(choices.shortfall.select("customer_id", "given").iter_rows())
    for customer in offered["customer_id"].unique():
        chosen, allowed = of(choices.table, customer)["item_id"].to_list(), of(offered, customer)["item_id"].to_list()
        assert len(set(chosen)) == len(chosen) == min(n, len(allowed)) == short.get(customer, n)
        assert set(chosen) <= set(allowed)
        assert of(choices.table, customer)["rank"].to_list() == list(range(1, len(chosen) + 1))


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_propensities_of_each_place_sum_to_1(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    likely = spec.fit(seen, as_of=NOON).propensities(offered, n=n, seed=seed, as_of=NOON)
    assert likely["propensity"].is_between(0, 1, closed="right").all()
    sums = likely.group_by(*DECISION, "position").agg(pl.col("propensity").sum())
    assert sums["propensity"].to_list() == pytest.approx([1.0] * sums.height)
    whole = likely.group_by(*DECISION, "item_id").agg(pl.col("propensity").sum())
    assert (whole["propensity"] < 1 + 1e-9).all()


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_what_was_chosen_has_the_propensity_of_its_item_and_place(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    policy = spec.fit(seen, as_of=NOON)
    chosen = policy.choose(offered, n=n, seed=seed, as_of=NOON).table.rename({"rank": "position"})
    likely = policy.propensities(offered, n=n, seed=seed, as_of=NOON)
    on = [*DECISION, "position", "item_id"]
    both = chosen.join(likely, on=on, how="left", nulls_equal=True, suffix="_of_all")
    assert both["propensity"].to_list() == both["propensity_of_all"].to_list()


def lists_of(order: tuple[int, ...], pool: int, epsilon: float) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield each list that can come of an order, and how likely it is: the definition, in plain Python."""
    for exploring in product((False, True), repeat=len(order)):
        chance = prod(epsilon if each else 1 - epsilon for each in exploring)
        left = set(range(pool)) - {item for item, each in zip(order, exploring, strict=True) if not each}
        fillings = list(permutations(sorted(left), sum(exploring)))
        for filling in fillings:
            fill = iter(filling)
            listed = (next(fill) if each else item for item, each in zip(order, exploring, strict=True))
            yield tuple(listed), chance / len(fillings)


@st.composite
def sets_of_orders(draw: st.DrawFn) -> tuple[Any, int]:
    pool = draw(st.integers(1, 4))
    worths = draw(st.lists(st.permutations(range(pool)), min_size=1, max_size=3))
    return orders(np.array(worths, dtype=float), draw(st.integers(1, pool))), pool


@given(sets_of_orders(), st.sampled_from((0.0, 0.3, 0.75, 1.0)))
def test_propensities_are_those_of_all_lists_that_can_come(given_orders: tuple[Any, int], epsilon: float) -> None:
    drawn, pool = given_orders
    expected = np.zeros((drawn.shape[1], pool))
    for order in drawn.tolist():
        for listed, chance in lists_of(tuple(order), pool, epsilon):
            expected[range(len(listed)), listed] += chance / len(drawn)
    np.testing.assert_allclose(mixed(drawn, pool, epsilon), expected, atol=1e-12)


def test_what_is_played_comes_as_often_as_its_propensity_says() -> None:
    drawn, chance, often = np.array([[0, 1], [2, 0]]), np.random.default_rng(0), 20_000
    counts = Counter(tuple(played(drawn, 4, 0.4, chance).tolist()) for _ in range(often))
    found = np.zeros((2, 4))
    for listed, times in counts.items():
        found[[0, 1], listed] += times / often
    np.testing.assert_allclose(found, mixed(drawn, 4, 0.4), atol=0.015)


@pytest.mark.parametrize("spec", [BetaThompson(draws=5, epsilon=0.3), EpsilonGreedy(epsilon=0.6)])
def test_over_many_customers_items_come_as_often_as_their_propensities_say(spec: Exploring) -> None:
    people = pl.DataFrame({"customer_id": [f"c{number}" for number in range(3000)]})
    offered = people.join(pl.DataFrame({"item_id": ["cup", "pot", "tea"], "score": [1.0, 2.0, 3.0]}), how="cross")
    policy = spec.begin(as_of=NOON)
    likely = policy.propensities(offered, n=2, seed=1, as_of=NOON).rename({"position": "rank"})
    chosen = policy.choose(offered, n=2, seed=1, as_of=NOON).table
    expected = likely.group_by("rank", "item_id").agg(expected=pl.col("propensity").sum() / people.height)
    found = chosen.group_by("rank", "item_id").agg(found=pl.len() / people.height)
    both = expected.join(found, on=["rank", "item_id"])
    assert both["found"].to_list() == pytest.approx(both["expected"].to_list(), abs=0.03)


@given(policies(epsilon=st.just(0.2), share=st.just(1.0), least_score=st.none()), candidate_frames(), places, seeds)
def test_with_epsilon_every_candidate_is_possible_at_every_place(
    spec: Exploring, offered: pl.DataFrame, n: int, seed: int
) -> None:
    policy = spec.begin(as_of=NOON)
    likely = policy.propensities(offered, n=n, seed=seed, as_of=NOON)
    for customer in offered["customer_id"].unique():
        size = of(offered, customer).height
        assert of(likely, customer).height == size * min(n, size)
    assert not policy.findings


# ---------------------------------------------------------------------------------------- what has no part in a choice


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_the_order_of_rows_has_no_part_in_choices(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    once = spec.fit(seen, as_of=NOON).choose(offered, n=n, seed=seed, as_of=NOON)
    again = spec.fit(shuffled(seen, seed), as_of=NOON).choose(shuffled(offered, seed), n=n, seed=seed, as_of=NOON)
    assert_frame_equal(once.table, again.table, check_exact=True)


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_other_customers_have_no_part_in_choices(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    policy = spec.fit(seen, as_of=NOON)
    together = policy.choose(offered, n=n, seed=seed, as_of=NOON).table
    for customer in offered["customer_id"].unique():
        alone = policy.choose(of(offered, customer), n=n, seed=seed, as_of=NOON).table
        assert_frame_equal(alone, of(together, customer))


@given(policies(share=st.sampled_from((0.0, 0.3, 0.5))), feedback_frames(), candidate_frames(), places, seeds)
def test_places_before_the_open_ones_are_the_rankers(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    table = spec.fit(seen, as_of=NOON).choose(offered, n=n, seed=seed, as_of=NOON).table
    ranked = offered.sort("score", "item_id", descending=[True, False])
    for customer in offered["customer_id"].unique():
        chosen = of(table, customer)
        assert chosen["open"].sum() <= int(np.ceil(spec.share * n))
        closed = chosen.with_row_index().filter(pl.col("open").cum_sum() == 0)
        assert closed["item_id"].to_list() == of(ranked, customer)["item_id"].to_list()[: closed.height]
        assert (chosen.filter(~pl.col("open"))["propensity"] == 1).all()


@given(policies(least_score=st.just(0.25)), feedback_frames(), candidate_frames(), places, seeds)
def test_what_scores_too_low_is_never_explored(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    table = spec.fit(seen, as_of=NOON).choose(offered, n=n, seed=seed, as_of=NOON).table
    assert (table.filter("open")["score"] >= 0.25).all()
    behind = table.filter(~pl.col("open") & pl.col("open").cum_max().over("decision_id"))
    assert (behind["score"] < 0.25).all()
    for customer in offered["customer_id"].unique():
        good = of(offered, customer).filter(pl.col("score") >= 0.25).height
        assert of(table, customer).filter(pl.col("score") < 0.25).height == max(0, of(table, customer).height - good)


# ------------------------------------------------------------------------------------------------------------ learning


def same(one: FittedPolicy, other: FittedPolicy) -> None:
    assert_frame_equal(one.table, other.table, rel_tol=1e-9, abs_tol=1e-12)


@given(policies(), feedback_frames(), st.lists(st.integers(0, 4), max_size=3))
def test_learning_batch_by_batch_is_learning_at_once(spec: Exploring, seen: pl.DataFrame, days: list[int]) -> None:
    policy = spec.begin(as_of=NOON - timedelta(days=5))
    for day in [*sorted(days, reverse=True), 0]:
        policy = policy.update(seen, as_of=NOON - timedelta(days=day))
    same(policy, spec.fit(seen, as_of=NOON))


@given(policies(), feedback_frames())
def test_feedback_that_is_given_again_is_not_learnt_again(spec: Exploring, seen: pl.DataFrame) -> None:
    policy = spec.fit(seen, as_of=NOON)
    same(policy, policy.update(seen, as_of=NOON + timedelta(days=1)))


@given(policies(), feedback_frames(), st.integers(0, 3))
def test_what_was_known_later_is_not_learnt(spec: Exploring, seen: pl.DataFrame, days: int) -> None:
    as_of = NOON - timedelta(days=days)
    same(spec.fit(seen, as_of=as_of), spec.fit(seen.filter(pl.col("known_at") <= as_of), as_of=as_of))


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_a_policy_that_was_written_down_goes_on_where_it_was(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    policy = spec.fit(seen, as_of=NOON)
    again = spec.resume(json.loads(json.dumps(policy.to_body())))
    chosen, same_again = (each.choose(offered, n=n, seed=seed, as_of=NOON).table for each in (policy, again))
    assert_frame_equal(chosen, same_again, check_exact=True)
    assert again.as_of == policy.as_of


@given(feedback_frames(), st.booleans())
def test_weights_are_those_of_sherman_and_morrison(seen: pl.DataFrame, per_item: bool) -> None:  # noqa: FBT001
    assume(seen.height)
    spec = LinUCB(features=FEATURES, per_item=per_item, ridge=0.5)
    table = spec.fit(seen, as_of=NOON).table
    for item, *_ in table.iter_rows():
        inverse, products = np.eye(3) / 0.5, np.zeros(3)
        for row in (seen.filter(pl.col("item_id") == item) if per_item else seen).iter_rows(named=True):
            x = np.array([*(row[feature] for feature in FEATURES), 1.0])
            inverse -= np.outer(inverse @ x, x @ inverse) / (1 + x @ inverse @ x)
            products += row["reward"] * x
        weights = (
            table.filter(pl.col("item_id") == item).select("weight_age", "weight_spend", "weight_intercept").row(0)
        )
        assert weights == pytest.approx(tuple(inverse @ products), abs=1e-9)


@given(feedback_frames())
def test_the_posterior_of_a_rate_is_the_prior_and_what_was_counted(seen: pl.DataFrame) -> None:
    table = BetaThompson(successes=2, failures=3).fit(seen, as_of=NOON).table
    for row in table.iter_rows(named=True):
        own = seen.filter(pl.col("item_id") == row["item_id"])["reward"]
        assert (row["alpha"], row["beta"]) == pytest.approx((2 + own.sum(), 3 + (1 - own).sum()))


# ------------------------------------------------------------------------------------------------------------ feedback

hours = st.integers(-4, 8).map(lambda number: NOON + timedelta(hours=6 * number))
exposure_rows = st.lists(
    st.fixed_dictionaries(
        {
            "exposure_id": st.sampled_from("abcdef"),
            "item_id": st.sampled_from(("tea", "cup", None)),
            "exposed_at": hours,
            "propensity": st.sampled_from((None, -0.1, 0.0, 0.25, 1.0, 1.5, float("nan"))),
            "purpose": st.just("recommendations"),
        }
    ),
    max_size=8,
)
outcome_rows = st.lists(
    st.fixed_dictionaries(
        {
            "exposure_id": st.sampled_from(("a", "b", "c", "z", None)),
            "kind": st.sampled_from(("click", "conversion", "complaint", "open")),
            "occurred_at": hours,
        }
    ),
    max_size=8,
)
WEIGHTS = {"click": 0.25, "conversion": 1.0, "complaint": -1.0}
reward_specs = st.builds(
    Rewards,
    weights=st.just(WEIGHTS),
    window=st.sampled_from((timedelta(hours=6), timedelta(hours=18))),
    several=st.sampled_from(("strongest", "sum", "once_a_kind")),
)


def tables_of(shown: list[dict[str, Any]], came: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    ids = [{"outcome_id": str(number), **row} for number, row in enumerate(came)]
    exposures = pl.DataFrame(shown, schema={name: EXPOSURES.columns[name] for name in (*_EXPOSED, "purpose")})
    outcomes = pl.DataFrame(ids, schema={name: OUTCOMES.columns[name] for name in ("outcome_id", *_CAME)})
    return {"exposures": EXPOSURES.conform(exposures), "outcomes": OUTCOMES.conform(outcomes)}


_EXPOSED = ("exposure_id", "item_id", "exposed_at", "propensity")
_CAME = ("exposure_id", "kind", "occurred_at")


@given(reward_specs, exposure_rows, outcome_rows, hours)
def test_every_exposure_is_told_or_left_out_with_a_reason(
    spec: Rewards, shown: list[Any], came: list[Any], as_of: datetime
) -> None:
    feedback = spec.fit(tables_of(shown, came), as_of=as_of)
    before = sum(row["exposed_at"] < as_of for row in shown)
    assert feedback.table.height + feedback.left_out["rows"].sum() == before
    assert feedback.table["propensity"].is_between(0, 1, closed="right").all()
    assert (feedback.table["known_at"] <= as_of).all()
    assert feedback.table["exposure_id"].is_unique().all()


@given(reward_specs, exposure_rows, outcome_rows, hours)
def test_a_reward_is_of_the_outcomes_within_the_window(
    spec: Rewards, shown: list[Any], came: list[Any], as_of: datetime
) -> None:
    for row in spec.fit(tables_of(shown, came), as_of=as_of).table.iter_rows(named=True):
        inside = [
            each["kind"]
            for each in came
            if each["exposure_id"] == row["exposure_id"]
            and row["exposed_at"] <= each["occurred_at"] < row["exposed_at"] + spec.window
        ]
        worth = sorted((WEIGHTS[kind] for kind in inside if kind in WEIGHTS), key=lambda each: (-abs(each), each))
        kinds = sorted(set(inside) & set(WEIGHTS))
        expected = {
            "strongest": worth[0] if worth else 0.0,
            "sum": sum(worth),
            "once_a_kind": sum(WEIGHTS[kind] for kind in kinds),
        }
        assert row["reward"] == pytest.approx(expected[spec.several])


@given(reward_specs, exposure_rows, outcome_rows, hours, seeds)
def test_the_order_of_rows_has_no_part_in_feedback(
    spec: Rewards, shown: list[Any], came: list[Any], as_of: datetime, seed: int
) -> None:
    tables = tables_of(shown, came)
    once = spec.fit(tables, as_of=as_of)
    again = spec.fit({name: shuffled(frame, seed) for name, frame in tables.items()}, as_of=as_of)
    assert_frame_equal(once.table, again.table)
    assert_frame_equal(once.left_out, again.left_out)
    assert_frame_equal(once.outcomes_left_out, again.outcomes_left_out)


@given(policies(), feedback_frames(), candidate_frames(), places, seeds)
def test_what_was_chosen_is_read_back_as_feedback_with_the_same_propensities(
    spec: Exploring, seen: pl.DataFrame, offered: pl.DataFrame, n: int, seed: int
) -> None:
    choices = spec.fit(seen, as_of=NOON).choose(offered, n=n, seed=seed, as_of=NOON)
    tables = tables_of([], []) | {"exposures": choices.exposures(purpose="recommendations")}
    feedback = Rewards().fit(tables, as_of=NOON + timedelta(days=7))
    told = feedback.table.select("decision_id", rank="position", item_id="item_id", propensity="propensity")
    chosen = choices.table.select("decision_id", "rank", "item_id", "propensity")
    assert_frame_equal(told.sort("decision_id", "rank"), chosen.sort("decision_id", "rank"))
    assert not EXPOSURES.split(tables["exposures"]).bad.height
