"""Rows that are kept about nobody: what stays of them, how coarse it becomes, and by what they could be recognised.

A column that is not named here is emptied. Ids of rows are replaced by numbers that say nothing of the order, so that
the source that gave them finds no row again; what a basket held together falls apart. Times become the first instant
of their month. Amounts stay as they are: they are what such rows are kept for, and are not counted on to hide anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from unified_customer.core.tables import SEQ, Table
from unified_customer.methods.anonymity import suppressed

ONLY: Final = "1"


@dataclass(frozen=True)
class Form:
    """What is kept of a row about nobody.

    Attributes:
        named_by: The column that names the row, which gets another name.
        quasi: Columns by which a row could be recognised, kept where enough rows look alike; also the month.
        measures: Columns of what is counted and added up.
        constant: Required columns that say nothing any more.
    """

    named_by: str
    quasi: tuple[str, ...]
    measures: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "events": Form(
            "event_id",
            ("source", "type", "name", "channel", "campaign", "utm_source", "utm_medium", "object_kind", "currency"),
            ("amount",),
        ),
        "order_lines": Form(
            "order_id",
            ("source", "kind", "category", "currency", "channel"),
            ("quantity", "discount", "tax", "amount"),
            ("line_id",),
        ),
        "answers": Form(
            "answer_id",
            ("source", "instrument", "instrument_version", "question", "scale", "channel"),
            ("value",),
        ),
        "exposures": Form(
            "exposure_id",
            ("item_id", "channel", "placement", "campaign", "experiment", "variant", "purpose"),
            ("position", "propensity"),
        ),
        "outcomes": Form("outcome_id", ("kind", "currency"), ("value", "amount")),
    }
)
"""Tables whose rows can be kept about nobody, and what stays of a row."""


def generalised(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of a table as they are kept about nobody, but for their names; null where nothing is kept.

    Args:
        table: One of `FORMS`.
        rows: Its columns.
    """
    form = FORMS[table.name]
    kept = {*form.quasi, *form.measures}
    month = pl.col(str(table.time)).dt.truncate("1mo")
    constant = [pl.lit(ONLY).alias(name) for name in form.constant]
    emptied = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in table.columns.items()
        if name not in {*kept, *form.constant, table.time, form.named_by}
    ]
    return rows.select(list(table.columns)).with_columns(month, *constant, *emptied)


def quasi_identifiers(table: Table) -> list[str]:
    """Return the columns by which a row that is kept about nobody could be recognised.

    Examples:
        >>> from unified_customer.core.tables import OUTCOMES
        >>> quasi_identifiers(OUTCOMES)
        ['occurred_at', 'kind', 'currency']
    """
    return [str(table.time), *FORMS[table.name].quasi]


def about_nobody(table: Table, rows: pl.DataFrame, *, k: int, after: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows as they are kept about nobody, and those of the given rows that would stand out and are left out.

    Args:
        table: One of `FORMS`.
        rows: Its columns and `seq`.
        k: How many kept rows have to look alike.
        after: The position after which the new names are counted.
    """
    coarse = generalised(table, rows)
    out = suppressed(coarse, quasi_identifiers(table), k)
    # In the order of what they say, so that the names do not tell which came first.
    kept = coarse.filter(~out).sort(list(_sortable(table)), nulls_last=True)
    names = pl.int_range(after + 1, after + 1 + pl.len(), dtype=pl.Int64).cast(pl.String)
    named = kept.with_columns(pl.concat_str(pl.lit("anonymous-"), names).alias(FORMS[table.name].named_by))
    return named, rows.filter(out).select(SEQ)


def _sortable(table: Table) -> tuple[str, ...]:
    form = FORMS[table.name]
    return (str(table.time), *form.quasi, *form.measures)
