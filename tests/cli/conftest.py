"""A shop of four rows, and the command line to load it with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from unified_customer.cli.app import app
from unified_customer.cli.exits import ExitCode

CRM = """\
id,First Name,Last Name,E-Mail,Date of Birth,Newsletter,Changed
1,Ann,Lee,ann@example.com,1990-01-02,yes,2025-01-01T00:00:00Z
2,ANN,Lee,Ann@Example.com ,,no,2025-02-01T00:00:00Z
3,Bob,Ray,bob@example.com,31/02/1990,yes,2025-02-01T00:00:00Z
4,Cy,Orr,cy@example.com,,yes,2025-02-01T00:00:00Z
"""
CONFIG = """\
store = "duckdb:///shop.duckdb"

[policy.bases]
analytics = "legitimate_interests"

[[sources]]
kind = "csv"
location = "crm.csv"

[sources.mapping]
key = "id"
observed_at = "Changed"
traits = "drop"

[sources.mapping.fields]
given_name = "First Name"
family_name = "Last Name"
email = "E-Mail"
birth_date = "Date of Birth"

[[sources.mapping.consents]]
column = "Newsletter"
purpose = "marketing.communications.email"
values = { yes = "granted", no = "denied" }

[[outputs]]
to = "out/customers.csv"
purpose = "analytics"
"""


@pytest.fixture(autouse=True)
def built_in_plugins_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what else is installed: `tests/plugin` registers a source that does not load, on purpose."""
    monkeypatch.setenv("UNIFIED_CUSTOMER_DISABLE_PLUGINS", "1")


@pytest.fixture
def command() -> Callable[..., Result]:
    """Run the command line in this process."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source and a configuration; the working directory is another one."""
    folder, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (folder / "crm.csv").write_text(CRM, encoding="utf-8")
    (folder / "shop.toml").write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.fixture
def url(shop: Path) -> str:
    """The URL of the store that the configuration makes."""
    return f"duckdb:///{(shop / 'shop.duckdb').as_posix()}"


@pytest.fixture
def ask(command: Callable[..., Result], shop: Path, url: str) -> Callable[..., dict[str, Any]]:
    """Run a command on the loaded shop, and return what it says in JSON."""
    command("run", str(shop / "shop.toml"))

    def run(*arguments: str, fails: ExitCode | None = None) -> dict[str, Any]:
        result = command(*arguments, "--store", url, "--json")
        assert result.exit_code == (fails or ExitCode.OK), result.output
        said = (result.stderr if fails else result.stdout).splitlines()
        return dict(json.loads(said[0])) if said else {}

    return run
