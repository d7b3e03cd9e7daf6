"""KPIs on Spark are what they are on Polars."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.analytics import KPIS, Scorecard
from unified_customer.engines.portable import Calendar

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = datetime(2026, 5, 20, tzinfo=UTC)
NAMES = (
    "Product Viewed", "Order Completed", "Email Sent", "Email Opened", "Email Link Clicked", "Unsubscribed",
    "Subscription Started", "Subscription Cancelled",
)  # fmt: skip


def tables() -> dict[str, pl.DataFrame]:
    """Return what forty people did about the change of the clock."""
    places = range(400)
    events = pl.DataFrame(
        {
            "customer_id": [f"c{place * 7 % 40}" if place % 9 else None for place in places],
            "anonymous_id": [f"v{place % 30}" for place in places],
            "name": [NAMES[place * place % 23 % 8] for place in places],
            "occurred_at": [START + timedelta(hours=8 * place, microseconds=place) for place in places],
            "object_id": [f"m{place % 6}" for place in places],
            "channel": [("paid_search", "direct", None)[place % 5 % 3] for place in places],
            "amount": [place % 9 + 0.5 for place in places],
        }
    )
    orders = events.select("customer_id", "channel", "amount", ordered_at=pl.col("occurred_at") + timedelta(hours=3))
    answers = events.select(
        "customer_id", instrument=pl.lit("nps"), question=pl.lit("q"), value=pl.int_range(pl.len()) % 11,
        answered_at="occurred_at",
    )  # fmt: skip
    spend = pl.DataFrame(
        {
            "period_start": [date(2026, 2, 3)],
            "period_end": [date(2026, 4, 2)],
            "channel": ["paid_search"],
            "amount": [90.0],
        }
    )
    return {"orders": orders, "events": events, "answers": answers, "spend": spend}


def test_a_scorecard(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    spec = Scorecard(calendar=Calendar(zone="America/New_York"), min_customers=1, churn_days=20)
    here, there = spec.fit(tables(), as_of=AS_OF), spec.fit({k: on_spark(v) for k, v in tables().items()}, as_of=AS_OF)
    assert here.retained == "contracts"
    assert set(KPIS) - set(here.kpis) == {"csat"}
    assert_frame_equal(there.table, here.table, rel_tol=1e-9, abs_tol=1e-7)
