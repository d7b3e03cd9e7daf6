"""Segments that are found: by what people buy, and by numbers of each customer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.learning import GroupSearch, agreement
from unified_customer.segmentation import Clusters, Lifestyle
from unified_customer.segmentation.grouped import ALIKE, TOO_LITTLE
from unified_customer.segmentation.lifestyle import Tastes
from unified_customer.testing.taste_strategies import END, FIRST, SEEDS, bought, line_frames, measured

Put = Callable[[pl.DataFrame], Any]
few = settings(deadline=None, max_examples=at_least(4), suppress_health_check=[HealthCheck.function_scoped_fixture])
fewer = settings(few, max_examples=at_least(2))
more = settings(few, max_examples=at_least(20))
SEARCH = GroupSearch(at_most=4, resamples=4, draws=2, sample=200)
QUICK = GroupSearch(at_most=2, resamples=2, draws=1, sample=50, least_size=2, least_gain=0, least_stability=0)
specs = st.builds(
    Lifestyle,
    method=st.sampled_from(("mix", "svd", "nmf")),
    columns=st.just(4),
    least=st.sampled_from((1, 3)),
    least_customers=st.just(1),
    groups=st.just(QUICK),
    window_days=st.sampled_from((None, 50)),
)
by_taste = st.builds(
    Lifestyle, method=st.sampled_from(("mix", "svd", "nmf")), columns=st.just(4), groups=st.just(SEARCH)
)


def segments(table: Any) -> dict[str, str]:
    """Return the segment of each customer."""
    return dict(collected(opened(table)).select("customer_id", "segment").iter_rows())


def fitted(spec: Lifestyle, lines: Any, as_of: datetime = END) -> dict[str, str]:
    return segments(spec.fit({"order_lines": lines}, as_of=as_of).table)


def alike(found: dict[str, str], planted: dict[str, Any]) -> float:
    """Return how far a segmentation agrees with what was planted."""
    names = {name: place for place, name in enumerate(sorted(set(found.values())))}
    kinds = {name: place for place, name in enumerate(sorted(set(planted.values())))}
    who = sorted(planted)
    return agreement(np.array([names[found[each]] for each in who]), np.array([kinds[planted[each]] for each in who]))


def tastes_of(lines: pl.DataFrame) -> dict[str, Any]:
    return dict(lines.select("customer_id", "taste").unique().iter_rows())


# ------------------------------------------------------------------------------------------- by what people buy


@given(specs, line_frames())
@few
def test_everybody_who_bought_is_in_one_segment(spec: Lifestyle, lines: pl.DataFrame) -> None:
    window = pl.col("occurred_at") >= END - timedelta(days=spec.window_days or 1000)
    there = lines.filter(window)["customer_id"].drop_nulls().unique().to_list()
    found = spec.fit({"order_lines": lines}, as_of=END)
    assert sorted(found.table["customer_id"]) == sorted(there)
    assert set(found.table["segment"]) <= {*found.learned.labels, TOO_LITTLE}
    assert len(set(found.learned.labels)) == len(found.learned.labels)


@given(specs, line_frames())
@more
def test_there_is_too_little_to_say_of_those_who_bought_less_than_asked_for(
    spec: Lifestyle, lines: pl.DataFrame
) -> None:
    window = pl.col("occurred_at") >= END - timedelta(days=spec.window_days or 1000)
    counts = pl.col("category").is_not_null() & (pl.col("kind") == "sale") & window
    bought_enough = lines.filter(counts).group_by("customer_id").len().filter(pl.col("len") >= spec.least)
    found = fitted(spec, lines)
    assert {who for who, name in found.items() if name != TOO_LITTLE} == set(bought_enough["customer_id"].drop_nulls())


@given(by_taste, SEEDS, st.randoms(use_true_random=False))
@few
def test_the_order_of_rows_changes_no_segment(spec: Lifestyle, seed: int, random: Any) -> None:
    lines = bought(tastes=2, seed=seed, customers=60)
    places = list(range(lines.height))
    random.shuffle(places)
    one, other = (spec.fit({"order_lines": each}, as_of=END) for each in (lines, lines[places]))
    assert segments(one.table) == segments(other.table)
    assert one.learned == other.learned


@given(by_taste, SEEDS)
@few
def test_the_names_of_customers_change_no_segment(spec: Lifestyle, seed: int) -> None:
    lines = bought(tastes=2, seed=seed, customers=60)
    other = lines.with_columns(customer_id=pl.col("customer_id").str.reverse() + "x")
    one, two = (spec.fit({"order_lines": each}, as_of=END) for each in (lines, other))
    assert segments(two.table) == {f"{who[::-1]}x": segment for who, segment in segments(one.table).items()}
    assert one.learned == two.learned


@given(by_taste, st.integers(2, 3), SEEDS)
@few
def test_planted_tastes_are_found(spec: Lifestyle, tastes: int, seed: int) -> None:
    lines = bought(tastes=tastes, seed=seed)
    found = spec.fit({"order_lines": lines}, as_of=END)
    assert len(found.learned.labels) == tastes
    assert alike(segments(found.table), tastes_of(lines)) > 0.9


@pytest.mark.parametrize("method", ["mix", "svd", "nmf"])
def test_one_taste_is_seldom_taken_for_several(method: Any) -> None:
    spec = Lifestyle(method=method, columns=4, groups=SEARCH)
    found = [spec.fit({"order_lines": bought(tastes=1, seed=seed)}, as_of=END).learned.labels for seed in range(8)]
    assert found.count((ALIKE,)) >= 7


@given(specs, line_frames())
@few
def test_assigning_the_training_data_equals_fitting(spec: Lifestyle, lines: pl.DataFrame) -> None:
    found = spec.fit({"order_lines": lines}, as_of=END)
    assert found.table.equals(found.assign({"order_lines": lines}, as_of=END))


@given(by_taste, SEEDS)
@fewer
def test_other_customers_change_nobody_once_fitted(spec: Lifestyle, seed: int) -> None:
    lines, others = bought(tastes=2, seed=seed, customers=60), bought(tastes=3, seed=seed + 1, customers=30)
    found = spec.fit({"order_lines": lines}, as_of=END)
    strangers = others.with_columns(pl.format("x{}", "customer_id").alias("customer_id"))
    together = segments(found.assign({"order_lines": pl.concat([lines, strangers])}, as_of=END))
    assert {who: name for who, name in together.items() if not who.startswith("x")} == segments(found.table)


@given(specs, line_frames(), line_frames(), st.integers(0, 99))
@few
def test_the_future_changes_nothing(spec: Lifestyle, lines: pl.DataFrame, future: pl.DataFrame, day: int) -> None:
    as_of = FIRST + timedelta(days=day)
    later = future.with_columns(occurred_at=pl.col("occurred_at") - FIRST + as_of)
    past = lines.filter(pl.col("occurred_at") < as_of)
    assert fitted(spec, pl.concat([lines, later]), as_of) == fitted(spec, past, as_of)


@given(spec=by_taste, seed=SEEDS)
@fewer
def test_the_engine_changes_no_segment(engine: Put, spec: Lifestyle, seed: int) -> None:
    lines = bought(tastes=2, seed=seed, customers=60).drop("taste")
    found = spec.fit({"order_lines": engine(lines)}, as_of=END)
    assert type(found.table) is type(engine(lines))
    assert segments(found.table) == fitted(spec, lines)
    assert segments(found.assign({"order_lines": engine(lines)}, as_of=END)) == fitted(spec, lines)


@given(by_taste, SEEDS)
@fewer
def test_what_was_learned_loads_back_and_assigns_alike(spec: Lifestyle, seed: int) -> None:
    lines = bought(tastes=2, seed=seed, customers=60)
    found = spec.fit({"order_lines": lines}, as_of=END)
    loaded = Tastes.model_validate(found.to_body()["learned"])
    here = collected(spec.measured({"order_lines": lines}, as_of=END))
    assert loaded == found.learned
    assert spec.assigned_here(here, loaded).equals(found.table)


@given(st.integers(1, 8), line_frames(), st.integers(2, 8))
@few
def test_things_that_few_customers_have_are_never_named(least: int, lines: pl.DataFrame, exactly: int) -> None:
    spec = Lifestyle(method="mix", least=1, least_customers=least, groups=QUICK.model_copy(update={"exactly": exactly}))
    found = spec.fit({"order_lines": lines}, as_of=END)
    sold = lines.filter(pl.col("kind") == "sale").drop_nulls("customer_id").group_by("category")
    had = dict(sold.agg(pl.col("customer_id").n_unique()).iter_rows())
    assert all(had[item] >= least for item in found.learned.items)
    assert all(count >= least for count in found.description["customers"])


@given(specs)
def test_a_spec_loads_back_equal(spec: Lifestyle) -> None:
    assert Lifestyle.from_json(spec.to_json()) == spec


# ------------------------------------------------------------------------------------------------- by numbers


def clustered(features: pl.DataFrame, **options: Any) -> Any:
    spec = Clusters(logarithmic=False, groups=SEARCH, **options)
    return spec.fit({"features": features.drop("kind", strict=False)}, as_of=END)


@given(st.integers(2, 3), SEEDS)
@few
def test_planted_kinds_are_found(kinds: int, seed: int) -> None:
    features = measured(kinds=kinds, seed=seed)
    found = clustered(features)
    assert len(found.learned.labels) == kinds
    assert alike(segments(found.table), dict(features.select("customer_id", "kind").iter_rows())) > 0.9


def test_one_cloud_is_seldom_taken_for_several() -> None:
    found = [clustered(measured(kinds=1, seed=seed)).learned.labels for seed in range(10)]
    assert found.count((ALIKE,)) >= 9


@given(SEEDS, st.randoms(use_true_random=False))
@few
def test_neither_the_order_nor_the_names_of_customers_change_a_cluster(seed: int, random: Any) -> None:
    features = measured(kinds=2, seed=seed, customers=60)
    places = list(range(features.height))
    random.shuffle(places)
    other = features[places].with_columns(customer_id=pl.col("customer_id").str.reverse())
    one, two = clustered(features), clustered(other)
    assert one.learned == two.learned
    assert segments(two.table) == {who[::-1]: name for who, name in segments(one.table).items()}


@given(SEEDS, st.floats(0, 1))
@few
def test_everybody_with_numbers_is_in_one_cluster_and_assigned_as_fitted(seed: int, least_known: float) -> None:
    whole = measured(kinds=2, seed=seed, customers=60)
    features = whole.with_columns(n1=pl.when(pl.col("n0") > 0).then("n1"), n2=pl.when(pl.col("n0") > 1).then("n2"))
    found = clustered(features, least_known=least_known)
    assert sorted(found.table["customer_id"]) == sorted(features["customer_id"])
    known = 3 - features.select(pl.sum_horizontal(pl.col("n0", "n1", "n2").is_null().cast(pl.Int64))).to_series()
    enough = features.filter(known / 3 >= least_known)["customer_id"]
    assert {who for who, name in segments(found.table).items() if name != TOO_LITTLE} == set(enough)
    assert found.table.equals(found.assign({"features": features.drop("kind")}, as_of=END))


@given(SEEDS)
@few
def test_a_cluster_is_described_by_the_means_of_those_in_it(seed: int) -> None:
    features = measured(kinds=2, seed=seed, customers=60).with_columns(pl.col("n0") * 50 + 1000)
    found = clustered(features)
    means = found.table.join(features, on="customer_id").group_by("segment").agg(pl.col("n0", "n1", "n2").mean())
    counted = {(row[0], f"n{place}"): row[place + 1] for row in means.iter_rows() for place in range(3)}
    described = {row[:2]: row[2] for row in found.description.select("segment", "measure", "mean").iter_rows()}
    assert described == {key: pytest.approx(mean) for key, mean in counted.items()}


def test_the_engine_changes_no_cluster(engine: Put) -> None:
    features = measured(kinds=2, seed=1, customers=60).drop("kind")
    spec = Clusters(logarithmic=False, groups=SEARCH)
    found = spec.fit({"features": engine(features)}, as_of=END)
    assert type(found.table) is type(engine(features))
    assert segments(found.table) == segments(spec.fit({"features": features}, as_of=END).table)
