"""The catalogue at an instant: one row for each item, of what held just before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.recommendations.catalogue import catalogue_at
from unified_customer.recommendations.histories import Names

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = {
    "item_id": pl.String(),
    "valid_from": pl.Datetime("us", "UTC"),
    "valid_to": pl.Datetime("us", "UTC"),
    "price": pl.Decimal(18, 4),
}
days = st.integers(0, 6).map(lambda day: FIRST + timedelta(days=day))
rows = st.lists(
    st.tuples(st.sampled_from("abcd"), days, st.none() | days, st.integers(1, 3)),
    max_size=8,
    unique_by=lambda row: row[:2],
)
wanted = st.lists(st.sampled_from("abcde"), unique=True)
Row = tuple[str, datetime, datetime | None, int]


def table(told: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def names(items: list[str]) -> Names:
    return Names(pl.Series(items, dtype=pl.String))


@given(rows, wanted, days)
def test_each_item_has_the_price_that_began_last_of_those_that_held_just_before(
    told: list[Row], items: list[str], as_of: datetime
) -> None:
    def price(item: str) -> Any:
        held = [row for row in told if row[0] == item and row[1] < as_of and (row[2] is None or row[2] >= as_of)]
        return max(held, key=lambda row: row[1])[3] if held else None

    found = catalogue_at(table(told), items=names(items), as_of=as_of)
    assert found.select("item_id", "price").rows() == [(item, price(item)) for item in items]


@given(rows, wanted, days, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(told: list[Row], items: list[str], as_of: datetime, chance: Any) -> None:
    found, again = (
        catalogue_at(table(each), items=names(items), as_of=as_of) for each in (told, chance.sample(told, len(told)))
    )
    assert again.equals(found)


@given(rows, wanted, days)
def test_what_begins_later_changes_nothing(told: list[Row], items: list[str], as_of: datetime) -> None:
    known = [row for row in told if row[1] < as_of]
    found, again = (catalogue_at(table(each), items=names(items), as_of=as_of) for each in (told, known))
    assert again.equals(found)
