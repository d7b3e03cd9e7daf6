"""One customer at a time: five point reads, one decision, one line in the audit."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from unified_customer.core.clock import Clock, just_after
from unified_customer.core.errors import ConsentError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor, Consent, ConsentState, Customer, GoldenValue, Identifier
from unified_customer.core.tables import CONSENTS, CUSTOMERS, EVENTS, GOLDEN_FIELDS, Table
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.gate import IDENTIFIER
from unified_customer.governance.kinds import may_see_kind
from unified_customer.governance.naming import CURRENT, current_customer
from unified_customer.policy import Columns, Decision, Policy, Request, decide
from unified_customer.policy.people import PEOPLE, situation_of
from unified_customer.policy.sharing import YES_STATUS
from unified_customer.store import Reader, Store, Where

OBSERVED: Final = ("first_observed_at", "last_observed_at")
HEAD: Final = ("customer_id", "sources")
UNREAD: Final = ("record_count",)
IDENTIFIER_COLUMNS: Final = ("kind", "value_key", "value", "source", "seq")

Rows = Sequence[dict[str, Any]]
Named: TypeAlias = tuple[str, str]
"""An identifier: its kind, and what it is called in the store."""

Holders: TypeAlias = Callable[[Collection[Named]], Iterable[tuple[Named, str]]]
"""Gives the records that carry identifiers, each with the identifier."""


@dataclass(frozen=True)
class Held:
    """What the store holds of one customer."""

    customer_id: str
    golden: dict[str, Any]
    records: tuple[str, ...]
    identifiers: Rows
    statements: tuple[Consent, ...]
    shared: frozenset[tuple[str, str]]


class KnownCustomer(NamedTuple):
    """The golden record of a customer, with what was asked of it, and the ids of all records in ascending order."""

    golden: dict[str, Any]
    records: tuple[str, ...]


class ProfileReader:
    """Reads single customers for a purpose."""

    def __init__(self, store: Store, *, policy: Policy, audit: AuditLog, clock: Clock) -> None:
        """Read from `store` under `policy`."""
        self._store = store
        self._policy = policy
        self._audit = audit
        self._clock = clock
        self._seen: dict[tuple[str, str, tuple[str, ...]], Columns] = {}

    def read(self, customer_id: str, *, request: Request, actor: Actor, events: int = 0) -> Customer:
        """Return the customer who holds the record `customer_id` now; see `CustomerHub.profile`."""
        purpose = request.purpose
        self._policy.check_actor(purpose, actor)
        with self._store.snapshot() as reader:
            held = hold(reader, customer_id, columns=_read(self._columns(purpose, actor), self._policy))
            recent = self._recent(reader, held, purpose, actor, events) if events else ()
        decision = self._decide(held, request)
        withheld = tuple(name for name in self._columns(purpose, actor).withheld if name in {*GOLDEN_FIELDS, *OBSERVED})
        self._record(actor, request, held.customer_id, decision, withheld)
        if not decision.allowed:
            message = f"The purpose {purpose!r} may not see this customer: {decision.reason}."
            raise ConsentError(message)
        return self._customer(held, purpose, withheld, actor).model_copy(update={"events": recent})

    def _recent(self, reader: Reader, held: Held, purpose: str, actor: Actor, limit: int) -> tuple[dict[str, Any], ...]:
        columns = self._columns(purpose, actor, EVENTS).visible
        theirs = [Where("record_id", "in", held.records)]
        return tuple(
            reader.rows("events", columns=columns, where=theirs, order_by=["occurred_at"], descending=True, limit=limit)
        )

    def _decide(self, held: Held, request: Request) -> Decision:
        return decide_on(held, request, policy=self._policy, as_of=just_after(self._clock()))

    def _columns(self, purpose: str, actor: Actor, table: Table = CUSTOMERS) -> Columns:
        """Return what a read may see of a table; the policy never changes, so that it is asked once."""
        asked = (table.name, purpose, actor.roles)
        if asked not in self._seen:
            self._seen[asked] = self._policy.visible_columns(table, purpose, actor=actor)
        return self._seen[asked]

    def _record(
        self, actor: Actor, request: Request, customer_id: str, decision: Decision, withheld: Sequence[str]
    ) -> None:
        entry = Entry(
            action="profile",
            table="customers",
            purpose=request.purpose,
            customer_id=customer_id,
            rows=int(decision.allowed),
            people=int(decision.allowed),
            withheld_people=int(not decision.allowed),
            withheld_fields=withheld,
            detail={"reason": decision.reason},
        )
        self._audit.record(actor, entry)

    def _customer(self, held: Held, purpose: str, withheld: Sequence[str], actor: Actor) -> Customer:
        golden = held.golden
        seen = self._columns(purpose, actor).visible
        first, last = (golden[name] if name in seen else None for name in OBSERVED)
        return Customer(
            customer_id=held.customer_id,
            purpose=purpose,
            fields={
                name: GoldenValue(
                    value=golden[name], source=golden[f"{name}_source"], observed_at=golden[f"{name}_observed_at"]
                )
                for name in GOLDEN_FIELDS
                if name not in withheld and golden[name] is not None
            },
            identifiers=_identifiers(
                held.identifiers, plain=lambda kind: may_see_kind(self._policy, purpose, kind, actor=actor)
            ),
            records=held.records,
            sources=tuple(golden["sources"]),
            consents=self._states(held, purpose),
            withheld=tuple(withheld),
            first_observed_at=first,
            last_observed_at=last,
        )

    def _states(self, held: Held, purpose: str) -> tuple[ConsentState, ...]:
        stated = {statement.purpose for statement in held.statements if statement.purpose != "*"}
        named = sorted({purpose, *stated, *self._policy.bases})
        decisions = ((name, self._decide(held, Request(purpose=name))) for name in named)
        return tuple(
            ConsentState(purpose=name, allowed=decision.allowed, reason=decision.reason) for name, decision in decisions
        )


def decide_on(held: Held, request: Request, *, policy: Policy, as_of: datetime) -> Decision:
    """Decide on a request for one customer."""
    situation = situation_of(held.golden, policy=policy, as_of=as_of)
    return decide(held.statements, request=request, policy=policy, as_of=as_of, shared=held.shared, **situation)


def _read(seen: Columns, policy: Policy) -> tuple[str, ...]:
    """Return what is read of the golden record: a column less is read sooner."""
    needed = {*HEAD, *(PEOPLE if policy.by_person else ())}
    return tuple(name for name in CUSTOMERS.columns if name in needed or (name in seen.visible and name not in UNREAD))


def hold(reader: Reader, any_id: str, *, columns: Sequence[str]) -> Held:
    """Return what the store holds of the customer who holds the record `any_id` now.

    Args:
        reader: One state of the store.
        any_id: Any id ever issued.
        columns: What is read of the golden record.

    Raises:
        UnknownCustomerError: The id was never issued, or its record is not resolved yet.
    """
    golden = _golden(reader, any_id, columns)
    theirs = [Where("customer_id", "==", golden["customer_id"]), CURRENT]
    records = reader.rows("links", columns=["record_id"], where=theirs)
    known = KnownCustomer(golden, tuple(sorted(row["record_id"] for row in records)))
    return held(reader, known, holders=lambda named: _holders(reader, named))


def held(reader: Reader, known: KnownCustomer, *, holders: Holders) -> Held:
    """Return what the store holds of a customer of whom the golden record and the records are known.

    Args:
        reader: One state of the store.
        known: The customer.
        holders: Says which records carry identifiers.
    """
    golden, ids = known
    identifiers = reader.rows("identifiers", columns=IDENTIFIER_COLUMNS, where=[Where("record_id", "in", ids)])
    statements = _statements(reader, ids, identifiers)
    return Held(
        customer_id=str(golden["customer_id"]),
        golden=golden,
        records=ids,
        identifiers=tuple(identifiers),
        statements=statements,
        shared=_shared(reader, statements, ids, holders),
    )


def _golden(reader: Reader, any_id: str, columns: Sequence[str]) -> dict[str, Any]:
    def of(customer_id: str) -> Rows:
        return reader.rows("customers", columns=columns, where=[Where("customer_id", "==", customer_id)])

    return (of(any_id) or of(current_customer(reader, any_id)))[0]


def _statements(reader: Reader, records: Sequence[str], identifiers: Rows) -> tuple[Consent, ...]:
    subjects = {(row["kind"], row["value_key"]) for row in identifiers} | {(RECORD, each) for each in records}
    keys = sorted({key for _, key in subjects})
    rows = reader.rows("consents", columns=list(CONSENTS.columns), where=[Where("subject_key", "in", keys)])
    return tuple(
        Consent.model_construct(**row) for row in rows if (row["subject_kind"], row["subject_key"]) in subjects
    )


def _shared(
    reader: Reader, statements: Sequence[Consent], records: Sequence[str], holders: Holders
) -> frozenset[tuple[str, str]]:
    """Return which of the identifiers that somebody said yes of are held by other customers too."""
    yes = {(each.subject_kind, each.subject_key) for each in statements if each.status in YES_STATUS}
    named = {each for each in yes if each[0] != RECORD}
    theirs = [(each, record) for each, record in (holders(named) if named else ()) if record not in records]
    others = _with_customer(reader, {record for _, record in theirs})
    return frozenset(each for each, record in theirs if record in others)


def _holders(reader: Reader, named: Collection[Named]) -> Iterator[tuple[Named, str]]:
    keys = sorted({key for _, key in named})
    for row in reader.rows("identifiers", columns=IDENTIFIER, where=[Where("value_key", "in", keys)]):
        if (row["kind"], row["value_key"]) in named:
            yield (row["kind"], row["value_key"]), row["record_id"]


def _with_customer(reader: Reader, records: Collection[str]) -> set[str]:
    if not records:
        return set()
    where = [Where("record_id", "in", sorted(records)), CURRENT]
    return {row["record_id"] for row in reader.rows("links", columns=["record_id"], where=where)}


def _identifiers(rows: Rows, *, plain: Callable[[str], bool]) -> tuple[Identifier, ...]:
    """Return each identifier once, by kind and then in the order of first sight; values of kinds that are `plain`."""
    seen = sorted(rows, key=itemgetter("seq"))
    distinct = {(row["kind"], row["value_key"]): row for row in reversed(seen)}
    return tuple(
        Identifier(kind=row["kind"], value=row["value"] if plain(row["kind"]) else None, source=row["source"])
        for row in sorted(distinct.values(), key=itemgetter("kind", "seq"))
    )
