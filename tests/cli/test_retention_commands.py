"""`retention` and `due` on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

Run = Callable[..., Result]
POLICY = '[[retention]]\ntable = "records"\nkeep = { days = 30 }\n'


def test_what_is_over_is_previewed_due_and_goes(command: Run, shop: Path) -> None:
    command("run", str(shop / "shop.toml"))
    (shop / "policy.toml").write_text(POLICY, encoding="utf-8")
    url = f"duckdb:///{(shop / 'shop.duckdb').as_posix()}"
    given = ["--store", url, "--policy", str(shop / "policy.toml")]
    told = command("retention", "preview", *given)
    assert (told.exit_code, "records: 30 days" in told.stdout) == (ExitCode.OK, True), told.stderr
    assert "records: 30 days" in command("due", *given).stdout
    gone = json.loads(command("retention", "apply", *given, "--json").stdout)
    assert {row["table"] for row in gone["counts"]} == {"records"} | {"identifiers"}
    assert "Nothing is over." in command("retention", "apply", *given).stdout
    assert "Nothing is due." in command("due", *given).stdout
    store = open_store(url)
    assert store.count("records") == 0
    store.close()


def test_an_instant_that_is_none_is_refused(command: Run, shop: Path) -> None:
    command("run", str(shop / "shop.toml"))
    url = f"duckdb:///{(shop / 'shop.duckdb').as_posix()}"
    refused = command("retention", "preview", "--store", url, "--as-of", "soon")
    assert refused.exit_code == ExitCode.FAILED or "no instant" in refused.stderr
    assert command("retention", "preview", "--store", url, "--as-of", "2030-01-01").exit_code == ExitCode.OK
