"""Contrasts of two groups against what others work out, and against what is drawn."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import relative_risk

from unified_customer.methods.contrasts import (
    Group,
    benjamini_hochberg,
    difference_chances,
    lift,
    lift_chances,
    selected_confidence,
    standardised_difference,
)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_a_lift_is_the_relative_risk_with_its_log_interval() -> None:
    found = lift(array(30), array(200), array(12), array(310), confidence=0.9)
    known = relative_risk(30, 200, 12, 310)
    low, high = known.confidence_interval(0.9)
    assert [float(each[0]) for each in found] == pytest.approx([known.relative_risk, low, high])


def test_what_all_have_has_a_lift_of_one_for_certain() -> None:
    found = lift(array(7), array(7), array(11), array(11))
    assert [float(each[0]) for each in found] == [1, 1, 1]
    assert lift_chances(array(7), array(7), array(11), array(11)).tolist() == [1]


def test_chances_of_lifts_are_those_of_the_table_of_four() -> None:
    table = [[30, 170], [12, 298]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert lift_chances(array(30), array(200), array(12), array(310))[0] == pytest.approx(expected)


def test_chances_of_differences_are_those_of_welch() -> None:
    one, other = Group(array(20), array(5), array(9)), Group(array(31), array(3), array(2))
    expected = stats.ttest_ind_from_stats(5, 3, 20, 3, np.sqrt(2), 31, equal_var=False).pvalue
    assert difference_chances(one, other)[0] == pytest.approx(expected)


def test_groups_that_do_not_vary_have_no_standardised_difference() -> None:
    still = Group(array(20), array(5), array(0))
    assert np.isnan(standardised_difference(still, still).estimate[0])
    assert difference_chances(still, still).tolist() == [1]


def test_intervals_of_differences_hold_their_confidence_where_variances_differ() -> None:
    chance = np.random.default_rng(5)
    one, other = chance.normal(1, 2, (4000, 40)), chance.normal(0, 1, (4000, 90))
    groups = [Group(np.full(4000, float(each.shape[1])), each.mean(1), each.var(1, ddof=1)) for each in (one, other)]
    found = standardised_difference(*groups)
    truth = 1 / np.sqrt((4 + 1) / 2)
    covered = ((found.low <= truth) & (truth <= found.high)).mean()
    assert covered == pytest.approx(0.95, abs=0.015)


def test_adjusted_rates_are_those_of_scipy() -> None:
    chances = np.random.default_rng(3).uniform(size=50) ** 3
    assert benjamini_hochberg(chances) == pytest.approx(stats.false_discovery_control(chances))
    assert benjamini_hochberg(array()).tolist() == []


def test_of_what_is_alike_almost_nothing_is_told_apart() -> None:
    chance = np.random.default_rng(11)
    worlds = [chance.binomial(80, 0.3, (2, 40)).astype(float) for _ in range(200)]
    rates = [benjamini_hochberg(lift_chances(a, np.full(40, 80.0), b, np.full(40, 80.0))) for a, b in worlds]
    assert np.mean([(rate <= 0.05).any() for rate in rates]) < 0.09


def test_selected_intervals_are_wider_the_fewer_are_selected() -> None:
    assert selected_confidence(array(0.01, 0.5, 0.5, 0.5), rate=0.1) == pytest.approx(0.975)
    assert selected_confidence(array(0.01, 0.02, 0.03, 0.04), rate=0.1) == pytest.approx(0.9)
    assert selected_confidence(array(), rate=0.1) == pytest.approx(0.9)
