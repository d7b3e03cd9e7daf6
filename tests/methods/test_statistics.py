"""Intervals, held to what was published and to what they promise."""

from collections.abc import Callable
from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.statistics import (
    Interval,
    Sums,
    bootstrap,
    difference_of_shares,
    mean_columns,
    mean_interval,
    percentile_ends,
    ratio_interval,
    resampled_ratios,
    weighted_trend,
    wilson,
    wilson_columns,
)

counted = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# R. G. Newcombe (1998): Two-sided confidence intervals for the single proportion, table I, method 3
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_ends(successes: int, n: int, low: float, high: float) -> None:
    share = wilson(successes, n)
    assert share is not None
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


# Newcombe (1998), table II, method 10
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_the_difference_of_shares_has_the_published_ends(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    difference = difference_of_shares(*one, *other)
    assert difference is not None
    assert (round(difference.low, 4), round(difference.high, 4)) == (low, high)


@given(counted, st.floats(0.5, 0.999))
def test_wilson_holds_the_share_and_stays_between_0_and_1(some: tuple[int, int], confidence: float) -> None:
    share = wilson(*some, confidence)
    assert share is not None
    assert 0 <= share.low <= share.estimate <= share.high <= 1
    assert (share.low == 0) >= (some[0] == 0)
    assert (share.high == 1) >= (some[0] == some[1])


@given(st.lists(counted, min_size=1))
def test_columns_have_the_ends_of_numbers(rows: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(rows, schema=["some", "n"], orient="row")
    low, high = wilson_columns(pl.col("some"), pl.col("n"), 0.9)
    for found, (some, n) in zip(frame.select(low=low, high=high).iter_rows(), rows, strict=True):
        expected = wilson(some, n, 0.9)
        assert expected is not None
        assert found == pytest.approx(expected[1:], abs=1e-12)


def test_nobody_has_no_share() -> None:
    low, high = wilson_columns(pl.col("some"), pl.col("n"))
    frame = pl.DataFrame({"some": [0, None, 1], "n": [0, 5, None]}, schema={"some": pl.Int64, "n": pl.Int64})
    assert frame.select(low=low, high=high).rows() == [(None, None)] * 3
    assert wilson(0, 0) is None
    assert difference_of_shares(1, 2, 0, 0) is None


def test_a_mean_has_the_ends_of_students_distribution() -> None:
    interval = mean_interval(5.0, 4.0, 16)
    low, high = mean_columns(pl.lit(5.0), pl.lit(4.0), pl.col("n"))
    found = pl.DataFrame({"n": [16, 1, None]}).select(low=low, high=high).rows()
    assert interval is not None
    assert found == [pytest.approx(interval[1:]), (None, None), (None, None)]
    assert mean_interval(5.0, 0.0, 1) is None


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    chance = np.random.default_rng(5)
    held = [_holds_true_ratio(chance) for _ in range(400)]
    assert 0.91 <= np.mean(held) <= 0.985


def _holds_true_ratio(chance: np.random.Generator) -> bool:
    orders = 1 + chance.poisson(2, size=300)
    money = orders * 20 + chance.normal(0, 15, size=300)
    sums = Sums(
        300, money.sum(), orders.sum(), (money**2).sum(), float((orders**2).sum()), float((money * orders).sum())
    )
    ratio = ratio_interval(sums)
    assert ratio is not None
    return bool(ratio.low <= 20 <= ratio.high)


def test_a_ratio_of_nothing_is_none() -> None:
    assert ratio_interval(Sums(5, 1.0, 0.0, 1.0, 0.0, 0.0)) is None
    assert ratio_interval(Sums(1, 1.0, 1.0, 1.0, 1.0, 1.0)) is None


def test_the_bootstrap_comes_near_to_the_interval_of_a_mean_and_repeats_itself() -> None:
    values = np.random.default_rng(1).normal(10, 3, size=400)
    drawn = [bootstrap(values, lambda rows: float(rows.mean()), seed=7) for _ in range(2)]
    exact = mean_interval(float(values.mean()), float(values.var(ddof=1)), 400)
    assert drawn[0] == drawn[1]
    assert drawn[0] == pytest.approx(exact, abs=0.1)
    assert bootstrap(values[:1], np.mean, seed=0) is None


def test_a_trend_is_that_of_weighted_least_squares() -> None:
    trend = weighted_trend([1, 2, 3, 4, 5], [0.30, 0.33, 0.34, 0.38, 0.38], [50, 80, 100, 90, 60])
    assert trend is not None
    x, y, w = (
        np.array(each, dtype=float) for each in ([1, 2, 3, 4, 5], [0.30, 0.33, 0.34, 0.38, 0.38], [50, 80, 100, 90, 60])
    )
    fit = np.polyfit(x, y, 1, w=np.sqrt(w))
    error = sqrt((w * (y - np.polyval(fit, x)) ** 2).sum() / 3 / (w * (x - (w * x).sum() / w.sum()) ** 2).sum())
    assert trend.slope == pytest.approx((fit[0], fit[0] - 3.182446 * error, fit[0] + 3.182446 * error))


def test_shares_that_happen_to_lie_on_a_line_are_not_certain() -> None:
    sure = weighted_trend([1, 2, 3], [0.1, 0.2, 0.3], [10, 10, 10])
    unsure = weighted_trend([1, 2, 3], [0.1, 0.2, 0.3], [10, 10, 10], least_variance=0.2 * 0.8)
    assert sure is not None
    assert unsure is not None
    assert sure.slope.high - sure.slope.low < 1e-9 < unsure.slope.high - unsure.slope.low
    assert weighted_trend([1, 2, 2], [0.1, 0.2, 0.3], [10, 10, 10]) is None


@pytest.mark.parametrize(
    "asked",
    [
        lambda: wilson(3, 2),
        lambda: wilson(1, 2, 1.0),
        lambda: mean_interval(1.0, 1.0, 5, confidence=0),
        lambda: bootstrap(np.arange(5.0), np.mean, seed=0, resamples=10),
        lambda: weighted_trend([1, 2], [1, 2], [1, 0]),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: Callable[[], Interval | None]) -> None:
    with pytest.raises(ConfigurationError):
        asked()


def test_ratios_drawn_again_vary_as_their_formula_says_whether_units_are_many_or_few() -> None:
    chance = np.random.default_rng(1)
    for units in (500, 50_000):
        values = chance.normal(size=(units, 1))
        draws = resampled_ratios(values, np.ones_like(values), seed=2)
        assert draws.std() == pytest.approx(values.std() / sqrt(units), rel=0.1)
        assert draws.mean() == pytest.approx(values.mean(), abs=4 * values.std() / sqrt(units * 1000))


def test_the_same_seed_draws_the_same_units_for_every_column_and_model() -> None:
    values = np.random.default_rng(1).normal(size=(300, 1))
    one, other = (resampled_ratios(each, np.ones_like(each), seed=5) for each in (values, values + 0.25))
    assert np.allclose(other - one, 0.25)


def test_ratios_of_nothing_are_not_numbers_and_have_no_ends() -> None:
    nothing = resampled_ratios(np.ones((4, 1)), np.zeros((4, 1)), seed=0)
    assert np.isnan(nothing).all()
    assert np.isnan(percentile_ends(nothing)).all()
    assert np.isnan(resampled_ratios(np.ones((0, 1)), np.ones((0, 1)), seed=0)).all()


def test_ratios_are_refused_where_the_shapes_differ_or_too_little_is_drawn() -> None:
    with pytest.raises(ConfigurationError, match="as many rows"):
        resampled_ratios(np.ones((4, 1)), np.ones((4, 2)), seed=0)
    with pytest.raises(ConfigurationError, match="100 resamples"):
        resampled_ratios(np.ones((4, 1)), np.ones((4, 1)), seed=0, resamples=10)
