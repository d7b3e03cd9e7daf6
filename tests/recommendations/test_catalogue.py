"""The catalogue at an instant, by hand."""

from datetime import UTC, date, datetime

import duckdb
import polars as pl
import pytest

from unified_customer.core.errors import SchemaError
from unified_customer.recommendations.catalogue import catalogue_at
from unified_customer.recommendations.histories import Names

NAMES = Names(pl.Series(["tea", "cup"]))
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def at(*columns: str, **more: object) -> list[tuple[object, ...]]:
    return catalogue_at(pl.DataFrame(more), items=NAMES, as_of=AS_OF).select("item_id", *columns).rows()


def test_a_table_without_times_holds_always() -> None:
    assert at("price", item_id=["cup", "pot"], price=[3.0, 9.0]) == [("tea", None), ("cup", 3.0)]


def test_a_row_that_ends_at_the_instant_still_holds_and_one_that_begins_then_does_not() -> None:
    began = [datetime(2026, 1, 1, tzinfo=UTC), AS_OF]
    told = at("price", item_id=["tea", "tea"], price=[3.0, 4.0], valid_from=began, valid_to=[AS_OF, None])
    assert told == [("tea", 3.0), ("cup", None)]


def test_days_are_midnights_in_utc() -> None:
    told = at(
        "price", item_id=["tea", "cup"], price=[3.0, 4.0], valid_from=[date(2026, 2, 28)] * 2,
        valid_to=[date(2026, 2, 28), date(2026, 3, 1)],
    )  # fmt: skip
    assert told == [("tea", None), ("cup", 4.0)]


def test_a_table_may_be_on_another_engine() -> None:
    items = duckdb.sql(
        "select 'cup' as item_id, 2.5::decimal(18, 4) as price, timestamptz '2026-02-01 00:00:00+00' as valid_from"
    )
    assert catalogue_at(items, items=NAMES, as_of=AS_OF)["price"].cast(pl.Float64).to_list() == [None, 2.5]


def test_what_is_no_time_is_said() -> None:
    with pytest.raises(SchemaError, match="'valid_to' of items holds String, not times"):
        at(item_id=["tea"], valid_to=["later"])
