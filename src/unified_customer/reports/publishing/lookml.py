"""LookML: a view for each table, and a model that joins them.

References:
    Looker, LookML reference: parameters of views, fields, explores and joins.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from unified_customer.reports.publishing.keys import UNKNOWN_KEY
from unified_customer.reports.publishing.measures import Measure, measures_of
from unified_customer.reports.publishing.schema import (
    DAY,
    FLAG,
    MOMENT,
    MONEY,
    REAL,
    SUM,
    TEXT,
    WHOLE,
    Schema,
    StarColumn,
    StarTable,
)

FOLDER: Final = "lookml"
CONNECTION: Final = "customers"
KEY: Final = "row_key"
TYPES: Final[Mapping[pl.DataType, str]] = {
    TEXT: "string",
    WHOLE: "number",
    REAL: "number",
    MONEY: "number",
    SUM: "number",
    FLAG: "yesno",
}
ENDS: Final = ("_utc", "_local")
FORMATS: Final[Mapping[str, str]] = {"money": "decimal_2", "number": "decimal_2", "count": "decimal_0"}


def lookml(schema: Schema) -> dict[str, str]:
    """Return the files: text by path."""
    measures = measures_of(schema)
    views = {
        f"{FOLDER}/{table.name}.view.lkml": _text(_view(table, [each for each in measures if each.table == table.name]))
        for table in schema
    }
    return {**views, f"{FOLDER}/customers.model.lkml": _text(_model(schema))}


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


# -------------------------------------------------------------------------------------------------------------- views


def _view(table: StarTable, measures: list[Measure]) -> Iterator[str]:
    yield f"view: {table.name} {{"
    yield f"  sql_table_name: {table.name} ;;"
    if len(table.key) > 1:
        yield from _joint_key(table)
    for column in table.columns:
        yield from _dimension(column, primary=table.key == (column.name,))
    for measure in measures:
        yield from _measure(measure)
    yield "}"


def _joint_key(table: StarTable) -> Iterator[str]:
    parts = " || '|' || ".join(f"CAST(${{TABLE}}.{name} AS VARCHAR)" for name in table.key)
    yield from _field("dimension", KEY, primary_key="yes", hidden="yes", type="string", sql=parts)


def _dimension(column: StarColumn, *, primary: bool) -> Iterator[str]:
    sql = f"${{TABLE}}.{column.name}"
    key = {"primary_key": "yes"} if primary else {}
    if column.dtype in {MOMENT, DAY}:
        kept = (
            "raw, time, hour_of_day, date, week, month, quarter, year"
            if column.dtype == MOMENT
            else "raw, date, week, month, quarter, year"
        )
        kind = {"datatype": "datetime" if column.dtype == MOMENT else "date", "convert_tz": "no"}
        yield from _field(
            "dimension_group",
            column.name,
            description=column.meaning,
            type="time",
            timeframes=f"[{kept}]",
            **kind,
            sql=sql,
        )
        if primary:
            yield from _field(
                "dimension", KEY, **key, hidden="yes", type="date", datatype="date", convert_tz="no", sql=sql
            )
        return
    hidden = {"hidden": "yes"} if column.name.endswith("_key") else {}
    yield from _field(
        "dimension", column.name, **key, **hidden, description=column.meaning, type=TYPES[column.dtype], sql=sql
    )


def _measure(measure: Measure) -> Iterator[str]:
    yield from _field(
        "measure",
        measure.name,
        label=measure.label,
        description=measure.meaning,
        value_format_name=FORMATS[measure.unit],
        **_sum(measure),
    )


def _sum(measure: Measure) -> dict[str, str]:
    """Return how a measure is worked out; money over several currencies is null, as the dictionary says."""
    column = f"${{TABLE}}.{measure.columns[0]}" if measure.columns else ""
    if measure.kind == "ratio":
        above, below = (f"${{{name}}}" for name in measure.columns)
        return {"type": "number", "sql": f"1.0 * {above} / NULLIF({below}, 0)"}
    if measure.kind == "rows":
        return {"type": "count", **({"filters": f'[{measure.only}: "yes"]'} if measure.only else {})}
    if measure.kind == "distinct":
        return {"type": "count_distinct", "sql": f"NULLIF({column}, '{UNKNOWN_KEY}')"}
    if measure.unit == "money":
        one = "COUNT(DISTINCT COALESCE(${TABLE}.currency, '?')) <= 1"
        return {"type": "number", "sql": f"CASE WHEN {one} THEN SUM({column}) END"}
    return {"type": "average" if measure.kind == "mean" else "sum", "sql": column}


def _field(kind: str, name: str, **parameters: str) -> Iterator[str]:
    yield f"  {kind}: {name} {{"
    for parameter, value in parameters.items():
        yield f"    {parameter}: {_value(parameter, value)}"
    yield "  }"


def _value(parameter: str, value: str) -> str:
    if parameter == "sql":
        return f"{value} ;;"
    return json.dumps(value, ensure_ascii=False) if parameter in {"description", "label"} else value


# -------------------------------------------------------------------------------------------------------------- model


def _model(schema: Schema) -> Iterator[str]:
    yield f'connection: "{CONNECTION}"'
    yield 'include: "*.view.lkml"'
    for table in schema:
        if table.kind == "fact":
            yield from _explore(table, schema)
    if "dim_customer" in schema and "bridge_customer_segment" in schema:
        yield from _customers()


def _explore(table: StarTable, schema: Schema) -> Iterator[str]:
    yield f"explore: {table.name} {{"
    yield f"  description: {json.dumps(f'One row is {table.row}.', ensure_ascii=False)}"
    for column in table.references:
        target = schema.table(str(column.refers_to))
        yield from _join(
            target.name,
            f"${{{table.name}.{_referred(column)}}} = ${{{target.name}.{_referred(target.column(*target.key))}}}",
        )
    yield "}"


def _join(name: str, condition: str, *, relationship: str = "many_to_one") -> Iterator[str]:
    yield f"  join: {name} {{"
    yield "    type: left_outer"
    yield f"    relationship: {relationship}"
    yield f"    sql_on: {condition} ;;"
    yield "  }"


def _customers() -> Iterator[str]:
    yield "explore: dim_customer {"
    yield '  description: "Customers and the segments that they are in at present."'
    bridge = "${dim_customer.customer_key} = ${bridge_customer_segment.customer_key}"
    yield from _join("bridge_customer_segment", bridge, relationship="one_to_many")
    yield from _join("dim_segment", "${bridge_customer_segment.segment_key} = ${dim_segment.segment_key}")
    yield "}"


def _referred(column: StarColumn) -> str:
    return f"{column.name}_raw" if column.dtype in {DAY, MOMENT} else column.name
