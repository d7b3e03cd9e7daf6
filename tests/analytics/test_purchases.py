"""Purchases per customer and month, on tables alone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.analytics import MonthlyPurchases
from unified_customer.core.errors import ConfigurationError

END = datetime(2026, 7, 1, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    "customer_id": pl.String,
    "source": pl.String,
    "order_id": pl.String,
    "kind": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"),
}
Line = tuple[str | None, str, str, str, datetime]

lines = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["till", "shop"]),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["sale", "return", "cancellation"]),
        st.datetimes(datetime(2026, 1, 1), datetime(2026, 9, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (zone follows)
    ),
    max_size=12,
)


def fit(rows: Sequence[Line], zone: str = "UTC", end: datetime = END) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return MonthlyPurchases(zone=zone).fit({"order_lines": frame}, as_of=end).table


@given(lines, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(rows: Sequence[Line], random: object) -> None:
    shuffled = random.sample(rows, len(rows))  # type: ignore[attr-defined]  # a random.Random
    assert fit(rows).equals(fit(shuffled))


@given(lines)
def test_what_happens_from_the_end_on_changes_nothing(rows: Sequence[Line]) -> None:
    assert fit(rows).equals(fit([row for row in rows if row[4] < END]))


@given(lines)
def test_as_many_orders_are_counted_as_have_a_sale(rows: Sequence[Line]) -> None:
    sold = {row[:3] for row in rows if row[0] is not None and row[3] == "sale" and row[4] < END}
    assert fit(rows)["orders"].sum() == len(sold)


def test_an_order_at_the_very_end_is_left_out() -> None:
    rows = [("a", "till", str(number), "sale", END - timedelta(microseconds=number)) for number in (0, 1)]
    assert fit(rows).rows() == [("a", date(2026, 6, 1), 1)]


@pytest.mark.parametrize(
    ("zone", "month"), [("UTC", 3), ("Europe/London", 4), ("America/New_York", 3), ("Pacific/Auckland", 4)]
)
def test_months_are_those_of_the_zone_also_where_clocks_change(zone: str, month: int) -> None:
    late = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    assert fit([("a", "till", "1", "sale", late)], zone=zone)["month"].to_list() == [date(2026, month, 1)]


def test_equal_order_numbers_of_two_sources_are_two_orders() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    assert fit([("a", "till", "1", "sale", when), ("a", "shop", "1", "sale", when)])["orders"].to_list() == [2]


def test_without_lines_there_is_nothing() -> None:
    fitted = MonthlyPurchases().fit({"order_lines": pl.DataFrame(schema=SCHEMA)}, as_of=END)
    assert fitted.table.is_empty()
    assert fitted.rows()["scores"].is_empty()
    assert fitted.to_body() == {"orders": {}}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises((ConfigurationError, ValueError), match="no IANA time zone"):
        MonthlyPurchases(zone=zone)


def test_the_spec_saves_and_loads_equal() -> None:
    spec = MonthlyPurchases(zone="Asia/Tokyo")
    assert MonthlyPurchases.from_json(spec.to_json()) == spec
    with pytest.raises(ValueError, match="frozen"):
        spec.zone = "UTC"  # type: ignore[misc]  # frozen, which is what is tested
