"""Hypothesis strategies for what customers do.

They draw from few customers, instants and names on purpose: laws break where values are equal.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.testing.purchase_strategies import amounts, moments

NAMES: Final = ("Signed Up", "Product Viewed", "Product Added", "Order Completed")
EVENTS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "session_id": pl.String(),
        "name": pl.String(),
        "occurred_at": pl.Datetime("us", "UTC"),
        "channel": pl.String(),
        "amount": pl.Decimal(18, 4),
    }
)
Row = tuple[str | None, str | None, str | None, datetime, str | None, Decimal | None]


def event_frames(
    *, min_size: int = 1, max_size: int = 30, customers: int = 6, days: int = 60
) -> st.SearchStrategy[pl.DataFrame]:
    """Events of few customers; some are of nobody known, some have no name, no session or no amount."""
    who = st.integers(0, customers).map(lambda number: f"c{number}" if number else None)
    session = st.sampled_from((None, "s1", "s2", "s3"))
    channel = st.sampled_from(("shop", "web", None))
    name = st.sampled_from((*NAMES, None))
    rows = st.tuples(who, session, name, moments(days=days), channel, st.none() | amounts())
    return st.lists(rows, min_size=min_size, max_size=max_size).map(_events)


def _events(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=EVENTS, orient="row")
