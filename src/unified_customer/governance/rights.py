"""The rights of people, over the store and the ledger; `hub.rights`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import Clock, as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.access import PersonalData, collect, portable
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.erasure import reach
from unified_customer.governance.erasure.carrying import Carrier
from unified_customer.governance.erasure.erasing import Eraser, Erasing
from unified_customer.governance.erasure.graveyard import Graveyard, graveyard_path
from unified_customer.governance.erasure.preview import ErasurePreview
from unified_customer.governance.erasure.proofs import proven
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.ledger import KeyOf
from unified_customer.governance.requests import drp, opendsr
from unified_customer.governance.requests.carrying import Answer, Does
from unified_customer.governance.requests.handling import Fulfilment, Handling
from unified_customer.governance.requests.lifecycle import RequestState, Status
from unified_customer.governance.requests.naming import Identifiers
from unified_customer.policy import Policy
from unified_customer.policy.regimes import Right
from unified_customer.store import Store

HUB: Final = "hub"
"""The protocol of requests that come through a call here."""


class Rights:
    """Takes in what people ask for, and carries it out."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        keyring: Keyring,
        policy: Policy | None = None,
        key_of: KeyOf | None = None,
        actor: Actor = LOCAL,
        handling: Handling | None = None,
        erasers: Mapping[str, Eraser] | None = None,
        on_step: Callable[[str], None] | None = None,
    ) -> None:
        """Work on `store`, dated by `clock`, for `actor` where a call names nobody else.

        Args:
            store: The store.
            clock: Gives the present instant.
            keyring: The key that names records.
            policy: Names who gets data from the hub, and what people are told of when they ask; None: that every purpose
                needs consent.
            key_of: Names identifiers by kind and raw value; None: values are taken as they are.
            actor: Who works with the hub where a call names nobody else.
            handling: Takes in requests; None: only what needs none can be done.
            erasers: Destinations that can erase, by name.
            on_step: Called with the name of each step of an erasure, for tests of crashes.
        """
        self._policy = Policy() if policy is None else policy
        self._actor = actor
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._key_of = key_of or keyring.value_key
        self._handled_by = handling
        self._erasing = Erasing(
            store, Carrier(keyring, self._policy, store.path), clock, erasers or {}, on_step or _ignore
        )

    # ------------------------------------------------------------------------------------------------------ requests

    def request(
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

        The customer is found by every identifier and source id ever linked to them. Of the identifiers only keyed hashes
        are kept. Where several customers carry what is named, the request names nobody until one of them is verified.

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
        does: dict[Right, Does] = {"access": self.access, "portability": self.portability, "erasure": self.erase}
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

    def requests(self, *, state: Status | None = None, due_before: datetime | None = None) -> pl.DataFrame:
        """List the requests, the one that has to be answered first at the top.

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

    # --------------------------------------------------------------------------------------------- from other systems

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

    # ------------------------------------------------------------------------------------------------- carrying them out

    def access(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> PersonalData:
        """Return everything that is held about a person, with what the law asks to be told beside (GDPR Art. 15).

        It takes no purpose, since a person may see all that is theirs; it is in the audit. What would tell something of
        somebody else is left out, and listed as `withheld`.

        Args:
            customer_id: Any id ever issued to the person. Of one who was erased the proof of it is returned.
            request_id: The request that asked for it.
            actor: Who answers it; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued, or its record is not resolved yet.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the person's too.
        """
        return self._handed_out(self._collected(customer_id, request_id), actor)

    def portability(
        self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None
    ) -> PersonalData:
        """Return what a person may take elsewhere (GDPR Art. 20): `to_folder` writes it as JSON and CSV.

        It holds what the person provided or was observed, as far as it is used now on the basis of consent or contract.

        Args:
            customer_id: Any id ever issued to the person.
            request_id: The request that asked for it.
            actor: Who answers it; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued, or its record is not resolved yet.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the person's too.
        """
        everything = self._collected(customer_id, request_id)
        return self._handed_out(portable(everything, policy=self._policy), actor)

    def _collected(self, customer_id: str, request_id: str | None) -> PersonalData:
        with self._store.snapshot() as reader:
            return collect(reader, customer_id, policy=self._policy, clock=self._clock, request_id=request_id)

    def _handed_out(self, data: PersonalData, actor: Actor | None) -> PersonalData:
        detail = {"tables": data.rows, "request": data.request_id, "withheld": len(data.withheld)}
        entry = Entry(
            data.kind, customer_id=data.customer_id, rows=sum(data.rows.values()), people=int(data.held), detail=detail
        )
        AuditLog(self._store, clock=self._clock).record(actor or self._actor, entry)
        return data

    def rectify(
        self, customer_id: str, fields: Mapping[str, Any], *, request_id: str | None = None, actor: Actor | None = None
    ) -> Any:
        """Take in what a customer, verified, states of themselves (GDPR Art. 16).

        It becomes a record of the source `rights` of the same customer, and its values survive in the golden record
        whatever other sources say, now or later. What these said stays as history.

        Args:
            customer_id: Any id of the customer, verified to be that person.
            fields: What is right, by field of the golden record.
            request_id: The request that asked for it; it is carried out and closed.
            actor: Who enters it; None: the hub's actor.

        Returns:
            What was written: see `unified_customer.hub.restating.Restated`.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: A field cannot be stated, or a value cannot be.
            RequestStateError: The request is about another right or somebody else, or is not verified.
        """
        return self._handling.rectify(customer_id, fields, request_id=request_id, actor=actor or self._actor)

    # -------------------------------------------------------------------------------------------------------- erasure

    def preview_erasure(self, customer_id: str, *, actor: Actor | None = None) -> ErasurePreview:
        """Return what the erasure of a customer would do, without doing it; counts, never values.

        Raises:
            UnknownCustomerError: There is no such customer.
        """
        return self._erasing.preview(customer_id, actor=actor or self._actor)

    def erase(self, customer_id: str, *, request_id: str | None = None, actor: Actor | None = None) -> ErasureReceipt:
        """Erase a customer from every table (GDPR Art. 17).

        Afterwards no table holds a value of the person, and a source that still sends the person is not let in
        again. Identifiers that other customers carry too, such as the landline of a household, stay with these; what
        was granted about them goes, unless these say the same of themselves, so that an erasure opens nobody else.
        What the person said is kept as proofs without a name.

        Args:
            customer_id: Any id of the customer.
            request_id: The request that asked for it.
            actor: Who erases; None: the hub's actor.

        Returns:
            The receipt: what was done, and what is still open. The same one for who was erased already.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: Records that were loaded since the last `resolve()` may be the customer's too, or a legal
                hold stands.
        """
        return self.erase_many([customer_id], request_id=request_id, actor=actor)[0]

    def erase_many(
        self, customer_ids: Sequence[str], *, request_id: str | None = None, actor: Actor | None = None
    ) -> tuple[ErasureReceipt, ...]:
        """Erase several customers in one transaction, all or none; see `erase`.

        An identifier that only customers among them carry goes with them.

        Returns:
            A receipt for each of `customer_ids`, in that order.
        """
        return self._erasing.erase(list(customer_ids), actor=actor or self._actor, request_id=request_id)

    def resume(self, *, actor: Actor | None = None) -> tuple[ErasureReceipt, ...]:
        """Do all of what erasures left open that needs no person; a hub does it when it is opened.

        Tombstones that are missing beside the store are written, people whom only the file beside it names are erased
        again, exports and backups that are no longer where they were written to count as gone, and destinations that
        can erase are told.

        Returns:
            The receipts of the erasures that are not complete.
        """
        return self._erasing.resume(actor=actor or self._actor)

    def compact(self, *, actor: Actor | None = None) -> None:
        """Rewrite the store from its live rows, so that no byte of an erased person is left in its files."""
        self._erasing.compact(actor=actor or self._actor)

    def confirm(
        self,
        erasure_id: str,
        step: str,
        target: str,
        *,
        note: str,
        waived: bool = False,
        actor: Actor | None = None,
    ) -> ErasureReceipt:
        """Close an open step that only a person can close: an export that was deleted, a recipient that was told.

        Args:
            erasure_id: The erasure.
            step: Name of the step, such as `destination`.
            target: Its target.
            note: How it was done, or why it need not be; for the record, without values of people.
            waived: It need not be done.
            actor: Who says so; None: the hub's actor.

        Raises:
            ConfigurationError: There is no such open step, or it is one that the hub does itself.
        """
        by = actor or self._actor
        return self._erasing.confirm(erasure_id, step, target, note=note, waived=waived, actor=by)

    def retire(self, artifact_id: str, *, actor: Actor | None = None) -> dict[str, int]:
        """Delete a fit, and the memberships and scores that it gave; closes the steps of erasures that wait for it.

        Returns:
            Rows deleted, by table.

        Raises:
            ConfigurationError: There is no such artifact.
        """
        return self._erasing.retire(artifact_id, actor=actor or self._actor)

    def receipt(self, erasure_id: str) -> ErasureReceipt:
        """Return the receipt of an erasure as it stands now.

        Raises:
            ConfigurationError: There is no such erasure.
        """
        return self._erasing.receipt(erasure_id)

    def erasures(self, *, open_only: bool = False) -> pl.DataFrame:
        """Return the last state of every step of every erasure, or of those that are open: columns of `erasure_steps`."""
        return self._erasing.erasures(open_only=open_only)

    def proof(self, kind: str, value: str) -> pl.DataFrame:
        """Return what an identifier said that was erased since, oldest first.

        Args:
            kind: Kind of the identifier; whoever asks has to know the value, as the hub does not any more.
            value: The value.

        Returns:
            `statement_id`, `purpose`, `channel`, `recipient`, `status`, `legal_basis`, `special_basis`, `jurisdiction`,
            `stated_at`, `expires_at`, `verified`, `spoken_by` and `notice_version`; in the place of a channel or
            recipient that was more than a word stands `withheld`.

        Raises:
            ConfigurationError: The value is none of that kind.
        """
        key = self._key_of(kind, value)
        if key is None:
            message = f"The value given is not a valid identifier of kind {kind!r}. Check its spelling."
            raise ConfigurationError(message)
        return proven(self._store, self._keyring, kind=kind, key=key)

    def erase_again(self, tombstones: str | Path, *, actor: Actor | None = None) -> int:
        """Erase whom a file of tombstones of this hub names, such as the one that lay beside another copy of it.

        Returns:
            The number of people who were erased.

        Raises:
            ConfigurationError: The file is missing or was not written with this key.
        """
        path = Path(tombstones)
        if not path.is_file():
            message = f"There is no file {path.name!r}. Tombstones lie beside a store, as NAME.tombstones."
            raise ConfigurationError(message)
        by = actor or self._actor
        erased = self._erasing.erase_again(Graveyard(path, self._keyring).read(), actor=by)
        self._erasing.reconcile(actor=by)
        return erased

    @contextmanager
    def copying(self, kind: reach.CopyKind, location: Path, *, actor: Actor | None = None) -> Iterator[None]:
        """Keep on record that the block copies everybody to `location`, so that erasures know of the copy.

        It is written before the copy is begun, and what the copy holds when it is done; not where there is no copy.
        """
        copy = reach.Copy(kind, location.resolve(), by=actor or self._actor, at=self._clock())
        with self._store.transaction(recorded_at=copy.at) as writer:
            copy.write(writer)
        before = copy.lies_there()
        try:
            yield
        except BaseException:
            if before or not copy.lies_there():
                with self._store.transaction(recorded_at=copy.at) as writer:
                    copy.forget(writer)
            raise
        with self._store.transaction(recorded_at=copy.at) as writer:
            copy.write(writer)

    def copy_tombstones(self, store_path: Path) -> None:
        """Write the tombstones beside a copy of the store."""
        Graveyard(graveyard_path(store_path), self._keyring).append(self._erasing.graves())

    @property
    def _handling(self) -> Handling:
        if self._handled_by is None:
            message = "There is nobody to take in requests here. Open a CustomerHub, and use hub.rights."
            raise ConfigurationError(message)
        return self._handled_by


def _ignore(_: str) -> None:
    pass
