"""Rows of one load that say different things of one key at one time, and rows that say the same twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

CONFLICT: Final = "row: conflicting_versions"


@dataclass(frozen=True, eq=False)
class Versions:
    """What was found.

    Attributes:
        conflicts: `row` and `reason` of every copy of a key and time with different contents; for `Mapped.reject`.
        frame: The other rows, identical copies once.
        duplicates: How many copies were collapsed.
    """

    conflicts: pl.DataFrame
    frame: pl.DataFrame
    duplicates: int


def conflicting_versions(frame: pl.DataFrame, *, key: Sequence[str], row: str = "row") -> Versions:
    """Find rows with one key and different contents, and collapse those with one key and the same content.

    Args:
        frame: Typed rows of one load.
        key: Columns that name a version, such as `source_id` and `observed_at`; a null equals a null.
        row: The column with the row number, which is no content.

    Examples:
        >>> rows = pl.DataFrame(
        ...     {"row": [1, 2, 3, 4], "id": ["a", "a", "b", "b"], "city": ["Bonn", "Rom", "Ulm", "Ulm"]}
        ... )
        >>> found = conflicting_versions(rows, key=["id"])
        >>> found.conflicts["row"].to_list(), found.frame["row"].to_list(), found.duplicates
        ([1, 2], [3], 1)
    """
    content = [name for name in frame.columns if name != row]
    repeated = frame.filter(pl.struct(key).is_duplicated())
    if repeated.is_empty():
        return Versions(_conflicts(repeated, row), frame, 0)
    contents = repeated.unique(content).group_by(key).len("contents")
    marked = repeated.join(contents, on=list(key), how="left", nulls_equal=True, maintain_order="left")
    clashing = marked.filter(pl.col("contents") > 1)
    sound = frame.filter(~pl.col(row).is_in(clashing[row].implode()))
    once = sound.unique(content, keep="first", maintain_order=True)
    return Versions(_conflicts(clashing, row), once, sound.height - once.height)


def _conflicts(rows: pl.DataFrame, row: str) -> pl.DataFrame:
    return rows.select(pl.col(row).alias("row"), pl.lit(CONFLICT).alias("reason"))
