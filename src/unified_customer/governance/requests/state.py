"""How far a request is, and what can happen to it, as values; how the one follows from the other is in `lifecycle`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import AwareDatetime, Field

from unified_customer.core.models.base import Model
from unified_customer.core.models.rights import RequestEvent, Right

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
