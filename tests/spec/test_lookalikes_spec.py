"""Who is like some customers, and how far that can be told."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.recommendations.lookalikes import FittedLookAlike, LookAlike
from unified_customer.recommendations.lookalikes.judging import judged

AT = datetime(2026, 2, 1, tzinfo=UTC)
SEEDS = st.integers(0, 10_000)

specs = st.builds(
    LookAlike, by=st.sampled_from(("regression", "centre")), directions=st.integers(2, 6), least_members=st.just(20),
    folds=st.integers(2, 4),
)  # fmt: skip


def planted(seed: int, *, apart: float, customers: int = 240) -> dict[str, pl.DataFrame]:
    """Draw what customers of two tastes bought; half of those of the first taste are named as members."""
    chance = np.random.default_rng(seed)
    taste = np.arange(customers) % 2
    liked = np.where(np.arange(12) % 2 == taste[:, None], 1 + apart, 1.0)
    bought = [
        (f"c{who}", f"t{item}")
        for who in range(customers)
        for item in chance.choice(12, size=4, replace=False, p=liked[who] / liked[who].sum())
    ]
    members = [f"c{who}" for who in range(0, customers, 4)]
    rows = pl.DataFrame(bought, schema=["customer_id", "item_id"], orient="row")
    return {"interactions": rows, "members": pl.DataFrame({"customer_id": members})}


def scores(fitted: FittedLookAlike) -> dict[str, float]:
    return dict(fitted.table.rows())


@given(spec=specs, seed=SEEDS)
def test_no_member_is_in_the_audience_and_everybody_else_is_once(spec: LookAlike, seed: int) -> None:
    tables = planted(seed, apart=5)
    found = spec.fit(tables, as_of=AT).audience(share=1.0)["customer_id"].to_list()
    others = set(tables["interactions"]["customer_id"]) - set(tables["members"]["customer_id"])
    assert set(found) == others
    assert len(found) == len(others)


@given(spec=specs, seed=SEEDS, n=st.integers(1, 50))
def test_audiences_are_nested_and_scores_fall(spec: LookAlike, seed: int, n: int) -> None:
    fitted = spec.fit(planted(seed, apart=5), as_of=AT)
    small, large = fitted.audience(n=n), fitted.audience(n=n + 7)
    assert large.head(n).equals(small)
    assert large["score"].is_sorted(descending=True)
    assert large["score"].is_between(0, 1).all()
    assert large["rank"].to_list() == list(range(1, n + 8))


@given(spec=specs, seed=SEEDS, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_customers_change_nothing(spec: LookAlike, seed: int, chance: Any) -> None:
    tables = planted(seed, apart=5)
    moved = {name: frame[chance.sample(range(frame.height), frame.height)] for name, frame in tables.items()}
    renamed = {
        name: frame.with_columns(customer_id=pl.lit("x") + pl.col("customer_id").str.reverse())
        for name, frame in moved.items()
    }
    one, other = (spec.fit(each, as_of=AT) for each in (tables, renamed))
    assert {f"x{who[::-1]}": score for who, score in scores(one).items()} == pytest.approx(scores(other), abs=1e-4)
    assert one.told.auc == pytest.approx(other.told.auc, abs=1e-2)


@given(spec=specs, seed=SEEDS)
def test_what_is_planted_is_found(spec: LookAlike, seed: int) -> None:
    fitted = spec.fit(planted(seed, apart=30), as_of=AT)
    assert fitted.convincing
    first = fitted.audience(n=40)["customer_id"].str.strip_prefix("c").cast(pl.Int64)
    assert (first % 2 == 0).mean() == pytest.approx(1, abs=0.15)


@given(seed=SEEDS)
def test_where_nothing_is_planted_that_is_said(seed: int) -> None:
    fitted = LookAlike(least_members=20, directions=4, confidence=0.9999).fit(planted(seed, apart=0), as_of=AT)
    assert not fitted.convincing
    assert "no better than by chance" in str(fitted)


@given(seed=SEEDS)
def test_customers_are_not_judged_by_what_was_learned_from_them(seed: int) -> None:
    chance = np.random.default_rng(seed)
    names = pl.Series([f"c{place}" for place in range(160)])
    # With as many numbers as this, chance alone tells those apart who were learned from.
    numbers = pl.DataFrame({f"n{place}": chance.standard_normal(160) for place in range(60)})
    tables = {
        "vectors": numbers.with_columns(customer_id=names),
        "members": pl.DataFrame({"customer_id": names.head(50)}),
    }
    assert not LookAlike(confidence=0.9999).fit(tables, as_of=AT).convincing


@given(
    drawn=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), min_size=2, max_size=60).filter(
        lambda rows: len({member for _, member in rows}) == 2
    )
)
def test_the_auc_is_the_share_of_pairs_in_order_and_turns_with_the_scores(drawn: list[Any]) -> None:
    values, members = (np.array(each) for each in zip(*drawn, strict=True))
    pairs = [(one, other) for one in values[members == 1] for other in values[members == 0]]
    expected = np.mean([(one > other) + (one == other) / 2 for one, other in pairs])
    told = judged(values.astype(float), members, confidence=0.95)
    assert told.auc.estimate == pytest.approx(expected)
    assert 0 <= told.auc.low <= told.auc.estimate <= told.auc.high <= 1
    assert judged(-values.astype(float), members, confidence=0.95).auc.estimate == pytest.approx(1 - expected)
    assert told.calibration["customers"].sum() == len(values)


@given(spec=specs, seed=SEEDS, gone=st.sets(st.integers(0, 239), max_size=30))
def test_of_who_is_taken_out_no_score_is_left(spec: LookAlike, seed: int, gone: set[int]) -> None:
    fitted = spec.fit(planted(seed, apart=5), as_of=AT)
    left = fitted.without([f"c{who}" for who in gone])
    assert scores(left) == {who: score for who, score in scores(fitted).items() if int(who[1:]) not in gone}


@given(spec=specs, seed=SEEDS)
def test_nobody_is_in_what_is_shown(spec: LookAlike, seed: int) -> None:
    tables = {
        name: frame.with_columns(customer_id=pl.lit("who-") + pl.col("customer_id"))
        for name, frame in planted(seed, apart=5).items()
    }
    fitted = spec.fit(tables, as_of=AT)
    assert not any("who-" in text for text in (str(fitted), repr(fitted), fitted._repr_html_(), str(fitted.to_body())))
