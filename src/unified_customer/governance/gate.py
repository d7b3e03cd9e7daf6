"""The gate: who may be read under a purpose, decided from one state of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl

from unified_customer.core.kinds import RECORD
from unified_customer.governance.graves import ERASED
from unified_customer.governance.naming import CURRENT, current_customers
from unified_customer.policy import Policy, Request, permit
from unified_customer.policy.permit import READ
from unified_customer.store import Keys, Reader

IDENTIFIER = ["record_id", "kind", "value_key"]
SUBJECTS = pl.DataFrame(schema=dict.fromkeys(("customer_id", "subject_kind", "subject_key"), pl.String))


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
    subjects, statements = _everybody(reader, links) if customers is None else _somebody(reader, links)
    people = permit(subjects, statements, request=request, policy=policy, as_of=as_of)
    return Admission(people.join(links, on="customer_id", how="semi", maintain_order="left"), links)


def unheard(reader: Reader) -> int:
    """Return how many statements are about a record or an identifier that no customer has."""
    links = _links(reader, None)
    subjects, statements = _everybody(reader, links)
    statements = statements.filter(pl.col("subject_kind") != ERASED)
    return statements.join(subjects, on=["subject_kind", "subject_key"], how="anti").height


def _links(reader: Reader, customers: Sequence[str] | None) -> pl.DataFrame:
    keys = None if customers is None else Keys(current_customers(reader, customers), ("customer_id",))
    return reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)


def _everybody(reader: Reader, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return all statements, and of the subjects only those that a statement names: few, where people are many."""
    statements = reader.read("consents", columns=READ)
    spoken = statements.select(kind="subject_kind", value_key="subject_key").unique()
    identifiers = reader.read("identifiers", columns=IDENTIFIER, keys=Keys(spoken, ("kind", "value_key")))
    return _subjects(links, identifiers), statements


def _somebody(reader: Reader, links: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the subjects of a few customers, the statements about them, and who else holds what was spoken of."""
    identifiers = reader.read("identifiers", columns=IDENTIFIER, keys=Keys(links.select("record_id"), ("record_id",)))
    subjects = _subjects(links, identifiers)
    named = subjects.select("subject_kind", "subject_key").unique()
    keys = Keys(named, ("subject_kind", "subject_key"))
    statements = reader.read("consents", columns=READ, keys=keys)
    return pl.concat([subjects, holders(reader, statements)]).unique(), statements


def holders(reader: Reader, statements: pl.DataFrame) -> pl.DataFrame:
    """Return every customer who holds an identifier that `statements` are about: the columns of subjects."""
    spoken = statements.filter(pl.col("subject_kind") != RECORD)
    if spoken.is_empty():
        return SUBJECTS
    named = spoken.select(kind="subject_kind", value_key="subject_key").unique()
    held = reader.read("identifiers", columns=IDENTIFIER, keys=Keys(named, ("kind", "value_key")))
    keys = Keys(held.select("record_id").unique(), ("record_id",))
    links = reader.read("links", columns=["record_id", "customer_id"], where=[CURRENT], keys=keys)
    return _known(links, held)


def _subjects(links: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    """Return who can be spoken of: every record of a customer, and its identifiers."""
    records = links.select("customer_id", subject_kind=pl.lit(RECORD), subject_key=pl.col("record_id"))
    return pl.concat([records, _known(links, identifiers)]).unique()


def _known(links: pl.DataFrame, identifiers: pl.DataFrame) -> pl.DataFrame:
    return identifiers.join(links, on="record_id").select(
        "customer_id", subject_kind=pl.col("kind"), subject_key=pl.col("value_key")
    )
