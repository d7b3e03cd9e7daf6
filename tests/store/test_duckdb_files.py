"""Who may open a DuckDB file, and what lies beside it."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.store.old_store import make_version_0
from unified_customer.core.errors import (
    ConfigurationError,
    PluginError,
    SchemaVersionError,
    StoreError,
    StoreLockedError,
)
from unified_customer.core.tables import SEQ, TABLES, table
from unified_customer.store import SCHEMA_VERSION, Store, Where, open_store
from unified_customer.store.duckdb import DuckStore, open_duckdb
from unified_customer.store.duckdb.files import publish
from unified_customer.store.duckdb.layout import sql_type
from unified_customer.store.duckdb.questions import plain
from unified_customer.store.duckdb.session import Statements
from unified_customer.store.query import ask
from unified_customer.testing.stores.kit import START, append, events, identities, ids, keys, scores, upsert


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.duckdb"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_duckdb(f"duckdb:///{path}")
    yield store
    store.close()


def python(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True).stdout


OPEN_ELSEWHERE = """
import sys
from unified_customer.store.duckdb import open_duckdb
try:
    open_duckdb(f"duckdb:///{sys.argv[1]}").close()
    print("opened")
except Exception as error:
    print(type(error).__name__, getattr(error, "retryable", None), error)
"""


def test_another_process_is_told_to_wait(store: Store, path: Path) -> None:
    told = python(OPEN_ELSEWHERE, str(path))
    assert told.startswith("StoreLockedError True Another process has 'x.duckdb' open. Wait")
    assert str(os.getpid()) not in told
    store.close()
    assert python(OPEN_ELSEWHERE, str(path)) == "opened\n"


def test_another_program_that_has_the_file_is_no_secret(path: Path) -> None:
    open_duckdb(f"duckdb:///{path}").close()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(StoreLockedError) as caught:
            open_duckdb(f"duckdb:///{path}")
        process.kill()
    assert str(process.pid) not in str(caught.value)
    open_duckdb(f"duckdb:///{path}").close()


def test_one_process_opens_a_file_once(store: Store, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.duckdb"
    link.symlink_to(path)
    for same in (path, link):
        with pytest.raises(StoreError, match="in this process already") as caught:
            open_duckdb(f"duckdb:///{same}")
        assert not isinstance(caught.value, StoreLockedError)
    append(store, "identities", identities("a"))


def test_closing_twice_does_not_let_a_third_one_in(path: Path) -> None:
    first = open_duckdb(f"duckdb:///{path}")
    first.close()
    second = open_duckdb(f"duckdb:///{path}")
    first.close()
    with pytest.raises(StoreError):
        open_duckdb(f"duckdb:///{path}")
    second.close()


def test_a_forgotten_store_frees_its_file(path: Path) -> None:
    append(open_duckdb(f"duckdb:///{path}"), "identities", identities("a"))
    gc.collect()
    store = open_duckdb(f"duckdb:///{path}")
    assert ids(store) == ["a"]
    store.close()


FORK = """
import os, sys
from unified_customer.store.duckdb import open_duckdb
store = open_duckdb(f"duckdb:///{sys.argv[1]}")
child = os.fork()
if child == 0:
    try:
        store.last_seq()
    except Exception as error:
        os._exit(7 if "Open it in the process that uses it" in str(error) else 1)
    os._exit(0)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status), store.last_seq())
store.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_does_not_share_the_connection(path: Path) -> None:
    assert python(FORK, str(path)) == "7 0\n"


def test_strays_are_removed_and_logs_are_not(path: Path) -> None:
    store = open_duckdb(f"duckdb:///{path}")
    append(store, "identities", identities("a"))
    left = path.with_name("left")
    left.mkdir()
    for name in ("x.duckdb", "x.duckdb.wal"):  # as a kill leaves them: the row is in the log alone
        (left / name).write_bytes(path.with_name(name).read_bytes())
    store.close()
    for stray in ("x.duckdb.new", "x.duckdb.new.wal", "x.duckdb.new.wal.checkpoint"):
        (left / stray).write_text("rubbish")
    (left / "x.duckdb.tmp").mkdir()
    (left / "x.duckdb.tmp" / "spilled").write_text("rubbish")
    store = open_duckdb(f"duckdb:///{left / 'x.duckdb'}")
    assert ids(store) == ["a"]
    store.close()
    assert {each.name for each in left.iterdir()} == {"x.duckdb", "x.duckdb.lock"}


def test_a_compaction_that_fails_changes_nothing(path: Path) -> None:
    def fail(name: str) -> None:
        if name == failing:
            raise OSError(name)

    failing = ""
    store = open_duckdb(f"duckdb:///{path}", on_step=fail)
    append(store, "identities", identities("a"))
    for failing in ("copy:scores", "copy:committed", "compact:copied", "compact:closed", "compact:renamed"):
        with pytest.raises(OSError, match=failing):
            store.compact()
        append(store, "identities", identities(failing))
        assert {each.name for each in path.parent.iterdir()} <= {"x.duckdb", "x.duckdb.wal", "x.duckdb.lock"}
    failing = "copy:scores"
    with pytest.raises(OSError, match=failing):
        store.backup(path.with_name("backup"))
    assert not list(path.parent.glob("backup*"))
    store.close()
    store = open_duckdb(f"duckdb:///{path}")
    assert len(ids(store)) == 6
    store.close()


def test_compaction_makes_the_file_smaller(store: Store) -> None:
    append(store, "identities", identities(*(f"{number:024x}" for number in range(50_000))))
    with store.transaction(recorded_at=START) as writer:
        writer.delete("identities", writer.read("identities", columns=["record_id"]).slice(10))
    report = store.compact(keep_changes_since=store.last_seq())
    assert report.bytes_after < report.bytes_before
    assert store.count("identities") == 10


# ----------------------------------------------------------------------------------------------------- URLs


def test_urls_name_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url, name in (("duckdb:///here.duckdb", "here.duckdb"), (f"duckdb:///{tmp_path}/it's ünusual", "it's ünusual")):
        store = open_store(url)
        assert (store.url, store.path) == (url, tmp_path / name)
        append(store, "identities", identities("a"))
        store.compact()
        store.close()
        assert (tmp_path / name).is_file()
    in_memory = open_store("duckdb://")
    assert in_memory.path is None
    in_memory.close()


@pytest.mark.parametrize("name", ["store.duckdb", "temp.duckdb", "_meta.duckdb", "system.duckdb", "main.duckdb"])
def test_no_name_of_a_file_is_in_the_way(tmp_path: Path, name: str) -> None:
    store = open_store(f"duckdb:///{tmp_path / name}")
    append(store, "identities", identities("a"))
    store.backup(tmp_path / "copy.duckdb")
    store.close()


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("shop.duckdb", ConfigurationError, "Did you mean 'duckdb:///shop.duckdb'"),
        ("", ConfigurationError, "this is none"),
        ("duckdb://shop.duckdb", ConfigurationError, "Did you mean 'duckdb:///shop.duckdb'"),
        ("duckdb:///", ConfigurationError, "names no file"),
        ("memory://shop", ConfigurationError, "names a host"),
        ("memory:///nowhere", StoreError, "no backup"),
        ("duckbd:///shop.duckdb", PluginError, "Did you mean 'duckdb'"),
        ("duckdb:///no/such/folder/shop.duckdb", StoreError, "no folder"),
    ],
)
def test_urls_that_cannot_be_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, error: type[Exception], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        open_store(url)


# ------------------------------------------------------------------------------------------- what is no store


@pytest.mark.parametrize(
    ("statements", "error", "words"),
    [
        (["CREATE TABLE customers (name VARCHAR)"], StoreError, "not a store"),
        (["UPDATE _meta SET value = 3 WHERE name = 'schema_version'"], SchemaVersionError, "newer release"),
        (["UPDATE _meta SET value = -1 WHERE name = 'schema_version'"], SchemaVersionError, "does not say"),
        (["DELETE FROM _meta WHERE name = 'schema_version'"], SchemaVersionError, "does not say"),
        (["ALTER TABLE scores ALTER value TYPE VARCHAR"], StoreError, "scores.value of the store is VARCHAR"),
    ],
)
def test_what_is_no_store_of_ours_is_refused_and_left_as_it_is(
    path: Path, statements: list[str], error: type[Exception], words: str
) -> None:
    if "customers" not in statements[0]:
        open_duckdb(f"duckdb:///{path}").close()
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(error, match=words):
            open_duckdb(f"duckdb:///{path}")
    assert path.read_bytes() == before


def test_a_file_of_another_kind_is_refused(path: Path) -> None:
    path.write_text("name,email\n" * 2000)
    with pytest.raises(StoreError):
        open_duckdb(f"duckdb:///{path}")
    assert path.read_text() == "name,email\n" * 2000


def test_a_type_that_no_column_has_is_refused() -> None:
    with pytest.raises(StoreError, match="Duration"):
        sql_type(pl.Duration("us"))


def test_a_store_of_an_older_version_is_brought_forward(path: Path) -> None:
    store: Store = open_duckdb(f"duckdb:///{path}")
    upsert(store, "scores", scores(a=1, b=2))
    append(store, "identities", identities("x", "y"))
    upsert(store, "scores", scores(a=3))
    store.close()
    make_version_0(path)
    store = open_store(f"duckdb:///{path}")
    assert store.read("scores", columns=["customer_id", "value", "label", SEQ], order_by=[SEQ]).rows() == [
        ("b", 2.0, None, 2),
        ("a", 3.0, None, 5),
    ]
    for name, each in TABLES.items():
        assert dict(store.read(name).schema) == each.stored_columns
    with pytest.raises(StoreError):
        store.changes("scores", since=3)
    with store.transaction(recorded_at=START) as writer:
        writer.delete("identities", keys("record_id", "x"))
        writer.upsert("scores", scores(b=9))
    assert store.changes("scores", since=5)["change"].to_list() == ["update"]
    assert store.changes("identities", since=5)["change"].to_list() == ["delete"]
    store.close()
    store = open_store(f"duckdb:///{path}")
    assert ids(store) == ["y"]
    store.close()
    with duckdb.connect(str(path)) as connection:
        version = connection.execute("SELECT value FROM _meta WHERE name = 'schema_version'").fetchall()
    assert version == [(SCHEMA_VERSION,)]


def test_an_index_that_is_missing_is_made(path: Path) -> None:
    store = open_store(f"duckdb:///{path}")
    append(store, "events", events(a=START, b=START))
    store.close()
    with duckdb.connect(str(path)) as plain_connection:
        plain_connection.execute("DROP INDEX events_record_id")
    store = open_store(f"duckdb:///{path}")
    assert "Index Scan" in plan_of(store, ["a", "b"])
    assert len(store.rows("events", columns=["event_id"], where=[Where("record_id", "in", ["b", "a"])])) == 2
    store.close()


@pytest.mark.parametrize("sorting", [{}, {"order_by": ["occurred_at"], "descending": True, "limit": 50}])
def test_one_person_is_looked_up_by_an_index(store: Store, sorting: dict[str, Any]) -> None:
    append(store, "events", events(a=START, b=START))
    assert "Index Scan" in plan_of(store, ["a", "b"], **sorting)
    store.compact()
    assert "Index Scan" in plan_of(store, ["a", "b"], **sorting)


def plan_of(store: Store, records: list[str], **sorting: Any) -> str:
    assert isinstance(store, DuckStore)
    where = [Where("record_id", "in", records)]
    sql = plain(ask("events", columns=["event_id", "occurred_at"], where=where, **sorting))
    with store._database.session() as session:
        return str(session.rows(f"EXPLAIN ANALYZE {sql.text}", sql.parameters))


def test_statements_are_forgotten_when_there_are_many() -> None:
    statements, cursor = Statements(size=2), duckdb.connect()
    one, two = (statements.parsed(cursor, f"SELECT {n}") for n in (1, 2))
    assert statements.parsed(cursor, "SELECT 1") is one
    statements.parsed(cursor, "SELECT 3")
    assert statements.parsed(cursor, "SELECT 1") is one
    assert statements.parsed(cursor, "SELECT 2") is not two


def test_a_column_of_a_newer_release_is_kept(path: Path) -> None:
    open_duckdb(f"duckdb:///{path}").close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("ALTER TABLE scores ADD COLUMN novelty VARCHAR")
    store = open_duckdb(f"duckdb:///{path}")
    upsert(store, "scores", scores(a=1))
    assert dict(store.read("scores").schema) == table("scores").stored_columns
    store.close()


def test_a_backup_is_published_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    draft = tmp_path / "draft"
    draft.write_text("rows")
    (tmp_path / "taken").touch()
    with pytest.raises(StoreError):
        publish(draft, tmp_path / "taken")
    monkeypatch.setattr(os, "link", refuse)
    publish(draft, tmp_path / "backup")
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["backup", "taken"]
