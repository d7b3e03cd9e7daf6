"""Whose a record is, answered at once: by its identifiers, and else by everything else that it says."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Final, NamedTuple

import polars as pl

from unified_customer.connectors.naming import listed
from unified_customer.core.clock import Clock, just_after
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.models import Actor
from unified_customer.core.tables import LINK_DECISIONS, RAW_FIELDS
from unified_customer.governance.audit import AuditLog, Entry
from unified_customer.governance.naming import CURRENT
from unified_customer.hub.people import normalise_identifier
from unified_customer.hub.profile import Held, KnownCustomer, Named, decide_on, held
from unified_customer.hub.resolving import latest_people
from unified_customer.identity import Identity, normalise
from unified_customer.identity.index import Because, KnownIdentifiers, MatchIndex
from unified_customer.identity.recognition import PERSONAL, Carried, agreeing, holders
from unified_customer.policy import Policy, Request
from unified_customer.policy.people import PEOPLE
from unified_customer.store import Reader, Store, Where

UNKNOWN: Final = "unknown"
UNLIKELY: Final = "unlikely"
GOLDEN: Final = ("customer_id", *PERSONAL)
FIELDS: Final = (*RAW_FIELDS, "source")
LOOKED_FOR: Final = ("email", "phone")


@dataclass(frozen=True)
class Identification:
    """Whose a record is.

    Attributes:
        customer_id: The customer; None where it is nobody's, or somebody's whom the purpose may not see: the two cannot
            be told apart.
        probability: That the record is the customer's; of the likeliest customer where none is likely enough, else 0.
        reason: `exact:` and a kind of identifier, `match`, `unlikely` (somebody is like it, not enough), or `unknown`.
        because: How the record compares, field by field, with the customer's that is nearest; empty for identifiers.
    """

    customer_id: str | None = None
    probability: float = 0.0
    reason: str = UNKNOWN
    because: tuple[Because, ...] = ()


@dataclass(frozen=True)
class _AtHand:
    """What is read once, and holds until somebody is erased or all are resolved anew."""

    graves: int
    identifiers: KnownIdentifiers
    owners: "_Owners"
    records: MatchIndex | None


class _Owners:
    """Whose each record is, and which records each customer has."""

    def __init__(self, links: pl.DataFrame) -> None:
        """Take `record_id` and `customer_id`, each record once."""
        ordered = links.sort("record_id")
        self._records, self._customers = ordered["record_id"], ordered["customer_id"]
        self._by_customer = self._customers.arg_sort()

    def of(self, record_id: str) -> str:
        """Return the customer who has a record that is known."""
        return str(self._customers[bisect_left(self._records, record_id)])

    def records(self, customer_id: str) -> tuple[str, ...]:
        """Return the records that a customer has, in ascending order."""
        order, customers = self._by_customer, self._customers
        start = bisect_left(order, customer_id, key=customers.__getitem__)
        end = bisect_right(order, customer_id, lo=start, key=customers.__getitem__)
        return tuple(sorted(self._records[row] for row in order[start:end]))


class _Candidate(NamedTuple):
    """A customer whose the record may be, and why."""

    customer_id: str
    probability: float
    reason: str
    because: tuple[Because, ...] = ()


class Identifying:
    """Says whose records are, for a purpose."""

    def __init__(
        self, store: Store, *, policy: Policy, audit: AuditLog, clock: Clock, spec: Identity, keyring: Keyring
    ) -> None:
        """Ask in `store`, where records are joined by `spec`, under `policy`."""
        self._store = store
        self._policy = policy
        self._audit = audit
        self._clock = clock
        self._spec = spec
        self._keyring = keyring
        self._lock = Lock()
        self._at_hand: _AtHand | None = None
        self._renewed = 0

    def prepare(self) -> None:
        """Read everything that has to be at hand, if it is not."""
        with self._reading():
            pass

    def forget(self) -> None:
        """Read everything anew when it is next asked for."""
        self.renew(self._spec)

    def renew(self, spec: Identity) -> None:
        """Read everything anew when it is next asked for; records are joined by `spec`, as the last resolution left it."""
        with self._lock:
            self._spec, self._at_hand = spec, None
            self._renewed += 1

    def identify(
        self, record: Mapping[str, Any], *, identifiers: Mapping[str, str], request: Request, actor: Actor
    ) -> Identification:
        """Say whose a record is; see `CustomerHub.identify`."""
        self._policy.check_actor(request.purpose, actor)
        said = _checked(record)
        carried = list(self._carried(said, identifiers))
        with self._reading() as (reader, at_hand):
            found = self._found(reader, at_hand, said, carried)
            theirs = None if found is None else self._held(reader, found, at_hand)
        if found is None or theirs is None:
            answer, allowed = Identification(), True
        else:
            allowed = self._allowed(theirs, request)
            answer = _answer(found) if allowed else Identification()
        self._record(actor, request, answer, withheld=not allowed)
        return answer

    # ------------------------------------------------------------------------------------------------- what is at hand

    @contextmanager
    def _reading(self) -> Iterator[tuple[Reader, _AtHand]]:
        """Open one state of the store, with what is to be at hand."""
        renewed = self._renewed
        with self._store.snapshot() as reader:
            graves = reader.count("tombstones")
            with self._lock:
                at_hand = self._at_hand
                if at_hand is None or at_hand.graves < graves:
                    at_hand = self._read(reader, graves)
                    # What was read before the customers were resolved anew is no longer what is asked for next.
                    self._at_hand = at_hand if renewed == self._renewed else None
            yield reader, at_hand

    def _read(self, reader: Reader, graves: int) -> _AtHand:
        identities = reader.read("identities", columns=["record_id", "source"])
        links = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT])
        identifiers = reader.read("identifiers", columns=["record_id", "kind", "value_key", "value"])
        known = identifiers.join(links, on="record_id", how="semi")
        people = latest_people(reader, list(dict.fromkeys([*self._spec.reads, *PERSONAL])))
        decisions = reader.read("link_decisions", columns=[*LINK_DECISIONS.columns, "seq"])
        records = self._spec.index(
            identities,
            known,
            people=people.join(links, on="record_id", how="semi"),
            partition=links,
            decisions=decisions,
        )
        return _AtHand(graves, KnownIdentifiers(known), _Owners(links), records)

    # ------------------------------------------------------------------------------------------------------ who it is

    def _carried(self, record: Mapping[str, Any], identifiers: Mapping[str, str]) -> Iterable[Carried]:
        said = {kind: record[kind] for kind in LOOKED_FOR if record.get(kind) is not None} | dict(identifiers)
        for kind, value in said.items():
            normal = normalise_identifier(kind, pl.Series([str(value)])).item()
            if normal is not None:
                yield Carried(kind, normal, self._keyring.value_key(kind, normal))

    def _found(
        self, reader: Reader, at_hand: _AtHand, record: Mapping[str, Any], carried: Sequence[Carried]
    ) -> _Candidate | None:
        for kind, theirs in holders(self._spec.exact, carried, at_hand.identifiers):
            customers = _customers(reader, {at_hand.owners.of(each) for each in theirs})
            agree = agreeing(record, customers)
            if len(agree) == 1:
                return _Candidate(agree[0], 1.0, f"exact:{kind}")
        return None if at_hand.records is None else self._matched(at_hand.records, at_hand.owners, record)

    def _matched(self, records: MatchIndex, owners: _Owners, record: Mapping[str, Any]) -> _Candidate | None:
        known = {*records.matcher.roles.by_column, "source"}
        found = records.identify({name: value for name, value in record.items() if name in known})
        if found.nearest is None:
            return None
        reason = UNLIKELY if found.customer_id is None else "match"
        return _Candidate(owners.of(found.nearest), found.probability, reason, found.because)

    # ------------------------------------------------------------------------------------------------ who may know it

    def _held(self, reader: Reader, found: _Candidate, at_hand: _AtHand) -> Held:
        def holding(named: Iterable[Named]) -> Iterable[tuple[Named, str]]:
            return ((each, record) for each in named for record in at_hand.identifiers.holders(*each))

        known = KnownCustomer(self._golden(reader, found.customer_id), at_hand.owners.records(found.customer_id))
        return held(reader, known, holders=holding)

    def _golden(self, reader: Reader, customer_id: str) -> dict[str, Any]:
        """Return what the decision has to know of a customer: nothing, where everybody is under one law."""
        if not self._policy.by_person:
            return {"customer_id": customer_id}
        return reader.rows("customers", columns=list(PEOPLE), where=[Where("customer_id", "==", customer_id)])[0]

    def _allowed(self, theirs: Held, request: Request) -> bool:
        return decide_on(theirs, request, policy=self._policy, as_of=just_after(self._clock())).allowed

    def _record(self, actor: Actor, request: Request, answer: Identification, *, withheld: bool) -> None:
        entry = Entry(
            action="identify",
            table="customers",
            purpose=request.purpose,
            customer_id=answer.customer_id,
            people=int(answer.customer_id is not None),
            withheld_people=int(withheld),
            detail={"reason": answer.reason},
        )
        self._audit.record(actor, entry)


def _checked(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says, with its date of birth as a date.

    Raises:
        ConfigurationError: It has a field that records do not have, or a value that is no text.
    """
    unknown = sorted(set(record) - set(FIELDS))
    if unknown:
        message = f"Records have no field {listed(unknown)}. A person is described by: {listed(FIELDS)}."
        raise ConfigurationError(message)
    said = {name: value for name, value in record.items() if value is not None}
    odd = sorted(
        name for name, value in said.items() if not isinstance(value, str | (date if name == "birth_date" else str))
    )
    if odd:
        message = (
            f"What a person is described by is text, and the date of birth text or a date; {listed(odd)} is neither."
        )
        raise ConfigurationError(message)
    if isinstance(said.get("birth_date"), str):
        said["birth_date"] = normalise.dates(pl.Series([said["birth_date"]])).item()
    return said


def _customers(reader: Reader, ids: Collection[str]) -> Iterable[Mapping[str, Any]]:
    """Return some customers, with what can contradict an identifier."""
    return reader.rows("customers", columns=GOLDEN, where=[Where("customer_id", "in", sorted(ids))])


def _answer(found: _Candidate) -> Identification:
    customer = None if found.reason == UNLIKELY else found.customer_id
    return Identification(customer, found.probability, found.reason, found.because)
