"""Which rows of a table count, on the engine of its frame."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import narwhals as nw
import polars as pl

from unified_customer.core.tables import Table, table
from unified_customer.engines.portable import Lazy, Native, civil, collected, opened

FOUND: Final = {
    "dimension": pl.String(),
    "table": pl.String(),
    "field": pl.String(),
    "source": pl.String(),
    "count": pl.Int64(),
    "n": pl.Int64(),
    "days": pl.Float64(),
}
"""What was counted: `count` of `n`, or days."""
NOTHING: Final = pl.DataFrame(schema=FOUND)
_LONG_AGO: Final = datetime(1, 1, 2)  # noqa: DTZ001  # civil time


@dataclass(frozen=True)
class Rows:
    """Rows of a table.

    Attributes:
        table: The table.
        lazy: The rows; instants are civil times of UTC.
        native: The frame that was given.
        as_of: The instant before which rows count, in UTC.
    """

    table: Table
    lazy: Lazy
    native: Native
    as_of: datetime

    @property
    def name(self) -> str:
        """The name of the table."""
        return self.table.name

    @property
    def schema(self) -> dict[str, Any]:
        """The columns with their types."""
        return dict(self.lazy.collect_schema())

    def has(self, *columns: str) -> bool:
        """Return whether all of some columns are there."""
        return set(columns) <= set(self.schema)

    @property
    def now(self) -> datetime:
        """The instant as civil time of UTC."""
        return self.as_of.replace(tzinfo=None)

    def latest(self, *, partial: bool = False) -> "Rows":
        """Return what is known last: of records the latest whole statement of each, unless it says that it was deleted.

        Args:
            partial: Whether partial statements of them count besides: what they say can be judged, what they leave out
                says nothing.
        """
        if self.name != "records" or not self.has("record_id", "version"):
            return self
        part = _holds("partial") if self.has("partial") else nw.lit(value=False)
        timed = self.has("observed_at")
        at = nw.when(nw.col("observed_at").is_null()).then(nw.lit(_LONG_AGO)).otherwise(nw.col("observed_at"))
        lazy = self.lazy.with_columns(_partial=part, _at=at if timed else nw.lit(_LONG_AGO))
        for column in ("_at", "version"):
            last = nw.col(column) == nw.col(column).max().over("record_id", "_partial")
            lazy = lazy.filter(nw.col("_partial") | last)
        lazy = lazy if partial else lazy.filter(~nw.col("_partial"))
        lazy = _alive(lazy) if self.has("deleted") else lazy
        return replace(self, lazy=lazy.drop("_partial", "_at"))


def _alive(lazy: Lazy) -> Lazy:
    """Leave out statements that say that a record was deleted, and all of records whose whole statement says so."""
    whole = lazy.with_columns(_deleted=_holds("deleted"))
    gone = whole.with_columns(_gone=nw.when(nw.col("_deleted") & ~nw.col("_partial")).then(1).otherwise(0))
    # A column first: Ibis would leave the deleted rows out before it looks over them.
    told = gone.with_columns(_gone=nw.col("_gone").max().over("record_id"))
    return told.filter(nw.col("_gone") == 0, ~nw.col("_deleted")).drop("_deleted", "_gone")


def _holds(flag: str) -> nw.Expr:
    return nw.when(nw.col(flag)).then(nw.lit(value=True)).otherwise(nw.lit(value=False))


def ready(name: str, native: Native, *, as_of: datetime) -> Rows:
    """Return the rows of a table that were there before an instant; those without a time were."""
    lazy = opened(native, name=name)
    aware = [each for each, dtype in lazy.collect_schema().items() if getattr(dtype, "time_zone", None) is not None]
    plain = civil(lazy, *aware, zone="UTC")
    known = table(name)
    rows = Rows(known, plain, native, as_of)
    if known.time is None or not rows.has(known.time):
        return rows
    time, limit = nw.col(known.time), as_of.date() if rows.schema[known.time] == nw.Date else rows.now
    return replace(rows, lazy=plain.filter(time.is_null() | (time < nw.lit(limit))))


def by_source(rows: Rows, **counts: nw.Expr) -> pl.DataFrame:
    """Count, for each source and for all of them together (`source` is null): one pass over the rows."""
    if not rows.has("source"):
        found = collected(rows.lazy.select(**counts)).with_columns(source=pl.lit(None, dtype=pl.String))
        return found.with_columns(pl.col(*counts).cast(pl.Int64).fill_null(0))
    return with_total(collected(rows.lazy.group_by("source").agg(**counts)), *counts)


def with_total(found: pl.DataFrame, *counts: str, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """Add the sums over all sources in front; rows of no source are in them alone."""
    told = found.with_columns(pl.col("source").cast(pl.String), pl.col(*counts).cast(pl.Int64))
    sums = told.group_by(by).agg(pl.col(*counts).sum()) if by else told.select(pl.col(*counts).sum())
    total = sums.with_columns(source=pl.lit(None, dtype=pl.String)).select(told.columns)
    return pl.concat([total, told.filter(pl.col("source").is_not_null())])


def as_found(frame: pl.DataFrame, dimension: str, table: str) -> pl.DataFrame:
    """Return counts in the columns of `FOUND`."""
    told = frame.with_columns(dimension=pl.lit(dimension), table=pl.lit(table))
    missing = [name for name in FOUND if name not in told.columns]
    filled = told.with_columns(pl.lit(None).alias(name) for name in missing)
    return filled.select(pl.col(name).cast(dtype) for name, dtype in FOUND.items())
