"""Events that come as columns."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import SchemaError
from unified_customer.core.keys import Keyring
from unified_customer.methods.events import EventBatch, built_in, flat_events

KEYRING = Keyring(b"k" * 32)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read(frame: pl.DataFrame, **options: Any) -> EventBatch:
    return flat_events(frame, source="till", keyring=KEYRING, **options)


def frame(**columns: Any) -> pl.DataFrame:
    given = {"event_id": "r1", "name": "Order Completed", "occurred_at": AT, **columns}
    return pl.DataFrame({name: values if isinstance(values, list) else [values] for name, values in given.items()})


def test_identifiers_by_kind_and_rows_of_nobody() -> None:
    card, mail = [7, 7, None], ["A@b.test", " ", None]
    rows = pl.DataFrame({"event_id": ["1", "2", "3"], "occurred_at": [AT] * 3, "card": card, "mail": mail})
    batch = read(rows, identifiers={"loyalty_id": "card", "email": "mail"})
    assert batch.events["record_id"].null_count() == 1
    assert batch.identities.height == 2
    assert sorted(batch.identifiers.select("kind", "value").rows()) == [
        ("email", "A@b.test"),
        ("loyalty_id", "7"),
        ("loyalty_id", "7"),
    ]
    assert batch.events["type"].to_list() == ["track"] * 3


def test_rows_without_any_identifier_column() -> None:
    batch = read(frame(event_id=["1", "2"], name=["A", "B"], occurred_at=[AT, AT]))
    assert batch.events["record_id"].null_count() == 2
    assert batch.identities.is_empty()
    assert batch.identifiers.is_empty()


@pytest.mark.parametrize(
    ("column", "zone", "expected"),
    [
        (pl.Series(["2026-01-02T03:04:05Z"]), None, AT),
        (pl.Series(["2026-01-02T04:04:05"]), "Europe/Berlin", AT),
        (pl.Series([AT.replace(tzinfo=None)]), "UTC", AT),
        (pl.Series([AT]).dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit("ms"), None, AT),
    ],
)
def test_times_of_any_kind(column: pl.Series, zone: str | None, expected: datetime) -> None:
    batch = read(frame().with_columns(column.alias("occurred_at")), zone=zone)
    assert batch.events["occurred_at"].to_list() == [expected]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"occurred_at": AT.replace(tzinfo=None)}, "a time without zone, and no zone was given"),
        ({"occurred_at": "soon"}, "a time that cannot be read"),
        ({"occurred_at": pl.Series([None], dtype=pl.String)}, "there is no occurred_at"),
        ({"user_id": "a\0b"}, "it holds a NUL character"),
        ({"type": "wink"}, "the type of the call is unknown"),
        ({"type": pl.Series([None], dtype=pl.String)}, "the type of the call is unknown"),
        ({"properties": "[1]"}, "properties or context is not a JSON object"),
        ({"context": '{"a":'}, "properties or context is not a JSON object"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_with_their_reason(columns: dict[str, Any], reason: str) -> None:
    batch = read(
        frame().with_columns(
            **{name: pl.lit(value) if not isinstance(value, pl.Series) else value for name, value in columns.items()}
        )
    )
    assert batch.events.is_empty()
    assert batch.rejects.select("position", "reason").rows() == [(0, reason)]
    assert json.loads(batch.rejects["payload"].item())["event_id"] == "r1"


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"occurred_at": 5}, "is no time"),
        ({"name": 1.5}, "'name' holds Float64"),
        ({"amount": "12.50"}, "'amount' holds String"),
        ({"user_id": 1.5}, "text or whole numbers"),
        ({"properties": "{}", "lane": 4}, "'lane' is none of events"),
    ],
)
def test_columns_of_a_wrong_type_are_an_error(columns: dict[str, Any], match: str) -> None:
    with pytest.raises(SchemaError, match=match):
        read(frame(**columns))


def test_missing_columns_are_an_error() -> None:
    with pytest.raises(SchemaError, match="'occurred_at'"):
        read(frame().drop("occurred_at"))
    with pytest.raises(SchemaError, match="'loyalty_id' is said to be in column 'card'"):
        read(frame(), identifiers={"loyalty_id": "card"})


def test_other_columns_are_folded_into_properties() -> None:
    batch = read(frame(lane=4, cashier="x"))
    assert json.loads(batch.events["properties"].item()) == {"lane": 4, "cashier": "x"}


def test_amounts_keep_four_places() -> None:
    batch = read(frame(amount=12.35, currency="EUR"))
    assert batch.events["amount"].to_list() == [Decimal("12.3500")]


def test_rows_without_ids_are_named_by_their_content() -> None:
    rows = pl.concat([frame(user_id="u"), frame(user_id="u"), frame(user_id="v")]).drop("event_id")
    batch, again = read(rows), read(rows[::-1])
    assert batch.events.height == 2
    assert batch.duplicates == 1
    assert set(batch.events["event_id"]) == set(again.events["event_id"])


def test_one_id_for_two_rows_is_a_contradiction() -> None:
    batch = read(pl.concat([frame(url="a"), frame(url="b")]))
    assert batch.events["url"].to_list() == ["a"]
    assert batch.rejects["position"].to_list() == [1]


def test_channels_are_made_of_utm_fields_unless_there_is_one() -> None:
    assert read(frame(utm_medium="email")).events["channel"].item() == "email"
    assert read(frame(utm_medium="email", channel="store")).events["channel"].item() == "store"
    assert (
        read(frame(url="https://x.test/", referrer="https://www.bing.com/")).events["channel"].item()
        == "organic_search"
    )


def test_a_vocabulary_derives_rows_from_properties() -> None:
    products = [{"product_id": "p", "price": 2.5, "quantity": 2}]
    properties = json.dumps({"order_id": "o", "total": 5, "products": products})
    batch = read(frame(properties=properties, channel="store"), vocabulary=built_in(), currency="GBP")
    assert batch.order_lines.select("order_id", "amount", "currency", "channel").rows() == [
        ("o", Decimal(5), "GBP", "store")
    ]
    assert batch.events.select("object_kind", "object_id", "amount").row(0) == ("order", "o", Decimal(5))
    assert read(frame(properties=properties)).order_lines.is_empty()


def test_columns_that_are_filled_stay_as_they_are() -> None:
    batch = read(
        frame(properties='{"order_id": "o", "total": 5}', amount=Decimal(7), currency="EUR"), vocabulary=built_in()
    )
    assert batch.events.select("amount", "currency").row(0) == (Decimal(7), "EUR")
