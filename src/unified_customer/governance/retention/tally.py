"""What goes, counted: by table, column, rule and what becomes of it; never a value."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from unified_customer.core.tables import TABLES
from unified_customer.governance.retention.finding import ENDS, RULE, STARTED, Search
from unified_customer.policy.lapse import HOLDER

COLUMNS: Final = {
    "table": pl.String(),
    "column": pl.String(),
    "rule": pl.String(),
    "then": pl.String(),
    "rows": pl.Int64(),
    "people": pl.Int64(),
    "earliest": pl.Datetime("us", "UTC"),
    "latest": pl.Datetime("us", "UTC"),
    "ended": pl.Datetime("us", "UTC"),
}
WHAT: Final = ["table", "column", "rule", "then"]
WITH_THE_REST: Final = "with the last of what was kept"
"""The rule of what nothing is kept for any more."""


@dataclass
class Tally:
    """Counts of what goes, as it goes."""

    parts: list[pl.DataFrame] = field(default_factory=list)

    def count(self, search: Search, over: pl.DataFrame, *, then: str) -> None:
        """Count what a search found and what becomes of it."""
        labels = {place: str(rule) for place, rule in enumerate(search.terms.all)}
        rule = pl.col(RULE).replace_strict(labels, return_dtype=pl.String)
        self._add(search.table.name, search.terms.column, over.with_columns(rule.alias("rule")), then)

    def count_rest(self, table: str, gone: pl.DataFrame) -> None:
        """Count rows that went with the last of what was kept of their record or customer."""
        time = TABLES[table].time
        started = pl.col(time) if time in gone.columns else pl.lit(None, dtype=COLUMNS["earliest"])
        owned = gone if HOLDER in gone.columns else gone.with_columns(pl.lit(None, dtype=pl.String).alias(HOLDER))
        told = owned.with_columns(
            started.alias(STARTED), pl.lit(None, dtype=COLUMNS["ended"]).alias(ENDS), rule=pl.lit(WITH_THE_REST)
        )
        self._add(table, None, told, "delete")

    def frame(self) -> pl.DataFrame:
        """Return the counts in an order of their own: by table, column, rule and what becomes of it."""
        if not self.parts:
            return pl.DataFrame(schema=COLUMNS)
        together = (
            pl.concat(self.parts)
            .group_by(WHAT)
            .agg(
                pl.col("rows").sum(),
                pl.col("people").explode().drop_nulls().n_unique().cast(pl.Int64),
                pl.col("earliest").min(),
                pl.col("latest").max(),
                pl.col("ended").min(),
            )
        )
        return together.select(list(COLUMNS)).sort(WHAT, nulls_last=False)

    def _add(self, table: str, column: str | None, rows: pl.DataFrame, then: str) -> None:
        if rows.is_empty():
            return
        counted = rows.group_by("rule").agg(
            rows=pl.len().cast(pl.Int64),
            people=pl.col(HOLDER).unique(),
            earliest=pl.col(STARTED).min(),
            latest=pl.col(STARTED).max(),
            ended=pl.col(ENDS).min(),
        )
        told = {"table": table, "column": column, "then": then}
        named = counted.with_columns(pl.lit(value, dtype=pl.String).alias(name) for name, value in told.items())
        self.parts.append(named.select(list(COLUMNS)))
