"""The tables: what they promise of themselves, and that the models say the same."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

import polars as pl
import pytest
from pydantic import BaseModel

from unified_customer.core.errors import SchemaError, UnknownTableError
from unified_customer.core.fields import covers
from unified_customer.core.models import Answer, Consent, Event, Item, OrderLine, SourceRecord
from unified_customer.core.tables import CUSTOMERS, EVENTS, GOLDEN_FIELDS, RAW_FIELDS, RECORDS, TABLES, Table, table

MODELS = [
    (SourceRecord, "records"),
    (Event, "events"),
    (OrderLine, "order_lines"),
    (Item, "items"),
    (Answer, "answers"),
    (Consent, "consents"),
]
ASSIGNED_BY_THE_HUB = {"record_id", "version"} | {f"{name}_raw" for name in RAW_FIELDS}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("each", TABLES.values(), ids=lambda each: each.name)
def test_every_table_has_a_key_of_its_own_columns_and_a_meaning_for_each(each: Table) -> None:
    assert set(each.key) <= set(each.columns)
    assert set(each.cluster_by) <= set(each.columns)
    assert each.time is None or isinstance(each.columns[each.time], (pl.Datetime, pl.Date))
    assert each.subject_column is None or each.subject_column in each.columns
    assert all(field.meaning.endswith(".") for field in each.fields.values())


@pytest.mark.parametrize("each", TABLES.values(), ids=lambda each: each.name)
def test_every_column_can_be_held_by_every_store(each: Table) -> None:
    portable = (pl.String, pl.Int64, pl.Float64, pl.Boolean, pl.Date, pl.Datetime, pl.Decimal, pl.List)
    assert all(isinstance(dtype, portable) for dtype in each.stored_columns.values())


@pytest.mark.parametrize(("model", "name"), MODELS)
def test_a_model_has_the_columns_of_its_table(model: type[BaseModel], name: str) -> None:
    assert set(model.model_fields) == set(table(name).columns) - ASSIGNED_BY_THE_HUB


@pytest.mark.parametrize(("model", "name"), MODELS)
def test_a_model_requires_what_its_table_requires(model: type[BaseModel], name: str) -> None:
    columns = table(name).schema.columns()
    for field, info in model.model_fields.items():
        optional = type(None) in get_args(info.annotation)
        assert optional == columns[field].nullable, field


def test_golden_fields_are_fields_of_records_and_stand_with_their_origin() -> None:
    assert set(GOLDEN_FIELDS) <= set(RECORDS.columns)
    assert all(f"{name}_source" in CUSTOMERS.columns for name in GOLDEN_FIELDS)
    assert all(RECORDS.fields[name].category == CUSTOMERS.fields[f"{name}_source"].category for name in GOLDEN_FIELDS)


def test_columns_that_name_people_are_personal() -> None:
    personal = {name for name, field in RECORDS.fields.items() if field.personal}
    assert {"email", "email_raw", "given_name", "traits", "record_id", "source_id"} <= personal
    assert "source" not in personal


def test_a_special_category_is_special() -> None:
    assert covers("user.health_and_medical", "user.health_and_medical.record")
    assert {field.sensitivity for each in TABLES.values() for field in each.fields.values()} == {"none", "personal"}


def test_a_table_that_does_not_exist_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownTableError, match="Did you mean 'events'"):
        table("event")
    with pytest.raises(UnknownTableError, match="The tables are"):
        table("zzz")


def events(**columns: Any) -> pl.DataFrame:
    rows = len(next(iter(columns.values())))
    base = {"source": ["web"] * rows, "type": ["track"] * rows, "occurred_at": [NOON] * rows}
    frame = pl.DataFrame({**base, **columns})
    return frame.with_columns(pl.col("occurred_at").cast(pl.Datetime("us", "UTC")))


def test_conform_adds_missing_columns_as_nulls_in_the_table_order() -> None:
    frame = EVENTS.conform(events(event_id=["a"]))
    assert frame.columns == list(EVENTS.columns)
    assert frame["record_id"].null_count() == 1
    assert EVENTS.conform(EVENTS.empty()).is_empty()


def test_conform_widens_a_narrow_decimal() -> None:
    frame = events(event_id=["a"], amount=pl.Series([Decimal("1.5")], dtype=pl.Decimal(10, 2)))
    assert EVENTS.conform(frame)["amount"].to_list() == [Decimal("1.5000")]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (events(event_id=["a"], oops=[1]), "column 'oops' that the table has not"),
        (events(event_id=[1]), "has Int64 in column 'event_id'"),
        (events(name=["x"]), "has no column 'event_id'"),
    ],
)
def test_conform_refuses_a_frame_of_another_shape(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        EVENTS.conform(frame)


def test_split_keeps_the_good_rows_and_says_why_the_bad_ones_are_bad() -> None:
    split = EVENTS.split(events(event_id=["a", "a", "b", "c"], type=["track", "track", "nope", "page"]))
    assert split.good["event_id"].to_list() == ["a", "a", "c"]
    assert split.bad.select("event_id", "reason").rows() == [("b", "type: unknown_value")]


def test_a_row_that_breaks_several_rules_names_them_all() -> None:
    frame = events(event_id=["a"], type=["nope"], currency=["eur"])
    assert EVENTS.split(frame).bad["reason"].to_list() == ["type: unknown_value; currency: wrong_form"]


def test_split_of_a_good_frame_has_no_bad_row() -> None:
    split = EVENTS.split(events(event_id=["a"]))
    assert split.good.height == 1
    assert split.bad.is_empty()
    assert split.bad.columns[-1] == "reason"
