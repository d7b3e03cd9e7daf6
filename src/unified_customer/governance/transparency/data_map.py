"""The data map: which source feeds which table, and what becomes of every column that holds personal data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from unified_customer.core.fields import UNCLASSIFIED, FieldSpec
from unified_customer.core.tables import TABLES, Table
from unified_customer.governance.document import Block, Document, Heading, Paragraph, grid, to_json
from unified_customer.governance.sight import named_purposes, visible
from unified_customer.governance.transparency.limits import limits
from unified_customer.governance.transparency.transfers import recipients_for
from unified_customer.policy import Policy

TEXTS: Final = pl.List(pl.String())
COLUMNS: Final = pl.Schema(
    {
        "table": pl.String(),
        "column": pl.String(),
        "meaning": pl.String(),
        "category": pl.String(),
        "sensitivity": pl.String(),
        "party": pl.String(),
        "unclassified": pl.Boolean(),
        "purposes": TEXTS,
        "recipients": TEXTS,
        "retention": TEXTS,
    }
)
FLOWS: Final = pl.Schema(
    {
        "source": pl.String(),
        "table": pl.String(),
        "rows": pl.Int64(),
        "people": pl.Int64(),
        "categories": TEXTS,
        "unclassified": TEXTS,
        "purposes": TEXTS,
        "recipients": TEXTS,
        "retention": TEXTS,
    }
)
FLOW_HEADS: Final = {
    "source": "Source",
    "table": "Table",
    "rows": "Rows",
    "people": "People",
    "categories": "Categories of personal data",
    "unclassified": "Columns not described yet",
    "purposes": "Read for",
    "recipients": "Recipients",
    "retention": "Kept for",
}
COLUMN_HEADS: Final = {
    "column": "Column",
    "meaning": "Meaning",
    "category": "Category",
    "sensitivity": "Sensitivity",
    "purposes": "Read for",
    "recipients": "Recipients",
    "retention": "Kept for",
}
MADE_HERE: Final = "(made in the hub)"


@dataclass(frozen=True)
class DataMap:
    """The data map, as frames, and as a document.

    Attributes:
        flows: One row per source and table that has rows: `source` (null: made in the hub), `table`, `rows`, `people`
            (null: about nobody), `categories` of personal data, `unclassified` columns, `purposes` that may read some
            of it, `recipients`, `retention`.
        columns: One row per column with personal data, of every table: `table`, `column`, `meaning`, `category`,
            `sensitivity`, `party`, `unclassified`, `purposes`, `recipients`, `retention`.
    """

    flows: pl.DataFrame
    columns: pl.DataFrame

    def document(self) -> Document:
        """Return the map as a document."""
        told = self.flows.with_columns(pl.col("source").fill_null(MADE_HERE))
        blocks: list[Block] = [Heading("From where to where"), _or_nothing(FLOW_HEADS, told), Heading("Columns")]
        for (name,), part in self.columns.partition_by("table", as_dict=True, maintain_order=True).items():
            blocks += [Heading(str(name), level=3), Paragraph(TABLES[str(name)].doc)]
            blocks.append(grid(COLUMN_HEADS, part.iter_rows(named=True)))
        return Document("Data map", tuple(blocks))

    def to_markdown(self) -> str:
        """Return the map as Markdown."""
        return self.document().to_markdown()

    def to_html(self) -> str:
        """Return the map as one HTML page."""
        return self.document().to_html()

    def to_json(self) -> str:
        """Return the map as JSON: `flows`, `columns`."""
        return to_json({"flows": self.flows.to_dicts(), "columns": self.columns.to_dicts()})


def data_map(policy: Policy, fed: pl.DataFrame, purposes: Sequence[str] = ()) -> DataMap:
    """Return the data map under `policy`.

    Args:
        policy: Says which purposes may see what, and for how long it is kept.
        fed: What is in the store (`feeding.fed`).
        purposes: Purposes that were used, beside those that the policy names.

    Examples:
        >>> from unified_customer.governance.transparency.feeding import FED
        >>> columns = data_map(Policy(), pl.DataFrame(schema=FED)).columns
        >>> columns.filter(table="events", column="url").select("category", "purposes").rows()
        [('user.behavior.browsing_history', ['essential.service'])]
    """
    wanted = sorted({*named_purposes(policy), *purposes})
    seen = {each: {(table.name, column) for table, column, _ in visible(policy, each)} for each in wanted}
    rows = [
        _column(policy, table, name, field, [each for each in wanted if (table.name, name) in seen[each]])
        for table in TABLES.values()
        for name, field in table.fields.items()
        if field.personal
    ]
    columns = pl.DataFrame(rows, schema=COLUMNS)
    return DataMap(_flows(fed, columns), columns)


def _column(policy: Policy, table: Table, name: str, field: FieldSpec, purposes: Sequence[str]) -> dict[str, Any]:
    return {
        "table": table.name,
        "column": name,
        "meaning": field.meaning,
        "category": field.category,
        "sensitivity": field.sensitivity,
        "party": field.party,
        "unclassified": field.category == UNCLASSIFIED,
        "purposes": list(purposes),
        "recipients": sorted({name for each in purposes for name in recipients_for(policy, each)}),
        "retention": list(limits(policy, table, name)),
    }


def _flows(fed: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    by_table = {str(name): part for (name,), part in columns.partition_by("table", as_dict=True).items()}
    told = {name: _of_table(part) for name, part in by_table.items()}
    rows = [{**row, **told.get(row["table"], _of_table(columns.clear()))} for row in fed.iter_rows(named=True)]
    ordered = pl.DataFrame(rows, schema=FLOWS)
    return ordered.sort("source", nulls_last=True, maintain_order=True)


def _of_table(columns: pl.DataFrame) -> dict[str, list[str]]:
    return {
        "categories": sorted(set(columns["category"])),
        "unclassified": columns.filter("unclassified")["column"].to_list(),
        "purposes": _all(columns["purposes"]),
        "recipients": _all(columns["recipients"]),
        "retention": _all(columns["retention"]),
    }


def _all(lists: pl.Series) -> list[str]:
    return sorted({each for values in lists for each in values})


def _or_nothing(heads: Mapping[str, str], rows: pl.DataFrame) -> Block:
    return grid(heads, rows.iter_rows(named=True)) if rows.height else Paragraph("The store is empty.")
