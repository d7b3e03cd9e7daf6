"""The life of a request: what may happen to it, and what state that leaves it in. Pure: events in, state out.

    received ──> identity_unverified ──> in_progress (extended) ──> fulfilled
        │                │                      │
        └────────────────┴──────────────────────┴──> denied, revoked, expired

A state is the fold of the events of a request in the order of time. Deadlines are fixed when the request is received
and move once, by an extension that is told before the first one is over. A request that could not be carried out
(`failed`) is still open: it is tried again.
"""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Final

from unified_customer.core.errors import RequestStateError
from unified_customer.core.models.rights import RequestEvent
from unified_customer.governance.requests.state import TERMINAL, Happened, RequestState, Status


def fold(events: Iterable[Happened]) -> RequestState:
    """Return the state that the events of one request leave it in, in whatever order they are given.

    Raises:
        RequestStateError: Something happened that could not.

    Examples:
        >>> from datetime import UTC, datetime
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> due = datetime(2026, 2, 1, tzinfo=UTC)
        >>> received = Happened("r", at, "received", right="access", due_at=due)
        >>> fold([Happened("r", at, "verified", seq=1), received]).verification
        'verified'
    """
    first, *later = sorted(events, key=lambda each: (each.occurred_at, each.seq))
    return reduce(step, later, begin(first))


def begin(event: Happened) -> RequestState:
    """Return the state of a request of which only its receipt is known.

    Raises:
        RequestStateError: It is no receipt, or does not say what was asked for and by when it has to be answered.
    """
    if event.event != "received" or event.right is None or event.due_at is None:
        message = f"The request {event.request_id} begins with {event.event!r}; it begins when it is received."
        raise RequestStateError(message)
    return RequestState(
        request_id=event.request_id,
        right=event.right,
        status="received",
        regime=event.regime,
        protocol=event.protocol or "hub",
        external_id=event.external_id,
        customer_id=event.customer_id,
        subjects=event.subjects,
        received_at=event.occurred_at,
        due_at=event.due_at,
        last_at=event.occurred_at,
        detail=event.detail,
    )


def step(state: RequestState, event: Happened) -> RequestState:
    """Return the state after `event`.

    Raises:
        RequestStateError: It cannot happen in this state.
    """
    obstacle = "it is over" if state.terminal else _obstacle(state, event)
    if obstacle:
        message = f"The request {state.request_id} is {state.status}: it cannot be {event.event}, since {obstacle}."
        raise RequestStateError(message)
    taken = {name: getattr(event, source) for name, source in _TAKES.get(event.event, {}).items()}
    changed = state.model_copy(update={**_SETS.get(event.event, {}), **taken, "last_at": event.occurred_at})
    return changed.model_copy(update={"status": _status(changed, event)})


def _status(state: RequestState, event: Happened) -> Status:
    if event.event in TERMINAL or event.event == "failed":
        return event.event
    if state.verification in {"asked", "failed"}:
        return "identity_unverified"
    if state.extended:
        return "extended"
    return "in_progress" if state.approved or state.started else "received"


# ---------------------------------------------------------------------------------------------- what may happen when


def _obstacle(state: RequestState, event: Happened) -> str | None:
    if event.event == "received":
        return "a request is received once"
    by_state, by_event = _BY_STATE.get(event.event), _BY_EVENT.get(event.event)
    return (by_state(state) if by_state else None) or (by_event(state, event) if by_event else None)


def _acknowledged(state: RequestState) -> str | None:
    return "that was done" if state.acknowledged_at else None


def _verifiable(state: RequestState) -> str | None:
    return "the person is verified already" if state.verified else None


def _verified(state: RequestState) -> str | None:
    if state.verification == "failed":
        return "the person could not be verified; ask again first"
    return _verifiable(state)


def _once(state: RequestState) -> str | None:
    return "it was already, and that is possible once" if state.extended else None


def _permitted(state: RequestState) -> str | None:
    needed = state.needs_verification or state.verification in {"asked", "failed"}
    return "the person is not verified" if needed and not state.verified else None


def _approved(state: RequestState) -> str | None:
    return "it was already" if state.approved else _permitted(state)


def _not_begun(state: RequestState) -> str | None:
    return "it is being carried out" if state.started else None


def _carried_out(state: RequestState) -> str | None:
    return None if state.started else "nobody started it"


def _waited_for(state: RequestState) -> str | None:
    return "nothing is waited for" if state.verified or state.verify_by is None else None


def _in_time(state: RequestState, event: Happened) -> str | None:
    if event.due_at is None or not event.reason:
        return "that takes a new date and a reason"
    if event.due_at <= state.due_at:
        return "that would not be later"
    return "the time for it is over" if event.occurred_at > state.due_at else None


def _with_reason(_: RequestState, event: Happened) -> str | None:
    return None if event.reason else "a denial says why"


def _time_is_over(state: RequestState, event: Happened) -> str | None:
    left = state.verify_by is None or event.occurred_at <= state.verify_by
    return "there is still time" if left else None


_BY_STATE: Final[dict[RequestEvent, Callable[[RequestState], str | None]]] = {
    "acknowledged": _acknowledged,
    "verification_asked": _not_begun,
    "verified": _verified,
    "verification_failed": _verifiable,
    "extended": _once,
    "approved": _approved,
    "denied": _not_begun,
    "started": _permitted,
    "fulfilled": _carried_out,
    "failed": _carried_out,
    "revoked": _not_begun,
    "expired": _waited_for,
}
_BY_EVENT: Final[dict[RequestEvent, Callable[[RequestState, Happened], str | None]]] = {
    "extended": _in_time,
    "denied": _with_reason,
    "expired": _time_is_over,
}

_SETS: Final[dict[RequestEvent, dict[str, Any]]] = {
    "verification_asked": {"verification": "asked", "proved": ()},
    "verified": {"verification": "verified", "verify_by": None},
    "verification_failed": {"verification": "failed"},
    "extended": {"extended": True},
    "approved": {"approved": True},
    "started": {"approved": True, "started": True},
    "failed": {"started": False},
    "expired": {"verification": "expired"},
}
_TAKES: Final[dict[RequestEvent, dict[str, str]]] = {
    "acknowledged": {"acknowledged_at": "occurred_at"},
    "verification_asked": {"verify_by": "due_at"},
    "verified": {"proved": "subjects", "customer_id": "customer_id"},
    "extended": {"due_at": "due_at", "reason": "reason"},
    "denied": {"reason": "reason"},
    "fulfilled": {"reason": "reason"},
    "failed": {"reason": "reason"},
}
