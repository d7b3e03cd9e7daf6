"""What is in the store: how many rows of each table come from which source, and how many people they are about."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from unified_customer.core.tables import TABLES, Table
from unified_customer.governance.concerned import Concerned, naming_columns
from unified_customer.store import Reader

FED: Final = pl.Schema({"table": pl.String(), "source": pl.String(), "rows": pl.Int64(), "people": pl.Int64()})
NOT_COUNTED: Final = ("tombstones", "checkpoints", "policies")
"""Tables of the hub itself, without anybody's data but hashes of those who were erased."""


def fed(reader: Reader) -> pl.DataFrame:
    """Return what is in the store, by table and source.

    Returns:
        `table`, `source` (null: made in the hub), `rows` and `people` (null: the rows are about nobody), in the order
        of the tables, then of the sources.
    """
    rows = [row for name, table in TABLES.items() if name not in NOT_COUNTED for row in _of_table(reader, table)]
    return pl.DataFrame(rows, schema=FED, orient="row")


def nothing_fed() -> pl.DataFrame:
    """Return what is in an empty store."""
    return pl.DataFrame(schema=FED)


def _of_table(reader: Reader, table: Table) -> Iterator[tuple[str, str | None, int, int | None]]:
    named = naming_columns(table)
    source = ["source"] if "source" in table.columns else []
    counted: dict[str | None, int] = {}
    concerned: dict[str | None, Concerned] = {}
    for batch in reader.batches(table.name, columns=[*source, *named] or [table.key[0]]):
        for (name,), part in _by_source(batch).items():
            counted[name] = counted.get(name, 0) + part.height
            concerned.setdefault(name, Concerned()).add(table, part)
    for name in sorted(counted, key=str):
        people = concerned[name].people(reader).height if named else None
        yield table.name, name, counted[name], people


def _by_source(batch: pl.DataFrame) -> dict[tuple[str | None], pl.DataFrame]:
    if "source" not in batch.columns:
        return {(None,): batch}
    return batch.partition_by("source", as_dict=True)
