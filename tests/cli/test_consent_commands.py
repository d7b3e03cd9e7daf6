"""`consent signal`, `receipt` and `preview`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from unified_customer.cli.exits import ExitCode
from unified_customer.store import open_store

Run = Callable[..., Result]
Ask = Callable[..., dict[str, Any]]
ANN = ("--identifier", "email=ann@example.com")
TC_STRING = "CQdWToAQdWToAAKABBENAwFgAPIAAAAAAAAAF5wAwABAAGAXmAAAAAAA.IF5wBAABAAGAAQAvMAAA.YAAAAAAAAAAA"
MAIL = "marketing.communications.email"
ANSWERABLE = """
[controller]
name = "Shop Ltd"
address = "1 High Street, London"
country = "GB"
contact = "privacy@shop.example"

[notice]
version = "3"
effective = 2020-01-01
"""


@pytest.fixture
def policy(tmp_path: Path) -> str:
    path = tmp_path / "policy.toml"
    path.write_text(ANSWERABLE, encoding="utf-8")
    return str(path)


def test_a_signal_is_recorded_by_purpose(ask: Ask, command: Run, url: str) -> None:
    said = ask("consent", "signal", "tcf", TC_STRING, *ANN, "--stated", "2026-01-01T10:00:00")
    assert said["statements"] == len(said["said"]) > 1
    assert {"purpose": "analytics.reporting.ad_performance", "status": "granted"} in said["said"]
    vendor = ask("consent", "signal", "tcf", TC_STRING, "--identifier", "crm_id=1", "--vendor", "8")
    assert {each["status"] for each in vendor["said"]} == {"denied", "objected"}
    shown = command("consent", "signal", "gpc", "1", *ANN, "--store", url).stdout
    assert ("third_party_sharing" in shown, "objected" in shown) == (True, True)


def test_a_signal_that_says_nothing_records_nothing(ask: Ask, command: Run, url: str) -> None:
    assert ask("consent", "signal", "us_privacy", "1YNN", *ANN)["statements"] == 0
    told = command("consent", "signal", "us_privacy", "1YNN", *ANN, "--store", url)
    assert (told.exit_code, "says nothing" in told.stdout) == (ExitCode.OK, True)


def test_what_is_no_signal_is_refused_and_not_repeated(ask: Ask) -> None:
    refused = ask("consent", "signal", "tcf", "ann-7", *ANN, fails=ExitCode.FAILED)
    assert (refused["error"], "ann-7" in refused["message"]) == ("SignalError", False)
    assert ask("consent", "signal", "smoke", "1", *ANN, fails=ExitCode.FAILED)["error"] == "ConfigurationError"
    nobody = ask("consent", "signal", "gpc", "1", fails=ExitCode.FAILED)
    assert "--identifier KIND=VALUE or --customer ID" in nobody["message"]


def test_a_receipt_is_json_to_hand_out(ask: Ask, command: Run, url: str, policy: str) -> None:
    ask("consent", "record", MAIL, "granted", *ANN)
    refused = ask("consent", "receipt", *ANN, fails=ExitCode.FAILED)
    assert "[controller] of the policy" in refused["message"]
    ask("consent", "record", MAIL, "denied", *ANN, "--notice", "ours", "--policy", policy)
    shown = command("consent", "show", *ANN, "--store", url, "--json").stdout.splitlines()
    last = json.loads(shown[-1])["statement_id"]
    (record,) = ask("consent", "receipt", *ANN, "--statement", last)["records"]
    assert [each["event_state"] for each in record["events"]] == ["refused"]
    assert record["pii_processing"]["privacy_notice"] == [{"name": "ours"}]
    printed = json.loads(command("consent", "receipt", *ANN, "--statement", last, "--store", url).stdout)
    assert printed["records"][0]["pii_processing"]["purposes"][0]["purpose"] == MAIL


def test_a_receipt_in_a_file_is_known_to_erasures(ask: Ask, tmp_path: Path, policy: str) -> None:
    ask("consent", "record", MAIL, "granted", *ANN, "--policy", policy)
    for name, whom in {"one.json": ANN, "two.json": ("--customer", holder(ask))}.items():
        told = ask("consent", "receipt", *whom, "--to", str(tmp_path / name))
        assert json.loads((tmp_path / name).read_text(encoding="utf-8"))["receipt_id"] == told["receipt_id"]
    copies = set(ask("rights", "erase", holder(ask), "--preview")["copies"].values())
    assert {str(tmp_path / "one.json"), str(tmp_path / "two.json")} <= copies


def test_a_draft_is_looked_at_and_not_put_in_force(ask: Ask, command: Run, url: str, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('[bases]\nanalytics = "consent"\n', encoding="utf-8")
    told = ask("consent", "preview", "analytics", MAIL, "--policy", str(draft))
    assert [each["lost"] for each in told["purposes"]] == [2, 0]
    shown = command("consent", "preview", "--policy", str(draft), "--store", url)
    assert ("analytics" in shown.stdout, "Nothing was changed." in shown.stderr) == (True, True)
    assert ask("consent", "coverage", "analytics")["allowed"] == 2
    store = open_store(url)
    assert store.count("policies") == 1
    store.close()


def test_a_configuration_without_a_policy_is_no_draft(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('store = "memory://"\n[[sources]]\nkind = "csv"\n', encoding="utf-8")
    told = ask("consent", "preview", "--policy", str(tmp_path / "run.toml"), fails=ExitCode.FAILED)
    assert "run.toml is a configuration without a policy" in told["message"]


def holder(ask: Ask) -> str:
    return str(ask("rights", "request", "restriction", *ANN)["customer_id"])
