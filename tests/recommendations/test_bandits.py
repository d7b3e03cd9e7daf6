"""Policies that explore, by example: worked by hand, in a simulated shop, and where nothing fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.tables import EXPOSURES, OUTCOMES
from unified_customer.recommendations.exploring import (
    BetaThompson,
    EpsilonGreedy,
    Exploring,
    Feedback,
    LinearThompson,
    LinUCB,
    Rewards,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEMS = ["cup", "pot", "tea"]
OFFERED = pl.DataFrame({"customer_id": "c1", "item_id": ITEMS, "score": [3.0, 2.0, 1.0]})


def seen(rewards: dict[str, list[float]], **further: Any) -> pl.DataFrame:
    rows = [{"item_id": item, "reward": reward} for item, told in rewards.items() for reward in told]
    types = {"item_id": pl.String(), "reward": pl.Float64()}
    return pl.DataFrame(rows, schema=types).with_columns(known_at=pl.lit(NOON), **further)


# ------------------------------------------------------------------------------------------------- worked by hand


def test_a_list_of_two_explores_as_worked_out_by_hand() -> None:
    """With epsilon 1/2 both places explore with chance 1/4, one alone with 1/4 each, none with 1/4.

    The cup stands first if the first place does not explore (1/2); if it alone does and draws the cup out of cup and
    tea (1/4 x 1/2); if both do (1/4 x 1/3): 17/24. The pot stands first only if both explore: 1/4 x 1/3. The rest is
    the tea's.
    """
    likely = EpsilonGreedy(epsilon=0.5).begin(as_of=NOON).propensities(OFFERED, n=2, seed=0, as_of=NOON)
    first = likely.filter(pl.col("position") == 1)
    assert first["item_id"].to_list() == ITEMS
    assert first["propensity"].to_list() == pytest.approx([17 / 24, 2 / 24, 5 / 24])


def test_only_the_last_place_is_open_where_a_third_of_three_may_be() -> None:
    policy = EpsilonGreedy(epsilon=1.0, share=1 / 3).begin(as_of=NOON)
    four = pl.concat([OFFERED, OFFERED.head(1).with_columns(item_id=pl.lit("urn"), score=0.0)])
    table = policy.choose(four, n=3, seed=4, as_of=NOON).table
    assert table["item_id"].to_list()[:2] == ["cup", "pot"]
    assert table["propensity"].to_list() == [1.0, 1.0, 0.5]
    assert table["open"].to_list() == [False, False, True]


def test_what_scores_too_low_fills_up_the_list() -> None:
    policy = EpsilonGreedy(epsilon=1.0, least_score=2.0).begin(as_of=NOON)
    table = policy.choose(OFFERED, n=3, seed=0, as_of=NOON).table
    assert table["item_id"].to_list()[2] == "tea"
    assert table["propensity"].to_list() == [0.5, 0.5, 1.0]


def test_upper_bounds_are_worked_out_by_hand() -> None:
    # One feature and no intercept: A = 1 + sum of squares, weight = sum of rewards * x / A, bound + width * |x| / sqrt(A).
    feedback = seen({"cup": [1.0, 0.0], "pot": [1.0]}, age=pl.Series([1.0, 2.0, 1.0]))
    offered = OFFERED.with_columns(age=2.0)
    spec = LinUCB(features=("age",), intercept=False, width=0.5)
    bounds = {"cup": 2 / 6 + 0.5 * 2 / 6**0.5, "pot": 2 / 2 + 0.5 * 2 / 2**0.5, "tea": 0.5 * 2}
    chosen = spec.fit(feedback, as_of=NOON).choose(offered, n=3, seed=0, as_of=NOON)
    assert chosen.table["item_id"].to_list() == sorted(bounds, key=lambda item: -bounds[item])


def test_a_rate_of_each_segment_is_of_its_own() -> None:
    feedback = seen({"cup": [1.0] * 30, "pot": [0.0] * 30}, segment=pl.lit("new"))
    other = seen({"cup": [0.0] * 30, "pot": [1.0] * 30}, segment=pl.lit("old"))
    policy = BetaThompson(segment="segment").fit(pl.concat([feedback, other]), as_of=NOON)
    best = {}
    for segment in ("new", "old"):
        offered = OFFERED.head(2).with_columns(segment=pl.lit(segment))
        best[segment] = policy.choose(offered, n=1, seed=0, as_of=NOON).table["item_id"].item()
    assert best == {"new": "cup", "old": "pot"}


def test_shared_weights_serve_items_that_were_never_shown() -> None:
    feedback = seen({"cup": [1.0] * 50, "pot": [0.0] * 50}, green=pl.Series([1.0] * 50 + [0.0] * 50))
    offered = OFFERED.with_columns(green=pl.Series([0.0, 0.0, 1.0]))
    spec = LinearThompson(features=("green",), per_item=False, noise=0.1)
    assert spec.fit(feedback, as_of=NOON).choose(offered, n=1, seed=0, as_of=NOON).table["item_id"].item() == "tea"


def test_thompson_sampling_plays_as_often_as_an_item_is_best() -> None:
    policy = BetaThompson(draws=20_000).fit(seen({"cup": [1.0], "pot": [0.0]}), as_of=NOON)
    likely = policy.propensities(OFFERED.head(2), n=1, seed=0, as_of=NOON)
    # P(Beta(2, 1) > Beta(1, 2)) = 5/6
    assert likely["propensity"].to_list() == pytest.approx([5 / 6, 1 / 6], abs=0.01)


def test_drawn_weights_vary_as_their_posterior_does() -> None:
    # Of one arm with weight N(0, s^2) and one that is never shown with N(0, s^2), each is best half of the time.
    policy = LinearThompson(draws=20_000).begin(as_of=NOON)
    likely = policy.propensities(OFFERED.head(2), n=1, seed=0, as_of=NOON)
    assert likely["propensity"].to_list() == pytest.approx([0.5, 0.5], abs=0.02)
    # The difference of N(1/2, s^2/2) and N(0, s^2) with s = 1/2 is above 0 with the chance that N(0, 1) < 0.8165.
    policy = LinearThompson(draws=20_000, noise=0.5).fit(seen({"cup": [1.0]}), as_of=NOON)
    likely = policy.propensities(OFFERED.head(2), n=1, seed=0, as_of=NOON)
    assert likely["propensity"].to_list() == pytest.approx([0.7929, 0.2071], abs=0.01)


def test_worths_by_shared_weights_vary_together_as_their_posterior_does() -> None:
    points = np.array([[1.0, 0.5], [-1.0, 2.0], [0.5, 0.5]])
    frame = OFFERED.with_columns(age=pl.Series(points[:, 0]), spend=pl.Series(points[:, 1]))
    spec = LinearThompson(features=("age", "spend"), intercept=False, per_item=False, draws=50_000)
    policy = spec.fit(frame.with_columns(reward=1.0, known_at=pl.lit(NOON)), as_of=NOON)
    drawn = policy.belief.outlook(frame)(slice(0, 3), np.random.default_rng(0))
    posterior = np.linalg.inv(np.eye(2) + points.T @ points)
    np.testing.assert_allclose(drawn.mean(axis=0), points @ posterior @ points.sum(axis=0), atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), 0.5**2 * points @ posterior @ points.T, atol=0.005)


# ---------------------------------------------------------------------------------------------- in a simulated shop

RATES = {"cup": 0.10, "pot": 0.25, "tea": 0.55}


def regret(spec: Exploring, *, rounds: int = 30, people: int = 40, seed: int = 7) -> float:
    """Return how many clicks a policy that learns each day misses against the best item."""
    chance = np.random.default_rng(seed)
    policy, missed = spec.begin(as_of=NOON), 0.0
    offered = pl.DataFrame({"customer_id": [f"c{number}" for number in range(people)]}).join(
        OFFERED.drop("customer_id"), how="cross"
    )
    for day in range(rounds):
        now = NOON + timedelta(days=day)
        chosen = policy.choose(offered, n=1, seed=seed, as_of=now).table
        rates = chosen["item_id"].replace_strict(RATES, return_dtype=pl.Float64)
        missed += float((max(RATES.values()) - rates).sum())
        clicks = (chance.random(people) < rates.to_numpy()).astype(float)
        tomorrow = now + timedelta(days=1)
        told = chosen.select("item_id", reward=pl.Series(clicks), known_at=pl.lit(tomorrow))
        policy = policy.update(told, as_of=tomorrow)
    return missed


@pytest.mark.parametrize("spec", [BetaThompson(), LinearThompson(noise=0.5), LinUCB(), BetaThompson(epsilon=0.05)])
def test_what_learns_misses_far_less_than_what_does_not(spec: Exploring) -> None:
    at_random = 30 * 40 * (max(RATES.values()) - sum(RATES.values()) / 3)
    assert regret(spec) < 0.3 * at_random


def test_what_does_not_learn_misses_the_same_each_day() -> None:
    at_random = 30 * 40 * (max(RATES.values()) - sum(RATES.values()) / 3)
    assert regret(EpsilonGreedy(epsilon=1.0)) == pytest.approx(at_random, rel=0.1)


def test_exploring_first_and_then_no_more_misses_more_than_thompson_sampling() -> None:
    days, people = 30, 40
    first_days_at_random = 5 * people * (max(RATES.values()) - sum(RATES.values()) / 3)
    assert regret(BetaThompson(), rounds=days, people=people) < first_days_at_random


# ---------------------------------------------------------------------------------------------------------- feedback

SHOWN = pl.DataFrame(
    {
        "exposure_id": ["x", "y", "z"],
        "item_id": ITEMS,
        "decision_id": ["1", "1", "2"],
        "exposed_at": [NOON, NOON, NOON + timedelta(days=9)],
        "propensity": [0.5, 0.25, 0.5],
    }
)


def came(*rows: tuple[str | None, str, timedelta]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"exposure_id": shown, "kind": kind, "occurred_at": NOON + later} for shown, kind, later in rows],
        schema={"exposure_id": pl.String(), "kind": pl.String(), "occurred_at": pl.Datetime("us", "UTC")},
    )


def feedback_of(*rows: tuple[str | None, str, timedelta], **fields: Any) -> Feedback:
    spec = Rewards.model_validate({"weights": {"click": 1.0, "complaint": -1.0}, **fields})
    return spec.fit({"exposures": SHOWN, "outcomes": came(*rows)}, as_of=NOON + timedelta(days=10))


def test_outcomes_count_from_the_exposure_until_the_window_ends() -> None:
    hour, week = timedelta(hours=1), timedelta(days=7)
    feedback = feedback_of(
        ("x", "click", timedelta(0)),
        ("x", "click", -hour),
        ("y", "click", week),
        ("y", "open", hour),
        ("w", "click", hour),
        (None, "click", hour),
        ("z", "click", timedelta(days=9)),
    )
    assert feedback.table.select("exposure_id", "reward").rows() == [("x", 1.0), ("y", 0.0)]
    assert feedback.left_out.rows() == [("window_open", 1)]
    reasons = ["no_exposure", "unknown_exposure", "unknown_kind", "too_early", "too_late"]
    assert feedback.outcomes_left_out["reason"].to_list() == reasons


def test_several_outcomes_are_worth_what_the_spec_says() -> None:
    hour = timedelta(hours=1)
    rows = [("x", "click", hour), ("x", "click", 2 * hour), ("x", "complaint", hour)]
    worth = {}
    for several in ("strongest", "sum", "once_a_kind"):
        worth[several] = feedback_of(*rows, several=several).table["reward"][0]
    assert worth == {"strongest": -1.0, "sum": 1.0, "once_a_kind": 0.0}


def test_a_hub_fits_feedback_of_what_was_chosen_for_visitors() -> None:
    visitors = OFFERED.with_columns(customer_id=pl.lit(None, dtype=pl.String), decision_id=pl.lit("visit-1"))
    shown = EpsilonGreedy().begin(as_of=NOON).choose(visitors, n=2, seed=0, as_of=NOON).exposures(purpose="analytics")
    click = {"outcome_id": "o", "exposure_id": shown["exposure_id"][0], "kind": "click", "occurred_at": NOON}
    clicks = pl.DataFrame([click], schema_overrides={"occurred_at": pl.Datetime("us", "UTC")})
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        with hub._store.transaction(recorded_at=NOON) as writer:
            writer.append("exposures", shown)
            writer.append("outcomes", OUTCOMES.conform(clicks))
        feedback = hub.fit(Rewards(), purpose="analytics", as_of=NOON + timedelta(days=8))
        assert feedback.table.select("position", "reward").sort("position").rows() == [(1, 0.2), (2, 0.0)]
        assert hub.save(feedback).rows == {}


def test_an_outcome_that_is_told_twice_counts_once() -> None:
    outcomes = came(("x", "click", timedelta(0)), ("x", "click", timedelta(0))).with_columns(outcome_id=pl.lit("o"))
    spec = Rewards(weights={"click": 1.0}, several="sum")
    feedback = spec.fit({"exposures": SHOWN, "outcomes": outcomes}, as_of=NOON + timedelta(days=10))
    assert feedback.table["reward"].to_list() == [1.0, 0.0]
    assert feedback.outcomes_left_out.rows() == [("repeated", 1)]


def test_an_outcome_can_be_worth_its_value() -> None:
    outcomes = came(("x", "click", timedelta(0)), ("y", "click", timedelta(0))).with_columns(
        value=pl.Series([2.5, None])
    )
    spec = Rewards(weights={"click": 2.0}, times="value")
    feedback = spec.fit({"exposures": SHOWN, "outcomes": outcomes}, as_of=NOON + timedelta(days=10))
    assert feedback.table["reward"].to_list() == [5.0, 0.0]
    assert feedback.outcomes_left_out.rows() == [("no_value", 1)]


def test_context_comes_with_the_exposure_or_the_decision() -> None:
    tables, as_of = {"exposures": SHOWN, "outcomes": came()}, NOON + timedelta(days=30)
    of_decisions = pl.DataFrame({"decision_id": ["1"], "age": [2.0]})
    feedback = Rewards().fit(tables, as_of=as_of, context=of_decisions)
    assert feedback.table["age"].to_list() == [2.0, 2.0]
    assert feedback.left_out.rows() == [("no_context", 1)]
    of_pairs = pl.DataFrame({"decision_id": ["1", "1", "2"], "item_id": ITEMS, "age": [1.0, 2.0, 3.0]})
    assert Rewards().fit(tables, as_of=as_of, context=of_pairs).table["age"].to_list() == [1.0, 2.0, 3.0]
    with pytest.raises(SchemaError, match="two rows of one decision_id"):
        Rewards().fit(tables, as_of=as_of, context=pl.concat([of_decisions, of_decisions]))
    with pytest.raises(SchemaError, match="'exposure_id' or 'decision_id'"):
        Rewards().fit(tables, as_of=as_of, context=of_decisions.drop("decision_id"))


def test_choices_become_exposures_and_the_same_ones_again() -> None:
    choices = BetaThompson(epsilon=0.1).begin(as_of=NOON).choose(OFFERED, n=2, seed=3, as_of=NOON)
    rows = choices.exposures(purpose="recommendations", channel="web", artifact_id="fit-1")
    assert rows.equals(choices.exposures(purpose="recommendations", channel="web", artifact_id="fit-1"))
    assert rows.columns == list(EXPOSURES.columns)
    assert rows["exposure_id"].is_unique().all()
    assert rows["position"].to_list() == [1, 2]
    assert rows["propensity"].equals(choices.table["propensity"])
    later = BetaThompson(epsilon=0.1).begin(as_of=NOON).choose(OFFERED, n=2, seed=4, as_of=NOON)
    assert not set(later.exposures(purpose="recommendations")["exposure_id"]) & set(rows["exposure_id"])


# --------------------------------------------------------------------------------------------- where nothing fits


def test_what_cannot_be_explored_is_refused() -> None:
    policy = EpsilonGreedy().begin(as_of=NOON)
    choose = policy.choose
    for frame, message in (
        (OFFERED.drop("score"), "no column 'score'"),
        (OFFERED.with_columns(score=float("nan")), "no finite numbers"),
        (pl.concat([OFFERED, OFFERED]), "twice in one list"),
        (OFFERED.with_columns(item_id=pl.lit(None, dtype=pl.String)), "without an item"),
    ):
        with pytest.raises(SchemaError, match=message):
            choose(frame, n=1, seed=0, as_of=NOON)
    with pytest.raises(ConfigurationError, match="at least one place"):
        choose(OFFERED, n=0, seed=0, as_of=NOON)
    with pytest.raises(ConfigurationError, match="before that"):
        choose(OFFERED, n=1, seed=0, as_of=NOON - timedelta(days=1))
    with pytest.raises(ConfigurationError, match="Name the purpose"):
        choose(OFFERED, n=1, seed=0, as_of=NOON).exposures(purpose="")


def test_what_cannot_be_learnt_from_is_refused() -> None:
    with pytest.raises(SchemaError, match="between 0 and 1"):
        BetaThompson().fit(seen({"cup": [2.0]}), as_of=NOON)
    with pytest.raises(SchemaError, match="finite reward"):
        LinUCB().fit(seen({"cup": [float("inf")]}), as_of=NOON)
    with pytest.raises(SchemaError, match="no column 'age'"):
        LinUCB(features=("age",)).fit(seen({"cup": [1.0]}), as_of=NOON)
    with pytest.raises(SchemaError, match="a feature is missing"):
        LinUCB(features=("age",)).fit(seen({"cup": [1.0]}, age=pl.lit(None, dtype=pl.Float64)), as_of=NOON)
    with pytest.raises(ValidationError, match="nothing to learn"):
        LinUCB(intercept=False)
    with pytest.raises(ValidationError, match="no finite number"):
        Rewards(weights={"click": float("inf")})
    with pytest.raises(SchemaError, match="no table 'outcomes'"):
        Rewards().fit({"exposures": SHOWN}, as_of=NOON)


def test_a_policy_resumes_from_its_own_body_alone() -> None:
    body = dict(LinUCB().fit(seen({"cup": [1.0]}), as_of=NOON).to_body())
    assert LinUCB().resume(body).table.rows() == LinUCB().fit(seen({"cup": [1.0]}), as_of=NOON).table.rows()
    with pytest.raises(ConfigurationError, match="its spec is another"):
        LinUCB(width=2).resume(body)
    for broken in ({}, {"arms": ["cup"], "squares": [[[1.0, 2.0]]], "products": [[1.0]], "shown": [1]}):
        with pytest.raises(ConfigurationError, match="none that a policy told"):
            LinUCB().resume({**body, "belief": broken})


def test_nobody_is_offered_nothing() -> None:
    for spec in (EpsilonGreedy(), BetaThompson(), LinUCB(), LinearThompson(per_item=False)):
        choices = spec.begin(as_of=NOON).choose(OFFERED.clear(), n=2, seed=0, as_of=NOON)
        assert choices.table.is_empty()
        assert choices.exposures(purpose="recommendations").is_empty()


def test_a_deterministic_policy_says_that_its_log_supports_no_other() -> None:
    assert [finding.kind for finding in LinUCB().begin(as_of=NOON).findings] == ["no_support"]
    assert [finding.kind for finding in BetaThompson().begin(as_of=NOON).findings] == ["too_little_support"]
    assert not LinUCB(epsilon=0.05).begin(as_of=NOON).findings
    chosen = LinUCB().begin(as_of=NOON).choose(OFFERED, n=2, seed=0, as_of=NOON)
    assert (chosen.table["propensity"] == 1).all()
    assert [finding.kind for finding in chosen.findings] == ["no_support"]


def test_results_say_what_they_are_and_name_no_customer() -> None:
    policy = LinUCB().fit(seen({"cup": [1.0]}), as_of=NOON)
    choices = policy.choose(OFFERED, n=4, seed=0, as_of=NOON)
    feedback = feedback_of(("y", "click", timedelta(0)), ("y", "open", timedelta(0)))
    shown = [text for each in (policy, choices, feedback) for text in (str(each), repr(each), each._repr_html_())]
    assert not any("c1" in text for text in shown)
    assert "1 arms" in shown[0]
    assert "1 lists are shorter" in shown[3]
    assert "left out: 1 exposures, window_open" in shown[6]
    assert feedback.to_body()["left_out"]["outcomes"] == {"unknown_kind": 1}
    assert not feedback.rows()


@pytest.mark.parametrize(
    "spec", [EpsilonGreedy(), BetaThompson(segment="s"), LinUCB(width=2), LinearThompson(), Rewards()]
)
def test_specs_come_back_from_json(spec: Exploring | Rewards) -> None:
    assert type(spec).from_json(spec.to_json()) == spec
