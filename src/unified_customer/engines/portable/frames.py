"""The edge: a frame of any engine in, the same kind of frame out."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from unified_customer.core.errors import SchemaError

Native: TypeAlias = Any
"""A frame that narwhals reads: of Polars (eager or lazy), DuckDB, Spark, Ibis, pandas, PyArrow, ..."""
Lazy: TypeAlias = "nw.LazyFrame[Any]"


def opened(frame: Native, *, columns: Iterable[str] = (), name: str = "frame") -> Lazy:
    """Return a frame of any engine to work on; what is in memory is worked on by Polars, with its instants in UTC.

    Args:
        frame: The frame.
        columns: Columns that it must have.
        name: What it is called if one is missing.

    Raises:
        SchemaError: narwhals cannot read it, or a column is missing.

    Examples:
        >>> opened(pl.DataFrame({"a": [1]})).select(b=nw.col("a") + 1).collect().rows()
        [(2,)]
    """
    found = _read(frame, name)
    lazy = nw.from_native(found.to_polars().lazy()) if isinstance(found, nw.DataFrame) else found
    there = lazy.collect_schema().names()
    missing = [each for each in columns if each not in there]
    if missing:
        raise SchemaError(
            f"{name!r} has no column {', '.join(map(repr, missing))}; it has {', '.join(there) or 'none'}."
        )
    return _in_utc(lazy)


def _in_utc(lazy: Lazy) -> Lazy:
    """Return instants of other zones in UTC; other engines than Polars compare them as they are."""
    if not lazy.implementation.is_polars():
        return lazy
    schema = lazy.collect_schema()
    away = [name for name, dtype in schema.items() if getattr(dtype, "time_zone", None) not in {None, "UTC"}]
    return lazy.with_columns(nw.col(*away).dt.convert_time_zone("UTC")) if away else lazy


def _read(frame: Native, name: str) -> "nw.DataFrame[Any] | Lazy":
    try:
        found: nw.DataFrame[Any] | Lazy = nw.from_native(frame)
    except TypeError as error:
        kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
        message = f"{name!r} is a {kind}, not a frame. Give one of Polars, DuckDB, Spark, Ibis, pandas or PyArrow."
        raise SchemaError(message) from error
    return found


def has(lazy: Lazy, column: str) -> bool:
    """Return whether a frame has a column."""
    return column in lazy.collect_schema().names()


def given_back(lazy: Lazy, *, like: Native) -> Native:
    """Return a frame as the kind of frame that `like` is: worked out where that was, left to its engine where not."""
    found = nw.from_native(like)
    if isinstance(found, nw.LazyFrame):
        return lazy.to_native()
    here: pl.DataFrame = lazy.collect("polars").to_native()
    if isinstance(like, pl.DataFrame):
        return here
    return here.to_arrow() if found.implementation.is_pyarrow() else here.to_pandas()


def collected(lazy: Lazy) -> pl.DataFrame:
    """Bring a frame to this machine as Polars, the same whatever the engine; it must fit.

    Instants are in UTC, whole numbers `Int64`, decimals of 38 digits.
    """
    frame: pl.DataFrame = lazy.collect("polars").to_native()
    return frame.with_columns(
        changed for name, dtype in frame.schema.items() if (changed := _alike(name, dtype)) is not None
    )


def _alike(name: str, dtype: pl.DataType) -> pl.Expr | None:
    if isinstance(dtype, pl.Datetime):
        fine = pl.col(name).dt.cast_time_unit("us")
        return fine if dtype.time_zone is None else fine.dt.convert_time_zone("UTC")
    if isinstance(dtype, pl.Decimal):
        return pl.col(name).cast(pl.Decimal(38, dtype.scale))
    return pl.col(name).cast(pl.Int64) if dtype.is_integer() else None


def settled(lazy: Lazy, *, like: Native) -> Lazy:
    """Work a frame out now, if `like` is in memory, so that it is worked out once; else leave it to its engine."""
    if isinstance(nw.from_native(like), nw.LazyFrame):
        return lazy
    return lazy.collect("polars").lazy()
