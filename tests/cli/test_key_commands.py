"""`key rotate` on the command line."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider
from unified_customer.hub import CustomerHub
from unified_customer.store import open_store

Run = Callable[..., Result]


@pytest.fixture
def customers(command: Run, shop: Path, url: str) -> pl.DataFrame:
    command("run", str(shop / "shop.toml"))
    return read(url)


def read(url: str, key: Path | None = None) -> pl.DataFrame:
    with CustomerHub(url, keys=None if key is None else FileKeyProvider(key)) as hub:
        return hub.customers(purpose="analytics")


def test_a_new_key_takes_the_place_of_the_old_one(command: Run, shop: Path, url: str, customers: pl.DataFrame) -> None:
    old = (shop / "shop.duckdb.key").read_bytes()
    result = command("key", "rotate", "--store", url, "--json", "--actor", "dpo")
    assert result.exit_code == ExitCode.OK, result.stderr
    told = json.loads(result.stdout)
    assert (told["keys"], Path(told["key"]).name, Path(told["past"]).read_bytes()) == (1, "shop.duckdb.key", old)
    assert (shop / "shop.duckdb.key").read_bytes() != old
    assert read(url).equals(customers)
    assert command("audit", "verify", "--store", url).exit_code == ExitCode.OK
    with closing(open_store(url)) as store:
        assert store.read("audit").filter(action="rotate_key")["actor"].to_list() == ["dpo"]
    with pytest.raises(ConfigurationError, match="does not open"):
        read(url, Path(told["past"]))


def test_a_spare_key_opens_the_hub_until_the_next_rotation(
    command: Run, shop: Path, url: str, customers: pl.DataFrame
) -> None:
    safe = shop / "safe.key"
    result = command("key", "rotate", "--store", url, "--spare", str(safe))
    assert (str(safe) in result.stdout, "backups" in result.stderr) == (True, True)
    assert read(url, safe).equals(customers)
    (shop / "shop.duckdb.key").unlink()
    assert command("key", "rotate", "--store", url).exit_code == ExitCode.FAILED
    safe.rename(shop / "shop.duckdb.key")
    told = json.loads(command("key", "rotate", "--store", url, "--json").stdout)
    assert read(url).equals(customers)
    with pytest.raises(ConfigurationError, match="does not open"):
        read(url, Path(told["past"]))


def test_there_is_no_key_without_a_file(command: Run, shop: Path) -> None:
    result = command("key", "rotate", "--store", "memory://")
    assert (result.exit_code, "rotate_key in Python" in result.stderr) == (ExitCode.FAILED, True)
    missing = command("key", "rotate", "--store", f"duckdb:///{shop}/none.duckdb")
    assert (missing.exit_code, "There is no store" in missing.stderr) == (ExitCode.FAILED, True)
    assert not (shop / "none.duckdb").exists()
