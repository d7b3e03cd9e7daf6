"""The laws of matching: order and batching change nothing, evidence is monotone, and who must be apart stays apart."""

from collections.abc import Iterable
from itertools import combinations
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.identity.matching import census, training
from unified_customer.identity.matching.arrays import NONE, Ints
from unified_customer.identity.matching.blocking import pack, unpack
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.constraints import constrain
from unified_customer.identity.matching.encoding import Column, Encoded, encode
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.matches import Matches
from unified_customer.identity.matching.normal_forms import normal_forms
from unified_customer.identity.matching.rarity import Counted, count_rarity
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import RARITIES, SCALES, rarities
from unified_customer.identity.matching.scoring import Scorer
from unified_customer.identity.matching.similarity import grade
from unified_customer.testing.matching_models import values_of
from unified_customer.testing.matching_strategies import (
    Layout,
    fitted_matcher,
    invented_records,
    layouts,
    tables,
)

seeds = st.integers(0, 1000)
few = settings(max_examples=at_least(5))
of_layouts = layouts().flatmap(lambda layout: st.tuples(st.just(layout), tables(layout)))
of_few = layouts().flatmap(lambda layout: st.tuples(st.just(layout), tables(layout, most=8)))


def shuffled(records: pl.DataFrame, seed: int) -> pl.DataFrame:
    return records[Random(seed).sample(range(len(records)), len(records))]


def together(matches: Matches) -> set[frozenset[str]]:
    return {frozenset(ids) for ids in matches.partition.group_by("customer_id").agg("record_id")["record_id"]}


def encoded(records: pl.DataFrame, matcher: FittedMatcher) -> Encoded:
    return encode(normal_forms(records, matcher.roles, matcher.reading))


def every_pair(records: Encoded) -> Ints:
    return pack(len(records), *np.triu_indices(len(records), 1))


def bits_by_id(records: pl.DataFrame, matcher: FittedMatcher) -> dict[frozenset[str], float]:
    """Score every pair of the records."""
    known = encoded(records, matcher)
    held = constrain(known, distinct=matcher.distinct)
    scored = held.hold(known, Scorer(matcher.evidence, matcher.rarity).score(known, every_pair(known)))
    return dict(zip(ids_of(known, scored.pairs), scored.log_odds.tolist(), strict=True))


def ids_of(records: Encoded, pairs: Ints) -> Iterable[frozenset[str]]:
    first, second = unpack(len(records), pairs)
    both = zip(records.record_ids.gather(first), records.record_ids.gather(second), strict=True)
    return (frozenset(pair) for pair in both)


def same_matches(one: Matches, other: Matches) -> None:
    assert_frame_equal(one.partition.sort("record_id"), other.partition.sort("record_id"))
    by_pair = ["record_a", "record_b"]
    assert_frame_equal(one.pairs.sort(by_pair), other.pairs.sort(by_pair), check_exact=True)
    assert (one.pairs_scored, one.threshold) == (other.pairs_scored, other.threshold)


# ------------------------------------------------------------------------------------------------- of whole matchers


@few
@given(layouts(), seeds, seeds)
def test_the_order_of_records_changes_nothing_that_is_learned(layout: Layout, world: int, seed: int) -> None:
    records = invented_records(25, seed=world, layout=layout)
    assert Matcher().fit(shuffled(records, seed)).to_json() == Matcher().fit(records).to_json()


@few
@given(seeds, seeds)
def test_nor_where_only_a_sample_of_records_and_pairs_is_learned_from(world: int, seed: int) -> None:
    records = invented_records(25, seed=world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(census, "SAMPLE", 60)
        patch.setattr(training, "TRAINING_PAIRS", 300)
        assert Matcher().fit(shuffled(records, seed)).to_json() == Matcher().fit(records).to_json()


@few
@given(layouts(), seeds)
def test_to_match_is_to_fit_and_to_match_the_same_records(layout: Layout, world: int) -> None:
    records = invented_records(25, seed=world, layout=layout)
    same_matches(Matcher().match(records), Matcher().fit(records).match(records))


@given(of_layouts, seeds)
def test_the_order_of_records_changes_no_match(drawn: tuple[Layout, pl.DataFrame], seed: int) -> None:
    matcher, records = fitted_matcher(drawn[0]), drawn[1]
    same_matches(matcher.match(shuffled(records, seed)), matcher.match(records))


@given(of_layouts)
def test_a_matcher_that_was_saved_matches_as_before(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher, records = fitted_matcher(drawn[0]), drawn[1]
    same_matches(FittedMatcher.from_json(matcher.to_json()).match(records), matcher.match(records))


@given(of_layouts)
def test_every_record_has_the_smallest_id_of_its_cluster(drawn: tuple[Layout, pl.DataFrame]) -> None:
    found = fitted_matcher(drawn[0]).match(drawn[1])
    assert found.partition["record_id"].to_list() == drawn[1]["record_id"].to_list()
    smallest = {record: min(group) for group in together(found) for record in group}
    assert dict(found.partition.select("record_id", "customer_id").iter_rows()) == smallest


@given(tables("parts"))
def test_a_likely_pair_is_named_once_with_its_odds(records: pl.DataFrame) -> None:
    matcher = fitted_matcher("parts")
    pairs, bits = matcher.match(records).pairs, bits_by_id(records, matcher)
    assert all(one < other for one, other in pairs.select("record_a", "record_b").iter_rows())
    assert pairs.select("record_a", "record_b").is_unique().all()
    assert pairs["bits"].to_list() == [
        bits[frozenset(pair)] for pair in pairs.select("record_a", "record_b").iter_rows()
    ]
    assert pairs["probability"].is_sorted(descending=True)
    assert (pairs["probability"] > matcher.threshold).all()


@given(tables("parts"))
def test_no_two_records_of_a_source_without_duplicates_are_one_customer(records: pl.DataFrame) -> None:
    assert fitted_matcher("parts").distinct == ("register",)
    found = fitted_matcher("parts").match(records)
    mates = records.join(found.partition, on="record_id").filter(source="register")
    assert mates["customer_id"].is_unique().all()
    sources = dict(records.select("record_id", "source").iter_rows())
    assert {"register"} not in [{sources[pair[0]], sources[pair[1]]} for pair in found.pairs.iter_rows()]


# ------------------------------------------------------------------------------------------------ comparing, scoring


@given(of_layouts)
def test_to_exchange_two_records_changes_no_level(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher, known = fitted_matcher(drawn[0]), encoded(drawn[1], fitted_matcher(drawn[0]))
    first, second = np.triu_indices(len(known), 1)
    forth = compare(known, first, second, matcher.rarity)
    np.testing.assert_array_equal(compare(known, second, first, matcher.rarity), forth)


@pytest.mark.parametrize("role", sorted(SCALES))
@settings(max_examples=at_least(10))
@given(st.data())
def test_to_exchange_two_values_changes_no_level(role: Role, data: st.DataObject) -> None:
    left, right = unequal_pairs(role, data)
    assert grade(role, left, right).tolist() == grade(role, right, left).tolist()


@given(of_few, seeds)
def test_a_pair_weighs_the_same_alone_and_in_any_batch(drawn: tuple[Layout, pl.DataFrame], seed: int) -> None:
    matcher, records = fitted_matcher(drawn[0]), drawn[1]
    every = bits_by_id(records, matcher)
    for one, other in Random(seed).sample(list(combinations(range(len(records)), 2)), 1):
        assert bits_by_id(records[[one, other]], matcher).items() <= every.items()


@given(tables("parts"), seeds)
def test_a_pair_weighs_the_same_in_any_order_of_pairs(records: pl.DataFrame, seed: int) -> None:
    matcher = fitted_matcher("parts")
    known, scorer = encoded(records, matcher), Scorer(matcher.evidence, matcher.rarity)
    pairs = every_pair(known)
    order = np.array(Random(seed).sample(range(len(pairs)), len(pairs)))
    found, again = scorer.score(known, pairs), scorer.score(known, pairs[order])
    np.testing.assert_array_equal(again.levels, found.levels[order])
    np.testing.assert_array_equal(again.log_odds, found.log_odds[order])


@given(tables("whole"), seeds)
def test_pairs_completed_from_known_ones_weigh_as_if_scored_at_once(records: pl.DataFrame, seed: int) -> None:
    matcher = fitted_matcher("whole")
    known, scorer = encoded(records, matcher), Scorer(matcher.evidence, matcher.rarity)
    pairs = every_pair(known)
    some = np.sort(np.array(Random(seed).sample(pairs.tolist(), len(pairs) // 2), dtype=np.int64))
    wanted = pairs[::2]
    found, whole = scorer.complete(known, wanted, scorer.score(known, some)), scorer.score(known, wanted)
    np.testing.assert_array_equal(found.log_odds, whole.log_odds)
    np.testing.assert_array_equal(found.levels, whole.levels)


@given(of_layouts)
def test_levels_are_those_of_the_scale(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher, known = fitted_matcher(drawn[0]), encoded(drawn[1], fitted_matcher(drawn[0]))
    levels = compare(known, *unpack(len(known), every_pair(known)), matcher.rarity)
    sizes = np.array([len(SCALES[column.role]) for column in known.columns])
    assert levels.min(initial=0) >= NONE
    assert (levels < sizes).all()


@pytest.mark.parametrize("role", sorted(SCALES))
@settings(max_examples=at_least(10))
@given(st.data())
def test_unequal_values_are_at_no_level_of_equal_ones(role: Role, data: st.DataObject) -> None:
    graded, levels = len(SCALES[role].graded), grade(role, *unequal_pairs(role, data))
    assert ((levels < graded) | (levels >= graded + RARITIES)).all()
    assert ((levels >= 0) & (levels < len(SCALES[role]))).all()


def unequal_pairs(role: Role, data: st.DataObject) -> tuple[pl.Series, pl.Series]:
    values = data.draw(st.lists(values_of(role), min_size=6, max_size=12, unique=True))
    pairs = list(combinations(values, 2))
    return pl.Series([one for one, _ in pairs]), pl.Series([other for _, other in pairs])


@given(of_few)
def test_a_field_is_silent_where_one_side_says_nothing(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher, known = fitted_matcher(drawn[0]), encoded(drawn[1], fitted_matcher(drawn[0]))
    first, second = np.triu_indices(len(known), 1)
    levels = compare(known, first, second, matcher.rarity)
    for place, column in enumerate(known.columns):
        said = (column.codes != NONE).any(axis=1)
        marked = levels[:, place] != NONE
        special = levels[:, place] >= SCALES[column.role].ordered  # names that stand in each other's place
        assert not (marked & ~special & ~(said[first] & said[second])).any()


@given(of_few)
def test_equal_values_are_as_rare_as_was_counted(drawn: tuple[Layout, pl.DataFrame]) -> None:
    matcher, known = fitted_matcher(drawn[0]), encoded(drawn[1], fitted_matcher(drawn[0]))
    first, second = np.triu_indices(len(known), 1)
    levels = compare(known, first, second, matcher.rarity)
    for place, column in enumerate(known.columns):
        if column.slots == 1:
            equal = (column.codes[first, 0] == column.codes[second, 0]) & (column.codes[first, 0] != NONE)
            rare = matcher.rarity.of(column)[column.codes[first[equal], 0]]
            np.testing.assert_array_equal(levels[equal, place], len(SCALES[column.role].graded) + rare)


@given(tables("whole"))
def test_one_value_in_common_is_enough(records: pl.DataFrame) -> None:
    matcher = fitted_matcher("whole")
    known = encoded(records, matcher)
    (place,) = known.with_role("email")
    codes, graded = known.columns[place].codes, len(SCALES["email"].graded)
    first, second = np.triu_indices(len(known), 1)
    levels = compare(known, first, second, matcher.rarity)[:, place]
    for one, other, level in zip(first, second, levels, strict=True):
        shared = set(codes[one].tolist()) & set(codes[other].tolist()) - {NONE}
        assert bool(shared) == (level >= graded)


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=40))
def test_what_is_kept_of_rarity_says_what_was_counted(values: list[str]) -> None:
    known = one_column(values)
    np.testing.assert_array_equal(count_rarity(known).of(known.columns[0]), Counted(known).of(known.columns[0]))


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=9))
def test_the_more_records_have_a_value_the_less_rare_it_is(counts: list[int]) -> None:
    found = rarities(np.array(sorted(counts))).tolist()
    assert found == sorted(found, reverse=True)
    assert set(found) <= set(range(RARITIES))
    assert rarities(np.array([1, 2, 3, 10**9])).tolist() == [7, 7, 6, 0]


def one_column(values: list[str]) -> Encoded:
    known = pl.Series("x", sorted(set(values)))
    codes = np.array([known.to_list().index(value) for value in values], dtype=np.int32)[:, None]
    ids = pl.Series(range(len(values)))
    column = Column("x", "city", known, codes, np.bincount(codes[:, 0]))
    return Encoded((column,), ids, np.zeros(len(values), dtype=np.int32), ("",), np.arange(len(values)))
