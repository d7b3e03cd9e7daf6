"""Data quality that was told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from unified_customer.analytics.quality.ageing import decay, freshness
from unified_customer.analytics.quality.history import HISTORY, quality_history
from unified_customer.analytics.quality.judging import judged
from unified_customer.analytics.quality.rows import Rows, ready
from unified_customer.analytics.quality.sameness import consistency, uniqueness
from unified_customer.analytics.quality.shares import completeness, validity
from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.analytics.quality.thresholds import Dimension
from unified_customer.core.errors import ConfigurationError, DataQualityWarning
from unified_customer.core.warning import warn
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, DAYS, SHARE, result_html

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

STATUSES = ("ok", "warn", "fail", "unknown")


@dataclass(frozen=True, eq=False)
class FittedDataQuality:
    """How good data are.

    Attributes:
        spec: The spec.
        as_of: The instant before which rows count.
        table: One row a number: `dimension`, `table`, `field`, `source` (null: all of them together), `value` (a share
            from 0 to 1, or days for `freshness`; null where there is nothing to tell it from), `low` and `high` of a
            share (Wilson), `n` (rows, values, keys, customers or e-mails that it is of), `warn` and `fail` (the
            threshold; null: none), `status` (`ok`, `warn`, `fail`, `unknown`) and `meaning`. Polars, whatever the
            engine.
    """

    spec: DataQuality
    as_of: datetime
    table: pl.DataFrame

    @property
    def counts(self) -> dict[str, int]:
        """How many numbers have each status."""
        found = dict(self.table["status"].value_counts().iter_rows())
        return {status: found.get(status, 0) for status in STATUSES}

    @property
    def problems(self) -> pl.DataFrame:
        """The rows of `table` that warn or fail, failures first."""
        bad = self.table.filter(pl.col("status").is_in(["fail", "warn"]))
        return bad.sort(pl.col("status") != "fail", maintain_order=True)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What warns or fails, in words, failures first."""
        return tuple(_in_words(row) for row in self.problems.iter_rows(named=True))

    def history(self, *earlier: "FittedDataQuality | Mapping[str, Any] | pl.DataFrame") -> pl.DataFrame:
        """Put this beside earlier results; see `quality_history`."""
        return quality_history(*earlier, self)

    def chart(
        self,
        dimension: Dimension = "completeness",
        kind: Literal["matrix", "history"] = "matrix",
        *,
        table: str | None = None,
        fields: Sequence[str] | None = None,
        earlier: "Sequence[FittedDataQuality | Mapping[str, Any] | pl.DataFrame]" = (),
        dark: bool = False,
    ) -> "Chart":
        """Draw a dimension: fields by sources, or as it went.

        Args:
            dimension: What is drawn.
            kind: `matrix`: a row for each field and a column for each source, what warns with a frame. `history`: a
                line for each field, all sources together, with its interval.
            table: The table; None: `records` if it was looked at, else the first that has numbers of the dimension.
            fields: The fields whose history is drawn; None: the five that changed most.
            earlier: Earlier results, for the history; as in `quality_history`.
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is nothing to draw.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.analytics.quality.pictures import as_history, as_matrix

        rows = self.table.filter(dimension=dimension)
        names: list[str] = rows["table"].unique(maintain_order=True).to_list()
        chosen = table or ("records" if "records" in names else next(iter(names), "any table"))
        if chosen not in names:
            raise ConfigurationError(f"There are no numbers of {dimension} of {chosen}.")
        if kind == "history":
            return as_history(self.history(*earlier), dimension, chosen, fields=fields, dark=dark)
        return as_matrix(rows.filter(table=chosen), dimension, chosen, as_of=self.as_of, dark=dark)

    def __str__(self) -> str:
        """Return how many numbers have each status, and what warns."""
        told = ", ".join(f"{count:,} {status}" for status, count in self.counts.items())
        return "\n".join(
            [f"Data quality before {self.as_of:%Y-%m-%d}: {told}", *(f"  {each}" for each in self.warnings)]
        )

    def _repr_html_(self) -> str:
        facts = [(status, COUNT.written(count)) for status, count in self.counts.items()]
        shown = pl.concat([self.problems, self.table.filter(pl.col("status").is_in(["ok", "unknown"]))])
        columns = ["status", "dimension", "table", "field", "source"]
        written = [written_value(row) for row in shown.select("dimension", "value").iter_rows()]
        told = shown.select(*columns, pl.Series("value", written, dtype=pl.String), "n", "meaning")
        sources = told.with_columns(pl.col("source").fill_null("all"))
        return result_html(
            "Data quality", [*facts, ("as of", f"{self.as_of:%Y-%m-%d}")], sources, table_title="What warns comes first",
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: no number is about one customer."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return the instant and the numbers."""
        columns = [name for name in HISTORY if name not in {"as_of", "change"}]
        return {"as_of": self.as_of.isoformat(), "table": self.table.select(columns).to_dicts()}


def fitted(spec: DataQuality, tables: Mapping[str, Native], *, as_of: datetime) -> FittedDataQuality:
    """Return how good tables were before an instant."""
    found = pl.concat(_found(spec, [ready(name, tables[name], as_of=as_of) for name in spec.tables if name in tables]))
    result = FittedDataQuality(spec, as_of, judged(spec, found))
    if spec.warns and result.counts["fail"]:
        worst = result.warnings[0]
        warn(f"{result.counts['fail']} numbers of data quality fail, such as: {worst}.", DataQualityWarning)
    return result


def _found(spec: DataQuality, tables: list[Rows]) -> Iterator[pl.DataFrame]:
    for rows in tables:
        said = rows.latest(partial=True)
        yield completeness(spec, rows.latest())
        yield validity(said)
        yield uniqueness(spec, rows)
        yield freshness(rows)
        if rows.name == "records":
            yield consistency(said)
        yield decay(spec, rows)


def _in_words(row: Mapping[str, Any]) -> str:
    source = f" of {row['source']}" if row["source"] is not None else ""
    value = written_value((row["dimension"], row["value"]))
    return f"{row['status']}: {row['dimension']} of {row['table']}.{row['field']}{source}: {value}"


def written_value(row: tuple[str, float | None]) -> str:
    """Return a number as people read it."""
    dimension, value = row
    return (DAYS if dimension == "freshness" else SHARE).written(value)
