import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

Run = Callable[..., Result]


@pytest.fixture
def loaded(command: Run, shop: Path, url: str) -> str:
    command("run", str(shop / "shop.toml"))
    return url


def take_out(url: str, action: str) -> None:
    with closing(open_store(url)) as store, store.transaction(recorded_at=datetime(2026, 1, 1, tzinfo=UTC)) as writer:
        assert writer.delete("audit", pl.DataFrame({"action": [action]}))


def test_a_sound_audit_verifies_and_a_damaged_one_has_an_exit_code(command: Run, loaded: str) -> None:
    result = command("audit", "verify", "--store", loaded)
    assert (result.exit_code, "nothing was tampered with" in result.stdout) == (ExitCode.OK, True), result.stderr
    take_out(loaded, "resolve")
    result = command("audit", "verify", "--store", loaded)
    assert result.exit_code == ExitCode.FAILED
    assert "missing" in result.stdout


def test_a_head_is_given_away_and_held_against_the_audit(command: Run, loaded: str, tmp_path: Path) -> None:
    file = tmp_path / "head.json"
    assert command("audit", "head", "--store", loaded, "--to", str(file)).exit_code == ExitCode.OK
    printed = json.loads(command("audit", "head", "--store", loaded, "--json").stdout)
    assert printed["root"] == json.loads(file.read_text(encoding="utf-8"))["root"]
    assert command("audit", "verify", "--store", loaded, "--head", str(file)).exit_code == ExitCode.OK
    again = command("audit", "head", "--store", loaded, "--to", str(file))
    assert (again.exit_code, "there already" in again.stderr) == (ExitCode.FAILED, True)
    file.write_text("no head", encoding="utf-8")
    result = command("audit", "verify", "--store", loaded, "--head", str(file))
    assert (result.exit_code, "holds no head" in result.stderr) == (ExitCode.FAILED, True)


def test_without_the_key_entries_are_held_against_heads_alone(command: Run, loaded: str, shop: Path) -> None:
    (shop / "shop.duckdb.key").unlink()
    assert command("audit", "verify", "--store", loaded).exit_code == ExitCode.FAILED
    result = command("audit", "verify", "--store", loaded, "--without-key")
    assert (result.exit_code, "seals were not checked" in result.stdout) == (ExitCode.OK, True)
    (shop / "shop.duckdb.audit").unlink()
    result = command("audit", "verify", "--store", loaded, "--without-key")
    assert "No head was there" in result.stdout


def test_entries_are_shown_for_people_and_as_json(command: Run, loaded: str) -> None:
    shown = command("audit", "show", "--store", loaded, "--action", "load")
    assert (shown.exit_code, "load" in shown.stdout, "resolve" in shown.stdout) == (ExitCode.OK, True, False)
    asked = ["--since", "2020-01-01", "--until", "2100-01-01", "--limit", "1", "--json"]
    (line,) = command("audit", "show", "--store", loaded, *asked).stdout.splitlines()
    assert (json.loads(line)["kind"], json.loads(line)["actor"]) == ("entry", "local")


def test_a_store_that_is_not_there_is_not_made(command: Run, tmp_path: Path) -> None:
    for name in ("verify", "head", "show"):
        result = command("audit", name, "--store", f"duckdb:///{tmp_path}/none.duckdb")
        assert (result.exit_code, "There is no store" in result.stderr) == (ExitCode.FAILED, True)
    assert not list(tmp_path.glob("none*"))
