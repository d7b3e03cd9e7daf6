"""Lists from an index over items: exact but for what it does not find, and never longer, shorter or less allowed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.recommendations import ALS, BPR, GraphFilter, Recommender
from unified_customer.recommendations.histories import Names
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.serving.by_usearch import graph_of
from unified_customer.recommendations.serving.searching import ItemIndex, index_of
from unified_customer.testing.recommendation_strategies import NOON, interactions, planted

BOUGHT = planted(seed=1, groups=5, customers=120, items=600, each=20)


def fitted(model: RecommenderSpec, frame: pl.DataFrame) -> Recommender:
    return model.fit({"interactions": frame}, as_of=NOON)


EXACT = {
    repeats: [
        fitted(model, BOUGHT)
        for model in (
            ALS(repeats=repeats, factors=8, iterations=4, threads=1),
            BPR(repeats=repeats, factors=8, iterations=20),
            GraphFilter(repeats=repeats, directions=8),
        )
    ]
    for repeats in (False, True)
}
INDEXED = {repeats: [each.indexed() for each in exact] for repeats, exact in EXACT.items()}
PAIRS = [pair for repeats in EXACT for pair in zip(EXACT[repeats], INDEXED[repeats], strict=True)]


@given(st.sampled_from(PAIRS), st.integers(1, 30))
def test_lists_are_as_long_as_those_of_scoring_all(pair: tuple[Recommender, Recommender], n: int) -> None:
    exact, indexed = (each.recommend(n=n) for each in pair)
    assert exact.table.select("customer_id", "rank").equals(indexed.table.select("customer_id", "rank"))
    assert exact.shortfall.equals(indexed.shortfall)


@given(st.sampled_from(PAIRS), st.integers(1, 30))
def test_scores_of_what_is_found_are_exact_and_fall(pair: tuple[Recommender, Recommender], n: int) -> None:
    exact, indexed = pair
    told = indexed.recommend(n=n, repeats=True).table
    every = exact.recommend(n=len(exact.items), repeats=True).table
    joined = told.join(every, on=["customer_id", "item_id"])
    assert joined.height == told.height
    np.testing.assert_allclose(joined["score"], joined["score_right"], rtol=1e-4, atol=1e-5)
    assert all(each["score"].is_sorted(descending=True) for _, each in told.group_by("customer_id"))


@given(st.sampled_from(INDEXED[False]), st.integers(1, 50))
def test_nobody_is_told_of_what_he_has(indexed: Recommender, n: int) -> None:
    assert indexed.recommend(n=n).table.join(BOUGHT, on=["customer_id", "item_id"], how="semi").is_empty()


@given(st.sampled_from(PAIRS), st.integers(1, 20))
def test_nearly_all_of_the_best_is_found_and_how_much_is_told(pair: tuple[Recommender, Recommender], n: int) -> None:
    exact, indexed = (each.recommend(n=n).table for each in pair)
    found = exact.join(indexed, on=["customer_id", "item_id"], how="semi").height / exact.height
    assert pair[1].index is not None
    assert min(found, pair[1].index.recall or 0) >= 0.95


@given(st.integers(0, 9), st.sampled_from((0.0, 0.2, 1.0)))
def test_the_best_is_found_whether_items_are_alike_in_length_or_not(seed: int, spread: float) -> None:
    chance, made = np.random.default_rng(seed), EXACT[False][0]
    people, items = chance.normal(size=(120, 16)), chance.normal(size=(2000, 16))
    items *= chance.lognormal(0, spread, (2000, 1))
    names = Names(pl.Series([f"i{place}" for place in range(2000)]))
    vectors = {"people": people.astype(np.float32), "items": items.astype(np.float32)}
    found = index_of(replace(made.scorer, **vectors), replace(made.histories, items=names), sample=40)  # type: ignore[type-var]
    assert (found.recall or 0) >= 0.95


@given(st.sampled_from(INDEXED[False]), st.integers(1, 20))
def test_an_index_that_is_built_again_finds_the_same(indexed: Recommender, n: int) -> None:
    assert indexed.indexed().recommend(n=n).table.equals(indexed.recommend(n=n).table)


@given(interactions(), st.integers(1, 9))
def test_in_a_small_catalogue_nothing_is_missed(frame: pl.DataFrame, n: int) -> None:
    exact = fitted(ALS(repeats=False, factors=2, iterations=2, threads=1), frame)
    told, all_scored = exact.indexed().recommend(n=n), exact.recommend(n=n)
    assert told.table.drop("score", "item_id").equals(all_scored.table.drop("score", "item_id"))
    np.testing.assert_allclose(told.table["score"], all_scored.table["score"], atol=1e-5)


@given(st.integers(0, 99), st.integers(1, 8))
def test_equal_items_come_in_the_order_of_their_places(seed: int, n: int) -> None:
    vectors = np.random.default_rng(seed).integers(0, 2, (60, 3)).astype(np.float32)
    index = ItemIndex(vectors, graph_of(vectors))
    places, scores = index.best(np.ones(3, np.float32), n, np.arange(0))
    ranked = list(zip(-scores, places, strict=True))
    assert all(one < other for one, other in pairwise(ranked))


@given(st.sampled_from(INDEXED[False]), st.sampled_from(sorted(set(BOUGHT["customer_id"]))))
def test_who_is_taken_out_is_in_no_list_and_others_keep_theirs(indexed: Recommender, gone: str) -> None:
    left = indexed.without([gone]).recommend(n=5).table
    assert left.drop("score").equals(indexed.recommend(n=5).table.filter(pl.col("customer_id") != gone).drop("score"))
