"""The laws of what a matcher learns: patterns, chance, the mixture, weights and the threshold."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.identity.matching import chance
from unified_customer.identity.matching.arrays import NONE, Floats, Levels
from unified_customer.identity.matching.census import take_census
from unified_customer.identity.matching.chance import expected_levels, random_pairs
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.evidence import Evidence, probability, weigh
from unified_customer.identity.matching.groups import OTHER_NAMES, bonds_between, group_of
from unified_customer.identity.matching.mixture import MOVED, RARE, UNLIKE, Mixture, estimate
from unified_customer.identity.matching.normal_forms import normal_forms
from unified_customer.identity.matching.patterns import patterns_of
from unified_customer.identity.matching.rarity import Counted
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import RARITIES, SCALES
from unified_customer.identity.matching.threshold import best_threshold
from unified_customer.testing.matching_models import (
    Model,
    Truth,
    empty_columns,
    evidences,
    levels_of,
    models,
    truths,
)
from unified_customer.testing.matching_strategies import Layout, fitted_matcher, invented_records, layouts, tables

seeds = st.integers(0, 1000)
odds = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=12).map(np.array)
role_sets = st.lists(st.sampled_from(sorted(SCALES)), min_size=1, max_size=6, unique=True)


@st.composite
def any_levels(draw: st.DrawFn) -> Levels:
    """Levels of a few pairs in any number of fields, too many for one packed number among them."""
    fields = draw(st.sampled_from((1, 3, 12, 30)))
    row = st.lists(st.sampled_from((NONE, 0, 1, 14)), min_size=fields, max_size=fields)
    rows = draw(st.lists(row, max_size=3))
    # Sixteen of sixteen levels fill a packed number to the last bit: what comes before them must not be lost.
    nearly = [[14] * fields, [0] + [14] * (fields - 1)]
    return np.array(rows + rows[:2] + rows[1:2] + nearly[: len(rows)], dtype=np.int8).reshape(-1, fields)


# ---------------------------------------------------------------------------------------------------------- patterns


@given(any_levels())
def test_patterns_are_the_distinct_levels_and_how_many_pairs_have_them(levels: Levels) -> None:
    found = patterns_of(levels)
    np.testing.assert_array_equal(found.levels[found.places], levels)
    assert len({tuple(row) for row in levels.tolist()}) == len(found.levels)
    np.testing.assert_array_equal(found.counts, np.bincount(found.places, minlength=len(found.levels)))
    assert found.weighted(3).counts.sum() == 3 * len(levels)


@given(any_levels(), seeds)
def test_the_order_of_pairs_changes_no_pattern(levels: Levels, seed: int) -> None:
    found, again = patterns_of(levels), patterns_of(np.random.default_rng(seed).permutation(levels))
    np.testing.assert_array_equal(again.levels, found.levels)
    np.testing.assert_array_equal(again.counts, found.counts)


# ------------------------------------------------------------------------------------------------------------ chance


@given(layouts().flatmap(lambda layout: st.tuples(st.just(layout), tables(layout, most=12))))
def test_what_is_expected_of_a_few_records_is_what_all_their_pairs_show(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher = fitted_matcher(drawn[0])
    records = encode(normal_forms(drawn[1], matcher.roles, matcher.reading))
    counted = Counted(records)
    levels = compare(records, *np.triu_indices(len(records), 1), counted)
    for place, (column, found) in enumerate(
        zip(records.columns, expected_levels(records, take_census(records, counted), seed=0), strict=True)
    ):
        graded, scale = len(SCALES[column.role].graded), SCALES[column.role]
        seen = [int((levels[:, place] == level).sum()) for level in range(len(scale))]
        np.testing.assert_allclose(found[:graded], np.array(seen[:graded]) + 0.3)
        np.testing.assert_allclose(found[scale.ordered :], np.array(seen[scale.ordered :]) + 0.3)
        if column.slots == 1 and column.role != "email":
            assert found[graded : scale.ordered].tolist() == seen[graded : scale.ordered]


@given(st.integers(2, 60), seeds)
def test_random_pairs_are_all_pairs_or_any_two_records(records: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chance, "RANDOM_PAIRS", 500)
        first, second = random_pairs(records, seed=seed)
    pairs = {frozenset(pair) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert all(len(pair) == 2 for pair in pairs)
    assert set().union(*pairs) <= set(range(records))
    many = records * (records - 1) // 2 > 500
    assert len(first) == (500 if many else len(pairs))
    assert many or len(pairs) == records * (records - 1) // 2


def test_any_two_records_are_drawn_as_often_as_any_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "RANDOM_PAIRS", 9_000)
    first, second = random_pairs(140, seed=3)
    counts = np.bincount(np.concatenate([first, second]), minlength=140)
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


# ------------------------------------------------------------------------------------------------------------- bonds


@given(role_sets)
def test_a_bond_leaves_something_to_tell_a_person_by(roles: list[Role]) -> None:
    columns = empty_columns(roles)
    present = {group_of(column) for column in columns}
    for bond in bonds_between(columns):
        assert bond.shared < present
        assert bond.shared - {"other"}


@given(role_sets)
def test_no_two_bonds_share_the_same(roles: list[Role]) -> None:
    bonds = bonds_between(empty_columns(roles))
    assert len({(bond.shared, bond.like) for bond in bonds}) == len(bonds)
    assert OTHER_NAMES not in {bond.name for bond in bonds}


# ----------------------------------------------------------------------------------------------------------- mixture


def estimated(truth: Truth, levels: Levels) -> Mixture:
    sizes = [len(SCALES[role]) for role in truth.roles]
    said = [levels[levels[:, field] != NONE, field] for field in range(len(sizes))]
    expected = [np.bincount(each, minlength=size).astype(np.float64) for each, size in zip(said, sizes, strict=True)]
    return estimate(empty_columns(truth.roles), patterns_of(levels), expected, len(levels))


@settings(max_examples=at_least(10))
@given(truths(), seeds, st.sampled_from((0.0, 0.1)))
def test_the_estimate_is_close_to_the_mixture_that_pairs_were_drawn_from(
    truth: Truth, seed: int, silent: float
) -> None:
    found = estimated(truth, truth.pairs(100_000, seed=seed, silent=silent))
    household = [bond.name for bond in found.bonds].index("household")
    assert found.shares[0] == pytest.approx(truth.share_of_one, rel=0.1)
    assert found.shares[1 + household] == pytest.approx(truth.share_of_household, rel=0.2)
    for classes, real, near in (
        (found.one, truth.one, 0.04),
        (found.chance, truth.chance, 0.01),
        (found.bound[household], truth.household, 0.08),
    ):
        for said, shares in zip(classes, real, strict=True):
            np.testing.assert_allclose(said, shares, atol=near)


@settings(max_examples=at_least(10))
@given(truths(), seeds)
def test_twins_are_a_small_part_of_households_however_many_agree_in_birth(truth: Truth, seed: int) -> None:
    twins = replace(truth, household=(*truth.household[:2], truth.one[2], truth.household[3]))
    found = estimated(twins, twins.pairs(20_000, seed=seed))
    shares = dict(zip((bond.name for bond in found.bonds), found.shares[1:], strict=True))
    assert all(shares[bond.name] <= RARE * shares[bond.like] + 1e-6 for bond in found.bonds if bond.like)


@settings(max_examples=at_least(10))
@given(truths(), seeds)
def test_one_person_seldom_contradicts_herself_and_one_home_its_address_where_bonds_abound(
    truth: Truth, seed: int
) -> None:
    apart = (truth.chance[0], *truth.one[1:3], truth.chance[3])
    changed = replace(truth, one=apart, share_of_one=0.005)
    found = estimated(changed, changed.pairs(20_000, seed=seed))
    assert found.one[0][: SCALES["given_name"].unlike].sum() <= UNLIKE + 1e-9
    for bond, said in zip(found.bonds, found.bound, strict=True):
        assert not bond.home or said[3][: SCALES["street"].unlike].sum() <= MOVED + 1e-9


@settings(max_examples=at_least(10))
@given(truths(), seeds)
def test_the_order_of_pairs_changes_no_estimate(truth: Truth, seed: int) -> None:
    levels = truth.pairs(3000, seed=seed)
    one, other = estimated(truth, levels), estimated(truth, np.random.default_rng(seed).permutation(levels))
    for here, there in zip(one.one, other.one, strict=True):
        np.testing.assert_array_equal(here, there)
    assert one.shares.tolist() == other.shares.tolist()


@settings(max_examples=at_least(10))
@given(truths(), seeds)
def test_a_pair_that_stands_for_three_counts_as_three(truth: Truth, seed: int) -> None:
    levels = truth.pairs(3000, seed=seed)
    columns, patterns = empty_columns(truth.roles), patterns_of(levels)
    expected = [np.bincount(levels[:, field], minlength=len(SCALES[role])) for field, role in enumerate(truth.roles)]
    tripled = [(3 * counts).astype(np.float64) for counts in expected]
    one = estimate(columns, patterns.weighted(3), tripled, 3 * len(levels))
    other = estimate(columns, patterns_of(np.tile(levels, (3, 1))), tripled, 3 * len(levels))
    np.testing.assert_allclose(one.shares, other.shares)


@settings(max_examples=at_least(10))
@given(truths(), st.integers(0, 40), seeds)
def test_shares_of_levels_are_shares_whatever_the_pairs(truth: Truth, pairs: int, seed: int) -> None:
    found = estimated(truth, truth.pairs(max(1, pairs), seed=seed))
    for classes in (found.chance, found.one, *found.bound):
        for shares in classes:
            assert shares.sum() == pytest.approx(1)
            assert (shares > 0).all()
    assert 0 < found.shares.sum() < 1 + 1e-9 or len(found.shares) > 1
    assert len(found.bonds) == len(found.bound) == len(found.shares) - 1


# ----------------------------------------------------------------------------------------------------------- weights


@given(models())
def test_more_alike_or_rarer_never_weighs_less_for_one_person(model: Model) -> None:
    for column, weights in zip(model.columns, weigh(model.columns, model.mixture).one, strict=True):
        assert (np.diff(weights[: SCALES[column.role].ordered]) >= -1e-9).all()


@given(models())
def test_weights_that_are_monotone_already_are_bits_against_chance(model: Model) -> None:
    found = weigh(model.columns, model.mixture)
    for column, weights, one, chance_ in zip(
        model.columns, found.one, model.mixture.one, model.mixture.chance, strict=True
    ):
        bits, ordered = np.log2(one / chance_), SCALES[column.role].ordered
        np.testing.assert_allclose(weights[ordered:], bits[ordered:])
        if (np.diff(bits[:ordered]) >= 0).all():
            np.testing.assert_allclose(weights, bits)
        assert (
            bits[:ordered].min() - 1e-9
            <= weights[:ordered].min()
            <= weights[:ordered].max()
            <= bits[:ordered].max() + 1e-9
        )


@given(models())
def test_bonds_and_priors_are_bits_against_chance(model: Model) -> None:
    found, mixture = weigh(model.columns, model.mixture), model.mixture
    np.testing.assert_allclose(np.exp2(found.prior) * (1 - mixture.shares.sum()), mixture.shares)
    for weights, said in zip(found.bound, mixture.bound, strict=True):
        for bits, shares, by_chance in zip(weights, said, mixture.chance, strict=True):
            np.testing.assert_allclose(np.exp2(0 if bits is None else bits) * by_chance, shares)


@pytest.mark.parametrize("layout", ["parts", "whole"])
def test_what_was_learned_is_monotone(layout: Layout) -> None:
    for field in fitted_matcher(layout).fields:
        ordered = field.one[: SCALES[field.role].ordered]
        assert all(one <= other + 1e-9 for one, other in pairwise(ordered))
        assert ordered[0] < 0 < ordered[-1]


@given(models(), st.data())
def test_to_be_more_alike_never_lowers_the_odds_of_one_person_against_chance(model: Model, data: st.DataObject) -> None:
    evidence = weigh(model.columns, model.mixture)
    levels = data.draw(levels_of(evidence, rows=1))
    field = data.draw(st.sampled_from(range(len(model.columns))))
    grade = st.integers(0, SCALES[model.columns[field].role].ordered - 1)
    less, more = sorted(data.draw(st.tuples(grade, grade)))
    alone = Evidence(evidence.prior[:1], evidence.one, ())
    assert bits(alone, levels, field, less) <= bits(alone, levels, field, more) + 1e-6


@given(evidences(), st.data())
def test_a_bond_only_ever_lowers_the_odds_of_one_person(evidence: Evidence, data: st.DataObject) -> None:
    levels = data.draw(levels_of(evidence, rows=4))
    alone = Evidence(evidence.prior[:1], evidence.one, ())
    assert (evidence.log_odds(levels) <= alone.log_odds(levels) + 1e-9).all()


def bits(evidence: Evidence, levels: Levels, field: int, level: int) -> float:
    changed = levels.copy()
    changed[:, field] = level
    return float(evidence.log_odds(changed)[0])


@given(evidences(), st.data())
def test_odds_are_those_of_one_person_against_all_else_and_silence_weighs_nothing(
    evidence: Evidence, data: st.DataObject
) -> None:
    levels = data.draw(levels_of(evidence, rows=1))
    sums = evidence.prior.tolist()
    for field, level in enumerate(levels[0].tolist()):
        tables_ = [evidence.one[field], *(weights[field] for weights in evidence.bound)]
        for place, weights in enumerate(tables_):
            sums[place] += 0.0 if level == NONE or weights is None else float(weights[level])
    expected = sums[0] - np.log2(1 + sum(2**each for each in sums[1:]))
    np.testing.assert_allclose(evidence.log_odds(levels), [expected], atol=1e-6)


# --------------------------------------------------------------------------------------------------------- threshold


@given(odds)
def test_probability_is_what_odds_stand_for(bits_: Floats) -> None:
    found = probability(bits_)
    np.testing.assert_allclose(np.log2(found / (1 - found)), bits_, atol=1e-3)
    np.testing.assert_allclose(probability(-bits_), 1 - found)


def expected_f1(chances: Floats, taken: int) -> float:
    return float(2 * chances[:taken].sum() / (taken + chances.sum()))


@given(odds)
def test_no_other_threshold_promises_a_higher_f1(bits_: Floats) -> None:
    chances, threshold = np.sort(probability(bits_))[::-1], best_threshold(bits_)
    assert 0.05 <= threshold <= 0.5
    if chances[0] >= 0.5:
        best = max(expected_f1(chances, taken) for taken in range(1, len(chances) + 1))
        assert best / 2 < 0.05 or expected_f1(chances, int((chances > threshold).sum())) == pytest.approx(best)


@given(st.lists(st.floats(-20, -0.1), max_size=5))
def test_where_no_pair_is_likely_the_threshold_is_even_odds(bits_: list[float]) -> None:
    assert best_threshold(np.array(bits_)) == 0.5


def test_the_threshold_of_a_matcher_is_where_its_pairs_promise_most() -> None:
    matcher, records = fitted_matcher("parts"), invented_records(150, seed=7)
    assert 0.4 < matcher.threshold <= 0.5
    assert len(matcher.match(records).pairs) > RARITIES
