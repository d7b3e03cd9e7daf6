"""Functions of Polars frames on the rows of Spark, through Arrow."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.engines.spark.frames import from_arrow, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

Work = Callable[[pl.DataFrame], Iterable[pl.DataFrame]]
"""What is done to some rows. It is sent to the workers: a function of a module, or a `partial` of one."""

ROWS: Final = 50_000
"""About so many rows are worked on at once."""


def map_chunks(frame: "DataFrame", work: Work, schema: Mapping[str, str], *, rows: int = ROWS) -> "DataFrame":
    """Return what `work` makes of all rows, some at a time.

    Args:
        frame: The rows. Times come in UTC and without a zone.
        work: Its answer must not depend on which rows come together.
        schema: The columns of what it returns, with their types in the words of Spark SQL.
        rows: About so many at a time.
    """
    return _mapped(frame, partial(_chunk_by_chunk, work, None, rows, frame.columns), schema)


def map_groups(frame: "DataFrame", work: Work, schema: Mapping[str, str], *, by: str, rows: int = ROWS) -> "DataFrame":
    """Return what `work` makes of all rows, some groups at a time, each group whole.

    Args:
        frame: The rows.
        work: As for `map_chunks`; a group must fit into the memory of a worker.
        schema: As for `map_chunks`.
        by: The column whose values are the groups.
        rows: About so many at a time, or one group.
    """
    together = frame.repartition(by).sortWithinPartitions(by)
    return _mapped(together, partial(_chunk_by_chunk, work, by, rows, frame.columns), schema)


_Batches = Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]


def _mapped(frame: "DataFrame", work: _Batches, schema: Mapping[str, str]) -> "DataFrame":
    # Columns of any name pass, under a number each.
    declared = ", ".join(f"_{place} {kind}" for place, kind in enumerate(schema.values()))
    numbered = frame.toDF(*(f"_{place}" for place in range(len(frame.columns))))
    with warnings.catch_warnings():
        # PySpark asks for pandas, whatever is done, and doubts its newest release. No row passes through it here.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        return numbered.mapInArrow(work, declared).toDF(*schema)


def _chunk_by_chunk(
    work: Work, by: str | None, rows: int, columns: Sequence[str], batches: Iterable["pa.RecordBatch"]
) -> Iterator["pa.RecordBatch"]:
    named = (batch.rename_columns(list(columns)) for batch in batches)
    for chunk in chunks(named, by=by, rows=rows):
        for found in work(chunk):
            numbered = found.rename({name: f"_{place}" for place, name in enumerate(found.columns)})
            yield from to_arrow(numbered).to_batches()


def chunks(batches: Iterable["pa.RecordBatch"], *, by: str | None, rows: int) -> Iterator[pl.DataFrame]:
    """Put batches together until there are enough rows; with `by`, where one group ends and the next begins."""
    waiting: list[pl.DataFrame] = []
    size, enough = 0, rows
    for batch in batches:
        waiting.append(_frame(batch))
        size += batch.num_rows
        if size >= enough:
            whole, rest = _cut(pl.concat(waiting), by)
            if len(whole):
                yield whole
            waiting, size = [rest], len(rest)
            # What is one group so far need not be looked at again with every batch.
            enough = max(rows, 2 * size)
    if size:
        yield pl.concat(waiting)


def _frame(batch: "pa.RecordBatch") -> pl.DataFrame:
    import pyarrow as pa

    return from_arrow(pa.Table.from_batches([batch]))


def _cut(chunk: pl.DataFrame, by: str | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the last group, which may go on, from those before."""
    if by is None:
        return chunk, chunk.clear()
    before = int((chunk[by] != chunk[by][-1]).sum()) if len(chunk) else 0
    return chunk[:before], chunk[before:]
