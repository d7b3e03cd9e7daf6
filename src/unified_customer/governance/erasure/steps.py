"""How far an erasure is: steps that are only ever added to, and the receipt that is folded from them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.models.rights import StepState
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import ERASURE_STEPS
from unified_customer.policy.periods import Period
from unified_customer.store import Reader, Where, Writer

ROWS: Final = "rows"
CONSENTS: Final = "consents"
QUARANTINE: Final = "quarantine"
TOMBSTONES: Final = "tombstones"
TOMBSTONE_FILE: Final = "tombstone_file"
BYTES: Final = "bytes"
SETTLED: Final = ("done", "waived")

WITHIN: Final = Period(months=1)
"""By when what is open has to be done: without undue delay, and within a month (GDPR Art. 12(3))."""

_TOLD: Final = {"quarantine": QUARANTINE, "consents": CONSENTS}
_KEY: Final = ["erasure_id", "step", "target"]


@dataclass(frozen=True)
class ErasureStep:
    """One step of an erasure.

    Attributes:
        step: What is done: `rows`, `consents`, `quarantine`, `tombstones`, `tombstone_file`, `bytes`, or what has to be
            followed up: `artifact`, `export`, `backup`, `destination`.
        target: Of what; empty where there is only one.
        state: `open`, `done`, `failed` or `waived`.
        at: Since when.
        rows: Rows concerned.
        due_at: By when it has to be done, where it is not.
        detail: Counts and settings.
    """

    step: str
    target: str
    state: StepState
    at: datetime
    rows: int | None = None
    due_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ErasureReceipt:
    """What an erasure did and what is left to do: counts and hashes, never values.

    Attributes:
        erasure_id: The erasure.
        customer_id: The customer that was.
        request_id: The request that asked for it.
        erased_at: When the rows were deleted.
        steps: Every step with its last state, in the order in which they began.
    """

    erasure_id: str
    customer_id: str
    request_id: str | None
    erased_at: datetime
    steps: tuple[ErasureStep, ...]

    @property
    def complete(self) -> bool:
        """Whether every step is done, or was waived by a person."""
        return all(each.state in SETTLED for each in self.steps)

    @property
    def open(self) -> tuple[ErasureStep, ...]:
        """The steps that are not done: open or failed."""
        return tuple(each for each in self.steps if each.state not in SETTLED)

    @property
    def rows(self) -> dict[str, int]:
        """Rows that went, by table; of statements, those that became proofs."""
        counts: dict[str, int] = dict(self._of(ROWS).detail) if self._of(ROWS) else {}
        told = {table: self._of(step).rows or 0 for table, step in _TOLD.items()}
        return {name: count for name, count in {**counts, **told}.items() if count}

    @property
    def tombstones(self) -> int:
        """Keyed hashes that are now refused."""
        return self._of(TOMBSTONES).rows or 0

    @property
    def bytes_pending(self) -> bool:
        """Whether deleted bytes are still in the files until `compact()`."""
        return self._of(BYTES).state not in SETTLED

    @property
    def due_at(self) -> datetime | None:
        """By when the next open step has to be done; None: nothing is open."""
        return min((each.due_at for each in self.open if each.due_at is not None), default=None)

    def _of(self, step: str) -> ErasureStep:
        return next(each for each in self.steps if each.step == step)


def step_rows(rows: Sequence[Mapping[str, Any]], *, at: datetime) -> pl.DataFrame:
    """Return rows of `erasure_steps`; what is open gets the day by which it has to be done."""
    due = {"open": WITHIN.after(at)}
    filled = [
        {
            **dict.fromkeys(ERASURE_STEPS.columns),
            "target": "",
            "at": at,
            "due_at": due.get(str(row["state"])),
            **row,
            "detail": canonical_json(dict(row["detail"])) if row.get("detail") else None,
        }
        for row in rows
    ]
    return pl.DataFrame(filled, schema=ERASURE_STEPS.columns)


def write_steps(writer: Writer, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Add states of steps: `erasure_id`, `step`, `state`, and what else is to be told."""
    if rows:
        writer.append("erasure_steps", step_rows(rows, at=at))


def settle(writer: Writer, standing: pl.DataFrame, *, state: StepState, at: datetime, detail: Mapping[str, Any]) -> int:
    """Give some steps that are not done another state; return how many.

    Args:
        writer: A transaction.
        standing: Rows that `latest` returned.
        state: What they are now.
        at: Since when.
        detail: How.
    """
    kept = ("erasure_id", "step", "target", "customer_id", "request_id", "rows")
    rows = [{**row, "state": state, "detail": detail} for row in standing.select(kept).to_dicts()]
    write_steps(writer, rows, at=at)
    return len(rows)


def latest(reader: Reader, *, where: Sequence[Where] = (), open_only: bool = False) -> pl.DataFrame:
    """Return the last state of each step, in the order in which they began: the columns of `erasure_steps`."""
    told = reader.read("erasure_steps", columns=[*ERASURE_STEPS.columns, "seq"], where=where, order_by=["seq"])
    began = told.group_by(_KEY, maintain_order=True).agg(began=pl.col("seq").first(), seq=pl.col("seq").last())
    last = told.join(began, on=[*_KEY, "seq"], maintain_order="left").sort("began").select(list(ERASURE_STEPS.columns))
    return last.filter(~pl.col("state").is_in(SETTLED)) if open_only else last


def receipts(reader: Reader, erasure_ids: Sequence[str] | None = None) -> dict[str, ErasureReceipt]:
    """Return receipts by erasure, of all or of some."""
    if erasure_ids is None:
        rows = latest(reader)
        first = reader.read("erasure_steps", columns=["erasure_id", "at"], order_by=["seq"])
    else:
        where = [Where("erasure_id", "in", list(erasure_ids))]
        rows = latest(reader, where=where)
        first = reader.read("erasure_steps", columns=["erasure_id", "at"], where=where, order_by=["seq"])
    began: dict[str, datetime] = dict(first.unique("erasure_id", keep="first", maintain_order=True).iter_rows())
    parts = rows.partition_by("erasure_id", as_dict=True, maintain_order=True)
    return {str(name): _receipt(str(name), part, began[str(name)]) for (name,), part in parts.items()}


def _receipt(erasure_id: str, rows: pl.DataFrame, began: datetime) -> ErasureReceipt:
    steps = tuple(_step(row) for row in rows.iter_rows(named=True))
    head = rows.row(0, named=True)
    return ErasureReceipt(erasure_id, str(head["customer_id"]), head["request_id"], began, steps)


def _step(row: Mapping[str, Any]) -> ErasureStep:
    told = {name: row[name] for name in ("step", "target", "state", "at", "rows", "due_at")}
    return ErasureStep(**told, detail=json.loads(row["detail"]) if row["detail"] else {})
