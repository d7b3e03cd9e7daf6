"""Times as people give them: in any zone, as days, and as what is no time."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.analytics import CLV, Cohorts, Scorecard
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.segmentation import RFM, Lifecycle, ValueTiers

AS_OF = datetime(2026, 4, 1, tzinfo=UTC)
ORDERS = pl.DataFrame(
    {
        "customer_id": [f"c{number % 9}" for number in range(40)],
        "ordered_at": [datetime(2026, 1 + number % 3, 1 + number % 28, 23, 30, tzinfo=UTC) for number in range(40)],
        "amount": range(5, 45),
    }
)
SPECS = [RFM(), Lifecycle(), ValueTiers(), Cohorts(min_customers=1), CLV(), Scorecard(min_customers=1)]
named = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)


def told(spec: Any, orders: Any) -> pl.DataFrame:
    table: pl.DataFrame = spec.fit({"orders": orders}, as_of=AS_OF).table
    return table.sort(pl.all())


@named
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_an_instant_is_the_same_in_every_zone(spec: Any, zone: str) -> None:
    away = ORDERS.with_columns(pl.col("ordered_at").dt.convert_time_zone(zone))
    # Polars divides by a column of one value in another way than by any other: the last digit may differ.
    assert_frame_equal(told(spec, away), told(spec, ORDERS), rel_tol=1e-12, abs_tol=1e-12)
    assert_frame_equal(told(spec, away.lazy().collect()), told(spec, ORDERS), rel_tol=1e-12, abs_tol=1e-12)


@named
@pytest.mark.parametrize("kind", [pl.String, pl.Int64])
def test_what_is_no_time_is_named(spec: Any, kind: type[pl.DataType]) -> None:
    plain = ORDERS.with_columns(pl.col("ordered_at").dt.replace_time_zone(None).cast(kind))
    with pytest.raises(SchemaError, match=r"'ordered_at' holds .*, not times"):
        told(spec, plain)


@named
def test_a_day_is_no_instant_to_look_from(spec: Any) -> None:
    with pytest.raises(ConfigurationError, match="as_of is a date"):
        spec.fit({"orders": ORDERS}, as_of=date(2026, 4, 1))


def test_forecasts_over_decades_are_drawn() -> None:
    old = pl.concat([ORDERS, ORDERS.with_columns(pl.col("ordered_at").dt.offset_by("-40y"))])
    fitted = CLV(model="bg_nbd", holdout_days=30).fit({"orders": old}, as_of=AS_OF)
    assert fitted.holdout is not None
    assert fitted.holdout.tracking.height > 1000
    assert "The last 520 weeks." in str(fitted.chart().to_dict())
