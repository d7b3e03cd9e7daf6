"""The laws of the item map, and of points in the plane."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.learning import Floats, Ints, in_the_plane
from unified_customer.recommendations import ALS, EASE, BuyAgain, GraphFilter, Hybrid, Neighbours, Popularity, item_map
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.testing.recommendation_strategies import NOON, SHOP, all_models, interactions

few = settings(max_examples=max(5, settings().max_examples // 5))
"""Each example places many points."""

SEEDS = st.integers(0, 10_000)
MODELS: list[RecommenderSpec] = [
    Neighbours(repeats=False),
    EASE(repeats=True),
    GraphFilter(repeats=False, directions=8),
    ALS(repeats=False, factors=8, threads=1),
    Hybrid(
        repeats=False,
        parts={"near": Neighbours(repeats=False), "often": Popularity(repeats=False)},
        weights={"near": 1.0, "often": 1.0},
    ),
]

EXACT = [model for model in MODELS if not isinstance(model, GraphFilter | ALS)]
"""What they learn does not depend on the order of customers in its last digit."""


def planted(seed: int, *, groups: int, items: int = 14, customers: int = 45) -> pl.DataFrame:
    """Draw what customers want who each want items of one group, and now and then others; `group` says whose is which."""
    chance = np.random.default_rng(seed)
    rows = []
    for customer in range(groups * customers):
        liked = np.where(np.arange(groups * items) % groups == customer % groups, 30.0, 1.0)
        liked *= chance.uniform(0.5, 2, size=len(liked))
        rows += [
            (f"c{customer}", f"i{item}")
            for item in chance.choice(len(liked), size=7, replace=False, p=liked / liked.sum())
        ]
    return pl.DataFrame(rows, schema=["customer_id", "item_id"], orient="row")


def catalogue(groups: int, items: int = 14) -> pl.DataFrame:
    """Return which group each item is of."""
    return pl.DataFrame(
        [(f"i{n}", f"g{n % groups}") for n in range(groups * items)], schema=["item_id", "category"], orient="row"
    )


def nearest_of(points: Floats) -> Ints:
    apart = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart.argmin(axis=1), dtype=np.int64)


def distances(seed: int, rows: int, *, groups: int = 1) -> Floats:
    """Draw points around some corners and return how far they are from each other; the first are of the first group."""
    chance = np.random.default_rng(seed)
    points = chance.standard_normal((rows, 4)) + 9 * np.eye(4)[np.sort(np.arange(rows) % groups)]
    found = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    return np.asarray((found + found.T) / 2)


@few
@given(SEEDS, st.integers(0, 40), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_point(seed: int, rows: int, chance: Any) -> None:
    apart, order = distances(seed, rows), np.array(chance.sample(range(rows), rows), dtype=np.int64)
    assert np.array_equal(in_the_plane(apart[np.ix_(order, order)], seed=1), in_the_plane(apart, seed=1)[order])


@few
@given(SEEDS, st.integers(0, 40), st.booleans())
def test_points_are_around_0_within_1_and_widest_from_left_to_right(seed: int, rows: int, same: bool) -> None:  # noqa: FBT001 (drawn)
    points = in_the_plane(distances(seed, rows) * (not same), seed=1)
    assert points.shape == (rows, 2)
    assert np.isfinite(points).all()
    assert np.abs(points).max(initial=0) <= 1
    assert np.abs(points.sum(axis=0)).max() < 1e-6
    assert points.std(axis=0)[0] >= points.std(axis=0)[1] - 1e-9 if rows else True


@few
@given(SEEDS, st.integers(4, 60), st.integers(2, 4))
def test_planted_groups_of_rows_stay_together(seed: int, rows: int, groups: int) -> None:
    found = nearest_of(in_the_plane(distances(seed, rows * groups, groups=groups), seed=seed))
    assert np.mean(found // rows == np.arange(rows * groups) // rows) >= 0.9


@given(SEEDS, st.integers(1, 7))
def test_few_rows_in_a_plane_keep_their_distances(seed: int, rows: int) -> None:
    flat = np.random.default_rng(seed).standard_normal((rows, 2))
    apart = np.hypot(*(flat[:, None] - flat).transpose(2, 0, 1))
    found = in_the_plane(apart, seed=0)
    placed = np.hypot(*(found[:, None] - found).transpose(2, 0, 1))
    assert placed * apart.max() == pytest.approx(apart * placed.max(), abs=1e-6)


@few
@given(st.sampled_from(MODELS), SEEDS, st.integers(2, 3))
def test_planted_groups_of_items_stay_together(model: RecommenderSpec, seed: int, groups: int) -> None:
    tables = {"interactions": planted(seed, groups=groups), "items": catalogue(groups)}
    table = item_map(model.fit(tables, as_of=NOON), named=None, seed=seed).table
    group = table["group"].to_numpy()
    assert table.height > 12 * groups
    assert np.mean(group[nearest_of(table.select("x", "y").to_numpy())] == group) >= 0.9


@few
@given(st.sampled_from(EXACT), SEEDS, st.randoms(use_true_random=False))
def test_other_names_in_another_order_give_the_same_map(model: RecommenderSpec, seed: int, chance: Any) -> None:
    rows = planted(seed, groups=2)
    marks = {name: f"{chance.random():.9f}{name}" for name in rows["item_id"].unique().sort()}
    people = {name: f"{chance.random():.9f}{name}" for name in rows["customer_id"].unique().sort()}
    other = rows.with_columns(pl.col("item_id").replace(marks), pl.col("customer_id").replace(people))
    other = other[chance.sample(range(rows.height), rows.height)]
    one, another = (
        item_map(model.fit({"interactions": each}, as_of=NOON), by=None, named=None).table for each in (rows, other)
    )
    back = {new: old for old, new in marks.items()}
    assert another.with_columns(pl.col("item_id", "name").replace(back)).equals(one)


@given(st.sampled_from(all_models(repeats=True)), interactions(), st.integers(1, 3), st.integers(1, 6))
def test_a_map_shows_the_most_wanted_and_nothing_that_few_want(
    model: RecommenderSpec, frame: pl.DataFrame, least: int, n: int
) -> None:
    recommender = model.fit({"interactions": frame, "items": SHOP}, as_of=NOON)
    totals = frame.group_by("customer_id", "item_id").agg(pl.col("weight").sum()).filter(pl.col("weight") > 0)
    counts = dict(totals.group_by("item_id").agg(pl.col("customer_id").n_unique()).iter_rows())
    try:
        table = item_map(recommender, n=n, least_customers=least).table
    except ConfigurationError:
        return
    assert table.height <= n
    assert table["customers"].is_sorted(descending=True)
    assert table["customers"].to_list() == [counts[item] for item in table["item_id"]]
    assert table["customers"].min() >= least  # type: ignore[operator]  # counts are numbers
    assert table.select("x", "y").to_numpy().shape == (table.height, 2)


@given(interactions(), st.booleans())
def test_a_model_that_does_not_say_what_is_alike_has_no_map(frame: pl.DataFrame, popular: bool) -> None:  # noqa: FBT001 (drawn)
    model = Popularity(repeats=True) if popular else BuyAgain(repeats=True)
    with pytest.raises(ConfigurationError, match="does not say which of these items are alike"):
        item_map(model.fit({"interactions": frame}, as_of=NOON), by=None, named=None, least_customers=1)
