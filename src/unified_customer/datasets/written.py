"""What a writer of one source reports: its rows, whose they are, and which of them are broken on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")
RECORDS: Final = pl.Schema(
    {
        "source_id": pl.String(),
        "kind": pl.String(),
        "person": pl.Int64(),
        "linkable": pl.Boolean(),
        "shared": pl.Boolean(),
        "broken": pl.String(),
    }
)
CONSENTS: Final = pl.Schema(
    {
        "person": pl.Int64(),
        "source_id": pl.String(),
        "purpose": pl.String(),
        "granted": pl.Boolean(),
        "stated": pl.Int64(),
    }
)
PLANTED: Final = pl.Schema({"row": pl.Int64(), "reason": pl.String(), "source_id": pl.String()})


@dataclass(frozen=True, slots=True)
class Written:
    """The report of one source.

    Attributes:
        rows: Data rows in the file, the broken ones included.
        records: Whose each id of the source is, in the columns of `RECORDS`.
        planted: The rows broken on purpose, in the columns of `PLANTED`; `row` counts data rows from 1.
        consents: The statements to be seen in the source, in the columns of `CONSENTS`.
        repeated: Rows that are a second delivery of another.
    """

    rows: int
    records: pl.DataFrame
    planted: pl.DataFrame
    consents: pl.DataFrame
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Bad(Generic[T]):
    """A row broken on purpose; without a `source_id` it is nobody's."""

    reason: str
    row: T
    source_id: str | None = None
    person: int | None = None


def records(
    source_id: Sequence[str] | pl.Series,
    person: Sequence[int | None] | pl.Series,
    *,
    kind: str,
    linkable: Sequence[bool] | pl.Series | None = None,
    shared: Sequence[bool] | pl.Series | None = None,
) -> pl.DataFrame:
    """Return the truth about sound rows."""
    rows = len(source_id)
    return pl.DataFrame(
        {
            "source_id": source_id,
            "kind": [kind] * rows,
            "person": person,
            "linkable": [True] * rows if linkable is None else linkable,
            "shared": [False] * rows if shared is None else shared,
            "broken": [None] * rows,
        },
        schema=RECORDS,
    )


def broken_records(bad: Iterable[Bad[T]], *, kind: str) -> pl.DataFrame:
    """Return the truth about broken rows that have an id of their own."""
    rows = {each.source_id: each for each in bad if each.source_id is not None and each.person is not None}
    columns = {
        "source_id": list(rows),
        "kind": [kind] * len(rows),
        "person": [each.person for each in rows.values()],
        "linkable": [False] * len(rows),
        "shared": [False] * len(rows),
        "broken": [each.reason for each in rows.values()],
    }
    return pl.DataFrame(columns, schema=RECORDS)


def interleave(rng: np.random.Generator, good: Sequence[T], bad: Sequence[Bad[T]]) -> tuple[list[T], pl.DataFrame]:
    """Put the broken rows at random places between the others, which keep their order."""
    total = len(good) + len(bad)
    places = np.sort(rng.choice(total, size=len(bad), replace=False)) if bad else np.zeros(0, dtype=np.int64)
    at_place = dict(zip(places.tolist(), rng.permutation(len(bad)).tolist(), strict=True))
    rest = iter(good)
    rows = [bad[at_place[place]].row if place in at_place else next(rest) for place in range(total)]
    columns = {
        "row": [place + 1 for place in at_place],
        "reason": [bad[which].reason for which in at_place.values()],
        "source_id": [bad[which].source_id for which in at_place.values()],
    }
    return rows, pl.DataFrame(columns, schema=PLANTED)


def no_consents() -> pl.DataFrame:
    """Return no statements."""
    return pl.DataFrame(schema=CONSENTS)
