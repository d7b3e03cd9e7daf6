"""Completeness and validity: how many rows have a value, and how many values are what is expected."""

from collections.abc import Iterable

import narwhals as nw
import polars as pl

from unified_customer.analytics.quality.rows import NOTHING, Rows, as_found, by_source
from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.methods.validity import counted, expected_fields, fulfilled, stated, told


def completeness(spec: DataQuality, rows: Rows) -> pl.DataFrame:
    """Count the rows that have a value of each field."""
    schema = rows.schema
    names = [name for name in spec.fields.get(rows.name, _that_may_lack(rows)) if name in schema]
    good = {f"good {name}": counted(told(name, schema)) for name in names}
    found = by_source(rows, n=nw.len(), **good)
    return as_found(_long(found, names), "completeness", rows.name)


def _that_may_lack(rows: Rows) -> list[str]:
    columns = rows.table.schema.columns()
    origins = {f"{name}{end}" for name in columns for end in ("_raw", "_source", "_observed_at")}
    left_out = {*origins, "record_id", "partial"}
    return [name for name, column in columns.items() if column.nullable and name not in left_out]


def validity(rows: Rows) -> pl.DataFrame:
    """Count the values that are what the field dictionary expects, of those of which anything is said."""
    schema = rows.schema
    expected = expected_fields(rows.table.fields, schema)
    if not expected:
        return NOTHING
    n = {f"n {name}": counted(stated(name, schema)) for name in expected}
    good = {f"good {name}": counted(fulfilled(name, rule, schema, as_of=rows.as_of)) for name, rule in expected.items()}
    return as_found(_long(by_source(rows, **n, **good), expected), "validity", rows.name)


def _long(found: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    schema = {"source": pl.String, "field": pl.String, "count": pl.Int64, "n": pl.Int64}
    parts = (
        found.select(
            "source",
            pl.lit(name).alias("field"),
            pl.col(f"good {name}").alias("count"),
            pl.col(f"n {name}" if f"n {name}" in found.columns else "n").alias("n"),
        )
        for name in names
    )
    return pl.concat([pl.DataFrame(schema=schema), *parts])
