"""The collection policy, card numbers, versions in conflict and cursors, by example."""

from typing import Any

import polars as pl
import pytest

from unified_customer.connectors import (
    Batch,
    Collected,
    FieldMap,
    Mapping,
    State,
    collect,
    conflicting_versions,
    source,
)
from unified_customer.connectors.cards import holds_card_number, is_card_number, looks_like_cards
from unified_customer.connectors.collection import WITHHELD, column_categories
from unified_customer.connectors.rejects import unread_rejects
from unified_customer.core.errors import CollectionRefusedError, ConfigurationError, MappingError

CARD = "4111 1111 1111 1111"
CRM = Mapping(
    table="records",
    key="id",
    fields={"email": "mail", "country": FieldMap(constant="DE")},
    identifiers={"phone": "tel", "loyalty_id": "card_no"},
    observed_at="changed",
)


def collected(frame: pl.DataFrame, actions: dict[str, Any], mapping: Mapping | None = CRM) -> tuple[Batch, Any]:
    rejects = unread_rejects([9, 10], ["too_few_fields"] * 2, [f"9,{CARD}".encode(), b"10,x"])
    batch = Batch.of(frame, rejects=rejects)
    return collect(batch, mapping=mapping, actions=actions, hash_value=lambda text: f"<{text}>")


def test_columns_have_the_category_of_what_they_fill() -> None:
    columns = ["id", "mail", "tel", "card_no", "changed", "shoe_size"]
    assert list(column_categories(CRM, columns).values()) == [
        "user.unique_id", "user.contact.email", "user.contact.phone_number", "user.unique_id", "system.operations",
        "user.unclassified",
    ]  # fmt: skip
    assert set(column_categories(None, columns).values()) == {"user.unclassified"}
    sales = Mapping(table="events", person="who", key="n", fields={"occurred_at": "at", "name": "what"})
    assert list(column_categories(sales, ["who", "n", "what"]).values()) == ["user.unique_id"] * 2 + ["user.behavior"]


def test_the_nearest_rule_counts() -> None:
    frame = pl.DataFrame({"id": ["1", None], "mail": ["a@b.de", None], "shoe_size": [42, None]})
    actions = {"user": "drop", "user.contact": "hash", "user.unique_id": "keep"}
    batch, report = collected(frame, actions)
    assert batch.frame.to_dict(as_series=False) == {"id": ["1", None], "mail": ["<a@b.de>", None]}
    assert report == (
        Collected("mail", "user.contact.email", "hash", 1),
        Collected("shoe_size", "user.unclassified", "drop", 1),
    )
    assert batch.rejects["payload"].to_list() == [WITHHELD] * 2


def test_what_is_dropped_is_missing_to_the_mapping() -> None:
    frame = pl.DataFrame({"id": ["1"], "mail": ["a@b.de"], "tel": ["1"], "card_no": ["2"], "changed": [None]})
    batch, _ = collected(frame, {"user.contact": "drop"})
    assert source("dataframe", frame, table="records", mapping=CRM).mapper().apply(batch).frame["email"].to_list() == [
        None
    ]


def test_card_numbers_are_refused_by_default_and_named_without_a_value() -> None:
    frame = pl.DataFrame({"id": ["1", "2"], "number": [CARD, "4111-1111-1111-1111"]})
    with pytest.raises(
        CollectionRefusedError, match=r"column 'number' is of category user\.financial\.credit_card"
    ) as caught:
        collected(frame, {})
    assert "4111" not in str(caught.value)
    batch, report = collected(frame, {"user.financial": "keep", "user.financial.credit_card": "drop"})
    assert batch.frame.columns == ["id"]
    assert report[0].values == 2


def test_card_numbers_in_rows_that_could_not_be_read_are_withheld() -> None:
    batch, report = collected(pl.DataFrame({"id": ["1"]}), {})
    assert not report
    assert batch.rejects["payload"].to_list() == [WITHHELD, '{"_unread": "10,x"}']
    kept, _ = collected(pl.DataFrame({"id": ["1"]}), {"user.financial.credit_card": "keep"})
    assert CARD in kept.rejects["payload"][0]


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "5500 0055 5555 5559", "2223003122003222", "378282246310005", "6011111111111117",
     "30569309025904", "3530111333300000", "6240008631401148"],
)  # fmt: skip
def test_numbers_of_the_issuers_are_known(number: str) -> None:
    assert is_card_number(number)
    assert holds_card_number(f"paid with {number}, thanks")


@pytest.mark.parametrize(
    "number", ["4111111111111112", "1234567890123456", "0000000000000000", "41111", "+49 228 1234567"]
)
def test_other_numbers_are_none(number: str) -> None:
    assert not holds_card_number(number)


def test_a_column_is_judged_by_its_name_and_values() -> None:
    orders = [str(4_000_000_000_000_000 + number * 7) for number in range(50)]
    assert not looks_like_cards(pl.Series("order", orders))
    assert looks_like_cards(pl.Series("credit_card", [CARD, "none", "later"]))
    assert not looks_like_cards(pl.Series("credit_card", ["none", None]))
    assert looks_like_cards(pl.Series("x", [4111111111111111]))
    assert not looks_like_cards(pl.Series("x", [0.5]))


def test_copies_are_collapsed_and_contradictions_are_all_rejected() -> None:
    frame = pl.DataFrame({"row": [1, 2, 3, 4, 5], "id": list("aabbc"), "at": [1, 1, None, None, 2], "x": list("pqrrs")})
    found = conflicting_versions(frame, key=["id", "at"])
    assert found.conflicts.rows() == [(1, "row: conflicting_versions"), (2, "row: conflicting_versions")]
    assert found.frame["row"].to_list() == [3, 5]
    assert found.duplicates == 1
    assert conflicting_versions(found.frame, key=["id"]).frame.equals(found.frame)


def read(found: Any, state: State | None = None) -> tuple[list[Any], State]:
    items = list(found.read(state, batch_rows=2))
    batches = [item for item in items if isinstance(item, Batch)]
    return [row for batch in batches for row in batch.frame["id"]], items[-1]


def test_a_cursor_of_times_needs_a_zone_or_offsets() -> None:
    frame = pl.DataFrame({"id": [1, 2, 3], "at": ["2026-01-01 00:00", "2026-01-02 00:00", None]})
    how = FieldMap(column="at", zone="Europe/Berlin")
    first = source("dataframe", frame, table="records", cursor=how)
    seen, state = read(first)
    later = pl.DataFrame({"id": [4, 5, 6], "at": ["2026-01-01 12:00", "2026-01-02 00:00", None]})
    more = source("dataframe", pl.concat([later, frame]), table="records", cursor=how)
    again, _ = read(more, State.from_json(state.to_json()))
    assert (seen, again) == ([1, 2, 3], [5, 6, 3])


def test_a_cursor_with_very_many_rows_at_its_end_reads_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unified_customer.connectors.cursor.MOST_HASHES", 2)
    frame = pl.DataFrame({"id": [1, 2, 3, 4], "n": [7] * 4})
    _, state = read(source("dataframe", frame, table="records", cursor="n"))
    more = source("dataframe", pl.concat([pl.DataFrame({"id": [9], "n": [6]}), frame]), table="records", cursor="n")
    assert read(more, state)[0] == [1, 2, 3, 4]


def test_a_cursor_column_that_is_not_there_is_named() -> None:
    with pytest.raises(MappingError, match="cursor column 'when' is not in the source, which has: id"):
        read(source("dataframe", pl.DataFrame({"id": [1]}), table="records", cursor="when"))


def test_a_state_is_never_empty_and_survives_json() -> None:
    with pytest.raises(ConfigurationError, match="state of stream 'rows' is empty"):
        State("rows", {})
    for text in ("{", "[]", '{"stream": "x"}'):
        with pytest.raises(ConfigurationError, match="stored state"):
            State.from_json(text)


def test_a_state_of_another_mapping_is_not_used() -> None:
    frame = pl.DataFrame({"id": [1, 2, 3]})
    first = source("dataframe", frame, table="records", mapping=Mapping(table="records", key="id"))
    _, state = read(first)
    assert not list(first.read(state))
    other = first.with_mapping(Mapping(table="records", key="id", traits="drop"))
    assert read(other, state)[0] == [1, 2, 3]


def test_where_rows_are_counted_there_are_no_states() -> None:
    fields: dict[str, str | FieldMap] = {
        "order_id": "id",
        "quantity": "id",
        "occurred_at": FieldMap(column="id", unit="s"),
    }
    counting = Mapping(table="order_lines", fields=fields)
    items = list(source("dataframe", pl.DataFrame({"id": [1]}), table="order_lines", mapping=counting).read())
    assert [type(item) for item in items] == [Batch]


@pytest.mark.parametrize(
    "text", ["Paid with 4111 1111 1111 1111.", "4111111111111111. Thanks", "(4111-1111-1111-1111)"]
)
def test_a_card_number_is_found_beside_punctuation(text: str) -> None:
    assert holds_card_number(text)


def test_a_decimal_number_is_no_card_number() -> None:
    assert not holds_card_number("0.4111111111111111")
    assert not holds_card_number("4111111111111111.5")
