"""Frames that are written to a store, checked against their table once for all kinds of stores."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import RECORDED_AT, SEQ, Table, table
from unified_customer.store.query import comparable, matchable

FIRST_SEQ: Final = "_first_seq"
"""Hidden column: the `seq` with which a row came, kept when it is replaced."""


def appendable(name: str, frame: pl.DataFrame) -> tuple[Table, pl.DataFrame]:
    """Return the table and the conformed frame of an append.

    Raises:
        SchemaError: The frame does not fit, or the table is not append-only.
    """
    target = _append_only(name)
    return target, target.conform(frame)


def appendable_row(name: str, row: Mapping[str, Any]) -> tuple[Table, dict[str, Any]]:
    """Return the table and the row of an append with every column of the table, missing nullable ones as nulls.

    Raises:
        SchemaError: The row does not fit, or the table is not append-only.
    """
    target = _append_only(name)
    if unknown := sorted(row.keys() - target.columns.keys()):
        message = f"A row for table {name!r} has {', '.join(unknown)}, which the table has not."
        raise SchemaError(message)
    for column, dtype in target.columns.items():
        if column not in row and not target.schema.columns()[column].nullable:
            message = f"A row for table {name!r} has no column {column!r}, which the table requires."
            raise SchemaError(message)
        if not _fits(dtype, row.get(column)):
            message = (
                f"A row for table {name!r} has a {type(row[column]).__name__} in column {column!r}: it holds {dtype}."
            )
            raise SchemaError(message)
    return target, {column: row.get(column) for column in target.columns}


def _append_only(name: str) -> Table:
    target = table(name)
    if not target.append_only:
        message = f"Table {name!r} is not append-only. Write to it with upsert()."
        raise SchemaError(message)
    return target


def _fits(dtype: pl.DataType, value: Any) -> bool:
    if isinstance(dtype, pl.List):
        # Only lists have an inner type.
        return value is None or (isinstance(value, list) and all(_fits(dtype.inner, each) for each in value))  # type: ignore[arg-type]  # a list has an inner type
    return value is None or comparable(dtype, value)


def upsertable(name: str, frame: pl.DataFrame) -> tuple[Table, pl.DataFrame]:
    """Return the table and the conformed frame of an upsert.

    Raises:
        SchemaError: The frame does not fit, two of its rows have one key, or the table is append-only.
    """
    target = table(name)
    if target.append_only:
        message = f"Table {name!r} is append-only. Write to it with append()."
        raise SchemaError(message)
    conformed = target.conform(frame)
    _refuse_doubled(target, conformed)
    return target, conformed


def deletable(name: str, keys: pl.DataFrame) -> tuple[Table, pl.DataFrame]:
    """Return the table and the distinct keys of a delete.

    Raises:
        SchemaError: A column is not the table's, has another type, or there is none.
    """
    target = table(name)
    if not keys.columns:
        message = f"Keys to delete from {name!r} have no column. Name at least one column of the table."
        raise SchemaError(message)
    return target, matchable(target, keys, keys.columns).unique()


def restorable(name: str, frame: pl.DataFrame) -> tuple[Table, pl.DataFrame]:
    """Return the table and the conformed frame of a restore, with `recorded_at` and `seq`.

    Raises:
        SchemaError: The frame does not fit the stored columns, or a key or `seq` comes twice.
    """
    target = table(name)
    own = target.conform(frame.drop(RECORDED_AT, SEQ, strict=False))
    for column in (RECORDED_AT, SEQ):
        wanted = target.stored_columns[column]
        if frame.schema.get(column) != wanted or frame[column].null_count():
            message = f"Rows to restore to {name!r} need a column {column!r} of {wanted} without nulls."
            raise SchemaError(message)
    if frame.height and int(frame[SEQ].min()) < 1:  # type: ignore[arg-type]  # there are rows, so that it is a number
        message = f"Rows to restore to {name!r} have a seq below 1; they start at 1."
        raise SchemaError(message)
    whole = own.with_columns(frame[RECORDED_AT], frame[SEQ])
    _refuse_doubled(target, whole)
    if whole[SEQ].is_duplicated().any():
        raise SchemaError(already_there(name))
    return target, whole


def already_there(name: str) -> str:
    """Return what is said when a row cannot be restored."""
    return f"Rows to restore to {name!r} have a key or a seq that is already there. Restore into an empty store."


def expired_message(name: str, *, since: int, expired: int) -> str:
    """Return what is said when changes are asked for that are no longer kept."""
    return (
        f"Deletions from {name!r} up to position {expired} are forgotten, so its changes since {since} are not whole. "
        "Copy the table anew, with changes(since=0), and go on from there."
    )


def sequenced(frame: pl.DataFrame, *, after: int) -> pl.DataFrame:
    """Return `frame` with `seq`, counted on from `after` in the order of its rows."""
    return frame.with_columns(pl.int_range(after + 1, after + 1 + pl.len(), dtype=pl.Int64).alias(SEQ))


def greatest_seq(frame: pl.DataFrame) -> int:
    """Return the last position in `frame`, 0 where it has no row."""
    return int(frame.select(pl.col(SEQ).max().fill_null(0)).item())


def first_of_each(target: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the first row of each key, in order; a null equals a null."""
    return frame.unique(subset=list(target.key), keep="first", maintain_order=True)


def _refuse_doubled(target: Table, frame: pl.DataFrame) -> None:
    if frame.select(pl.struct(target.key).is_duplicated().any()).item():
        message = f"A frame for table {target.name!r} has several rows with one key: {', '.join(target.key)}."
        raise SchemaError(message)
