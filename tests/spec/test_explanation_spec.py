"""The laws of explanations: they say what the matcher did, to the last digit, and charts say what the tables say."""

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.identity.matching.charts import cluster_chart, model_chart, unlinkables_chart, waterfall_chart
from unified_customer.identity.matching.explanation import (
    ClusterExplanation,
    PairExplanation,
    bond_table,
    explain_cluster,
    explain_pair,
    model_table,
    unlinkables,
)
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.normal_forms import NormalForms
from unified_customer.identity.matching.roles import Role

NAMES = ("ada lovelace", "alan turing", "grace hopper", "edsger dijkstra", "barbara liskov", "ada hopper")
STREETS = ("1 mill lane", "22 abbey road", "3 mill lane", "48 kings walk")
ROLES: dict[str, Role] = {
    "born": "birth_date",
    "mail": "email",
    "street": "street",
    "first": "given_name",
    "last": "family_name",
}
ROWS = 48


@cache
def people() -> pl.DataFrame:
    """Forty-eight records of two dozen invented people, some of one home, with gaps and slips."""
    random = Random(3)
    return pl.DataFrame([_record(place, random) for place in range(ROWS)], infer_schema_length=None)


def _record(place: int, random: Random) -> dict[str, Any]:
    person = place // 2
    first, last = NAMES[person % len(NAMES)].split()
    return {
        "record_id": place * 7 % 101,
        "source": "web" if place % 2 else "shop",
        "first": first if random.random() < 0.8 else first[:-1],
        "last": last if random.random() < 0.9 else None,
        "born": f"19{40 + person % 11}-0{1 + person % 9}-1{person % 7}" if random.random() < 0.8 else None,
        "mail": f"{first}{person}@{last}.example" if random.random() < 0.6 else None,
        "street": STREETS[person % len(STREETS)] if random.random() < 0.8 else None,
    }


@cache
def fitted() -> FittedMatcher:
    return Matcher(roles=ROLES).fit(people())


@cache
def read() -> NormalForms:
    return fitted().read(people())


IDS = [place * 7 % 101 for place in range(ROWS)]
PAIRS = st.lists(st.sampled_from(IDS), min_size=2, max_size=2, unique=True)
SOME = st.lists(st.sampled_from(IDS), min_size=2, max_size=6, unique=True)


def pair(ids: list[int]) -> PairExplanation:
    return explain_pair(fitted(), read(), ids[0], ids[1])


def cluster(ids: list[int]) -> ClusterExplanation:
    return explain_cluster(fitted(), read(), ids)


def strongest_across(found: ClusterExplanation, side: set[int]) -> float:
    across = pl.col("record_a").is_in(list(side)) != pl.col("record_b").is_in(list(side))
    return float(found.edges.filter(across)["bits"].max())  # type: ignore[arg-type]  # it is a number


def chart_rows(chart: Any) -> list[dict[str, Any]]:
    spec = chart.to_dict()
    return [row for data in _data_of(spec) for row in data]


def _data_of(spec: Any) -> list[list[dict[str, Any]]]:
    if isinstance(spec, Mapping):
        here = [spec["values"]] if isinstance(spec.get("values"), list) else list(spec.get("datasets", {}).values())
        return here + [found for value in spec.values() for found in _data_of(value)]
    return [found for each in spec for found in _data_of(each)] if isinstance(spec, list) else []


def shown(chart: Any, table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a chart that have all columns of a table, without repeats, and only these columns."""
    rows = [row for row in chart_rows(chart) if isinstance(row, dict) and set(table.columns) <= set(row)]
    found = [{column: row[column] for column in table.columns} for row in rows]
    return [row for place, row in enumerate(found) if row not in found[:place]]


def test_the_steps_of_a_pair_add_up_to_the_score_that_the_matcher_gave_to_the_last_digit() -> None:
    pairs = fitted().match(people()).pairs
    assert pairs.height > 10
    for record_a, record_b, bits, probability in pairs.iter_rows():
        found = pair([record_a, record_b])
        assert (found.bits, found.probability) == (bits, probability)


@given(PAIRS)
def test_the_steps_of_any_pair_add_up_one_by_one_to_its_score(ids: list[int]) -> None:
    found, total = pair(ids), 0.0
    for bits, so_far in found.steps.select("bits", "total").iter_rows():
        total += bits
        assert so_far == total
    assert total == found.bits


@given(PAIRS)
def test_explaining_a_pair_the_other_way_round_swaps_its_values_and_changes_nothing_else(ids: list[int]) -> None:
    forth, back = pair(ids), pair(ids[::-1])
    swapped = back.steps.rename({"value_a": "value_b", "value_b": "value_a"}).select(forth.steps.columns)
    assert_frame_equal(forth.steps, swapped, check_exact=True)
    assert_frame_equal(forth.rivals, back.rivals, check_exact=True)


@given(PAIRS)
def test_what_explains_a_pair_beside_one_person_shares_all_that_is_not_one_person(ids: list[int]) -> None:
    found = pair(ids)
    assert found.rivals["share"].sum() == pytest.approx(1)
    odds = sum(2.0**bits for bits in found.rivals["bits"])
    assert 1 / odds == pytest.approx(2.0**found.bits)


@given(PAIRS, st.integers(0, 99))
def test_the_order_of_records_changes_no_explanation(ids: list[int], seed: int) -> None:
    records = people()[Random(seed).sample(range(ROWS), ROWS)]
    assert_frame_equal(explain_pair(fitted(), records, *ids).steps, pair(ids).steps, check_exact=True)
    assert_frame_equal(explain_cluster(fitted(), records, ids[::-1]).edges, cluster(ids).edges, check_exact=True)


@given(SOME)
def test_no_pair_across_the_weakest_link_of_a_cluster_is_stronger(ids: list[int]) -> None:
    found = cluster(ids)
    assert found.weakest is not None
    assert strongest_across(found, set(found.weakest.part_a)) == found.weakest.bits


@given(SOME)
def test_no_other_way_to_cut_a_cluster_breaks_a_weaker_link(ids: list[int]) -> None:
    found = cluster(ids)
    sides = [set(side) for size in range(1, len(ids)) for side in combinations(ids, size)]
    assert found.weakest is not None
    assert found.weakest.bits == min(strongest_across(found, side) for side in sides)


@given(SOME)
def test_the_two_parts_of_a_cluster_are_all_of_it_and_the_links_of_its_tree_hold_each_together(ids: list[int]) -> None:
    found = cluster(ids)
    assert found.weakest is not None
    one, other = found.weakest.part_a, found.weakest.part_b
    assert sorted(one + other) == sorted(ids)
    assert found.weakest.record_a in one
    assert found.weakest.record_b in other
    assert found.edges.filter("in_tree").height == len(ids) - 1
    assert found.nodes.filter(record_id=min(ids))["part"].item() == 0


@given(SOME)
def test_every_link_of_a_cluster_has_the_score_of_its_pair(ids: list[int]) -> None:
    for record_a, record_b, bits in cluster(ids).edges.select("record_a", "record_b", "bits").iter_rows():
        assert bits == pair([record_a, record_b]).bits


def test_m_is_u_times_two_to_the_power_of_the_bits_in_every_row_of_the_model() -> None:
    for table in (model_table(fitted()), bond_table(fitted())):
        expected = table.select(m=pl.col("u") * 2.0 ** pl.col("bits"))["m"]
        assert table["m"].to_list() == pytest.approx(expected.to_list())
        assert (table["u"] > 0).all()


def test_u_adds_up_to_one_in_every_field() -> None:
    sums = model_table(fitted()).group_by("field").agg(pl.col("u").sum())["u"]
    assert sums.to_list() == pytest.approx([1.0] * len(sums))


def test_whatever_a_record_leaves_out_it_does_not_become_easier_to_link() -> None:
    emptied = people().with_columns(first=pl.lit(None, pl.String), mail=pl.lit(None, pl.String))
    full, empty = unlinkables(fitted(), people()).records, unlinkables(fitted(), emptied).records
    assert (empty["fields"] <= full["fields"]).all()
    assert (empty["bits"] < full["bits"]).sum() > ROWS // 2


def test_the_curve_of_unlinkable_records_rises_from_none_to_all_and_knows_the_threshold() -> None:
    found = unlinkables(fitted(), people())
    assert found.curve["share"].is_sorted()
    assert found.curve["records"].last() == ROWS
    at = found.curve.filter(bits=found.threshold)
    assert at["share"].item() == found.share == found.records.select((~pl.col("linkable")).mean()).item()


@settings(max_examples=at_least(8))
@given(PAIRS)
def test_a_waterfall_shows_the_steps_and_their_sum(ids: list[int]) -> None:
    found = pair(ids)
    *steps, score = shown(waterfall_chart(found), found.steps)
    assert steps == found.steps.to_dicts()
    assert set(score.values()) == {None}


@settings(max_examples=at_least(8))
@given(SOME)
def test_a_cluster_chart_shows_every_record_and_the_links_that_hold(ids: list[int]) -> None:
    found = cluster(ids)
    chart = cluster_chart(found)
    names = {row["name"] for row in chart_rows(chart) if "name" in row}
    assert names == {str(record_id) for record_id in ids}
    links = {(row["one"], row["other"]) for row in chart_rows(chart) if "one" in row}
    holds = found.edges.filter(pl.col("in_tree") | (pl.col("bits") > found.threshold))
    assert links == {(str(one), str(other)) for one, other in holds.select("record_a", "record_b").iter_rows()}


def test_a_model_chart_shows_the_table_of_the_model() -> None:
    table = model_table(fitted())
    assert shown(model_chart(fitted()), table) == table.to_dicts()


def test_a_chart_of_unlinkable_records_shows_their_curve() -> None:
    found = unlinkables(fitted(), people())
    assert shown(unlinkables_chart(found), found.curve) == found.curve.to_dicts()


@settings(max_examples=at_least(8))
@given(SOME)
def test_the_same_cluster_is_always_drawn_alike(ids: list[int]) -> None:
    assert cluster_chart(cluster(ids)).to_dict() == cluster_chart(cluster(ids[::-1])).to_dict()
