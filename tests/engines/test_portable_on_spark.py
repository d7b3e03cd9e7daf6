"""Civil times and periods on Spark are those of Polars."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from unified_customer.engines.portable import Calendar, before, civil, collected, day_number, given_back, opened

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
CALENDAR = Calendar(zone="Europe/Berlin", week_start="sunday", fiscal_month=4)


def worked_out(native: Any) -> pl.DataFrame:
    kept = before(opened(native), "at", as_of=datetime(2026, 11, 20, tzinfo=UTC), zone=CALENDAR.zone)
    local = civil(kept, "at", "on", zone=CALENDAR.zone)
    week = CALENDAR.counted(nw.col("at"), "week")
    quarter = CALENDAR.counted(nw.col("at"), "quarter")
    return collected(local.with_columns(day=day_number(nw.col("on")), week=week, quarter=quarter)).sort("id")


def test_spark_counts_days_as_polars_does(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    hours = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(24 * 300)]
    frame = pl.DataFrame({"id": range(len(hours)), "at": hours}, schema_overrides={"at": pl.Datetime("us", "UTC")})
    frame = frame.with_columns(on=pl.col("at").dt.date(), amount=pl.col("id").cast(pl.Decimal(18, 4)))
    there = on_spark(frame)
    assert worked_out(there).equals(worked_out(frame))
    assert type(given_back(opened(there), like=there)) is type(there)
