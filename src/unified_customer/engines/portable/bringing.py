"""Small frames brought to where a large one is."""

from typing import Any

import narwhals as nw
import polars as pl

from unified_customer.engines.portable.frames import Lazy


def brought(frame: pl.DataFrame, *, like: Lazy) -> Lazy:
    """Return a frame of this machine on the engine of another one, so that the two can be joined.

    On DuckDB it belongs to the connection of `like`; on Spark to its session; on Ibis it is a table in memory.

    Args:
        frame: The frame; it is copied.
        like: A frame of the engine.

    Examples:
        >>> from unified_customer.engines.portable import opened
        >>> other = opened(pl.DataFrame({"a": [1]}))
        >>> brought(pl.DataFrame({"b": [2]}), like=other).collect().rows()
        [(2,)]
    """
    engine, native = like.implementation, like.to_native()
    if engine.is_polars():
        return nw.from_native(frame.lazy())
    if engine.is_pyspark() or engine.is_pyspark_connect():
        from unified_customer.engines.spark.frames import from_polars

        return nw.from_native(from_polars(native.sparkSession, frame))
    if engine.is_duckdb():
        return nw.from_native(_on_duckdb(native, frame))  # type: ignore[no-any-return]  # a lazy frame, as the relation is one
    in_memory: Lazy = nw.from_native(like.__native_namespace__().memtable(frame.to_arrow()))
    return in_memory


def _on_duckdb(relation: Any, frame: pl.DataFrame) -> Any:
    """Name the frame in a query of the relation, which takes it into the relation's connection."""
    brought_here = frame.to_arrow()  # noqa: F841  # the query finds it by its name
    return relation.query("relation_beside", "select * from brought_here")
