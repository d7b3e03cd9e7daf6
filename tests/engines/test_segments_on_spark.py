"""Segments on Spark are those of Polars."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from unified_customer.engines.portable import collected, opened
from unified_customer.methods.money import Money
from unified_customer.segmentation import (
    RFM,
    Breadth,
    ByPAlive,
    ByRhythm,
    Demographic,
    Lifecycle,
    PreferredChannel,
    UsageTrend,
    ValueTiers,
    transitions,
)

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
START, END = datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
ZONE = "Europe/Berlin"
MONEY = Money(currency="EUR", rates={"USD": Decimal("0.92")})
SPECS = (
    RFM(zone=ZONE, money=MONEY),
    RFM(scoring="ntile", monetary="mean", returns="gross", zone=ZONE, money=MONEY),
    Lifecycle(zone=ZONE),
    Lifecycle(by=ByRhythm(), zone=ZONE),
    Lifecycle(by=ByPAlive(), zone=ZONE),
    ValueTiers(money=MONEY),
    Demographic(by=("age", "gender"), least=3, zone=ZONE),
    UsageTrend(window_days=60),
    Breadth(),
    PreferredChannel(),
)


def order_lines() -> pl.DataFrame:
    """Return lines of 60 customers, about the change of the clock too; some came back."""
    rows = [
        (f"c{(7 * n) % 60}", "shop", f"o{n}", START + timedelta(hours=(n * n * 13) % 9900), "return" if n % 11 == 0 else "sale",
         -1 if n % 11 == 0 else 2, (n * 37 % 400) / 10 * (-1 if n % 11 == 0 else 1), "USD" if n % 3 else "EUR")
        for n in range(600)
    ]  # fmt: skip
    names = ("customer_id", "source", "order_id", "occurred_at", "kind", "quantity", "amount", "currency")
    money = {"quantity": pl.Decimal(18, 4), "amount": pl.Decimal(18, 4), "occurred_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides=money)


def tables() -> dict[str, pl.DataFrame]:
    people = [(f"c{n}", date(1940 + n, 1 + n % 12, 1 + n % 28), ("female", "male", None)[n % 3]) for n in range(70)]
    events = order_lines().select(
        "customer_id", "occurred_at", channel=pl.col("currency"), name=pl.col("quantity").cast(pl.String)
    )
    described = pl.DataFrame(people, schema=["customer_id", "birth_date", "gender"], orient="row")
    return {"order_lines": order_lines(), "events": events, "customers": described}


def told(native: Any) -> pl.DataFrame:
    frame = collected(opened(native)).sort("customer_id")
    return frame.select(sorted(frame.columns)).with_columns(pl.col(pl.Float64).round(6))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{type(spec).__name__}")
def test_spark_assigns_as_polars_does(on_spark: Callable[[pl.DataFrame], Any], spec: Any) -> None:
    here = spec.fit(tables(), as_of=END)
    there = spec.fit({name: on_spark(frame) for name, frame in tables().items() if name in spec.needs}, as_of=END)
    assert type(there.table).__module__.startswith("pyspark")
    assert told(there.table).equals(told(here.table))


def test_spark_counts_movements_as_polars_does(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    fitted = Lifecycle(zone=ZONE).fit({"order_lines": order_lines()}, as_of=END)
    then = fitted.assign({"order_lines": order_lines()}, as_of=END - timedelta(days=90))
    here = transitions(then, fitted.table)
    there = transitions(on_spark(then), on_spark(fitted.table))
    assert there.table.equals(here.table)
