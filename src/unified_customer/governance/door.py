"""The door: the only way by which rows about people leave the hub."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypedDict

import polars as pl

from unified_customer.core.clock import Clock, as_utc, just_after
from unified_customer.core.errors import (
    ConfigurationError,
    ConsentError,
    EverythingWithheldWarning,
    FieldWithheldError,
    NotResolvedWarning,
)
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor
from unified_customer.core.tables import CUSTOMERS, GOLDEN_FIELDS, IDENTIFIERS, Table, table
from unified_customer.core.warning import warn
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.gate import Admission, Gate
from unified_customer.governance.kinds import withheld_kinds
from unified_customer.governance.past import Golden, conditions, past_customers
from unified_customer.policy import Policy, Request
from unified_customer.store import Keys, Reader, Store, Where
from unified_customer.store.query import ask

Anonymous = Literal["exclude", "include", "only"]

READABLE: Final = (
    "customers",
    "records",
    "identifiers",
    "events",
    "order_lines",
    "answers",
    "memberships",
    "scores",
    "exposures",
    "outcomes",
    "account_links",
    "accounts",
    "items",
    "spend",
)
"""Tables that are read through the door; the others belong to the administrator."""


OPEN_FIELDS: Final = ("url", "text", "properties", "context")
"""Columns that can hold anything, personal values too; of rows about nobody known they are not read."""

NOBODY: Final = pl.DataFrame(schema=dict.fromkeys(("customer_id", "purpose", "channel"), pl.String))

ORIGINS: Final = ("_source", "_observed_at")
HOLDER: Final = "_holder"
"""Who holds a customer id now: an id that was merged into another is still written where it was current."""


@dataclass(frozen=True)
class Query:
    """What is to be read, under which purpose.

    Attributes:
        table: The table.
        request: The purpose, and channel and recipient where there are some.
        actor: Who reads.
        columns: Columns to return; None: all that the purpose may see.
        where: Conditions on the table's columns.
        as_of: Only rows whose own time is strictly before (see `past.conditions`); None: all.
        customers: Only these customers, by any id ever issued; None: all.
        anonymous: What becomes of rows that are about nobody known.
        zone: Where the days of a table end that has days and no instants.
    """

    table: Table
    request: Request
    actor: Actor
    columns: Sequence[str] | None = None
    where: Sequence[Where] = ()
    as_of: datetime | None = None
    customers: Sequence[str] | None = None
    anonymous: Anonymous = "exclude"
    zone: str = "UTC"


@dataclass(frozen=True, eq=False)
class Opened:
    """One state of the store, with the decision for one request.

    Attributes:
        reader: The state.
        admission: The decision about every customer.
    """

    reader: Reader
    admission: Admission
    _read: Callable[[Reader, Admission, Sequence[Query]], list[pl.DataFrame]]

    def read(self, queries: Sequence[Query]) -> list[pl.DataFrame]:
        """Return what each of some queries may see; the reads are in the audit before they leave."""
        return self._read(self.reader, self.admission, queries)


class Door:
    """Reads tables of a store for a purpose: gated, reduced to the fields that the purpose may see, and audited."""

    def __init__(self, store: Store, *, policy: Policy, audit: AuditLog, clock: Clock, golden: Golden) -> None:
        """Read from `store` under `policy`; `golden` builds the single customer view of the past."""
        self._golden = golden
        self._store = store
        self._policy = policy
        self._gate = Gate(policy)
        self._audit = audit
        self._clock = clock

    def read(self, query: Query) -> pl.DataFrame:
        """Return the rows that `query` may see; the read is in the audit before they leave."""
        return self.read_together([query])[0]

    def read_together(self, queries: Sequence[Query]) -> list[pl.DataFrame]:
        """Return what each of several queries for one request may see, all from one state of the store."""
        with self.deciding(queries) as opened:
            return opened.read(queries)

    @contextmanager
    def deciding(self, queries: Sequence[Query], *, aloud: bool = True) -> "Iterator[Opened]":
        """Open one state of the store with the decision for the one request of `queries`, some of which are then read.

        What is read is in the audit; what is not, is not.

        Args:
            queries: What may be read.
            aloud: Warn where the request may see nobody.
        """
        for query in queries:
            self.columns(query)
        with self._store.snapshot() as reader:
            admission = self._admit(reader, *queries) if aloud else self._decide(reader, queries[0])
            yield Opened(reader, admission, self._read)

    def _read(self, reader: Reader, admission: Admission, queries: Sequence[Query]) -> list[pl.DataFrame]:
        frames = [self._frame(reader, query, self.columns(query), admission) for query in queries]
        for query, frame in zip(queries, frames, strict=True):
            self._record(query, admission, rows=frame.height)
        return frames

    def read_and_ask(
        self, queries: Sequence[Query], asked: Sequence[Request]
    ) -> tuple[list[pl.DataFrame], pl.DataFrame]:
        """Return what `read_together` returns, and who of those read may be read for further requests.

        The latter is `customer_id`, `purpose`, `channel`: a row for each who may. Asking is in the audit too.

        Raises:
            ConsentError: The actor may not use a purpose that is asked about.
        """
        actor = queries[0].actor
        for request in asked:
            self._policy.check_actor(request.purpose, actor)
        with self.deciding(queries) as opened:
            frames = opened.read(queries)
            permitted = [self._permitted(opened, request) for request in asked]
        for request, frame in zip(asked, permitted, strict=True):
            detail = {"for": queries[0].request.purpose}
            self._audit.record(actor, Entry("ask", purpose=request.purpose, people=frame.height, detail=detail))
        return frames, pl.concat([NOBODY, *permitted])

    def _permitted(self, opened: Opened, request: Request) -> pl.DataFrame:
        allowed = self._gate.admit(opened.reader, request, as_of=just_after(self._clock())).customers
        channel = pl.lit(request.channel, dtype=pl.String)
        both = allowed.join(opened.admission.customers, on="customer_id", how="semi")
        return both.with_columns(purpose=pl.lit(request.purpose), channel=channel)

    def _frame(self, reader: Reader, query: Query, columns: Sequence[str], admission: Admission) -> pl.DataFrame:
        if query.table is CUSTOMERS and query.as_of is not None:
            wanted = ask(CUSTOMERS.name, columns=["customer_id", *columns]).columns
            return self._past_customers(reader, query, query.as_of, admission).select(wanted)
        parts = [reader.read(query.table.name, **plan) for plan in self._plans(query, columns, admission)]
        return _shape(pl.concat(parts), query, columns)

    def _past_customers(self, reader: Reader, query: Query, as_of: datetime, admission: Admission) -> pl.DataFrame:
        if query.anonymous == "only":
            return CUSTOMERS.empty()
        if query.where:
            message = "The customers of the past are built when they are read: filter the frame instead of where=."
            raise ConfigurationError(message)
        return past_customers(reader, admission.records, as_of=as_of, golden=self._golden)

    @contextmanager
    def opened(self, query: Query, *, action: str) -> Iterator[tuple[Reader, Admission]]:
        """Open one state of the store with the decision for it, for reads that join several tables.

        What is read has to be joined with `admission.records`. It is in the audit as `action`.
        """
        self.columns(query)
        with self._store.snapshot() as reader:
            admission = self._admit(reader, query)
            self._record(query, admission, rows=None, action=action)
            yield reader, admission

    def batches(self, query: Query, *, size: int) -> Iterator[pl.DataFrame]:
        """Yield the rows that `query` may see in frames of at most `size` rows, from one state of the store."""
        columns = self.columns(query)
        with self._store.snapshot() as reader:
            admission = self._admit(reader, query)
            self._record(query, admission, rows=None)
            if query.table is CUSTOMERS and query.as_of is not None:
                yield from self._frame(reader, query, columns, admission).iter_slices(size)
                return
            for plan in self._plans(query, columns, admission):
                for frame in reader.batches(query.table.name, size=size, **plan):
                    yield _shape(frame, query, columns)

    def columns(self, query: Query) -> list[str]:
        """Return the columns that `query` gets, without the customer id that comes first where there is one.

        Raises:
            ConsentError: The table is not for reading, or the policy keeps the actor from the purpose.
            FieldWithheldError: A column was asked for by name that the purpose may not see.
        """
        if query.table.name not in READABLE:
            message = f"Table {query.table.name!r} is not read by purpose. Readable: {', '.join(READABLE)}."
            raise ConsentError(message)
        self._policy.check_actor(query.request.purpose, query.actor)
        visible, withheld = self._policy.visible_columns(query.table, query.request.purpose, actor=query.actor)
        _refuse(query, withheld, BY_PURPOSE.format(table=query.table.name, purpose=query.request.purpose))
        _refuse(query, _open_fields(query), OF_NOBODY.format(table=query.table.name))
        chosen = visible if query.columns is None else query.columns
        hidden = {"customer_id", *_open_fields(query)}
        return [name for name in chosen if name not in hidden]

    def without_origins(self, query: Query) -> Query:
        """Return `query` without the columns that say where each field came from: what is known of people first."""
        origins = {f"{name}{origin}" for name in query.table.columns for origin in ORIGINS}
        plain = [name for name in self.columns(query) if name not in origins]
        return replace(query, columns=sorted(plain, key=lambda name: name not in GOLDEN_FIELDS))

    def schema(self, query: Query) -> dict[str, pl.DataType]:
        """Return the columns that `query` gets, with their types, in order."""
        types = {name: query.table.stored_columns[name] for name in self.columns(query)}
        return types if query.table.subject == "none" else {"customer_id": pl.String(), **types}

    def withheld_fields(self, query: Query) -> tuple[str, ...]:
        """Return the columns of the table that the read may not see."""
        hidden = {*self._policy.visible_columns(query.table, query.request.purpose, actor=query.actor).withheld}
        return tuple(name for name in query.table.columns if name in {*hidden, *_open_fields(query)})

    def withheld_kinds(self, query: Query) -> tuple[str, ...]:
        """Return the kinds of identifiers that the purpose may not see: their rows are left out."""
        return withheld_kinds(self._policy, query.request.purpose, query.actor)

    def _plans(self, query: Query, columns: Sequence[str], admission: Admission) -> "Iterator[Plan]":
        kinds = self.withheld_kinds(query) if query.table is IDENTIFIERS else ()
        where = [*query.where, *(Where("kind", "!=", kind) for kind in kinds)]
        needed, keys = _needed(query, columns), _keys(query, admission)
        for then in conditions(query.table, query.as_of, zone=query.zone):
            yield {"columns": needed, "where": [*where, *then], "keys": keys}

    def _admit(self, reader: Reader, *queries: Query) -> Admission:
        first = queries[0]
        admission = self._decide(reader, first)
        if any(query.table.subject != "none" and query.anonymous != "only" for query in queries):
            warn_if_nobody(admission, first.request.purpose)
            if admission.people.is_empty() and first.customers is None:
                warn_if_unresolved(reader)
        return admission

    def _decide(self, reader: Reader, query: Query) -> Admission:
        now = just_after(self._clock())
        return self._gate.admit(reader, query.request, as_of=now, customers=query.customers)

    def _record(self, query: Query, admission: Admission, *, rows: int | None, action: str = "read") -> None:
        entry = Entry(
            action=action,
            table=query.table.name,
            purpose=query.request.purpose,
            as_of=query.as_of,
            customer_id=query.customers[0] if query.customers is not None and len(query.customers) == 1 else None,
            rows=rows,
            people=admission.customers.height,
            withheld_people=admission.withheld,
            withheld_fields=self.withheld_fields(query),
        )
        self._audit.record(query.actor, entry)


def warn_if_nobody(admission: Admission, purpose: str) -> None:
    """Warn when there are people and the purpose may see none of them, with counts and the remedy."""
    if admission.customers.height or not admission.people.height:
        return
    reasons = ", ".join(f"{count:,} {reason}" for _, reason, count in admission.reasons().iter_rows())
    message = (
        f"All {admission.people.height:,} customers are withheld from the purpose {purpose!r} ({reasons}). "
        f"Record consent with hub.consent.record(...), or name a legal basis: Policy(bases={{{purpose!r}: ...}})."
    )
    warn(message, EverythingWithheldWarning)


def warn_if_unresolved(reader: Reader) -> None:
    """Warn when there are records, and nobody resolved them."""
    waiting = reader.count("identities") - reader.count("tombstones", where=[Where("kind", "==", RECORD)])
    if waiting > 0 and not reader.count("links"):
        message = f"{waiting:,} records are not resolved yet, so that nobody can be read. Run hub.resolve()."
        warn(message, NotResolvedWarning)


class Plan(TypedDict):
    """What a store is asked for."""

    columns: Sequence[str]
    where: Sequence[Where]
    keys: Keys | None


BY_PURPOSE: Final = (
    "of table {table!r} may not be read under the purpose {purpose!r}. "
    "Leave them out, or name a purpose whose policy allows their category."
)
OF_NOBODY: Final = (
    "of table {table!r} can hold anything, so that rows about nobody known are read without. "
    "Leave them out, or read with anonymous='exclude'."
)


def _open_fields(query: Query) -> tuple[str, ...]:
    if query.anonymous == "exclude":
        return ()
    return tuple(name for name in query.table.columns if name in OPEN_FIELDS)


def _refuse(query: Query, withheld: Sequence[str], why: str) -> None:
    asked = {*(query.columns or ()), *(condition.column for condition in query.where)}
    refused = sorted(asked & set(withheld))
    if refused:
        message = f"{', '.join(refused)} {why}"
        raise FieldWithheldError(message)


def _needed(query: Query, columns: Sequence[str]) -> list[str]:
    """Return what the store has to read: a record's customer is attached, a customer's own id is a column."""
    if query.table.subject == "customer":
        record = ["record_id"] if "record_id" in query.table.columns and "record_id" not in columns else []
        return ["customer_id", *columns, *record]
    return list(columns) or ["record_id"] if query.table.subject == "record" else list(columns)


def _keys(query: Query, admission: Admission) -> Keys | None:
    if query.table.subject == "none":
        return None
    records = admission.records.clear() if query.anonymous == "only" else admission.records
    keep_null = query.anonymous != "exclude"
    if query.table.subject == "record":
        return Keys(records, ("record_id",), keep_null=keep_null)
    holders = records.select(customer_id="record_id", **{HOLDER: "customer_id"})
    return Keys(holders, ("customer_id",), keep_null=keep_null)


def _shape(frame: pl.DataFrame, query: Query, columns: Sequence[str]) -> pl.DataFrame:
    if query.table.subject == "none":
        return frame
    if query.table.subject == "customer" and "record_id" in query.table.columns:
        # A visitor without a customer is somebody all the same: only rows without either are about nobody.
        frame = frame.filter(pl.col("customer_id").is_not_null() | pl.col("record_id").is_null())
    if HOLDER in frame.columns:
        frame = frame.with_columns(customer_id=HOLDER)
    return frame.select("customer_id", *columns)


def query(
    name: str,
    purpose: str,
    *,
    actor: Actor,
    channel: str | None = None,
    recipient: str | None = None,
    columns: Sequence[str] | None = None,
    where: Sequence[Where] = (),
    as_of: datetime | None = None,
    customers: Sequence[str] | None = None,
    anonymous: Anonymous = "exclude",
    zone: str = "UTC",
) -> Query:
    """Return a `Query` of the table called `name` under `purpose`.

    Raises:
        UnknownTableError: There is no such table.
        ConfigurationError: The purpose is not a purpose, or `as_of` has no zone.
    """
    request = Request(purpose=purpose, channel=channel, recipient=recipient)
    utc = None if as_of is None else as_utc(as_of)
    return Query(table(name), request, actor, columns, where, utc, customers, anonymous, zone)
