"""Carrying out a plan inside one transaction: rows, statements, tombstones and what is left to do stand or fall together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.keys import Keyring
from unified_customer.core.tables import TOMBSTONES
from unified_customer.governance.erasure import reach, steps
from unified_customer.governance.erasure.graveyard import COLUMNS, graveyard_path
from unified_customer.governance.erasure.plan import OWNER, Plan, plan_for
from unified_customer.governance.erasure.proofs import concerned, keep_as_proofs
from unified_customer.governance.erasure.removing import QUARANTINED, in_quarantine, remove
from unified_customer.policy import Policy
from unified_customer.store import Writer


@dataclass(frozen=True)
class Erasure:
    """One person who goes.

    Attributes:
        erasure_id: Its id.
        customer_id: The customer.
        erased_at: From when rows that name the person are kept out.
        request_id: The request that asked for it.
    """

    erasure_id: str
    customer_id: str
    erased_at: datetime
    request_id: str | None


@dataclass(frozen=True)
class Carrier:
    """What a plan is carried out with.

    Attributes:
        keyring: Makes the proofs.
        policy: Names who gets data from the hub.
        path: The file of the store; None where it is none.
    """

    keyring: Keyring
    policy: Policy
    path: Path | None

    def carry_out(
        self,
        writer: Writer,
        people: pl.DataFrame,
        erasures: Sequence[Erasure],
        *,
        at: datetime,
        graves: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """Erase `people` (`record_id`, `owner`); return the tombstones, as a graveyard has them.

        Args:
            writer: A transaction.
            people: Who goes, by the `customer_id` of one of `erasures`.
            erasures: Who goes.
            at: The present instant.
            graves: Tombstones that are known from before, to be kept as they are.
        """
        plan = plan_for(writer, people)
        duties = reach.obligations(writer, plan, self.policy, own=self.path)
        quarantined = in_quarantine(writer, plan)
        writer.delete(QUARANTINED, quarantined.select("quarantine_id"))
        said = concerned(writer, plan)
        reach.scrub_fits(writer, plan)
        reach.drop_checkpoints(writer, plan)
        removed = remove(writer, plan)
        keep_as_proofs(writer, said, self.keyring)
        buried = _buried(plan, erasures, graves)
        writer.upsert("tombstones", TOMBSTONES.conform(buried.select(list(TOMBSTONES.columns))))
        told = _Told(
            removed, _counts(said), _counts(quarantined), _counts(buried.rename({"customer_id": OWNER})), duties
        )
        steps.write_steps(writer, [row for each in erasures for row in self._steps(each, told)], at=at)
        return buried

    def _steps(self, erasure: Erasure, told: "_Told") -> Sequence[Mapping[str, Any]]:
        owner = erasure.customer_id
        tables = told.tables(owner)
        head = {"erasure_id": erasure.erasure_id, "customer_id": owner, "request_id": erasure.request_id}
        done: list[dict[str, Any]] = [
            {"step": steps.ROWS, "state": "done", "rows": sum(tables.values()), "detail": tables},
            {"step": steps.QUARANTINE, "state": "done", "rows": told.quarantined.get(owner, 0)},
            {"step": steps.CONSENTS, "state": "done", "rows": told.statements.get(owner, 0)},
            {"step": steps.TOMBSTONES, "state": "done", "rows": told.graves.get(owner, 0)},
        ]
        if self.path is not None:
            done.append({"step": steps.TOMBSTONE_FILE, "target": graveyard_path(self.path).name, "state": "open"})
        due = told.duties.filter(pl.col(OWNER) == owner).drop(OWNER).to_dicts()
        return [{**head, **row} for row in (*done, *({**each, "state": "open"} for each in due), *_BYTES)]


_BYTES: Final = ({"step": steps.BYTES, "state": "open"},)


@dataclass(frozen=True)
class _Told:
    """What was done, by person."""

    removed: pl.DataFrame
    statements: Mapping[str, int]
    quarantined: Mapping[str, int]
    graves: Mapping[str, int]
    duties: pl.DataFrame

    def tables(self, owner: str) -> dict[str, int]:
        return dict(self.removed.filter(pl.col(OWNER) == owner).select("table", "rows").iter_rows())


def _counts(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.group_by(OWNER).len().iter_rows())


def _buried(plan: Plan, erasures: Sequence[Erasure], known: pl.DataFrame | None) -> pl.DataFrame:
    told = pl.DataFrame([vars(each) for each in erasures], schema={name: COLUMNS[name] for name in vars(erasures[0])})
    graves = plan.graves.rename({OWNER: "customer_id"}).join(told, on="customer_id").select(list(COLUMNS))
    if known is None:
        return graves
    return pl.concat([known.select(list(COLUMNS)), graves]).unique(
        ["kind", "value_key"], keep="first", maintain_order=True
    )
