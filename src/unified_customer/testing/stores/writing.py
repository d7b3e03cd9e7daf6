"""Promises of `Writer`, and of `changes`, which tells what was written."""

# ruff: noqa: D102, S101 (a test kit: the names of the checks say what they check)

from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ChangesExpiredError, SchemaError, UnknownTableError
from unified_customer.core.tables import RECORDED_AT, SEQ, table
from unified_customer.store import Counts, Store
from unified_customer.testing.stores.kit import (
    START,
    Stores,
    answers,
    append,
    at,
    column,
    delete,
    identities,
    ids,
    keys,
    scores,
    upsert,
)
from unified_customer.testing.table_frames import frame_of


class WritingConformance(Stores):
    """`append`, `upsert`, `delete`, `restore` and `changes`."""

    def test_append_adds_what_is_not_there(self, store: Store) -> None:
        assert append(store, "identities", identities("b", "a", "b")) == Counts(inserted=2, unchanged=1)
        assert append(store, "identities", identities("d", "a", "c"), seconds=5) == Counts(inserted=2, unchanged=1)
        assert store.read("identities", columns=["record_id", SEQ, RECORDED_AT], order_by=[SEQ]).rows() == [
            ("b", 1, at(0)),
            ("a", 2, at(0)),
            ("d", 3, at(5)),
            ("c", 4, at(5)),
        ]

    def test_append_keeps_the_first_of_each_key(self, store: Store) -> None:
        append(store, "identities", pl.concat([identities("a", source="x"), identities("a", source="y")]))
        append(store, "identities", identities("a", source="z"))
        assert column(store, "identities", "source") == ["x"]

    def test_a_row_of_plain_values_is_appended_like_a_frame_of_it(self, store: Store) -> None:
        rows = [*identities("b", "a", "b").to_dicts(), {"source": "x", "origin": "record", "record_id": None}]
        with store.transaction(recorded_at=at(5)) as writer:
            counts = [writer.append_row("identities", row) for row in [*rows, rows[-1]]]
            assert [row["record_id"] for row in writer.rows("identities", columns=["record_id"])] == ["b", "a", None]
        assert [each.inserted for each in counts] == [1, 1, 0, 1, 0]
        assert sum(counts, Counts()) == Counts(inserted=3, unchanged=2)
        append(store, "identities", identities("a", "c"))
        assert store.read("identities", columns=["record_id", SEQ, RECORDED_AT], order_by=[SEQ]).rows() == [
            ("b", 1, at(5)),
            ("a", 2, at(5)),
            (None, 3, at(5)),
            ("c", 4, at(0)),
        ]
        assert store.changes("identities", since=1)["change"].to_list() == ["insert"] * 3

    def test_a_row_of_plain_values_fills_every_type_of_column(self, store: Store) -> None:
        given: dict[str, Any] = {"audit_id": "1", "at": at(1), "actor": "a", "roles": ["x", "y"], "action": "read"}
        line = {"source": "pos", "order_id": "1", "line_id": "1", "kind": "sale", "quantity": 2, "occurred_at": at(0)}
        with store.transaction(recorded_at=START) as writer:
            writer.append_row("audit", {**given, "rows": 2**40, "withheld_fields": []})
            writer.append_row("order_lines", {**line, "amount": Decimal("0.1")})
        found = store.read("audit", columns=[*given, "rows", "as_of", "withheld_fields"]).row(0)
        assert found == (*given.values(), 2**40, None, [])
        assert store.read("order_lines", columns=[*line, "amount"]).row(0) == (*line.values(), Decimal("0.1"))

    @pytest.mark.parametrize(
        ("name", "change", "error"),
        [
            ("identity", {}, UnknownTableError),
            ("scores", {}, SchemaError),
            ("audit", {"who": "a"}, SchemaError),
            ("audit", {SEQ: 1}, SchemaError),
            ("audit", {"at": "2026-01-01"}, SchemaError),
            # A time without a zone is what is tested.
            ("audit", {"at": datetime(2026, 1, 1)}, SchemaError),  # noqa: DTZ001 (naive on purpose)
            ("audit", {"roles": "admin"}, SchemaError),
            ("audit", {"roles": [1]}, SchemaError),
            ("audit", {"rows": 2**63}, SchemaError),
            ("audit", {"rows": True}, SchemaError),
            ("identities", {}, SchemaError),
        ],
    )
    def test_a_row_that_does_not_fit_is_refused(
        self, store: Store, name: str, change: dict[str, Any], error: type[Exception]
    ) -> None:
        row = {"audit_id": "1", "at": at(1), "actor": "a", "roles": [], "action": "read", "withheld_fields": []}
        with pytest.raises(error), store.transaction(recorded_at=START) as writer:
            writer.append_row(name, {} if name == "identities" else {**row, **change})
        assert store.last_seq() == 0

    def test_a_null_in_a_key_equals_a_null(self, store: Store) -> None:
        lines = pl.concat([identities("a", source="x"), identities("a", source="y")])
        nobody = lines.with_columns(record_id=pl.lit(None, dtype=pl.String))
        assert append(store, "identities", nobody).inserted == 1
        assert append(store, "identities", nobody.vstack(identities("b"))) == Counts(inserted=1, unchanged=2)
        unknown = scores(a=1).with_columns(customer_id=pl.lit(None, dtype=pl.String))
        assert upsert(store, "scores", unknown).inserted == 1
        assert upsert(store, "scores", unknown.with_columns(value=2.0)).updated == 1
        assert store.count("scores") == 1

    def test_upsert_adds_replaces_and_leaves_alone(self, store: Store) -> None:
        assert upsert(store, "scores", scores(a=1, b=None, c=3)) == Counts(inserted=3)
        changed = upsert(store, "scores", scores(d=4, c=30, b=None, a=1), seconds=9)
        assert changed == Counts(inserted=1, updated=1, unchanged=2)
        assert store.read("scores", columns=["customer_id", "value", SEQ, RECORDED_AT], order_by=[SEQ]).rows() == [
            ("a", 1.0, 1, at(0)),
            ("b", None, 2, at(0)),
            ("d", 4.0, 4, at(9)),
            ("c", 30.0, 5, at(9)),
        ]

    def test_a_null_differs_from_a_value(self, store: Store) -> None:
        upsert(store, "scores", scores(a=1))
        assert upsert(store, "scores", scores(a=None)).updated == 1
        assert upsert(store, "scores", scores(a=1)).updated == 1

    def test_lists_are_compared_too(self, store: Store) -> None:
        row = {"customer_id": "c", "record_count": 1}
        first, second = (frame_of(table("customers"), [{**row, "sources": each}]) for each in (["a"], ["a", "b"]))
        assert [upsert(store, "customers", each).updated for each in (first, first, second)] == [0, 0, 1]
        assert column(store, "customers", "sources") == [["a", "b"]]

    def test_nothing_written_is_nothing_done(self, store: Store) -> None:
        assert append(store, "identities", identities()) == Counts()
        assert upsert(store, "scores", scores()) == Counts()
        assert delete(store, "scores", keys("customer_id")) == 0
        assert store.last_seq() == 0

    @pytest.mark.parametrize(
        ("method", "name", "frame", "error"),
        [
            ("append", "scores", scores(a=1), SchemaError),
            ("upsert", "identities", identities("a"), SchemaError),
            ("upsert", "scores", pl.concat([scores(a=1), scores(a=2)]), SchemaError),
            ("append", "identities", identities("a").drop("source"), SchemaError),
            ("append", "identities", identities("a").with_columns(seq=1), SchemaError),
            ("append", "identities", identities("a").with_columns(source=pl.lit(1)), SchemaError),
            ("append", "identity", identities("a"), UnknownTableError),
            ("delete", "identities", keys("recordid", "a"), SchemaError),
            ("delete", "identities", pl.DataFrame({"record_id": [1]}), SchemaError),
            ("delete", "identities", pl.DataFrame(), SchemaError),
            ("restore", "identities", identities("a"), SchemaError),
        ],
    )
    def test_what_does_not_fit_is_refused_and_harms_nothing(
        self, store: Store, method: str, name: str, frame: pl.DataFrame, error: type[Exception]
    ) -> None:
        with store.transaction(recorded_at=START) as writer:
            with pytest.raises(error):
                getattr(writer, method)(name, frame)
            writer.append("identities", identities("kept"))
        assert ids(store) == ["kept"]
        assert store.count("scores") == 0

    def test_delete_matches_any_columns_and_no_null(self, store: Store) -> None:
        rows = answers(a=1, b=2, c=3, d=4).with_columns(record_id=pl.Series(["r", None, "s", "r"]))
        append(store, "answers", rows)
        wanted = pl.DataFrame({"record_id": ["r", "r", None, "x"], "value": [4.0, 4.0, 2.0, 1.0]})
        assert delete(store, "answers", wanted) == 1
        assert delete(store, "answers", keys("record_id", "r", None)) == 1
        assert column(store, "answers", "answer_id") == ["b", "c"]
        assert delete(store, "answers", pl.DataFrame({SEQ: [2]})) == 1

    def test_a_deleted_row_can_come_again(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        delete(store, "identities", keys("record_id", "a"))
        assert append(store, "identities", identities("a")).inserted == 1
        assert column(store, "identities", SEQ) == [3]

    def test_a_writer_sees_what_it_has_written(self, store: Store) -> None:
        append(store, "identities", identities("a", "b"))
        with store.transaction(recorded_at=START) as writer:
            assert [part.height for part in writer.batches("identities")] == [2]
            writer.append("identities", identities("c"))
            writer.delete("identities", keys("record_id", "a"))
            assert ids(writer) == ["b", "c"]
            assert sorted(pl.concat(writer.batches("identities", size=1))["record_id"]) == ["b", "c"]
            assert (writer.count("identities"), writer.last_seq()) == (2, 4)
            assert writer.changes("identities", since=2)["change"].to_list() == ["insert", "delete"]
            assert (ids(store), store.last_seq()) == (["a", "b"], 2)

    def test_a_writer_can_read_in_parts_what_it_replaces(self, store: Store) -> None:
        upsert(store, "scores", scores(**{f"c{n}": n for n in range(10)}))
        with store.transaction(recorded_at=START) as writer:
            for part in writer.batches("scores", columns=list(table("scores").columns), size=3):
                writer.upsert("scores", part.with_columns(pl.col("value") + 100))
        assert sorted(column(store, "scores", "value")) == [100.0 + n for n in range(10)]

    # --------------------------------------------------------------------------------------------- changes

    def test_changes_tell_inserts_updates_and_deletes_in_order(self, store: Store) -> None:
        upsert(store, "scores", scores(a=1, b=2, c=3))
        upsert(store, "scores", scores(a=10, d=4))
        delete(store, "scores", keys("customer_id", "b"))
        assert _told(store, since=3) == [("a", 10.0, 4, "update"), ("d", 4.0, 5, "insert"), ("b", None, 6, "delete")]
        assert _told(store, since=5) == [("b", None, 6, "delete")]
        assert _told(store, since=6) == []
        assert _told(store, since=0) == [
            ("c", 3.0, 3, "insert"),
            ("a", 10.0, 4, "insert"),
            ("d", 4.0, 5, "insert"),
            ("b", None, 6, "delete"),
        ]

    def test_changes_have_the_stored_columns_and_the_kind(self, store: Store) -> None:
        for name in ("scores", "identities"):
            assert dict(store.changes(name).schema) == {**table(name).stored_columns, "change": pl.String()}

    def test_a_delete_tells_no_more_than_the_key(self, store: Store) -> None:
        upsert(store, "scores", scores(a=1))
        delete(store, "scores", keys("customer_id", "a"))
        (told,) = store.changes("scores").to_dicts()
        known = {name for name, value in told.items() if value is not None}
        assert known == {*table("scores").key, SEQ, "change"}

    def test_a_row_that_changes_often_is_told_once(self, store: Store) -> None:
        for value in range(4):
            upsert(store, "scores", scores(a=value))
        assert _told(store, since=2) == [("a", 3.0, 4, "update")]
        for _ in range(2):
            delete(store, "scores", keys("customer_id", "a"))
            upsert(store, "scores", scores(a=9))
        assert _told(store, since=4) == [("a", None, 7, "delete"), ("a", 9.0, 8, "insert")]

    def test_changes_can_be_taken_a_few_at_a_time(self, store: Store) -> None:
        upsert(store, "scores", scores(a=1, b=2, c=3))
        delete(store, "scores", keys("customer_id", "a", "b"))
        seen: list[Any] = []
        while step := _told(store, since=seen[-1][2] if seen else 0, limit=1):
            seen += step
        assert seen == _told(store, since=0)

    def test_each_deleted_row_has_a_position_of_its_own(self, store: Store) -> None:
        append(store, "identities", identities("b", "a", "c"))
        append(store, "answers", answers(x=1))
        delete(store, "identities", keys("record_id", "a", "b"))
        assert store.changes("identities", since=3).select("record_id", SEQ).rows() == [("b", 5), ("a", 6)]
        assert store.last_seq() == 6

    # --------------------------------------------------------------------------------------------- restore

    def test_restored_rows_keep_their_positions(self, store: Store) -> None:
        rows = identities("a", "b").with_columns(
            pl.Series(RECORDED_AT, [at(7), at(3)]).dt.cast_time_unit("us"), pl.Series(SEQ, [40, 12])
        )
        with store.transaction(recorded_at=at(99)) as writer:
            assert writer.restore("identities", rows) == 2
        assert_frame_equal(store.read("identities", order_by=[SEQ]), rows.sort(SEQ))
        assert store.last_seq() == 40
        append(store, "identities", identities("c"))
        assert column(store, "identities", SEQ) == [12, 40, 41]

    def test_what_is_there_is_not_restored(self, store: Store) -> None:
        append(store, "identities", identities("a", "b"))
        delete(store, "identities", keys("record_id", "b"))
        for frame in (_at_position("a", 9), _at_position("c", 1), _at_position("c", 3), _at_position("c", 0)):
            with store.transaction(recorded_at=START) as writer, pytest.raises(SchemaError):
                writer.restore("identities", frame)
        twice = pl.concat([_at_position("c", 9), _at_position("d", 9)])
        with store.transaction(recorded_at=START) as writer, pytest.raises(SchemaError):
            writer.restore("identities", twice)
        with store.transaction(recorded_at=START) as writer, pytest.raises(SchemaError):
            writer.restore("answers", answers(x=1).with_columns(_at_position("c", 1).select(RECORDED_AT, SEQ)))
        assert ids(store) == ["a"]

    def test_what_was_deleted_before_a_restore_is_not_known(self, store: Store) -> None:
        with store.transaction(recorded_at=START) as writer:
            writer.restore("identities", _at_position("a", 9))
        with pytest.raises(ChangesExpiredError):
            store.changes("identities", since=5)
        assert store.changes("identities").height == 1
        assert store.changes("identities", since=9).height == 0


def _told(store: Store, *, since: int, limit: int | None = None) -> list[tuple[Any, ...]]:
    return store.changes("scores", since=since, limit=limit).select("customer_id", "value", SEQ, "change").rows()


def _at_position(record_id: str, seq: int, *, recorded_at: datetime = START) -> pl.DataFrame:
    instant = pl.lit(recorded_at, dtype=pl.Datetime("us", "UTC"))
    return identities(record_id).with_columns(instant.alias(RECORDED_AT), pl.lit(seq, dtype=pl.Int64).alias(SEQ))
