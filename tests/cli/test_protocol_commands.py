"""`rights receive-opendsr`, `receive-drp`, `show --as` and `rectify`."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner, Result

from unified_customer.cli.app import app
from unified_customer.cli.exits import ExitCode

Run = Callable[..., Result]
Ask = Callable[..., dict[str, Any]]
KEY = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
BASE64 = b64encode(KEY.public_key().public_bytes_raw()).decode()
AGENT = ("--agent", "AGENT", "--business", "SHOP", "--key", BASE64)
OPENDSR: dict[str, Any] = {
    "regulation": "gdpr",
    "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
    "subject_request_type": "erasure",
    "submitted_time": "2026-01-01T15:00:00Z",
    "subject_identities": [
        {"identity_type": "controller_customer_id", "identity_value": "1", "identity_format": "raw"},
    ],
    "api_version": "2.0",
}


@pytest.fixture
def opendsr(tmp_path: Path) -> str:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(OPENDSR), encoding="utf-8")
    return str(path)


def signed(**more: Any) -> bytes:
    now = datetime.now(UTC)
    claims = {
        "agent-id": "AGENT",
        "business-id": "SHOP",
        "issued-at": (now - timedelta(minutes=1)).isoformat(),
        "expires-at": (now + timedelta(minutes=10)).isoformat(),
        "drp.version": "1.0",
        "exercise": "deletion",
        "email": "ann@example.com",
        "email_verified": True,
        **more,
    }
    text = json.dumps(claims).encode()
    return b64encode(KEY.sign(text) + text)


def test_an_opendsr_request_is_taken_in_and_answered(ask: Ask, command: Run, url: str, opendsr: str) -> None:
    ask("retention", "holds")
    given = ("--controller", "c-1", "--source", "crm", "--verified", "--store", url)
    told = command("rights", "receive-opendsr", opendsr, *given)
    body = json.loads(told.stdout)
    assert (body["controller_id"], body["subject_request_id"]) == ("c-1", OPENDSR["subject_request_id"])
    assert json.loads(b64decode(body["encoded_request"])) == OPENDSR
    again = ask("rights", "receive-opendsr", opendsr, *given[:-2])
    assert again["request_id"] in told.stderr
    status = ask("rights", "show", again["request_id"], "--as", "opendsr", "--controller", "c-1")
    assert status["body"]["request_status"] == "pending"
    assert ask("rights", "fulfil", again["request_id"])["status"] == "fulfilled"
    more = ("--controller", "c-1", "--results-url", "https://shop.example/r", "--results-count", "1")
    done = command("rights", "show", again["request_id"], "--as", "opendsr", *more, "--store", url)
    assert json.loads(done.stdout)["request_status"] == "completed"
    assert json.loads(done.stdout)["results_count"] == 1


def test_a_signed_request_of_an_agent_is_taken_in_from_stdin(ask: Ask, url: str) -> None:
    ask("retention", "holds")
    given = ["rights", "receive-drp", "-", *AGENT, "--trusted", "--store", url, "--json"]
    done = CliRunner().invoke(app, given, input=signed())
    assert done.exit_code == ExitCode.OK, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["body"]["status"]) == ("received", "in_progress")
    assert ask("rights", "show", told["request_id"])["verification"] == "verified"
    assert ask("rights", "show", told["request_id"], "--as", "drp")["body"]["request_id"] == told["request_id"]


def test_an_agent_that_is_not_trusted_is_told_where_to_verify(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(signed())
    where = ("--verify-url", "https://shop.example/verify")
    told = ask("rights", "receive-drp", str(tmp_path / "message"), *AGENT, *where)
    assert (told["body"]["reason"], told["body"]["user_verification_url"]) == ("need_user_verification", where[1])
    shown = ask("rights", "show", told["request_id"], "--as", "drp", *where)
    assert shown["body"] == told["body"]


def test_what_cannot_be_trusted_or_read_is_refused(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(signed(**{"business-id": "ELSE"}))
    refused = ask("rights", "receive-drp", str(tmp_path / "message"), *AGENT, fails=ExitCode.FAILED)
    assert (refused["error"], "another business" in refused["message"]) == ("SignatureError", True)
    wrong = ("rights", "receive-opendsr", str(tmp_path / "message"), "--controller", "c-1")
    assert ask(*wrong, fails=ExitCode.FAILED)["error"] == "ConfigurationError"
    missing = ask("rights", "receive-opendsr", str(tmp_path / "none"), "--controller", "c-1", fails=ExitCode.FAILED)
    assert "none cannot be read" in missing["message"]


def test_what_is_pending_is_taken_back_by_whoever_sent_it(ask: Ask, opendsr: str, tmp_path: Path) -> None:
    asked = ask("rights", "receive-opendsr", opendsr, "--controller", "c-1")
    told = ask("rights", "cancel-opendsr", OPENDSR["subject_request_id"], "--controller", "c-1")
    assert (told["request_id"], told["status"], told["body"]["controller_id"]) == (
        asked["request_id"],
        "revoked",
        "c-1",
    )
    (tmp_path / "message").write_bytes(signed())
    sent = ask("rights", "receive-drp", str(tmp_path / "message"), *AGENT)["request_id"]
    text = b'{"reason": "I changed my mind"}'
    (tmp_path / "back").write_bytes(b64encode(KEY.sign(text) + text))
    back = ("rights", "revoke-drp", sent, str(tmp_path / "back"), "--key", BASE64)
    assert ask(*back, "--agent", "ELSE", fails=ExitCode.FAILED)["error"] == "SignatureError"
    assert ask(*back, "--agent", "AGENT")["body"]["status"] == "revoked"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--as", "pigeon"), "There are: opendsr, drp."),
        (("--as", "drp"), "did not come by drp but by opendsr"),
        (("--as", "opendsr"), "--controller ID"),
    ],
)
def test_a_status_that_cannot_be_told_says_why(ask: Ask, opendsr: str, given: tuple[str, ...], said: str) -> None:
    request = ask("rights", "receive-opendsr", opendsr, "--controller", "c-1")["request_id"]
    assert said in ask("rights", "show", request, *given, fails=ExitCode.FAILED)["message"]


def test_a_customer_is_rectified_without_a_request(ask: Ask, command: Run, url: str) -> None:
    ann = ask("rights", "request", "rectification", "--identifier", "crm=1", "--verified")
    told = ask("rights", "rectify", ann["customer_id"], "family_name=Leigh", "--actor", "kim")
    assert (told["customer_id"], "family_name" in told["fields"]) == (ann["customer_id"], True)
    shown = command("profile", ann["customer_id"], "--purpose", "analytics", "--store", url).stdout
    assert "Leigh" in shown
    by = ask("rights", "rectify", ann["customer_id"], "given_name=Anne", "--request", ann["request_id"])
    assert "given_name" in by["fields"]
    assert ask("rights", "show", ann["request_id"])["status"] == "fulfilled"


def test_what_cannot_be_stated_is_not_repeated(ask: Ask, command: Run, url: str) -> None:
    ann = ask("rights", "request", "restriction", "--identifier", "crm=1")["customer_id"]
    told = ask("rights", "rectify", ann, "birth_date=someday", fails=ExitCode.FAILED)
    assert ("birth_date" in told["message"], "someday" in told["message"]) == (True, False)
    usage = command("rights", "rectify", ann, "Leigh", "--store", url)
    assert (usage.exit_code, "Leigh" in usage.output) == (ExitCode.USAGE, False)
