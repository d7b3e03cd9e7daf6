import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

Run = Callable[..., Result]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def url_at(folder: Path) -> str:
    return f"duckdb:///{(folder / 'shop.duckdb').as_posix()}"


@pytest.fixture
def loaded(command: Run, shop: Path) -> Path:
    command("run", str(shop / "shop.toml"))
    return shop


def customer_of(shop: Path, name: str) -> str:
    store = open_store(url_at(shop))
    found = store.read("customers", columns=["customer_id", "given_name"])
    store.close()
    return str(dict(found.select("given_name", "customer_id").rows())[name])


def ask(command: Run, shop: Path, *more: str) -> list[str]:
    return ["profile", customer_of(shop, "ANN"), "--store", url_at(shop), *more]


def test_a_profile_shows_values_origins_and_consents(command: Run, loaded: Path) -> None:
    result = command(*ask(command, loaded, "--purpose", "analytics", "--policy", str(loaded / "shop.toml")))
    assert result.exit_code == ExitCode.OK, result.stderr
    for said in ("ann@example.com", "crm", "2025-02-01", "marketing.communications.email", "refused"):
        assert said in result.stdout


def test_a_profile_in_json_has_the_fields_of_a_customer(command: Run, loaded: Path) -> None:
    asked = ask(command, loaded, "--purpose", "analytics", "--policy", str(loaded / "shop.toml"), "--json")
    (found,) = lines(command(*asked).stdout)
    assert found["fields"]["given_name"] == {"value": "ANN", "source": "crm", "observed_at": "2025-02-01T00:00:00Z"}


def test_a_refused_profile_has_an_exit_code_of_its_own_and_the_reason(command: Run, loaded: Path) -> None:
    result = command(*ask(command, loaded, "--purpose", "marketing.communications.email"))
    assert result.exit_code == ExitCode.REFUSED
    assert "refused" in result.stderr
    assert "ann@" not in result.output


def test_a_policy_file_may_keep_an_actor_out(command: Run, loaded: Path) -> None:
    policy = loaded / "policy.toml"
    policy.write_text(
        '[bases]\nanalytics = "legitimate_interests"\n[roles.agent]\npurposes = ["essential.service"]\n',
        encoding="utf-8",
    )
    asked = ask(command, loaded, "--purpose", "analytics", "--policy", str(policy), "--actor", "kim")
    assert command(*asked).exit_code == ExitCode.OK
    assert command(*asked, "--role", "agent").exit_code == ExitCode.REFUSED


def test_who_asked_stands_in_the_audit(command: Run, loaded: Path) -> None:
    command(*ask(command, loaded, "--purpose", "analytics", "--actor", "kim"))
    store = open_store(url_at(loaded))
    assert "kim" in store.read("audit", columns=["actor"])["actor"].to_list()
    store.close()


def test_an_unknown_id_and_an_unknown_purpose_are_errors(command: Run, loaded: Path) -> None:
    unknown = command("profile", "nobody", "--store", url_at(loaded), "--purpose", "analytics")
    assert (unknown.exit_code, "No record of that id" in unknown.stderr) == (ExitCode.FAILED, True)
    assert command(*ask(command, loaded, "--purpose", "marketting")).exit_code == ExitCode.FAILED


def test_a_slip_in_the_url_makes_no_store(command: Run, shop: Path) -> None:
    result = command("profile", "x", "--store", url_at(shop), "--purpose", "analytics")
    assert result.exit_code == ExitCode.FAILED
    assert "There is no store" in result.stderr
    assert not (shop / "shop.duckdb").exists()


def test_a_store_that_another_holds_may_be_tried_again(
    command: Run, loaded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unified_customer.cli import opening
    from unified_customer.core.errors import StoreLockedError

    def locked(*_: object, **__: object) -> None:
        message = "Another process has it open."
        raise StoreLockedError(message)

    monkeypatch.setattr(opening, "CustomerHub", locked)
    result = command("profile", "x", "--store", url_at(loaded), "--purpose", "analytics")
    assert result.exit_code == ExitCode.RETRY


def test_export_and_import_make_an_equal_hub(command: Run, loaded: Path) -> None:
    folder, new = loaded / "export", loaded / "new.duckdb"
    result = command("export", "--all", "--store", url_at(loaded), "--to", str(folder))
    assert result.exit_code == ExitCode.OK, result.stderr
    assert "Protect it" in result.stderr
    imported = command("import", str(folder), "--store", f"duckdb:///{new}", "--json")
    (said,) = lines(imported.stdout)
    assert said["tables"]["records"] == 3
    assert (loaded / "new.duckdb.key").read_text() == (loaded / "shop.duckdb.key").read_text()
    for name in ("records", "links", "customers", "identities"):
        ours, theirs = (open_store(url) for url in (url_at(loaded), f"duckdb:///{new}"))
        assert ours.read(name).sort("seq").equals(theirs.read(name).sort("seq"))
        ours.close()
        theirs.close()


def test_an_export_has_to_be_meant(command: Run, loaded: Path) -> None:
    assert command("export", "--store", url_at(loaded), "--to", str(loaded / "x")).exit_code == ExitCode.USAGE
    for arguments in (["--store", "memory://"], ["--store", url_at(loaded.parent)]):
        assert command("export", "--all", *arguments, "--to", str(loaded / "x")).exit_code == ExitCode.FAILED


def test_an_export_without_the_key_is_refused_and_makes_none(command: Run, loaded: Path) -> None:
    (loaded / "shop.duckdb.key").unlink()
    result = command("export", "--all", "--store", url_at(loaded), "--to", str(loaded / "x"))
    assert (result.exit_code, "key file" in result.stderr) == (ExitCode.FAILED, True)
    assert not (loaded / "shop.duckdb.key").exists()


def test_an_import_that_fails_leaves_no_store_and_no_key(command: Run, loaded: Path) -> None:
    folder = loaded / "export"
    command("export", "--all", "--store", url_at(loaded), "--to", str(folder))
    (folder / "records.parquet").write_bytes(b"another file")
    result = command("import", str(folder), "--store", f"duckdb:///{loaded}/new.duckdb")
    assert (result.exit_code, "records.parquet" in result.stderr) == (ExitCode.FAILED, True)
    assert not list(loaded.glob("new.duckdb")) + list(loaded.glob("new.duckdb.key"))


def test_an_import_goes_into_a_new_file_in_a_folder_that_is_there(command: Run, loaded: Path) -> None:
    folder = loaded / "export"
    command("export", "--all", "--store", url_at(loaded), "--to", str(folder))
    for url, said in (
        (url_at(loaded), "is there already"),
        ("memory://", "names no file"),
        (f"duckdb:///{loaded}/nowhere/new.duckdb", "no folder"),
    ):
        result = command("import", str(folder), "--store", url)
        assert (result.exit_code, said in result.stderr) == (ExitCode.FAILED, True)


def test_doctor_finds_everything_in_order(command: Run, loaded: Path) -> None:
    result = command("doctor", "--store", url_at(loaded), "--json")
    found = {(each["part"], each["about"]): each for each in lines(result.stdout)}
    assert result.exit_code == ExitCode.OK
    assert found["store", "store"]["state"] == "ok"
    assert found["store", "key"]["state"] == "ok"
    assert found["store", "quarantine"]["found"].startswith("1 ")
    assert found["store", "resolution"]["state"] == "ok"
    assert found["packages", "polars"]["state"] == "ok"


def test_doctor_says_what_to_do(command: Run, shop: Path) -> None:
    config = (shop / "shop.toml").read_text().partition("[[outputs]]")[0]
    (shop / "load.toml").write_text(f"resolve = false\n{config}", encoding="utf-8")
    command("run", str(shop / "load.toml"))
    result = command("doctor", "--store", url_at(shop))
    assert result.exit_code == ExitCode.OK
    assert "What to do next" in result.stdout
    assert "without a customer yet: 3" in result.stdout


def test_doctor_without_a_store_looks_at_the_installation(command: Run) -> None:
    result = command("doctor")
    assert (result.exit_code, "Python" in result.stdout) == (ExitCode.OK, True)


@pytest.mark.skipif(os.name != "posix", reason="file permissions are those of POSIX")
def test_doctor_finds_a_key_that_others_may_read(command: Run, loaded: Path) -> None:
    (loaded / "shop.duckdb.key").chmod(0o644)
    result = command("doctor", "--store", url_at(loaded))
    assert (result.exit_code, "chmod 600" in result.stdout) == (ExitCode.FAILED, True)


def test_doctor_misses_a_key_and_a_store(command: Run, loaded: Path) -> None:
    (loaded / "shop.duckdb.key").unlink()
    assert command("doctor", "--store", url_at(loaded)).exit_code == ExitCode.FAILED
    missing = command("doctor", "--store", url_at(loaded.parent))
    assert (missing.exit_code, "there is no file" in missing.stdout) == (ExitCode.OK, True)
    (loaded / "shop.duckdb").write_bytes(b"no database")
    assert command("doctor", "--store", url_at(loaded)).exit_code == ExitCode.FAILED


def test_doctor_looks_at_a_store_that_is_no_file_and_at_one_that_is_held(command: Run, loaded: Path) -> None:
    assert command("doctor", "--store", "memory://").exit_code == ExitCode.OK
    store = open_store(url_at(loaded))
    try:
        assert command("doctor", "--store", url_at(loaded)).exit_code == ExitCode.FAILED
    finally:
        store.close()


def test_suggest_prints_a_mapping_that_loads(command: Run, shop: Path) -> None:
    from unified_customer.connectors import Mapping

    result = command("suggest", "csv", str(shop / "crm.csv"))
    assert result.exit_code == ExitCode.OK, result.stderr
    assert "# E-Mail: email" in result.stdout
    assert Mapping.from_toml(result.stdout).key == ("id",)
    (found,) = lines(command("suggest", "csv", str(shop / "crm.csv"), "--json").stdout)
    assert found["mapping"]["table"] == "records"


def test_suggest_takes_options_of_the_connector(command: Run, shop: Path) -> None:
    (shop / "other.csv").write_text((shop / "crm.csv").read_text().replace(",", "|"), encoding="utf-8")
    assert command("suggest", "csv", str(shop / "other.csv"), "--option", "delimiter=|").exit_code == ExitCode.OK
    wrong = command("suggest", "csv", str(shop / "other.csv"), "--option", "delimiter")
    assert (wrong.exit_code, "NAME=VALUE" in wrong.stderr) == (ExitCode.FAILED, True)


def test_connectors_lists_the_built_in_ones(command: Run) -> None:
    listed = {each["name"]: each for each in lines(command("connectors", "--json").stdout)}
    assert {"csv", "dataframe", "excel", "jsonl", "parquet"} <= set(listed)
    assert listed["csv"]["error"] is None
    assert "Delimited text" in command("connectors").stdout


def test_the_version_is_that_of_the_package(command: Run) -> None:
    from importlib.metadata import version

    assert command("--version").stdout.strip() == version("unified-customer")
