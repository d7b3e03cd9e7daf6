"""`rights access` and `rights portability`: a folder for one person, and what goes wrong on the way."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

Run = Callable[..., Result]


@pytest.fixture
def ann(command: Run, shop: Path, url: str) -> str:
    command("run", str(shop / "shop.toml"))
    store = open_store(url)
    found = store.read("customers", columns=["customer_id", "given_name"]).filter(given_name="ANN")
    store.close()
    return str(found["customer_id"].item())


def test_access_writes_everything_about_one_person(command: Run, url: str, ann: str, tmp_path: Path) -> None:
    result = command(
        "rights", "access", ann, "--store", url, "--to", str(tmp_path / "ann"), "--request", "r-7", "--json"
    )
    assert result.exit_code == ExitCode.OK, result.stderr
    told = json.loads(result.stdout)
    assert (told["kind"], told["held"], told["tables"]["records"]) == ("access", True, 2)
    document = json.loads((tmp_path / "ann" / "data.json").read_text(encoding="utf-8"))
    assert document["request_id"] == "r-7"
    assert "bob@example.com" not in (tmp_path / "ann" / "index.html").read_text(encoding="utf-8")
    assert "Check who asks" in result.stderr


def test_portability_needs_a_policy_under_which_something_rests_on_consent_or_contract(
    command: Run, url: str, ann: str, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[bases]\n"essential.service" = "contract"\n', encoding="utf-8")
    asked = ("rights", "portability", ann, "--store", url)
    assert command(*asked, "--to", str(tmp_path / "none")).exit_code == ExitCode.OK
    result = command(*asked, "--to", str(tmp_path / "some"), "--policy", str(policy), "--actor", "kim")
    assert "records" in result.stdout
    written = [sorted(each.name for each in (tmp_path / name).rglob("*.csv")) for name in ("none", "some")]
    assert written == [[], ["consents.csv", "identifiers.csv", "records.csv"]]


def test_a_folder_that_is_not_empty_and_an_unknown_id_are_refused(
    command: Run, url: str, ann: str, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x", encoding="utf-8")
    assert command("rights", "access", ann, "--store", url, "--to", str(tmp_path / "full")).exit_code == ExitCode.FAILED
    result = command("rights", "access", "f" * 24, "--store", url, "--to", str(tmp_path / "new"))
    assert result.exit_code == ExitCode.FAILED
    assert not (tmp_path / "new").exists()
