"""A batch made ready to be written: rows by table, and what became of every row that came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

REJECTS: Final = {"position": pl.String(), "reason": pl.String(), "payload": pl.String()}


@dataclass(frozen=True)
class Prepared:
    """What a batch becomes.

    Attributes:
        rows: Rows of the source in this batch, whatever became of them.
        target: The table that the source fills.
        tables: Rows by table, `target` among them.
        rejects: `position`, `reason`, `payload` of rows for the quarantine.
        duplicates: Rows that repeat another row of the batch.
        skipped: Rows that an earlier load had read.
        left_out: Values that were not let in, by column.
        unreadable: Values without a normal form, by field.
        notes: What a person should know.
    """

    rows: int
    target: str
    tables: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    duplicates: int = 0
    skipped: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
