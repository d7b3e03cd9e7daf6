"""Sources that read files: CSV, JSON Lines and Parquet, all in batches, so that a file may be larger than memory."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from unified_customer.connectors.answer_rules import AnswerRules
from unified_customer.connectors.bytestream import CHUNK_BYTES, check_encoding, opened
from unified_customer.connectors.csvtext import CsvParser
from unified_customer.connectors.discovery import described
from unified_customer.connectors.jsontext import JsonParser
from unified_customer.connectors.messages import MessageParser
from unified_customer.connectors.protocol import (
    BATCH_ROWS,
    Batch,
    Capabilities,
    Column,
    SourceSpec,
    State,
)
from unified_customer.connectors.textrows import TextFile
from unified_customer.core.errors import SourceError

INCREMENTAL: Final = Capabilities(incremental=True)
Character = Annotated[str, Field(pattern=r"^[\x00-\x7f]$")]


class FileConfig(BaseModel):
    """Options of every file source."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    location: Path = Field(description="The file.")


class TextConfig(FileConfig):
    """Options of every text file source."""

    encoding: str | None = Field(default=None, description="Encoding; by default its byte order mark, or UTF-8.")
    read_bytes: int = Field(default=CHUNK_BYTES, gt=0, description="Bytes that are read at once.")


class CsvConfig(TextConfig):
    """Options of `csv`."""

    delimiter: Character | None = Field(default=None, description="One character; by default found in the first rows.")
    quote: Character | None = Field(default='"', description="One character; null where quotes mean nothing.")
    header: bool = Field(default=True, description="Whether the first row names the columns.")


class JsonlConfig(TextConfig):
    """Options of `jsonl`."""

    shape: Literal["flat", "segment"] = Field(
        default="flat", description="flat: a column for each key; segment: messages of that form."
    )
    zone: str | None = Field(default=None, description="Of messages: IANA time zone of times that name none.")
    currency: str | None = Field(default=None, description="Of messages: ISO 4217 code of amounts that name none.")
    purposes: dict[str, str | tuple[str, ...]] = Field(
        default={}, description="Of messages: the purposes of each consent category, or consent id, of the source."
    )
    consents: AnswerRules = Field(default=(), description="Of messages: what answers say of consent.")


class CsvSource:
    """Rows of a delimited text file (RFC 4180), each column as text; an empty field is null.

    `.gz`, `.zst` and `.bz2` files are decompressed. Rows with bytes of another encoding, NUL characters, too few or
    too many fields, or unclosed quotes are rejected one by one. Blank lines are no rows.
    """

    def __init__(self, config: CsvConfig) -> None:
        """Take the options; nothing is read."""
        check_encoding(config.encoding)
        self._config = config
        self._file = TextFile(config.location, config.encoding, config.read_bytes)

    def __repr__(self) -> str:
        """Return the kind and the file's name."""
        return f"CsvSource({self._config.location.name!r})"

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return the options and capabilities."""
        return SourceSpec(CsvConfig, INCREMENTAL, doc="Delimited text with a header.")

    def check(self) -> None:
        """Raise SourceError if the file cannot be opened."""
        _check_text(self._config)

    def discover(self) -> tuple[Column, ...]:
        """Return the columns with counts over the first rows."""
        return described(self)

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield the rows, or those after `state`."""
        config = self._config
        parser = CsvParser(config.delimiter, config.quote or "", header=config.header, file=config.location.name)
        return self._file.batches(parser, state, batch_rows=batch_rows)


class JsonlSource:
    """Rows of a JSON Lines file: a column for each key of the objects, nested ones as JSON text.

    Lines that are no JSON object are rejected one by one.
    """

    def __init__(self, config: JsonlConfig) -> None:
        """Take the options; nothing is read."""
        check_encoding(config.encoding)
        self._config = config
        self._file = TextFile(config.location, config.encoding, config.read_bytes)

    def __repr__(self) -> str:
        """Return the kind and the file's name."""
        return f"JsonlSource({self._config.location.name!r})"

    @property
    def shape(self) -> str:
        """The form of the objects: flat, or segment."""
        return self._config.shape

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return the options and capabilities."""
        return SourceSpec(JsonlConfig, INCREMENTAL, doc="One JSON object a line.")

    def check(self) -> None:
        """Raise SourceError if the file cannot be opened."""
        _check_text(self._config)

    def discover(self) -> tuple[Column, ...]:
        """Return the columns of the first rows with counts."""
        return described(self)

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield the rows, or those after `state`; messages of the segment shape come as one column of their text."""
        parser = MessageParser() if self.shape == "segment" else JsonParser()
        return self._file.batches(parser, state, batch_rows=batch_rows)


class ParquetSource:
    """Rows of a Parquet file with their types, a few row groups at a time."""

    def __init__(self, config: FileConfig) -> None:
        """Take the options; nothing is read."""
        self._path = config.location

    def __repr__(self) -> str:
        """Return the kind and the file's name."""
        return f"ParquetSource({self._path.name!r})"

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return the options and capabilities."""
        return SourceSpec(FileConfig, INCREMENTAL, doc="Apache Parquet.")

    def check(self) -> None:
        """Raise SourceError if the file is no Parquet file."""
        with _parquet(self._path):
            pass

    def discover(self) -> tuple[Column, ...]:
        """Return the columns with counts over the first rows."""
        return described(self)

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield the rows, or those after `state`."""
        fingerprint = _fingerprint(self._path)
        done = int(state.data["row"]) - 1 if state is not None and state.data.get("file") == fingerprint else 0
        with _parquet(self._path) as file:
            row = 1
            for frame in _arrow_batches(file, batch_rows, skip=done):
                first = row + done
                row += frame.height
                yield Batch.of(frame, first_row=first)
                yield State("rows", {"row": first + frame.height, "file": fingerprint})


def _check_text(config: TextConfig) -> None:
    with opened(config.location, encoding=config.encoding) as file:
        next(file.chunks(1024), None)


def _parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, memory_map=False, pre_buffer=False)
    except FileNotFoundError as error:
        message = f"There is no file {path.name} in {path.parent}."
        raise SourceError(message) from error
    except (OSError, pa.ArrowInvalid) as error:
        message = f"The file {path.name} is no Parquet file, or is not complete."
        raise SourceError(message) from error


def _arrow_batches(file: Any, batch_rows: int, *, skip: int) -> Iterator[pl.DataFrame]:
    import pyarrow as pa

    groups, passed = _groups_after(file, skip)
    drop = skip - passed
    pieces = file.iter_batches(batch_size=batch_rows, row_groups=groups)
    while True:
        try:
            batch = next(pieces, None)
        except (OSError, pa.ArrowException) as error:
            message = "The Parquet file is damaged: a part of it cannot be read."
            raise SourceError(message) from error
        if batch is None:
            return
        rest = max(0, min(drop, batch.num_rows))
        drop -= rest
        if rest < batch.num_rows:
            frame = pl.from_arrow(batch.slice(rest))
            if isinstance(frame, pl.DataFrame):
                yield frame


def _groups_after(file: Any, rows: int) -> tuple[list[int], int]:
    """Return the row groups that are needed for what comes after `rows` rows, and the rows in the others."""
    sizes = [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)]
    passed = first = 0
    while first < len(sizes) and passed + sizes[first] <= rows:
        passed += sizes[first]
        first += 1
    return list(range(first, len(sizes))), passed


def _fingerprint(path: Path) -> str:
    """Return a hash of size, time of change and footer, which holds the counts and offsets of every column."""
    try:
        status = path.stat()
        with path.open("rb") as file:
            file.seek(max(0, status.st_size - 65536))
            footer = file.read()
    except OSError as error:
        message = f"There is no file {path.name} in {path.parent}."
        raise SourceError(message) from error
    return hashlib.blake2b(footer + f"{status.st_size} {status.st_mtime_ns}".encode(), digest_size=16).hexdigest()
