"""The commands that show what is done with data: Markdown on stdout, a file in the form of its ending, or JSON."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import Where, open_store

Run = Callable[..., Result]
KNOWN = "2026-02-01T09:00:00Z"


@pytest.fixture
def governance(command: Run, shop: Path, url: str) -> Run:
    """Run a command of `governance` on a shop that is loaded."""
    command("run", str(shop / "shop.toml"))

    def run(name: str, *more: str) -> Result:
        return command("governance", name, "--store", url, "--policy", str(shop / "shop.toml"), *more)

    return run


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("ropa", "# Record of processing activities", "### analytics"),
        ("data-map", "# Data map", "| crm | records | 3 | 2 |"),
        ("notice", "# Privacy notice", "TODO: name the controller"),
    ],
)
def test_a_document_is_printed_as_markdown(governance: Run, name: str, title: str, said: str) -> None:
    result = governance(name)
    assert result.exit_code == ExitCode.OK, result.stderr
    assert result.stdout.startswith(title)
    assert said in result.stdout
    assert "ann@" not in result.stdout.lower()


@pytest.mark.parametrize(("ending", "begins"), [("md", "# "), ("html", "<!doctype html>"), ("json", "{")])
def test_the_ending_of_a_file_says_the_form(governance: Run, tmp_path: Path, ending: str, begins: str) -> None:
    target = tmp_path / f"map.{ending}"
    result = governance("data-map", "--to", str(target))
    assert (result.exit_code, result.stdout) == (ExitCode.OK, "")
    assert target.read_text(encoding="utf-8").startswith(begins)


def test_an_ending_without_a_form_is_refused(governance: Run, tmp_path: Path) -> None:
    result = governance("ropa", "--to", str(tmp_path / "ropa.pdf"))
    assert (result.exit_code, "ropa.pdf has to say the form" in result.stderr) == (ExitCode.FAILED, True)


def test_json_is_one_object(governance: Run) -> None:
    said = json.loads(governance("notice", "--json").stdout)
    assert (said["kind"], said["version"]) == ("privacy_notice", None)


def test_what_changed_since_an_earlier_policy_is_a_diff(governance: Run, tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text('[bases]\nanalytics = "consent"\n', encoding="utf-8")
    changes = governance("notice", "--since", str(tmp_path / "old.toml")).stdout
    assert "+This rests on our legitimate interests (GDPR Art. 6(1)(f))." in changes
    (tmp_path / "same.toml").write_text('[bases]\nanalytics = "legitimate_interests"\n', encoding="utf-8")
    assert "Nothing changed" in governance("notice", "--since", str(tmp_path / "same.toml")).stdout


def test_an_incident_names_ids_in_their_own_file_alone(governance: Run, url: str, tmp_path: Path) -> None:
    ids = tmp_path / "affected.csv"
    result = governance("incident", "--known-at", KNOWN, "--source", "crm", "--ids", str(ids), "--actor", "dpo")
    assert result.exit_code == ExitCode.OK, result.stderr
    assert "3 people, in" in result.stdout
    head, *lines = ids.read_text(encoding="utf-8").splitlines()
    assert (head, len(lines)) == ("customer_id,known_as", 3)
    assert not [line for line in lines if line.partition(",")[0] in result.stdout]
    store = open_store(url)
    assert store.read("audit", columns=["actor", "action"]).rows()[-2:] == [("dpo", "incident"), ("dpo", "export")]
    made = store.read("artifacts", columns=["kind", "name"]).rows()
    assert made[0] == ("export", "customers.csv")
    assert [kind for kind, _ in made] == ["export", "incident", "export"]
    store.close()


def test_an_incident_is_sealed_in_the_audit(governance: Run, command: Run, url: str) -> None:
    governance("incident", "--known-at", KNOWN, "--source", "crm")
    assert command("audit", "verify", "--store", url).exit_code == ExitCode.OK


def test_an_incident_is_about_rows_of_a_time_or_what_somebody_read(governance: Run) -> None:
    period = ("--table", "records", "--since", "2025-02-01T00:00:00Z", "--until", "2025-03-01T00:00:00+01:00")
    found = json.loads(governance("incident", "--known-at", KNOWN, "--no-keep", "--json", *period).stdout)
    assert (found["kind"], found["people"], found["rows"]) == ("incident", 2, 2)
    read = json.loads(governance("incident", "--known-at", KNOWN, "--reads-by", "local", "--json").stdout)
    assert read["scope"] == {"reads_by": "local"}


@pytest.mark.parametrize("instant", ["yesterday", "2026-02-01", "2026-02-01T09:00:00"])
def test_an_instant_needs_a_time_zone(governance: Run, instant: str) -> None:
    result = governance("incident", "--known-at", instant, "--source", "crm")
    assert (result.exit_code, "Write it as 2026-02-01T09:00:00Z" in result.stderr) == (ExitCode.FAILED, True)


def test_an_incident_is_sealed_like_every_entry(governance: Run, command: Run, url: str, tmp_path: Path) -> None:
    assert governance("incident", "--known-at", KNOWN, "--source", "crm").exit_code == ExitCode.OK
    verified = command("audit", "verify", "--store", url)
    assert (verified.exit_code, "nothing was tampered with" in verified.stdout) == (ExitCode.OK, True)


def test_nothing_is_kept_of_an_incident_that_cannot_be_written(governance: Run, url: str, tmp_path: Path) -> None:
    result = governance("incident", "--known-at", KNOWN, "--source", "crm", "--to", str(tmp_path / "incident.pdf"))
    assert (result.exit_code, "incident.pdf has to say the form" in result.stderr) == (ExitCode.FAILED, True)
    with closing(open_store(url)) as store:
        assert not store.count("artifacts", where=[Where("kind", "==", "incident")])


@pytest.mark.parametrize(
    ("name", "said"),
    [("ropa", "### analytics"), ("notice", "This rests on our legitimate interests")],
)
def test_without_a_policy_the_one_in_force_is_told(
    governance: Run, command: Run, url: str, name: str, said: str
) -> None:
    assert said in command("governance", name, "--store", url).stdout


@pytest.mark.parametrize(
    "words",
    [("governance", "ropa"), ("governance", "notice"), ("retention", "preview"), ("due",), ("consent", "preview")],
)
def test_a_policy_that_is_looked_at_is_not_put_in_force(
    governance: Run, command: Run, url: str, tmp_path: Path, words: tuple[str, ...]
) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('[bases]\nsales = "legitimate_interests"\n', encoding="utf-8")
    before = policies(url)
    assert command(*words, "--store", url, "--policy", str(draft)).exit_code == ExitCode.OK
    assert policies(url) == before


def test_a_policy_that_is_put_in_force_is_told(governance: Run, command: Run, url: str, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('[bases]\nsales = "legitimate_interests"\n', encoding="utf-8")
    asked = ("retention", "apply", "--store", url, "--policy", str(draft))
    first, second = command(*asked), command(*asked)
    assert "The policy of draft.toml is in force in this store from now on." in first.stderr
    assert second.stderr == ""
    assert policies(url) == 2


def policies(url: str) -> int:
    with closing(open_store(url)) as store:
        return store.count("policies")
