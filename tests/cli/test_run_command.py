import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.cli.running import held
from unified_customer.core.tables import TABLES
from unified_customer.hub import CustomerHub, LoadReport
from unified_customer.store import open_store

Run = Callable[..., Result]


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def edit(shop: Path, old: str, new: str) -> str:
    path = shop / "shop.toml"
    config = path.read_text(encoding="utf-8")
    assert old in config
    path.write_text(config.replace(old, new), encoding="utf-8")
    return str(path)


def config_of(shop: Path) -> str:
    return (shop / "shop.toml").read_text(encoding="utf-8")


def content(url: str) -> dict[str, list[Any]]:
    store = open_store(url)
    names = [name for name in TABLES if name not in {"audit", "checkpoints"}]
    found = {name: sorted(store.read(name).rows(), key=repr) for name in names}
    store.close()
    return found


def test_it_loads_resolves_and_writes(command: Run, shop: Path) -> None:
    result = command("run", str(shop / "shop.toml"))
    assert result.exit_code == ExitCode.OK, result.stderr
    assert "4 rows, 3 accepted, 0 known already, 1 in quarantine" in result.stdout
    customers = pl.read_csv(shop / "out" / "customers.csv")
    assert sorted(customers["given_name"]) == ["ANN", "Cy"]
    assert customers["sources"].to_list() == ["crm", "crm"]


def test_running_twice_is_running_once(command: Run, shop: Path, url: str) -> None:
    command("run", str(shop / "shop.toml"))
    before, written = content(url), (shop / "out" / "customers.csv").read_bytes()
    assert command("run", str(shop / "shop.toml")).exit_code == ExitCode.OK
    assert content(url) == before
    assert (shop / "out" / "customers.csv").read_bytes() == written


def test_what_is_relative_is_relative_to_the_configuration(command: Run, shop: Path) -> None:
    command("run", str(shop / "shop.toml"))
    assert sorted(path.name for path in shop.iterdir() if path.suffix in {".duckdb", ".key"}) == [
        "shop.duckdb",
        "shop.duckdb.key",
    ]
    assert not list(Path.cwd().iterdir())


def test_strict_tells_of_rows_in_quarantine_each_time(command: Run, shop: Path) -> None:
    for _ in range(2):
        assert command("run", str(shop / "shop.toml"), "--strict").exit_code == ExitCode.QUARANTINED
    crm = (shop / "crm.csv").read_text(encoding="utf-8")
    (shop / "crm.csv").write_text(crm.replace("31/02/1990", "1990-02-28"), encoding="utf-8")
    (shop / "shop.duckdb").unlink()
    assert command("run", str(shop / "shop.toml"), "--strict").exit_code == ExitCode.OK


def test_json_is_one_object_a_line(command: Run, shop: Path) -> None:
    result = command("run", str(shop / "shop.toml"), "--json")
    load, resolve, output = lines(result.stdout)
    assert (load["kind"], load["rows"], load["quarantined"]) == ("load", 4, 1)
    assert (resolve["kind"], resolve["customers"]) == ("resolve", 2)
    assert (output["kind"], output["rows"]) == ("output", 2)


def test_an_output_may_be_parquet_with_chosen_columns(command: Run, shop: Path) -> None:
    path = edit(shop, 'to = "out/customers.csv"', 'to = "customers.parquet"\ncolumns = ["email"]')
    assert command("run", path).exit_code == ExitCode.OK
    assert pl.read_parquet(shop / "customers.parquet").columns == ["customer_id", "email"]


def test_an_output_that_withholds_everybody_warns_without_a_traceback(command: Run, shop: Path) -> None:
    path = edit(shop, 'purpose = "analytics"', 'purpose = "personalize"')
    result = command("run", path)
    assert result.exit_code == ExitCode.OK
    assert "personalize" in result.stderr
    assert "Warning" not in result.stderr


def test_a_store_in_memory_and_no_resolution(command: Run, shop: Path) -> None:
    path = shop / "memory.toml"
    without_output = config_of(shop).partition("[[outputs]]")[0]
    path.write_text(without_output.replace('"duckdb:///shop.duckdb"', '"memory://"\nresolve = false'), encoding="utf-8")
    result = command("run", str(path), "--json", "--strict")
    assert [each["kind"] for each in lines(result.stdout)] == ["load"]
    assert result.exit_code == ExitCode.QUARANTINED


def test_a_store_in_memory_counts_what_the_loads_held() -> None:
    assert held("memory://", [LoadReport("crm", "records", rows=2, accepted=1, quarantined=1)]) == 1


def test_policy_and_mapping_may_be_files(command: Run, shop: Path) -> None:
    mapping = (
        config_of(shop).partition("[sources.mapping]\n")[2].partition("[[outputs]]")[0].replace("sources.mapping.", "")
    )
    (shop / "crm.toml").write_text(f'table = "records"\n{mapping}', encoding="utf-8")
    (shop / "policy.toml").write_text('[bases]\nanalytics = "legitimate_interests"\n', encoding="utf-8")
    (shop / "files.toml").write_text(
        'store = "duckdb:///shop.duckdb"\npolicy = "policy.toml"\n[[sources]]\nkind = "csv"\nlocation = "crm.csv"\n'
        'mapping = "crm.toml"\n[[outputs]]\nto = "customers.csv"\npurpose = "analytics"\n',
        encoding="utf-8",
    )
    assert command("run", str(shop / "files.toml")).exit_code == ExitCode.OK
    assert pl.read_csv(shop / "customers.csv").height == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "csv"', "", "sources[1].kind: is missing"),
        ('kind = "csv"', 'kind = "csv"\ntabel = "records"', "sources[1].tabel: is not a key that is known here"),
        ('to = "out/customers.csv"', 'to = "customers.xls"', "outputs[1].to: the name must end in .parquet or .csv"),
        ('analytics = "legitimate_interests"', 'analytics = "because"', "shop.toml, policy: bases.analytics"),
        ('key = "id"', 'keys = "id"', "shop.toml, mapping of crm.csv"),
        ('email = "E-Mail"', 'email = "Mail"', "'Mail'"),
        ('location = "crm.csv"', 'location = "nothing.csv"', "nothing.csv"),
        ('kind = "csv"', 'kind = "cvs"', "Did you mean 'csv'?"),
        ('kind = "csv"', 'kind = "csv"\noptions = { delimiter = ";;" }', "delimiter"),
    ],
)
def test_an_error_names_what_is_wrong(command: Run, shop: Path, old: str, new: str, said: str) -> None:
    result = command("run", edit(shop, old, new))
    assert result.exit_code == ExitCode.FAILED
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_wrong_configuration_loads_nothing(command: Run, shop: Path) -> None:
    command("run", edit(shop, 'analytics = "legitimate_interests"', 'analytics = "because"'))
    assert not (shop / "shop.duckdb").exists()


def test_a_configuration_that_is_no_toml_or_not_there_or_not_text(command: Run, shop: Path) -> None:
    (shop / "broken.toml").write_text("store = ", encoding="utf-8")
    (shop / "latin.toml").write_bytes(b"store = '\xe9'")
    for name, said in (("broken.toml", "is no TOML"), ("none.toml", "cannot be read"), ("latin.toml", "not UTF-8")):
        result = command("run", str(shop / name))
        assert (result.exit_code, said in result.stderr) == (ExitCode.FAILED, True)


def test_a_suggested_mapping_is_refused_unless_it_is_accepted(command: Run, shop: Path) -> None:
    head, rest = config_of(shop).split("[sources.mapping]\n")
    tail = "[[outputs]]" + rest.partition("[[outputs]]")[2]
    path = shop / "suggest.toml"
    path.write_text(f'{head}mapping = "suggest"\n{tail}', encoding="utf-8")
    refused = command("run", str(path))
    assert refused.exit_code == ExitCode.FAILED
    assert "accept_suggested = true" in refused.stderr
    path.write_text(f'{head}mapping = "suggest"\naccept_suggested = true\n{tail}', encoding="utf-8")
    assert command("run", str(path)).exit_code == ExitCode.OK
    assert pl.read_csv(shop / "out" / "customers.csv").height >= 2


def test_an_output_that_cannot_be_written_leaves_nothing_behind(command: Run, shop: Path) -> None:
    (shop / "out").write_text("a file", encoding="utf-8")
    result = command("run", str(shop / "shop.toml"))
    assert result.exit_code == ExitCode.FAILED
    assert "cannot be written" in result.stderr


def test_an_error_in_json_is_an_object_on_stderr(command: Run, shop: Path) -> None:
    result = command("run", str(shop / "none.toml"), "--json")
    assert result.stdout == ""
    assert json.loads(result.stderr)["exit_code"] == ExitCode.FAILED


def open_steps(url: str) -> list[tuple[str, str]]:
    """Return the steps of erasures that are open, with the name of the file that each is about."""
    with CustomerHub(url) as hub:
        waiting = hub.rights.erasures.steps(open_only=True).select("step", artifact_id="target")
        named = hub._store.read("artifacts", columns=["artifact_id", "name"])
        return sorted(waiting.join(named, on="artifact_id").select("step", "name").rows())


def id_of(url: str, given_name: str) -> str:
    with closing(open_store(url)) as store:
        return str(store.read("customers").filter(given_name=given_name)["customer_id"].item())


def test_an_erasure_knows_of_every_file_that_was_written(command: Run, shop: Path, url: str) -> None:
    command("run", str(shop / "shop.toml"))
    ann = id_of(url, "ANN")
    about = ("--store", url)
    command("rights", "access", ann, *about, "--to", str(shop / "answer"))
    command("rights", "portability", ann, *about, "--to", str(shop / "portable"))
    ids = shop / "ids.csv"
    command(
        "governance", "incident", "--known-at", "2026-02-01T09:00:00Z", "--source", "crm", "--ids", str(ids), *about
    )
    command("export", "--all", *about, "--to", str(shop / "whole"))
    assert command("rights", "erase", ann, *about).exit_code == ExitCode.OK
    written = ["answer", "customers.csv", "export", "ids.csv", "portable"]
    assert open_steps(url) == [("export", name) for name in written]


def test_the_next_run_closes_what_an_erasure_left_open(command: Run, shop: Path, url: str) -> None:
    command("run", str(shop / "shop.toml"))
    command("rights", "erase", id_of(url, "ANN"), "--store", url)
    assert open_steps(url) == [("export", "customers.csv")]
    assert "ANN" in (shop / "out" / "customers.csv").read_text(encoding="utf-8")
    command("run", str(shop / "shop.toml"))
    assert open_steps(url) == []
    assert "ANN" not in (shop / "out" / "customers.csv").read_text(encoding="utf-8")


def test_an_answer_to_who_was_erased_is_no_open_step(command: Run, shop: Path, url: str) -> None:
    command("run", edit(shop, 'to = "out/customers.csv"', 'to = "customers.csv"'))
    ann = id_of(url, "ANN")
    command("rights", "erase", ann, "--store", url)
    assert command("rights", "access", ann, "--store", url, "--to", str(shop / "proof")).exit_code == ExitCode.OK
    assert open_steps(url) == [("export", "customers.csv")]


def test_an_output_is_for_whom_its_recipient_may_have(command: Run, shop: Path, url: str) -> None:
    path = edit(shop, 'purpose = "analytics"', 'purpose = "analytics"\nrecipient = "mailer"')
    with CustomerHub(url) as hub:
        hub.consent.record("analytics", "denied", identifier=("email", "cy@example.com"), recipient="mailer")
    assert command("run", path).exit_code == ExitCode.OK
    assert pl.read_csv(shop / "out" / "customers.csv")["given_name"].to_list() == ["ANN"]
    told = ("--known-at", "2026-02-01T09:00:00Z", "--destination", "mailer", "--store", url, "--json")
    assert json.loads(command("governance", "incident", *told).stdout)["people"] == 1
