"""How far a purpose reaches: how many customers may be read for it, and why not the others."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.tables import table
from unified_customer.governance.door import READABLE
from unified_customer.governance.gate import survey
from unified_customer.policy import Policy, Request
from unified_customer.store import Reader


@dataclass(frozen=True)
class Coverage:
    """How far a purpose reaches.

    Attributes:
        purpose: The purpose asked about.
        basis: The legal basis that the policy names for it.
        customers: Number of customers known.
        allowed: Number of them who may be read.
        reasons: `allowed`, `reason`, `customers`: how many for which reason.
        unheard: Number of statements, about any purpose, of records and identifiers that no customer has (yet).
        withheld_fields: `table`, `field`, `category`: what the purpose may not see of those who may be read.
    """

    purpose: str
    basis: str
    customers: int
    allowed: int
    reasons: pl.DataFrame
    unheard: int
    withheld_fields: pl.DataFrame


def coverage_of(reader: Reader, request: Request, *, policy: Policy, as_of: datetime, actor: Actor) -> Coverage:
    """Return how many customers `request` reaches under `policy`, by the statements made strictly before `as_of`."""
    admission, lost = survey(reader, request, policy=policy, as_of=as_of)
    return Coverage(
        purpose=request.purpose,
        basis=policy.basis_of(request.purpose),
        customers=admission.people.height,
        allowed=admission.customers.height,
        reasons=admission.reasons(),
        unheard=lost,
        withheld_fields=_withheld(policy, request.purpose, actor),
    )


def _withheld(policy: Policy, purpose: str, actor: Actor) -> pl.DataFrame:
    rows = [
        (name, field, table(name).fields[field].category)
        for name in READABLE
        for field in policy.visible_columns(table(name), purpose, actor=actor).withheld
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(("table", "field", "category"), pl.String), orient="row")
