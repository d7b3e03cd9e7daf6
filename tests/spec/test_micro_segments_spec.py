"""Segmentations laid over each other, and how they drift."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.segmentation import MicroSegments, drift
from unified_customer.testing.segment_strategies import assignments

AT = datetime(2026, 3, 1, tzinfo=UTC)
Put = Callable[[pl.DataFrame], Any]
Layers = dict[str, pl.DataFrame]
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
layers = st.fixed_dictionaries({name: assignments() for name in ("rfm", "stage", "value")})
specs = st.builds(
    MicroSegments,
    of=st.sampled_from((("rfm",), ("rfm", "stage"), ("value", "stage", "rfm"))),
    least=st.integers(1, 12),
    small=st.sampled_from(("merge", "suppress")),
)


def segments(spec: MicroSegments, found: Layers, put: Put = lambda frame: frame) -> dict[str, str]:
    fitted = spec.fit({name: put(frame) for name, frame in found.items()}, as_of=AT)
    return dict(collected(opened(fitted.table)).select("customer_id", "segment").iter_rows())


@given(specs, layers)
def test_everybody_of_any_segmentation_is_in_one_cell(spec: MicroSegments, found: Layers) -> None:
    table = spec.fit(found, as_of=AT).table
    everybody = pl.concat([found[name]["customer_id"] for name in spec.of]).unique()
    assert sorted(table["customer_id"]) == sorted(everybody)
    assert table["segment"].null_count() == 0


@given(specs, layers)
def test_no_cell_is_smaller_than_allowed_but_the_rest(spec: MicroSegments, found: Layers) -> None:
    counted = Counter(segments(spec, found).values())
    assert all(size >= spec.least for label, size in counted.items() if label != "other")


@given(specs, layers)
def test_cells_that_are_large_enough_stand_alone(spec: MicroSegments, found: Layers) -> None:
    table = spec.fit(found, as_of=AT).table
    parts = dict(zip(table["customer_id"], table.select(spec.of).iter_rows(), strict=True))
    large = {cell for cell, size in Counter(parts.values()).items() if size >= spec.least}
    labels = dict(table.select("customer_id", "segment").iter_rows())
    assert all(labels[who] == " · ".join(cell) for who, cell in parts.items() if cell in large)


@given(specs, layers)
def test_merging_leaves_fewer_in_the_rest_than_suppressing(spec: MicroSegments, found: Layers) -> None:
    rest = {
        small: Counter(segments(spec.model_copy(update={"small": small}), found).values())["other"]
        for small in ("merge", "suppress")
    }
    assert rest["merge"] <= rest["suppress"]


@given(assignments())
def test_a_segmentation_laid_over_nothing_is_itself(frame: pl.DataFrame) -> None:
    assert segments(MicroSegments(of=("rfm",), least=1), {"rfm": frame}) == dict(frame.iter_rows())


@given(specs, layers, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_cell(spec: MicroSegments, found: Layers, random: Any) -> None:
    mixed = {name: frame[random.sample(range(frame.height), frame.height)] for name, frame in found.items()}
    assert segments(spec, mixed) == segments(spec, found)


@given(spec=specs, found=layers)
@few_on_each_engine
def test_the_engine_changes_no_cell(engine: Put, spec: MicroSegments, found: Layers) -> None:
    assert segments(spec, found, put=engine) == segments(spec, found)


@given(specs, layers)
def test_assigning_what_was_fitted_equals_fitting(spec: MicroSegments, found: Layers) -> None:
    fitted = spec.fit(found, as_of=AT)
    assert fitted.assign(found, as_of=AT).sort("customer_id").equals(fitted.table.sort("customer_id"))


@given(specs, layers, layers)
def test_others_are_assigned_to_cells_that_are_known(spec: MicroSegments, found: Layers, others: Layers) -> None:
    fitted = spec.fit(found, as_of=AT)
    assert set(fitted.assign(others, as_of=AT)["segment"]) <= {*fitted.learned.labels, "other"}


@given(specs, layers)
def test_remembered_segmentations_give_the_same_cells(spec: MicroSegments, found: Layers) -> None:
    entered = pl.lit(datetime(2026, 2, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC")).alias("entered_at")
    rows = [frame.select("*", entered, segmentation=pl.lit(name)) for name, frame in found.items()]
    past = pl.concat(rows).with_columns(entered_at=pl.col("entered_at").dt.offset_by("-9d"), segment=pl.lit("0 was"))
    memberships = pl.concat([past.filter(pl.col("segment").is_not_null()), *rows])
    assert segments(spec, {"memberships": memberships}) == segments(spec, found)


@given(assignments(), assignments(), st.integers(1, 6))
def test_sizes_before_with_who_came_and_went_are_those_after(
    before: pl.DataFrame, after: pl.DataFrame, least: int
) -> None:
    table = drift(before, after, least=least).table
    known = table.filter(pl.col("came").is_not_null())
    assert (known["before"] + known["came"] - known["went"]).equals(known["after"].alias("before"), check_names=False)
    assert (table["before"].sum(), table["after"].sum()) == (before.height, after.height)


@given(assignments(), assignments(), st.integers(1, 6))
def test_drift_tells_of_no_small_segment_or_flow(before: pl.DataFrame, after: pl.DataFrame, least: int) -> None:
    table = drift(before, after, least=least).table
    named = table.filter(pl.col("segment") != "other")
    assert all(max(row) >= least for row in named.select("before", "after").iter_rows())
    assert not any(0 < flow < least for name in ("came", "went") for flow in table[name].drop_nulls())


@given(assignments(min_size=1))
def test_nothing_drifts_from_a_date_to_itself(frame: pl.DataFrame) -> None:
    found = drift(frame, frame, least=1)
    assert found.stability == pytest.approx(0)
    assert found.table["came"].sum() == 0


@given(assignments(), assignments())
def test_drift_is_as_large_in_the_other_direction(before: pl.DataFrame, after: pl.DataFrame) -> None:
    there, back = drift(before, after, least=1), drift(after, before, least=1)
    assert there.stability == (None if back.stability is None else pytest.approx(back.stability))


@given(specs)
def test_a_spec_loads_back_equal(spec: MicroSegments) -> None:
    assert MicroSegments.from_json(spec.to_json()) == spec
