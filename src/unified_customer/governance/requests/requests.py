"""Requests of people: taken in, verified, answered in time or denied; `hub.rights.requests`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.models.rights import Right
from unified_customer.governance.requests import drp, opendsr
from unified_customer.governance.requests.carrying import Answer, Does
from unified_customer.governance.requests.handling import Fulfilment, Handling
from unified_customer.governance.requests.naming import Identifiers
from unified_customer.governance.requests.state import RequestState, Status

HUB: Final = "hub"
"""The protocol of requests that come through a call here."""


class Requests:
    """Takes in what people ask for, and keeps track of it until it is answered."""

    def __init__(self, handling: Handling, *, does: Mapping[Right, Does], actor: Actor = LOCAL) -> None:
        """Take in requests by `handling`, carry them out by what `does` each, for `actor` where a call names nobody."""
        self._handling = handling
        self._does = does
        self._actor = actor

    def receive(
        self,
        right: Right,
        *,
        identifiers: Identifiers | None = None,
        customer_id: str | None = None,
        regime: str | None = None,
        purpose: str | None = None,
        received_at: datetime | None = None,
        protocol: str = HUB,
        external_id: str | None = None,
        verified: bool = False,
        detail: Mapping[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> RequestState:
        """Take in a request of a person (GDPR Art. 12 to 22, CCPA).

        The customer is found by every identifier and source id ever linked to them. Of the identifiers only keyed
        hashes are kept. Where several customers carry what is named, the request names nobody until one of them is
        verified.

        Args:
            right: access, portability, rectification, erasure, restriction, objection, opt_out, opt_in or
                no_automated_decisions.
            identifiers: What the person is named by: `{"email": "ann@example.com"}`, or pairs of kind and value. The
                name of a source is a kind too: `("crm", "4711")`.
            customer_id: Any id of the customer, where that is known.
            regime: The law that it is judged by; None: that of the place where the customer lives, and where that is
                not known, the one of the policy's that leaves the least time.
            purpose: Of an objection: what is objected to; None: marketing.
            received_at: When it came; None: now.
            protocol: How it came.
            external_id: What whoever sent it calls it: a request that comes again is the same request.
            verified: It is known that the person who asks is the one whom the request is about.
            detail: Settings of the request, never values of people.
            actor: Who enters it; None: the hub's actor.

        Returns:
            How far it is, with its deadline.

        Raises:
            ConfigurationError: The right or the regime is unknown, nobody is named, a kind is misspelt or a value is
                none of its kind, `detail` holds a value of an identifier, or `received_at` lies in the future.
            UnknownCustomerError: There is no such customer.
        """
        asked = self._handling.asked(
            right,
            identifiers,
            customer_id,
            protocol=protocol,
            external_id=external_id,
            received_at=received_at,
            regime=regime,
            purpose=purpose,
            verified=verified,
            detail=detail,
        )
        return self._handling.desk.receive(asked, actor=actor or self._actor)

    def acknowledge(self, request_id: str, *, actor: Actor | None = None) -> RequestState:
        """Enter that the person was told that the request arrived."""
        return self._handling.desk.enter(request_id, "acknowledged", actor=actor or self._actor)

    def ask_verification(
        self, request_id: str, *, by: datetime | None = None, actor: Actor | None = None
    ) -> RequestState:
        """Enter that the person was asked to prove who they are (GDPR Art. 12(6)).

        The time to answer does not stand still meanwhile.

        Args:
            request_id: The request.
            by: Until when they have time; None: until the request has to be answered.
            actor: Who asked; None: the hub's actor.
        """
        until = self.status(request_id).due_at if by is None else as_utc(by, name="by")
        return self._handling.desk.enter(request_id, "verification_asked", actor=actor or self._actor, due_at=until)

    def verify(
        self,
        request_id: str,
        *,
        ok: bool = True,
        by: Identifiers | None = None,
        customer_id: str | None = None,
        method: str | None = None,
        actor: Actor | None = None,
    ) -> RequestState:
        """Enter whether the person proved who they are.

        Args:
            request_id: The request.
            ok: Whether they did.
            by: The identifiers that they proved to hold, such as by a link sent to a mailbox; None: all that the
                request names. A mailbox that several customers share proves none of them.
            customer_id: Who it is, where that was decided by other means, such as a passport: one of the customers
                whom the request names. It takes a `method`.
            method: How it was found out: mail_link, login, passport, ...
            actor: Who decided; None: the hub's actor.

        Raises:
            UnknownRequestError: There is no such request.
            RequestStateError: It is over, the person is verified already, or what was proved means several customers or
                one whom the request does not name.
        """
        who = actor or self._actor
        if not ok:
            return self._handling.desk.enter(request_id, "verification_failed", actor=who)
        return self._handling.desk.verify(request_id, by=by, customer_id=customer_id, method=method, actor=who)

    def extend(self, request_id: str, reason: str, *, actor: Actor | None = None) -> RequestState:
        """Put the answer off once, by what the law leaves (GDPR Art. 12(3): two months), before it is due.

        Args:
            request_id: The request.
            reason: What the person was told, such as `complex` or `many_requests`.
            actor: Who decided; None: the hub's actor.

        Raises:
            RequestStateError: It was extended before, is overdue or over, or the law knows no extension.
        """
        return self._handling.desk.extend(request_id, reason, actor=actor or self._actor)

    def approve(self, request_id: str, *, actor: Actor | None = None) -> RequestState:
        """Enter that the request will be carried out.

        Raises:
            RequestStateError: The person is not verified, or the request is over.
        """
        return self._handling.desk.enter(request_id, "approved", actor=actor or self._actor)

    def deny(self, request_id: str, reason: str, *, actor: Actor | None = None) -> RequestState:
        """Deny a request, for a reason that the law knows: `governance.requests.DENIALS`.

        Raises:
            ConfigurationError: No law knows the reason, or not against this right.
            RequestStateError: It is over or being carried out; or it is `no_match`, and the person is not verified or
                does match.
        """
        return self._handling.desk.deny(request_id, reason, actor=actor or self._actor)

    def revoke(self, request_id: str, *, actor: Actor | None = None) -> RequestState:
        """Enter that the person takes the request back.

        Raises:
            RequestStateError: It is over or being carried out.
        """
        return self._handling.desk.enter(request_id, "revoked", actor=actor or self._actor)

    def expire(self, request_id: str, *, actor: Actor | None = None) -> RequestState:
        """Close a request whose sender was asked who they are, and did not answer in time.

        Raises:
            RequestStateError: There is still time, or nobody was asked.
        """
        return self._handling.desk.enter(request_id, "expired", actor=actor or self._actor)

    def fulfil(
        self,
        request_id: str,
        *,
        answer: Answer | None = None,
        fields: Mapping[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> Fulfilment:
        """Carry out what was asked for, and close the request; what was cut off is taken up again.

        Restrictions, objections and opt-outs become statements in the ledger, dated when they were asked for: of the
        customer, where the person was verified, else of the identifiers alone that the request names.

        Args:
            request_id: The request.
            answer: Makes the answer to a request for access or portability of a customer id; None: `access` or
                `portability`.
            fields: Of a rectification: what is right, by field.
            actor: Who carries it out; None: the hub's actor.

        Returns:
            The state, and what came of it. Of access, where nothing is held of the person, the result is None and the
            state's reason `nothing_held`.

        Raises:
            RequestStateError: The person is not verified where the right needs it, who is meant is in doubt, nobody is
                held, or the request is over.
            ConfigurationError: What it takes was not given, or records are not resolved yet.
        """
        does: dict[Right, Does] = {**self._does}
        if answer is not None:
            does["access"] = does["portability"] = lambda customer_id, **_: answer(customer_id)
        return self._handling.fulfil(request_id, does=does, fields=fields, actor=actor or self._actor)

    def status(self, request_id: str) -> RequestState:
        """Return how far a request is.

        Raises:
            UnknownRequestError: There is no such request.
        """
        return self._handling.desk.status(request_id)

    def known_as(self, protocol: str, external_id: str) -> list[RequestState]:
        """Return the requests that whoever sent them calls `external_id`: those of verified people first."""
        return self._handling.desk.known_as(protocol, external_id)

    def find(self, *, state: Status | None = None, due_before: datetime | None = None) -> pl.DataFrame:
        """List the requests: open ones first, and of these the one that has to be answered first at the top.

        Args:
            state: Only those that are so far.
            due_before: Only those that are open and have to be answered strictly before.

        Returns:
            `request_id`, `right`, `status`, `verification`, `regime`, `protocol`, `external_id`, `customer_id`,
            `received_at`, `due_at`, `extended`, `reason`.
        """
        return self._handling.listed(state=state, due_before=due_before)

    def due(self, as_of: datetime) -> pl.DataFrame:
        """List what should have happened to requests strictly before `as_of` and did not.

        Returns:
            The columns of `requests()`, with `waiting_for` (acknowledge, verification or answer) and `late_since`; the
            latest first.
        """
        return self._handling.late(as_of)

    def rectify(
        self, customer_id: str, fields: Mapping[str, Any], *, request_id: str | None = None, actor: Actor | None = None
    ) -> Any:
        """Take in what a customer, verified, states of themselves; see `Rights.rectify`."""
        return self._handling.rectify(customer_id, fields, request_id=request_id, actor=actor or self._actor)

    # ----------------------------------------------------------------------------------------------------- protocols

    def receive_opendsr(
        self,
        body: Mapping[str, Any] | str | bytes,
        *,
        verified: bool = False,
        sources: Sequence[str] = (),
        actor: Actor | None = None,
    ) -> RequestState:
        """Take in an OpenDSR 2.0 request of a controller; the bodies to answer with are in `governance.requests.opendsr`.

        Hashed identities are matched with the hashes of our normalised values. The time counts from `submitted_time`.

        Args:
            body: The JSON object, or its text.
            verified: The controller is trusted to have verified the person, as the protocol has it.
            sources: Sources whose ids `controller_customer_id` may be, beside `user_id`.
            actor: Who takes it in; None: the hub's actor.

        Raises:
            ConfigurationError: It is no such request, or the policy does not know its regulation.
        """
        return opendsr.receive_opendsr(
            self._handling, body, verified=verified, sources=sources, actor=actor or self._actor
        )

    def cancel_opendsr(self, subject_request_id: str, *, actor: Actor | None = None) -> RequestState:
        """Cancel an OpenDSR request while it is pending.

        Raises:
            UnknownRequestError: There is none.
            RequestStateError: It is not pending any more.
        """
        return opendsr.cancel_opendsr(self._handling, subject_request_id, actor=actor or self._actor)

    def receive_drp(
        self,
        message: str | bytes,
        *,
        verify_key: bytes | str,
        agent_id: str,
        business_id: str,
        trusted: bool = False,
        actor: Actor | None = None,
    ) -> RequestState:
        """Take in a signed Data Rights Protocol 1.0 request; `governance.requests.drp.exercise_status` answers it.

        Args:
            message: The body of the HTTP request: base64 of an Ed25519 signature and the JSON text.
            verify_key: The public key of the agent, as the directory has it.
            agent_id: The agent whose bearer token came with it.
            business_id: Who we are in the directory.
            trusted: The agent is trusted where it says that it verified an address or a number.
            actor: Who takes it in; None: the hub's actor.

        Raises:
            SignatureError: It was not signed by the agent, is not for us, or is out of date.
            ConfigurationError: It does not say what it has to.
            MissingDependencyError: `cryptography` is not installed.
        """
        return drp.receive_drp(
            self._handling,
            message,
            verify_key=verify_key,
            agent_id=agent_id,
            business_id=business_id,
            trusted=trusted,
            actor=actor or self._actor,
        )

    def revoke_drp(
        self,
        request_id: str,
        message: str | bytes,
        *,
        verify_key: bytes | str,
        agent_id: str,
        actor: Actor | None = None,
    ) -> RequestState:
        """Take a request back that the agent sent, by a signed message.

        Raises:
            SignatureError: It was not signed by the agent, or another one sent the request.
            RequestStateError: It is over or being carried out.
        """
        return drp.revoke_drp(
            self._handling, request_id, message, verify_key=verify_key, agent_id=agent_id, actor=actor or self._actor
        )
