"""What an erasure would do, before anybody does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import polars as pl

from unified_customer.governance.erasure import reach
from unified_customer.governance.erasure.holding import Hold, standing_for
from unified_customer.governance.erasure.plan import people_of, plan_for, unresolved
from unified_customer.governance.erasure.proofs import concerned
from unified_customer.governance.erasure.removing import KEPT, QUARANTINED, foreseen, in_quarantine
from unified_customer.policy import Policy
from unified_customer.store import Keys, Reader


@dataclass(frozen=True)
class ErasurePreview:
    """What an erasure would do: counts and hashes, never values.

    Attributes:
        customer_id: Whom it would erase.
        records: Every id of theirs, sorted: the records that are joined to this customer.
        rows: Rows that would go, by table; of statements, those that would become proofs.
        identifiers: How many identifiers would go and be refused from then on, by kind.
        shared: How many identifiers others carry too, and which therefore stay, by kind.
        artifacts: Fits that would have to be made anew.
        copies: Exports and backups that hold the person and are still there, and where they were written to.
        destinations: Who gets data from the hub, and would have to be told.
        unresolved: Records that nobody resolved yet and that may be theirs; the erasure is refused while there are any.
        holds: Legal holds; the erasure is refused while one stands.
        kept: What stays, and why, by table.
    """

    customer_id: str
    records: tuple[str, ...]
    rows: Mapping[str, int]
    identifiers: Mapping[str, int]
    shared: Mapping[str, int]
    artifacts: tuple[str, ...]
    copies: Mapping[str, str | None]
    destinations: tuple[str, ...]
    unresolved: int
    holds: tuple[Hold, ...]
    kept: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(KEPT))

    @property
    def blocked(self) -> bool:
        """Whether the erasure would be refused."""
        return bool(self.unresolved or self.holds)


def preview(reader: Reader, holder: str, *, policy: Policy, own: Path | None, as_of: datetime) -> ErasurePreview:
    """Return what the erasure of the customer `holder` would do."""
    people = people_of(reader, pl.Series([holder]))
    plan = plan_for(reader, people)
    duties = reach.obligations(reader, plan, policy, own=own)
    targets = {step: tuple(part["target"]) for (step,), part in duties.partition_by("step", as_dict=True).items()}
    rows = dict(foreseen(reader, plan).select("table", "rows").iter_rows())
    others = {QUARANTINED: in_quarantine(reader, plan).height, "consents": concerned(reader, plan).height}
    return ErasurePreview(
        customer_id=holder,
        records=tuple(people["record_id"]),
        rows={name: count for name, count in {**rows, **others}.items() if count},
        identifiers=_by_kind(plan.exclusive),
        shared=_by_kind(plan.shared),
        artifacts=targets.get(reach.FIT, ()),
        copies=_places(reader, [each for kind in reach.COPIES for each in targets.get(kind, ())]),
        destinations=targets.get(reach.DESTINATION, ()),
        unresolved=unresolved(reader, people),
        holds=standing_for(reader, people["record_id"], as_of=as_of),
    )


def _by_kind(identifiers: pl.DataFrame) -> dict[str, int]:
    return dict(identifiers.group_by("kind").len().sort("kind").iter_rows())


def _places(reader: Reader, copies: list[str]) -> dict[str, str | None]:
    made = pl.Series("artifact_id", copies, dtype=pl.String)
    there = made.filter(~made.is_in(reach.gone_copies(reader, made).implode()))
    keys = Keys(there.to_frame(), ("artifact_id",))
    return dict(reader.read("artifacts", columns=["artifact_id", "location"], keys=keys, order_by=["seq"]).iter_rows())
