"""The laws of accuracy: how well customers agree with the true clusters."""

from collections import defaultdict
from itertools import combinations
from random import Random

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.accuracy import Rates, accuracy, b_cubed, closure, pairwise

Labels = list[int]
seeds = st.integers(0, 1000)


def labellings(least: int = 0) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Records as pairs of their customer and their cluster."""
    return st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=least, max_size=14)


def said(labels: Labels) -> pl.DataFrame:
    return frame(labels, "customer_id")


def true(labels: Labels) -> pl.DataFrame:
    return frame(labels, "cluster_id")


def frame(labels: Labels, name: str) -> pl.DataFrame:
    schema = {"record_id": pl.String, name: pl.Int64}
    return pl.DataFrame([(f"r{number}", label) for number, label in enumerate(labels)], schema=schema, orient="row")


def both(world: list[tuple[int, int]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return said([customer for customer, _ in world]), true([cluster for _, cluster in world])


def groups(labels: Labels) -> list[set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for record, label in enumerate(labels):
        found[label].add(record)
    return list(found.values())


def pairs_of(labels: Labels) -> set[tuple[int, int]]:
    return {pair for pair in combinations(range(len(labels)), 2) if labels[pair[0]] == labels[pair[1]]}


def pair_frame(pairs: set[tuple[int, int]], random: Random | None = None) -> pl.DataFrame:
    rows = [pair[::-1] if random and random.random() < 0.5 else pair for pair in sorted(pairs)]
    return pl.DataFrame(rows, schema={"id_l": pl.Int64, "id_r": pl.Int64}, orient="row")


def share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


@given(labellings())
def test_closure_counts_every_pair_of_records(world: list[tuple[int, int]]) -> None:
    theirs, ours = (pairs_of([row[side] for row in world]) for side in (0, 1))
    found = accuracy(*both(world))
    assert (found.pairs_said, found.pairs_true, found.pairs_right) == (len(theirs), len(ours), len(theirs & ours))
    assert found.closure == Rates(share(len(theirs & ours), len(theirs)), share(len(theirs & ours), len(ours)))


@given(labellings())
def test_b_cubed_is_the_mean_over_the_records(world: list[tuple[int, int]]) -> None:
    precision = recall = 0.0
    for customer, cluster in world:
        mine = sum(row == (customer, cluster) for row in world)
        precision += mine / sum(row[0] == customer for row in world)
        recall += mine / sum(row[1] == cluster for row in world)
    found = b_cubed(*both(world))
    assert found.precision == pytest.approx(share(precision, len(world)))
    assert found.recall == pytest.approx(share(recall, len(world)))


@given(labellings())
def test_groups_are_exact_mixed_or_scattered_as_counting_says(world: list[tuple[int, int]]) -> None:
    customers, clusters = (groups([row[side] for row in world]) for side in (0, 1))
    found = accuracy(*both(world))
    assert (found.records, found.customers, found.clusters) == (len(world), len(customers), len(clusters))
    assert found.exact == sum(customer in clusters for customer in customers)
    assert found.mixed == sum(len({world[record][1] for record in customer}) > 1 for customer in customers)
    assert found.scattered == sum(len({world[record][0] for record in cluster}) > 1 for cluster in clusters)
    assert (found.max_customer, found.max_cluster) == tuple(
        max(map(len, all_), default=0) for all_ in (customers, clusters)
    )
    assert found.mean_customer * len(customers) == pytest.approx(len(world))
    assert found.mean_cluster * len(clusters) == pytest.approx(len(world))


@given(labellings())
def test_changing_sides_exchanges_precision_and_recall(world: list[tuple[int, int]]) -> None:
    there, back = accuracy(*both(world)), accuracy(*both([(cluster, customer) for customer, cluster in world]))
    for one, other in ((there.closure, back.closure), (there.b_cubed, back.b_cubed)):
        assert (one.precision, one.recall) == (other.recall, other.precision)
        assert one.f1 == other.f1
    assert (there.mixed, there.mean_customer) == (back.scattered, back.mean_cluster)


@given(labellings())
def test_all_rates_are_one_where_and_only_where_the_partition_is_the_truth(world: list[tuple[int, int]]) -> None:
    found = accuracy(*both(world))
    same = sorted(map(sorted, groups([row[0] for row in world]))) == sorted(
        map(sorted, groups([row[1] for row in world]))
    )
    assert (found.closure == Rates(1.0, 1.0)) == same
    assert (found.b_cubed.f1 == 1.0) == same
    assert (found.exact == found.customers == found.clusters) == same


@given(labellings(), seeds)
def test_names_and_order_make_no_difference(world: list[tuple[int, int]], seed: int) -> None:
    partition, truth = both(world)
    renamed = partition.with_columns(pl.format("c{}", (pl.col("customer_id") + 3) * 7).alias("customer_id"))
    shuffled = renamed.sample(fraction=1, shuffle=True, seed=seed)
    assert accuracy(shuffled, truth.reverse()) == accuracy(partition, truth)


@given(labellings(least=2))
def test_merging_two_customers_never_costs_recall(world: list[tuple[int, int]]) -> None:
    merged = [(0 if customer == 1 else customer, cluster) for customer, cluster in world]
    assert closure(*both(merged)).recall >= closure(*both(world)).recall
    assert b_cubed(*both(merged)).recall >= b_cubed(*both(world)).recall


@given(labellings(least=2))
def test_merging_customers_that_share_no_cluster_never_helps_precision(world: list[tuple[int, int]]) -> None:
    first, second = ({cluster for customer, cluster in world if customer == each} for each in (0, 1))
    assume(not first & second)
    merged = [(0 if customer == 1 else customer, cluster) for customer, cluster in world]
    assert closure(*both(merged)).precision <= closure(*both(world)).precision
    assert b_cubed(*both(merged)).precision <= b_cubed(*both(world)).precision


@given(labellings())
def test_a_customer_for_each_record_is_never_wrong_and_one_customer_for_all_never_misses(
    world: list[tuple[int, int]],
) -> None:
    truth = [cluster for _, cluster in world]
    apart, together = said(list(range(len(world)))), said([0] * len(world))
    assert closure(apart, true(truth)).precision == b_cubed(apart, true(truth)).precision == 1.0
    assert closure(together, true(truth)).recall == b_cubed(together, true(truth)).recall == 1.0


@given(labellings(), seeds)
def test_the_pairs_of_a_partition_have_the_rates_of_its_closure(world: list[tuple[int, int]], seed: int) -> None:
    theirs, ours = (pair_frame(pairs_of([row[side] for row in world]), Random(seed + side)) for side in (0, 1))
    assert pairwise(theirs, ours) == closure(*both(world))


@given(labellings(), seeds)
def test_a_pair_said_twice_or_of_a_record_with_itself_makes_no_difference(
    world: list[tuple[int, int]], seed: int
) -> None:
    theirs, ours = (pairs_of([row[side] for row in world]) for side in (0, 1))
    twice = pl.concat([pair_frame(theirs), pair_frame(theirs, Random(seed)), pair_frame({(1, 1)})])
    assert pairwise(twice, pair_frame(ours)) == pairwise(pair_frame(theirs), pair_frame(ours))


@given(labellings(least=1), st.sampled_from(["partition", "truth"]))
def test_a_record_that_is_on_one_side_only_is_an_error_that_counts_it(world: list[tuple[int, int]], short: str) -> None:
    partition, truth = both(world)
    told = (partition.head(-1), truth) if short == "partition" else (partition, truth.head(-1))
    with pytest.raises(ConfigurationError, match=r"has 1 records" if short == "truth" else r"lacks 1 that"):
        accuracy(*told)


@given(labellings(least=1), st.sampled_from([0, 1]))
def test_a_record_that_stands_twice_is_an_error(world: list[tuple[int, int]], side: int) -> None:
    told = list(both(world))
    told[side] = pl.concat([told[side], told[side].head(1)])
    with pytest.raises(ConfigurationError, match=f"The {('partition', 'truth')[side]} has 1 rows"):
        accuracy(*told)


def test_frames_of_another_shape_are_refused() -> None:
    partition, truth = said([0, 1]), true([0, 1])
    with pytest.raises(SchemaError, match="partition has no column 'customer_id'"):
        accuracy(truth, truth)
    with pytest.raises(SchemaError, match=r"holds nulls: \{'cluster_id': 2\}"):
        accuracy(partition, truth.with_columns(cluster_id=None))
    with pytest.raises(SchemaError, match="are String on one side and Int64 on the other"):
        accuracy(partition, truth.with_columns(record_id=pl.Series([0, 1])))
    with pytest.raises(SchemaError, match="need two columns"):
        pairwise(partition.with_columns(more=1), pair_frame(set()))


def test_no_errors_name_a_record() -> None:
    with pytest.raises(ConfigurationError) as raised:
        accuracy(said([0, 1, 2]), true([0, 1]))
    assert "r2" not in str(raised.value)
