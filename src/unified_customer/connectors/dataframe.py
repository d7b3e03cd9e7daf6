"""Rows of a data frame in memory or of a lazy relation: anything that narwhals reads."""

import hashlib
from collections.abc import Iterator
from typing import Any

import narwhals as nw
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from unified_customer.connectors.discovery import described
from unified_customer.connectors.protocol import (
    BATCH_ROWS,
    Batch,
    Capabilities,
    Column,
    SourceSpec,
    State,
)
from unified_customer.core.errors import SourceError


class DataFrameConfig(BaseModel):
    """Options of `dataframe`."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)

    location: Any = Field(description="A pandas, pyarrow, Polars (eager or lazy) or DuckDB frame.", repr=False)


class DataFrameSource:
    """Rows of any frame that narwhals reads, with their types."""

    def __init__(self, config: DataFrameConfig) -> None:
        """Take the frame; nothing is computed."""
        try:
            self._native = nw.from_native(config.location)
        except TypeError as error:
            message = (
                f"A {type(config.location).__name__} is no data frame. Pass a pandas, pyarrow, Polars or DuckDB one."
            )
            raise SourceError(message) from error

    def __repr__(self) -> str:
        """Return the kind of frame; never a value."""
        return f"DataFrameSource({self._native.implementation})"

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return the options and capabilities."""
        return SourceSpec(DataFrameConfig, Capabilities(incremental=True), doc="A data frame of this process.")

    def check(self) -> None:
        """Raise SourceError if the frame has no columns."""
        if not self._native.collect_schema().names():
            message = "The data frame has no columns."
            raise SourceError(message)

    def discover(self) -> tuple[Column, ...]:
        """Return the columns with counts over the first rows."""
        return described(self)

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield the rows, or those after `state` if the rows before it are still the same."""
        return frame_batches(self._frames, state, batch_rows=batch_rows)

    def _frames(self, batch_rows: int) -> Iterator[pl.DataFrame]:
        native = self._native
        if isinstance(native, nw.DataFrame):
            eager: pl.DataFrame = native.to_polars()
            return eager.iter_slices(batch_rows)
        if native.implementation is nw.Implementation.POLARS:
            lazy: pl.LazyFrame = native.to_native()
            return iter(lazy.collect_batches(chunk_size=batch_rows, maintain_order=True))
        if native.implementation is nw.Implementation.DUCKDB:
            return _arrow_frames(native.to_native(), batch_rows)
        collected: pl.DataFrame = native.collect(backend="polars").to_native()
        return collected.iter_slices(batch_rows)


def _arrow_frames(relation: Any, batch_rows: int) -> Iterator[pl.DataFrame]:
    for batch in relation.to_arrow_reader(batch_rows):
        frame = pl.from_arrow(batch)
        if isinstance(frame, pl.DataFrame):
            yield frame


class _RowHash:
    """A hash of rows in their order, whatever the batches they come in."""

    def __init__(self) -> None:
        self._state = hashlib.blake2b(digest_size=16)

    def add(self, frame: pl.DataFrame) -> str:
        # The hash of Polars may change between its releases; then rows are read again, which does no harm.
        self._state.update(_hashable(frame).hash_rows(seed=7).to_numpy().tobytes())
        return self._state.hexdigest()


def _hashable(frame: pl.DataFrame) -> pl.DataFrame:
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Object()]
    return frame.with_columns(pl.col(name).map_elements(repr, return_dtype=pl.String) for name in nested)


def frame_batches(frames: Any, state: State | None, *, batch_rows: int, place: str = "") -> Iterator[Batch | State]:
    """Yield the rows of `frames(batch_rows)`, or those after `state` if the rows before it are still the same.

    Args:
        frames: Function that starts again and yields frames of at most so many rows.
        state: Where an earlier reading ended.
        batch_rows: How many rows a batch has at most.
        place: See `Batch.place`.
    """
    done = _unchanged_rows(frames, state, batch_rows)
    digest, row = _RowHash(), 1
    for frame in _cut(frames(batch_rows), done):
        reached = digest.add(frame)
        first, row = row, row + frame.height
        if row - 1 > done and frame.height:
            yield _placed(frame, first, place)
            yield State("rows", {"row": row, "digest": reached})


def _placed(frame: pl.DataFrame, first: int, place: str) -> Batch:
    batch = Batch.of(frame, first_row=first)
    return Batch(batch.frame, batch.rows, batch.rejects, place=place)


def _cut(frames: Iterator[pl.DataFrame], at: int) -> Iterator[pl.DataFrame]:
    """Yield `frames` with one of them cut in two after `at` rows in all."""
    seen = 0
    for frame in frames:
        if seen < at < seen + frame.height:
            yield frame.head(at - seen)
            yield frame.tail(frame.height - at + seen)
        else:
            yield frame
        seen += frame.height


def _unchanged_rows(frames: Any, state: State | None, batch_rows: int) -> int:
    """Return how many rows the state covers if they still hash to the same; else 0."""
    if state is None:
        return 0
    done = int(state.data["row"]) - 1
    digest, seen, reached = _RowHash(), 0, ""
    for frame in _cut(frames(batch_rows), done):
        reached = digest.add(frame)
        seen += frame.height
        if seen >= done:
            break
    return done if seen == done and reached == state.data["digest"] else 0
