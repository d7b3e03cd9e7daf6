"""`rights receive-opendsr`, `receive-drp` and their like: requests that other systems send, answered as they expect."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.core.errors import ConfigurationError, RequestStateError
from unified_customer.governance.requests import RequestState, drp, opendsr

Protocol = Literal["opendsr", "drp"]


@dataclass(frozen=True)
class Answering:
    """What an answer to another system says beside the state of a request.

    Attributes:
        controller: Of OpenDSR: what the controller calls itself.
        results_url: Where what was asked for can be had.
        results_count: Of OpenDSR: how many results there are.
        verify_url: Of the Data Rights Protocol: where the person can prove who they are.
    """

    controller: str | None = None
    results_url: str | None = None
    results_count: int | None = None
    verify_url: str | None = None


@dataclass(frozen=True)
class Agent:
    """Who sent a message of the Data Rights Protocol, as the directory of agents has it, and who it is for.

    Attributes:
        agent_id: The agent whose bearer token came with it.
        verify_key: The public key of the agent, as base64.
        business_id: Who we are in the directory.
        trusted: The agent is trusted where it says that it verified an address or a number.
    """

    agent_id: str
    verify_key: str
    business_id: str
    trusted: bool


def body_of(sent: Path) -> bytes:
    """Return the body of a request, from a file or, where that is `-`, from stdin.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if str(sent) == "-" else sent.read_bytes()
    except OSError as error:
        message = f"{sent} cannot be read: {error.strerror}."
        raise ConfigurationError(message) from error


def receive_opendsr(
    out: Output,
    sent: bytes,
    *,
    store: str,
    actor: str,
    controller: str,
    sources: Sequence[str],
    verified: bool,
) -> None:
    """Take in an OpenDSR request, and print the body to answer with."""
    with opened(out, store, None, actor=actor) as hub:
        state = hub.rights.requests.receive_opendsr(sent, verified=verified, sources=sources)
    _received(out, "opendsr", state, opendsr.created_body(state, sent, controller_id=controller))


def receive_drp(out: Output, sent: bytes, agent: Agent, *, store: str, actor: str, verify_url: str | None) -> None:
    """Take in a signed request of the Data Rights Protocol, and print the body to answer with."""
    with opened(out, store, None, actor=actor) as hub:
        state = hub.rights.requests.receive_drp(
            sent,
            verify_key=agent.verify_key,
            agent_id=agent.agent_id,
            business_id=agent.business_id,
            trusted=agent.trusted,
        )
    _received(out, "drp", state, drp.exercise_status(state, user_verification_url=verify_url))


def cancel_opendsr(out: Output, subject_request_id: str, *, store: str, actor: str, controller: str) -> None:
    """Cancel an OpenDSR request that is pending, and print the body to answer with."""
    with opened(out, store, None, actor=actor) as hub:
        state = hub.rights.requests.cancel_opendsr(subject_request_id)
    _print(out, "opendsr", state, opendsr.cancelled_body(state, controller_id=controller))


def revoke_drp(
    out: Output, request_id: str, sent: bytes, *, store: str, actor: str, agent_id: str, verify_key: str
) -> None:
    """Take a request back that an agent sent, and print the body to answer with."""
    with opened(out, store, None, actor=actor) as hub:
        state = hub.rights.requests.revoke_drp(request_id, sent, verify_key=verify_key, agent_id=agent_id)
    _print(out, "drp", state, drp.exercise_status(state))


def show_as(out: Output, request_id: str, protocol: str, answering: Answering, *, store: str) -> None:
    """Print how far a request is, as the system expects it that sent the request.

    Raises:
        ConfigurationError: There is no such protocol.
        RequestStateError: The request came by another way.
    """
    if protocol not in get_args(Protocol):
        message = f"There is no protocol {protocol!r}. There are: {', '.join(get_args(Protocol))}."
        raise ConfigurationError(message)
    with opened(out, store, None) as hub:
        state = hub.rights.requests.status(request_id)
    if state.protocol != protocol:
        message = f"The request {request_id} did not come by {protocol} but by {state.protocol}. Leave out --as."
        raise RequestStateError(message)
    _print(out, protocol, state, _body(state, answering))


def _body(state: RequestState, answering: Answering) -> Mapping[str, Any]:
    if state.protocol == drp.PROTOCOL:
        return drp.exercise_status(state, user_verification_url=answering.verify_url, results_url=answering.results_url)
    if answering.controller is None:
        message = "An answer by OpenDSR names the controller: --controller ID."
        raise ConfigurationError(message)
    return opendsr.status_body(
        state,
        controller_id=answering.controller,
        results_url=answering.results_url,
        results_count=answering.results_count,
    )


def _received(out: Output, protocol: str, state: RequestState, body: Mapping[str, Any]) -> None:
    _print(out, protocol, state, body)
    out.note(
        f"This is the request {state.request_id}, for {state.right}. It has to be answered by {state.due_at:%Y-%m-%d}."
    )


def _print(out: Output, protocol: str, state: RequestState, body: Mapping[str, Any]) -> None:
    """Print the body as it has to be sent, and nothing else; in JSON lines, beside the id that the request has here."""
    out.result(protocol, {"request_id": state.request_id, "status": state.status, "body": body})
    out.text(json.dumps(body, ensure_ascii=False, indent=2))
