"""What a source is: a Protocol of four methods, and the batches, states and descriptions that go through it.

A source yields raw batches and, whenever it can be continued from there, a state. It neither renames nor types
anything: that is the mapping's work. Every row of the input is in exactly one batch, as a row of its frame or as one
of its rejects.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, Self, runtime_checkable

import polars as pl
from pydantic import BaseModel

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import canonical_json

GROUP: Final = "unified_customer.sources"
PROTOCOL_VERSION: Final = 1
BATCH_ROWS: Final = 200_000

Right = Literal["access", "erase", "rectify"]

REJECT_COLUMNS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"row": pl.Int64(), "position": pl.String(), "reason": pl.String(), "payload": pl.String()}
)
"""Columns of a frame of rejects: row number, the same for people, `column: code`, the row as a JSON object."""


@dataclass(frozen=True)
class Capabilities:
    """What a source can do.

    Attributes:
        incremental: A later run continues from the last state, without reading everything again.
        schema_discovery: `discover` knows the columns.
        deletes: It tells of rows that were deleted.
        rights: The requests of people that the system behind it can honour.
    """

    incremental: bool = False
    schema_discovery: bool = True
    deletes: bool = False
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True)
class SourceSpec:
    """What a source says of itself before it is made.

    Attributes:
        config: Pydantic model of its options, with secrets as `SecretStr`; a field `location` takes the location.
        capabilities: What it can do.
        protocol: Version of this Protocol that it was written for.
        doc: One sentence.
    """

    config: type[BaseModel]
    capabilities: Capabilities = field(default_factory=Capabilities)
    protocol: int = PROTOCOL_VERSION
    doc: str = ""

    @cached_property
    def config_schema(self) -> Mapping[str, Any]:
        """The JSON schema of the options."""
        return self.config.model_json_schema()


@dataclass(frozen=True)
class Column:
    """One column of a source, without any value of it.

    Attributes:
        name: Its name.
        dtype: Polars type, as text.
        rows: Rows looked at.
        nulls: Of these, rows without a value.
        distinct: Distinct values among the rows looked at.
        longest: Length of the longest text; None where it is not text.
    """

    name: str
    dtype: str
    rows: int
    nulls: int
    distinct: int
    longest: int | None = None


@dataclass(frozen=True)
class State:
    """Where a source can be continued: it covers the rows yielded before it and no other.

    Attributes:
        stream: The part of the source that it is about.
        data: JSON values that only the source understands; never empty.
        version: Version of their form.
    """

    stream: str
    data: Mapping[str, Any]
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse a state that would make a source forget how far it was read."""
        if not self.data:
            message = f"A state of stream {self.stream!r} is empty. Yield no state where there is nothing to keep."
            raise ConfigurationError(message)

    def to_json(self) -> str:
        """Return the state as JSON text."""
        return canonical_json({"stream": self.stream, "version": self.version, "data": dict(self.data)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the state that `to_json` wrote.

        Raises:
            ConfigurationError: The text is not such a state.
        """
        return cls(**_parsed_state(text))


def _parsed_state(text: str) -> dict[str, Any]:
    import json

    try:
        found = json.loads(text)
    except ValueError as error:
        message = "A stored state is not JSON. Remove it from the checkpoints to read the source from the start."
        raise ConfigurationError(message) from error
    if not isinstance(found, dict) or set(found) != {"stream", "version", "data"}:
        message = "A stored state must have stream, version and data. Remove it to read the source from the start."
        raise ConfigurationError(message)
    return found


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a source.

    Attributes:
        frame: Raw columns: String from text formats, typed from typed ones; a missing value is null.
        rows: Number of each row of `frame` in the source, from 1; rejected rows have numbers too.
        rejects: Rows that could not be read, in the columns `REJECT_COLUMNS`.
        lines: First line of each row, from 1, where the source is text.
        literals: For String columns that hold JSON: which values are JSON literals (numbers, objects, ...) rather
            than plain text.
        skipped: Rows that were passed over since an earlier run had read them.
        place: What a position starts with, such as the name of a sheet; empty where there is only one.
        sparse: A column that the frame has not is missing in every row, as in formats where each row names its own.
    """

    frame: pl.DataFrame
    rows: pl.Series
    rejects: pl.DataFrame
    lines: pl.Series | None = None
    literals: Mapping[str, pl.Series] = field(default_factory=dict)
    skipped: int = 0
    place: str = ""
    sparse: bool = False

    def __len__(self) -> int:
        """Return how many rows of the source are accounted for: read, rejected and skipped."""
        return self.frame.height + self.rejects.height + self.skipped

    def __repr__(self) -> str:
        """Return the sizes; never a value."""
        return f"Batch(rows={self.frame.height}, rejects={self.rejects.height}, columns={self.frame.width})"

    @classmethod
    def of(cls, frame: pl.DataFrame, *, first_row: int = 1, rejects: pl.DataFrame | None = None) -> Self:
        """Return a batch of consecutive rows that starts with row number `first_row`."""
        rows = pl.int_range(first_row, first_row + frame.height, dtype=pl.Int64, eager=True)
        return cls(frame, rows, no_rejects() if rejects is None else rejects)

    def positions(self) -> pl.Series:
        """Return the position of each row of `frame` for people, such as `row 17 (line 19)`."""
        return position_texts(self.rows, lines=self.lines, place=self.place)

    def filled(self, columns: Iterable[str]) -> Self:
        """Return the batch, if it is sparse, with each of `columns` that it has not as nulls."""
        missing = [name for name in columns if name not in self.frame.columns] if self.sparse else []
        nulls = [pl.lit(None, dtype=pl.String).alias(name) for name in missing]
        return replace(self, frame=self.frame.with_columns(nulls)) if missing else self

    def take(self, keep: pl.Series) -> Self:
        """Return the batch with only the rows of `frame` where the Boolean `keep` is true; rejects stay."""
        return replace(
            self,
            frame=self.frame.filter(keep),
            rows=self.rows.filter(keep),
            lines=None if self.lines is None else self.lines.filter(keep),
            literals={name: mask.filter(keep) for name, mask in self.literals.items()},
        )


def position_texts(rows: pl.Series, *, lines: pl.Series | None = None, place: str = "") -> pl.Series:
    """Return positions for people, such as `row 17`, `row 17 (line 19)` or `Sheet1, row 17`."""
    parts = pl.DataFrame({"row": rows, "line": lines if lines is not None else rows})
    prefix = f"{place}, " if place else ""
    if lines is None:
        return parts.select(pl.format(f"{prefix}row {{}}", "row")).to_series()
    return parts.select(pl.format(f"{prefix}row {{}} (line {{}})", "row", "line")).to_series()


def no_rejects() -> pl.DataFrame:
    """Return a frame of rejects without any."""
    return pl.DataFrame(schema=REJECT_COLUMNS)


@runtime_checkable
class Source(Protocol):
    """Reads raw rows; entry-point group `unified_customer.sources`.

    The class is made with its config: `SomeSource(SomeConfig(location=..., ...))`. Making it reads nothing.
    """

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return what the source says of itself."""
        ...

    def check(self) -> None:
        """Return if the source can be read now.

        Raises:
            SourceError: It cannot; the message says what to do.
        """
        ...

    def discover(self) -> tuple[Column, ...]:
        """Return the columns, in order; the same on every call, without side effects and without values."""
        ...

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield batches of about `batch_rows` rows, and states after which a later read may continue.

        Args:
            state: The last state of an earlier read, or None for all rows. A state that does not fit what the
                source finds now, such as one of a file that was replaced, is read as None.
            batch_rows: How many rows a batch has at most.

        Raises:
            SourceError: The source cannot be read any further.
        """
        ...
