"""All that an in-memory store knows, as one immutable value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import polars as pl

from unified_customer.core.tables import SEQ, TABLES, Table
from unified_customer.store.rows import FIRST_SEQ, greatest_seq


@dataclass(frozen=True)
class State:
    """One state of a store.

    Attributes:
        rows: The live rows of each table: its stored columns and the hidden `_first_seq`.
        deleted: The keys of deleted rows of each table, with the `seq` of the deletion.
        last_seq: Position of the last change.
        expired: Deletions up to this position are forgotten.
    """

    rows: Mapping[str, pl.DataFrame]
    deleted: Mapping[str, pl.DataFrame]
    last_seq: int = 0
    expired: int = 0

    def with_rows(self, name: str, rows: pl.DataFrame) -> "State":
        """Return the state with other rows in one table; the position follows them."""
        last = max(self.last_seq, greatest_seq(rows))
        return replace(self, rows=MappingProxyType({**self.rows, name: rows}), last_seq=last)

    def with_deleted(self, name: str, deleted: pl.DataFrame) -> "State":
        """Return the state with another log of deletions for one table; the position follows it."""
        last = max(self.last_seq, greatest_seq(deleted))
        return replace(self, deleted=MappingProxyType({**self.deleted, name: deleted}), last_seq=last)

    def restored(self, *, up_to: int) -> "State":
        """Return the state after rows came back with their old positions; what was deleted among them is unknown."""
        return replace(self, expired=max(self.expired, up_to))


def row_schema(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a live row."""
    return {**table.stored_columns, FIRST_SEQ: pl.Int64()}


def deleted_schema(table: Table) -> dict[str, pl.DataType]:
    """Return the columns of a deletion: nothing of the row but its key."""
    return {name: table.stored_columns[name] for name in (*table.key, SEQ)}


EMPTY: Final = State(
    rows=MappingProxyType({name: pl.DataFrame(schema=row_schema(each)) for name, each in TABLES.items()}),
    deleted=MappingProxyType({name: pl.DataFrame(schema=deleted_schema(each)) for name, each in TABLES.items()}),
)
"""The state of a new store."""
