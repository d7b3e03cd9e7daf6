"""What came before an instant, and what came from it on."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import polars as pl
from pydantic import Field, field_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native
from unified_customer.recommendations.evaluation.splits.split import (
    NO_TIME,
    TEST,
    TRAIN,
    Split,
    assembled,
    interactions,
    untested_customers,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class TemporalSplit(Spec):
    """What came before an instant is learned from; what came from it on is judged by.

    The last window begins at the cut and holds all that follows. Each window before it is `days` long and ends where
    the next one begins; a model for it learns from what came before it alone.

    Examples:
        >>> from datetime import UTC, datetime
        >>> days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 5, 9, 9)]
        >>> bought = pl.DataFrame(
        ...     {
        ...         "customer_id": ["ann", "ann", "ann", "bob"],
        ...         "item_id": ["tea", "jam", "tea", "oil"],
        ...         "occurred_at": days,
        ...     }
        ... )
        >>> split = TemporalSplit(days=3).split(bought)
        >>> split.train["item_id"].to_list(), split.test["item_id"].to_list()
        (['tea', 'jam'], ['tea'])
        >>> split.left_out["reason"].to_list()
        ['customer is not in train']
    """

    days: float = Field(default=30.0, gt=0)
    """Length of a window."""
    cut: datetime | None = None
    """Where the last window begins. None: `days` before the last row."""
    windows: int = Field(default=1, ge=1)
    """How many windows `rolling` gives."""
    customers: Literal["known", "all"] = "known"
    """Whether rows to be judged by are left out where the customer has nothing to learn from."""
    items: Literal["known", "all"] = "all"
    """Whether they are left out where nobody had the item before."""
    repeats: bool = True
    """Whether they are kept where the customer had the item before."""

    @field_validator("cut")
    @classmethod
    def _in_utc(cls, cut: datetime | None) -> Any:
        return None if cut is None else as_utc(cut, name="cut")

    def split(self, frame: Native) -> Split:
        """Return the last window.

        Args:
            frame: `customer_id`, `item_id`, `occurred_at` (without a zone: in UTC); other columns are kept.

        Raises:
            SchemaError: A column is missing or of another kind, or an id is null.
            ConfigurationError: Nothing is left to learn from or to be judged by.
        """
        rows = interactions(frame, timed=True)
        return self._window(rows, self._last_cut(rows), end=None)

    def rolling(self, frame: Native) -> tuple[Split, ...]:
        """Return as many windows as the spec says, the earliest first; the last is that of `split`.

        Args:
            frame: As in `split`.

        Raises:
            SchemaError: As in `split`.
            ConfigurationError: As in `split`, for one of the windows.
        """
        rows = interactions(frame, timed=True)
        last, length = self._last_cut(rows), self._length
        past = [(last - n * length, last - (n - 1) * length) for n in range(self.windows - 1, 0, -1)]
        return tuple(self._window(rows, cut, end=end) for cut, end in [*past, (last, None)])

    @property
    def _length(self) -> int:
        return round(timedelta(days=self.days) / _MICROSECOND)

    def _last_cut(self, rows: pl.DataFrame) -> int:
        if self.cut is not None:
            return (self.cut - _EPOCH) // _MICROSECOND
        last = rows["_at"].max()
        if not isinstance(last, int):
            raise ConfigurationError("No row of 'interactions' has a time.")
        return last - self._length

    def _window(self, rows: pl.DataFrame, cut: int, *, end: int | None) -> Split:
        at = pl.col("_at")
        late = pl.lit(False) if end is None else at >= end
        part = pl.when(at.is_null()).then(pl.lit(NO_TIME)).when(late).then(pl.lit("is after the window"))
        told = rows.with_columns(_part=part.when(at < cut).then(pl.lit(TRAIN)).otherwise(pl.lit(TEST)))
        kept = self._unknown_left_out(told)
        untested = {"nothing in the window": untested_customers(kept)}
        return assembled(kept, self, cut=_EPOCH + cut * _MICROSECOND, untested=untested)

    def _unknown_left_out(self, rows: pl.DataFrame) -> pl.DataFrame:
        told = rows
        if self.customers == "known":
            told = _without(told, ["customer_id"], "customer is not in train", there=False)
        if self.items == "known":
            told = _without(told, ["item_id"], "item is not in train", there=False)
        return (
            told if self.repeats else _without(told, ["customer_id", "item_id"], "customer had it before", there=True)
        )


def _without(rows: pl.DataFrame, keys: list[str], reason: str, *, there: bool) -> pl.DataFrame:
    """Leave out rows to be judged by whose key is there, or is not there, among those to learn from."""
    known = rows.filter(pl.col("_part") == TRAIN).select(keys).unique().with_columns(_there=pl.lit(True))
    told = rows.join(known, on=keys, how="left", maintain_order="left")
    out = (pl.col("_part") == TEST) & (pl.col("_there").fill_null(False) == there)
    return told.with_columns(_part=pl.when(out).then(pl.lit(reason)).otherwise("_part")).drop("_there")
