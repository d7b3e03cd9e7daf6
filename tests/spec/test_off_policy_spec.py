"""Off-policy evaluation: right on average over all logs there can be, and right in what it says of itself."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.recommendations.exploring import EpsilonGreedy, Estimates, OffPolicy
from unified_customer.recommendations.exploring.overlap import effective_sample
from unified_customer.testing.bandit_strategies import NOON

ITEMS = ("cup", "pot", "tea")
parts = st.integers(1, 5)
some = st.integers(0, 5)
rewards = st.integers(-4, 4).map(lambda quarter: quarter / 4)


class World(NamedTuple):
    """Two decisions about three items: what each policy does, what each item is worth, and what a model says of it."""

    logging: np.ndarray
    target: np.ndarray
    worth: np.ndarray
    predicted: np.ndarray

    @property
    def truth(self) -> float:
        return float((self.target * self.worth).sum(axis=1).mean())

    def logs(self) -> Iterator[tuple[tuple[int, ...], float]]:
        """Yield every log there can be, and how likely it is."""
        for shown in product(range(3), repeat=2):
            yield shown, float(self.logging[[0, 1], shown].prod())

    def log(self, shown: tuple[int, ...], propensities: np.ndarray | None = None) -> pl.DataFrame:
        likely = self.logging if propensities is None else propensities
        return pl.DataFrame(
            {
                "decision_id": ["0", "1"],
                "item_id": [ITEMS[item] for item in shown],
                "propensity": likely[[0, 1], shown],
                "reward": self.worth[[0, 1], shown],
            }
        )

    def asked(self, predicted: np.ndarray | None = None, **further: np.ndarray) -> pl.DataFrame:
        columns = {"propensity": self.target, **further} | ({} if predicted is None else {"predicted": predicted})
        return pl.DataFrame(
            {"decision_id": [decision for decision in "01" for _ in ITEMS], "item_id": ITEMS * 2}
            | {name: values.ravel() for name, values in columns.items()}
        )

    def mean(self, spec: OffPolicy, estimator: str, predicted: np.ndarray | None = None) -> float:
        """Return the mean of an estimate over all logs."""
        asked = self.asked(predicted)
        values = ((spec.fit(self.log(shown), asked).value(estimator), chance) for shown, chance in self.logs())
        return sum(chance * (value or 0.0) for value, chance in values)


def chances(least: st.SearchStrategy[int]) -> st.SearchStrategy[np.ndarray]:
    row = st.lists(least, min_size=3, max_size=3).filter(any).map(lambda each: np.array(each) / sum(each))
    return st.lists(row, min_size=2, max_size=2).map(np.array)


tables = st.lists(st.lists(rewards, min_size=3, max_size=3), min_size=2, max_size=2).map(np.array)
worlds = st.builds(World, chances(parts), chances(some), tables, tables)
specs = st.builds(OffPolicy, clip=st.sampled_from((None, 1.5)), folds=st.just(2))


@st.composite
def logs(draw: st.DrawFn, *, of_one: bool = False) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw a log and a target; `of_one`: the target is the policy that made the log."""
    decisions = draw(st.integers(2, 8))
    shown, asked = [], []
    for decision in range(decisions):
        weights = np.array(draw(st.lists(parts, min_size=3, max_size=3)))
        wanted = weights if of_one else np.array(draw(st.lists(parts, min_size=3, max_size=3)))
        item = draw(st.integers(0, 2))
        row = {"decision_id": str(decision), "customer_id": str(decision // 2)}
        shown.append(
            row | {"item_id": ITEMS[item], "propensity": weights[item] / weights.sum(), "reward": draw(rewards)}
        )
        asked += [row | {"item_id": ITEMS[each], "propensity": wanted[each] / wanted.sum()} for each in range(3)]
    return pl.DataFrame(shown), pl.DataFrame(asked)


def values(estimates: Estimates, *names: str) -> list[float | None]:
    return [estimates.value(name) for name in names]


# ------------------------------------------------------------------------------------------- right over all logs


@given(worlds)
def test_ips_is_right_on_average_over_all_logs(world: World) -> None:
    assert world.mean(OffPolicy(model=None), "ips") == pytest.approx(world.truth)


@given(worlds)
def test_dr_is_right_on_average_with_right_propensities_whatever_the_model(world: World) -> None:
    assert world.mean(OffPolicy(), "dr", world.predicted) == pytest.approx(world.truth)


@given(worlds, chances(parts), st.sampled_from((None, 0.5)), st.sampled_from((None, 0.5)))
def test_dr_is_right_on_every_log_with_a_right_model_whatever_the_propensities(
    world: World, wrong: np.ndarray, clip: float | None, switch: float | None
) -> None:
    spec = OffPolicy(clip=clip, switch=None if clip else switch)
    for shown, _ in world.logs():
        estimates = spec.fit(world.log(shown, wrong), world.asked(world.worth))
        assert values(estimates, "dr", "dm") == pytest.approx([world.truth] * 2)


@given(worlds)
def test_a_cross_fitted_model_has_no_part_in_the_mean_of_dr_of_its_own_row(world: World) -> None:
    assert world.mean(OffPolicy(folds=2), "dr") == pytest.approx(world.truth)


@given(worlds)
def test_without_support_ips_misses_what_could_not_be_shown(world: World) -> None:
    lame = world.logging.copy()
    lame[:, 0] = 0
    assume(world.target[:, 1:].any())
    lame /= lame.sum(axis=1, keepdims=True)
    half = world._replace(logging=lame)
    found = sum(
        chance * (OffPolicy(model=None).fit(half.log(shown), half.asked(logged=lame)).value("ips") or 0.0)
        for shown, chance in half.logs()
        if chance
    )
    assert found == pytest.approx(world.truth - (world.target[:, 0] * world.worth[:, 0]).mean())


@given(worlds)
def test_the_share_without_support_is_known_where_the_logging_policy_is(world: World) -> None:
    lame = world.logging.copy()
    lame[:, 0] = 0
    estimates = OffPolicy(model=None).fit(world.log((1, 2)), world.asked(logged=lame))
    share = float(world.target[:, 0].mean())
    assert estimates.diagnostics["unsupported"] == pytest.approx(share)
    kinds = {finding.kind for finding in estimates.findings}
    assert ("too_little_support" in kinds or "no_support" in kinds) == (share > 0.01)


@given(st.integers(1, 3), st.sampled_from((0.3, 1.0)), st.lists(rewards, min_size=6, max_size=6))
def test_ips_is_right_on_average_over_all_lists_of_several_places(n: int, epsilon: float, worth: list[float]) -> None:
    offered = pl.DataFrame({"customer_id": "c", "decision_id": "d", "item_id": ITEMS, "score": [3.0, 2.0, 1.0]})
    other = offered.with_columns(score=-pl.col("score"))
    value = {(item, place): worth[at * 2 + place % 2] for at, item in enumerate(ITEMS) for place in range(1, 4)}
    logging = EpsilonGreedy(epsilon=epsilon).begin(as_of=NOON)
    target = EpsilonGreedy(epsilon=0.2).begin(as_of=NOON).propensities(other, n=n, seed=0, as_of=NOON)
    likely = logging.propensities(offered, n=n, seed=0, as_of=NOON)
    pairs = list(zip(likely["item_id"], likely["position"], strict=True))
    rewarded = likely.with_columns(reward=pl.Series([value[pair] for pair in pairs], dtype=pl.Float64))
    # An estimate is a sum over places, so its mean over all lists is that over what can stand at each.
    found = sum(
        row["propensity"] * (OffPolicy(model=None).fit(pl.DataFrame([row]), target).value("ips") or 0.0)
        for row in rewarded.iter_rows(named=True)
    )
    truth = sum(row["propensity"] * value[row["item_id"], row["position"]] for row in target.iter_rows(named=True))
    assert found == pytest.approx(truth)


# ------------------------------------------------------------------------------------------------ of every estimate


@given(logs(of_one=True), specs)
def test_of_the_policy_that_made_the_log_all_is_what_was_shown(
    given_log: tuple[pl.DataFrame, pl.DataFrame], spec: OffPolicy
) -> None:
    log, target = given_log
    estimates = spec.fit(log, target)
    assert values(estimates, "ips", "snips", "logged") == pytest.approx([log["reward"].mean()] * 3)
    assert estimates.diagnostics["effective_rows"] == pytest.approx(log.height)
    assert estimates.diagnostics["unsupported"] == pytest.approx(0, abs=1e-9)


@given(logs(), specs, rewards)
def test_snips_moves_as_all_rewards_move(
    given_log: tuple[pl.DataFrame, pl.DataFrame], spec: OffPolicy, more: float
) -> None:
    log, target = given_log
    moved = spec.fit(log.with_columns(pl.col("reward") * 2 + more), target).value("snips")
    assert moved == pytest.approx(2 * (spec.fit(log, target).value("snips") or 0.0) + more)


@given(logs(), specs)
def test_snips_is_within_the_range_of_rewards(given_log: tuple[pl.DataFrame, pl.DataFrame], spec: OffPolicy) -> None:
    log, target = given_log
    low, value, high = log["reward"].min(), spec.fit(log, target).value("snips"), log["reward"].max()
    assert float(str(low)) - 1e-9 <= float(str(value)) <= float(str(high)) + 1e-9


@given(logs(), specs)
def test_dr_without_a_model_is_ips(given_log: tuple[pl.DataFrame, pl.DataFrame], spec: OffPolicy) -> None:
    log, target = given_log
    estimates = spec.fit(log, target.with_columns(predicted=0.0))
    assert estimates.value("dr") == pytest.approx(estimates.value("ips"))


@given(logs())
def test_with_all_switched_off_dr_is_the_model(given_log: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    estimates = OffPolicy(switch=1e-9).fit(*given_log)
    assert estimates.value("dr") == pytest.approx(estimates.value("dm"))
    assert estimates.diagnostics["clipped"] == 1


@given(logs(), st.sampled_from((0.5, 1.0, 2.0)))
def test_clipping_is_told_and_leaves_no_weight_above(given_log: tuple[pl.DataFrame, pl.DataFrame], clip: float) -> None:
    log, target = given_log
    weights = log.join(target, on=["decision_id", "item_id"], suffix="_of").select(
        pl.col("propensity_of") / pl.col("propensity")
    )
    used = weights.to_series().to_numpy()
    known = OffPolicy(clip=clip, model=None).fit(log, target).diagnostics
    assert known["clipped"] == pytest.approx((used > clip).mean())
    assert known["effective_rows"] == pytest.approx(effective_sample(np.minimum(used, clip)))


@given(logs(), specs, st.integers(0, 99), st.sampled_from(("decision", "customer")))
def test_the_order_of_rows_has_no_part_in_estimates(
    given_log: tuple[pl.DataFrame, pl.DataFrame], spec: OffPolicy, seed: int, unit: str
) -> None:
    spec = OffPolicy.model_validate({**spec.model_dump(), "unit": unit})
    again = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in given_log]
    one, other = spec.fit(*given_log), spec.fit(*again)
    assert_frame_equal(one.table, other.table)
    assert one.findings == other.findings


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.integers(1, 5))
def test_the_effective_sample_is_between_one_and_all_and_knows_no_scale(weights: list[int], times: int) -> None:
    effective = effective_sample(np.array(weights, dtype=float))
    assert effective is not None
    assert 1 - 1e-9 <= effective <= len(weights) + 1e-9
    assert effective == pytest.approx(effective_sample(np.array(weights, dtype=float) * times))


@given(logs(), st.lists(st.sampled_from(("no_decision", "no_target")), max_size=3))
def test_rows_that_cannot_be_evaluated_are_counted_and_change_nothing(
    given_log: tuple[pl.DataFrame, pl.DataFrame], faults: list[str]
) -> None:
    log, target = given_log
    bad = [{"decision_id": None if each == "no_decision" else "elsewhere", "item_id": "tea"} for each in faults]
    more = pl.DataFrame(bad, schema={"decision_id": pl.String, "item_id": pl.String}).with_columns(
        propensity=0.5, reward=9.0, customer_id=pl.lit("x")
    )
    estimates = OffPolicy().fit(pl.concat([log, more.select(log.columns)]), target)
    assert dict(estimates.left_out.iter_rows()) == {each: faults.count(each) for each in faults}
    assert_frame_equal(estimates.table, OffPolicy().fit(log, target).table)
