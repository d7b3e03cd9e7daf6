"""Recommendations: what every model promises of its lists."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations import ALS, BPR, EASE, Hybrid, Neighbours, Recommender
from unified_customer.recommendations.histories import WEIGHT, Histories, Names, gathering, order
from unified_customer.recommendations.histories.order import shapes
from unified_customer.recommendations.models.spec import RecommenderSpec
from unified_customer.recommendations.rules import Rules
from unified_customer.recommendations.serving.best import best
from unified_customer.testing.recommendation_strategies import (
    CUSTOMERS,
    ITEMS,
    NOON,
    interactions,
    models,
    small_models,
)

Pairs = dict[tuple[str, str], float]
CLOSE: dict[str, Any] = {"rel_tol": 1e-3, "abs_tol": 1e-4}


def fitted(model: RecommenderSpec, frame: pl.DataFrame | pl.LazyFrame) -> Recommender:
    return model.fit({"interactions": frame}, as_of=NOON)


def totals(frame: pl.DataFrame) -> Pairs:
    found: Pairs = defaultdict(float)
    for customer, item, _, weight in frame.iter_rows():
        found[customer, item] += weight
    return found


def scores(recommender: Recommender) -> pl.DataFrame:
    size = len(recommender.items)
    found = recommender.recommend(n=size, repeats=True).table
    return found.select("customer_id", "item_id", "score").sort("customer_id", "item_id")


def same_scores(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert_frame_equal(one, other, check_exact=False, **CLOSE)


@given(models(), interactions(), st.integers(1, 9))
def test_a_list_has_n_different_items_or_says_how_many_are_missing(model: Any, frame: pl.DataFrame, n: int) -> None:
    found = fitted(model, frame).recommend(n=n)
    lists = found.table.group_by("customer_id").agg(got=pl.len(), different=pl.col("item_id").n_unique())
    whole = frame.select(pl.col("customer_id").unique()).join(lists, on="customer_id", how="left").fill_null(0)
    told = whole.join(found.shortfall, on="customer_id", how="left").with_columns(pl.col("missing").fill_null(0))
    assert (told["got"] == told["different"]).all()
    assert (told["got"] + told["missing"] == n).all()


@given(models(repeats=False), interactions())
def test_without_repeats_nobody_is_told_of_what_he_has(model: Any, frame: pl.DataFrame) -> None:
    table = fitted(model, frame).recommend(n=9).table
    assert table.join(frame, on=["customer_id", "item_id"], how="semi").is_empty()


@given(models(repeats=True), interactions())
def test_with_repeats_every_item_is_in_a_list_that_is_long_enough(model: Any, frame: pl.DataFrame) -> None:
    table = fitted(model, frame).recommend(n=len(ITEMS)).table
    assert table.height == frame["customer_id"].n_unique() * frame["item_id"].n_unique()


@given(models(), interactions())
def test_ranks_are_whole_and_scores_fall(model: Any, frame: pl.DataFrame) -> None:
    for _, each in fitted(model, frame).recommend(n=9).table.group_by("customer_id", maintain_order=True):
        assert each["rank"].to_list() == list(range(1, each.height + 1))
        assert each["score"].is_sorted(descending=True)


@given(models(), interactions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_part_in_it(model: Any, frame: pl.DataFrame, chance: Any) -> None:
    order = list(range(frame.height))
    chance.shuffle(order)
    same_scores(scores(fitted(model, frame[order])), scores(fitted(model, frame)))


@given(models(), interactions())
def test_other_names_give_the_same_answer_under_other_names(model: Any, frame: pl.DataFrame) -> None:
    people = {name: f"{9 - place}{name}" for place, name in enumerate(CUSTOMERS)}
    things = {name: f"{9 - place}{name}" for place, name in enumerate(ITEMS)}
    other = frame.with_columns(pl.col("customer_id").replace(people), pl.col("item_id").replace(things))
    back = {new: old for old, new in (people | things).items()}
    assume(not isinstance(model, BPR) or all_told_apart(fitted(model, frame).histories))
    answer = scores(fitted(model, other)).with_columns(pl.col("customer_id", "item_id").replace(back))
    same_scores(answer.sort("customer_id", "item_id"), scores(fitted(model, frame)))


def all_told_apart(histories: Histories) -> bool:
    sizes = len(histories), len(histories.items)
    columns = histories.places.astype(np.int64)
    found = shapes(histories.rows, columns, histories.values(WEIGHT), sizes=sizes)
    return all(len(np.unique(marks)) == size for marks, size in zip(found, sizes, strict=True))


@given(models(), interactions())
def test_one_customer_is_told_the_same_alone_as_among_others(model: Any, frame: pl.DataFrame) -> None:
    recommender = fitted(model, frame)
    together = recommender.recommend(n=4).table
    alone = [recommender.recommend([name], n=4).table for name in recommender.customers]
    keys = ["customer_id", "rank"]
    assert_frame_equal(pl.concat(alone).drop("item_id").sort(keys), together.drop("item_id").sort(keys), **CLOSE)


@given(models(), interactions(), st.integers(1, 5))
def test_batches_hold_the_same_lists(model: Any, frame: pl.DataFrame, n: int) -> None:
    recommender = fitted(model, frame)
    whole = recommender.recommend(n=n)
    parts = list(recommender.batches(n=n))
    assert pl.concat(part.table for part in parts).equals(whole.table)
    assert pl.concat(part.shortfall for part in parts).equals(whole.shortfall)


@given(models(), interactions(), st.integers(1, 5), st.sets(st.sampled_from(ITEMS)))
def test_what_is_denied_is_on_no_list(model: Any, frame: pl.DataFrame, n: int, denied: set[str]) -> None:
    recommender = fitted(model, frame)
    rules = Rules(deny=tuple(denied))
    found = recommender.recommend(n=n, rules=rules)
    on_page = recommender.recommend(context=[ITEMS[0]], n=n, rules=rules)
    assert not denied & {*found.table["item_id"], *on_page.table["item_id"]}
    assert recommender.recommend(n=n, rules=recommender.prepare(rules)).table.equals(found.table)
    lists = dict(found.table.group_by("customer_id").len().iter_rows())
    short = dict(found.shortfall.select("customer_id", "missing").iter_rows())
    assert all(lists.get(name, 0) + short.get(name, 0) == n for name in recommender.customers)


@given(models(), interactions(), st.sets(st.sampled_from(CUSTOMERS)))
def test_a_model_kept_to_some_holds_them_and_nobody_else(model: Any, frame: pl.DataFrame, some: set[str]) -> None:
    recommender = fitted(model, frame)
    kept = recommender.only(some)
    assert set(kept.customers) == some & set(recommender.customers)
    assert kept.recommend(n=3).table.equals(
        recommender.recommend(recommender.customers.filter(recommender.customers.is_in(list(some))), n=3).table
    )


@given(models(), interactions())
def test_who_is_not_in_the_data_is_in_no_list(model: Any, frame: pl.DataFrame) -> None:
    found = fitted(model, frame).recommend(["nobody", *CUSTOMERS], n=2)
    there = set(frame["customer_id"])
    assert set(found.table["customer_id"]) <= there
    assert set(found.shortfall.filter(pl.col("missing") == 2)["customer_id"]) >= {"nobody", *CUSTOMERS} - there


@given(models(), interactions(least=4))
def test_who_is_taken_out_is_gone_and_others_stay_as_they_are(model: Any, frame: pl.DataFrame) -> None:
    recommender = fitted(model, frame)
    gone = recommender.customers[0]
    left = recommender.without([gone])
    assert gone not in left.customers
    same_scores(scores(left), scores(recommender).filter(pl.col("customer_id") != gone))
    parts = (left.scorer, *getattr(left.scorer, "parts", {}).values())
    assert all(part.people.shape[0] == len(left.customers) for part in parts if hasattr(part, "people"))


@given(interactions())
def test_a_whole_history_folded_in_gives_the_vector_that_was_fitted(frame: pl.DataFrame) -> None:
    recommender = fitted(ALS(repeats=True, factors=3, threads=1), frame)
    known: Any = recommender.scorer
    np.testing.assert_allclose(known.folded(recommender.histories), known.people, atol=2e-3)


PAIRS = BPR(repeats=True, factors=3, iterations=4, ridge=0.5)


@given(interactions())
def test_pairs_are_drawn_alike_every_time(frame: pl.DataFrame) -> None:
    one, other = (fitted(PAIRS, frame).scorer for _ in range(2))
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("items", "spread"))


@given(interactions())
def test_the_same_history_is_told_the_same_whether_or_not_it_was_learned_from(frame: pl.DataFrame) -> None:
    recommender = fitted(PAIRS, frame)
    twins = pl.concat([frame, frame.with_columns(pl.format("twin of {}", "customer_id").alias("customer_id"))])
    told = scores(recommender.updated({"interactions": twins}, as_of=NOON))
    twin = pl.col("customer_id").str.starts_with("twin of ")
    back = told.filter(twin).with_columns(pl.col("customer_id").str.strip_prefix("twin of "))
    same_scores(back, told.filter(~twin))


@given(interactions(), st.sampled_from((0.5, 5.0)))
def test_a_customer_is_where_the_squares_over_all_pairs_are_least(frame: pl.DataFrame, ridge: float) -> None:
    recommender = fitted(PAIRS.model_copy(update={"ridge": ridge}), frame)
    wanted = recommender.histories.matrix(recommender.histories.once()).toarray()
    share, items = wanted.sum(axis=0) / wanted.sum(), recommender.scorer.items.astype(np.float64)  # type: ignore[attr-defined]
    spread = float(share @ (items[:, :-1] ** 2).sum(axis=1)) / 3 or 1.0
    for row, vector in zip(wanted, recommender.scorer.vectors(recommender.histories), strict=True):  # type: ignore[attr-defined]
        pairs = [(one, other) for one in np.flatnonzero(row) for other in np.flatnonzero(share)]
        apart = np.array([items[one] - items[other] for one, other in pairs]).reshape(-1, items.shape[1])
        weight = np.array([share[other] for _, other in pairs])
        left = (apart[:, :-1] * weight[:, None]).T @ apart[:, :-1] + ridge * spread * max(row.sum(), 1) * np.eye(3)
        right = (apart[:, :-1] * weight[:, None]).T @ (PAIRS.margin - apart[:, -1])
        np.testing.assert_allclose(vector[:-1], np.linalg.solve(left, right), rtol=1e-3, atol=1e-3)


@given(interactions())
def test_what_was_sent_back_is_never_one_of_a_pair(frame: pl.DataFrame) -> None:
    recommender = fitted(PAIRS, frame)
    whole = recommender.histories
    wanted = whole.only(whole.values(WEIGHT) > 0)
    assert np.array_equal(recommender.scorer.scores(whole), recommender.scorer.scores(wanted))
    unwanted = np.bincount(wanted.places, minlength=len(whole.items)) == 0
    assert not recommender.scorer.scores(whole)[:, unwanted].any()


@given(st.sampled_from(small_models(True)[2:]), interactions(least=4))
def test_what_led_to_a_score_adds_up_to_it(model: Any, frame: pl.DataFrame) -> None:
    parts = (
        {name: part for name, part in (model.parts or {}).items() if name != "Popularity"}
        if isinstance(model, Hybrid)
        else {}
    )
    model = Hybrid(repeats=True, parts=parts, weights=dict.fromkeys(parts, 1.0)) if parts else model
    recommender = fitted(model, frame)
    for row in range(len(recommender.customers)):
        history = recommender.histories.taken(np.array([row]))
        told = recommender.scorer.scores(history)[0]
        added = [recommender.scorer.evidence(history, place).sum() for place in range(len(recommender.items))]
        np.testing.assert_allclose(added, told, atol=2e-2, rtol=2e-2)


@given(interactions(), st.sampled_from((0.0, 0.5)), st.sampled_from((1, 3, 50)))
def test_customers_with_other_items_do_not_change_neighbours(frame: pl.DataFrame, customer: float, size: int) -> None:
    model = Neighbours(repeats=True, customer=customer, size=size)
    strangers = frame.with_columns(pl.format("other {}", each).alias(each) for each in ("customer_id", "item_id"))
    before, after = fitted(model, frame), fitted(model, pl.concat([frame, strangers]))
    told = scores(after).join(scores(before), on=["customer_id", "item_id"], how="semi")
    same_scores(told.sort("customer_id", "item_id"), scores(before))


@given(interactions(returns=False), st.sampled_from((1.0, 20.0)))
def test_ease_is_the_inverse_that_it_is_in_closed_form(frame: pl.DataFrame, regularization: float) -> None:
    recommender = fitted(EASE(repeats=True, regularization=regularization, customer=0), frame)
    wanted = recommender.histories.matrix(recommender.histories.once()).toarray()
    inverse = np.linalg.inv(wanted.T @ wanted + regularization * np.eye(wanted.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    np.testing.assert_allclose(recommender.scorer.scores(recommender.histories), wanted @ weights, atol=1e-4)


@given(models(), interactions(), st.integers(1, 4))
def test_items_are_like_others_and_never_like_themselves(model: Any, frame: pl.DataFrame, n: int) -> None:
    told = fitted(model, frame).similar(ITEMS, n=n)
    assert (told["item_id"] != told["similar_item_id"]).all()
    assert (told["score"] > 0).all()
    assert told.group_by("item_id").len()["len"].max() in {None, *range(n + 1)}


@given(models(), interactions(), st.lists(st.sampled_from([*ITEMS, "unheard of"]), unique=True))
def test_a_given_list_is_put_into_the_order_of_scores(model: Any, frame: pl.DataFrame, items: list[str]) -> None:
    recommender = fitted(model, frame)
    for customer in (None, recommender.customers[0]):
        ranked = recommender.rank(customer, items)
        assert sorted(ranked["item_id"]) == sorted(items)
        assert ranked["score"].drop_nulls().is_sorted(descending=True)
        assert ranked["score"].is_null().to_list() == sorted(
            item not in set(frame["item_id"]) for item in ranked["item_id"]
        )


@given(models(), interactions(least=4), st.integers(1, 60))
def test_brought_up_to_date_histories_are_those_of_all_that_happened(
    model: Any, frame: pl.DataFrame, days: int
) -> None:
    cut = NOON - timedelta(days=days)
    early = frame.filter(pl.col("occurred_at") < cut)
    if max(totals(early).values(), default=0) <= 0:
        with pytest.raises(ConfigurationError):
            model.fit({"interactions": early}, as_of=cut)
        return
    updated = model.fit({"interactions": frame}, as_of=cut).updated({"interactions": frame}, as_of=NOON)
    known = frame.filter(pl.col("item_id").is_in(early["item_id"].implode()))
    whole = fitted(model, known) if max(totals(known).values(), default=0) > 0 else None
    if whole is not None:
        keys = ["customer_id", "item_id"]
        told = updated.histories.pairs().sort(keys)
        assert_frame_equal(
            told, whole.histories.pairs().sort(keys), check_column_order=False, rel_tol=1e-4, abs_tol=1e-4
        )


@given(interactions())
def test_histories_are_what_counting_by_hand_gives(frame: pl.DataFrame) -> None:
    pairs = fitted(small_models(True)[0], frame).histories.pairs()
    told = {
        (customer, item): weight
        for customer, item, weight in pairs.select("customer_id", "item_id", "weight").iter_rows()
    }
    assert told == pytest.approx(totals(frame))
    assert pairs["times"].sum() == frame.height


@given(interactions(), st.integers(1, 9))
def test_how_much_is_worked_on_at_a_time_has_no_part_in_histories(frame: pl.DataFrame, size: int) -> None:
    whole = fitted(small_models(True)[0], frame).histories
    with patch.object(gathering, "_AT_ONCE", size), patch.object(order, "_CHUNK", size):
        in_parts = fitted(small_models(True)[0], frame.lazy()).histories
    assert whole.customers.listed.equals(in_parts.customers.listed)
    assert_frame_equal(in_parts.pairs(), whole.pairs())


@given(models(), interactions(), st.lists(st.sampled_from(ITEMS), unique=True))
def test_a_context_names_nobody_and_reads_nobody(model: Any, frame: pl.DataFrame, items: list[str]) -> None:
    recommender = fitted(model, frame)
    found = recommender.recommend(context=items, n=3, repeats=False)
    assert found.table["customer_id"].is_null().all()
    assert not set(found.table["item_id"]) & set(items)
    same = recommender.without(recommender.customers).recommend(context=items, n=3, repeats=False)
    assert_frame_equal(found.table, same.table, **CLOSE)


@given(st.integers(0, 2**32), st.integers(1, 400), st.sampled_from((1, 2, 300)), st.integers(1, 7), st.floats(0, 1))
def test_the_best_are_those_of_sorting_by_hand(seed: int, columns: int, values: int, n: int, share: float) -> None:
    chance = np.random.default_rng(seed)
    rows = chance.integers(-1, values, (3, columns)).astype(np.float32)
    allowed = chance.random(rows.shape) < share
    for row, told, places in zip(rows, allowed, best(rows.copy(), n, allowed).tolist(), strict=True):
        order = sorted(np.flatnonzero(told).tolist(), key=lambda place: (-row[place], place))[:n]
        assert places == [*order, *[-1] * (min(n, columns) - len(order))]


@given(st.lists(st.text(max_size=3), unique=True, max_size=12), st.lists(st.text(max_size=3) | st.none(), max_size=20))
def test_the_place_of_a_name_is_where_it_stands(names: list[str], asked: list[str | None]) -> None:
    there = Names(pl.Series(names, dtype=pl.String))
    wanted = [names.index(name) if name in names else -1 for name in [*names, *asked]]
    assert there.places(pl.Series([*names, *asked], dtype=pl.String)).tolist() == wanted
    assert [there.places(pl.Series([name], dtype=pl.String)).item() for name in [*names, *asked]] == wanted
