"""The laws of labels: what judged pairs do to weights, what is held, and which pairs are asked about."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations, islice, pairwise
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.forests import cut_pairs, spanning
from unified_customer.identity.matching import FittedMatcher, Labelling, Matcher, known_from
from unified_customer.identity.matching.arrays import Flags, Floats, Levels
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.judgements import Placed, check_judged, no_judgements
from unified_customer.identity.matching.patterns import patterns_of
from unified_customer.identity.matching.proposals import Pool, posterior
from unified_customer.identity.matching.questions import Questions, _lots, _Settled
from unified_customer.identity.matching.refinement import NATURAL, _Problem, refine
from unified_customer.identity.matching.weight_space import PATTERN, WeightSpace
from unified_customer.testing.matching_models import evidences, levels_of
from unified_customer.testing.matching_strategies import fitted_matcher, invented_records, tables

seeds = st.integers(0, 1000)
few = settings(max_examples=at_least(4))
known_people = tables("parts", least=6, most=14)
CLOSE = 1e-3


@st.composite
def judged_levels(draw: st.DrawFn, *, least: int = 1) -> tuple[WeightSpace, Levels, Flags]:
    """Any weights, and pairs that were judged under them."""
    evidence = draw(evidences())
    ordered = [draw(st.integers(1, len(weights))) for weights in evidence.one]
    rows = draw(st.integers(least, 6))
    levels = draw(levels_of(evidence, rows=rows))
    same = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    return WeightSpace(evidence, ordered), levels, np.array(same, dtype=np.bool_)


def scores(space: WeightSpace, weights: Floats, levels: Levels) -> Floats:
    return space.evidence_of(weights).log_odds(levels)


@st.composite
def judged_tables(draw: st.DrawFn, *, least: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records, and some pairs of them that were judged, right or wrong but without contradiction."""
    records = draw(known_people)
    ids = sorted(records["record_id"])
    person = {record: draw(st.integers(0, 3)) for record in ids}
    pairs = draw(st.lists(st.sampled_from([(a, b) for a in ids for b in ids if a < b]), min_size=least, max_size=8))
    return records, frame_of([(a, b, person[a] == person[b]) for a, b in pairs])


def frame_of(rows: list[tuple[str, str, bool | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=no_judgements().schema, orient="row")


def turned(judged: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return the same judgements in another order, some of them with the other record first."""
    random = Random(seed)
    rows = [(b, a, same) if random.random() < 0.5 else (a, b, same) for a, b, same in judged.iter_rows()]
    return frame_of(random.sample(rows, len(rows)))


# ---------------------------------------------------------------------------------------------------------- weights


@given(judged_levels(least=0))
def test_the_weights_as_a_vector_score_as_the_weights_do(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, _ = drawn
    found = space.design(levels) @ space.learned - space.rivals(levels)
    np.testing.assert_allclose(found, space.evidence.log_odds(levels), atol=1e-9)
    np.testing.assert_array_equal(scores(space, space.learned, levels), space.evidence.log_odds(levels))


@given(judged_levels(), seeds)
def test_the_order_of_judgements_changes_no_weight(drawn: tuple[WeightSpace, Levels, Flags], seed: int) -> None:
    space, levels, same = drawn
    order = np.random.default_rng(seed).permutation(len(same))
    np.testing.assert_array_equal(refine(space, levels, same), refine(space, levels[order], same[order]))


@given(judged_levels(), st.booleans())
def test_a_judgement_moves_its_pattern_the_way_it_says(
    drawn: tuple[WeightSpace, Levels, Flags],
    said: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    space, levels, _ = drawn
    one = levels[:1]
    moved = scores(space, refine(space, one, np.array([said])), one) - space.evidence.log_odds(one)
    assert moved[0] >= -CLOSE if said else moved[0] <= CLOSE


@given(judged_levels(least=2))
def test_another_answer_raises_its_pattern_more_if_it_is_a_yes(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, same = drawn
    last, yes, no = levels[-1:], same.copy(), same.copy()
    yes[-1], no[-1] = True, False
    more, less = (scores(space, refine(space, levels, each), last)[0] for each in (yes, no))
    assert more >= less - CLOSE


@given(judged_levels())
def test_an_uncertain_pattern_that_is_judged_often_comes_to_say_so(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, _ = drawn
    one = levels[:1]
    if abs(space.evidence.log_odds(one)[0]) > 3:
        return
    often = np.repeat(one, 30, axis=0)
    assert scores(space, refine(space, often, np.ones(30, dtype=np.bool_)), one)[0] > 0
    assert scores(space, refine(space, often, np.zeros(30, dtype=np.bool_)), one)[0] < 0


@given(judged_levels())
def test_levels_in_order_stay_in_order(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, same = drawn
    weights = refine(space, levels, same)
    assert (weights[space.steps] >= weights[np.array(space.steps, dtype=np.int64) - 1]).all()


@given(judged_levels())
def test_bonds_stay_as_they_were_learned(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, same = drawn
    found = space.evidence_of(refine(space, levels, same))
    np.testing.assert_array_equal(found.prior[1:], space.evidence.prior[1:])
    assert found.bound is space.evidence.bound


@given(judged_levels(), seeds)
def test_the_slope_of_what_is_minimised_is_its_slope(drawn: tuple[WeightSpace, Levels, Flags], seed: int) -> None:
    space, levels, same = drawn
    problem = _Problem(space, patterns_of(levels), same)
    random = np.random.default_rng(seed)
    point = problem.start() + random.uniform(0, 1, len(problem.start()))
    way = random.normal(size=len(point))
    ahead, behind = (problem.loss(point + step * way)[0] for step in (1e-4, -1e-4))
    slope = float(problem.loss(point)[1] @ way)
    np.testing.assert_allclose((ahead - behind) / 2e-4, slope, rtol=1e-3, atol=1e-2)


@given(judged_levels())
def test_judgements_never_make_a_pair_less_certain(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, _ = drawn
    design = space.design(levels)
    before = space.covariance
    after = posterior(space, space.learned, levels)
    spread = np.einsum("ij,jk,ik->i", design, before - after, design)
    assert (spread >= -1e-9).all()
    assert np.linalg.eigvalsh(after).min() > -1e-9


@given(judged_levels())
def test_judgements_of_one_pattern_leave_open_what_is_peculiar_to_it(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, _ = drawn
    one = space.design(levels[:1])[0]
    before, after = (
        float(one @ covariance @ one)
        for covariance in (space.covariance, posterior(space, space.learned, np.repeat(levels[:1], 500, axis=0)))
    )
    assert after >= before * PATTERN**2 / (before + PATTERN**2) - 1e-9


@given(judged_levels(least=3))
def test_the_pair_asked_about_leaves_least_uncertain(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space, levels, _ = drawn
    patterns = patterns_of(np.concatenate([levels, levels[:2], levels[:1]]))
    ranked = Pool(space, patterns).ranked(space.learned, space.covariance, closed=np.empty(0, dtype=np.int64))
    design, before = space.design(patterns.levels), space.covariance
    spread = np.einsum("ij,jk,ik->i", design, before, design) * NATURAL**2
    likely = probability(space.evidence.log_odds(patterns.levels) / np.sqrt(1 + np.pi * spread / 8))
    doubt = likely * (1 - likely)
    left = []
    for told, asked in zip(doubt, design, strict=True):
        seen = before @ asked * NATURAL
        after = before - np.outer(seen, seen) * told / (1 + told * (asked @ seen) * NATURAL)
        left.append(np.einsum("ij,jk,ik->i", design, after, design) @ (patterns.counts * doubt**2))
    assert sorted(ranked.tolist()) == list(range(len(left)))
    np.testing.assert_allclose(np.array(left)[ranked], np.sort(left), rtol=1e-3, atol=1e-6)


@given(judged_levels())
def test_levels_near_each_other_are_off_together(drawn: tuple[WeightSpace, Levels, Flags]) -> None:
    space = drawn[0]
    np.testing.assert_allclose(space.covariance, space.covariance.T)
    assert np.linalg.eigvalsh(space.covariance).min() > 0
    assert (space.covariance[0, 1:] == 0).all()


# --------------------------------------------------------------------------------------------------------- matchers


@given(known_people)
def test_without_judgements_a_matcher_stays_the_same_to_the_last_bit(records: pl.DataFrame) -> None:
    matcher = fitted_matcher("parts")
    unsure = frame_of([(*sorted(records["record_id"])[:2], None)])
    for nothing in (no_judgements(), unsure):
        assert matcher.refined(records, nothing).to_json() == matcher.to_json()


@settings(max_examples=at_least(2))
@given(seeds)
def test_fitting_with_judgements_is_fitting_and_refining(seed: int) -> None:
    records = invented_records(15, seed=seed)
    judged = judged_by_truth(records, pairs=6)
    assert Matcher().fit(records, judged=judged) == Matcher().fit(records).refined(records, judged)
    assert Matcher().fit(records, judged=judged.clear()) == Matcher().fit(records)
    found = Matcher().match(records, judged=judged)
    again = Matcher().fit(records, judged=judged).match(records, judged=judged)
    assert found.partition.equals(again.partition)


@given(judged_tables(least=1), seeds)
def test_the_order_of_judgements_and_of_their_records_does_not_matter(
    drawn: tuple[pl.DataFrame, pl.DataFrame], seed: int
) -> None:
    records, judged = drawn
    matcher = fitted_matcher("parts")
    shuffled = records.sample(fraction=1, shuffle=True, seed=seed)
    assert matcher.refined(records, judged) == matcher.refined(shuffled, turned(judged, seed))
    assert check_judged(judged).equals(check_judged(pl.concat([turned(judged, seed), judged])))


@given(judged_tables(least=1), judged_tables(least=1))
def test_refining_again_begins_anew(
    drawn: tuple[pl.DataFrame, pl.DataFrame], other: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    matcher = fitted_matcher("parts")
    refined = matcher.refined(*drawn)
    assert refined.refined(*other) == matcher.refined(*other)
    assert refined.unrefined() == matcher


@given(judged_tables(least=1))
def test_a_refined_matcher_is_saved_and_loaded_unchanged(drawn: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, judged = drawn
    refined = fitted_matcher("parts").refined(records, judged)
    loaded = FittedMatcher.from_json(refined.to_json())
    assert loaded == refined
    assert loaded.to_json() == refined.to_json()
    assert loaded.match(records).partition.equals(refined.match(records).partition)


# ------------------------------------------------------------------------------------------------------ what is held


@given(judged_tables(least=1))
def test_judged_pairs_are_held(drawn: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    records, judged = drawn
    matcher = fitted_matcher("parts")
    for found in (matcher.match(records, judged=judged), matcher.match(records, **known_from(judged)._asdict())):
        owner = dict(found.partition.select("record_id", "customer_id").iter_rows())
        for record_a, record_b, same in judged.iter_rows():
            assert (owner[record_a] == owner[record_b]) is same


@given(judged_tables(least=1), st.integers(0, 5), st.integers(0, 5))
def test_judgements_and_what_is_known_beside_are_held_together(
    drawn: tuple[pl.DataFrame, pl.DataFrame], first: int, second: int
) -> None:
    records, judged = drawn
    ids = sorted(records["record_id"])
    one, other = ids[first], ids[second]
    together = pl.DataFrame({"record_id": [one, other], "group": ["g", "g"]}).unique()
    try:
        found = fitted_matcher("parts").match(records, together=together, judged=judged)
    except ConfigurationError:
        return
    owner = dict(found.partition.select("record_id", "customer_id").iter_rows())
    assert owner[one] == owner[other]
    assert all((owner[a] == owner[b]) is same for a, b, same in judged.iter_rows())


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=6, unique=True), seeds)
def test_a_chain_of_yes_with_a_no_between_its_ends_is_refused(chain: list[str], seed: int) -> None:
    links: list[tuple[str, str, bool | None]] = [(a, b, True) for a, b in pairwise(chain)]
    judged = turned(frame_of([*links, (chain[0], chain[-1], False)]), seed)
    with pytest.raises(ConfigurationError, match="take one"):
        known_from(judged)


# -------------------------------------------------------------------------------------------------------- proposals


@cache
def town() -> pl.DataFrame:
    return invented_records(30, seed=5)


def judged_by_truth(records: pl.DataFrame, *, pairs: int) -> pl.DataFrame:
    labelling = Labelling(Matcher(), records)
    answered(labelling, records, pairs)
    return labelling.judged


def answered(labelling: Labelling, records: pl.DataFrame, pairs: int) -> list[tuple[str, str]]:
    person = dict(records.select("record_id", "cluster_id").iter_rows())
    found = list(answers(labelling, person, pairs))
    assert len(set(found)) == len(found)
    return found


def answers(labelling: Labelling, person: dict[str, int], pairs: int) -> Iterator[tuple[str, str]]:
    for pair in islice(labelling, pairs):
        yield pair.record_a, pair.record_b
        if len(labelling.judged) % 5 == 4:
            labelling.skip()
        else:
            labelling.answer(same=person[pair.record_a] == person[pair.record_b])


@few
@given(seeds)
def test_the_order_of_records_changes_no_proposal(seed: int) -> None:
    records = town()
    shuffled = records.sample(fraction=1, shuffle=True, seed=seed)
    one, other = (Labelling(fitted_matcher("parts"), each) for each in (records, shuffled))
    assert answered(one, records, 4) == answered(other, records, 4)


@few
@given(st.integers(0, 5))
def test_a_labelling_that_is_gone_on_with_goes_on_as_if_it_had_not_stopped(stopped: int) -> None:
    records, matcher = town(), fitted_matcher("parts")
    through = answered(Labelling(matcher, records), records, 5)
    first = Labelling(matcher, records)
    before = answered(first, records, stopped)
    second = Labelling(first.refined(), records, judged=turned(first.judged, stopped))
    assert before + answered(second, records, 5 - stopped) == through


@few
@given(st.integers(0, 4))
def test_what_is_kept_in_a_file_is_what_was_judged(tmp_path_factory: pytest.TempPathFactory, pairs: int) -> None:
    file = tmp_path_factory.mktemp("labels") / "pairs.csv"
    labelling = Labelling(fitted_matcher("parts"), town(), file=file)
    answered(labelling, town(), pairs)
    assert Labelling(fitted_matcher("parts"), town(), file=Path(file)).judged.equals(labelling.judged)


def test_no_pair_is_proposed_twice_and_all_are_in_the_end() -> None:
    records = town().head(40)
    labelling = Labelling(fitted_matcher("parts"), records)
    proposed = [(pair.record_a, pair.record_b) for pair in labelling]
    assert len(set(proposed)) == len(proposed)
    model = fitted_matcher("parts")
    pairs = model.candidate_pairs(records)
    source = dict(records.select("record_id", "source").iter_rows())
    barred = [(a, b) for a, b in pairs.iter_rows() if source[a] == source[b] and source[a] in model.distinct]
    assert barred
    assert {*proposed} == {*pairs.iter_rows()} - {*barred}


def test_what_follows_from_judgements_is_not_asked() -> None:
    records = town().head(40)
    labelling = Labelling(fitted_matcher("parts"), records)
    person = dict(records.select("record_id", "cluster_id").iter_rows())
    for pair in labelling:
        known = known_from(labelling.judged)
        group = dict(known.together.iter_rows())
        ends = [group.get(each, each) for each in (pair.record_a, pair.record_b)]
        apart = [{group.get(a, a), group.get(b, b)} for a, b in known.apart.iter_rows()]
        assert ends[0] != ends[1]
        assert set(ends) not in apart
        labelling.answer(same=person[pair.record_a] == person[pair.record_b])


@given(st.lists(st.integers(0, 2), min_size=6, max_size=6), st.sets(st.integers(0, 35), max_size=9))
def test_a_pair_is_settled_by_whatever_follows_from_the_judged_ones(person: list[int], drawn: set[int]) -> None:
    pairs = np.array(sorted(pair for pair in drawn if pair // 6 < pair % 6), dtype=np.int64)
    ends = [divmod(pair, 6) for pair in pairs.tolist()]
    same = np.array([person[one] == person[other] for one, other in ends], dtype=np.bool_)
    settled = _Settled(6, Placed(pairs, same), {7})
    groups = parts({*range(6)}, [pair for pair, joined in zip(ends, same, strict=True) if joined])
    group = {node: place for place, members in enumerate(groups) for node in members}
    apart = {
        frozenset((group[one], group[other])) for (one, other), joined in zip(ends, same, strict=True) if not joined
    }
    for one, other in combinations(range(6), 2):
        told = group[one] == group[other] or {group[one], group[other]} in apart
        assert (one * 6 + other in settled) is (told or one * 6 + other == 7)


def test_of_the_pairs_of_a_pattern_the_ids_alone_decide() -> None:
    """Which pair is shown must not depend on anything that tells what the answer is."""
    matcher = fitted_matcher("parts")
    questions = Questions(matcher, encode(matcher.read(town()), matcher.rarity.levels))
    question = questions.next(no_judgements())
    assert question is not None
    place = int(np.searchsorted(questions.known.pairs, question.pair))
    alike = questions.known.pairs[(questions.known.levels == questions.known.levels[place]).all(axis=1)]
    assert question.pair in alike
    assert question.alike == len(alike)
    renamed = town().with_columns(record_id=pl.lit("x") + pl.col("record_id"))
    again = Questions(matcher, encode(matcher.read(renamed), matcher.rarity.levels))
    other = again.next(no_judgements())
    assert other is not None
    first = again.known.levels[int(np.searchsorted(again.known.pairs, other.pair))]
    np.testing.assert_array_equal(first, questions.known.levels[place])
    assert unpack(len(town()), np.array([other.pair]))


@few
@given(seeds)
def test_lots_are_drawn_for_pairs_by_their_ids_alone_and_differ(seed: int) -> None:
    records, matcher = town(), fitted_matcher("parts")
    ids = records["record_id"].sample(fraction=1, shuffle=True, seed=seed)
    drawn = []
    for each in (records, records.with_columns(record_id=ids)):
        encoded = encode(matcher.read(each), matcher.rarity.levels)
        first, second = (ends.astype(np.int64) for ends in np.triu_indices(len(encoded), 1))
        names = encoded.record_ids.to_list()
        pairs = (frozenset((names[one], names[other])) for one, other in zip(first, second, strict=True))
        drawn.append(dict(zip(pairs, _lots(encoded, first * len(encoded) + second).tolist(), strict=True)))
    assert drawn[0] == drawn[1]
    assert len({*drawn[0].values()}) == len(drawn[0])


# ------------------------------------------------------------------------------------------------- links of a review


edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(lambda edge: edge[0] != edge[1]), max_size=14)


def parts(nodes: set[int], links: list[tuple[int, int]]) -> list[set[int]]:
    """Return which nodes hang together."""
    found = [{node} for node in nodes]
    for link in links:
        met = [part for part in found if part & {*link}]
        found = [part for part in found if part not in met] + [set().union(*met)]
    return found


@given(edges)
def test_links_hold_together_what_all_pairs_do_and_none_is_too_many(pairs: list[tuple[int, int]]) -> None:
    nodes = {node for pair in pairs for node in pair}
    kept = [pairs[place] for place in spanning(pairs)]
    assert sorted(map(sorted, parts(nodes, kept))) == sorted(map(sorted, parts(nodes, pairs)))
    assert len(kept) == len(nodes) - len(parts(nodes, pairs))


@given(edges)
def test_a_link_is_kept_only_if_no_stronger_ones_join_its_ends(pairs: list[tuple[int, int]]) -> None:
    kept = set(spanning(pairs))
    for place, pair in enumerate(pairs):
        joined = any({*pair} <= part for part in parts({*range(7)}, pairs[:place]))
        assert (place in kept) is not joined


@given(edges, st.lists(st.integers(1, 5), min_size=7, max_size=7))
def test_a_link_decides_the_pairs_that_fall_apart_without_it(pairs: list[tuple[int, int]], sizes: list[int]) -> None:
    trees = [pairs[place] for place in spanning(pairs)]
    weights = dict(enumerate(sizes))
    for edge, count in zip(trees, cut_pairs(trees, weights), strict=True):
        rest = parts({node for pair in trees for node in pair}, [each for each in trees if each != edge])
        sides = [sum(weights[node] for node in part) for part in rest if part & {*edge}]
        assert count == sides[0] * sides[1]
