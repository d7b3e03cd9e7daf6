"""A process that is killed at any step leaves a store that opens and holds all of a transaction or nothing."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.store import crashing
from tests.store.old_store import make_version_0
from unified_customer.core.tables import SEQ, TABLES
from unified_customer.store import Store
from unified_customer.store.duckdb import open_duckdb

State = dict[str, object]


def state(path: Path) -> State:
    """Return all that can be read from the store, which proves that it opens and can be written to."""
    store = open_duckdb(f"duckdb:///{path}")
    rows = {name: store.read(name, order_by=[SEQ]).rows() for name in TABLES}
    changes = {f"{name} changes": store.changes(name).rows() for name in TABLES}
    crashing.change(store)
    store.close()
    return {**rows, **changes}


def state_after(start: Path, folder: Path, act: Callable[[Store], object]) -> State:
    path = folder / "after.duckdb"
    shutil.copy(start, path)
    store = open_duckdb(f"duckdb:///{path}")
    act(store)
    store.close()
    return state(path)


def kills(scenario: str, start: Path, folder: Path) -> Iterator[Path]:
    """Yield the store that each kill left behind, and at last the one where nothing was killed."""
    status = -signal.SIGKILL
    number = 0
    while status == -signal.SIGKILL:
        path = folder / str(number) / "x.duckdb"
        path.parent.mkdir()
        shutil.copy(start, path)
        command = [sys.executable, crashing.__file__, scenario, str(path), str(number)]
        status = subprocess.run(command, check=False).returncode
        yield path
        number += 1
    assert status == 0


@pytest.fixture
def start(tmp_path: Path) -> Path:
    path = tmp_path / "start.duckdb"
    store = open_duckdb(f"duckdb:///{path}")
    crashing.begin(store)
    store.close()
    return path


@pytest.mark.parametrize(
    ("scenario", "act", "least"), [("transaction", crashing.change, 8), ("checkpoint", crashing.change_much, 4)]
)
def test_a_killed_writer_leaves_all_or_nothing(
    scenario: str, act: Callable[[Store], None], least: int, start: Path, tmp_path: Path
) -> None:
    nothing, everything = state_after(start, tmp_path, lambda _: None), state_after(start, tmp_path, act)
    assert nothing != everything
    found = [state(path) for path in kills(scenario, start, tmp_path)]
    assert len(found) > least
    assert all(each == nothing for each in found[:-2])
    assert all(each == everything for each in found[-2:])


def test_a_killed_compaction_loses_nothing_and_leaves_nothing_behind(start: Path, tmp_path: Path) -> None:
    before = state_after(start, tmp_path, lambda _: None)
    found = list(kills("compaction", start, tmp_path))
    assert len(found) > 7
    for path in found:
        assert state(path) == before
        assert {each.name for each in path.parent.iterdir()} == {"x.duckdb", "x.duckdb.lock"}


def test_a_killed_migration_leaves_the_old_version_or_the_new_one(start: Path, tmp_path: Path) -> None:
    make_version_0(start)
    migrated = state_after(start, tmp_path, lambda _: None)
    found = list(kills("opening", start, tmp_path))
    assert len(found) > 2
    assert all(state(path) == migrated for path in found)


def test_a_killed_first_opening_leaves_nothing_or_a_new_store(tmp_path: Path) -> None:
    empty = tmp_path / "empty.duckdb"
    open_duckdb(f"duckdb:///{empty}").close()
    new = state(empty)
    path = tmp_path / "x.duckdb"
    subprocess.run([sys.executable, crashing.__file__, "opening", str(path), "0"], check=False)
    assert state(path) == new


WRITE_ON = """
import sys
from pathlib import Path
import crashing
store = crashing.open_duckdb(f"duckdb:///{sys.argv[1]}")
print("begun", flush=True)
number = 0
while True:
    with store.transaction(recorded_at=crashing.START) as writer:
        writer.append("identities", crashing.identities(*(f"{number}-{each}" for each in range(1000))))
        writer.upsert("scores", crashing.scores(**{f"c{number}": 1.0}))
    number += 1
    if number % 7 == 0:
        store.compact()
"""


def test_a_writer_killed_at_any_moment_leaves_whole_transactions(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    moments = random.Random(7)
    for _ in range(4):
        path.unlink(missing_ok=True)
        command = [sys.executable, "-c", WRITE_ON, str(path)]
        folder = Path(crashing.__file__).parent
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(moments.uniform(0.05, 0.8))
            process.kill()
        store = open_duckdb(f"duckdb:///{path}")
        counts = (store.count("identities"), store.count("scores"))
        positions = store.read("identities", columns=[SEQ]).vstack(store.read("scores", columns=[SEQ]))
        assert counts[0] == 1000 * counts[1]
        assert positions.select(pl.col(SEQ).sort()).to_series().to_list() == list(range(1, store.last_seq() + 1))
        store.close()
