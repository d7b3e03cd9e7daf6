"""Purchase histories, values and contracts on Spark are those of Polars."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest

from unified_customer.analytics import CLV, SubscriptionValue
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.buy_till_die import purchase_histories
from unified_customer.methods.money import Money

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]
START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=200)


def orders() -> pl.DataFrame:
    chance = Random(2)
    rows = [
        (
            f"c{chance.randrange(40)}",
            START + timedelta(hours=chance.randrange(5400)),
            chance.choice("EU"),
            chance.randrange(-20, 900),
        )
        for _ in range(400)
    ]
    frame = pl.DataFrame(rows, schema=["customer_id", "ordered_at", "currency", "cents"], orient="row")
    return frame.select(
        "customer_id",
        pl.col("ordered_at").cast(pl.Datetime("us", "UTC")),
        currency=pl.col("currency").replace({"E": "EUR", "U": "USD"}),
        amount=(pl.col("cents") / 10).cast(pl.Decimal(18, 4)),
        gain=(pl.col("cents") / 40).cast(pl.Decimal(18, 4)),
    )


def test_values_on_spark_are_those_of_polars(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    here, money = orders(), Money(currency="EUR", rates={"USD": "0.5"})  # type: ignore[dict-item]
    there = on_spark(here)
    zone = "America/New_York"
    one, other = (
        collected(opened(purchase_histories({"orders": each}, as_of=AS_OF, zone=zone, money=money))).sort("customer_id")
        for each in (here, there)
    )
    assert one.drop("spend").equals(other.drop("spend"))
    assert ((one["spend"] - other["spend"]).abs() < 1e-9).all()
    spec = CLV(model="bg_nbd", margin="gain", money=money, zone=zone, seasonal="month", holdout_days=60)
    tables = [spec.fit({"orders": each}, as_of=AS_OF) for each in (here, there)]
    assert (tables[0].table["clv"] - tables[1].table["clv"]).abs().max() < 1e-6  # type: ignore[operator]
    assert tables[0].holdout.table["forecast"].equals(tables[1].holdout.table["forecast"])  # type: ignore[union-attr]


def test_contracts_on_spark_are_those_of_polars(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    lasting = pl.duration(days=pl.col("cents") + 21)
    here = (
        orders()
        .with_columns(cents=(pl.col("amount") * 10).cast(pl.Int64))
        .select(
            "customer_id",
            started_at="ordered_at",
            ended_at=pl.when(pl.col("cents") < 300).then(pl.col("ordered_at") + lasting),
            amount=pl.lit(9.5),
        )
    )
    spec = SubscriptionValue(interval="week", zone="America/New_York")
    one, other = (spec.fit({"subscriptions": each}, as_of=AS_OF).table for each in (here, on_spark(here)))
    assert one.equals(other)
