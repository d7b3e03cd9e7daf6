"""The laws of matching as records come: it is as if all of them had been matched together."""

from dataclasses import dataclass
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.identity.index import MatchIndex
from unified_customer.identity.index import graph as graph_module
from unified_customer.identity.index.blocks import KeyBlocks
from unified_customer.identity.index.graph import Graph, hang_together, reached
from unified_customer.identity.matching import components as components_module
from unified_customer.identity.matching.blocking import LARGEST
from unified_customer.identity.matching.matcher import LIKELY_ENOUGH, FittedMatcher
from unified_customer.testing.matching_strategies import Layout, fitted_matcher, layouts, tables

rows = st.integers(0, 8)
some = settings(max_examples=at_least(30))


@dataclass(frozen=True)
class Story:
    """Records that come in batches, and what is told of them when one of the batches comes."""

    matcher: FittedMatcher
    batches: list[pl.DataFrame]
    when: int
    told: dict[str, pl.DataFrame]

    @property
    def records(self) -> pl.DataFrame:
        return pl.concat(self.batches)

    def index(self) -> MatchIndex:
        index = MatchIndex(self.matcher, self.batches[0], **self._told(0))
        for number, batch in enumerate(self.batches[1:], start=1):
            index.add(batch, **self._told(number))
        return index

    def _told(self, number: int) -> dict[str, pl.DataFrame]:
        return self.told if number == self.when else {}


@st.composite
def stories(draw: st.DrawFn, *, told: bool = False) -> Story:
    layout = draw(layouts())
    records = draw(tables(layout, least=3, most=24)).drop("cluster_id")
    ends = sorted(draw(st.sets(st.integers(1, records.height - 1), min_size=1, max_size=3)))
    batches = [records[start:end] for start, end in pairwise([0, *ends, records.height])]
    when = draw(st.integers(0, len(batches) - 1))
    known = pl.concat(batches[: when + 1])["record_id"].to_list()
    return Story(draw(narrowed(layout)), batches, when, draw(tales(known)) if told else {})


@st.composite
def crowds(draw: st.DrawFn) -> Story:
    """Copies of two records, mostly of one person, that come one by one, until their blocks are too large to be compared."""
    layout = draw(layouts())
    person_first = pl.len().over("cluster_id"), "cluster_id"
    records = draw(tables(layout, least=2, most=12)).sort(*person_first, descending=[True, False]).drop("cluster_id")
    copies = draw(st.lists(st.integers(0, 1), min_size=3, max_size=8))
    table = records[copies].with_columns(record_id=pl.format("r{}", pl.int_range(pl.len())))
    start = draw(st.integers(1, table.height - 1))
    batches = [table[:start], *(table[row : row + 1] for row in range(start, table.height))]
    return Story(draw(narrowed(layout)), batches, 0, {})


@st.composite
def tales(draw: st.DrawFn, known: list[str]) -> dict[str, pl.DataFrame]:
    """What may be told of records: no pair of them is together and apart."""
    ids = st.sampled_from(known)
    groups = draw(st.dictionaries(ids, st.integers(0, 2), max_size=6))
    pairs = draw(st.lists(st.tuples(ids, ids).filter(lambda pair: pair[0] != pair[1]), max_size=4))
    apart = [(a, b) for a, b in pairs if a not in groups or b not in groups]
    return {
        "together": pl.DataFrame([*groups.items()], {"record_id": pl.String, "group": pl.Int64}, orient="row"),
        "apart": pl.DataFrame(apart, {"record_a": pl.String, "record_b": pl.String}, orient="row"),
    }


@st.composite
def narrowed(draw: st.DrawFn, layout: Layout) -> FittedMatcher:
    """A matcher with few keys and small blocks, so that records crowd each other out."""
    matcher = fitted_matcher(layout)
    keys = draw(st.lists(st.sampled_from(matcher.keys), min_size=1, max_size=3, unique=True) | st.just(matcher.keys))
    mosts = draw(st.lists(st.integers(2, 6), min_size=len(keys), max_size=len(keys)))
    narrow = tuple(key.model_copy(update={"most": most}) for key, most in zip(keys, mosts, strict=True))
    return matcher.model_copy(update={"keys": narrow})


# --------------------------------------------------------------------------------------------------- incremental = batch


@given(stories())
def test_to_match_batch_by_batch_is_to_match_all_together(story: Story) -> None:
    assert_frame_equal(story.index().partition, story.matcher.match(story.records).partition)


@given(crowds())
def test_records_that_crowd_each_other_out_part_as_in_a_batch(story: Story) -> None:
    index = MatchIndex(story.matcher, story.batches[0])
    for end, batch in enumerate(story.batches[1:], start=2):
        answer = index.identify(_record(batch))
        index.add(batch)
        together = story.matcher.match(pl.concat(story.batches[:end])).partition
        assert_frame_equal(index.partition, together)
        assert len(answer.records) == together.filter(customer_id=together["customer_id"][-1]).height - 1


@given(stories(told=True))
def test_what_is_told_late_holds_as_if_it_had_been_told_at_once(story: Story) -> None:
    assert_frame_equal(story.index().partition, story.matcher.match(story.records, **story.told).partition)


@given(stories())
def test_components_that_are_too_large_fall_apart_as_in_a_batch(story: Story) -> None:
    with patch.object(components_module, "LARGEST", 3), patch.object(graph_module, "LARGEST", 3):
        assert_frame_equal(story.index().partition, story.matcher.match(story.records).partition)


@given(stories())
def test_what_adding_returns_is_what_has_changed(story: Story) -> None:
    first, *others = story.batches
    index = MatchIndex(story.matcher, first)
    for batch in others:
        before = dict(index.partition.select("record_id", "customer_id").iter_rows())
        changed = index.add(batch)
        after = index.partition.select("record_id", "customer_id")
        moved = after.filter(pl.Series([before.get(record) != customer for record, customer in after.iter_rows()]))
        assert_frame_equal(changed.select("record_id", "customer_id"), moved)


# ------------------------------------------------------------------------------------------------------------- identify


def _record(batch: pl.DataFrame) -> dict[str, object]:
    return {name: value for name, value in batch.row(0, named=True).items() if value is not None}


@given(stories(told=True), st.sampled_from((3, LARGEST)))
def test_a_record_is_identified_as_it_would_be_if_it_was_added(story: Story, size: int) -> None:
    with patch.object(components_module, "LARGEST", size), patch.object(graph_module, "LARGEST", size):
        known, new = story.records[:-1], story.records[-1:]
        index = MatchIndex(story.matcher, known, **story.told)
        customers = dict(index.partition.select("record_id", "customer_id").iter_rows())
        answer = index.identify(_record(new))
        index.add(new)
    added = index.partition.row(-1, named=True)
    cluster = index.partition.filter(customer_id=added["customer_id"])["record_id"].to_list()
    assert answer.records == tuple(sorted({*cluster} - {added["record_id"]}))
    assert answer.customer_id == customers.get(answer.nearest if answer.records else None)
    assert not answer.records or answer.nearest in answer.records
    if answer.records:
        np.testing.assert_allclose(answer.probability, added["probability"])


@given(stories())
def test_to_ask_changes_nothing(story: Story) -> None:
    known, new = story.records[:-1], story.records[-1:]
    index = MatchIndex(story.matcher, known)
    first = index.identify(_record(new))
    assert index.identify(_record(new)) == first
    assert_frame_equal(index.partition, story.matcher.match(known).partition)
    assert len(index) == known.height


@some
@given(stories())
def test_no_value_is_in_the_reasons(story: Story) -> None:
    record = _record(story.records[-1:])
    answer = MatchIndex(story.matcher, story.records[:-1]).identify(record)
    assert [each.bits for each in answer.because] == sorted((each.bits for each in answer.because), reverse=True)
    said = {str(value) for value in record.values() if len(str(value)) > 3}
    assert not said & {each.agreement for each in answer.because}
    assert {each.field for each in answer.because} <= {field.name for field in story.matcher.fields}


# -------------------------------------------------------------------------------------------------- blocks and pairs


@given(st.lists(st.lists(st.tuples(rows, st.integers(-3, 3)), unique=True), min_size=1, max_size=4), st.integers(0, 6))
def test_a_block_has_every_record_that_was_added(batches: list[list[tuple[int, int]]], many: int) -> None:
    with patch("unified_customer.identity.index.blocks.MANY", many):
        first = np.array(batches[0], dtype=np.int64).reshape(-1, 2)
        blocks = KeyBlocks(first[:, 0], first[:, 1])
        for batch in batches[1:]:
            blocks.add({key: [row for row, other in batch if other == key] for _, key in batch})
    for key in range(-4, 5):
        wanted = sorted(row for batch in batches for row, other in batch if other == key)
        assert sorted(blocks.members(key)) == wanted
        assert blocks.size(key) == len(wanted)


pairs = st.dictionaries(
    st.tuples(rows, rows).filter(lambda pair: pair[0] < pair[1]), st.integers(-3, 5).map(float), max_size=8
)


@given(pairs, st.lists(st.tuples(st.frozensets(rows, max_size=4), pairs), max_size=4))
def test_pairs_come_and_go(
    first: dict[tuple[int, int], float],
    changes: list[tuple[frozenset[int], dict[tuple[int, int], float]]],
) -> None:
    ends = np.array([*first], dtype=np.int64).reshape(-1, 2)
    graph, wanted, ever = Graph(ends[:, 0], ends[:, 1], np.array([*first.values()])), dict(first), {*first}
    for crowd, found in changes:
        gone = frozenset(pair for pair in wanted if {*pair} <= crowd)
        # What has gone never comes again: blocks only grow.
        fresh = {pair: bits for pair, bits in found.items() if pair not in ever}
        ever |= {*fresh}
        wanted = {pair: bits for pair, bits in wanted.items() if pair not in gone} | fresh
        beside = graph.with_([(*pair, bits) for pair, bits in fresh.items()], without=gone)
        assert {row: sorted(beside(row)) for row in range(9)} == _by_row(wanted)
        graph.change([(*pair, bits) for pair, bits in fresh.items()], gone=gone)
        assert {row: sorted(graph.of(row)) for row in range(9)} == _by_row(wanted)


def _by_row(pairs: dict[tuple[int, int], float]) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {row: [] for row in range(9)}
    for (one, other), bits in pairs.items():
        found[one].append((other, bits))
        found[other].append((one, bits))
    return {row: sorted(ends) for row, ends in found.items()}


@given(pairs, rows, st.integers(-4, 5))
def test_what_can_be_reached_is_closed_and_hangs_together(
    found: dict[tuple[int, int], float], start: int, least: int
) -> None:
    near = _by_row(found)
    reach = reached([start], near.__getitem__, least=least)
    assert start in reach
    assert all(other in reach for row in reach for other, bits in near[row] if bits > least)
    assert all(row == start or any(other in reach for other, bits in near[row] if bits > least) for row in reach)
    assert len(reached([start], near.__getitem__, least=least, most=2)) > 2 or len(reach) <= 2


@given(pairs, st.integers(1, 5))
def test_what_hangs_together_is_a_component_of_a_batch(found: dict[tuple[int, int], float], most: int) -> None:
    near, ends = _by_row(found), np.array([*found], dtype=np.int64).reshape(-1, 2)
    bits = np.array([*found.values()])
    with patch.object(components_module, "LARGEST", most), patch.object(graph_module, "LARGEST", most):
        labels = components_module.components(9, ends[:, 0], ends[:, 1], bits, least=LIKELY_ENOUGH)
        for row in range(9):
            assert hang_together(row, near.__getitem__) == {*np.flatnonzero(labels == labels[row]).tolist()}
