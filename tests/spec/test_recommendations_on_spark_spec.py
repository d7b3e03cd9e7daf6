"""What MLlib learns on Spark: the same serving, and lists like those of this machine."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unified_customer.recommendations import ALS, Recommender
from unified_customer.testing.recommendation_strategies import NOON, interactions, planted

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
OnSpark = Callable[[pl.DataFrame], Any]
FEW = settings(
    max_examples=2, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def learned(frame: Any, **fields: Any) -> Recommender:
    told: dict[str, Any] = {"repeats": False, "factors": 3, "iterations": 8, "learner": "spark"} | fields
    return ALS(**told).fit({"interactions": frame}, as_of=NOON)


def lists(recommender: Recommender, n: int) -> dict[str, set[str]]:
    rows = recommender.recommend(n=n).table.group_by("customer_id").agg("item_id").iter_rows()
    return {customer: set(items) for customer, items in rows}


@FEW
@given(frame=interactions(), regularization=st.sampled_from((0.5, 20.0)))
def test_a_whole_history_folded_in_gives_the_vector_that_mllib_fitted(
    on_spark: OnSpark, frame: pl.DataFrame, regularization: float
) -> None:
    recommender = learned(on_spark(frame), regularization=regularization, repeats=True)
    known: Any = recommender.scorer
    np.testing.assert_allclose(known.folded(recommender.histories), known.people, atol=2e-3)


@FEW
@given(seed=st.integers(0, 9))
def test_lists_of_both_learners_are_nearly_the_same(on_spark: OnSpark, seed: int) -> None:
    frame = planted(seed=seed)
    there, here = lists(learned(on_spark(frame)), 5), lists(learned(frame, learner="implicit", threads=1), 5)
    assert set(there) == set(here)
    assert np.mean([len(there[name] & here[name]) / 5 for name in here]) > 0.8


@FEW
@given(seed=st.integers(0, 9))
def test_names_come_from_the_shop_and_where_the_rows_are_has_no_part_in_it(on_spark: OnSpark, seed: int) -> None:
    frame = planted(seed=seed)
    there, here = learned(on_spark(frame)), learned(frame)
    assert set(there.recommend(n=3).table["item_id"]) <= set(frame["item_id"])
    one, other = (np.asarray(each.scorer.items, np.float32) for each in (there, here))  # type: ignore[attr-defined]
    np.testing.assert_allclose(one, other, atol=1e-4)
