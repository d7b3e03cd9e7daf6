"""The life of a request: what may happen to it, and what state that leaves it in. Pure: events in, state out.

    received ──> identity_unverified ──> in_progress (extended) ──> fulfilled
        │                │                      │
        └────────────────┴──────────────────────┴──> denied, revoked, expired

A state is the fold of the events of a request in the order of time. Deadlines are fixed when the request is received
and move once, by an extension that is told before the first one is over. A request that could not be carried out
(`failed`) is still open: it is tried again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.errors import RequestStateError
from unified_customer.core.models.base import Model
from unified_customer.core.models.rights import RequestEvent, Right
from unified_customer.policy.regimes import Deadlines

Status = Literal[
    "received",
    "identity_unverified",
    "in_progress",
    "extended",
    "failed",
    "fulfilled",
    "denied",
    "revoked",
    "expired",
]
"""How far a request is. `extended` is in progress with more time; `failed` is still open."""

Verification = Literal["unasked", "asked", "verified", "failed", "expired"]
"""Whether it is known that the person who asks is the one whom the request is about."""

TERMINAL: Final[tuple[Status, ...]] = ("fulfilled", "denied", "revoked", "expired")
"""States that never change."""

UNVERIFIED_RIGHTS: Final[tuple[Right, ...]] = ("opt_out", "objection")
"""Rights that nobody has to prove an identity for, since they only narrow what is done (11 CCR § 7060(b))."""

CANDIDATES: Final = "candidates"
ACKNOWLEDGE_BY: Final = "acknowledge_by"
FOUND: Final = "found"
COVERED: Final = "covered"


@dataclass(frozen=True)
class Happened:
    """Something that happened to a request: a row of `request_events`.

    Attributes:
        seq: Place in the store; of two events of one instant the earlier one comes first.
        due_at: Of `received` and `extended`: by when to answer; of `verification_asked`: by when the person has to.
        subjects: Of `received`: what the request names, as `kind:value_key`; of `verified`: what was proved.
    """

    request_id: str
    occurred_at: datetime
    event: RequestEvent
    seq: int = 0
    right: Right | None = None
    regime: str | None = None
    protocol: str | None = None
    external_id: str | None = None
    customer_id: str | None = None
    subjects: tuple[str, ...] = ()
    due_at: datetime | None = None
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class RequestState(Model):
    """How far a request is: what the events of it say together."""

    request_id: str
    right: Right
    status: Status
    verification: Verification = "unasked"
    regime: str | None = None
    """The law that it is judged by."""
    protocol: str = "hub"
    external_id: str | None = None
    customer_id: str | None = None
    """Whom it is about, as far as that is beyond doubt."""
    subjects: tuple[str, ...] = ()
    """What it names, as `kind:value_key`."""
    proved: tuple[str, ...] = ()
    """Of these, what the person was verified by."""
    received_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    due_at: AwareDatetime
    """By when it has to be answered."""
    verify_by: AwareDatetime | None = None
    """By when the person has to prove who they are."""
    extended: bool = False
    approved: bool = False
    started: bool = False
    reason: str | None = None
    """Why it was extended, failed or denied, whichever came last."""
    last_at: AwareDatetime
    """When something happened to it last."""
    detail: Mapping[str, Any] = Field(default_factory=dict)
    """Settings of the request."""

    @property
    def terminal(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in TERMINAL

    @property
    def needs_verification(self) -> bool:
        """Whether it may only be carried out for somebody verified."""
        return self.right not in UNVERIFIED_RIGHTS

    @property
    def verified(self) -> bool:
        """Whether the person was verified."""
        return self.verification == "verified"

    @property
    def candidates(self) -> tuple[str, ...]:
        """The customers that what it names was found at when it was received."""
        return tuple(self.detail.get(CANDIDATES, ()))

    @property
    def acknowledge_by(self) -> datetime | None:
        """By when its receipt has to be confirmed; None: the law names no time."""
        at = self.detail.get(ACKNOWLEDGE_BY)
        return None if at is None else datetime.fromisoformat(at)

    def overdue(self, as_of: datetime) -> bool:
        """Return whether the time to answer is over and it is not answered."""
        return not self.terminal and self.due_at < as_of

    def late(self, as_of: datetime) -> tuple[tuple[str, datetime], ...]:
        """Return what should have happened before `as_of` and did not: acknowledge, verification, answer."""
        waiting = {
            "acknowledge": None if self.acknowledged_at else self.acknowledge_by,
            "verification": self.verify_by if self.verification == "asked" else None,
            "answer": self.due_at,
        }
        late = [(what, at) for what, at in waiting.items() if at is not None and at < as_of]
        return () if self.terminal else tuple(late)


def answer_by(right: Right, received_at: datetime, deadlines: Deadlines) -> datetime:
    """Return by when a request has to be answered.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.policy.periods import Period
        >>> ccpa = Deadlines(answer=Period(days=45), opt_out=Period(business_days=15))
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> [answer_by(right, at, ccpa).date().isoformat() for right in ("erasure", "opt_out")]
        ['2026-02-15', '2026-01-22']
    """
    shorter = deadlines.opt_out if right in UNVERIFIED_RIGHTS else None
    return (shorter or deadlines.answer).after(received_at)


def fold(events: Iterable[Happened]) -> RequestState:
    """Return the state that the events of one request leave it in, in whatever order they are given.

    Raises:
        RequestStateError: Something happened that could not.

    Examples:
        >>> from datetime import UTC
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
