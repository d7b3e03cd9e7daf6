"""Data Rights Protocol 1.0, as a covered business: signed requests of agents in, statuses out; no server.

A message is base64 of an Ed25519 signature of 64 bytes and the JSON text that it signs. It is checked in the order
that section 3.07 names: encoding, signature, agent, business, time. Identities are matched by e-mail address and
telephone number; a name or an address names nobody.

References:
    https://github.com/consumer-reports-innovation-lab/data-rights-protocol
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.errors import ConfigurationError, RequestStateError, SignatureError, require
from unified_customer.core.models import Actor
from unified_customer.core.models.rights import Right
from unified_customer.governance.requests.handling import Handling
from unified_customer.governance.requests.messages import Message, MessageT, read_message
from unified_customer.governance.requests.reasons import DENIALS
from unified_customer.governance.requests.state import RequestState

PROTOCOL: Final = "drp"
VERSION: Final = "1.0"
SIGNATURE_BYTES: Final = 64
MOST: Final = 1_000_000
"""Characters of a message; a longer one is not looked at."""

Exercise = Literal["sale:opt-out", "sale:opt-in", "deletion", "access", "access:categories", "access:specific"]

RIGHTS: Final[dict[Exercise, Right]] = {
    "sale:opt-out": "opt_out",
    "sale:opt-in": "opt_in",
    "deletion": "erasure",
    "access": "access",
    "access:categories": "access",
    "access:specific": "access",
}
"""What an agent exercises -> the right that it is."""


class DRPClaims(Message):
    """Who sends a message to whom, and for how long it holds (sections 2.01 and 2.05)."""

    agent_id: str = Field(alias="agent-id", min_length=1)
    business_id: str = Field(alias="business-id", min_length=1)
    issued_at: AwareDatetime = Field(alias="issued-at")
    expires_at: AwareDatetime = Field(alias="expires-at")
    drp_version: Literal["1.0"] = Field(alias="drp.version")


class DRPRequest(DRPClaims):
    """A request: the claims, what is exercised, and whom it is about (sections 2.01 and 3.04)."""

    agent_request_id: str | None = Field(default=None, alias="agent-request-id")
    exercise: Exercise
    regime: Literal["ccpa"] | None = None
    relationships: tuple[str, ...] = ()
    status_callback: str | None = None
    name: str | None = None
    email: str | None = None
    email_verified: bool = False
    phone_number: str | None = None
    phone_number_verified: bool = False

    def identifiers(self, *, verified: bool = False) -> list[tuple[str, str]]:
        """Return what names the person, or as much of it as the agent verified."""
        return [(kind, value) for kind, value, proved in self._identities() if proved or not verified]

    def _identities(self) -> Iterator[tuple[str, str, bool]]:
        if self.email is not None:
            yield "email", self.email, self.email_verified
        if self.phone_number is not None:
            yield "phone", self.phone_number, self.phone_number_verified


class DRPRevocation(Message):
    """What an agent sends to take a request back (section 2.04); the reason is the person's and is not kept."""

    reason: str | None = None


# ------------------------------------------------------------------------------------------------------------ messages


def open_message(message: str | bytes, verify_key: bytes | str) -> bytes:
    """Return the text that a message signs, if it was signed by the holder of the key.

    Args:
        message: The body of the HTTP request: base64.
        verify_key: The public key of the agent, 32 bytes or base64 of them, as the directory of agents has it.

    Raises:
        SignatureError: It is no signed message, or was signed by somebody else.
        ConfigurationError: The key is none.
        MissingDependencyError: `cryptography` is not installed.
    """
    require("cryptography.hazmat.primitives.asymmetric.ed25519", extra="rights", why="verify signed requests")
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signed = _decoded(message)
    key = Ed25519PublicKey.from_public_bytes(_key(verify_key))
    try:
        key.verify(signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:])
    except InvalidSignature:
        raise SignatureError("The message was not signed with the key of this agent.") from None
    return signed[SIGNATURE_BYTES:]


def check_claims(claims: DRPClaims, *, agent_id: str, business_id: str, now: datetime) -> None:
    """Do nothing if a message is of this agent, for this business, and in time.

    Raises:
        SignatureError: It is not.
    """
    checks = {
        "The message is of another agent than the one that sent it.": claims.agent_id == agent_id,
        "The message is meant for another business.": claims.business_id == business_id,
        "The message was issued in the future. Compare the clocks.": claims.issued_at <= now,
        "The message has expired.": now < claims.expires_at,
    }
    for fault, fine in checks.items():
        if not fine:
            raise SignatureError(fault)


def open_claims(
    model: type[MessageT], message: str | bytes, *, verify_key: bytes | str, agent_id: str, business_id: str,
    now: datetime,
) -> MessageT:  # fmt: skip
    """Return the claims of a signed message, after every check; for a key setup, of `DRPClaims` (section 2.05).

    Raises:
        SignatureError: It cannot be trusted.
        ConfigurationError: It does not say what it has to.
    """
    said = read_message(model, open_message(message, verify_key), what="message of the Data Rights Protocol")
    if isinstance(said, DRPClaims):
        check_claims(said, agent_id=agent_id, business_id=business_id, now=now)
    return said


def receive_drp(
    handling: Handling, message: str | bytes, *, verify_key: bytes | str, agent_id: str, business_id: str, trusted: bool,
    actor: Actor,
) -> RequestState:  # fmt: skip
    """Take in a signed request; see `Rights.receive_drp`."""
    desk = handling.desk
    sent = open_claims(
        DRPRequest, message, verify_key=verify_key, agent_id=agent_id, business_id=business_id, now=desk.clock()
    )
    named = sent.identifiers()
    if not named:
        raise ConfigurationError("The request names nobody by an e-mail address or a telephone number.")
    asked = handling.asked(
        RIGHTS[sent.exercise],
        named,
        None,
        protocol=PROTOCOL,
        external_id=f"{agent_id}/{sent.agent_request_id or desk.names.record_of(PROTOCOL, _text(message))}",
        received_at=None,
        regime=sent.regime,
        purpose=None,
        verified=False,
        detail=_detail(sent),
    )
    state = desk.receive(asked, actor=actor)
    if state.acknowledged_at is None and not state.terminal:
        state = desk.enter(state.request_id, "acknowledged", actor=actor)
    proved = sent.identifiers(verified=True) if trusted else []
    return _identified(handling, state, proved, actor=actor) if state.verification == "unasked" else state


def revoke_drp(
    handling: Handling, request_id: str, message: str | bytes, *, verify_key: bytes | str, agent_id: str, actor: Actor
) -> RequestState:
    """Take a request back; see `Rights.revoke_drp`."""
    read_message(DRPRevocation, open_message(message, verify_key), what="revocation of the Data Rights Protocol")
    return handling.desk.enter(of_agent(handling, request_id, agent_id).request_id, "revoked", actor=actor)


def of_agent(handling: Handling, request_id: str, agent_id: str) -> RequestState:
    """Return a request that an agent sent.

    Raises:
        UnknownRequestError: There is none.
        SignatureError: Somebody else sent it: HTTP 403.
    """
    state = handling.desk.status(request_id)
    if state.protocol != PROTOCOL or not str(state.external_id).startswith(f"{agent_id}/"):
        raise SignatureError("The request was not sent by this agent.")
    return state


# ------------------------------------------------------------------------------------------------------------- answers


def exercise_status(
    state: RequestState,
    *,
    user_verification_url: str | None = None,
    results_url: str | None = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the status of a request: the body of answers and of callbacks (section 3.03).

    Args:
        state: How far it is.
        user_verification_url: Where the person can prove who they are, while that is waited for.
        results_url: Where what was asked for can be had, once it is.
        expires_at: Until when the request is kept on record.
    """
    status, reason = status_of(state)
    waiting = reason == "need_user_verification"
    said = {
        "agent_request_id": state.detail.get("agent_request_id"),
        "processing_details": _details(state),
        "reason": reason,
        "user_verification_url": user_verification_url if waiting else None,
        "results_url": results_url if status == "fulfilled" else None,
        "expires_at": None if expires_at is None else expires_at.astimezone(UTC).isoformat(),
    }
    return {
        "request_id": state.request_id,
        "received_at": state.received_at.isoformat(),
        "expected_by": state.due_at.isoformat(),
        "status": status,
        **{name: value for name, value in said.items() if value is not None},
    }


def status_of(state: RequestState) -> tuple[str, str | None]:
    """Return the status of a request and the reason, as the protocol calls them (section 3.02)."""
    if state.status == "denied":
        return "denied", next((each.drp for name, each in DENIALS.items() if name == state.reason), "other")
    if state.status == "expired":
        # Whoever was asked who they are and did not answer: section 3.02 calls that denied, not expired.
        return "denied", "insuf_verification"
    if state.status in {"fulfilled", "revoked"}:
        return state.status, None
    if state.verification in {"asked", "failed"}:
        return "in_progress", "need_user_verification"
    return ("open" if state.status == "received" and state.acknowledged_at is None else "in_progress"), None


def error_body(error: Exception, *, code: int = 400, fatal: bool = True) -> dict[str, Any]:
    """Return the body of an answer to what cannot be taken in (section 3.06); errors of ours quote no values."""
    return {"code": str(code), "message": str(error), "fatal": fatal}


# -------------------------------------------------------------------------------------------------------------- inside


def _details(state: RequestState) -> str | None:
    """Return what the person can be told of it: why it is denied, or put off."""
    if state.status == "denied":
        return next((each.meaning for name, each in DENIALS.items() if name == state.reason), None)
    return f"extended: {state.reason}" if state.extended and state.reason else None


def _detail(sent: DRPRequest) -> dict[str, Any]:
    said = {
        "agent": sent.agent_id,
        "agent_request_id": sent.agent_request_id,
        "exercise": sent.exercise,
        "relationships": list(sent.relationships) or None,
        "callbacks": [sent.status_callback] if sent.status_callback else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _identified(
    handling: Handling, state: RequestState, proved: list[tuple[str, str]], *, actor: Actor
) -> RequestState:
    """Take the agent at its word as far as it is trusted; else the person has to prove who they are."""
    if proved:
        try:
            return handling.desk.verify(state.request_id, by=proved, customer_id=None, method="agent", actor=actor)
        except RequestStateError:
            pass
    if not state.needs_verification:
        return state
    return handling.desk.enter(state.request_id, "verification_asked", actor=actor, due_at=state.due_at)


def _text(message: str | bytes) -> str:
    return message if isinstance(message, str) else message.decode("ascii", "replace")


def _decoded(message: str | bytes) -> bytes:
    try:
        signed = b64decode(_text(message).strip()[:MOST], validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("The message is no base64 text.") from None
    if len(signed) <= SIGNATURE_BYTES:
        raise SignatureError("The message is too short to hold a signature and what it signs.")
    return signed


def _key(verify_key: bytes | str) -> bytes:
    try:
        key = b64decode(verify_key, validate=True) if isinstance(verify_key, str) else verify_key
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ConfigurationError("The verify key of an agent is 32 bytes, or base64 of them.")
    return key
