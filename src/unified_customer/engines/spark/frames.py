"""Frames of Spark: to and from Polars, aggregates, and when they are worked out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import polars as pl

from unified_customer.core.errors import SchemaError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

Frame: TypeAlias = "DataFrame"


def to_arrow(frame: pl.DataFrame) -> "pa.Table":
    """Return a frame as an Arrow table of the types that Spark reads: no views, nothing large."""
    table = cast("pa.Table", frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return table.cast(_plain_schema(table.schema))


def _plain_schema(schema: "pa.Schema") -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type)) for field in kind])
    return {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}.get(kind, kind)


def from_arrow(table: "pa.Table") -> pl.DataFrame:
    """Return an Arrow table as a frame, with times in UTC and without a zone."""
    frame = cast("pl.DataFrame", pl.from_arrow(table))
    zoned = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    return frame.with_columns(pl.col(zoned).dt.convert_time_zone("UTC").dt.replace_time_zone(None))


def from_polars(session: "SparkSession", frame: pl.DataFrame) -> "DataFrame":
    """Put a frame on Spark."""
    return session.createDataFrame(to_arrow(frame))


def to_polars(frame: "DataFrame") -> pl.DataFrame:
    """Bring a frame to this machine; it must fit."""
    return from_arrow(frame.toArrow())


def column_type(frame: "DataFrame", column: str) -> str:
    """Return the type of a column in the words of Spark SQL.

    Raises:
        SchemaError: There is no such column.
    """
    if column not in frame.columns:
        raise SchemaError(f"The frame has no column {column!r}; it has {', '.join(frame.columns)}.")
    return frame.schema[column].dataType.simpleString()


def grouped(frame: "DataFrame", *by: str, **aggregates: str) -> "DataFrame":
    """Return a row for each group, or one for all, with SQL aggregates by the names that they are to have."""
    from pyspark.sql import functions

    return frame.groupBy(*by).agg(*(functions.expr(said).alias(name) for name, said in aggregates.items()))


def settled(frame: "DataFrame") -> "DataFrame":
    """Work a frame out now and forget how.

    The rows are kept by the executors; where the session has a checkpoint folder (`spark.checkpoint.dir`), in that, so
    that they survive the loss of one.
    """
    folder = frame.sparkSession.sparkContext.getCheckpointDir()
    return frame.localCheckpoint() if folder is None else frame.checkpoint()


@contextmanager
def kept(frame: "DataFrame") -> Iterator["DataFrame"]:
    """Keep the rows of a frame, once they are worked out, as long as the block lasts."""
    held = frame.persist()
    try:
        yield held
    finally:
        held.unpersist()
