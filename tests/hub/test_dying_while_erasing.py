"""A process that is killed at any step of an erasure leaves one that can be resumed, and that told nothing too early."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import unified_customer as uc
from tests.hub.erasing_and_dying import CANARY, begin, hub_at
from unified_customer.core.tables import TABLES
from unified_customer.governance.erasure.graveyard import graveyard_path

Left = dict[str, object]


def files_with(folder: Path, text: str) -> list[str]:
    return [each.name for each in folder.iterdir() if text.encode() in each.read_bytes()]


def left(hub: uc.CustomerHub, erasure_id: str, path: Path) -> Left:
    """All that an erasure leaves behind, without when and in which order."""
    tables = {name: hub._store.read(name, columns=list(TABLES[name].columns)) for name in TABLES if name != "audit"}
    steps = tables.pop("erasure_steps")
    rows = {name: sorted(frame.drop("erasure_id", strict=False).rows(), key=repr) for name, frame in tables.items()}
    told = [(each.step, each.target, each.state) for each in hub.rights.erasures.receipt(erasure_id).steps]
    graves = {
        line.split('"seal"')[0].split('"erasure_id"')[0] for line in graveyard_path(path).read_text().splitlines()
    }
    return {**rows, "told": told, "erasures": steps["erasure_id"].n_unique(), "graves": len(graves)}


def finished(path: Path, customer_id: str) -> Left:
    """Open the hub, ask for the same again, and do what is left to do."""
    with hub_at(path) as hub:
        for erasure_id in hub.rights.erasures.steps()["erasure_id"].unique():
            assert not hub.rights.erasures.receipt(erasure_id).complete or files_with(path.parent, CANARY) == []
        receipt = hub.rights.erase(customer_id)
        if "destination" in {each.step for each in receipt.open}:
            hub.rights.erasures.confirm(receipt.erasure_id, "destination", "mailer", note="told")
        hub.rights.compact()
        assert hub.rights.erasures.receipt(receipt.erasure_id).complete
        state = left(hub, receipt.erasure_id, path)
    assert files_with(path.parent, CANARY) == []
    return state


def kills(start: Path, customer_id: str, folder: Path) -> Iterator[Path]:
    status = number = 0
    while number == 0 or status == -signal.SIGKILL:
        path = folder / str(number) / "shop.duckdb"
        path.parent.mkdir()
        shutil.copy(start, path)
        command = [sys.executable, "-m", "tests.hub.erasing_and_dying", str(path), customer_id, str(number)]
        status = subprocess.run(command, check=False).returncode
        yield path
        number += 1
    assert status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_an_erasure_that_was_killed_anywhere_ends_as_one_that_was_not(tmp_path: Path) -> None:
    start = tmp_path / "start" / "shop.duckdb"
    start.parent.mkdir()
    customer_id = begin(start)
    assert files_with(start.parent, CANARY) == ["shop.duckdb"], "the control: the bytes can be found"
    found = [finished(path, customer_id) for path in kills(start, customer_id, tmp_path)]
    assert len(found) > 9
    assert all(each == found[-1] for each in found)
