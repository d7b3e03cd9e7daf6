"""Segments by recency, frequency and monetary value."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.segmentation import RFM, SegmentRule, SegmentRules
from unified_customer.segmentation.rfm.rules import default_rules
from unified_customer.testing.purchase_strategies import FIRST, moments, order_frames

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
specs = st.builds(
    RFM,
    quantiles=st.integers(2, 6),
    scoring=st.sampled_from(("values", "ntile")),
    monetary=st.sampled_from(("total", "mean")),
    returns=st.sampled_from(("net", "gross")),
    window_days=st.sampled_from((None, 30)),
    zone=st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York")),
)
by_values = specs.filter(lambda spec: spec.scoring == "values")


def scores(native: Any) -> dict[str, tuple[Any, ...]]:
    """Return measures, scores and segment by customer."""
    columns = ("customer_id", "recency", "frequency", "monetary", "r_score", "f_score", "m_score", "segment")
    return {row[0]: row[1:] for row in collected(opened(native)).select(columns).iter_rows()}


def fitted(spec: RFM, orders: Any, as_of: datetime = END) -> dict[str, tuple[Any, ...]]:
    return scores(spec.fit({"orders": orders}, as_of=as_of).table)


@given(specs, order_frames())
def test_everybody_who_bought_is_in_one_segment(spec: RFM, orders: pl.DataFrame) -> None:
    window = pl.col("ordered_at") >= END - timedelta(days=spec.window_days or 1000)
    bought = orders.filter(pl.col("amount") >= 0, window)["customer_id"].drop_nulls().unique().to_list()
    table = spec.fit({"orders": orders}, as_of=END).table
    assert sorted(table["customer_id"]) == sorted(bought)
    assert set(table["segment"]) <= set(spec.rules.names)


@given(st.integers(2, 12))
def test_the_grid_in_common_use_is_total_and_disjoint_for_any_number_of_scores(quantiles: int) -> None:
    scores = range(1, quantiles + 1)
    codes = product(scores, scores, scores)
    rules = default_rules(quantiles)
    assert all(sum(rule.holds(code) for rule in rules.rules) == 1 for code in codes)


@given(st.integers(2, 4), st.data())
def test_a_table_of_rules_with_a_gap_or_an_overlap_is_refused(quantiles: int, data: st.DataObject) -> None:
    cells = [(str(r), str(f)) for r, f in product(range(1, quantiles + 1), repeat=2)]
    rules = [SegmentRule(name=f"{r}{f}", r=r, f=f) for r, f in cells]
    assert SegmentRules(quantiles=quantiles, rules=tuple(rules))
    wrong = data.draw(st.sampled_from(rules))
    changed = data.draw(st.sampled_from([[*rules, wrong], [rule for rule in rules if rule is not wrong]]))
    with pytest.raises(ValidationError, match="Each code must be in one"):
        SegmentRules(quantiles=quantiles, rules=tuple(changed))


@given(specs, order_frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_score(spec: RFM, orders: pl.DataFrame, random: Any) -> None:
    places = list(range(orders.height))
    random.shuffle(places)
    assert fitted(spec, orders) == fitted(spec, orders[places])


@given(spec=specs, orders=order_frames())
@few_on_each_engine
def test_the_engine_changes_no_score(engine: Put, spec: RFM, orders: pl.DataFrame) -> None:
    there, here = fitted(spec, engine(orders)), fitted(spec, orders)
    assert there == {who: (*row[:2], pytest.approx(row[2], rel=1e-9, abs=1e-9), *row[3:]) for who, row in here.items()}


@given(by_values, order_frames())
def test_equal_values_have_equal_scores(spec: RFM, orders: pl.DataFrame) -> None:
    for value, score in ((0, 3), (1, 4), (2, 5)):
        found = defaultdict(set)
        for row in fitted(spec, orders).values():
            found[row[value]].add(row[score])
        assert all(len(given_scores) == 1 for given_scores in found.values())


@given(by_values, order_frames())
def test_a_score_tells_above_how_many_quantiles_a_value_is(spec: RFM, orders: pl.DataFrame) -> None:
    rows = list(fitted(spec, orders).values())
    for value, score, sign in ((0, 3, -1), (1, 4, 1), (2, 5, 1)):
        measured = [sign * row[value] for row in rows]
        shares = [step / spec.quantiles for step in range(1, spec.quantiles)]
        cuts = np.quantile(measured, shares) if measured else []
        assert [row[score] for row in rows] == [1 + sum(each > cut + 1e-6 for cut in cuts) for each in measured]


@given(by_values, order_frames())
def test_no_value_lies_on_a_learned_cut(spec: RFM, orders: pl.DataFrame) -> None:
    found = spec.model_copy(update={"monetary": "total"}).fit({"orders": orders}, as_of=END)
    assert found.cuts is not None
    for measure in ("recency", "frequency", "monetary"):
        assert all(abs(value - cut) > 1e-5 for value in found.table[measure] for cut in getattr(found.cuts, measure))


@given(specs, order_frames())
def test_more_is_never_scored_lower(spec: RFM, orders: pl.DataFrame) -> None:
    rows = list(fitted(spec, orders).values())
    for one, other in product(rows, rows):
        assert one[0] >= other[0] or one[3] >= other[3]
        assert one[1] <= other[1] or one[4] >= other[4]
        assert one[2] <= other[2] or one[5] >= other[5]


@given(specs, order_frames())
def test_scoring_the_training_data_equals_fitting(spec: RFM, orders: pl.DataFrame) -> None:
    found = spec.fit({"orders": orders}, as_of=END)
    assert scores(found.table) == scores(found.assign({"orders": orders}, as_of=END))


@given(by_values, order_frames(), order_frames(), moments())
def test_other_customers_change_no_score_at_fitted_cut_points(
    spec: RFM, orders: pl.DataFrame, others: pl.DataFrame, at: datetime
) -> None:
    strangers = others.with_columns(pl.format("x{}", "customer_id").alias("customer_id"))
    found = spec.fit({"orders": orders}, as_of=END)
    alone = scores(found.assign({"orders": orders}, as_of=at))
    together = scores(found.assign({"orders": pl.concat([orders, strangers])}, as_of=at))
    assert {who: row for who, row in together.items() if not who.startswith("x")} == alone


@given(specs, order_frames(), order_frames(), moments())
def test_the_future_changes_nothing(spec: RFM, orders: pl.DataFrame, future: pl.DataFrame, as_of: datetime) -> None:
    past = orders.filter(pl.col("ordered_at") < as_of)
    later = future.with_columns(ordered_at=pl.col("ordered_at") - FIRST + as_of)
    assert fitted(spec, past, as_of) == fitted(spec, pl.concat([orders, later]), as_of)


@given(order_frames())
def test_measures_are_what_a_plain_count_gives(orders: pl.DataFrame) -> None:
    counted: dict[str, tuple[Any, ...]] = {}
    for who in set(orders["customer_id"].drop_nulls()):
        own = orders.filter(pl.col("customer_id") == who)
        bought = [row for row in own.iter_rows(named=True) if row["amount"] >= 0]
        if bought:
            last = max(row["ordered_at"] for row in bought)
            counted[who] = ((END.date() - last.date()).days, len(bought), float(sum(own["amount"], Decimal(0))))
    found = {who: row[:3] for who, row in fitted(RFM(), orders).items()}
    assert found == {who: (*row[:2], pytest.approx(row[2])) for who, row in counted.items()}


@given(order_frames(min_size=5), st.integers(2, 6))
def test_ranks_make_groups_of_equal_size(orders: pl.DataFrame, quantiles: int) -> None:
    table = RFM(quantiles=quantiles, scoring="ntile").fit({"orders": orders}, as_of=END).table
    assume(table.height > 0)
    for score in ("r_score", "f_score", "m_score"):
        sizes = [(table[score] == tile).sum() for tile in range(1, quantiles + 1)]
        assert sum(sizes) == table.height
        assert max(sizes) - min(sizes) <= 1
        assert sizes == sorted(sizes, reverse=True)


@given(order_frames())
def test_sizes_sum_to_the_customers_and_shares_to_one(orders: pl.DataFrame) -> None:
    found = RFM().fit({"orders": orders}, as_of=END)
    assert found.sizes["customers"].sum() == found.table.height
    assert not found.table.height or found.sizes["share"].sum() == pytest.approx(1)


@given(specs)
def test_a_spec_loads_back_equal(spec: RFM) -> None:
    assert RFM.from_json(spec.to_json()) == spec
