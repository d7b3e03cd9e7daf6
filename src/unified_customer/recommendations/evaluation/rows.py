"""Frames from outside, opened and checked."""

from typing import Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, collected, opened

IDS: Final = ("customer_id", "item_id")


def interaction_rows(frame: Native, *, name: str) -> pl.DataFrame:
    """Return interactions with ids as text and a weight, 1 where none is told; other columns stay as they are.

    Raises:
        SchemaError: A column is missing, an id is null, or a weight is no finite number.
    """
    rows = with_ids(frame, *IDS, name=name)
    if "weight" not in rows.columns:
        return rows.with_columns(weight=pl.lit(1.0))
    return rows.with_columns(finite(rows["weight"].fill_null(1), "weight", name=name))


def with_ids(frame: Native, *ids: str, more: tuple[str, ...] = (), name: str) -> pl.DataFrame:
    """Return a frame of any engine with ids as text.

    Raises:
        SchemaError: A column is missing, or an id is null.
    """
    rows = collected(opened(frame, columns=(*ids, *more), name=name)).with_columns(pl.col(*ids).cast(pl.String))
    for each in (*ids, *more):
        if rows[each].null_count():
            raise SchemaError(f"{name!r} has {rows[each].null_count():,} rows without {each!r}. Leave them out first.")
    return rows


def finite(values: pl.Series, column: str, *, name: str) -> pl.Series:
    """Return numbers as floats.

    Raises:
        SchemaError: They are no numbers, or one is not finite.
    """
    if not values.dtype.is_numeric():
        raise SchemaError(f"{column!r} of {name!r} holds {values.dtype}, not numbers.")
    found = values.cast(pl.Float64)
    if not found.is_finite().all():
        raise SchemaError(f"{column!r} of {name!r} holds what is no finite number.")
    return found
