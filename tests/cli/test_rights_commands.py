"""`rights` and `consent` on the command line."""

import json
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


Ask = Callable[..., dict[str, Any]]
ANN = ("--identifier", "email=Ann@example.com")


def test_a_request_goes_from_receipt_to_answer(ask: Ask) -> None:
    request = ask("rights", "request", "restriction", *ANN)["request_id"]
    assert ask("rights", "acknowledge", request)["acknowledged_at"]
    assert ask("rights", "verify", request, "--ask")["status"] == "identity_unverified"
    assert ask("rights", "verify", request, "--failed")["verification"] == "failed"
    assert ask("rights", "fulfil", request, fails=ExitCode.FAILED)["error"] == "RequestStateError"
    ask("rights", "verify", request, "--ask")
    assert ask("rights", "verify", request, "--by", "email=ann@example.com")["verification"] == "verified"
    assert ask("rights", "approve", request)["status"] == "in_progress"
    assert ask("rights", "fulfil", request)["status"] == "fulfilled"
    assert ask("rights", "list", "--state", "fulfilled")["request_id"] == request
    assert ask("consent", "show", *ANN)["status"] == "restricted"


def test_a_list_is_a_table_for_people(ask: Ask, command: Run, url: str) -> None:
    request = ask("rights", "request", "access", *ANN, "--received", "2026-01-05", "--external-id", "t-1")
    listed = command("rights", "list", "--store", url, "--due-before", "2026-03-01")
    assert (request["request_id"][:8] in listed.stdout, "2026-02-05" in listed.stdout) == (True, True)
    shown = command("rights", "show", request["request_id"], "--store", url)
    assert "received" in shown.stdout
    assert ask("rights", "list", "--state", "asleep", fails=ExitCode.FAILED)["error"] == "ConfigurationError"


def test_a_request_is_denied_extended_or_taken_back(ask: Ask, shop: Path) -> None:
    policy = shop / "policy.toml"
    policy.write_text('[regimes.gdpr]\ntitle = "GDPR"\n[regimes.gdpr.deadlines.extension]\nmonths = 2\n')
    one, two = (ask("rights", "request", "erasure", *ANN, "--policy", str(policy)) for _ in range(2))
    assert one["regime"] == "gdpr"
    extended = ask("rights", "extend", one["request_id"], "complex", "--policy", str(policy))
    assert (extended["extended"], extended["due_at"] > one["due_at"]) == (True, True)
    assert ask("rights", "deny", one["request_id"], "legal_claims")["status"] == "denied"
    assert ask("rights", "deny", two["request_id"], "no time", fails=ExitCode.FAILED)["error"] == "ConfigurationError"
    assert ask("rights", "revoke", two["request_id"])["status"] == "revoked"


def test_a_rectification_takes_what_is_right(ask: Ask, url: str) -> None:
    request = ask("rights", "request", "rectification", *ANN, "--verified")["request_id"]
    ask("rights", "fulfil", request, "--field", "family_name=Lie")
    store = open_store(url)
    assert "Lie" in store.read("customers", columns=["family_name"])["family_name"].to_list()
    store.close()


def test_a_customer_is_erased(ask: Ask, command: Run, url: str) -> None:
    customer = ask("rights", "request", "erasure", *ANN)["customer_id"]
    noted = command("rights", "erase", customer, "--store", url)
    assert (noted.exit_code, "records" in noted.stdout, "rights compact" in noted.stderr) == (ExitCode.OK, True, True)
    assert ask("rights", "request", "erasure", "--identifier", "crm=99")["customer_id"] is None
    other = ask("rights", "request", "erasure", "--identifier", "crm=1", "--customer", customer, fails=ExitCode.FAILED)
    assert other["error"] == "UnknownCustomerError"


def test_an_erasure_may_write_the_file_anew(ask: Ask) -> None:
    customer = ask("rights", "request", "erasure", "--identifier", "crm=1")["customer_id"]
    assert ask("rights", "erase", customer, "--compact", "--actor", "kim")["rows"]["records"] == 2


def test_one_compaction_serves_the_erasures_before(ask: Ask, command: Run, url: str) -> None:
    customer = ask("rights", "request", "erasure", *ANN)["customer_id"]
    erasure = ask("rights", "erase", customer)
    assert {"bytes", "export"} == {each["step"] for each in erasure["steps"] if each["state"] == "open"}
    noted = command("rights", "compact", "--store", url)
    assert (noted.exit_code, "written anew" in noted.stdout, "erasures: 1" in noted.stderr) == (ExitCode.OK, True, True)
    assert ask("rights", "compact") == {"kind": "compaction", "open_steps": 1}
    left = ask("rights", "receipt", erasure["erasure_id"])["steps"]
    assert [each["step"] for each in left if each["state"] == "open"] == ["export"]


def test_a_value_is_never_repeated(command: Run, ask: Ask, url: str) -> None:
    ask("consent", "coverage", "analytics")
    for wrong in ("ann@example.com", "email=", "email=nobody"):
        result = command("rights", "request", "access", "--identifier", wrong, "--store", url)
        assert result.exit_code in {ExitCode.USAGE, ExitCode.FAILED}
        assert "ann@" not in result.output
        assert "nobody" not in result.output


def test_consent_is_recorded_shown_and_counted(ask: Ask, command: Run, url: str) -> None:
    purpose = "marketing.communications.sms"
    said = ask("consent", "record", purpose, "granted", *ANN, "--method", "phone", "--stated", "2026-01-01")
    assert said == {"kind": "statements", "purpose": purpose, "status": "granted", "statements": 1}
    table = command("consent", "show", *ANN, "--store", url).stdout
    assert (purpose in table, "granted" in table) == (True, True)
    counted = ask("consent", "coverage", purpose)
    assert (counted["customers"], counted["allowed"]) == (2, 1)
    assert "1 of 2 customers" in command("consent", "coverage", purpose, "--store", url).stdout
    assert ask("consent", "record", purpose, "maybe", *ANN, fails=ExitCode.FAILED)["error"] == "ConfigurationError"


def test_an_answer_is_written_before_its_request_is_closed(ask: Ask, tmp_path: Path) -> None:
    request = ask("rights", "request", "access", *ANN, "--verified")["request_id"]
    nowhere = ask("rights", "fulfil", request, fails=ExitCode.FAILED)
    assert "Name a new one: --to FOLDER" in nowhere["message"]
    assert ask("rights", "show", request)["status"] == "received"
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "of_another.txt").touch()
    assert (
        "is not empty"
        in ask("rights", "fulfil", request, "--to", str(tmp_path / "ann"), fails=ExitCode.FAILED)["message"]
    )
    assert ask("rights", "show", request)["status"] == "failed"
    assert ask("rights", "fulfil", request, "--to", str(tmp_path / "again"))["status"] == "fulfilled"
    assert "ann@example.com" in (tmp_path / "again" / "data.json").read_text(encoding="utf-8")
    ann = ask("rights", "show", request)["customer_id"]
    copies = ask("rights", "erase", ann, "--preview")["copies"].values()
    assert str(tmp_path / "again") in copies


def test_who_is_not_held_gets_no_folder(ask: Ask, command: Run, url: str, tmp_path: Path) -> None:
    stranger = ("--identifier", "email=nobody@example.com", "--verified")
    request = ask("rights", "request", "access", *stranger)["request_id"]
    done = command("rights", "fulfil", request, "--to", str(tmp_path / "x"), "--store", url)
    assert (done.exit_code, "Nothing is held about this person" in done.stderr) == (ExitCode.OK, True)
    assert not (tmp_path / "x").exists()


def test_only_an_objection_names_a_purpose(ask: Ask) -> None:
    refused = ask("rights", "request", "opt_out", *ANN, "--purpose", "sales", fails=ExitCode.FAILED)
    assert refused["message"] == "Only an objection names a purpose; found it in a request for opt_out. Leave it out."


def test_open_requests_come_before_those_that_are_over(ask: Ask, command: Run, url: str) -> None:
    first = ask("rights", "request", "objection", *ANN, "--received", "2026-01-05")["request_id"]
    ask("rights", "fulfil", first)
    second = ask("rights", "request", "restriction", *ANN)["request_id"]
    listed = lines(command("rights", "list", "--store", url, "--json").stdout)
    assert [each["request_id"] for each in listed] == [second, first]


def test_an_erasure_is_previewed_done_and_followed_up(
    ask: Ask, command: Run, url: str, shop: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "mailer.toml"
    policy.write_text('[recipients.mailer]\ncountry = "GB"\n', encoding="utf-8")
    ask("rights", "request", "restriction", "--identifier", "crm=3", "--policy", str(policy))
    ann = ask("rights", "request", "erasure", *ANN, "--verified")
    seen = ask("rights", "erase", ann["customer_id"], "--preview")
    assert (seen["blocked"], seen["rows"]["records"], seen["destinations"]) == (False, 2, ["mailer"])
    shown = command("rights", "erase", ann["customer_id"], "--preview", "--store", url)
    assert ("recipients to tell" in shown.stdout, "Nothing was changed." in shown.stderr) == (True, True)
    assert "example.com" not in shown.output
    told = command("rights", "fulfil", ann["request_id"], "--store", url, "--json")
    erasure = lines(told.stdout)[1]
    assert (erasure["rows"]["records"], erasure["complete"]) == (2, False)
    done = ("rights", "confirm", erasure["erasure_id"], "destination", "mailer", "--note", "by letter")
    assert {each["step"]: each["state"] for each in ask(*done)["steps"]}["destination"] == "done"
    shown = command("rights", "receipt", erasure["erasure_id"], "--store", url)
    assert ("bytes" in shown.stdout, "Open steps: 2" in shown.stderr) == (True, True)
    (shop / "out" / "customers.csv").unlink()
    assert ask("rights", "erase", ann["customer_id"], "--compact")["complete"]


@pytest.mark.parametrize("words", [("consent", "show"), ("consent", "record", "analytics", "granted")])
def test_an_identifier_without_a_kind_is_a_wrong_usage(command: Run, url: str, words: tuple[str, ...]) -> None:
    result = command(*words, "--store", url, "--identifier", "ann@example.com")
    assert (result.exit_code, "ann@" in result.stderr) == (ExitCode.USAGE, False)
