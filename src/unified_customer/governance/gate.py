"""The gate: who may be read under a purpose, decided from one state of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from threading import Lock
from typing import Final

import polars as pl

from unified_customer.core.clock import just_after
from unified_customer.core.errors import ChangesExpiredError
from unified_customer.core.kinds import RECORD
from unified_customer.governance.graves import ERASED
from unified_customer.governance.naming import CURRENT, current_customers
from unified_customer.policy import Policy, Request, fold_statements, permit
from unified_customer.policy.people import PEOPLE
from unified_customer.policy.permit import READ, Folded
from unified_customer.store import Keys, Reader

IDENTIFIER = ["record_id", "kind", "value_key"]
SUBJECTS = pl.DataFrame(schema=dict.fromkeys(("customer_id", "subject_kind", "subject_key"), pl.String))

DECIDING: Final = ("consents", "identifiers", "links", "customers")
"""Tables that a decision depends on."""


@dataclass(frozen=True)
class Admission:
    """The decision about every customer.

    Attributes:
        people: One row per customer: `customer_id`, `allowed`, `reason`.
        links: One row per record with a customer: `record_id`, `customer_id`.
    """

    people: pl.DataFrame
    links: pl.DataFrame

    @cached_property
    def customers(self) -> pl.DataFrame:
        """The customers who may be read: `customer_id`."""
        return self.people.filter("allowed").select("customer_id")

    @cached_property
    def records(self) -> pl.DataFrame:
        """The records of customers who may be read: `record_id`, `customer_id`."""
        if self.customers.height == self.people.height:
            return self.links
        return self.links.join(self.customers, on="customer_id", how="semi")

    @property
    def withheld(self) -> int:
        """The number of customers who may not be read."""
        return self.people.height - self.customers.height

    def reasons(self) -> pl.DataFrame:
        """Return how many customers there are per decision: `allowed`, `reason`, `customers`."""
        grouped = self.people.group_by("allowed", "reason").agg(customers=pl.len())
        return grouped.sort("allowed", "reason", descending=[True, False])


@dataclass(frozen=True)
class _AtHand:
    """What the ledger came to when it was last looked at, and for how long that holds.

    Attributes:
        position: The position of the store.
        folded: What was said, as of then.
        until: At this instant something that was said begins or ceases to count; None: nothing ever does.
    """

    position: int
    folded: Folded
    until: datetime | None

    def holds(self, reader: Reader, as_of: datetime) -> bool:
        """Return whether it still is what the ledger comes to."""
        in_time = self.folded.as_of <= as_of and (self.until is None or as_of < self.until)
        return in_time and not any(_moved(reader, name, self.position) for name in DECIDING)


class Gate:
    """Decides who may be read, and keeps what the ledger comes to at hand for as long as nothing changes in it."""

    def __init__(self, policy: Policy) -> None:
        """Decide under `policy`."""
        self._policy = policy
        self._at_hand: _AtHand | None = None
        self._lock = Lock()

    def admit(
        self, reader: Reader, request: Request, *, as_of: datetime, customers: Sequence[str] | None = None
    ) -> Admission:
        """Return what `admit` returns under the gate's policy."""
        if customers is not None:
            return admit(reader, request, policy=self._policy, as_of=as_of, customers=customers)
        links = _links(reader, None)
        return Admission(self._folded(reader, links, as_of).decide(request), links)

    def _folded(self, reader: Reader, links: pl.DataFrame, as_of: datetime) -> Folded:
        with self._lock:
            known = self._at_hand
            if known is None or not known.holds(reader, as_of):
                position = reader.last_seq()
                known = _AtHand(position, *_fold(reader, links, self._policy, as_of))
                # Another read may be of an older state of the store; the later one is kept.
                if self._at_hand is None or self._at_hand.position <= position:
                    self._at_hand = known
        return known.folded


def admit(
    reader: Reader,
    request: Request,
    *,
    policy: Policy,
    as_of: datetime,
    customers: Sequence[str] | None = None,
) -> Admission:
    """Decide for all customers, or for `customers`, whether they may be read under `request`.

    Args:
        reader: One state of the store: the same one that the data are then read from.
        request: The purpose, and the channel and recipient where there are some.
        policy: Names the legal bases.
        as_of: Statements made strictly before it count.
        customers: Only those who hold these ids.

    Raises:
        UnknownCustomerError: Some of the ids were never issued.
    """
    links = _links(reader, customers)
    if customers is None:
        return Admission(_fold(reader, links, policy, as_of)[0].decide(request), links)
    subjects, statements = _somebody(reader, links)
    known = who_they_are(reader, policy, subjects)
    people = permit(subjects, statements, request=request, policy=policy, as_of=as_of, people=known)
    return Admission(people.join(links, on="customer_id", how="semi", maintain_order="left"), links)


def survey(reader: Reader, request: Request, *, policy: Policy, as_of: datetime) -> tuple[Admission, int]:
    """Return what `admit` returns of everybody, and how many statements are about nobody known."""
    links = _links(reader, None)
    subjects, statements = _everybody(reader, links)
    folded = _folded(reader, subjects, statements, policy, as_of)
    said = statements.filter(pl.col("subject_kind") != ERASED)
    unheard = said.join(subjects, on=["subject_kind", "subject_key"], how="anti").height
    return Admission(folded.decide(request), links), unheard


def fold_ledger(reader: Reader, policy: Policy, as_of: datetime) -> Folded:
    """Return what all statements come to, for every customer."""
    return _fold(reader, _links(reader, None), policy, as_of)[0]


def _fold(reader: Reader, links: pl.DataFrame, policy: Policy, as_of: datetime) -> tuple[Folded, datetime | None]:
    subjects, statements = _everybody(reader, links)
    return _folded(reader, subjects, statements, policy, as_of), _next_change(statements, as_of, policy)


def _folded(
    reader: Reader, subjects: pl.DataFrame, statements: pl.DataFrame, policy: Policy, as_of: datetime
) -> Folded:
    people = who_they_are(reader, policy, None)
    return fold_statements(subjects, statements, policy=policy, as_of=as_of, people=people)


def _next_change(statements: pl.DataFrame, as_of: datetime, policy: Policy) -> datetime | None:
    """Return the next instant at which a decision may be another, without anything being said."""
    begins, ends = statements.select(
        pl.col("stated_at").filter(pl.col("stated_at") >= as_of).min().alias("begins"),
        pl.col("expires_at").filter(pl.col("expires_at") > as_of).min().alias("ends"),
    ).row(0)
    birthdays = datetime.combine(as_of.date() + timedelta(days=1), time(), tzinfo=UTC) if policy.ages else None
    to_come = (None if begins is None else just_after(begins), ends, birthdays)
    return min((each for each in to_come if each is not None), default=None)


def _moved(reader: Reader, name: str, position: int) -> bool:
    try:
        return not reader.changes(name, since=position, limit=1).is_empty()
    except ChangesExpiredError:
        return True


def who_they_are(reader: Reader, policy: Policy, customers: pl.DataFrame | None) -> pl.DataFrame | None:
    """Return where `customers` (None: all) live and when they were born, where the policy makes a difference by it."""
    if not policy.by_person:
        return None
    keys = None if customers is None else Keys(customers.select("customer_id").unique(), ("customer_id",))
    return reader.read("customers", columns=list(PEOPLE), keys=keys)


def _links(reader: Reader, customers: Sequence[str] | None) -> pl.DataFrame:
    keys = None if customers is None else Keys(current_customers(reader, customers), ("customer_id",))
    return _current(reader, keys)


def _current(reader: Reader, keys: Keys | None) -> pl.DataFrame:
    return reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)


def _everybody(reader: Reader, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return all statements, and of the identifiers only those that a statement names: few, where people are many."""
    statements = reader.read("consents", columns=READ)
    named = statements.filter(pl.col("subject_kind") != RECORD)
    spoken = named.select(kind="subject_kind", value_key="subject_key").unique()
    identifiers = reader.read("identifiers", columns=IDENTIFIER, keys=Keys(spoken, ("kind", "value_key")))
    return _subjects(links, identifiers), statements


def _somebody(reader: Reader, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the subjects of a few customers, the statements about them, and who else holds what was spoken of."""
    subjects = _subjects(links, _identifiers(reader, links))
    statements = _about(reader, subjects)
    return pl.concat([subjects, holders(reader, statements)]).unique(), statements


def _identifiers(reader: Reader, links: pl.DataFrame) -> pl.DataFrame:
    return reader.read("identifiers", columns=IDENTIFIER, keys=Keys(links.select("record_id"), ("record_id",)))


def _about(reader: Reader, subjects: pl.DataFrame) -> pl.DataFrame:
    keys = Keys(subjects.select("subject_kind", "subject_key").unique(), ("subject_kind", "subject_key"))
    return reader.read("consents", columns=READ, keys=keys)


def holders(reader: Reader, statements: pl.DataFrame) -> pl.DataFrame:
    """Return every customer who holds an identifier that `statements` are about: the columns of subjects."""
    spoken = statements.filter(pl.col("subject_kind") != RECORD)
    if spoken.is_empty():
        return SUBJECTS
    named = spoken.select(kind="subject_kind", value_key="subject_key").unique()
    held = reader.read("identifiers", columns=IDENTIFIER, keys=Keys(named, ("kind", "value_key")))
    return _known(_current(reader, Keys(held.select("record_id").unique(), ("record_id",))), held)


def said_of(reader: Reader, subjects: Sequence[tuple[str, str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return everything that those whom `subjects`, `(kind, key)`, are about are known by, and what was said of it.

    Where records are among them, it is the customer of these; else all who hold the identifier. A subject that nobody
    holds stands for somebody by itself.
    """
    named = pl.DataFrame(subjects, schema=["subject_kind", "subject_key"], orient="row")
    records = named.filter(pl.col("subject_kind") == RECORD).select(record_id="subject_key")
    held = holders(reader, named) if records.is_empty() else _current(reader, Keys(records, ("record_id",)))
    owners = held.select("customer_id").unique()
    links = _current(reader, Keys(owners, ("customer_id",)))
    itself = named.select(pl.col("subject_key").alias("customer_id"), "subject_kind", "subject_key")
    known = itself if owners.is_empty() else _subjects(links, _identifiers(reader, links))
    return known, _about(reader, known)


def _subjects(links: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return who can be spoken of: every record of a customer, and its identifiers."""
    records = links.select("customer_id", subject_kind=pl.lit(RECORD), subject_key=pl.col("record_id"))
    return pl.concat([records, _known(links, identifiers).unique()])


def _known(links: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    return identifiers.join(links, on="record_id").select(
        "customer_id", subject_kind=pl.col("kind"), subject_key=pl.col("value_key")
    )
