"""One customer at a time: five point reads, one decision, one line in the audit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import Clock, just_after
from unified_customer.core.errors import ConsentError
from unified_customer.core.kinds import RECORD
from unified_customer.core.models import Actor, Consent, ConsentState, Customer, GoldenValue, Identifier
from unified_customer.core.tables import CONSENTS, CUSTOMERS, EVENTS, GOLDEN_FIELDS
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.gate import holders
from unified_customer.governance.kinds import may_see_kind
from unified_customer.governance.naming import CURRENT, current_customer
from unified_customer.policy import Columns, Decision, Policy, Request, decide
from unified_customer.policy.sharing import YES_STATUS
from unified_customer.store import Keys, Reader, Store, Where

OBSERVED: Final = ("first_observed_at", "last_observed_at")


@dataclass(frozen=True)
class Held:
    """What the store holds of one customer."""

    customer_id: str
    golden: dict[str, Any]
    records: tuple[str, ...]
    identifiers: pl.DataFrame
    statements: tuple[Consent, ...]
    shared: frozenset[tuple[str, str]]


class ProfileReader:
    """Reads single customers for a purpose."""

    def __init__(self, store: Store, *, policy: Policy, audit: AuditLog, clock: Clock) -> None:
        """Read from `store` under `policy`."""
        self._store = store
        self._policy = policy
        self._audit = audit
        self._clock = clock
        self._seen: dict[tuple[str, tuple[str, ...]], Columns] = {}

    def read(self, customer_id: str, *, request: Request, actor: Actor, events: int = 0) -> Customer:
        """Return the customer who holds the record `customer_id` now; see `CustomerHub.profile`."""
        purpose = request.purpose
        self._policy.check_actor(purpose, actor)
        with self._store.snapshot() as reader:
            held = hold(reader, customer_id)
            recent = self._recent(reader, held, purpose, actor, events) if events else ()
        decision = self._decide(held, request)
        withheld = tuple(name for name in self._columns(purpose, actor).withheld if name in {*GOLDEN_FIELDS, *OBSERVED})
        self._record(actor, request, held.customer_id, decision, withheld)
        if not decision.allowed:
            message = f"The purpose {purpose!r} may not see this customer: {decision.reason}."
            raise ConsentError(message)
        return self._customer(held, purpose, withheld, actor).model_copy(update={"events": recent})

    def _recent(self, reader: Reader, held: Held, purpose: str, actor: Actor, limit: int) -> tuple[dict[str, Any], ...]:
        columns = self._policy.visible_columns(EVENTS, purpose, actor=actor).visible
        keys = Keys(pl.DataFrame({"record_id": held.records}), ("record_id",))
        rows = reader.read("events", columns=columns, keys=keys, order_by=["occurred_at"], descending=True, limit=limit)
        return tuple(rows.iter_rows(named=True))

    def _decide(self, held: Held, request: Request) -> Decision:
        as_of = just_after(self._clock())
        return decide(held.statements, request=request, policy=self._policy, as_of=as_of, shared=held.shared)

    def _columns(self, purpose: str, actor: Actor) -> Columns:
        """Return what a read may see of customers; the policy never changes, so that it is asked once."""
        asked = (purpose, actor.roles)
        if asked not in self._seen:
            self._seen[asked] = self._policy.visible_columns(CUSTOMERS, purpose, actor=actor)
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


def hold(reader: Reader, any_id: str) -> Held:
    """Return what the store holds of the customer who holds the record `any_id` now.

    Raises:
        UnknownCustomerError: The id was never issued, or its record is not resolved yet.
    """
    golden = _golden(reader, any_id)
    if golden.is_empty():
        golden = _golden(reader, current_customer(reader, any_id))
    found = golden.row(0, named=True)
    customer_id = str(found["customer_id"])
    records = reader.read("links", columns=["record_id"], where=[Where("customer_id", "==", customer_id), CURRENT])
    identifiers = reader.read(
        "identifiers",
        columns=["record_id", "kind", "value_key", "value", "source", "seq"],
        keys=Keys(records, ("record_id",)),
    )
    rows = _statements(reader, records, identifiers)
    return Held(
        customer_id=customer_id,
        golden=found,
        records=tuple(sorted(records["record_id"])),
        identifiers=identifiers,
        statements=tuple(Consent.model_construct(**row) for row in rows.iter_rows(named=True)),
        shared=_shared(reader, rows, customer_id),
    )


def _golden(reader: Reader, customer_id: str) -> pl.DataFrame:
    return reader.read("customers", columns=list(CUSTOMERS.columns), where=[Where("customer_id", "==", customer_id)])


def _shared(reader: Reader, statements: pl.DataFrame, customer_id: str) -> frozenset[tuple[str, str]]:
    """Return which of the identifiers that somebody said yes of are held by other customers too."""
    yes = statements.filter(pl.col("status").is_in(YES_STATUS))
    others = holders(reader, yes).filter(pl.col("customer_id") != customer_id)
    return frozenset(others.select("subject_kind", "subject_key").iter_rows())


def _statements(reader: Reader, records: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    named = identifiers.select(subject_kind="kind", subject_key="value_key")
    own = records.select(subject_kind=pl.lit(RECORD), subject_key="record_id")
    keys = Keys(pl.concat([named, own]).unique(), ("subject_kind", "subject_key"))
    return reader.read("consents", columns=list(CONSENTS.columns), keys=keys)


def _identifiers(rows: pl.DataFrame, *, plain: Callable[[str], bool]) -> tuple[Identifier, ...]:
    """Return each identifier once, by kind and then in the order of first sight; values of kinds that are `plain`."""
    seen = sorted(rows.iter_rows(named=True), key=itemgetter("seq"))
    distinct = {(row["kind"], row["value_key"]): row for row in reversed(seen)}
    return tuple(
        Identifier(kind=row["kind"], value=row["value"] if plain(row["kind"]) else None, source=row["source"])
        for row in sorted(distinct.values(), key=itemgetter("kind", "seq"))
    )
