"""Hypothesis strategies for what customers buy.

They draw from few customers, instants and amounts on purpose: laws break where values are equal.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

import polars as pl
from hypothesis import strategies as st

FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The first of the instants."""
ORDERS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "order_id": pl.String(),
        "ordered_at": pl.Datetime("us", "UTC"),
        "amount": pl.Decimal(18, 4),
        "channel": pl.String(),
    }
)
LINES: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "source": pl.String(),
        "order_id": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "kind": pl.String(),
        "quantity": pl.Decimal(18, 4),
        "amount": pl.Decimal(18, 4),
        "currency": pl.String(),
    }
)


def moments(*, days: int = 60) -> st.SearchStrategy[datetime]:
    """Instants on the quarter of a day, so that some are equal and some are the midnight of a zone."""
    return st.integers(0, 4 * days).map(lambda quarters: FIRST + timedelta(hours=6 * quarters))


def amounts() -> st.SearchStrategy[Decimal]:
    """Amounts of money that are often equal and seldom exact as floats; some are below zero."""
    return st.integers(-200, 1500).map(lambda tenths: Decimal(tenths) / 10) | st.sampled_from(
        [Decimal("9.99"), Decimal("19.9"), Decimal("0.1"), Decimal(0)]
    )


def order_frames(*, min_size: int = 1, max_size: int = 30, customers: int = 8) -> st.SearchStrategy[pl.DataFrame]:
    """Orders of few customers, one row each; some are refunds, some of nobody known."""
    who = st.integers(0, customers).map(lambda number: f"c{number}" if number else None)
    rows = st.tuples(who, moments(), amounts(), st.sampled_from(("shop", "web", None)))
    return st.lists(rows, min_size=min_size, max_size=max_size).map(_orders)


def _orders(rows: Sequence[tuple[str | None, datetime, Decimal, str | None]]) -> pl.DataFrame:
    numbered = [(who, f"o{place}", at, amount, channel) for place, (who, at, amount, channel) in enumerate(rows)]
    return pl.DataFrame(numbered, schema=ORDERS, orient="row")


def line_frames(*, min_size: int = 1, max_size: int = 30) -> st.SearchStrategy[pl.DataFrame]:
    """Lines of few orders; some came back, some were cancelled."""
    kinds = st.sampled_from(("sale", "sale", "sale", "return", "cancellation"))
    rows = st.tuples(st.integers(0, 9), moments(), kinds, st.integers(1, 3), amounts())
    return st.lists(rows, min_size=min_size, max_size=max_size).map(_lines)


def _lines(rows: Sequence[tuple[int, datetime, str, int, Decimal]]) -> pl.DataFrame:
    told = []
    for order, at, kind, quantity, amount in rows:
        sign = 1 if kind == "sale" else -1
        told.append((f"c{order % 4}", "till", f"o{order}", at, kind, sign * quantity, sign * abs(amount), "EUR"))
    return pl.DataFrame(told, schema=LINES, orient="row")


EVENTS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "event_id": pl.String(),
        "name": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "channel": pl.String(),
    }
)
PEOPLE: Final = pl.Schema({"customer_id": pl.String(), "birth_date": pl.Date(), "gender": pl.String()})


def event_frames(*, min_size: int = 0, max_size: int = 30) -> st.SearchStrategy[pl.DataFrame]:
    """Events of few customers and few names; some of nobody known, some without a channel."""
    who = st.integers(0, 6).map(lambda number: f"c{number}" if number else None)
    names = st.sampled_from(("Product Viewed", "Product Added", "Email Opened", "Order Completed"))
    rows = st.tuples(who, names, moments(), st.sampled_from(("email", "direct", None)))
    return st.lists(rows, min_size=min_size, max_size=max_size).map(_events)


def _events(rows: Sequence[tuple[str | None, str, datetime, str | None]]) -> pl.DataFrame:
    numbered = [(who, f"e{place}", *rest) for place, (who, *rest) in enumerate(rows)]
    return pl.DataFrame(numbered, schema=EVENTS, orient="row")


def people_frames(*, max_size: int = 20) -> st.SearchStrategy[pl.DataFrame]:
    """Customers of few ages and genders; some tell nothing of themselves."""
    births = st.none() | st.dates(date(1930, 1, 1), date(2025, 12, 31))
    rows = st.lists(st.tuples(births, st.sampled_from(("female", "male", None))), max_size=max_size)
    return rows.map(
        lambda told: pl.DataFrame([(f"c{place}", *row) for place, row in enumerate(told)], schema=PEOPLE, orient="row")
    )
