"""The data dictionary: for programs as JSON, for people as a page."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from unified_customer.reports.publishing.keys import UNKNOWN_KEY
from unified_customer.reports.publishing.measures import measures_of
from unified_customer.reports.publishing.published import Head
from unified_customer.reports.publishing.schema import TYPES, Schema, StarColumn, StarTable


def dictionary(schema: Schema, head: Head) -> dict[str, Any]:
    """Return the dictionary as JSON values: each table, column, type, meaning, category, unit and key."""
    return {
        **head.said(),
        "unknown_key": UNKNOWN_KEY,
        "tables": [_table(table) for table in schema],
        "measures": [
            {"name": each.name, "table": each.table, "meaning": each.meaning, "unit": each.unit}
            for each in measures_of(schema)
        ],
        "withheld": {
            "tables": list(schema.withheld_tables),
            "columns": {name: list(columns) for name, columns in schema.withheld.items()},
        },
    }


def _table(table: StarTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "kind": table.kind,
        "row": table.row,
        "key": list(table.key),
        "columns": [_column(column) for column in table.columns],
    }


def _column(column: StarColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": TYPES[column.dtype],
        "meaning": column.meaning,
        "categories": list(column.categories),
        "unit": column.unit,
        "refers_to": column.refers_to,
    }


HOW: Final[Mapping[str, str]] = {
    "parquet": (
        "Each table is a Parquet file. `powerbi/customers.SemanticModel` is a semantic model for Power BI (set the parameter "
        "`Publication` to the folder that this file lies in, with a backslash at its end); `lookml` a model for Looker (load the "
        "files into the database of your connection as tables of their names)."
    ),
    "duckdb": (
        "All tables lie in one DuckDB file, which carries these descriptions as comments. `powerbi/customers.SemanticModel` is a "
        "semantic model for Power BI over the ODBC driver of DuckDB (set the parameter `Publication` to the path of the file); "
        "`lookml` a model for Looker."
    ),
    "hyper": (
        "All tables lie in one Hyper file, in the schema `public`. In Tableau relate them by the columns that the lists below "
        "say hold the key of another table."
    ),
}


def readme(schema: Schema, head: Head, kind: str) -> str:
    """Return the dictionary as a page in Markdown."""
    return "\n".join(_lines(schema, head, kind)) + "\n"


def _lines(schema: Schema, head: Head, kind: str) -> Iterator[str]:
    yield from ("# Customers, for BI", "", _intended(head), "", HOW[kind], "")
    yield (
        "It holds personal data: keys stand in for customers, and other columns may tell who they are. Keep it as you keep the "
        "source, do not copy from it what you do not need, and take it anew when it is refreshed: people who withdraw or are erased "
        "are gone from the next one."
    )
    yield ""
    yield (
        f"Keys are keyed hashes, the same in each refresh. `{UNKNOWN_KEY}` is the key of the row of a dimension that stands for "
        "what is not known, so that no join loses a fact. Times are given twice, in UTC and in the zone "
        f"`{head.calendar.zone}`; days are in that zone. Money is an exact decimal in the currency beside it: do not add amounts of "
        "several currencies."
    )
    for table in schema:
        yield from _section(table)
    yield from _measures(schema)
    yield from _left_out(schema)


def _intended(head: Head) -> str:
    recipient = "" if head.recipient is None else f", for the recipient `{head.recipient}`"
    channel = "" if head.channel is None else f", for the channel `{head.channel}`"
    until = "" if head.as_of is None else f" It tells what happened before {head.as_of.isoformat()}."
    return f"It may be used for the purpose `{head.purpose}`{recipient}{channel}, and for nothing else.{until}"


def _section(table: StarTable) -> Iterator[str]:
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    yield from ("", f"## {table.name}", "", f"One row is {table.row}.{key}", "")
    yield from ("| column | type | meaning | unit | key of | category |", "|---|---|---|---|---|---|")
    for column in table.columns:
        refers = f"`{column.refers_to}`" if column.refers_to else ""
        categories = ", ".join(column.categories)
        yield f"| `{column.name}` | {TYPES[column.dtype]} | {column.meaning} | {column.unit or ''} | {refers} | {categories} |"


def _measures(schema: Schema) -> Iterator[str]:
    yield from ("", "## Measures", "", "| measure | of | meaning |", "|---|---|---|")
    yield from (f"| {each.label} | `{each.table}` | {each.meaning} |" for each in measures_of(schema))


def _left_out(schema: Schema) -> Iterator[str]:
    yield from ("", "## What was left out", "")
    yield "Free text, addresses of pages, fields of a source's own, and other systems' ids of people, orders and events: for no purpose."
    parts = [f"`{name}`" for name in schema.withheld_tables]
    parts += [f"`{name}.{column}`" for name, columns in schema.withheld.items() for column in columns]
    if parts:
        yield from ("", f"The purpose may not see: {', '.join(parts)}.")
