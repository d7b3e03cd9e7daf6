"""What the columns of a source are like, in counts that hold no value."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.connectors.protocol import Batch, Column

if TYPE_CHECKING:
    from unified_customer.connectors.protocol import Source

SAMPLE_ROWS: Final = 1000


def sample(source: "Source", rows: int = SAMPLE_ROWS) -> pl.DataFrame:
    """Return the first `rows` readable rows of a source as they come."""
    frames, height = [], 0
    for batch in _batches(source, rows):
        frames.append(batch.frame.head(rows - height))
        height += frames[-1].height
        if height >= rows:
            break
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def _batches(source: "Source", rows: int) -> Iterator[Batch]:
    return (item for item in source.read(None, batch_rows=rows) if isinstance(item, Batch))


def described(source: "Source", rows: int = SAMPLE_ROWS) -> tuple[Column, ...]:
    """Return the columns of a source with counts over its first `rows` rows."""
    return tuple(describe(series) for series in sample(source, rows))


def describe(values: pl.Series) -> Column:
    """Return name, type and counts of one column."""
    return Column(
        name=values.name,
        dtype=str(values.dtype),
        rows=len(values),
        nulls=values.null_count(),
        distinct=_distinct(values),
        longest=_longest(values),
    )


def _distinct(values: pl.Series) -> int:
    filled = values.drop_nulls()
    if isinstance(values.dtype, (pl.Struct, pl.List, pl.Array, pl.Object)):
        return len({repr(value) for value in filled.to_list()})
    return filled.n_unique()


def _longest(values: pl.Series) -> int | None:
    if values.dtype != pl.String:
        return None
    longest = values.str.len_chars().max()
    return int(longest) if isinstance(longest, int) else 0
