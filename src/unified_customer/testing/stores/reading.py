"""Promises of `Reader.read`, `rows`, `batches` and `count`."""

# ruff: noqa: D102, S101 (a test kit: the names of the checks say what they check)

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, SchemaError, UnknownTableError
from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES, table
from unified_customer.store import Keys, Store, Where
from unified_customer.testing.stores.kit import (
    START,
    Stores,
    answer_ids,
    answers,
    append,
    at,
    delete,
    events,
    identities,
    ids,
)
from unified_customer.testing.table_frames import frame_of, frames


class ReadingConformance(Stores):
    """`Reader.read`, `rows`, `batches` and `count`."""

    def test_a_new_store_has_every_table_and_no_row(self, store: Store) -> None:
        assert isinstance(store, Store)
        for name, each in TABLES.items():
            assert dict(store.read(name).schema) == each.stored_columns
            assert store.count(name) == 0
        assert store.last_seq() == 0

    def test_every_value_of_every_table_comes_back_as_it_went_in(self, store: Store) -> None:
        @settings(max_examples=10, deadline=None)
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            target = data.draw(st.sampled_from(list(TABLES.values())))
            frame = data.draw(frames(target.name, unique=True))
            with store.transaction(recorded_at=START) as writer:
                writer.delete(target.name, writer.read(target.name).select(SEQ))
                (writer.append if target.append_only else writer.upsert)(target.name, frame)
                assert_frame_equal(writer.read(target.name, order_by=[SEQ]).select(frame.columns), frame)
                assert writer.rows(target.name, columns=frame.columns, order_by=[SEQ]) == frame.to_dicts()
            assert_frame_equal(store.read(target.name, order_by=[SEQ]).select(frame.columns), frame)

        check()

    def test_columns_come_as_asked_for(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        assert store.read("identities").columns == ["record_id", "source", "origin", RECORDED_AT, SEQ]
        assert store.read("identities", columns=[SEQ, "source"]).rows() == [(1, "crm")]

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            (Where("value", "==", 2), ["b"]),
            (Where("value", "!=", 2), ["a", "c"]),
            (Where("value", "<", 2.0), ["a"]),
            (Where("value", "<=", 2), ["a", "b"]),
            (Where("value", ">", 2), ["c"]),
            (Where("value", ">=", 2), ["b", "c"]),
            (Where("value", "in", [1.0, 3, None]), ["a", "c"]),
            (Where("value", "in", pl.Series([2.0])), ["b"]),
            (Where("value", "in", []), []),
            (Where("value", "in", [*map(float, range(2, 2000))]), ["b", "c"]),
            (Where("value", "==", None), []),
            (Where("value", "!=", None), []),
            (Where("value", "is_null"), ["n"]),
            (Where("value", "is_not_null"), ["a", "b", "c"]),
            (Where("answered_at", "==", START.astimezone(tz=None)), ["a", "b", "c", "n"]),
            (Where("answer_id", ">=", "b"), ["b", "c", "n"]),
            (Where(SEQ, "<", 3), ["a", "b"]),
            (Where(RECORDED_AT, ">", START), []),
        ],
    )
    def test_a_null_fulfils_only_is_null(self, store: Store, condition: Where, expected: list[str]) -> None:
        append(store, "answers", answers(a=1, b=2, c=3, n=None))
        assert answer_ids(store, where=[condition]) == expected
        assert store.count("answers", where=[condition]) == len(expected)

    def test_all_conditions_must_hold(self, store: Store) -> None:
        append(store, "answers", answers(a=1, b=2, c=3))
        both = [Where("value", ">", 1), Where("answer_id", "<", "c")]
        assert answer_ids(store, where=both) == ["b"]

    @pytest.mark.parametrize(
        ("name", "asked", "error"),
        [
            ("customer", {}, UnknownTableError),
            ("answers", {"columns": ["valu"]}, SchemaError),
            ("answers", {"columns": []}, SchemaError),
            ("answers", {"columns": ["value", "value"]}, SchemaError),
            ("answers", {"columns": "value"}, SchemaError),
            ("answers", {"where": [Where("valu", "==", 1)]}, SchemaError),
            ("answers", {"where": [Where("value", "==", "1")]}, SchemaError),
            ("answers", {"where": [Where("value", "==", True)]}, SchemaError),
            ("answers", {"where": [Where("value", "in", "12")]}, SchemaError),
            ("answers", {"where": [Where("value", "in", 1)]}, SchemaError),
            ("answers", {"where": [Where("text", "in", ["a", 1])]}, SchemaError),
            # A time without a zone is what is tested.
            ("answers", {"where": [Where("answered_at", "<", datetime(2026, 1, 1))]}, SchemaError),  # noqa: DTZ001 (naive on purpose)
            ("spend", {"where": [Where("period_start", "<", START)]}, SchemaError),
            ("spend", {"where": [Where("amount", "<", 0.1)]}, SchemaError),
            ("spend", {"where": [Where("amount", "<", Decimal("NaN"))]}, SchemaError),
            ("spend", {"where": [Where("clicks", "<", 2**63)]}, SchemaError),
            ("customers", {"where": [Where("sources", "==", ["crm"])]}, SchemaError),
            # Not of that type, on purpose.
            ("answers", {"where": [Where("value", "like", 1)]}, ConfigurationError),  # type: ignore[arg-type]  # wrong on purpose
            ("answers", {"order_by": ["valu"]}, SchemaError),
            ("customers", {"order_by": ["sources"]}, SchemaError),
            ("answers", {"limit": -1}, ConfigurationError),
            # A time without a zone is what is tested.
            ("answers", {"known_at": datetime(2026, 1, 1)}, ConfigurationError),  # noqa: DTZ001 (naive on purpose)
            ("scores", {"known_at": START}, SchemaError),
            ("answers", {"keys": Keys(pl.DataFrame({"id": ["a"]}), ("id",))}, SchemaError),
            ("answers", {"keys": Keys(pl.DataFrame({"answer_id": [1]}), ("answer_id",))}, SchemaError),
            ("answers", {"keys": Keys(pl.DataFrame({"answer_id": ["a"]}), ())}, SchemaError),
            ("answers", {"keys": Keys(pl.DataFrame({"answer_id": ["a"], "text": [1]}), ("answer_id",))}, SchemaError),
            (
                "answers",
                {"keys": Keys(pl.DataFrame({"answer_id": ["a"] * 2, "n": [1, 2]}), ("answer_id",))},
                SchemaError,
            ),
        ],
    )
    def test_what_the_table_cannot_answer_is_refused(
        self, store: Store, name: str, asked: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            store.read(name, **asked)
        if not asked.keys() & {"keys", "known_at"}:
            with pytest.raises(error):
                store.rows(name, **{"columns": [SEQ], **asked})

    def test_numbers_and_instants_are_compared_exactly(self, store: Store) -> None:
        line = {"source": "pos", "order_id": "1", "line_id": "1", "kind": "sale", "quantity": 1, "occurred_at": START}
        append(store, "order_lines", frame_of(table("order_lines"), [{**line, "amount": Decimal("0.1")}]))
        assert store.count("order_lines", where=[Where("amount", "==", Decimal("0.1"))]) == 1
        assert store.count("order_lines", where=[Where("quantity", "==", 1)]) == 1
        with pytest.raises(SchemaError):
            store.count("order_lines", where=[Where("amount", "==", Decimal("0.10001"))])
        assert store.count("order_lines", where=[Where("occurred_at", "<", at(0))]) == 0
        assert store.count("order_lines", where=[Where("occurred_at", "<", START + timedelta(microseconds=1))]) == 1

    @pytest.mark.parametrize("more", [0, 3000])
    def test_keys_keep_the_rows_that_match_and_attach_their_columns(self, store: Store, more: int) -> None:
        append(store, "identities", identities("a", "b", "c"))
        keys = pl.DataFrame({"record_id": ["c", "a", None, *(f"x{n}" for n in range(more))]}).with_row_index("number")
        assert ids(store, keys=Keys(keys.drop("number"), ("record_id",))) == ["a", "c"]
        read = store.read("identities", columns=["source"], keys=Keys(keys, ("record_id",)), order_by=[SEQ])
        assert read.rows() == [("crm", 1), ("crm", 0)]
        assert dict(read.schema) == {"source": pl.String(), "number": keys.schema["number"]}

    @pytest.mark.parametrize("more", [0, 3000])
    def test_keys_can_keep_rows_that_have_none(self, store: Store, more: int) -> None:
        lines = answers(a=1, b=2, c=3, d=4).with_columns(
            record_id=pl.Series(["r", None, None, "s"]), channel=pl.lit("x")
        )
        append(store, "answers", lines.with_columns(channel=pl.Series(["x", "x", None, None])))
        keys = pl.DataFrame({"record_id": ["r", *(f"x{n}" for n in range(more))]}).with_columns(customer=pl.lit("c"))
        read = store.read(
            "answers", columns=["answer_id"], keys=Keys(keys, ("record_id",), keep_null=True), order_by=[SEQ]
        )
        assert read.rows() == [("a", "c"), ("b", None), ("c", None)]
        pair = Keys(keys.with_columns(channel=pl.lit("x")), ("record_id", "channel"), keep_null=True)
        read = store.read("answers", columns=["answer_id"], keys=pair, order_by=[SEQ])
        assert read.rows() == [("a", "c"), ("c", None)]

    def test_keys_bring_columns_of_any_type(self, store: Store) -> None:
        append(store, "identities", identities("a", "b"))
        keys = pl.DataFrame({"record_id": ["a", "b"], "kind": ["x", "y"], "parts": [[1], []], "small": [1, None]})
        keys = keys.with_columns(pl.col("kind").cast(pl.Categorical), pl.col("small").cast(pl.UInt8))
        read = store.read("identities", keys=Keys(keys, ("record_id",)), order_by=[SEQ])
        assert_frame_equal(read.select(keys.columns), keys)

    def test_no_keys_match_nothing(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        assert ids(store, keys=Keys(identities().select("record_id"), ("record_id",))) == []
        assert ids(store, keys=Keys(pl.DataFrame({"record_id": ["a", "a"]}), ("record_id",))) == ["a"]

    def test_rows_are_what_read_returns_in_plain_values(self, store: Store) -> None:
        append(store, "answers", answers(a=2, b=1, n=None, c=2), seconds=1)
        columns = ["value", "answer_id", "answered_at", RECORDED_AT, SEQ]
        found = store.rows("answers", columns=columns, order_by=["value"], descending=True, limit=3)
        assert found == store.read("answers", columns=columns, order_by=["value"], descending=True, limit=3).to_dicts()
        assert list(found[0]) == columns
        assert [row["answer_id"] for row in found] == ["c", "a", "b"]
        assert found[0]["answered_at"].utcoffset() == timedelta(0)
        assert store.rows("answers", columns=["answer_id"], where=[Where("value", "is_null")]) == [{"answer_id": "n"}]
        assert store.rows("answers", columns=["answer_id"], where=[Where("value", ">", 2)]) == []

    @pytest.mark.parametrize("more", [0, 100, 3000])
    def test_rows_of_one_person_are_looked_up(self, store: Store, more: int) -> None:
        append(store, "events", events(a=at(3), b=at(1), c=at(2)))
        append(store, "events", events(d=at(9), e=at(5)).with_columns(event_id=pl.col("event_id") + "later"))
        theirs = [Where("record_id", "in", ["b", "a", "e", "a", *(f"x{n}" for n in range(more))])]
        asked: dict[str, Any] = {"columns": ["record_id", "occurred_at"], "where": theirs}
        latest = store.rows("events", **asked, order_by=["occurred_at"], descending=True, limit=2)
        assert latest == [{"record_id": "e", "occurred_at": at(5)}, {"record_id": "a", "occurred_at": at(3)}]
        assert sorted(row["record_id"] for row in store.rows("events", **asked)) == ["a", "b", "e"]
        delete(store, "events", events(e=at(5)).select("record_id"))
        assert sorted(row["record_id"] for row in store.rows("events", **asked)) == ["a", "b"]
        assert store.rows("events", columns=["record_id"], where=[Where("record_id", "in", [])]) == []

    def test_known_at_is_strict(self, store: Store) -> None:
        append(store, "identities", identities("a"), seconds=1)
        append(store, "identities", identities("b"), seconds=2)
        assert [ids(store, known_at=at(second)) for second in (1, 2, 3)] == [[], ["a"], ["a", "b"]]

    def test_rows_are_sorted_with_nulls_last_and_ties_by_arrival(self, store: Store) -> None:
        append(store, "answers", answers(a=2, b=1, n=None, c=2))
        assert answer_ids(store, order_by=["value"]) == ["b", "a", "c", "n"]
        assert answer_ids(store, order_by=["value"], descending=True) == ["c", "a", "b", "n"]
        assert answer_ids(store, order_by=["value"], descending=True, limit=2) == ["c", "a"]
        assert answer_ids(store, limit=0) == []
        assert store.read("answers", limit=3).height == 3

    def test_batches_are_the_answer_in_parts(self, store: Store) -> None:
        append(store, "answers", answers(**{f"a{n}": n % 7 for n in range(100)}))
        parts = list(store.batches("answers", where=[Where("value", "<", 3)], size=10))
        assert all(0 < part.height <= 10 for part in parts)
        assert_frame_equal(
            pl.concat(parts).sort(SEQ), store.read("answers", where=[Where("value", "<", 3)], order_by=[SEQ])
        )
        assert list(store.batches("answers", where=[Where("value", "<", 0)])) == []
        with pytest.raises(ConfigurationError):
            next(iter(store.batches("answers", size=0)))

    @pytest.mark.parametrize("more", [0, 3000])
    def test_batches_take_keys_too(self, store: Store, more: int) -> None:
        append(store, "answers", answers(**{f"a{n}": n % 7 for n in range(100)}))
        keys = pl.DataFrame({"answer_id": [f"a{n}" for n in range(20, 60 + more)]}).with_row_index("number")
        asked: dict[str, Any] = {"keys": Keys(keys, ("answer_id",)), "where": [Where("value", "<", 3)]}
        whole = store.read("answers", columns=["answer_id"], **asked)
        with store.snapshot() as snapshot:
            parts = []
            for part in snapshot.batches("answers", columns=["answer_id"], **asked, size=10):
                parts.append(part)
                assert snapshot.read("answers", **asked).height == whole.height
        assert all(0 < part.height <= 10 for part in parts)
        assert_frame_equal(pl.concat(parts), whole, check_row_order=False)

    def test_batches_show_one_state_and_let_others_write(self, store: Store) -> None:
        append(store, "identities", identities(*(f"r{n}" for n in range(10))))
        seen = []
        for part in store.batches("identities", size=3):
            seen += part["record_id"].to_list()
            append(store, "identities", identities(f"later{len(seen)}"))
            delete(store, "identities", part.select("record_id"))
        assert sorted(seen) == [f"r{n}" for n in range(10)]
