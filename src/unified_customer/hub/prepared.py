"""A batch made ready to be written: rows by table, and what became of every row that came."""

from collections.abc import Callable, Mapping
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
        refuse: Given rows of the target table and a reason, returns the batch with these rejected: for what only shows
            when they are compared with the store.
        skipped: Rows that an earlier load had read.
        left_out: Values that were not let in, by column.
        unreadable: Values without a normal form, by field.
        notes: What a person should know.
    """

    rows: int
    target: str
    tables: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    refuse: Callable[[pl.DataFrame, str], "Prepared"]
    skipped: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
