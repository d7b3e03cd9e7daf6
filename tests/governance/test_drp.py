"""Data Rights Protocol 1.0: signed messages, who may send them, and the statuses of requests."""

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, MissingDependencyError, RequestStateError, SignatureError
from unified_customer.governance.requests import drp
from unified_customer.governance.requests.reasons import DENIALS

START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"b" * 32)
VERIFY = KEY.public_key().public_bytes_raw()
CHECKED: dict[str, Any] = {"verify_key": VERIFY, "agent_id": "AGENT", "business_id": "SHOP"}


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    ticks = count()
    with uc.CustomerHub(clock=lambda: START + timedelta(seconds=next(ticks))) as made:
        people = {"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"], "tel": ["+442079460018"] * 2}
        frame = pl.DataFrame({**people, "born": ["1990-01-02", "1950-02-03"], "name": ["Ann", "Bob"]})
        fields = {"email": "mail", "phone": "tel", "birth_date": "born", "given_name": "name"}
        mapping = uc.Mapping(table="records", key="id", fields=fields)
        made.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
        assert made.resolve().customers == 2
        yield made


def claims(**more: Any) -> dict[str, Any]:
    return {
        "agent-id": "AGENT",
        "business-id": "SHOP",
        "issued-at": START.isoformat(),
        "expires-at": (START + timedelta(minutes=10)).isoformat(),
        "drp.version": "1.0",
        "exercise": "deletion",
        "regime": "ccpa",
        "relationships": ["customer"],
        "status_callback": "https://agent.example/status",
        "name": "Ann Lee",
        "email": "ann@example.com",
        "email_verified": True,
        **more,
    }


def signed(body: Any, *, key: Ed25519PrivateKey = KEY) -> str:
    text = json.dumps(body).encode()
    return b64encode(key.sign(text) + text).decode()


def receive(hub: uc.CustomerHub, *, trusted: Any = True, **more: Any) -> Any:
    return hub.rights.requests.receive_drp(signed(claims(**more)), **CHECKED, trusted=trusted)


def test_a_signed_request_of_a_trusted_agent_is_carried_out(hub: uc.CustomerHub) -> None:
    state = receive(hub, **{"agent-request-id": "foo"})
    assert (state.right, state.verified, state.regime) == ("erasure", True, "ccpa")
    status = drp.exercise_status(state)
    assert status == {
        "request_id": state.request_id,
        "received_at": state.received_at.isoformat(),
        "expected_by": state.due_at.isoformat(),
        "status": "in_progress",
        "agent_request_id": "foo",
    }
    done = hub.rights.requests.fulfil(state.request_id).state
    assert drp.exercise_status(done, results_url="https://shop.example/r")["status"] == "fulfilled"
    assert hub._store.read("customers")["given_name"].to_list() == ["Bob"]


@pytest.mark.parametrize(("exercise", "right"), drp.RIGHTS.items())
def test_every_exercise_is_a_right(hub: uc.CustomerHub, exercise: str, right: str) -> None:
    state = receive(hub, exercise=exercise)
    assert (state.right, state.detail["exercise"]) == (right, exercise)


def test_an_agent_that_is_not_trusted_proves_nothing(hub: uc.CustomerHub) -> None:
    state = receive(hub, trusted=False)
    status = drp.exercise_status(state, user_verification_url="https://shop.example/verify")
    assert (status["status"], status["reason"]) == ("in_progress", "need_user_verification")
    assert status["user_verification_url"].startswith("https://")
    assert not state.verified


def test_a_shared_number_that_the_agent_verified_proves_nobody(hub: uc.CustomerHub) -> None:
    named = {"email": None, "phone_number": "+442079460018", "phone_number_verified": True}
    state = receive(hub, **named)
    assert (state.status, state.customer_id) == ("identity_unverified", None)


def test_only_what_the_agent_verified_counts(hub: uc.CustomerHub) -> None:
    state = receive(hub, email_verified=False, phone_number="+442079460018", phone_number_verified=True)
    assert not state.verified
    assert state.candidates


def test_an_opt_out_asks_nobody_who_they_are(hub: uc.CustomerHub) -> None:
    state = receive(hub, trusted=False, exercise="sale:opt-out")
    assert (state.status, drp.status_of(state)) == ("received", ("in_progress", None))
    assert hub.rights.requests.fulfil(state.request_id).state.status == "fulfilled"


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"agent-id": "ELSE"}, "another agent"),
        ({"business-id": "ELSE"}, "another business"),
        ({"issued-at": "2026-01-02T00:00:00Z"}, "in the future"),
        ({"expires-at": "2025-12-31T00:00:00Z"}, "expired"),
    ],
)
def test_a_message_of_another_to_another_or_out_of_date_is_refused(
    hub: uc.CustomerHub, wrong: dict[str, str], match: str
) -> None:
    with pytest.raises(SignatureError, match=match):
        receive(hub, **wrong)
    assert hub.rights.requests.find().is_empty()


def test_a_message_that_was_changed_or_signed_by_another_is_refused(hub: uc.CustomerHub) -> None:
    honest = signed(claims())
    forged = signed(claims(), key=OTHER)
    for message in (forged, honest[:200] + ("A" if honest[200] != "A" else "B") + honest[201:]):
        with pytest.raises(SignatureError, match="not signed with the key"):
            hub.rights.requests.receive_drp(message, **CHECKED)


@pytest.mark.parametrize(
    "message", ["", "not base64!", b64encode(b"short").decode(), b64encode(b"x" * 64), b"\xff\xfe"]
)
def test_what_is_no_signed_message_is_refused(hub: uc.CustomerHub, message: str | bytes) -> None:
    with pytest.raises(SignatureError):
        hub.rights.requests.receive_drp(message, **CHECKED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"drp.version": "0.9"},
        {"exercise": "amnesty"},
        {"regime": "gdpr"},
        {"issued-at": "2026-01-01T00:00:00"},
        {"email": None},
        {"email": "ann at example"},
    ],
)
def test_what_says_something_else_is_refused_without_quoting_it(hub: uc.CustomerHub, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        receive(hub, **wrong)
    told = drp.error_body(caught.value)
    assert (told["code"], told["fatal"]) == ("400", True)
    assert not any(each in told["message"] for each in ("Ann Lee", "ann@", "ann at"))


@pytest.mark.parametrize("key", [b"short", "not base64!", b64encode(b"short").decode()])
def test_a_verify_key_is_32_bytes(hub: uc.CustomerHub, key: bytes | str) -> None:
    with pytest.raises(ConfigurationError, match="32 bytes"):
        hub.rights.requests.receive_drp(signed(claims()), **{**CHECKED, "verify_key": key})


def test_the_key_may_be_written_as_the_directory_writes_it(hub: uc.CustomerHub) -> None:
    known = {**CHECKED, "verify_key": b64encode(VERIFY).decode()}
    assert hub.rights.requests.receive_drp(signed(claims()), **known).protocol == "drp"


@pytest.mark.parametrize("named", [{}, {"agent-request-id": "foo"}])
def test_a_message_that_comes_again_is_the_same_request(hub: uc.CustomerHub, named: dict[str, str]) -> None:
    assert receive(hub, **named) == receive(hub, **named)
    assert hub.rights.requests.find().height == 1


def test_an_agent_takes_its_own_request_back(hub: uc.CustomerHub) -> None:
    state = receive(hub)
    back = signed({"reason": "I don't want my account deleted"})
    with pytest.raises(SignatureError, match="not sent by this agent"):
        hub.rights.requests.revoke_drp(state.request_id, back, verify_key=VERIFY, agent_id="ELSE")
    with pytest.raises(SignatureError, match="not signed"):
        hub.rights.requests.revoke_drp(state.request_id, signed({}, key=OTHER), verify_key=VERIFY, agent_id="AGENT")
    revoked = hub.rights.requests.revoke_drp(state.request_id, back, verify_key=VERIFY, agent_id="AGENT")
    assert drp.exercise_status(revoked)["status"] == "revoked"
    assert "account" not in str(hub._store.read("request_events").rows())
    with pytest.raises(RequestStateError):
        hub.rights.requests.revoke_drp(state.request_id, back, verify_key=VERIFY, agent_id="AGENT")


@pytest.mark.parametrize(("reason", "theirs"), [(name, each.drp) for name, each in DENIALS.items() if not each.rights])
def test_every_denial_has_a_reason_and_words(hub: uc.CustomerHub, reason: str, theirs: str) -> None:
    known = {} if reason != "no_match" else {"email": "new@example.com"}
    state = hub.rights.requests.deny(receive(hub, **known).request_id, reason)
    told = drp.exercise_status(state)
    assert (told["status"], told["reason"]) == ("denied", theirs)
    assert told["processing_details"].endswith(".")


def test_an_extension_is_told_with_its_reason(hub: uc.CustomerHub) -> None:
    state = receive(hub).model_copy(update={"status": "extended", "extended": True, "reason": "complex"})
    assert drp.exercise_status(state)["processing_details"] == "extended: complex"


def test_a_verification_that_timed_out_is_a_denial(hub: uc.CustomerHub) -> None:
    state = receive(hub, trusted=False).model_copy(update={"status": "expired", "verification": "expired"})
    assert drp.status_of(state) == ("denied", "insuf_verification")


def test_a_request_that_nobody_acknowledged_is_open(hub: uc.CustomerHub) -> None:
    state = hub.rights.requests.receive("access", identifiers={"email": "ann@example.com"})
    assert drp.exercise_status(state, expires_at=START)["status"] == "open"


def test_a_key_setup_is_checked_alike() -> None:
    body = {name: value for name, value in claims().items() if "-" in name or name == "drp.version"}
    said = drp.open_claims(drp.DRPClaims, signed(body), now=START + timedelta(seconds=1), **CHECKED)
    assert said.agent_id == "AGENT"
    with pytest.raises(SignatureError):
        drp.open_claims(drp.DRPClaims, signed(body), now=START - timedelta(seconds=1), **CHECKED)


def test_without_the_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(MissingDependencyError, match=r"unified-customer\[rights\]"):
        drp.open_message(signed(claims()), VERIFY)


def test_no_value_of_a_message_is_kept(hub: uc.CustomerHub) -> None:
    receive(hub, phone_number="+442079460018")
    kept = str(hub._store.read("request_events").rows()) + str(hub._store.read("audit").rows())
    assert not any(value in kept for value in ("Ann Lee", "ann@example.com", "+442079460018"))
