"""What was split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, result_html
from unified_customer.recommendations.evaluation.rows import IDS, with_ids

TRAIN: Final = "train"
TEST: Final = "test"
FOLD_IN: Final = "fold_in"
NO_TIME: Final = "has no time"
_PARTS: Final = (TRAIN, TEST, FOLD_IN)


@dataclass(frozen=True, eq=False)
class Split:
    """Interactions in parts; each row is in one of them, or left out.

    Attributes:
        spec: What split them.
        train: What a model may learn from.
        test: What it is judged by.
        left_out: Rows that are in no part, with the `reason`.
        fold_in: What is known of customers who are held out when they are recommended something; None where nobody is.
        cut: The instant from which on rows are judged by; None where there is none.
        untested: How many customers are in `train` and not in `test`, by reason.
    """

    spec: Spec
    train: pl.DataFrame = field(repr=False)
    test: pl.DataFrame = field(repr=False)
    left_out: pl.DataFrame = field(repr=False)
    fold_in: pl.DataFrame | None = field(default=None, repr=False)
    cut: datetime | None = None
    untested: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """`part`, `reason` (null for the parts), `rows`, `customers`, `items`."""
        parts = {TRAIN: self.train, TEST: self.test, FOLD_IN: self.fold_in}
        told = [_counted(name, None, rows) for name, rows in parts.items() if rows is not None]
        reasons = self.left_out["reason"].unique().sort()
        out = [_counted("left out", each, self.left_out.filter(pl.col("reason") == each)) for each in reasons]
        untested = [("not tested", reason, None, count, None) for reason, count in self.untested.items() if count]
        schema = {"part": pl.String, "reason": pl.String, "rows": pl.Int64, "customers": pl.Int64, "items": pl.Int64}
        return pl.DataFrame([*told, *out, *untested], schema=schema, orient="row")

    def to_body(self) -> Mapping[str, Any]:
        """Return the counts as JSON values."""
        return {"cut": None if self.cut is None else self.cut.isoformat(), "parts": self.summary.to_dicts()}

    def __str__(self) -> str:
        return "\n".join(_line(part, reason, counts) for part, reason, *counts in self.summary.iter_rows())

    def _repr_html_(self) -> str:
        facts = [] if self.cut is None else [("cut", f"{self.cut:%Y-%m-%d %H:%M}")]
        return result_html(type(self.spec).__name__, facts, self.summary)


def _line(part: str, reason: str | None, counts: Sequence[int | None]) -> str:
    named = zip(counts, ("rows", "customers", "items"), strict=True)
    told = ", ".join(f"{COUNT.written(count)} {name}" for count, name in named if count is not None)
    return f"{part}: {told}" if reason is None else f"{part}, {reason}: {told}"


def _counted(part: str, reason: str | None, rows: pl.DataFrame) -> tuple[str, str | None, int, int, int]:
    return part, reason, rows.height, rows["customer_id"].n_unique(), rows["item_id"].n_unique()


def interactions(frame: Native, *, timed: bool) -> pl.DataFrame:
    """Return interactions as they are, with ids as text; `_at` is their time in microseconds, null where they have none.

    Raises:
        SchemaError: A column is missing or of another kind, or an id is null.
    """
    rows = with_ids(frame, *IDS, name="interactions")
    if not timed:
        return rows.with_columns(_at=pl.lit(None, dtype=pl.Int64))
    if "occurred_at" not in rows.columns:
        raise SchemaError("'interactions' has no column 'occurred_at'. Split data without time by RandomHoldout.")
    if not isinstance(rows["occurred_at"].dtype, pl.Datetime | pl.Date):
        raise SchemaError(f"'occurred_at' of 'interactions' holds {rows['occurred_at'].dtype}, not instants or days.")
    return rows.with_columns(_at=pl.col("occurred_at").cast(pl.Datetime("us")).dt.epoch("us"))


def in_time(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of each customer by time; ties are broken by the item, and then by all else that rows tell."""
    more = [name for name, dtype in rows.schema.items() if name not in {"customer_id", "_at", "item_id", "_part"}]
    told = [name for name in more if not rows[name].dtype.is_nested()]
    return rows.sort("customer_id", "_at", "item_id", *told)


def assembled(
    rows: pl.DataFrame, spec: Spec, *, cut: datetime | None = None, untested: Mapping[str, int] | None = None
) -> Split:
    """Return a split of rows by `_part`, which names the part, or the reason why a row is left out.

    Raises:
        ConfigurationError: There is nothing to learn from, or nothing to be judged by.
    """
    parts = {name: rows.filter(pl.col("_part") == name).drop("_part", "_at") for name in _PARTS}
    for name in (TRAIN, TEST):
        if parts[name].is_empty():
            raise ConfigurationError(f"Nothing is left for the part {name!r}: {_why(rows)}.")
    left_out = rows.filter(~pl.col("_part").is_in(_PARTS)).rename({"_part": "reason"}).drop("_at")
    fold_in = parts[FOLD_IN] if parts[FOLD_IN].height else None
    return Split(spec, parts[TRAIN], parts[TEST], left_out, fold_in, cut, untested or {})


def _why(rows: pl.DataFrame) -> str:
    counts = rows.group_by("_part").len().sort("_part").rows()
    return ", ".join(f"{count:,} rows are {part!r}" for part, count in counts) or "there are no interactions"


def untested_customers(rows: pl.DataFrame) -> int:
    """Return how many customers have rows to learn from and none to be judged by."""
    tested = rows.filter(pl.col("_part") == TEST)["customer_id"].unique()
    return rows.filter(pl.col("_part") == TRAIN, ~pl.col("customer_id").is_in(tested.implode()))[
        "customer_id"
    ].n_unique()
