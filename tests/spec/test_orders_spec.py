"""Orders from their lines, and money in several currencies."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.money import Money
from unified_customer.methods.orders import orders_before
from unified_customer.testing.purchase_strategies import FIRST, amounts, line_frames, moments, order_frames

END = FIRST + timedelta(days=61)
CODES = ("EUR", "USD", "JPY")
Put = Callable[[pl.DataFrame], Any]
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def from_lines(lines: Any, as_of: datetime = END) -> pl.DataFrame:
    return collected(orders_before({"order_lines": lines}, as_of=as_of)).sort("customer_id", "order_id")


@given(line_frames())
def test_no_money_is_lost_between_lines_and_orders(lines: pl.DataFrame) -> None:
    orders = from_lines(lines)
    back = lines.filter(pl.col("kind") != "sale")["amount"].sum()
    assert (orders["amount"].sum(), orders["returned"].sum()) == (lines["amount"].sum(), back)


@given(line_frames())
def test_an_order_is_a_purchase_if_something_was_sold_and_not_cancelled_again(lines: pl.DataFrame) -> None:
    for row in from_lines(lines).iter_rows(named=True):
        own = lines.filter(pl.col("order_id") == row["order_id"])
        kept = own.filter(pl.col("kind") != "return")["quantity"].sum()
        sold, cancelled = (own["kind"] == "sale").any(), (own["kind"] == "cancellation").any()
        assert row["purchase"] == (sold and not (cancelled and kept <= 0))


@given(line_frames())
def test_an_order_is_made_when_its_first_sale_is(lines: pl.DataFrame) -> None:
    for row in from_lines(lines).iter_rows(named=True):
        own = lines.filter(pl.col("order_id") == row["order_id"])
        sales = own.filter(pl.col("kind") == "sale")
        assert row["ordered_at"] == (sales if sales.height else own)["occurred_at"].min()


@given(lines=line_frames())
@few_on_each_engine
def test_the_engine_changes_no_order(engine: Put, lines: pl.DataFrame) -> None:
    columns = ["customer_id", "order_id", "ordered_at", "purchase", "amount", "returned"]
    assert from_lines(engine(lines)).select(columns).equals(from_lines(lines).select(columns))


@given(line_frames(), moments())
def test_lines_from_the_as_of_instant_on_change_no_order(lines: pl.DataFrame, as_of: datetime) -> None:
    past = lines.filter(pl.col("occurred_at") < as_of)
    assert from_lines(lines, as_of).equals(from_lines(past, END))


@given(order_frames())
def test_a_refund_is_no_purchase(orders: pl.DataFrame) -> None:
    found = collected(orders_before({"orders": orders}, as_of=END)).sort("order_id")
    assert found["purchase"].to_list() == [amount >= 0 for amount in orders.sort("order_id")["amount"]]


# -------------------------------------------------------------------------------------------------------- money

priced = st.lists(st.tuples(st.sampled_from(CODES), amounts()), min_size=1, max_size=12)
rates = st.fixed_dictionaries({code: st.integers(1, 500).map(lambda cents: Decimal(cents) / 100) for code in CODES[1:]})


def frame_of(rows: list[tuple[str | None, Decimal]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"currency": pl.String, "amount": pl.Decimal(18, 4)}, orient="row")


def added(money: Money, native: Any) -> tuple[str | None, float]:
    lazy = opened(native).with_columns(one=nw.lit(1))
    exchange = money.exchange(lazy)
    parts = lazy.with_columns(**exchange.parts("amount", nw.col("amount")))
    total = parts.group_by("one").agg(*exchange.sums("amount")).select(total=exchange.total("amount"))
    return exchange.currency, collected(total)["total"].item()


@given(rows=priced, rates=rates)
@few_on_each_engine
def test_amounts_of_several_currencies_are_added_at_their_rates(
    engine: Put, rows: list[tuple[str, Decimal]], rates: dict[str, Decimal]
) -> None:
    worth = sum(amount * rates.get(code, Decimal(1)) for code, amount in rows)
    currency, total = added(Money(currency="EUR", rates=rates), engine(frame_of([*rows])))
    assert currency == "EUR"
    assert total == pytest.approx(float(worth), rel=1e-9, abs=1e-9)


@given(rows=st.lists(st.tuples(st.sampled_from(CODES), st.none() | amounts()), min_size=1, max_size=12), rates=rates)
@few_on_each_engine
def test_the_amount_of_a_row_is_worth_what_its_rate_says(
    engine: Put, rows: list[Any], rates: dict[str, Decimal]
) -> None:
    lazy = opened(engine(frame_of(rows).with_row_index()))
    exchange = Money(currency="EUR", rates=rates).exchange(lazy)
    parts = lazy.with_columns(**exchange.parts("amount", nw.col("amount")))
    found = collected(parts.select("index", total=exchange.total("amount"))).sort("index")["total"].to_list()
    worth = [None if amount is None else float(amount * rates.get(code, Decimal(1))) for code, amount in rows]
    assert found == pytest.approx(worth)


@given(priced)
def test_amounts_of_several_currencies_are_never_added_without_rates(rows: list[tuple[str, Decimal]]) -> None:
    codes = {code for code, _ in rows}
    if len(codes) == 1:
        assert added(Money(), frame_of([*rows]))[0] in codes
        return
    with pytest.raises(SchemaError, match="several currencies"):
        added(Money(), frame_of([*rows]))


@given(priced, amounts())
def test_an_amount_without_a_currency_is_added_to_none_unless_told(
    rows: list[tuple[str, Decimal]], amount: Decimal
) -> None:
    euros = [("EUR", each) for _, each in rows]
    with pytest.raises(SchemaError, match="without a currency"):
        added(Money(), frame_of([*euros, (None, amount)]))
    currency, total = added(Money(missing="EUR"), frame_of([*euros, (None, amount)]))
    assert currency == "EUR"
    assert total == pytest.approx(float(sum(each for _, each in euros) + amount))


@given(st.lists(amounts(), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order_of_amounts(given_amounts: list[Decimal], random: Any) -> None:
    rows = [("EUR", amount) for amount in given_amounts]
    mixed = random.sample(rows, len(rows))
    assert added(Money(), frame_of([*rows])) == added(Money(), frame_of([*mixed]))
