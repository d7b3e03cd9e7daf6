"""Promises of `Store`: transactions, snapshots, threads, compaction, backups and closing."""

# ruff: noqa: D102, S101 (a test kit: the names of the checks say what they check)

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ChangesExpiredError, ConfigurationError, StoreClosedError, StoreError
from unified_customer.core.tables import SEQ
from unified_customer.store import Reader, Store, Where
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


class LifeConformance(Stores):
    """`transaction`, `snapshot`, `compact`, `backup` and `close`."""

    def test_a_transaction_that_fails_leaves_nothing(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        with suppress(_PlannedError), store.transaction(recorded_at=at(1)) as writer:
            writer.append("identities", identities("b"))
            writer.upsert("scores", scores(a=1))
            writer.delete("identities", keys("record_id", "a"))
            raise _PlannedError
        assert (ids(store), store.count("scores"), store.last_seq()) == (["a"], 0, 1)
        append(store, "identities", identities("c"))
        assert column(store, "identities", SEQ) == [1, 2]

    def test_nobody_else_sees_a_transaction_before_its_end(self, store: Store) -> None:
        with store.transaction(recorded_at=START) as writer:
            writer.append("identities", identities("a"))
            assert (ids(store), store.last_seq()) == ([], 0)
        assert (ids(store), store.last_seq()) == (["a"], 1)

    def test_a_thread_has_one_transaction_at_a_time(self, store: Store) -> None:
        with store.transaction(recorded_at=START) as writer:
            with pytest.raises(StoreError), store.transaction(recorded_at=START):
                pass
            writer.append("identities", identities("a"))
        assert ids(store) == ["a"]

    def test_an_instant_without_a_zone_is_refused(self, store: Store) -> None:
        # A time without a zone is what is tested.
        with pytest.raises(ConfigurationError), store.transaction(recorded_at=datetime(2026, 1, 1)):  # noqa: DTZ001 (naive on purpose)
            pass

    def test_readers_and_writers_end_with_their_blocks(self, store: Store) -> None:
        with store.transaction(recorded_at=START) as writer, store.snapshot() as snapshot:
            assert snapshot.count("identities") == writer.count("identities") == 0
        for reader in (writer, snapshot):
            for use in _uses(reader):
                with pytest.raises(StoreClosedError):
                    use()
        with pytest.raises(StoreClosedError):
            writer.append("identities", identities("a"))

    def test_a_snapshot_keeps_seeing_what_it_saw(self, store: Store) -> None:
        append(store, "identities", identities("a", "b"))
        with store.snapshot() as snapshot:
            upsert(store, "scores", scores(a=1))
            delete(store, "identities", keys("record_id", "a"))
            append(store, "identities", identities("c"))
            assert (ids(snapshot), snapshot.count("scores"), snapshot.last_seq()) == (["a", "b"], 0, 2)
            assert snapshot.changes("identities")["record_id"].to_list() == ["a", "b"]
            parts = snapshot.batches("identities", size=1)
            first = next(parts)["record_id"].to_list()
            assert sorted(first + [each for part in parts for each in part["record_id"]]) == ["a", "b"]
            assert ids(store) == ["b", "c"]

    def test_a_snapshot_can_be_read_while_its_batches_come(self, store: Store) -> None:
        append(store, "identities", identities("a", "b", "c"))
        with store.snapshot() as snapshot:
            counted = [snapshot.count("identities") for _ in snapshot.batches("identities", size=1)]
        assert counted == [3, 3, 3]

    # --------------------------------------------------------------------------------------------- threads

    def test_threads_write_one_after_the_other(self, store: Store) -> None:
        def write(number: int) -> None:
            with store.transaction(recorded_at=START) as writer:
                writer.append("identities", identities(f"{number}a"))
                writer.append("identities", identities(f"{number}b"))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(12)))
        written = ids(store)
        assert [each[:-1] for each in written[::2]] == [each[:-1] for each in written[1::2]]
        assert column(store, "identities", SEQ) == list(range(1, 25))

    def test_no_thread_sees_half_a_transaction(self, store: Store) -> None:
        ended = threading.Event()

        def look() -> set[tuple[int, int, int]]:
            seen = set()
            while not ended.is_set():
                with store.snapshot() as snapshot:
                    seen.add((snapshot.count("identities"), snapshot.count("answers"), snapshot.last_seq()))
            return seen

        with ThreadPoolExecutor(3) as pool:
            looking = [pool.submit(look) for _ in range(3)]
            try:
                for number in range(12):
                    with store.transaction(recorded_at=START) as writer:
                        writer.append("identities", identities(f"i{number}"))
                        writer.append("answers", answers(**{f"a{number}": 1}))
            finally:
                ended.set()
        seen = {each for one in looking for each in one.result()}
        assert seen <= {(number, number, 2 * number) for number in range(13)}

    def test_changes_come_once_while_threads_write(self, store: Store) -> None:
        def write(number: int) -> None:
            for each in range(6):
                append(store, "identities", identities(f"{number}-{each}"))

        with ThreadPoolExecutor(3) as pool:
            writing = [pool.submit(write, number) for number in range(3)]
            told: list[int] = []
            while not all(each.done() for each in writing):
                told += store.changes("identities", since=told[-1] if told else 0)[SEQ].to_list()
        told += store.changes("identities", since=told[-1] if told else 0)[SEQ].to_list()
        assert told == list(range(1, 19))

    def test_compaction_waits_for_readers_and_lets_them_go_on(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        with ThreadPoolExecutor(1) as pool, ExitStack() as block:
            snapshot = block.enter_context(store.snapshot())
            compacting = pool.submit(store.compact)
            append(store, "identities", identities("b"))
            assert (ids(snapshot), ids(store)) == (["a"], ["a", "b"])
            block.close()
            compacting.result(timeout=60)
        assert ids(store) == ["a", "b"]

    # ------------------------------------------------------------------------------------------- compaction

    def test_compaction_changes_nothing_that_can_be_read(self, store: Store) -> None:
        append(store, "identities", identities("c", "a", "b"))
        upsert(store, "scores", scores(a=1, b=2))
        delete(store, "identities", keys("record_id", "a"))
        upsert(store, "scores", scores(a=3))
        before = [
            store.read("identities", order_by=[SEQ]),
            store.changes("identities"),
            store.changes("scores", since=5),
        ]
        report = store.compact()
        after = [
            store.read("identities", order_by=[SEQ]),
            store.changes("identities"),
            store.changes("scores", since=5),
        ]
        for one, other in zip(before, after, strict=True):
            assert_frame_equal(one, other)
        assert report.bytes_before >= 0
        assert report.bytes_after >= 0
        append(store, "identities", identities("d"))
        assert column(store, "identities", SEQ) == [1, 3, 8]

    def test_forgotten_deletions_are_not_passed_over_in_silence(self, store: Store) -> None:
        append(store, "identities", identities("a", "b", "c"))
        delete(store, "identities", keys("record_id", "a"))
        delete(store, "identities", keys("record_id", "b"))
        store.compact(keep_changes_since=4)
        for since in (1, 3):
            with pytest.raises(ChangesExpiredError):
                store.changes("identities", since=since)
        told = [store.changes("identities", since=since)["record_id"].to_list() for since in (0, 4, 5)]
        assert told == [["c", "b"], ["b"], []]

    def test_compaction_forgets_no_more_than_there_is(self, store: Store) -> None:
        append(store, "identities", identities("a"))
        store.compact(keep_changes_since=1_000)
        append(store, "identities", identities("b"))
        assert store.changes("identities", since=1)["record_id"].to_list() == ["b"]
        store.compact(keep_changes_since=0)
        delete(store, "identities", keys("record_id", "a"))
        assert store.changes("identities", since=1)["change"].to_list() == ["insert", "delete"]

    def test_nobody_compacts_inside_a_block_of_its_own(self, store: Store) -> None:
        with store.snapshot(), pytest.raises(StoreError):
            store.compact()
        with store.transaction(recorded_at=START), pytest.raises(StoreError):
            store.compact()
        store.compact()

    # ----------------------------------------------------------------------------------- backups and the end

    def test_a_backup_opens_as_a_store_of_its_own(self, store: Store, path: Path) -> None:
        append(store, "identities", identities("a", "b"))
        upsert(store, "scores", scores(a=1))
        delete(store, "identities", keys("record_id", "a"))
        target = path.with_name("backup")
        with store.transaction(recorded_at=START) as writer:
            writer.append("identities", identities("uncommitted"))
            with ThreadPoolExecutor(1) as pool:
                pool.submit(store.backup, target).result(timeout=60)
        copy = self.open(target)
        try:
            for name in ("identities", "scores"):
                assert_frame_equal(copy.read(name), store.read(name, where=[Where(SEQ, "<=", 4)]))
            assert copy.changes("identities", since=2)["change"].to_list() == ["delete"]
            assert append(copy, "identities", identities("c")).inserted == 1
        finally:
            copy.close()
        assert ids(store) == ["b", "uncommitted"]

    def test_a_backup_overwrites_nothing(self, store: Store, path: Path) -> None:
        target = path.with_name("backup")
        target.write_text("precious")
        with pytest.raises(StoreError):
            store.backup(target)
        assert target.read_text() == "precious"

    def test_what_is_committed_stays(self, store: Store, path: Path) -> None:
        if not self.persistent:
            pytest.skip("this store forgets")
        append(store, "identities", identities("a", "b"))
        delete(store, "identities", keys("record_id", "a"))
        store.close()
        again = self.open(path)
        try:
            assert (ids(again), again.last_seq()) == (["b"], 3)
            assert again.changes("identities", since=2)["change"].to_list() == ["delete"]
        finally:
            again.close()

    def test_a_closed_store_does_nothing(self, store: Store, path: Path) -> None:
        with store.snapshot() as snapshot:
            store.close()
            store.close()
            for reader in (store, snapshot):
                for use in _uses(reader):
                    with pytest.raises(StoreClosedError):
                        use()
        for use in (store.compact, lambda: store.backup(path.with_name("backup"))):
            with pytest.raises(StoreClosedError):
                use()
        with pytest.raises(StoreClosedError), store.transaction(recorded_at=START):
            pass

    def test_closing_inside_a_transaction_commits_nothing(self, store: Store, path: Path) -> None:
        # Leaving the block is what fails.
        with pytest.raises(StoreClosedError), store.transaction(recorded_at=START) as writer:  # noqa: PT012
            writer.append("identities", identities("a"))
            store.close()
        if self.persistent:
            again = self.open(path)
            assert ids(again) == []
            again.close()

    def test_it_says_where_it_is(self, store: Store) -> None:
        assert "://" in store.url
        assert store.path is None or store.path.exists()


class _PlannedError(Exception):
    pass


def _uses(reader: Reader) -> list[Callable[[], object]]:
    return [
        lambda: reader.read("identities"),
        lambda: list(reader.batches("identities")),
        lambda: reader.count("identities"),
        lambda: reader.changes("identities"),
        reader.last_seq,
    ]
