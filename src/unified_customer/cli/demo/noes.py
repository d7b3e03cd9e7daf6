"""What becomes of a no: people who never said yes, took it back, objected or were erased are in no marketing audience."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.hub import CustomerHub

MARKETING: Final = "marketing.communications.email"
SOME: Final = 5
"""How many people take a yes back, object, or ask to be erased; fewer where the shop is small."""


@dataclass(frozen=True)
class Group:
    """People who said no in one way.

    Attributes:
        said: What they did.
        people: How many they are.
        before: How many of them were in the audience before.
        after: How many of them are in it now.
        reason: What the decision says of them now.
    """

    said: str
    people: int
    before: int
    after: int
    reason: str


@dataclass(frozen=True)
class Noes:
    """What became of everybody who said no.

    Attributes:
        groups: By what they said.
        audience: Size of the marketing audience before and after.
        open_steps: Steps of the erasures that are not done, by name.
        audit_entries: Entries of the audit that were verified.
        audit_ok: Whether nobody tampered with it.
    """

    groups: tuple[Group, ...]
    audience: tuple[int, int]
    open_steps: Mapping[str, int]
    audit_entries: int
    audit_ok: bool


def say_no(hub: CustomerHub) -> Noes:
    """Let some people of the audience say no, and look who is in it afterwards."""
    before = audience(hub)
    silent = decided(hub).filter(reason="no_statement")["customer_id"]
    some = before.head(3 * SOME).to_list()
    asked = {"withdrew": some[0::3], "objected": some[1::3], "were erased": some[2::3]}
    for customer in asked["withdrew"]:
        hub.consent.record(MARKETING, "withdrawn", customer_id=customer, method="demo")
    for customer in asked["objected"]:
        request = hub.rights.requests.receive("objection", customer_id=customer, verified=True)
        hub.rights.requests.fulfil(request.request_id)
    hub.rights.erase_many(asked["were erased"])
    hub.rights.compact()
    after = set(audience(hub))
    groups = {"never said yes": silent.to_list(), **asked}
    reasons = dict(decided(hub).iter_rows())
    verified = hub.audit.verify()
    return Noes(
        tuple(_group(said, people, set(before), after, reasons) for said, people in groups.items()),
        (len(before), len(after)),
        _open_steps(hub),
        verified.entries,
        verified.ok,
    )


def audience(hub: CustomerHub) -> pl.Series:
    """Return who may be written to, in an order that does not depend on ids."""
    return hub.customers(purpose=MARKETING, columns=["customer_id", "email"]).sort("email", nulls_last=True)[
        "customer_id"
    ]


def decided(hub: CustomerHub) -> pl.DataFrame:
    """Return `customer_id` and `reason` of everybody who is known."""
    return hub.consent.decisions([MARKETING]).select("customer_id", reason=pl.col(MARKETING).cast(pl.String))


def _group(said: str, people: list[str], before: set[str], after: set[str], reasons: Mapping[str, str]) -> Group:
    why = sorted({reasons.get(each, "nothing is held") for each in people})
    return Group(said, len(people), len(before & set(people)), len(after & set(people)), ", ".join(why))


def _open_steps(hub: CustomerHub) -> dict[str, int]:
    waiting = hub.rights.erasures.steps(open_only=True).group_by("step").len().sort("step")
    return dict(waiting.iter_rows())
