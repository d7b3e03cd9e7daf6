"""Lazy frames that are gated and audited when they are collected."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

from unified_customer.governance.door import Door, Query

BATCH_ROWS: Final = 250_000


def scan(door: Door, query: Query) -> pl.LazyFrame:
    """Return a lazy frame over what `query` may see.

    Nothing is read, decided or audited before it is collected; each collection decides anew, by the statements of that
    moment. It ends with the hub.
    """
    columns = door.columns(query)

    def source(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = narrowed(query, with_columns, predicate, columns)
        for frame in first_rows(door.batches(wanted, size=batch_size or BATCH_ROWS), n_rows):
            kept = frame if predicate is None else frame.filter(predicate)
            yield kept if with_columns is None else kept.select(with_columns)

    return register_io_source(source, schema=door.schema(query))


def narrowed(query: Query, with_columns: list[str] | None, predicate: pl.Expr | None, columns: list[str]) -> Query:
    """Return `query` with only the columns that are wanted or that the predicate looks at."""
    if with_columns is None:
        return replace(query, columns=columns)
    looked_at = set(with_columns) | (set() if predicate is None else set(predicate.meta.root_names()))
    return replace(query, columns=[name for name in columns if name in looked_at])


def first_rows(frames: Iterator[pl.DataFrame], limit: int | None) -> Iterator[pl.DataFrame]:
    """Yield `frames` up to `limit` rows in all."""
    left = limit
    for frame in frames:
        yield frame if left is None else frame.head(left)
        left = None if left is None else left - frame.height
        if left is not None and left <= 0:
            return
