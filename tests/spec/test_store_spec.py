"""Laws of every store."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES, table
from unified_customer.store import Counts, Keys, Reader, Store, Where, open_store
from unified_customer.testing.stores import apply_changes
from unified_customer.testing.table_frames import frames, key_frames

START = datetime(2026, 1, 1, tzinfo=UTC)
LEDGER = "order_lines"
STATE = "scores"

every_store = pytest.mark.parametrize("kind", ["memory://", "duckdb://"])

ledgers = frames(LEDGER, keys=2)
states = frames(STATE, unique=True)
writings = st.one_of(
    st.tuples(st.just("append"), st.just(LEDGER), ledgers),
    st.tuples(st.just("upsert"), st.just(STATE), states),
    st.tuples(st.just("delete"), st.just(LEDGER), key_frames(LEDGER, ["order_id"])),
    st.tuples(st.just("delete"), st.just(STATE), key_frames(STATE, ["customer_id"])),
)
Writing = tuple[str, str, pl.DataFrame]


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def backup_of(store: Store) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backup"
        store.backup(path)
        with opened(f"{store.url.split(':')[0]}:///{path}") as copy:
            yield copy


def write(store: Store, *writings: Writing, seconds: int = 0) -> list[Counts | int]:
    with store.transaction(recorded_at=START + timedelta(seconds=seconds)) as writer:
        return [getattr(writer, method)(name, frame) for method, name, frame in writings]


def contents(reader: Reader) -> dict[str, pl.DataFrame]:
    return {name: reader.read(name, order_by=[SEQ]) for name in (LEDGER, STATE)}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> bool:
    return all(one[name].equals(other[name]) for name in one)


@every_store
@given(frame=ledgers, seconds=st.integers(0, 3))
def test_appending_twice_is_appending_once(kind: str, frame: pl.DataFrame, seconds: int) -> None:
    with opened(kind) as store:
        write(store, ("append", LEDGER, frame))
        once = contents(store)
        assert write(store, ("append", LEDGER, frame), seconds=seconds) == [Counts(unchanged=frame.height)]
        assert same(contents(store), once)


@every_store
@given(frame=ledgers, cut=st.integers(0, 5))
def test_appending_in_parts_is_appending_at_once(kind: str, frame: pl.DataFrame, cut: int) -> None:
    with opened(kind) as parts, opened(kind) as whole:
        write(parts, ("append", LEDGER, frame.head(cut)))
        write(parts, ("append", LEDGER, frame.slice(cut)))
        write(whole, ("append", LEDGER, frame))
        assert same(contents(parts), contents(whole))


@every_store
@given(frame=states)
def test_upserting_twice_is_upserting_once(kind: str, frame: pl.DataFrame) -> None:
    with opened(kind) as store:
        write(store, ("upsert", STATE, frame))
        once = contents(store)
        assert write(store, ("upsert", STATE, frame), seconds=1) == [Counts(unchanged=frame.height)]
        assert same(contents(store), once)


@every_store
@given(first=states, second=states)
def test_the_last_upsert_of_a_key_is_what_is_read(kind: str, first: pl.DataFrame, second: pl.DataFrame) -> None:
    with opened(kind) as store:
        write(store, ("upsert", STATE, first))
        write(store, ("upsert", STATE, second))
        expected = pl.concat([first, second]).unique(table(STATE).key, keep="last")
        assert_frame_equal(store.read(STATE, columns=expected.columns), expected, check_row_order=False)


@every_store
@given(done=st.lists(writings, max_size=4))
def test_every_row_counted_as_written_has_a_position_of_its_own(kind: str, done: list[Writing]) -> None:
    with opened(kind) as store:
        counts = write(store, *done)
        written = sum(each.inserted + each.updated if isinstance(each, Counts) else each for each in counts)
        assert store.last_seq() == written


@every_store
@given(before=st.lists(writings, max_size=3), later=st.lists(writings, max_size=3))
def test_what_a_snapshot_saw_it_keeps_seeing(kind: str, before: list[Writing], later: list[Writing]) -> None:
    with opened(kind) as store:
        write(store, *before)
        with store.snapshot() as snapshot:
            seen = contents(snapshot)
            write(store, *later)
            assert same(contents(snapshot), seen)


@every_store
@given(before=st.lists(writings, max_size=3), failed=st.lists(writings, max_size=3), after=writings)
def test_a_failed_transaction_leaves_nothing(
    kind: str, before: list[Writing], failed: list[Writing], after: Writing
) -> None:
    with opened(kind) as store, opened(kind) as spared:
        for each in (store, spared):
            write(each, *before)
        with suppress(ZeroDivisionError), store.transaction(recorded_at=START) as writer:
            for method, name, frame in failed:
                getattr(writer, method)(name, frame)
            raise ZeroDivisionError
        for each in (store, spared):
            write(each, after)
        assert same(contents(store), contents(spared))
        assert store.last_seq() == spared.last_seq()


@every_store
@given(old=st.lists(writings, max_size=4), new=st.lists(writings, max_size=6))
def test_replaying_the_changes_on_an_old_copy_gives_the_new_state(
    kind: str, old: list[Writing], new: list[Writing]
) -> None:
    with opened(kind) as store:
        write(store, *old)
        since, copies = store.last_seq(), contents(store)
        for each in new:
            write(store, each)
        for name, copy in copies.items():
            columns = list(table(name).columns)
            replayed = apply_changes(name, copy.select(columns), store.changes(name, since=since))
            assert_frame_equal(replayed, store.read(name, columns=columns), check_row_order=False)


@every_store
@given(old=st.lists(writings, max_size=4), new=st.lists(writings, max_size=4))
def test_an_insert_is_a_row_that_was_not_there_and_an_update_one_that_was(
    kind: str, old: list[Writing], new: list[Writing]
) -> None:
    key = list(table(STATE).key)
    with opened(kind) as store:
        write(store, *old)
        since, before = store.last_seq(), store.read(STATE).select(key)
        write(store, *(each for each in new if each[0] != "delete"))
        changes = store.changes(STATE, since=since)
        was_there = changes.join(before.with_columns(was=pl.lit("update")), on=key, how="left", maintain_order="left")
        assert was_there["was"].fill_null("insert").to_list() == changes["change"].to_list()


@every_store
@given(done=st.lists(writings, max_size=6), limits=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_changes_come_once_and_in_commit_order_however_they_are_polled(
    kind: str, done: list[Writing], limits: list[int]
) -> None:
    with opened(kind) as store:
        for each in done:
            write(store, each)
        polled: list[int] = []
        for limit in [*limits, None]:
            polled += store.changes(LEDGER, since=polled[-1] if polled else 0, limit=limit)[SEQ].to_list()
        assert polled == store.changes(LEDGER)[SEQ].to_list() == sorted(set(polled))


@every_store
@given(frame=frames(LEDGER, max_size=12, keys=None))
def test_no_change_is_lost_or_repeated_while_several_write(kind: str, frame: pl.DataFrame) -> None:
    with opened(kind) as store, ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(write, store, ("append", LEDGER, row)) for row in frame.iter_slices(1)]
        polled: list[int] = []
        while unfinished := [job for job in jobs if not job.done()]:
            polled += store.changes(LEDGER, since=polled[-1] if polled else 0)[SEQ].to_list()
            unfinished[0].result()
        polled += store.changes(LEDGER, since=polled[-1] if polled else 0)[SEQ].to_list()
        assert polled == list(range(1, store.count(LEDGER) + 1))


@every_store
@given(parts=st.lists(ledgers, min_size=1, max_size=4), asked=st.integers(0, 4))
def test_known_at_shows_what_was_known(kind: str, parts: list[pl.DataFrame], asked: int) -> None:
    with opened(kind) as store, opened(kind) as then:
        for second, frame in enumerate(parts):
            write(store, ("append", LEDGER, frame), seconds=second)
            if second < asked:
                write(then, ("append", LEDGER, frame), seconds=second)
        known = store.read(LEDGER, known_at=START + timedelta(seconds=asked), order_by=[SEQ])
        assert_frame_equal(known, contents(then)[LEDGER])


@every_store
@given(frame=ledgers, gone=key_frames(LEDGER, ["order_id"]))
def test_a_deleted_row_is_in_no_answer(kind: str, frame: pl.DataFrame, gone: pl.DataFrame) -> None:
    with opened(kind) as store:
        write(store, ("append", LEDGER, frame), ("delete", LEDGER, gone))
        left = Keys(gone, ("order_id",))
        assert store.read(LEDGER, keys=left).height == 0
        assert store.read(LEDGER, keys=left, known_at=START + timedelta(days=1)).height == 0
        told = store.changes(LEDGER).join(gone, on="order_id", how="semi")
        assert told.drop(*table(LEDGER).key, SEQ, "change").null_count().sum_horizontal().sum() == told.height * (
            told.width - len(table(LEDGER).key) - 2
        )


@every_store
@given(done=st.lists(writings, max_size=5), forgotten=st.integers(0, 30))
def test_compaction_changes_no_answer(kind: str, done: list[Writing], forgotten: int) -> None:
    with opened(kind) as store:
        for each in done:
            write(store, each)
        before, since = contents(store), min(forgotten, store.last_seq())
        told = store.changes(LEDGER, since=since)
        store.compact(keep_changes_since=forgotten)
        assert same(contents(store), before)
        assert since == 0 or store.changes(LEDGER, since=since).equals(told)


@every_store
@given(done=st.lists(writings, max_size=4), later=writings)
def test_a_backup_is_the_store_and_goes_its_own_way(kind: str, done: list[Writing], later: Writing) -> None:
    with opened(kind) as store:
        write(store, *done)
        with backup_of(store) as copy:
            before = contents(store)
            assert same(contents(copy), before)
            assert copy.changes(LEDGER).equals(store.changes(LEDGER))
            assert write(copy, later) == write(store, later)
            assert same(contents(copy), contents(store))


@every_store
@given(done=st.lists(writings, max_size=4))
def test_what_is_restored_is_what_was_there(kind: str, done: list[Writing]) -> None:
    with opened(kind) as store, opened(kind) as other:
        for second, each in enumerate(done):
            write(store, each, seconds=second)
        with other.transaction(recorded_at=START) as writer:
            for name in TABLES:
                writer.restore(name, store.read(name))
        assert same(contents(other), contents(store))


@every_store
@given(frame=ledgers, ids=key_frames(LEDGER, ["order_id"]))
def test_keys_and_conditions_give_the_same_rows(kind: str, frame: pl.DataFrame, ids: pl.DataFrame) -> None:
    with opened(kind) as store:
        write(store, ("append", LEDGER, frame))
        by_keys = store.read(LEDGER, keys=Keys(ids, ("order_id",)), order_by=[SEQ])
        by_condition = store.read(LEDGER, where=[Where("order_id", "in", ids["order_id"])], order_by=[SEQ])
        assert_frame_equal(by_keys, by_condition)


@every_store
@given(frame=ledgers, size=st.integers(1, 4))
def test_batches_are_the_answer_in_parts(kind: str, frame: pl.DataFrame, size: int) -> None:
    with opened(kind) as store:
        write(store, ("append", LEDGER, frame))
        parts = list(store.batches(LEDGER, size=size))
        assert all(1 <= part.height <= size for part in parts)
        assert_frame_equal(pl.concat([store.read(LEDGER, limit=0), *parts]).sort(SEQ), contents(store)[LEDGER])


@every_store
@given(frame=ledgers)
def test_one_transaction_has_one_instant(kind: str, frame: pl.DataFrame) -> None:
    with opened(kind) as store:
        write(store, ("append", LEDGER, frame), ("upsert", STATE, table(STATE).empty()))
        assert set(store.read(LEDGER)[RECORDED_AT].to_list()) <= {START}
