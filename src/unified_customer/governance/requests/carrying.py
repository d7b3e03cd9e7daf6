"""Carrying out what was asked for: by right, the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError, RequestStateError
from unified_customer.core.kinds import RECORD, STATED
from unified_customer.core.models import Actor, Consent, Status
from unified_customer.core.models.purposes import AUTOMATED_DECISIONS, EVERY_PURPOSE
from unified_customer.core.models.rights import Right
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import CONSENTS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.graves import buried
from unified_customer.governance.ledger import ConsentLedger
from unified_customer.governance.requests.naming import named_subjects, own_subjects
from unified_customer.governance.requests.reasons import NOTHING_HELD
from unified_customer.governance.requests.state import RequestState
from unified_customer.policy import Policy
from unified_customer.store import Store

MARKETING: Final = "marketing"
"""What an objection is about where it names nothing else: it is absolute there (GDPR Art. 21(2) and (3))."""

Answer = Callable[[str], Any]
"""Makes the answer to a request for access or portability: a customer id in, the package out."""


class Does(Protocol):
    """Does for one customer what was asked for, as `hub.rights.erase` does."""

    def __call__(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> Any:
        """Do it, and return what came of it."""
        ...


Restate = Callable[[str, Mapping[str, Any], Actor, str | None], Any]
"""Writes down what a customer states of themselves: customer id, values by field, actor, request."""


@dataclass(frozen=True)
class CarriedOut:
    """What came of a request.

    Attributes:
        result: What the function that did it returned: a receipt, statements, a package; None: there was nothing.
        reason: Why there is no result: `nothing_held`.
    """

    result: Any = None
    reason: str | None = None


@dataclass(frozen=True)
class Means:
    """What it takes to carry out requests.

    Attributes:
        does: Who carries out erasures, and makes the answers to requests for access and portability.
        fields: What the person states, where a rectification is carried out.
    """

    store: Store
    policy: Policy
    ledger: ConsentLedger
    clock: Clock
    restate: Restate
    actor: Actor
    does: Mapping[Right, Does] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


def carry_out(state: RequestState, customer: str | None, means: Means) -> CarriedOut:
    """Do what a request asks for.

    Args:
        state: The request.
        customer: Whom it means; None: nobody is held, or nobody was verified.
        means: What it takes.

    Raises:
        RequestStateError: Nobody is held, and there is nothing to do without them.
        ConfigurationError: Something that it takes was not given.
    """
    if customer is None:
        return _without_customer(state, means)
    return CarriedOut(_DOERS[state.right](state, customer, means))


def check_means(state: RequestState, means: Means) -> None:
    """Do nothing if everything that carrying out a request takes is there.

    Raises:
        ConfigurationError: Something is missing.
    """
    if _DOERS[state.right] is _do and state.right not in means.does:
        message = f"Nothing here makes the answer to a request for {state.right}. Give fulfil(..., answer=function)."
        raise ConfigurationError(message)
    if state.right == "rectification" and not means.fields:
        message = "A request keeps no values of people. Give those that are right: fulfil(..., fields={...})."
        raise ConfigurationError(message)


def _without_customer(state: RequestState, means: Means) -> CarriedOut:
    if state.right in {"access", "portability"}:
        return CarriedOut(reason=NOTHING_HELD)
    if state.right in {"opt_out", "objection"}:
        return CarriedOut(_refuse(state, None, means))
    if state.right == "erasure" and _erased(state, means):
        return CarriedOut(reason=None)
    message = f"Nobody is held whom the request {state.request_id} names. Deny it as 'no_match'."
    raise RequestStateError(message)


def _erased(state: RequestState, means: Means) -> bool:
    """Tell whether the customer was erased since: carrying it out was cut off before that was entered."""
    with means.store.snapshot() as reader:
        return bool(state.customer_id and len(buried(reader, RECORD, [state.customer_id])))


def _do(state: RequestState, customer: str, means: Means) -> Any:
    return means.does[state.right](customer, request_id=state.request_id, actor=means.actor)


def _rectify(state: RequestState, customer: str, means: Means) -> Any:
    return means.restate(customer, means.fields, means.actor, state.request_id)


def _let_sell(state: RequestState, customer: str, means: Means) -> Any:
    said = (
        means.ledger.record(
            purpose,
            "granted",
            customer_id=customer,
            stated_at=state.received_at,
            method="request",
            evidence=state.request_id,
            source=STATED,
            actor=means.actor,
        )
        for purpose in means.policy.gpc
    )
    return tuple(each for statements in said for each in statements)


def _refuse(state: RequestState, customer: str | None, means: Means) -> tuple[Consent, ...]:
    """Record a no: of a customer about what is theirs alone, of somebody unverified about what the request names.

    It is dated when it was asked, so that a later yes stands, and saying it twice is saying it once.
    """
    status, purposes = refusal(state, means.policy)
    now = means.clock()
    with means.store.transaction(recorded_at=now) as writer:
        subjects = (
            named_subjects(state.proved or state.subjects) if customer is None else own_subjects(writer, customer)
        )
        said = tuple(
            _statement(state, kind, key, purpose, status, verified=customer is not None)
            for kind, key in subjects
            for purpose in purposes
        )
        writer.append("consents", pl.DataFrame([each.model_dump() for each in said], schema=CONSENTS.columns))
        for purpose in purposes:
            detail = {"status": status, "statements": len(subjects), "request": state.request_id}
            entry = Entry("consent", table="consents", purpose=purpose, customer_id=customer, detail=detail)
            write_entry(writer, means.actor, entry, at=now)
    return said


def refusal(state: RequestState, policy: Policy) -> tuple[Status, tuple[str, ...]]:
    """Return the status of the statements that a request becomes, and the purposes that they are about."""
    if state.right == "restriction":
        return "restricted", (EVERY_PURPOSE,)
    if state.right == "no_automated_decisions":
        return "objected", (AUTOMATED_DECISIONS,)
    return "objected", policy.gpc if state.right == "opt_out" else (state.detail.get("purpose", MARKETING),)


def _statement(state: RequestState, kind: str, key: str, purpose: str, status: Status, *, verified: bool) -> Consent:
    return Consent(
        statement_id=content_hash("request", state.request_id, kind, key, purpose),
        subject_kind=kind,
        subject_key=key,
        purpose=purpose,
        status=status,
        stated_at=state.received_at,
        verified=verified,
        method="request",
        evidence=state.request_id,
        source=STATED,
    )


_DOERS: Final[dict[Right, Callable[[RequestState, str, Means], Any]]] = {
    "access": _do,
    "portability": _do,
    "erasure": _do,
    "rectification": _rectify,
    "restriction": _refuse,
    "objection": _refuse,
    "opt_out": _refuse,
    "no_automated_decisions": _refuse,
    "opt_in": _let_sell,
}
