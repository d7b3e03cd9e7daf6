"""What a fitted result says of itself on a console names nobody."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from unified_customer.analytics import CLV, Cohorts, MonthlyPurchases
from unified_customer.segmentation import RFM, Demographic, Engagement, Lifecycle, UsageTrend, ValueTiers

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
CANARIES = [f"canary-{number}" for number in range(6)]
TABLES: Mapping[str, pl.DataFrame] = {
    "orders": pl.DataFrame(
        {"customer_id": CANARIES * 3, "ordered_at": [datetime(2026, 1 + n % 4, 3, tzinfo=UTC) for n in range(18)], "amount": range(18)}
    ),
    "order_lines": pl.DataFrame(
        {
            "customer_id": CANARIES, "source": "shop", "order_id": CANARIES, "occurred_at": [datetime(2026, 1, 3, tzinfo=UTC)] * 6, "kind": "sale",
            "quantity": 1, "amount": 5, "currency": "EUR",
        }
    ),
    "customers": pl.DataFrame({"customer_id": CANARIES, "gender": "female", "country": "DE", "birth_date": None, "language": "de"}),
    "events": pl.DataFrame(
        {"customer_id": CANARIES, "occurred_at": [datetime(2026, 5, 3, tzinfo=UTC)] * 6, "name": "Page Viewed", "type": "page"}
    ),
}  # fmt: skip
SPECS = [
    RFM(),
    Lifecycle(),
    ValueTiers(),
    UsageTrend(),
    Engagement(),
    Demographic(by=("country",)),
    Cohorts(),
    CLV(),
    MonthlyPurchases(),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
def test_nobody_is_named(spec: Any) -> None:
    needed = {name: TABLES[name] for name in (*spec.needs, "orders") if name in TABLES}
    fitted = spec.fit(needed, as_of=AS_OF)
    assert "canary" not in repr(fitted)
    assert "canary" not in str(fitted)
    assert "canary" not in getattr(fitted, "_repr_html_", str)()


def test_segments_are_told_line_by_line() -> None:
    told = str(RFM().fit({"orders": TABLES["orders"]}, as_of=AS_OF)).splitlines()
    assert told[0] == "RFM segments: 6 customers"
    assert len(told) == 11
    assert str(Engagement().fit(TABLES, as_of=AS_OF)).startswith("Levels of engagement: 6 customers\n")
