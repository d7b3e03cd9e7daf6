"""The laws of who is compared and who is joined: arrays, blocking, the choice of keys, components, linkage."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.identity.matching import components as components_module
from unified_customer.identity.matching import linkage
from unified_customer.identity.matching.arrays import NONE, Ints, distinct, sorted_distinct, spread, within_runs
from unified_customer.identity.matching.blocking import LARGEST, Blocks, candidates, pack, pairs_within, unpack
from unified_customer.identity.matching.components import components, pairs_of
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.keys import BlockingKey, KeyCodes, KeyPart, key_parts, possible_keys
from unified_customer.identity.matching.linkage import CLIP, DOUBT, FORBIDDEN, link
from unified_customer.identity.matching.normal_forms import normal_forms
from unified_customer.identity.matching.selection import MOST_KEYS, Trial, choose, limited, try_keys
from unified_customer.testing.matching_models import Linking, linkings
from unified_customer.testing.matching_strategies import fitted_matcher, layouts, tables

Partition = frozenset[frozenset[int]]
Pair = tuple[int, int]

numbers = st.lists(st.integers(0, 9), max_size=30).map(lambda found: np.array(found, dtype=np.int64))


def ints(found: list[int]) -> Ints:
    return np.array(found, dtype=np.int64)


def pairs_in(members: list[int]) -> set[Pair]:
    return set(combinations(sorted(members), 2))


def unpacked(records: int, packed: Ints) -> list[Pair]:
    first, second = unpack(records, packed)
    return list(zip(first.tolist(), second.tolist(), strict=True))


# ------------------------------------------------------------------------------------------------------------ arrays


@given(numbers)
def test_distinct_numbers_are_sorted_and_give_back_the_numbers(keys: Ints) -> None:
    found, places = distinct(keys)
    assert found.tolist() == sorted(set(keys.tolist())) == sorted_distinct(keys).tolist()
    np.testing.assert_array_equal(found[places], keys)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5)), max_size=8))
def test_numbers_are_spread_from_each_start(runs: list[tuple[int, int]]) -> None:
    found = spread(ints([start for start, _ in runs]), ints([count for _, count in runs]))
    assert found.tolist() == [start + step for start, count in runs for step in range(count)]


@given(st.lists(st.integers(1, 6), max_size=6))
def test_all_pairs_within_runs_are_found_once(sizes: list[int]) -> None:
    starts = np.cumsum([0, *sizes])[:-1].astype(np.int64)
    found = zip(*(each.tolist() for each in within_runs(starts, ints(sizes))), strict=True)
    runs = zip(starts.tolist(), sizes, strict=True)
    assert sorted(found) == [pair for start, size in runs for pair in combinations(range(start, start + size), 2)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_pairs_are_packed_without_order_and_without_oneself(pairs: list[Pair]) -> None:
    packed = pack(10, ints([one for one, _ in pairs]), ints([other for _, other in pairs]))
    assert unpacked(10, packed) == [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]


@given(numbers)
def test_pairs_of_labels_are_all_pairs_with_the_same(labels: Ints) -> None:
    found = unpacked(max(1, len(labels)), pairs_of(labels))
    assert found == [pair for pair in combinations(range(len(labels)), 2) if labels[pair[0]] == labels[pair[1]]]


# ---------------------------------------------------------------------------------------------------------- blocking


@st.composite
def some_records(draw: st.DrawFn) -> Encoded:
    layout = draw(layouts())
    matcher = fitted_matcher(layout)
    return encode(normal_forms(draw(tables(layout, most=20)), matcher.roles, matcher.reading))


@st.composite
def some_keys(draw: st.DrawFn, records: Encoded) -> tuple[BlockingKey, ...]:
    possible = st.sampled_from(list(possible_keys(records)))
    return tuple(draw(st.lists(st.builds(BlockingKey, parts=possible, most=st.integers(2, 5)), max_size=3)))


def values_of(records: Encoded, part: KeyPart) -> list[set[int]]:
    """Return for each record its values of one trait, numbered."""
    found: list[set[int]] = [set() for _ in range(len(records))]
    for row, value in zip(*(each.tolist() for each in KeyCodes(records).of((part,))), strict=True):
        found[row].add(value)
    return found


def blocks_of(records: Encoded, key: BlockingKey) -> list[list[int]]:
    """Return the rows of each block; a record that has a value twice is there twice."""
    blocks = defaultdict(list)
    for row, value in zip(*(each.tolist() for each in KeyCodes(records).of(key.parts)), strict=True):
        blocks[value].append(row)
    return list(blocks.values())


@given(some_records(), st.data())
def test_records_share_a_key_if_they_share_all_its_parts(records: Encoded, data: st.DataObject) -> None:
    (key,) = data.draw(st.lists(st.sampled_from(list(possible_keys(records))), min_size=1, max_size=1))
    shared = [values_of(records, part) for part in key]
    found = {pair for block in blocks_of(records, BlockingKey(parts=key)) for pair in pairs_in(block)}
    alike = {pair for pair in combinations(range(len(records)), 2) if all(s[pair[0]] & s[pair[1]] for s in shared)}
    assert {pair for pair in found if pair[0] != pair[1]} == alike


@given(some_records())
def test_equal_values_have_equal_traits_and_missing_values_none(records: Encoded) -> None:
    for part in key_parts(records):
        (column,) = [column for column in records.columns if column.name == part.field]
        if column.slots == 1:
            rows, traits = KeyCodes(records).of((part,))
            codes = column.codes[rows, 0]
            assert (codes != NONE).all()
            assert len(set(zip(codes.tolist(), traits.tolist(), strict=True))) == len(set(codes.tolist()))
            assert part.trait != "value" or len(rows) == (column.codes[:, 0] != NONE).sum()


@given(some_records(), st.data())
def test_candidates_are_the_pairs_of_blocks_that_are_not_too_large(records: Encoded, data: st.DataObject) -> None:
    keys = data.draw(some_keys(records))
    blocks = [block for key in keys for block in blocks_of(records, key) if len(block) <= key.most]
    found = unpacked(len(records), candidates(records, keys))
    assert found == sorted({pair for block in blocks for pair in pairs_in(block) if pair[0] != pair[1]})


@given(some_records(), st.data())
def test_the_order_of_keys_changes_no_candidate(records: Encoded, data: st.DataObject) -> None:
    keys = data.draw(some_keys(records))
    assert candidates(records, keys[::-1]).tolist() == candidates(records, keys).tolist()


@given(numbers, st.integers(0, 60))
def test_blocks_of_one_size_are_all_in_or_all_out_and_keep_to_the_budget(keys: Ints, budget: int) -> None:
    blocks = Blocks(np.arange(len(keys)), keys)
    counts = {size: blocks.sizes.tolist().count(size) * size * (size - 1) // 2 for size in range(LARGEST + 1)}
    within = [size for size in counts if sum(counts[each] for each in range(size + 1)) <= budget]
    pairs, most = pairs_within(len(keys), blocks, budget)
    assert most == max(2, *within)
    assert len(pairs) == sum(counts[size] for size in range(most + 1))


def test_no_block_is_so_large_that_pairs_explode() -> None:
    keys = ints([0] * (LARGEST + 1) + [1] * LARGEST)
    pairs, most = pairs_within(len(keys), Blocks(np.arange(len(keys)), keys), 1e9)
    assert most == LARGEST
    assert len(pairs) == LARGEST * (LARGEST - 1) // 2


# --------------------------------------------------------------------------------------------------- choice of keys


trials = st.lists(st.sets(st.integers(0, 11), max_size=8), min_size=1, max_size=6).map(
    lambda sets: [Trial((KeyPart(field=str(n), trait="value"),), ints(sorted(each))) for n, each in enumerate(sets)]
)


@given(trials, st.sets(st.integers(0, 11)))
def test_every_likely_match_that_any_key_finds_is_found_by_the_chosen(tried: list[Trial], likely: set[int]) -> None:
    chosen = choose(tried, ints(sorted(likely)), 4, weight=1.0)
    brings = {trial.parts: set(trial.pairs.tolist()) for trial in tried}
    assert len(set(chosen)) == len(chosen) <= MOST_KEYS
    assert set().union(*(brings[parts] for parts in chosen)) & likely == set().union(*brings.values()) & likely
    assert all(brings[parts] & likely for parts in chosen)


@settings(max_examples=at_least(300))
@given(trials, st.sets(st.integers(0, 11), min_size=4))
def test_the_key_with_most_new_matches_for_its_pairs_is_always_next(tried: list[Trial], likely: set[int]) -> None:
    left, open_ = set(likely), {trial.parts: trial for trial in tried}
    for parts in choose(tried, ints(sorted(likely)), 4, weight=1.0):
        if not any(set(trial.pairs.tolist()) & left for trial in open_.values()):
            left = set(likely)  # all are found: they are looked for once more
        worth = {each: worth_of(trial, left, records=4) for each, trial in open_.items()}
        assert worth[parts] == pytest.approx(max(worth.values()))
        left -= set(open_.pop(parts).pairs.tolist())


def worth_of(trial: Trial, left: set[int], *, records: int) -> float:
    gain = len(set(trial.pairs.tolist()) & left)
    return gain / (len(trial.pairs) + 0.02 * records - gain)


@settings(max_examples=at_least(5))
@given(some_records(), st.integers(1, 40))
def test_a_key_is_tried_and_used_within_the_same_budget(records: Encoded, budget: int) -> None:
    tried = try_keys(records, budget)
    keys, pairs = limited(records, [trial.parts for trial in tried], budget)
    assert candidates(records, keys).tolist() == pairs.tolist()
    for trial, key in zip(tried, keys, strict=True):
        assert candidates(records, [key]).tolist() == trial.pairs.tolist()
        assert key.most == 2 or len(trial.pairs) <= budget


# -------------------------------------------------------------------------------------------------------- components


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[Pair, float]]]:
    """A chain of records with a few more pairs across, so that much hangs together."""
    records = draw(st.integers(2, 12))
    pair = st.tuples(st.integers(0, records - 1), st.integers(0, records - 1)).filter(lambda p: p[0] + 1 < p[1])
    across = draw(st.lists(pair, max_size=4, unique=True)) if records > 2 else []
    bits = st.sampled_from((3.0, 8.0, 1.5, 0.0, -2.5, -3.0, -5.0))
    return records, [(each, draw(bits)) for each in [*pairwise(range(records)), *across]]


def hanging_together(members: set[int], edges: list[tuple[Pair, float]], least: float, largest: int) -> Partition:
    found: dict[int, set[int]] = {member: {member} for member in members}
    for (one, other), bits in edges:
        if bits > least and found[one] is not found[other]:
            found[one] |= found[other]
            found.update(dict.fromkeys(found[other], found[one]))
    parts = {frozenset(part) for part in found.values()}
    large = set().union(*(part for part in parts if len(part) > largest))
    if not large:
        return frozenset(parts)
    inner = [edge for edge in edges if set(edge[0]) <= large and edge[1] > least]
    return frozenset(part for part in parts if len(part) <= largest) | hanging_together(
        large, inner, least + 1, largest
    )


@given(graphs(), st.sampled_from((2, 3, 5, 200)))
def test_components_hang_together_and_large_ones_are_taken_apart(
    graph: tuple[int, list[tuple[Pair, float]]], largest: int
) -> None:
    records, edges = graph
    first, second = ints([pair[0] for pair, _ in edges]), ints([pair[1] for pair, _ in edges])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components_module, "LARGEST", largest)
        labels = components(records, first, second, np.array([bits for _, bits in edges]), least=-3.0)
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))
    assert groups(labels) == hanging_together(set(range(records)), edges, -3.0, largest)


def groups(labels: Ints) -> Partition:
    return frozenset(frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels))


# ----------------------------------------------------------------------------------------------------------- linkage


class PlainLinkage:
    """What linkage says of one component, with dictionaries and loops, and with every outcome of a tie."""

    def __init__(self, linking: Linking, least: float) -> None:
        self.evidence, self.least, self.size = linking.evidence, least, len(linking.labels)
        self.levels: dict[Pair, list[int]] = {}
        self.bits: dict[Pair, float] = {}
        for (one, other), levels, bits in zip(
            unpacked(self.size, linking.scored.pairs),
            linking.scored.levels.tolist(),
            linking.scored.log_odds.tolist(),
            strict=True,
        ):
            self.levels[one, other] = self.levels[other, one] = levels
            self.bits[one, other] = self.bits[other, one] = bits

    def outcomes(self) -> set[Partition]:
        if min(self.bits.values(), default=np.inf) > self.least:
            return {frozenset({frozenset(range(self.size))})}
        found: set[Partition] = set()
        open_ = {frozenset(frozenset({record}) for record in range(self.size))}
        while open_:
            now = {partition: list(self.next(partition)) for partition in open_}
            found |= {partition for partition, after in now.items() if partition in after or not after}
            open_ = {after for partition, every in now.items() for after in every if after != partition}
        return found

    def heights(self) -> list[float]:
        """Return the odds of one merge after the other until all records are one cluster or must not be together."""
        partition, found = frozenset(frozenset({record}) for record in range(self.size)), []
        while odds := {frozenset(pair): self.odds(*pair) for pair in combinations(partition, 2)}:
            best = max(odds, key=lambda pair: odds[pair])
            if odds[best] == -np.inf:
                break
            found.append(odds[best])
            partition = partition - best | {frozenset().union(*best)}
        return found

    def next(self, partition: Partition) -> Iterator[Partition]:
        """Yield what may come of a partition: merges that are best, or itself if to stop is as good."""
        odds = {frozenset(pair): self.odds(*pair) for pair in combinations(partition, 2)}
        best = max(odds.values(), default=-np.inf)
        if best < self.least + NEARLY:
            yield partition
        if best > self.least - NEARLY:
            yield from (
                partition - pair | {frozenset().union(*pair)} for pair, bits in odds.items() if bits > best - NEARLY
            )

    def odds(self, one: frozenset[int], other: frozenset[int]) -> float:
        if any(self.bits[pair] == FORBIDDEN for pair in product(one, other)):
            return -np.inf
        sums = self.evidence.prior.tolist()
        for place, tables_ in enumerate([self.evidence.one, *self.evidence.bound]):
            for field, weights in enumerate(tables_):
                if weights is not None:
                    sums[place] += self.pooled(one, other, field, weights.tolist())
        return float(np.clip(sums[0] - np.log2(1 + sum(2**each for each in sums[1:])), -CLIP, 3 * CLIP))

    def pooled(self, one: frozenset[int], other: frozenset[int], field: int, weights: list[float]) -> float:
        forth = [self.asked(record, other, field, weights) for record in one]
        back = [self.asked(record, one, field, weights) for record in other]
        mean = (sum(bits or 0 for bits in forth) / len(one) + sum(bits or 0 for bits in back) / len(other)) / 2
        speakers = min(sum(bits is not None for bits in said) for said in (forth, back))
        return mean * (1 + DOUBT * np.log2(max(speakers, 1))) if mean < 0 else mean

    def asked(self, record: int, cluster: frozenset[int], field: int, weights: list[float]) -> float | None:
        said = [level for mate in cluster if (level := self.levels[record, mate][field]) != NONE]
        return float(np.log2(sum(2 ** weights[level] for level in said) / len(said))) if said else None


NEARLY = 1e-3
leasts = st.sampled_from((-2.0, 0.0, 3.0))


@settings(max_examples=at_least(60))
@given(linkings(), leasts)
def test_linkage_is_pooled_evidence_from_the_strongest_to_the_weakest(linking: Linking, least: float) -> None:
    clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
    for label in np.unique(linking.labels):
        assert groups(clusters[linking.labels == label]) in PlainLinkage(linking.component(label), least).outcomes()


@settings(max_examples=at_least(100))
@given(linkings(sizes=(4, 3, 5), most=1))
def test_clusters_are_merged_at_the_very_odds_that_their_pooled_evidence_has(linking: Linking) -> None:
    for height in PlainLinkage(linking, 0.0).heights():
        for least in (height - 0.02, height + 0.02):
            clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
            assert groups(clusters) in PlainLinkage(linking, least).outcomes()


@given(linkings(sizes=(1, 3, 7, 8, 9)), leasts, st.sampled_from((1, 400, 8_000_000)))
def test_a_component_is_linked_the_same_alone_and_beside_others(linking: Linking, least: float, room: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "ROOM", room)
        clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
    for label in np.unique(linking.labels):
        alone = linking.component(label)
        assert groups(clusters[linking.labels == label]) == groups(
            link(alone.labels, alone.scored, alone.evidence, least=least)
        )


@given(linkings(sizes=(1, 2, 4, 8)), leasts)
def test_clusters_lie_within_components_and_are_named_after_their_first_record(linking: Linking, least: float) -> None:
    clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
    for cluster in groups(clusters):
        assert {int(clusters[record]) for record in cluster} == {min(cluster)}
        assert len({int(linking.labels[record]) for record in cluster}) == 1


@given(linkings(sizes=(2, 4, 8)), leasts)
def test_records_that_must_not_be_together_never_are(linking: Linking, least: float) -> None:
    clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
    for pair, bits in zip(unpacked(len(clusters), linking.scored.pairs), linking.scored.log_odds, strict=True):
        assert bits > FORBIDDEN or clusters[pair[0]] != clusters[pair[1]]


@given(linkings(sizes=(2,)), leasts)
def test_two_records_are_joined_if_their_odds_are_above_what_is_asked(linking: Linking, least: float) -> None:
    clusters = link(linking.labels, linking.scored, linking.evidence, least=least)
    for pair, bits in zip(unpacked(len(clusters), linking.scored.pairs), linking.scored.log_odds, strict=True):
        assert abs(bits - least) < NEARLY or (clusters[pair[0]] == clusters[pair[1]]) == (bits > least)


@given(linkings(sizes=(3, 5)))
def test_where_all_pairs_are_likely_all_are_joined_and_where_none_is_none(linking: Linking) -> None:
    lowest, highest = linking.scored.log_odds.min(), linking.scored.log_odds.max()
    every = link(linking.labels, linking.scored, linking.evidence, least=max(lowest, -1e9) - 1)
    nobody = link(linking.labels, linking.scored, linking.evidence, least=max(highest, 0) + 3 * CLIP)
    assert lowest == FORBIDDEN or groups(every) == groups(linking.labels)
    assert lowest == FORBIDDEN or len(groups(nobody)) == len(nobody)


def test_the_weights_are_read_from_the_evidence() -> None:
    """Two fields that contradict each other weigh against each other."""
    evidence = Evidence(np.array([0.0]), (np.array([-3.0, 5.0]), np.array([-4.0, 2.0])), ())
    levels = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.int8)
    assert evidence.log_odds(levels).tolist() == [1.0, -1.0, 7.0]
