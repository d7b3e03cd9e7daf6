"""The laws of matching on Spark: the same links, the same ids and the same weights as on one machine."""

import json
from dataclasses import asdict
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.engines.spark import Session, connected, from_polars, to_polars
from unified_customer.engines.spark.mapping import chunks
from unified_customer.identity.distributed import SparkMatches, fit_on_spark, learning, match_on_spark
from unified_customer.identity.matching import Matcher, Matches, census
from unified_customer.testing.matching_strategies import Layout, fitted_matcher, invented_records, layouts, tables

seeds = st.integers(0, 1000)
of_layouts = layouts().flatmap(lambda layout: st.tuples(st.just(layout), tables(layout, least=8)))
# An example takes Spark some seconds, whatever its size.
few = settings(max_examples=at_least(3))
fewer = settings(max_examples=at_least(2))


def same_matches(found: SparkMatches, wanted: Matches) -> None:
    assert_frame_equal(to_polars(found.partition).sort("record_id"), wanted.partition.sort("record_id"))
    ends = ["record_a", "record_b"]
    assert_frame_equal(to_polars(found.pairs).sort(ends), wanted.pairs.sort(ends), check_exact=True)
    assert (found.pairs_scored(), found.threshold) == (wanted.pairs_scored, wanted.threshold)
    assert near(asdict(found.expected()), asdict(wanted.expected))


def near(one: Any, other: Any) -> bool:
    """Say whether two values of JSON are the same, numbers to a relative 1e-9."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(near, one, other))
    return bool(one == pytest.approx(other, rel=1e-9, abs=1e-12)) if isinstance(one, float) else bool(one == other)


@pytest.mark.needs_java
@pytest.mark.slow
@few
@given(of_layouts, st.integers(1, 4))
def test_spark_finds_the_links_and_the_ids_of_one_machine(
    spark: Session, drawn: tuple[Layout, pl.DataFrame], partitions: int
) -> None:
    matcher, records = fitted_matcher(drawn[0]), drawn[1]
    found = match_on_spark(matcher, from_polars(spark, records).repartition(partitions))
    same_matches(found, matcher.match(records))


@pytest.mark.needs_java
@pytest.mark.slow
@fewer
@given(of_layouts, seeds)
def test_what_is_known_is_held_on_spark_as_on_one_machine(
    spark: Session, drawn: tuple[Layout, pl.DataFrame], seed: int
) -> None:
    matcher, records = fitted_matcher(drawn[0]), drawn[1]
    ids = Random(seed).sample(records["record_id"].to_list(), 8)
    together = pl.DataFrame({"record_id": [*ids[:5], "nobody"], "group": [1, 1, 1, 2, 2, 2]})
    apart = pl.DataFrame({"record_a": [ids[0], ids[5], ids[6]], "record_b": [ids[3], ids[0], "nobody"]})
    found = match_on_spark(matcher, from_polars(spark, records), together=together, apart=from_polars(spark, apart))
    same_matches(found, matcher.match(records, together=together, apart=apart))


@pytest.mark.needs_java
@pytest.mark.slow
@fewer
@given(layouts(), seeds, st.sampled_from((60, census.SAMPLE)))
def test_spark_learns_what_one_machine_learns(spark: Session, layout: Layout, world: int, most: int) -> None:
    records = invented_records(25, seed=world, layout=layout).drop("cluster_id")
    with pytest.MonkeyPatch.context() as patch:
        for module in (census, learning):
            patch.setattr(module, "SAMPLE", most)
        found, wanted = fit_on_spark(Matcher(), from_polars(spark, records)), Matcher().fit(records)
    assert near(json.loads(found.to_json()), json.loads(wanted.to_json()))


@pytest.mark.needs_java
@pytest.mark.slow
@few
@given(st.lists(st.tuples(*[st.sampled_from("abcdefghijkl")] * 2), min_size=1, max_size=14), st.sampled_from((0, 100)))
def test_a_component_is_what_hangs_together_and_is_named_after_its_smallest_node(
    spark: Session, edges: list[tuple[str, str]], in_one: int
) -> None:
    graph = from_polars(spark, pl.DataFrame(edges, schema=["a", "b"], orient="row"))
    found = dict(to_polars(connected(graph, in_one=in_one)).iter_rows())
    assert found == {node: min(tied(node, edges)) for edge in edges for node in edge if edge[0] != edge[1]}


def tied(node: str, edges: list[tuple[str, str]]) -> set[str]:
    found, before = {node}, set[str]()
    while found != before:
        before = found
        found = found.union(*(edge for edge in edges if found & set(edge)))
    return found


@given(st.lists(st.integers(0, 5), max_size=40).map(sorted), st.integers(1, 12), st.integers(1, 7))
def test_groups_come_whole_and_in_order_however_rows_are_cut_into_batches(
    groups: list[int], rows: int, size: int
) -> None:
    frame = pl.DataFrame({"group": groups, "row": range(len(groups))}, schema={"group": pl.Int64, "row": pl.Int64})
    batches = frame.to_arrow().to_batches(max_chunksize=size)
    found = list(chunks(batches, by="group", rows=rows))
    assert pl.concat([frame.clear(), *found]).equals(frame)
    assert len({group for chunk in found for group in set(chunk["group"])}) == sum(
        chunk["group"].n_unique() for chunk in found
    )
    assert sum(map(len, chunks(batches, by=None, rows=rows))) == len(frame)
