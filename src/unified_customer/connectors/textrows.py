"""Reading a text file row by row: pieces of bytes in, batches and states out, continued where a state says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.connectors.bytestream import Consumed, opened
from unified_customer.connectors.protocol import Batch, State

STREAM: Final = "rows"

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ParsedText:
    """A piece of text as rows.

    Attributes:
        frame: The rows that could be read.
        rows: Their row numbers.
        lines: Their first lines.
        rejects: The others.
        after: Offset in the piece after each row, rejected ones too.
        lines_after: How many lines end before that offset.
        consumed: Bytes that are accounted for; the rest belongs to the next piece.
        line_count: Lines in them.
        literals: See `Batch.literals`.
        sparse: See `Batch.sparse`.
    """

    frame: pl.DataFrame
    rows: pl.Series
    lines: pl.Series
    rejects: pl.DataFrame
    after: Offsets
    lines_after: Offsets
    consumed: int
    line_count: int
    literals: Mapping[str, pl.Series] = field(default_factory=dict)
    sparse: bool = False


class Parser(Protocol):
    """Turns text into rows; made once for each reading of a file."""

    def begin(self, buffer: bytes, *, final: bool) -> tuple[int, int] | None:
        """Return bytes and lines of what stands before the first row, or None if more text is needed to tell."""
        ...

    def parse(self, buffer: bytes, *, final: bool, first_row: int, first_line: int) -> ParsedText:
        """Return the whole rows at the start of `buffer`."""
        ...


@dataclass(frozen=True)
class TextFile:
    """A text file and how it is read.

    Attributes:
        path: The file.
        encoding: Its encoding, or None to go by its byte order mark.
        read_bytes: How much is read at once.
    """

    path: Path
    encoding: str | None
    read_bytes: int

    def batches(self, parser: Parser, state: State | None, *, batch_rows: int) -> Iterator[Batch | State]:
        """Yield the rows of the file, or those after `state` if the file still starts with what was read by then."""
        start = state.data if state is not None and self._starts_with(state.data) else None
        with opened(self.path, encoding=self.encoding) as file:
            reading = _Reading(parser, file.chunks(self.read_bytes))
            if reading.begin():
                reading.skip(start)
                yield from reading.batches(batch_rows)

    def _starts_with(self, data: Mapping[str, Any]) -> bool:
        consumed = Consumed()
        with opened(self.path, encoding=self.encoding) as file:
            for piece in file.chunks(self.read_bytes):
                rest = int(data["offset"]) - consumed.offset
                if rest <= 0:
                    return self._same(consumed, data) and _ends_a_line(consumed.last, piece)
                consumed.add(piece[:rest])
                if rest < len(piece):
                    return self._same(consumed, data) and _ends_a_line(consumed.last, piece[rest:])
        return self._same(consumed, data)

    @staticmethod
    def _same(consumed: Consumed, data: Mapping[str, Any]) -> bool:
        return consumed.state() == {"offset": data["offset"], "digest": data["digest"]}


def _ends_a_line(last: bytes, following: bytes) -> bool:
    # A last line without an end may have been continued since: then its row is another one.
    return not last or last in b"\r\n" or following[:1] in (b"", b"\r", b"\n")


class _Reading:
    """One pass over a file: what was read and not yet used, and how far it is."""

    def __init__(self, parser: Parser, pieces: Iterator[bytes]) -> None:
        self._parser = parser
        self._pieces = pieces
        self._buffer = b""
        self._at = 0
        self._final = False
        self._consumed = Consumed()
        self._row = 1
        self._line = 1

    def _more(self) -> None:
        piece = next(self._pieces, None)
        self._final = piece is None
        self._buffer = self._buffer[self._at :] + (piece or b"")
        self._at = 0

    def _advance(self, to: int) -> None:
        self._consumed.add(memoryview(self._buffer)[self._at : to])
        self._at = to

    def begin(self) -> bool:
        """Read what stands before the first row; return False for a file without anything."""
        while (head := self._parser.begin(self._buffer, final=self._final)) is None and not self._final:
            self._more()
        if head is None:
            return False
        self._advance(head[0])
        self._line += head[1]
        return True

    def skip(self, data: Mapping[str, Any] | None) -> None:
        """Pass over what an earlier reading has yielded."""
        if data is None:
            return
        while (rest := int(data["offset"]) - self._consumed.offset) > 0:
            if self._at == len(self._buffer):
                self._more()
            self._advance(min(self._at + rest, len(self._buffer)))
        self._row, self._line = int(data["row"]), int(data["line"])

    def batches(self, batch_rows: int) -> Iterator[Batch | State]:
        """Yield batches, and a state after each."""
        while True:
            base = self._at
            text = self._buffer[base:]
            parsed = self._parser.parse(text, final=self._final, first_row=self._row, first_line=self._line)
            for first in range(0, len(parsed.after), batch_rows):
                last = min(first + batch_rows, len(parsed.after)) - 1
                yield _part(parsed, self._row + first, self._row + last)
                self._advance(base + int(parsed.after[last]))
                yield self._state(parsed, last)
            self._row += len(parsed.after)
            self._line += parsed.line_count
            self._advance(base + parsed.consumed)
            if self._final:
                return
            self._more()

    def _state(self, parsed: ParsedText, last: int) -> State:
        reached = {"row": self._row + last + 1, "line": self._line + int(parsed.lines_after[last])}
        return State(STREAM, {**self._consumed.state(), **reached})


def _part(parsed: ParsedText, low: int, high: int) -> Batch:
    """Return the rows with the numbers `low` to `high`."""
    whole = Batch(
        parsed.frame, parsed.rows, parsed.rejects, parsed.lines, literals=parsed.literals, sparse=parsed.sparse
    )
    if high - low + 1 == len(parsed.after):
        return whole
    part = whole.take(parsed.rows.is_between(low, high))
    return replace(part, rejects=parsed.rejects.filter(pl.col("row").is_between(low, high)))
