"""Audiences on Spark: one job for many rules."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from unified_customer.engines.portable import collected
from unified_customer.segmentation.audiences import (
    Age,
    Answered,
    Audience,
    Between,
    Birthday,
    Bought,
    Condition,
    Consents,
    Did,
    Earlier,
    FromToday,
    InSegment,
    Last,
    Or,
    Rule,
    Score,
    Sequence,
    Span,
    Step,
    Trait,
)
from unified_customer.segmentation.audiences.compiling.evaluation import evaluated, named_leaves
from unified_customer.testing.audience_strategies import MAIL, SCHEMAS
from unified_customer.testing.purchase_strategies import FIRST

NOW = FIRST + timedelta(days=10, hours=3)
RULES: tuple[Rule, ...] = (
    Trait("country", "ne", "DE"),
    Trait("sources", "contains", "crm"),
    Trait("first_observed_at", "ge", FromToday(-5)),
    Trait("traits.size", "between", (1, 2.5)),
    Trait("traits.joined", "lt", FromToday()),
    Age(at_least=26),
    Birthday(within_days=7),
    Did("A", at_least=1, within=Last(days=7), where=(Condition("properties.price", "ge", 0.2),)),
    Did(measure="total", at_least=0.3),
    Did(measure="mean", of="properties.price", at_most=1),
    Sequence("A", Step("B", within=Span(days=8)), Step("C", negated=True, within=Span(hours=12))),
    Sequence(Step("C", negated=True), "A", "B", within=Earlier(days=1)),
    Bought(category="Garden", at_least=1, within=Between(date(2026, 1, 2))),
    Bought(measure="mean", at_least=3),
    InSegment("rfm", "a", days_ago=1),
    Score("churn", "ge", 0.5),
    Answered("q", where=(Condition("value", "ge", 9),)),
    Consents(MAIL),
)


def shop() -> dict[str, pl.DataFrame]:
    """Return tables of forty customers, each with a life of its own."""
    people = [f"c{number:02}" for number in range(40)]
    at = [FIRST + timedelta(hours=5 * number % 260) for number in range(160)]
    events = [
        (people[n % 37], "ABC"[n % 3], at[n], Decimal(n % 7) / 10, None if n % 4 else f'{{"price": {n % 5 / 10}}}')
        for n in range(160)
    ]
    lines = [
        (people[n % 30], "till", f"o{n // 2}", at[n], "sale" if n % 5 else "cancellation", "i1",
         ("Garden > Tools", "Gardening", None)[n % 3], None, Decimal(1 if n % 5 else -1), Decimal(n % 9))
        for n in range(80)
    ]  # fmt: skip
    rows: dict[str, list[Any]] = {
        "customers": [
            (who, ("DE", "FR", None)[n % 3], date(1990 + n % 20, 1 + n % 12, 1 + n % 28), at[n], ["crm"][: n % 2],
             (None, '{"size": 2}', '{"size": "large", "joined": "2026-01-04"}')[n % 3])
            for n, who in enumerate(people)
        ],
        "events": events,
        "order_lines": lines,
        "memberships": [("rfm", "ab"[n % 2], people[n], at[n], None if n % 3 else at[n + 9]) for n in range(20)],
        "scores": [("churn", people[n % 25], at[n], n % 10 / 10) for n in range(50)],
        "answers": [(people[n % 20], "nps", "q", at[n], float(n % 11), None) for n in range(40)],
        "permitted": [(who, MAIL, None) for who in people[::2]],
    }  # fmt: skip
    return {name: pl.DataFrame(told, schema=SCHEMAS[name], orient="row") for name, told in rows.items()}


def told(audience: Audience, tables: Mapping[str, Any]) -> pl.DataFrame:
    """Return of whom each rule holds."""
    frame = collected(evaluated(audience.rule, audience.seen(tables, as_of=NOW), base="customers"))
    return frame.select("customer_id", *named_leaves(audience.rule).values()).sort("customer_id")


@pytest.mark.needs_java
@pytest.mark.slow
def test_every_rule_holds_of_the_same_customers_on_spark(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    audience = Audience(name="some", rule=Or(*RULES), zone="America/New_York")
    tables = shop()
    there = {name: on_spark(frame) for name, frame in tables.items()}
    found = told(audience, there)
    assert found.equals(told(audience, tables))
    assert all(0 < found[name].sum() < found.height for name in named_leaves(audience.rule).values())


@pytest.mark.needs_java
@pytest.mark.slow
def test_an_audience_on_spark_is_brought_up_to_date_there(on_spark: Callable[[pl.DataFrame], Any]) -> None:
    audience = Audience(name="some", rule=Did("A", within=Last(days=2)), base="events")
    tables = {name: shop()[name] for name in audience.needs}
    there = {name: on_spark(frame) for name, frame in tables.items()}
    later: datetime = NOW + timedelta(days=1)
    updated = audience.fit(there, as_of=NOW).updated(there, as_of=later)
    assert type(updated.table) is type(there["events"])
    assert (
        updated.rows()["memberships"]
        .sort("customer_id")
        .equals(audience.fit(tables, as_of=later).rows()["memberships"].sort("customer_id"))
    )
