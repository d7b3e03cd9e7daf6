"""`CustomerHub`: the door to everything, and the only thing with state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from unified_customer.connectors import BoundSource
from unified_customer.core.clock import Clock, system_clock
from unified_customer.core.keys import KeyProvider, Keyring, write_key
from unified_customer.core.models import LOCAL, Actor, Customer
from unified_customer.core.spec import FittableSpec, Fitted, FittedT
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.auditing.store import SealedStore
from unified_customer.governance.door import Anonymous, Door, query
from unified_customer.governance.ledger import ConsentLedger
from unified_customer.governance.oversight import Oversight
from unified_customer.governance.policies import adopt
from unified_customer.governance.requests import Handling, Names
from unified_customer.governance.rights import Rights
from unified_customer.hub.archive import export_hub
from unified_customer.hub.fitting import Fitting, SavedArtifact
from unified_customer.hub.identifying import Identification, Identifying
from unified_customer.hub.identity_map import IdentityMap
from unified_customer.hub.keyfile import key_path, keys_for
from unified_customer.hub.loading import Loader
from unified_customer.hub.logged import Logged, log_rows
from unified_customer.hub.people import value_key_of
from unified_customer.hub.profile import ProfileReader
from unified_customer.hub.publishing import Publishing
from unified_customer.hub.remaining import RemainingCustomers
from unified_customer.hub.report import LoadReport, ResolveReport
from unified_customer.hub.reporting import Reporting
from unified_customer.hub.resolving import Resolver
from unified_customer.hub.restating import Restating
from unified_customer.hub.scanning import scan
from unified_customer.identity import ExactIdentity, Identity, Survivorship
from unified_customer.policy import Policy, Request
from unified_customer.store import Store, Where, open_store


class CustomerHub:
    """One organisation's customers: raw records in, one customer out, under consent.

    A hub is a context manager. Its methods may be called from several threads: reads run side by side, writes one
    after the other. Several hubs may live in one process, each on a store of its own. `close()` ends every read that
    is still running and every lazy frame that was handed out; calling it twice is allowed.

    Attributes:
        consent: Records statements and says what they allow.
        identity: Crosswalk, corrections and history of who is who.
        audit: Who read what, under which purpose, and whether anybody tampered with that.
        rights: Takes in what people ask for, and carries it out: access, portability, rectification, erasure, ...
        governance: Retention, legal holds, transparency, incidents, and what is due.
        publish: Writes star schemas for BI tools, and keeps them fresh.
        report: Writes one page about the customer base.
        policy: The policy in force.

    Examples:
        >>> import polars as pl
        >>> import unified_customer as uc
        >>> crm = pl.DataFrame(
        ...     {"id": ["1", "2"], "mail": ["ann@example.com", "Ann@Example.com "], "name": ["Ann", "Ann"]}
        ... )
        >>> mapping = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
        >>> with uc.CustomerHub(policy=uc.Policy(bases={"analytics": "legitimate_interests"})) as hub:
        ...     report = hub.load(uc.source("dataframe", crm, table="records", name="crm", mapping=mapping))
        ...     resolved = hub.resolve()
        ...     hub.customers(purpose="analytics").select("given_name", "email", "record_count").rows()
        [('Ann', 'ann@example.com', 2)]
    """

    def __init__(
        self,
        store: str | Store = "memory://",
        *,
        policy: Policy | None = None,
        actor: Actor = LOCAL,
        keys: KeyProvider | None = None,
        clock: Clock = system_clock,
        identity: Identity | None = None,
        survivorship: Survivorship | None = None,
    ) -> None:
        """Open a store, or begin with an empty one in memory.

        Args:
            store: `memory://`, `duckdb:///shop.duckdb` (relative), `duckdb:////data/shop.duckdb` (absolute), ..., or
                a store that `open_store` opened with options of its own; the hub closes it.
            policy: Names the legal basis of each purpose, and is in force from now on; None: the one that is in force
                in the store, and in a new store that every purpose needs consent.
            actor: Who works with the hub where a call names nobody else.
            keys: Gives the key that names records; None: a key file beside the store, a random key in memory.
            clock: Gives the present instant.
            identity: How records are joined.
            survivorship: Which value survives in the single customer view.

        Raises:
            ConfigurationError: The URL or the key cannot be meant.
            PluginError: No store is registered for the scheme of the URL.
            StoreLockedError: Another process holds the store.
        """
        self._actor = actor
        opened = open_store(store) if isinstance(store, str) else store
        self._clock = clock
        try:
            self._keys = keys_for(opened, keys, clock=clock)
            self._store: Store = SealedStore(opened, self._keys.seals)
            self.policy = adopt(self._store, policy, clock=clock, actor=actor)
        except BaseException:
            opened.close()
            raise
        keyring = Keyring(self._keys.naming)
        self.audit = AuditLog(self._store, clock=clock)
        self.consent = ConsentLedger(
            self._store, policy=self.policy, clock=clock, key_of=value_key_of(keyring), actor=actor
        )
        survivorship = survivorship or Survivorship()
        handling = Handling(
            self._store,
            policy=self.policy,
            clock=clock,
            ledger=self.consent,
            names=Names(value_key_of(keyring), keyring.record_id),
            restate=Restating(self._store, keyring=keyring, clock=clock, survivorship=survivorship),
        )
        self.rights = Rights(
            self._store,
            clock=clock,
            actor=actor,
            keyring=keyring,
            policy=self.policy,
            key_of=value_key_of(keyring),
            handling=handling,
        )
        self._door = Door(self._store, policy=self.policy, audit=self.audit, clock=clock, golden=survivorship.survive)
        self.identity = IdentityMap(
            self._store,
            door=self._door,
            clock=clock,
            keyring=keyring,
            spec=identity or ExactIdentity(),
            resolve_purpose=self.policy.resolve_purpose,
            actor=actor,
        )
        self._loader = Loader(self._store, policy=self.policy, keyring=keyring, clock=clock)
        self._resolver = Resolver(self._store, clock=clock, survivorship=survivorship)
        self._identifying = Identifying(
            self._store, policy=self.policy, audit=self.audit, clock=clock, spec=self.identity.spec, keyring=keyring
        )
        remaining = RemainingCustomers(survivorship=survivorship, forget=self._identifying.forget)
        self.governance = Oversight(self._store, self.policy, clock=clock, remaining=remaining, actor=actor)
        self._profiles = ProfileReader(self._store, policy=self.policy, audit=self.audit, clock=clock)
        self._fitting = Fitting(self._store, door=self._door, clock=clock)
        self.publish = Publishing(
            self._store,
            door=self._door,
            erasures=self.rights.erasures,
            key=self._keys.naming,
            clock=clock,
            actor=actor,
        )
        self.rights.erasures.rewritten_by(self.publish.follow_up)
        self.report = Reporting(
            self._door, consent=self.consent, purposes=tuple(self.policy.bases), clock=clock, actor=actor
        )
        try:
            self.rights.erasures.resume()
        except BaseException:
            self._store.close()
            raise

    def __enter__(self) -> Self:
        """Return the hub."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the hub."""
        self.close()

    def close(self) -> None:
        """Close the store and end everything that was handed out; the head of the audit is kept beside it."""
        self._store.close()

    def backup(self, path: str | Path) -> None:
        """Write a copy of the running store, with its key, the heads of its audit and its tombstones beside it.

        The copy opens as a hub of its own.

        Raises:
            StoreError: There is already something at `path`.
        """
        target = Path(path)
        self.audit.record(self._actor, Entry("backup"))
        with self.rights.erasures.copying("backup", target):
            self._store.backup(target)
        write_key(key_path(target), self._keys.opening)
        self.rights.erasures.copy_tombstones(target)

    def export(self, folder: str | Path) -> dict[str, int]:
        """Write the whole hub into a new folder in open formats: a Parquet file per table, the key, a manifest.

        `unified_customer.hub.import_hub` makes a store of it again, with the same ids.

        Returns:
            The number of rows by table.

        Raises:
            ConfigurationError: There is something in the folder already.
        """
        self.audit.record(self._actor, Entry("export"))
        self.audit.head()
        with self.rights.erasures.copying("export", Path(folder)):
            return export_hub(self._store, key=self._keys.opening, folder=Path(folder))

    def quarantine(self, *, source: str | None = None) -> pl.DataFrame:
        """List the rows that could not be accepted, without what they hold.

        Args:
            source: Only those of this source.

        Returns:
            `source`, `target` (the table it was meant for), `position`, `reason`, `status` (held or replayed) and
            `held_at`, in the order in which they came.
        """
        columns = ["source", "target", "position", "reason", "status", "held_at"]
        where = [] if source is None else [Where("source", "==", source)]
        return self._store.read("quarantine", columns=columns, where=where, order_by=["seq"])

    # ---------------------------------------------------------------------------------------------------- writing

    def load(self, source: BoundSource, *, actor: Actor | None = None) -> LoadReport:
        """Load a source, and remember how far it was read.

        Loading the same thing twice changes nothing. Every row is accepted, known already, or in quarantine.

        Args:
            source: What `unified_customer.source(...)` returned.
            actor: Who loads; None: the hub's actor.

        Raises:
            SourceError: The source cannot be read.
            MappingError: The mapping does not fit the source.
            CollectionRefusedError: The policy refuses what the source brings.
        """
        return self._loader.load(source, actor=actor or self._actor)

    def replay_quarantine(self, source: BoundSource, *, actor: Actor | None = None) -> LoadReport:
        """Try the rows of `source` that are in quarantine once more, by its present mapping.

        Args:
            source: The source as it is now described; only its name, table and mapping matter.
            actor: Who replays; None: the hub's actor.
        """
        return self._loader.replay(source, actor=actor or self._actor)

    def resolve(self, *, actor: Actor | None = None) -> ResolveReport:
        """Give every record its customer, and bring the single customer view up to date.

        Resolving is processing of its own: it runs under `policy.resolve_purpose` and is in the audit.

        Raises:
            IdentityConflictError: Corrections contradict each other.
        """
        report, learned = self._resolver.resolve(
            self.identity.spec, purpose=self.policy.resolve_purpose, actor=actor or self._actor
        )
        self._identifying.renew(learned)
        return report

    def merge(
        self, a: str, b: str, *, reason: str | None = None, override: bool = False, actor: Actor | None = None
    ) -> str:
        """Declare that two customers are one person, resolve, and return the id that both have now.

        Args:
            a: Any id of the one.
            b: Any id of the other.
            reason: Why, for the record.
            override: Take back what was declared to the contrary, such as an earlier split, instead of refusing.
            actor: Who decides; None: the hub's actor.

        Raises:
            UnknownCustomerError: An id was never issued.
            IdentityConflictError: They were declared different people.
        """
        self.identity.merge(a, b, reason=reason, override=override, actor=actor or self._actor)
        self.resolve(actor=actor)
        return self.identity.holder_of(a)

    def split(
        self, customer_id: str, records: Sequence[str], *, reason: str | None = None, actor: Actor | None = None
    ) -> str:
        """Declare that `records` are another person than the rest of the customer, resolve, and return their new id.

        Args:
            customer_id: The customer to split.
            records: Ids of the records that leave.
            reason: Why, for the record.
            actor: Who decides; None: the hub's actor.

        Raises:
            UnknownCustomerError: There is no such customer.
            ConfigurationError: A record is not one of its own, or all of them are given.
            IdentityConflictError: They were declared one person.
        """
        self.identity.split(customer_id, records, reason=reason, actor=actor or self._actor)
        self.resolve(actor=actor)
        return self.identity.holder_of(records[0])

    # ---------------------------------------------------------------------------------------------------- reading

    def customers(
        self,
        *,
        purpose: str,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        provenance: bool = False,
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> pl.DataFrame:
        """Return the single customer view: one row per customer whom the purpose may see.

        Args:
            purpose: What it is for.
            as_of: Only what was said strictly before, by who is who now; None: everything. Records without a time of
                their own count from when they were loaded.
            columns: Columns to return; None: all that the purpose may see.
            provenance: Also return `<field>_source` and `<field>_observed_at` of every field.
            channel: For this channel.
            recipient: For this recipient.
            actor: Who reads; None: the hub's actor.

        Returns:
            `customer_id` and the columns of the `customers` table, sorted by `customer_id`. Fields that the purpose
            may not see are left out; `hub.consent.coverage(purpose)` names them.

        Raises:
            ConsentError: The actor may not use the purpose.
            FieldWithheldError: A column was asked for by name that the purpose may not see.
        """
        asked = query(
            "customers",
            purpose,
            as_of=as_of,
            columns=columns,
            channel=channel,
            recipient=recipient,
            actor=actor or self._actor,
        )
        frame = self._door.read(asked if provenance or columns is not None else self._door.without_origins(asked))
        return frame.sort("customer_id")

    def profile(
        self,
        customer_id: str,
        *,
        purpose: str,
        events: int = 0,
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> Customer:
        """Return one customer: the golden record with the origin of every value, identifiers and consent state.

        Args:
            customer_id: Any id ever issued; it resolves to the customer that holds that record now.
            purpose: What it is for.
            events: How many of the latest events to bring along, newest first.
            channel: For this channel.
            recipient: For this recipient.
            actor: Who reads; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued.
            ConsentError: The purpose may not see this customer; the message holds the reason.
        """
        request = Request(purpose=purpose, channel=channel, recipient=recipient)
        return self._profiles.read(customer_id, request=request, events=events, actor=actor or self._actor)

    def identify(
        self,
        record: Mapping[str, Any],
        *,
        identifiers: Mapping[str, str] | None = None,
        purpose: str | None = None,
        actor: Actor | None = None,
    ) -> Identification:
        """Say whose a record is, at once and without storing it: by its identifiers, else by all else that it says.

        The customers are those of the last `resolve()`. What has to be at hand is read by the first call, or by
        `prepare()`.

        Args:
            record: Fields of a person by name, as the table `records` has them (`given_name`, `email`, ...), as they
                are written; also `source`.
            identifiers: Further identifiers by kind.
            purpose: What it is for; None: what the policy resolves identities for.
            actor: Who asks; None: the hub's actor.

        Raises:
            ConfigurationError: The record has a field that records do not have, or a value that is no text (dates of
                birth may be dates).
            ConsentError: The actor may not use the purpose.
        """
        return self._identifying.identify(
            record,
            identifiers=identifiers or {},
            request=Request(purpose=purpose or self.policy.resolve_purpose),
            actor=actor or self._actor,
        )

    def prepare(self) -> None:
        """Read what `identify` needs at hand, so that the first call does not have to: after `resolve()`, or at start."""
        self._identifying.prepare()

    def events(
        self,
        *,
        purpose: str,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        where: Sequence[Where] = (),
        customers: Sequence[str] | None = None,
        anonymous: Anonymous = "exclude",
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> pl.DataFrame:
        """Return events with the customer that each belongs to now; see `read`."""
        return self.read(
            "events",
            purpose=purpose,
            as_of=as_of,
            columns=columns,
            where=where,
            customers=customers,
            anonymous=anonymous,
            channel=channel,
            recipient=recipient,
            actor=actor,
        )

    def read(
        self,
        table: str,
        *,
        purpose: str,
        as_of: datetime | None = None,
        columns: Sequence[str] | None = None,
        where: Sequence[Where] = (),
        customers: Sequence[str] | None = None,
        anonymous: Anonymous = "exclude",
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> pl.DataFrame:
        """Return rows of a table that the purpose may see, with the customer that each belongs to now.

        Args:
            table: Name of a table, such as `order_lines`.
            purpose: What it is for.
            as_of: Only what happened strictly before; None: everything. Rows without a time of their own count from
                when they were loaded.
            columns: Columns to return; None: all that the purpose may see.
            where: Conditions on the table's columns, evaluated in the store.
            customers: Only these customers, by any id ever issued.
            anonymous: Rows about nobody known (a till receipt without a card) are not personal data: `exclude` them,
                `include` them with a null `customer_id`, or return `only` them. Both leave out the columns that can
                hold anything (`url`, `text`, `properties`, `context`), whose content nobody agreed to.
            channel: For this channel.
            recipient: For this recipient.
            actor: Who reads; None: the hub's actor.

        Returns:
            `customer_id`, then the columns. Rows come in no particular order.

        Raises:
            UnknownTableError: There is no such table.
            ConsentError: The table is not for reading, or the actor may not use the purpose.
            FieldWithheldError: A column was asked for by name that the purpose may not see.
        """
        return self._door.read(
            query(
                table,
                purpose,
                as_of=as_of,
                columns=columns,
                where=where,
                customers=customers,
                anonymous=anonymous,
                channel=channel,
                recipient=recipient,
                actor=actor or self._actor,
            )
        )

    def scan(
        self,
        table: str,
        *,
        purpose: str,
        as_of: datetime | None = None,
        channel: str | None = None,
        recipient: str | None = None,
        actor: Actor | None = None,
    ) -> pl.LazyFrame:
        """Return a lazy frame over what `read` returns, gated and audited each time it is collected.

        It ends with the hub: collecting it after `close()` raises.
        """
        asked = query(table, purpose, as_of=as_of, channel=channel, recipient=recipient, actor=actor or self._actor)
        return scan(self._door, asked)

    def history(self, customer_id: str, *, actor: Actor | None = None) -> pl.DataFrame:
        """Return what became of a customer's records, as rows of `links`, ordered by time.

        Args:
            customer_id: Any id ever issued, also one that was merged into another.
            actor: Who reads; None: the hub's actor.

        Raises:
            UnknownCustomerError: The id was never issued.
        """
        return self.identity.history(customer_id, actor=actor)

    # -------------------------------------------------------------------------------------------------- computing

    def fit(self, spec: FittableSpec[FittedT], *, purpose: str, as_of: datetime, actor: Actor | None = None) -> FittedT:
        """Read what `spec` needs under `purpose`, as it was before `as_of`, from one state of the store, and fit it.

        Raises:
            ConsentError: The purpose may not read a table that the spec needs.
        """
        return self._fitting.fit(spec, purpose=purpose, as_of=as_of, actor=actor or self._actor)

    def save(self, result: Fitted, *, actor: Actor | None = None) -> SavedArtifact:
        """Store the rows of a fit, and the fit itself with whose data went into it.

        Raises:
            ConfigurationError: The result did not come from `fit` of this hub.
        """
        return self._fitting.save(result, actor=actor or self._actor)

    def log(self, table: str, rows: pl.DataFrame, *, actor: Actor | None = None) -> Logged:
        """Write down what was shown to whom (`exposures`), or what came of it (`outcomes`).

        Ids make it safe to write twice. What people were shown goes with them when they are erased.

        Args:
            table: `exposures` or `outcomes`.
            rows: The columns of the table; `customer_id` may be any id ever issued, or null for nobody known.
            actor: Who writes; None: the hub's actor.

        Raises:
            ConfigurationError: It is another table, or customers are named whom the hub has never known.
            ConsentError: The actor may not use a purpose under which something was shown.
            SchemaError: Rows are not as the table has them; nothing is written.
        """
        actor = actor or self._actor
        return log_rows(self._store, table, rows, policy=self.policy, actor=actor, at=self._clock())
