"""What is fitted by a hub: only on what a purpose may see, and saved with its lineage."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.recommendations.baskets import BoughtTogether, NextBasket
from unified_customer.recommendations.bestsellers import Bestsellers
from unified_customer.recommendations.sessions import NextItem
from unified_customer.segmentation import RFM

AT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    rows = [
        (who, f"o{who}{day}", item, AT - timedelta(days=day))
        for who, days in (("ann", (3, 9)), ("bob", (5,)), (None, (7,)))
        for day in days
        for item in ("tea", "cup")
    ]
    lines = pl.DataFrame(rows, schema=["who", "order", "item", "at"], orient="row").with_row_index("line")
    lines = lines.with_columns(
        quantity=pl.lit(1), amount=pl.lit(5), code=pl.lit("EUR"), said=pl.lit("Product Viewed"), kind=pl.lit("product")
    )
    sold = uc.Mapping(
        table="order_lines", identifiers={"user_id": "who"},
        fields={"order_id": "order", "line_id": "line", "item_id": "item", "occurred_at": "at", "quantity": "quantity",
                "amount": "amount", "currency": "code"},
    )  # fmt: skip
    seen = uc.Mapping(
        table="events", key=["line"], identifiers={"user_id": "who"},
        fields={"name": "said", "occurred_at": "at", "object_id": "item", "session_id": "order",
                "object_kind": "kind"},
    )  # fmt: skip
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("dataframe", lines, table="order_lines", name="till", mapping=sold))
        hub.load(uc.source("dataframe", lines, table="events", name="site", mapping=seen))
        hub.resolve()
        yield hub


def test_orders_of_people_are_counted(hub: uc.CustomerHub) -> None:
    fitted = hub.fit(BoughtTogether(least_orders=1, min_customers=2), purpose="analytics", as_of=AT)
    pair = fitted.pairs().row(0, named=True)
    # Two orders of ann, one of bob, one of nobody known.
    assert (pair["item_id"], pair["other_item_id"], pair["orders"], pair["customers"]) == ("cup", "tea", 4, 3)


def test_each_is_fitted_and_saved_without_rows_of_anybody(hub: uc.CustomerHub) -> None:
    specs: tuple[Any, ...] = (
        BoughtTogether(min_customers=1),
        NextBasket(repeats=True),
        NextItem(min_customers=1),
        Bestsellers(min_customers=1),
    )
    for spec in specs:
        saved = hub.save(hub.fit(spec, purpose="analytics", as_of=AT))
        assert (dict(saved.rows), saved.subjects) == ({}, 4)


def test_bestsellers_are_told_by_segments_of_the_hub(hub: uc.CustomerHub) -> None:
    segments = hub.fit(RFM(quantiles=2), purpose="analytics", as_of=AT - timedelta(days=1))
    hub.save(segments)
    fitted = hub.fit(Bestsellers(min_customers=1, segmentation="rfm"), purpose="analytics", as_of=AT)
    assert set(fitted.segments) == set(segments.rows()["memberships"]["segment"])
