"""Off-policy evaluation, drift and schedules by example: worked by hand, in a simulated shop, and where nothing fits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.recommendations.exploring import (
    EpsilonGreedy,
    Estimates,
    InteractionDrift,
    ItemMeans,
    OffPolicy,
    RefitSchedule,
    RidgeRewards,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = pl.DataFrame(
    {
        "decision_id": ["1", "2", "3", "4"],
        "customer_id": ["a", "a", "b", None],
        "item_id": ["tea", "tea", "cup", "cup"],
        "propensity": [0.5, 0.25, 0.75, 0.5],
        "reward": [1.0, 0.0, 1.0, 0.0],
    }
)


def target(tea: float, decisions: str = "1234", **further: Any) -> pl.DataFrame:
    ids = pl.DataFrame({"decision_id": list(decisions)})
    told = ids.join(pl.DataFrame({"item_id": ["tea", "cup"], "propensity": [tea, 1 - tea]}), how="cross")
    return told.with_columns(**further)


def kinds(estimates: Estimates) -> list[str]:
    return [finding.kind for finding in estimates.findings]


# ------------------------------------------------------------------------------------------------- worked by hand


def test_estimates_are_worked_out_by_hand() -> None:
    """Weights are 1, 2, 2/3 and 1: 0.5 / 0.5, 0.5 / 0.25, 0.5 / 0.75, 0.5 / 0.5; the model expects 0.8 and 0.4."""
    predicted = pl.when(pl.col("item_id") == "tea").then(0.8).otherwise(0.4)
    estimates = OffPolicy().fit(LOG, target(0.5, predicted=predicted))
    assert estimates.value("ips") == pytest.approx((1 + 2 / 3) / 4)
    assert estimates.value("snips") == pytest.approx((1 + 2 / 3) / (1 + 2 + 2 / 3 + 1))
    assert estimates.value("dm") == pytest.approx(0.6)
    corrections = [1 * (1 - 0.8), 2 * (0 - 0.8), 2 / 3 * (1 - 0.4), 1 * (0 - 0.4)]
    assert estimates.value("dr") == pytest.approx(0.6 + sum(corrections) / 4)
    weights = [1, 2, 2 / 3, 1]
    squares = sum(weight**2 for weight in weights)
    assert estimates.diagnostics["effective_rows"] == pytest.approx(sum(weights) ** 2 / squares)
    assert estimates.diagnostics["max_weight"] == pytest.approx(2)
    assert estimates.diagnostics["max_weight_share"] == pytest.approx(2 / sum(weights))


def test_the_interval_of_ips_is_that_of_a_mean() -> None:
    estimates = OffPolicy(model=None, confidence=0.95).fit(LOG, target(0.5))
    values = np.array([1.0, 0.0, 2 / 3, 0.0])
    error = values.std(ddof=1) / 2
    row = estimates.table.filter(pl.col("estimator") == "ips").row(0, named=True)
    assert row["error"] == pytest.approx(error)
    ends = values.mean() - 1.96 * error, values.mean() + 1.96 * error
    assert (row["low"], row["high"]) == pytest.approx(ends, abs=1e-4)


def test_decisions_of_one_customer_are_one_unit() -> None:
    by_customer = OffPolicy(model=None, unit="customer").fit(LOG, target(0.5))
    assert by_customer.diagnostics["units"] == 3
    assert OffPolicy(model=None).fit(LOG, target(0.5)).diagnostics["units"] == 4
    assert by_customer.value("ips") == OffPolicy(model=None).fit(LOG, target(0.5)).value("ips")


def test_weights_are_clipped_or_switched_off() -> None:
    asked = target(0.5, predicted=pl.lit(0.5))
    clipped = OffPolicy(clip=1.0).fit(LOG, asked)
    assert clipped.value("ips") == pytest.approx((1 + 2 / 3) / 4)
    assert clipped.value("dr") == pytest.approx(0.5 + (0.5 - 0.5 + 2 / 3 * 0.5 - 0.5) / 4)
    switched = OffPolicy(switch=1.0).fit(LOG, asked)
    assert switched.value("dr") == pytest.approx(0.5 + (0.5 + 2 / 3 * 0.5 - 0.5) / 4)
    assert switched.value("ips") == pytest.approx((1 + 2 / 3) / 4)
    assert clipped.diagnostics["clipped"] == switched.diagnostics["clipped"] == 0.25
    assert "many_clipped" in kinds(clipped)
    with pytest.raises(ValidationError, match="not both"):
        OffPolicy(clip=1.0, switch=1.0)


def test_one_decision_has_a_value_and_no_interval() -> None:
    table = OffPolicy(model=None).fit(LOG.head(1), target(0.5, "1")).table
    assert table.filter(pl.col("estimator") == "ips").row(0) == ("ips", 1.0, None, None, None)


# ---------------------------------------------------------------------------------------- what speaks against them


def test_a_log_without_chance_supports_no_other_policy() -> None:
    log = LOG.with_columns(propensity=1.0)
    assert kinds(OffPolicy(model=None).fit(log, target(0.5))) == ["no_support", "few_effective_rows", "heavy_row"]


def test_what_was_never_shown_is_told() -> None:
    many = pl.concat([LOG.with_columns(pl.col("decision_id") + str(number)) for number in range(50)])
    asked = target(0.0).join(pl.DataFrame({"number": range(50)}), how="cross")
    asked = asked.with_columns(pl.col("decision_id") + pl.col("number").cast(pl.String)).drop("number")
    pot = asked.filter(pl.col("item_id") == "tea").with_columns(item_id=pl.lit("pot"), propensity=0.6)
    halved = asked.with_columns(pl.col("propensity") * 0.4)
    estimates = OffPolicy().fit(many, pl.concat([halved, pot]))
    assert kinds(estimates) == ["too_little_support", "few_effective_rows"]
    assert "could not have been shown" in str(estimates)
    nothing = OffPolicy().fit(LOG, pl.concat([pot, asked]).filter(pl.col("item_id") == "pot").with_columns(
        pl.col("decision_id").str.head(1), propensity=1.0).unique())  # fmt: skip
    assert kinds(nothing) == ["no_support"]
    assert nothing.value("snips") is None


def test_without_rows_nothing_is_estimated() -> None:
    estimates = OffPolicy().fit(LOG.clear(), target(0.5))
    assert kinds(estimates) == ["nothing_left"]
    assert estimates.table["value"].null_count() == estimates.table.height
    with pytest.raises(ConfigurationError, match="nothing to draw"):
        estimates.chart()


def test_what_cannot_be_evaluated_is_refused() -> None:
    spec = OffPolicy(model=None)
    with pytest.raises(ConfigurationError, match="do not sum to 1"):
        spec.fit(LOG, target(0.5).head(7))
    with pytest.raises(SchemaError, match="an item twice"):
        spec.fit(LOG, pl.concat([target(0.5), target(0.5)]))
    with pytest.raises(SchemaError, match="propensities outside"):
        spec.fit(LOG.with_columns(propensity=0.0), target(0.5))
    with pytest.raises(SchemaError, match="no column 'position'"):
        spec.fit(LOG.with_columns(decision_id=pl.lit("1")), target(0.5))
    with pytest.raises(SchemaError, match="no column 'age'"):
        OffPolicy(model=RidgeRewards(features=("age",))).fit(LOG, target(0.5))
    with pytest.raises(SchemaError, match="'target' has no column 'age'"):
        OffPolicy(model=RidgeRewards(features=("age",))).fit(LOG.with_columns(age=1.0), target(0.5))
    with pytest.raises(SchemaError, match="in some rows"):
        RidgeRewards(features=("age",)).fit(pl.DataFrame({"age": [None], "reward": [1.0]}))
    with pytest.raises(ConfigurationError, match="no estimate 'magic'"):
        spec.fit(LOG, target(0.5)).value("magic")


def test_results_say_what_they_are_and_draw_themselves() -> None:
    estimates = OffPolicy().fit(LOG, target(0.5))
    assert "Mean reward of a shown item; 4 rows" in str(estimates)
    assert "few_effective_rows" in repr(estimates)
    assert "Off-policy evaluation" in estimates._repr_html_()
    assert set(estimates.to_body()) == {"estimates", "diagnostics", "findings"}
    pytest.importorskip("altair")
    assert "What the policy would have been worth" in str(estimates.chart().to_dict())


# ---------------------------------------------------------------------------------------------- in a simulated shop


def shop(people: int, *, n: int) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """Return a log of an epsilon-greedy policy, the opposite policy, and what that one is worth really."""
    rates = {("cup", 1): 0.1, ("pot", 1): 0.3, ("tea", 1): 0.6, ("cup", 2): 0.05, ("pot", 2): 0.2, ("tea", 2): 0.3}
    items = pl.DataFrame({"item_id": ["cup", "pot", "tea"], "score": [3.0, 2.0, 1.0]})
    offered = pl.DataFrame({"customer_id": [f"c{number}" for number in range(people)]}).join(items, how="cross")
    logging, other = EpsilonGreedy(epsilon=0.4).begin(as_of=NOON), EpsilonGreedy(epsilon=0.1).begin(as_of=NOON)
    table = logging.choose(offered, n=n, seed=5, as_of=NOON).table.rename({"rank": "position"})
    chances = np.array([rates[pair] for pair in table.select("item_id", "position").iter_rows()])
    clicks = (np.random.default_rng(1).random(len(chances)) < chances).astype(float)
    wanted = other.propensities(offered.with_columns(-pl.col("score")), n=n, seed=5, as_of=NOON)
    worth = wanted.with_columns(
        pl.struct("item_id", "position").map_elements(
            lambda each: rates[each["item_id"], each["position"]], return_dtype=pl.Float64
        )
    )
    truth = worth.select(pl.col("propensity") * pl.col("item_id")).to_series().sum() / (people * n)
    return table.with_columns(reward=pl.Series(clicks)), wanted, float(truth)


@pytest.mark.parametrize("n", [1, 2])
def test_estimates_find_what_the_other_policy_is_worth(n: int) -> None:
    log, wanted, truth = shop(4000, n=n)
    estimates = OffPolicy().fit(log, wanted)
    for row in estimates.table.iter_rows(named=True):
        if row["estimator"] in {"ips", "snips", "dr"}:
            assert row["low"] < truth < row["high"]
            assert row["high"] - row["low"] < 0.2
    # In lists of two effects of items and places do not add up, so that the model alone is wrong.
    assert (estimates.value("dm") == pytest.approx(truth, abs=0.03)) == (n == 1)
    errors = dict(estimates.table.select("estimator", "error").iter_rows())
    assert errors["dr"] < errors["ips"]
    assert not kinds(estimates)


def test_means_of_items_take_places_into_account() -> None:
    """The tea stands first nine times out of ten; effects of both add up to what each is worth."""
    told = [("tea", 1, 0.8)] * 90 + [("tea", 2, 0.4)] * 10 + [("cup", 1, 0.6)] * 10 + [("cup", 2, 0.2)] * 90
    rows = pl.DataFrame(told, schema=["item_id", "position", "reward"], orient="row")
    asked = pl.DataFrame({"item_id": ["tea", "cup"], "position": [2, 1]})
    assert ItemMeans(strength=1e-6).fit(rows)(asked).tolist() == pytest.approx([0.4, 0.6], abs=1e-4)


# --------------------------------------------------------------------------------------------- drift and schedules


def interactions(before: dict[str, int], after: dict[str, int]) -> pl.DataFrame:
    rows = [
        {"customer_id": f"c{number % 5}", "item_id": item, "occurred_at": NOON + timedelta(days=day)}
        for counts, day in ((before, -1), (after, 1))
        for item, times in counts.items()
        for number in range(times)
    ]
    return pl.DataFrame(rows)


WINDOWS = {"trained_until": NOON, "as_of": NOON + timedelta(days=7)}


def test_the_index_is_worked_out_by_hand() -> None:
    report = InteractionDrift().fit(interactions({"tea": 60, "cup": 40}, {"tea": 40, "cup": 60}), **WINDOWS)
    share = 60.5 / 101, 40.5 / 101
    index = 2 * (share[0] - share[1]) * np.log(share[0] / share[1])
    row = report.table.row(by_predicate=pl.col("measure") == "popularity", named=True)
    assert row["value"] == pytest.approx(index)
    # One degree of freedom: 3.84 (1/100 + 1/100) may be chance.
    assert row["low"] == pytest.approx(index - 0.02 * 3.84, abs=0.002)
    assert not row["moved"]


def test_what_moved_is_told_and_is_a_reason_to_fit_anew() -> None:
    seen = interactions({"tea": 300, "cup": 100}, {"tea": 100, "cup": 300, "pot": 200})
    clicks = {
        "reward": [1.0] * 50 + [0.0] * 50 + [1.0] * 10 + [0.0] * 90,
        "known_at": [NOON] * 100 + [WINDOWS["as_of"]] * 100,
    }
    report = InteractionDrift().fit(seen, feedback=pl.DataFrame(clicks), **WINDOWS)
    assert report.moved == ("popularity", "unknown_items", "outcomes")
    assert "change of the rate of outcomes: -40 %" in str(report)
    due = RefitSchedule(after=None, new_share=None).due(fitted_at=NOON, as_of=WINDOWS["as_of"], drift=report)
    assert [reason.kind for reason in due.reasons] == ["drifted"] * 3
    assert str(due).startswith("Fit it anew:\n  drifted: stability index of popularity")
    assert "moved" in report._repr_html_()
    assert report.to_body()["recent"] == 600
    pytest.importorskip("altair")
    assert "new items" in str(report.chart().to_dict())


def test_a_few_interactions_move_nothing() -> None:
    report = InteractionDrift().fit(interactions({"tea": 3, "cup": 1}, {"cup": 1, "pot": 1}), **WINDOWS)
    assert report.table.row(by_predicate=pl.col("measure") == "unknown_items", named=True)["value"] == 0.5
    assert report.table.row(by_predicate=pl.col("measure") == "popularity", named=True)["value"] > 0.25
    assert not report.moved


def test_of_equally_popular_items_all_stand_alone_or_none() -> None:
    seen = interactions({"tea": 9, "cup": 4, "pot": 4, "tin": 1}, {"tea": 1})
    groups = {single: InteractionDrift(single=single, groups=2).fit(seen, **WINDOWS).groups for single in (1, 2, 3)}
    assert groups[1]["group"].to_list() == groups[2]["group"].to_list() == ["tea", "group 1 of 2", "group 2 of 2"]
    assert groups[3]["group"].to_list() == ["tea", "cup", "pot", "group 1 of 2"]


def test_a_window_can_begin_later_and_must_be_one() -> None:
    seen = interactions({"tea": 3}, {"tea": 2})
    assert InteractionDrift().fit(seen, since=NOON, **WINDOWS).training == 0
    with pytest.raises(ConfigurationError, match="training window"):
        InteractionDrift().fit(seen, trained_until=NOON, as_of=NOON - timedelta(days=1))
    nothing = InteractionDrift().fit(seen.clear(), **WINDOWS)
    assert "not known" in str(nothing)
    assert "not known" not in nothing._repr_html_()


def test_a_schedule_says_when_and_why() -> None:
    schedule = RefitSchedule()
    assert str(schedule.due(fitted_at=NOON, as_of=NOON)) == "Not due before 2026-03-08 12:00 UTC"
    assert str(RefitSchedule(after=None).due(fitted_at=NOON, as_of=NOON)) == "Not due"
    old = schedule.due(fitted_at=NOON, as_of=NOON + timedelta(days=7), training=0, new=1)
    assert [reason.kind for reason in old.reasons] == ["old_model", "many_new_interactions"]
    with pytest.raises(ConfigurationError, match="later instant"):
        schedule.due(fitted_at=NOON, as_of=NOON - timedelta(days=1))
    with pytest.raises(ConfigurationError, match="fewer interactions"):
        schedule.due(fitted_at=NOON, as_of=NOON, training=10, new=-1)
    assert RefitSchedule.from_json(schedule.to_json()) == schedule


@pytest.mark.parametrize("spec", [OffPolicy(), OffPolicy(model=RidgeRewards(features=("age",))), OffPolicy(model=None)])
def test_specs_come_back_from_json(spec: OffPolicy) -> None:
    assert OffPolicy.from_json(spec.to_json()) == spec
