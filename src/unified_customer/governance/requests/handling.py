"""Handling requests from receipt to answer: what `hub.rights` does with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, get_args

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError, RequestStateError
from unified_customer.core.models import Actor
from unified_customer.core.models.rights import Right
from unified_customer.core.spec import canonical_json
from unified_customer.governance.ledger import ConsentLedger
from unified_customer.governance.naming import current_customer
from unified_customer.governance.requests.carrying import Does, Means, Restate, carry_out, check_means
from unified_customer.governance.requests.desk import Asked, RequestDesk
from unified_customer.governance.requests.naming import Identifiers, Names, subject_of_id
from unified_customer.governance.requests.rows import LISTED, listed
from unified_customer.governance.requests.state import RequestState, Status
from unified_customer.policy import Policy
from unified_customer.store import Store

FEW: Final = 4

LATE: Final = {**LISTED, "waiting_for": pl.String(), "late_since": pl.Datetime("us", "UTC")}
"""What a list of late requests says of each."""


@dataclass(frozen=True)
class Fulfilment:
    """A request that was carried out.

    Attributes:
        state: How far it is: fulfilled.
        result: What came of it: an erasure receipt, statements, a package; None: nothing is held.
    """

    state: RequestState
    result: Any


class Handling:
    """Takes in requests, and has them carried out."""

    def __init__(
        self, store: Store, *, policy: Policy, clock: Clock, ledger: ConsentLedger, names: Names, restate: Restate
    ) -> None:
        """Handle requests over `store`.

        Args:
            store: The store.
            policy: Names the laws, and what an opt-out is about.
            clock: Gives the present instant.
            ledger: Where an opt-in is recorded.
            names: Turns what people are named by into keyed hashes.
            restate: Writes down what a customer states of themselves.
        """
        self.desk = RequestDesk(store, policy=policy, clock=clock, names=names)
        self._store = store
        self._policy = policy
        self._clock = clock
        self._ledger = ledger
        self._restate = restate

    def asked(
        self,
        right: Right,
        identifiers: Identifiers | None,
        customer_id: str | None,
        *,
        protocol: str,
        external_id: str | None,
        received_at: datetime | None,
        regime: str | None,
        purpose: str | None,
        verified: bool,
        detail: Mapping[str, Any] | None,
    ) -> Asked:
        """Return what is asked for, checked; see `Rights.request`."""
        if right not in get_args(Right):
            message = f"There is no right {right!r}. Known ones: {', '.join(get_args(Right))}."
            raise ConfigurationError(message)
        settings = dict(detail or {})
        if purpose is not None and right != "objection":
            message = f"Only an objection names a purpose; found it in a request for {right}. Leave it out."
            raise ConfigurationError(message)
        if purpose is not None:
            settings["purpose"] = self._policy.check_stated_purpose(purpose)
        check_detail(settings, identifiers)
        return Asked(
            right=right,
            subjects=self._subjects(identifiers, customer_id),
            protocol=protocol,
            external_id=external_id,
            received_at=self._clock() if received_at is None else as_utc(received_at, name="received_at"),
            regime=regime,
            verified=verified,
            detail=settings,
        )

    def fulfil(
        self, request_id: str, *, does: Mapping[Right, Does], fields: Mapping[str, Any] | None, actor: Actor
    ) -> Fulfilment:
        """Carry out what was asked for; see `Rights.fulfil`."""
        state = self.desk.status(request_id)
        means = Means(self._store, self._policy, self._ledger, self._clock, self._restate, actor, does, fields or {})
        check_means(state, means)
        customer = self.desk.target(state) if state.verified else None
        started = self.desk.enter(request_id, "started", actor=actor, customer_id=customer or state.customer_id)
        try:
            done = carry_out(started, customer, means)
        except Exception as error:
            self.desk.enter(request_id, "failed", actor=actor, reason=type(error).__name__)
            raise
        return Fulfilment(self.desk.enter(request_id, "fulfilled", actor=actor, reason=done.reason), done.result)

    def rectify(self, customer_id: str, fields: Mapping[str, Any], *, request_id: str | None, actor: Actor) -> Any:
        """Take in what a customer states of themselves; see `Rights.rectify`."""
        if request_id is None:
            return self._restate(customer_id, fields, actor, None)
        state = self.desk.status(request_id)
        with self._store.snapshot() as reader:
            holder = current_customer(reader, customer_id)
        if state.right != "rectification" or not state.verified or self.desk.target(state) != holder:
            message = f"The request {request_id} is no verified request of this customer for rectification."
            raise RequestStateError(message)
        return self.fulfil(request_id, does={}, fields=fields, actor=actor).result

    def listed(self, *, state: Status | None, due_before: datetime | None) -> pl.DataFrame:
        """Return requests as a frame; see `Rights.requests`."""
        found = [each for each in self.desk.all() if state is None or each.status == state]
        if due_before is not None:
            found = [each for each in found if each.overdue(as_utc(due_before, name="due_before"))]
        return listed(found)

    def late(self, as_of: datetime) -> pl.DataFrame:
        """Return what should have happened to requests; see `Rights.due`."""
        at = as_utc(as_of)
        rows = [
            (*(getattr(state, name) for name in LISTED), *late) for state in self.desk.all() for late in state.late(at)
        ]
        return pl.DataFrame(rows, schema=LATE, orient="row").sort("late_since", "request_id", "waiting_for")

    def _subjects(self, identifiers: Identifiers | None, customer_id: str | None) -> tuple[str, ...]:
        if not identifiers and customer_id is None:
            message = "Name whom the request is about: identifiers={kind: value}, or customer_id=..."
            raise ConfigurationError(message)
        with self._store.snapshot() as reader:
            named = self.desk.names.subjects(reader, identifiers or ())
            own = () if customer_id is None else (subject_of_id(reader, customer_id),)
        return tuple(sorted({*named, *own}))


def check_detail(detail: Mapping[str, Any], identifiers: Identifiers | None) -> None:
    """Do nothing if no value of a person stands in the settings of a request.

    Raises:
        ConfigurationError: One does.
    """
    text = canonical_json(dict(detail)).casefold()
    pairs = identifiers.items() if isinstance(identifiers, Mapping) else identifiers or ()
    for kind, value in pairs:
        # A value of a few characters stands in any text.
        if len(value) > FEW and value.casefold() in text:
            message = f"The detail of a request holds the value of its {kind!r}. Settings hold no values of people."
            raise ConfigurationError(message)
