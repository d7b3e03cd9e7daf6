"""Who is who in a store: corrections, history, crosswalk; `hub.identity`."""

from collections.abc import Sequence

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.tables import LINK_DECISIONS, LINKS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.door import Door, query
from unified_customer.governance.naming import CURRENT, current_customer, why_nobody
from unified_customer.hub.accounts import AccountReport, AccountView, read_accounts, resolve_accounts
from unified_customer.hub.households import read_households
from unified_customer.hub.resolving import resolve_stored
from unified_customer.hub.reviewing import judged_pairs, read_review, refined_matcher, reviewed_reason
from unified_customer.identity import (
    Identity,
    check_decisions,
    crosswalk,
    decide,
    history,
    merge_decisions,
    retract,
    split_decisions,
)
from unified_customer.identity.accounts import AccountMatching
from unified_customer.identity.decisions import Kind, named_anew
from unified_customer.identity.matching import FittedMatcher
from unified_customer.identity.matching.households import MOST, Households
from unified_customer.store import Reader, Store, Writer


class IdentityMap:
    """Reads and corrects who is who. Corrections are data: they survive every resolution until they are taken back."""

    def __init__(
        self,
        store: Store,
        *,
        door: Door,
        clock: Clock,
        keyring: Keyring,
        spec: Identity,
        resolve_purpose: str,
        actor: Actor = LOCAL,
    ) -> None:
        """Work on `store` for `actor`, with records joined by `spec`; people are read through `door`."""
        self._keyring = keyring
        self._actor = actor
        self._store = store
        self._door = door
        self._clock = clock
        self._resolve_purpose = resolve_purpose
        self.spec = spec

    def customer_of(self, any_id: str, *, actor: Actor | None = None) -> str:
        """Return the customer who holds the record `any_id` now; every id ever issued is the name of a record.

        Args:
            any_id: Any id ever issued.
            actor: Who asks; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued, its record is not resolved yet, or it was erased.
        """
        holder = self.holder_of(any_id)
        self._record(Entry("customer_of", table="links", customer_id=holder, people=1), actor)
        return holder

    def holder_of(self, any_id: str) -> str:
        """Return what `customer_of` does, for what is in the audit by itself."""
        with self._store.snapshot() as reader:
            return current_customer(reader, any_id)

    def history(self, customer_id: str, *, actor: Actor | None = None) -> pl.DataFrame:
        """Return what became of a customer's records; see `CustomerHub.history`."""
        with self._store.snapshot() as reader:
            links = reader.read("links", columns=list(LINKS.columns))
            if customer_id not in links["record_id"] and customer_id not in links["customer_id"]:
                raise UnknownCustomerError(why_nobody(reader, customer_id))
        told = history(links, customer_id)
        self._record(Entry("history", table="links", customer_id=customer_id, rows=told.height, people=1), actor)
        return told

    def crosswalk(
        self, *, purpose: str | None = None, contacts: bool = False, actor: Actor | None = None
    ) -> pl.DataFrame:
        """List every system's id of each customer: for joining the hub to the systems around it.

        Args:
            purpose: What it is for; None: what the policy resolves identities for.
            contacts: Whether e-mail addresses and telephone numbers are listed too.
            actor: Who reads; None: the hub's actor.

        Returns:
            `customer_id`, `master_id`, `source`, `kind`, `id`, `record_id`, ordered by all of them. `kind` is
            `source_id` for the id that a source gives its record, else the kind of an identifier. Customers whom the
            purpose may not see are left out, and so are kinds of identifiers that it may not see.

        Raises:
            ConsentError: The actor may not use the purpose.
            FieldWithheldError: The purpose may not see ids at all.
        """
        asked = query(
            "identifiers", purpose or self._resolve_purpose, columns=["record_id", "value"], actor=actor or self._actor
        )
        with self._door.opened(asked, action="crosswalk") as (reader, admission):
            found = crosswalk(
                reader.read("identities", columns=["record_id", "source", "origin"]),
                reader.read("records", columns=["record_id", "source", "source_id"]),
                admission.records,
                reader.read("identifiers", columns=["record_id", "source", "kind", "value"]),
                master=self.spec.master,
                contacts=contacts,
            )
        return found.filter(~pl.col("kind").is_in(self._door.withheld_kinds(asked)))

    def households(self, *, purpose: str | None = None, most: int = MOST, actor: Actor | None = None) -> Households:
        """Say who lives with whom, of the customers whom the purpose may see; nobody is merged by it.

        The matcher of the hub is used, or one that learns from these records where the hub joins by identifiers alone.

        Args:
            purpose: What it is for; None: what the policy resolves identities for.
            most: More customers than this are no household.
            actor: Who reads; None: the hub's actor.

        Returns:
            The households. The id of a household is the smallest id among those of its customers whom the purpose may
            see. Customers of whom there is no record, only events, are left out.

        Raises:
            ConsentError: The actor may not use the purpose.
            FieldWithheldError: The purpose may not see names, addresses or contacts.
        """
        by = actor or self._actor
        return read_households(self._door, self.spec, purpose=purpose or self._resolve_purpose, actor=by, most=most)

    def resolve_accounts(self, spec: AccountMatching | None = None, *, actor: Actor | None = None) -> AccountReport:
        """Find which organisations are one, and who belongs to which; `hub.resolve()` does not do it by itself.

        Organisations are named by the accounts of sources (and `group` calls), and on people's records by the name of
        an organisation and the domain of the e-mail address. What is found stands beside what the sources state: as
        rows of the tables `accounts` and `account_links` of the source `unified_customer`. An account keeps its id.

        Args:
            spec: How they are found; None: by domains, tax ids, names, and the matcher.
            actor: Who resolves; None: the hub's actor.

        Raises:
            ConfigurationError: A source is called `unified_customer`.
        """
        return resolve_accounts(
            self._store,
            spec or AccountMatching(),
            keyring=self._keyring,
            clock=self._clock,
            actor=actor or self._actor,
            purpose=self._resolve_purpose,
        )

    def accounts(self, *, purpose: str | None = None, actor: Actor | None = None) -> AccountView:
        """List the accounts that `resolve_accounts` found, and the customers who belong to them.

        Args:
            purpose: What it is for; None: what the policy resolves identities for.
            actor: Who reads; None: the hub's actor.

        Returns:
            The accounts. One that only people's records name is left out where the purpose may see none of these
            people, and its name is what they call it most often.

        Raises:
            ConsentError: The actor may not use the purpose.
            FieldWithheldError: The purpose may not see who belongs to which organisation.
        """
        return read_accounts(self._door, purpose=purpose or self._resolve_purpose, actor=actor or self._actor)

    def shared_values(self, *, actor: Actor | None = None) -> pl.DataFrame:
        """Return the identifier values that did not join all of their records, and why.

        Args:
            actor: Who reads; None: the hub's actor.

        Returns:
            `kind`, `value_key` (a keyed hash), `reason`, `records`, `people`.
        """
        with self._store.snapshot() as reader:
            shared = resolve_stored(reader, self.spec).shared
        self._record(Entry("shared_values", table="identifiers", rows=shared.height), actor)
        return shared

    def review(self, *, limit: int = 20, purpose: str | None = None, actor: Actor | None = None) -> pl.DataFrame:
        """List the links that are most worth a look: within customers, and between two of them.

        A link is worth as many pairs of records as it is expected to have wrong. What identifiers or a person joined or
        kept apart does not come up.

        Args:
            limit: No more than so many.
            purpose: What it is for; None: what the policy resolves identities for.
            actor: Who reads; None: the hub's actor.

        Returns:
            The most valuable link first: `customer_a`, `customer_b` (the same where `joined`), `record_a`, `record_b`,
            `probability` (that these two records are one person), `joined` (they are one customer now), `record_pairs`
            (so many pairs the answer decides) and `reason`, what speaks for it and against it, in words and without a
            value. Customers whom the purpose may not see are left out, and reasons do not speak of fields that it may
            not see.

        Raises:
            ConfigurationError: The hub joins by exact identifiers alone, or `limit` is less than 1.
            ConsentError: The actor may not use the purpose.
        """
        if limit < 1:
            message = f"A review lists at least one link; limit is {limit}."
            raise ConfigurationError(message)
        return read_review(
            self._door, self.spec, purpose=purpose or self._resolve_purpose, limit=limit, actor=actor or self._actor
        )

    def judge(
        self, record_a: str, record_b: str, *, same: bool, reason: str | None = None, actor: Actor | None = None
    ) -> None:
        """Say of a link of the review whether it is one person: a must-link or a cannot-link.

        It counts from the next resolution on, and the link does not come up again.

        Args:
            record_a: The one record.
            record_b: The other.
            same: Whether they are one person.
            reason: Why.
            actor: Who says so; None: the hub's actor.

        Raises:
            UnknownCustomerError: A record was never seen.
            IdentityConflictError: It contradicts what was declared before.
        """
        kind: Kind = "must_link" if same else "cannot_link"
        self._declare(kind, record_a, record_b, reason=reviewed_reason(reason), actor=actor or self._actor)

    def judged(self, *, corrections: bool = False, actor: Actor | None = None) -> pl.DataFrame:
        """Return what was judged in reviews as pairs that refine a matcher.

        Args:
            corrections: Also return merges, splits, must-links and cannot-links that nobody was asked for. These are
                about mistakes alone: from them a matcher learns that what is nearly always right is wrong.
            actor: Who reads; None: the hub's actor.

        Returns:
            `record_a`, `record_b`, `same`.
        """
        return judged_pairs(self.decisions(actor=actor), corrections=corrections)

    def refined_matcher(
        self, *, purpose: str | None = None, corrections: bool = False, actor: Actor | None = None
    ) -> FittedMatcher:
        """Return the matcher of this hub, refined by what was judged: for `MatchedIdentity(matcher=...)`.

        Args:
            purpose: What it is for; None: what the policy resolves identities for. The matcher learns from the
                customers whom it may see.
            corrections: As for `judged`.
            actor: Who reads; None: the hub's actor.

        Raises:
            ConfigurationError: The hub joins by exact identifiers alone.
            ConsentError: The actor may not use the purpose.
        """
        return refined_matcher(
            self._door,
            self.spec,
            purpose=purpose or self._resolve_purpose,
            corrections=corrections,
            actor=actor or self._actor,
        )

    def must_link(self, a: str, b: str, *, reason: str | None = None, actor: Actor | None = None) -> None:
        """Declare that two records are one person; it counts from the next resolution on.

        Raises:
            UnknownCustomerError: A record was never seen.
            IdentityConflictError: It contradicts what was declared before.
        """
        self._declare("must_link", a, b, reason=reason, actor=actor or self._actor)

    def cannot_link(self, a: str, b: str, *, reason: str | None = None, actor: Actor | None = None) -> None:
        """Declare that two records are different people; it counts from the next resolution on.

        Raises:
            UnknownCustomerError: A record was never seen.
            IdentityConflictError: It contradicts what was declared before.
        """
        self._declare("cannot_link", a, b, reason=reason, actor=actor or self._actor)

    def decisions(self, *, actor: Actor | None = None) -> pl.DataFrame:
        """Return every correction ever made, oldest first: the columns of `link_decisions`.

        Args:
            actor: Who reads; None: the hub's actor.
        """
        made = self._store.read("link_decisions", columns=list(LINK_DECISIONS.columns), order_by=["seq"])
        self._record(Entry("decisions", table="link_decisions", rows=made.height), actor)
        return made

    def retract(self, decision_id: str, *, reason: str | None = None, actor: Actor | None = None) -> None:
        """Take back a correction; it counts from the next resolution on.

        Args:
            decision_id: The correction, as `decisions()` lists it.
            reason: Why.
            actor: Who takes it back; None: the hub's actor.

        Raises:
            ConfigurationError: There is no such correction.
        """
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            named = decisions_of(writer).filter(pl.col("decision_id") == decision_id)
            if named.is_empty():
                message = f"There is no correction {decision_id!r}. hub.identity.decisions() lists them."
                raise ConfigurationError(message)
            by = actor or self._actor
            rows = retract(named, actor=by.id, at=now, reason=reason)
            self._write(writer, rows, actor=by, action="retract")

    def merge(self, a: str, b: str, *, reason: str | None, override: bool, actor: Actor) -> None:
        """Declare that the customers who hold two ids are one person; see `CustomerHub.merge`."""
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            rows = merge_decisions(
                partition_of(writer),
                current_customer(writer, a),
                current_customer(writer, b),
                decisions_of(writer),
                actor=actor.id,
                at=now,
                reason=reason,
                override=override,
            )
            self._write(writer, rows, actor=actor, action="merge")

    def split(self, customer_id: str, records: Sequence[str], *, reason: str | None, actor: Actor) -> None:
        """Declare that records of a customer are another person; see `CustomerHub.split`."""
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            rows = split_decisions(
                partition_of(writer),
                current_customer(writer, customer_id),
                records,
                decisions_of(writer),
                resolve=lambda decisions: resolve_stored(writer, self.spec, decisions=decisions).partition,
                actor=actor.id,
                at=now,
                reason=reason,
            )
            self._write(writer, rows, actor=actor, action="split")

    def _record(self, entry: Entry, actor: Actor | None) -> None:
        """Write in the audit what was read, before it leaves."""
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            write_entry(writer, actor or self._actor, entry, at=now)

    def _declare(self, kind: Kind, a: str, b: str, *, reason: str | None, actor: Actor) -> None:
        now = self._clock()
        with self._store.transaction(recorded_at=now) as writer:
            _refuse_unknown(writer, (a, b))
            rows = decide(kind, [(a, b)], actor=actor.id, at=now, reason=reason)
            self._write(writer, rows, actor=actor, action=kind)

    def _write(self, writer: Writer, rows: pl.DataFrame, *, actor: Actor, action: str) -> None:
        written = decisions_of(writer).select(list(LINK_DECISIONS.columns))
        new = named_anew(rows, written)
        check_decisions(pl.concat([written, new]))
        writer.append("link_decisions", new)
        entry = Entry(action, table="link_decisions", rows=rows.height)
        write_entry(writer, actor, entry, at=self._clock())


def partition_of(reader: Reader) -> pl.DataFrame:
    """Return who belongs to whom now: `record_id`, `customer_id`."""
    return reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT])


def decisions_of(reader: Reader) -> pl.DataFrame:
    """Return every correction with its `seq`."""
    return reader.read("link_decisions", columns=[*LINK_DECISIONS.columns, "seq"], order_by=["seq"])


def _refuse_unknown(reader: Reader, ids: Sequence[str]) -> None:
    known = set(reader.read("identities", columns=["record_id"])["record_id"])
    if not known.issuperset(ids):
        message = "A record of that id was never seen. hub.identity.crosswalk() lists the records."
        raise UnknownCustomerError(message)
