"""The consent ledger: statements are added and never changed; what they allow is asked of the gate."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from unified_customer.connectors.signals import SignalKind
from unified_customer.core.clock import Clock, as_utc, just_after
from unified_customer.core.models import LOCAL, Actor, Consent, LegalBasis, Status
from unified_customer.core.models.consents import Speaker, SpecialBasis
from unified_customer.core.tables import CONSENTS
from unified_customer.governance.audit import AuditLog, Entry, write_entry
from unified_customer.governance.concerned import Concerned
from unified_customer.governance.coverage import Coverage, coverage_of
from unified_customer.governance.effects import decisions, effect, worth_asking
from unified_customer.governance.hearing import warn_if_unheard
from unified_customer.governance.naming import current_customer
from unified_customer.governance.policies import policy_history, policy_in_force
from unified_customer.governance.receipt_document import ConsentReceipt
from unified_customer.governance.receipts import receipt_of
from unified_customer.governance.signalled import Signal, write_signal
from unified_customer.governance.stating import Statement, frame_of, known_word, named_part, past_instant, statement_of
from unified_customer.governance.subjects import KeyOf, chosen, named_subjects, said_by, statements_about
from unified_customer.policy import Policy, Request
from unified_customer.store import Reader, Store


class ConsentLedger:
    """Records statements and says what they allow; `hub.consent`."""

    def __init__(self, store: Store, *, policy: Policy, clock: Clock, key_of: KeyOf, actor: Actor = LOCAL) -> None:
        """Keep statements in `store`; identifiers are named by `key_of`; `actor` acts where a call names nobody."""
        self._actor = actor
        self._store = store
        self._policy = policy
        self._clock = clock
        self._key_of = key_of
        self._audit = AuditLog(store, clock=clock)

    def record(
        self,
        purpose: str,
        status: Status,
        *,
        identifier: tuple[str, str] | None = None,
        customer_id: str | None = None,
        channel: str | None = None,
        recipient: str | None = None,
        legal_basis: LegalBasis = "consent",
        jurisdiction: str | None = None,
        stated_at: datetime | None = None,
        expires_at: datetime | None = None,
        verified: bool = False,
        method: str | None = None,
        evidence: str | None = None,
        notice: str | None = None,
        notice_version: str | None = None,
        special_basis: SpecialBasis | None = None,
        spoken_by: Speaker | None = None,
        language: str | None = None,
        source: str = "hub",
        actor: Actor | None = None,
    ) -> tuple[Consent, ...]:
        """Record what a person said about a purpose.

        Args:
            purpose: Dotted path; the statement covers its children too.
            status: granted, denied, withdrawn, objected, restricted or unrestricted.
            identifier: `(kind, value)` that it is about, such as `("email", "ann@example.com")`.
            customer_id: Any id of the customer it is about, verified to be that person: it is recorded for every
                identifier and record of the customer, so that it also overrides what was said of single ones before.
            channel: Only for this channel; None: for all.
            recipient: Only for this recipient; None: for all.
            legal_basis: GDPR Art. 6(1) basis of the statement.
            jurisdiction: Law under which it was said, such as `"GB"`.
            stated_at: When it was said; None: now. Statements from the future are refused.
            expires_at: From when a grant no longer counts.
            verified: The person was verified; always so with `customer_id`.
            method: How it was collected.
            evidence: Where the proof is kept.
            notice: The notice that was shown.
            notice_version: Its version.
            special_basis: GDPR Art. 9(2) basis, where the statement is about special categories.
            spoken_by: Who said it: self, guardian or agent; None: the person.
            language: Language in which the notice was shown, as in BCP 47.
            source: Name of the system that collected it.
            actor: Who records it; None: the hub's actor.

        Returns:
            The statements, one per identifier or record. Recording the same statement twice is recording it once.

        Warns:
            UnheardYesWarning: It is a yes, and nobody whom it is about can be read for it as things are: a no about
                more than it stands, a no about something else of theirs, others hold the identifier too, or a guardian
                would have to say it.

        Raises:
            ConfigurationError: Not exactly one of `identifier` and `customer_id` is given, the identifier's kind is
                misspelt or its value cannot be normalised, the purpose, status, a basis or who spoke is unknown, or
                `stated_at` lies in the future.
            UnknownCustomerError: There is no such customer.
        """
        now = self._clock()
        said = Statement(
            purpose=self._policy.check_stated_purpose(purpose),
            status=known_word(status, Status, "status"),
            channel=named_part(channel, "channel"),
            recipient=named_part(recipient, "recipient"),
            legal_basis=known_word(legal_basis, LegalBasis, "legal_basis"),
            jurisdiction=jurisdiction,
            stated_at=past_instant(stated_at, now),
            expires_at=None if expires_at is None else as_utc(expires_at, name="expires_at"),
            verified=verified or customer_id is not None,
            method=method,
            evidence=evidence,
            notice=notice,
            notice_version=notice_version,
            source=source,
            special_basis=None if special_basis is None else known_word(special_basis, SpecialBasis, "special_basis"),
            spoken_by=None if spoken_by is None else known_word(spoken_by, Speaker, "spoken_by"),
            language=language,
        )
        with self._store.transaction(recorded_at=now) as writer:
            subjects = self._subjects(writer, identifier, customer_id)
            statements = tuple(statement_of(said, kind, key) for kind, key in subjects)
            writer.append("consents", frame_of(statements))
            detail = {"status": status, "statements": len(statements), "channel": channel, "recipient": recipient}
            entry = Entry("consent", table="consents", purpose=purpose, customer_id=customer_id, detail=detail)
            write_entry(writer, actor or self._actor, entry, at=now)
        warn_if_unheard(self._store, said, subjects, policy=self._policy, as_of=just_after(now))
        return statements

    def record_signal(
        self,
        kind: SignalKind,
        text: str,
        *,
        identifier: tuple[str, str] | None = None,
        customer_id: str | None = None,
        vendor_id: int | None = None,
        stated_at: datetime | None = None,
        source: str = "hub",
        actor: Actor | None = None,
    ) -> tuple[Consent, ...]:
        """Record what a consent signal says: one statement per purpose and identifier, with the signal as evidence.

        Args:
            kind: `tcf` (version 2), `gpp`, `us_privacy`, or `gpc` for the value of the header `Sec-GPC`.
            text: The signal as it came.
            identifier: `(kind, value)` that it is about, such as `("anonymous_id", "7f3a")`.
            customer_id: Any id of the customer it is about; see `record`.
            vendor_id: Our own number in the Global Vendor List: a TCF consent then counts only where it is given to
                this vendor too, and where the string shows that the vendor was disclosed.
            stated_at: When it was said; None: when the signal tells (a TCF string, to the day), else now.
            source: Name of the system that it came from.
            actor: Who records it; None: the hub's actor.

        Returns:
            The statements; none where the signal says nothing, as "did not opt out" does. What Global Privacy Control
            and a US privacy string object to is `policy.gpc`.

        Raises:
            SignalError: The text is no such signal. The message holds no part of it.
            ConfigurationError: Not exactly one of `identifier` and `customer_id` is given, the identifier, the kind or
                the vendor cannot be meant, or the signal lies in the future.
            UnknownCustomerError: There is no such customer.
        """
        signal = Signal(kind, text, vendor_id, stated_at, source, customer_id)
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            subjects = self._subjects(writer, identifier, customer_id)
            return write_signal(writer, signal, subjects, policy=self._policy, actor=actor or self._actor, now=now)

    def coverage(
        self,
        purpose: str,
        *,
        channel: str | None = None,
        recipient: str | None = None,
        as_of: datetime | None = None,
        actor: Actor | None = None,
    ) -> Coverage:
        """Return how many customers a purpose reaches and why not the others: counts only.

        Args:
            purpose: The purpose asked about.
            channel: For this channel; None: for all of them together.
            recipient: For this recipient; None: for all of them together.
            as_of: By the statements made strictly before, under the policy that was in force then; None: now.
            actor: For whom fields would be withheld; None: the hub's actor.
        """
        request = Request(purpose=self._policy.check_purpose(purpose), channel=channel, recipient=recipient)
        at = just_after(self._clock()) if as_of is None else as_utc(as_of)
        with self._store.snapshot() as reader:
            policy = self._in_force(reader, as_of)
            return coverage_of(reader, request, policy=policy, as_of=at, actor=actor or self._actor)

    def decisions(
        self, purposes: Sequence[str | Request], *, as_of: datetime | None = None, actor: Actor | None = None
    ) -> pl.DataFrame:
        """Return what is decided about every customer for several purposes at once, each with its reason.

        It is about everybody, whatever they said, so it takes no purpose of its own; it is in the audit.

        Args:
            purposes: Purposes, or requests with a channel or recipient.
            as_of: By the statements made strictly before, under the policy that was in force then; None: now.
            actor: Who asks; None: the hub's actor.

        Returns:
            `customer_id`, and for each request a column with the reason: one of `policy.REASONS`, of which those of
            `policy.ALLOWING` are a yes. Sorted by `customer_id`.
        """
        requests = [_request(each) for each in purposes]
        at = just_after(self._clock()) if as_of is None else as_utc(as_of)
        with self._store.snapshot() as reader:
            decided = decisions(reader, requests, policy=self._in_force(reader, as_of), as_of=at)
        detail = {"purposes": [str(each) for each in requests]}
        entry = Entry("decisions", table="consents", as_of=as_of, people=decided.height, detail=detail)
        self._audit.record(actor or self._actor, entry)
        return decided

    def preview(
        self, policy: Policy, purposes: Sequence[str | Request] | None = None, *, actor: Actor | None = None
    ) -> pl.DataFrame:
        """Return whom a change to `policy` would gain or lose: counts only, and nothing is changed.

        Args:
            policy: The policy that may come into force.
            purposes: Purposes, or requests with a channel or recipient; None: all that either policy names, and the
                highest of each kind.
            actor: Who asks; None: the hub's actor.

        Returns:
            `purpose`, `allowed_before`, `allowed_after`, `gained`, `lost`: numbers of customers.
        """
        named = purposes if purposes is not None else worth_asking(self._policy, policy)
        requests = [_request(each) for each in named]
        with self._store.snapshot() as reader:
            told = effect(reader, requests, before=self._policy, after=policy, as_of=just_after(self._clock()))
        entry = Entry("preview", table="consents", detail={"purposes": [str(each) for each in requests]})
        self._audit.record(actor or self._actor, entry)
        return told

    def policies(self) -> pl.DataFrame:
        """Return every policy that was in force: `policy_id`, `in_force_from`, `actor`, `changes` (lines that differ)."""
        with self._store.snapshot() as reader:
            return policy_history(reader)

    def _in_force(self, reader: Reader, as_of: datetime | None) -> Policy:
        return self._policy if as_of is None else policy_in_force(reader, as_utc(as_of)) or self._policy

    def statements(
        self, *, identifier: tuple[str, str] | None = None, customer_id: str | None = None, actor: Actor | None = None
    ) -> pl.DataFrame:
        """Return every statement about one identifier or one customer, oldest first: the columns of `consents`.

        What somebody said has to be shown whatever they said, so it takes no purpose; it is in the audit.
        """
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            found = statements_about(writer, self._subjects(writer, identifier, customer_id))
            entry = Entry("statements", table="consents", customer_id=customer_id, rows=found.height)
            write_entry(writer, actor or self._actor, entry, at=now)
        return found

    def receipt(
        self,
        *,
        identifier: tuple[str, str] | None = None,
        customer_id: str | None = None,
        statement_ids: Sequence[str] | None = None,
        actor: Actor | None = None,
    ) -> ConsentReceipt:
        """Return a receipt that can be handed to whoever said something: the fields of ISO/IEC TS 27560:2023.

        It takes no purpose, like `statements`; it is in the audit.

        Args:
            identifier: `(kind, value)` that it was said of.
            customer_id: Any id of the customer. What was said under an identifier that others hold too is in it only if
                it counts for this customer.
            statement_ids: Only these statements; None: all.
            actor: Who hands it out; None: the hub's actor.

        Raises:
            ConfigurationError: There is no such statement, or nothing tells a field that is mandatory: the message says
                what to name in the policy.
            UnknownCustomerError: There is no such customer.
        """
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            subjects = self._subjects(writer, identifier, customer_id)
            principal = subjects[0][1] if customer_id is None else current_customer(writer, customer_id)
            said = chosen(said_by(writer, subjects, customer_id=customer_id), statement_ids)
            receipt = receipt_of(said, principal=principal, policy=self._policy, issued_at=now)
            entry = Entry("receipt", table="consents", customer_id=customer_id and principal, rows=len(said))
            write_entry(writer, actor or self._actor, entry, at=now)
        return receipt

    def known_by(self, identifier: tuple[str, str], *, actor: Actor | None = None) -> tuple[str, ...]:
        """Return whom a statement about an identifier is about: ids of customers, and of records not resolved yet, sorted.

        It tells nothing else about them, so it takes no purpose; it is in the audit.

        Raises:
            ConfigurationError: The identifier's kind is misspelt or its value cannot be normalised.
        """
        now, concerned = self._clock(), Concerned()
        with self._store.transaction(recorded_at=now) as writer:
            named = self._subjects(writer, identifier, None)
            concerned.add(CONSENTS, pl.DataFrame(named, schema=["subject_kind", "subject_key"], orient="row"))
            found = concerned.people(writer)["customer_id"].to_list()
            write_entry(writer, actor or self._actor, Entry("known by", table="identifiers", people=len(found)), at=now)
        return tuple(found)

    def _subjects(
        self, reader: Reader, identifier: tuple[str, str] | None, customer_id: str | None
    ) -> list[tuple[str, str]]:
        return named_subjects(reader, identifier=identifier, customer_id=customer_id, key_of=self._key_of)


def _request(asked: str | Request) -> Request:
    return asked if isinstance(asked, Request) else Request(asked)
