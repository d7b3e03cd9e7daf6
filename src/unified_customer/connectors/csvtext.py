"""Rows of a CSV file: which are whole, which are not and why, and the whole ones as a frame of text."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.connectors.delimited import (
    Broken,
    Dialect,
    SplitText,
    row_fields,
    sniff_delimiter,
    split_text,
)
from unified_customer.connectors.protocol import no_rejects
from unified_customer.connectors.rejects import unread_rejects
from unified_customer.connectors.textrows import ParsedText
from unified_customer.core.errors import SourceError

SNIFF_BYTES: Final = 64 * 1024
Mask = npt.NDArray[np.bool_]


@dataclass
class CsvParser:
    """Parses one CSV file; learns its dialect and its columns from the beginning.

    Attributes:
        delimiter: One character, or None to find it in the first rows.
        quote: One character, or empty where quotes mean nothing.
        header: Whether the first row names the columns.
        file: What the file is called in messages.
    """

    delimiter: str | None
    quote: str
    header: bool
    file: str
    names: tuple[str, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)

    def begin(self, buffer: bytes, *, final: bool) -> tuple[int, int] | None:
        """Learn dialect and columns; return bytes and lines of the header."""
        if len(buffer) < SNIFF_BYTES and not final:
            return None
        newline = b"\r" if b"\r" in buffer and b"\n" not in buffer else b"\n"
        quote = self.quote.encode()
        delimiter = self.delimiter.encode() if self.delimiter else self._sniffed(buffer, quote, newline)
        self.dialect = Dialect(delimiter, quote, newline)
        split = split_text(buffer, self.dialect, final=final)
        if len(split.after) == 0:
            return None
        if not self.header:
            self.names = tuple(f"column_{number}" for number in range(1, int(split.fields[0]) + 1))
            return 0, 0
        self.names = unique_names(self._first_row(split))
        return int(split.after[0]), int(split.lines_after[0])

    @staticmethod
    def _sniffed(buffer: bytes, quote: bytes, newline: bytes) -> bytes:
        sample = buffer[:SNIFF_BYTES]
        whole = sample[: sample.rfind(newline) + 1] or sample
        return sniff_delimiter(whole, quote=quote, newline=newline)

    def _first_row(self, split: SplitText) -> list[str]:
        if split.broken and split.broken[0].number == 0:
            message = f"The header of {self.file} is malformed: {split.broken[0].reason}. Check quote and delimiter."
            raise SourceError(message)
        try:
            return row_fields(split.text[split.starts[0] : split.ends[0]], self.dialect)
        except UnicodeDecodeError as error:
            message = f"The header of {self.file} is not in the encoding it is read in. Name it: encoding='cp1252'."
            raise SourceError(message) from error

    def parse(self, buffer: bytes, *, final: bool, first_row: int, first_line: int) -> ParsedText:
        """Return the whole rows at the start of `buffer`."""
        split = split_text(buffer, self.dialect, final=final)
        reasons = _reasons(split, len(self.names))
        good = np.array([reason is None for reason in reasons]) if reasons else np.ones(len(split.starts), np.bool_)
        frame = self._frame(_kept_text(split, good, self.dialect), int(good.sum()))
        bad = list(split.broken) + [
            Broken(int(split.indices[at]), int(split.lines[at]), int(split.starts[at]), int(split.ends[at]), reason)
            for at, reason in enumerate(reasons)
            if reason
        ]
        rejects = self._rejects(split, buffer, bad, first_row, first_line)
        rows = pl.Series(split.indices[good] + first_row, dtype=pl.Int64)
        lines = pl.Series(split.lines[good] + first_line, dtype=pl.Int64)
        return ParsedText(frame, rows, lines, rejects, split.after, split.lines_after, split.consumed, split.line_count)

    def _rejects(
        self, split: SplitText, buffer: bytes, bad: list[Broken], first_row: int, first_line: int
    ) -> pl.DataFrame:
        if not bad:
            return no_rejects()
        malformed = set(split.broken)
        raws = [(buffer if each in malformed else split.text)[each.start : each.end] for each in bad]
        rows = [each.number + first_row for each in bad]
        lines = [each.line + first_line for each in bad]
        return unread_rejects(rows, [each.reason for each in bad], raws, lines=lines).sort("row")

    def _frame(self, text: bytes, height: int) -> pl.DataFrame:
        schema = dict.fromkeys(self.names, pl.String)
        if height == 0:
            return pl.DataFrame(schema=schema)
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=schema,
            separator=self.dialect.delimiter.decode(),
            quote_char=self.quote or None,
            eol_char=self.dialect.newline.decode(),
        )
        if frame.height != height:
            frame = self._frame_by_row(text)
        if self.quote and self.quote.encode() * 2 in text:
            frame = frame.with_columns(pl.all().replace("", None))
        return frame

    def _frame_by_row(self, text: bytes) -> pl.DataFrame:
        split = split_text(text, self.dialect, final=True)
        spans = zip(split.starts, split.ends, strict=True)
        rows = [[field or None for field in row_fields(text[start:end], self.dialect)] for start, end in spans]
        return pl.DataFrame(rows, schema=dict.fromkeys(self.names, pl.String), orient="row")


def _reasons(split: SplitText, width: int) -> list[str | None]:
    """Return why each row is refused, or an empty list where none is."""
    few, many = split.fields < width, split.fields > width
    nul, encoding = _rows_with_nul(split), _rows_not_utf8(split)
    if not (few.any() or many.any() or nul.any() or encoding.any()):
        return []
    reasons: list[str | None] = [None] * len(split.starts)
    for mask, reason in (
        (encoding, "encoding"),
        (nul, "nul_character"),
        (few, "too_few_fields"),
        (many, "too_many_fields"),
    ):
        for at in np.flatnonzero(mask):
            reasons[at] = reasons[at] or reason
    return reasons


def _rows_with_nul(split: SplitText) -> Mask:
    hit = np.zeros(len(split.starts), np.bool_)
    if b"\0" in split.text:
        found = np.flatnonzero(np.frombuffer(split.text, np.uint8) == 0)
        hit[np.unique(np.searchsorted(split.ends, found))] = True
    return hit


def _rows_not_utf8(split: SplitText) -> Mask:
    hit = np.zeros(len(split.starts), np.bool_)
    view = memoryview(split.text)
    at = 0
    while at < len(view):
        try:
            str(view[at:], "utf-8")
        except UnicodeDecodeError as error:
            row = int(np.searchsorted(split.ends, at + error.start))
            hit[row] = True
            at = int(split.ends[row]) + 1
        else:
            break
    return hit


def _kept_text(split: SplitText, good: Mask, dialect: Dialect) -> bytes:
    count = len(split.starts)
    if good.all() and (count == 0 or int((split.ends - split.starts + 1).sum()) == len(split.text)):
        return split.text
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    spans = []
    for first, last in zip(edges[0::2], edges[1::2], strict=True):
        spans.extend(_runs(split, int(first), int(last)))
    return b"".join(split.text[start:end] + dialect.newline for start, end in spans)


def _runs(split: SplitText, first: int, last: int) -> list[tuple[int, int]]:
    """Return spans of text that hold the rows from `first` to before `last` without the blank lines between them."""
    gaps = np.flatnonzero(split.starts[first + 1 : last] != split.ends[first : last - 1] + 1) + first + 1
    bounds = [first, *gaps.tolist(), last]
    return [(int(split.starts[a]), int(split.ends[b - 1])) for a, b in pairwise(bounds)]


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Return `names` without blanks around; an empty one becomes `column_3`, a second `Name` becomes `Name_2`."""
    taken: dict[str, int] = {}
    unique: list[str] = []
    for number, name in enumerate(names, start=1):
        wanted = name.strip() or f"column_{number}"
        taken[wanted] = taken.get(wanted, 0) + 1
        unique.append(wanted if taken[wanted] == 1 else f"{wanted}_{taken[wanted]}")
    return tuple(unique) if len(set(unique)) == len(unique) else tuple(f"{n}_{i}" for i, n in enumerate(unique, 1))
