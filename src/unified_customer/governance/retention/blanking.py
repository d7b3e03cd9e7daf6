"""Emptying single columns of rows that stay.

A table that is only added to has no update. So the row is deleted and restored with the same content and the same
`recorded_at` (from which rows without a time of their own count), at a new position: a copy that follows the changes
of the table is told both, and one that is further behind is told to copy anew.
"""

from collections.abc import Mapping

import polars as pl

from unified_customer.core.tables import SEQ, Table
from unified_customer.store import Keys, Writer


def blank(writer: Writer, table: Table, columns: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Set columns null in some rows of a table.

    Args:
        writer: The transaction.
        table: The table.
        columns: Column -> positions (`seq`) of the rows in which it is emptied.

    Returns:
        The rows as they were.
    """
    seqs = pl.concat([pl.Series(SEQ, [], dtype=pl.Int64), *(each.alias(SEQ) for each in columns.values())]).unique()
    rows = writer.read(table.name, keys=Keys(seqs.to_frame(), (SEQ,)), order_by=[SEQ])
    if rows.is_empty():
        return rows
    emptied = rows.with_columns(
        pl.when(~pl.col(SEQ).is_in(each.implode())).then(pl.col(name)).alias(name) for name, each in columns.items()
    )
    writer.delete(table.name, seqs.to_frame())
    after = writer.last_seq()
    places = pl.int_range(after + 1, after + 1 + pl.len(), dtype=pl.Int64).alias(SEQ)
    writer.restore(table.name, emptied.with_columns(places))
    return rows
