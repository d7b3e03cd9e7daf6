"""The desk that takes in requests and enters what happens to them; nothing is changed, only added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError, RequestStateError
from unified_customer.core.models import Actor
from unified_customer.core.models.rights import RequestEvent, Right
from unified_customer.core.spec import canonical_json, content_hash
from unified_customer.governance.requests.law import answer_by, law_of, places_of
from unified_customer.governance.requests.lifecycle import begin, step
from unified_customer.governance.requests.naming import Found, Identifiers, Names, find, subject_of_id
from unified_customer.governance.requests.reasons import denial
from unified_customer.governance.requests.rows import known_as, state_of, states, write_event
from unified_customer.governance.requests.state import (
    ACKNOWLEDGE_BY,
    CANDIDATES,
    COVERED,
    FOUND,
    Happened,
    RequestState,
)
from unified_customer.policy import Policy
from unified_customer.policy.regimes import Deadlines
from unified_customer.store import Reader, Store, Writer


@dataclass(frozen=True)
class Asked:
    """What somebody asks for.

    Attributes:
        right: What is asked for.
        subjects: What the request names, as `kind:value_key`.
        protocol: How it came.
        external_id: What whoever sent it calls it.
        received_at: When it came.
        regime: The law that it names.
        verified: Whether it is known who asks.
        detail: Settings of the request.
    """

    right: Right
    subjects: tuple[str, ...]
    protocol: str
    external_id: str | None
    received_at: datetime
    regime: str | None = None
    verified: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)


class RequestDesk:
    """Takes in requests over a store, and enters what happens to them."""

    def __init__(self, store: Store, *, policy: Policy, clock: Clock, names: Names) -> None:
        """Work on `store` under the laws that `policy` names; people are named by `names`."""
        self.store = store
        self.clock = clock
        self.names = names
        self._policy = policy

    # ---------------------------------------------------------------------------------------------------- taking in

    def receive(self, asked: Asked, *, actor: Actor) -> RequestState:
        """Take in a request; one that is known already is the same request, and is only verified if it was not."""
        now = self.clock()
        if asked.received_at > now:
            message = "received_at lies in the future. The time to answer counts from when the request came."
            raise ConfigurationError(message)
        with self.store.transaction(recorded_at=now) as writer:
            state = self._known(writer, asked) or self._begun(writer, asked, actor=actor, at=now)
            if asked.verified and not (state.terminal or state.verified):
                state = self._vouched(writer, state, actor=actor, at=now)
        return state

    def _known(self, reader: Reader, asked: Asked) -> RequestState | None:
        """Return the request that this one repeats.

        One that calls itself the same but asks for something else, or names somebody else, is a request of its own, so
        that nobody keeps another's from being answered by sending one of that name first.
        """
        if asked.external_id is None:
            return None
        same = known_as(reader, asked.protocol, asked.external_id)
        return next((each for each in same if (each.right, each.subjects) == (asked.right, asked.subjects)), None)

    def _begun(self, writer: Writer, asked: Asked, *, actor: Actor, at: datetime) -> RequestState:
        found = find(writer, asked.subjects)
        places = places_of(writer, self._policy, found.customers)
        law = law_of(self._policy, asked.right, asked.received_at, named=asked.regime, places=places)
        acknowledge = law.deadlines.acknowledge
        detail: dict[str, Any] = {**asked.detail, FOUND: len(found.customers), COVERED: law.covers(asked.right)}
        if len(found.customers) > 1:
            detail[CANDIDATES] = list(found.customers)
        if acknowledge is not None:
            detail[ACKNOWLEDGE_BY] = acknowledge.after(asked.received_at).isoformat()
        event = Happened(
            request_id=self._named(writer, asked),
            occurred_at=asked.received_at,
            event="received",
            right=asked.right,
            regime=law.name,
            protocol=asked.protocol,
            external_id=asked.external_id,
            customer_id=found.customer,
            subjects=asked.subjects,
            due_at=answer_by(asked.right, asked.received_at, law.deadlines),
            detail=detail,
        )
        state = begin(event)
        write_event(writer, event, actor=actor, at=at)
        return state

    def _named(self, reader: Reader, asked: Asked) -> str:
        """Return an id that no other request has and nobody can guess, written as a UUID."""
        content = [str(reader.last_seq()), asked.right, *asked.subjects, asked.received_at.isoformat()]
        return str(UUID(hex=content_hash(self.names.record_of("request", canonical_json(content))), version=5))

    def _vouched(self, writer: Writer, state: RequestState, *, actor: Actor, at: datetime) -> RequestState:
        """Enter that the person is known; where what is named may be several people, that has to be asked."""
        found = find(writer, state.subjects)
        doubt = found.customers and found.customer is None
        if state.verification == "failed" or (doubt and state.verification == "unasked"):
            asks = self._after(state, "verification_asked", at, due_at=state.due_at)
            state = self._write(writer, state, asks, actor=actor, at=at)
        if doubt:
            return state
        return self._write(writer, state, self._verified(state, found, state.subjects, at), actor=actor, at=at)

    # ------------------------------------------------------------------------------------------- what happens to them

    def enter(self, request_id: str, event: RequestEvent, *, actor: Actor, **said: Any) -> RequestState:
        """Enter what happened to a request, and return how far it is now.

        Raises:
            UnknownRequestError: There is no such request.
            RequestStateError: It cannot happen in its state.
        """
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            state = state_of(writer, request_id)
            return self._write(writer, state, self._after(state, event, now, **said), actor=actor, at=now)

    def extend(self, request_id: str, reason: str, *, actor: Actor) -> RequestState:
        """Put the answer off once, by what the law leaves."""
        state = self.status(request_id)
        deadlines = self._deadlines(state)
        if deadlines.extension is None:
            message = f"The law that the request is judged by ({state.regime or 'none named'}) knows no extension."
            raise RequestStateError(message)
        until = deadlines.extension.after(state.due_at)
        return self.enter(request_id, "extended", actor=actor, due_at=until, reason=reason)

    def verify(
        self, request_id: str, *, by: Identifiers | None, customer_id: str | None, method: str | None, actor: Actor
    ) -> RequestState:
        """Enter that the person proved who they are, by all that the request names, by some of it, or otherwise."""
        now = self.clock()
        with self.store.transaction(recorded_at=now) as writer:
            state = state_of(writer, request_id)
            proved = self._proof(writer, state, by, customer_id, method)
            found = _beyond_doubt(find(writer, proved), find(writer, state.subjects))
            event = self._verified(state, found, proved, now, method=method)
            return self._write(writer, state, event, actor=actor, at=now)

    def _proof(
        self,
        reader: Reader,
        state: RequestState,
        by: Identifiers | None,
        customer_id: str | None,
        method: str | None,
    ) -> tuple[str, ...]:
        if customer_id is not None:
            if by is not None or not method:
                message = "A decision on who somebody is takes customer_id=... and method=..., and no identifiers."
                raise ConfigurationError(message)
            return (subject_of_id(reader, customer_id),)
        return state.subjects if by is None else self.names.subjects(reader, by)

    def deny(self, request_id: str, reason: str, *, actor: Actor) -> RequestState:
        """Deny a request for a reason that the law knows."""
        state = self.status(request_id)
        denial(reason, state.right)
        if reason == "no_match":
            self._check_no_match(state)
        return self.enter(request_id, "denied", actor=actor, reason=reason)

    def _check_no_match(self, state: RequestState) -> None:
        """Let nobody learn who is a customer by asking: it is told only to those who proved who they are."""
        if not state.verified:
            message = f"Whether {state.request_id} matches anybody is told to a verified person only. Verify first."
            raise RequestStateError(message)
        with self.store.snapshot() as reader:
            if find(reader, state.proved).settled().customers:
                message = f"What was proved in {state.request_id} does match a customer."
                raise RequestStateError(message)

    # ---------------------------------------------------------------------------------------------------- looking up

    def status(self, request_id: str) -> RequestState:
        """Return how far a request is."""
        with self.store.snapshot() as reader:
            return state_of(reader, request_id)

    def all(self) -> list[RequestState]:
        """Return how far every request is."""
        with self.store.snapshot() as reader:
            return states(reader)

    def known_as(self, protocol: str, external_id: str) -> list[RequestState]:
        """Return the requests that whoever sent them calls `external_id`."""
        with self.store.snapshot() as reader:
            return known_as(reader, protocol, external_id)

    def target(self, state: RequestState) -> str | None:
        """Return the customer whom a request means now, by what was proved; None: nobody is held.

        Raises:
            RequestStateError: It is in doubt.
            ConfigurationError: Records that carry what was named are not resolved yet.
        """
        with self.store.snapshot() as reader:
            found = find(reader, state.proved or state.subjects).settled()
        if found.customers and found.customer is None:
            message = (
                f"{len(found.customers):,} customers carry what the request {state.request_id} was verified by. Ask "
                "for verification again, and verify by something that one of them alone carries."
            )
            raise RequestStateError(message)
        return found.customer

    # -------------------------------------------------------------------------------------------------------- inside

    def _deadlines(self, state: RequestState) -> Deadlines:
        regime = self._policy.regimes.get(state.regime or "")
        return Deadlines() if regime is None else regime.deadlines

    def _after(self, state: RequestState, event: RequestEvent, at: datetime, **said: Any) -> Happened:
        # A clock that was set back does not put what happens now before what happened.
        said.setdefault("customer_id", state.customer_id)
        return Happened(state.request_id, max(at, state.last_at), event, **said)

    def _verified(
        self, state: RequestState, found: Found, proved: Sequence[str], at: datetime, *, method: str | None = None
    ) -> Happened:
        detail = {} if method is None else {"method": method}
        return self._after(
            state, "verified", at, customer_id=found.customer, subjects=tuple(proved), detail=detail
        )  # fmt: skip

    def _write(
        self, writer: Writer, state: RequestState, event: Happened, *, actor: Actor, at: datetime
    ) -> RequestState:
        changed = step(state, event)
        write_event(writer, event, actor=actor, at=at)
        return changed


def _beyond_doubt(proved: Found, named: Found) -> Found:
    """Return who was proved, if it is one whom the request names, or nobody.

    Raises:
        RequestStateError: Several may be meant, or somebody whom the request does not name.
    """
    if proved.customers and proved.customer is None:
        message = (
            f"{len(proved.customers):,} customers carry what was proved. Verify by something that one of them alone "
            "carries (by=...), or decide who it is (customer_id=..., method=...)."
        )
        raise RequestStateError(message)
    if proved.customer is not None and proved.customer not in named.customers:
        message = "The request does not name the customer who was proved. Take in a request that does."
        raise RequestStateError(message)
    return proved
