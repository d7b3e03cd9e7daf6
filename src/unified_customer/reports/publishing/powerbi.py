"""The semantic model for Power BI, as `model.bim`.

References:
    Microsoft, Tabular Model Scripting Language (TMSL) reference: database, model, tables, columns, partitions,
    measures,
    relationships; Power BI projects: semantic model folder.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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

FOLDER: Final = "powerbi/customers.SemanticModel"
MODEL: Final = f"{FOLDER}/model.bim"
SETTINGS: Final = f"{FOLDER}/definition.pbism"
PARAMETER: Final = "Publication"
LEVEL: Final = 1550
"""Compatibility level that Power BI files of today have at least."""

TYPES: Final[Mapping[pl.DataType, str]] = {
    TEXT: "string",
    WHOLE: "int64",
    REAL: "double",
    FLAG: "boolean",
    DAY: "dateTime",
    MOMENT: "dateTime",
    MONEY: "decimal",
    SUM: "decimal",
}
FORMATS: Final[Mapping[str, str]] = {"money": "#,0.00", "number": "#,0.00", "count": "#,0"}
PLACES: Final[Mapping[str, str]] = {"parquet": "C:\\publication\\", "duckdb": "C:\\publication\\bi.duckdb"}
SORTED: Final = {"month_name": "month_number", "day_name": "day_of_week"}
"""Names of months and days, and by what they are put in order."""

INACTIVE: Final = {("fact_order_line", "order_key")}
"""Relationships that would give a second way from a dimension to a fact, which Power BI refuses."""


def model(schema: Schema, kind: str) -> dict[str, Any]:
    """Return the model as JSON values; where the data lie is a parameter, so that no path of this machine is in it."""
    measures = measures_of(schema)
    parameter = f'"{PLACES[kind]}" meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]'
    return {
        "name": "customers",
        "compatibilityLevel": LEVEL,
        "model": {
            "culture": "en-US",
            "sourceQueryCulture": "en-US",
            "defaultPowerBIDataSourceVersion": "powerBI_V3",
            "discourageImplicitMeasures": True,
            "expressions": [{"name": PARAMETER, "kind": "m", "expression": parameter}],
            "tables": [
                _table(table, kind, [each for each in measures if each.table == table.name]) for table in schema
            ],
            "relationships": [_relation(table, column, schema) for table in schema for column in table.references],
        },
    }


def _table(table: StarTable, kind: str, measures: Sequence[Measure]) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": f"One row is {table.row}.",
        **({"dataCategory": "Time"} if table.name == "dim_date" else {}),
        "columns": [_column(table, column) for column in table.columns],
        "partitions": [
            {"name": table.name, "mode": "import", "source": {"type": "m", "expression": _query(table.name, kind)}}
        ],
        **({"measures": [_measure(each) for each in measures]} if measures else {}),
    }


def _column(table: StarTable, column: StarColumn) -> dict[str, Any]:
    day = {"formatString": "yyyy-mm-dd", "annotations": [{"name": "UnderlyingDateTimeDataType", "value": "Date"}]}
    return {
        "name": column.name,
        "description": column.meaning,
        "dataType": TYPES[column.dtype],
        "sourceColumn": column.name,
        "summarizeBy": "none",
        **({"isKey": True} if table.key == (column.name,) else {}),
        **({"isHidden": True} if column.name.endswith("_key") and table.name != "dim_date" else {}),
        **({"sortByColumn": SORTED[column.name]} if column.name in SORTED else {}),
        **(day if column.dtype == DAY else {}),
    }


def _query(table: str, kind: str) -> list[str]:
    if kind == "parquet":
        source = f'Parquet.Document(File.Contents({PARAMETER} & "{table}.parquet"))'
    else:
        driver = f'"Driver={{DuckDB Driver}};access_mode=READ_ONLY;Database=" & {PARAMETER}'
        source = f'Odbc.Query({driver}, "select * from {table}")'  # noqa: S608 (names of ours)
    return ["let", f"    Source = {source}", "in", "    Source"]


def _relation(table: StarTable, column: StarColumn, schema: Schema) -> dict[str, Any]:
    target = schema.table(str(column.refers_to))
    return {
        "name": f"{table.name}.{column.name}",
        "fromTable": table.name,
        "fromColumn": column.name,
        "toTable": target.name,
        "toColumn": target.key[0],
        **({"isActive": False} if (table.name, column.name) in INACTIVE else {}),
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.label,
        "description": measure.meaning,
        "expression": _dax(measure),
        "formatString": FORMATS[measure.unit],
    }


def _dax(measure: Measure) -> str:
    """Return how a measure is worked out; money over several currencies is blank, as the dictionary says."""
    if measure.kind == "ratio":
        above, below = (f"[{name.replace('_', ' ').capitalize()}]" for name in measure.columns)
        return f"DIVIDE({above}, {below})"
    column = f"{measure.table}[{measure.columns[0]}]" if measure.columns else ""
    if measure.kind == "rows":
        rows = f"COUNTROWS({measure.table})"
        return f"CALCULATE({rows}, {measure.table}[{measure.only}] = TRUE())" if measure.only else rows
    if measure.kind == "distinct":
        return f'CALCULATE(DISTINCTCOUNTNOBLANK({column}), KEEPFILTERS({column} <> "{UNKNOWN_KEY}"))'
    total = f"{'AVERAGE' if measure.kind == 'mean' else 'SUM'}({column})"
    return f"IF(DISTINCTCOUNT({measure.table}[currency]) <= 1, {total})" if measure.unit == "money" else total
