"""Splitting delimited text into rows (RFC 4180) without guessing: exact counts, and a reason for what is malformed.

Well-formed text is split with array operations over its bytes. Where a quote stands out of place, the rows are walked
one by one: a quote inside an unquoted field is a character like any other, a quoted field that is not closed or is
followed by text makes its first line a broken row, and splitting goes on with the next line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

MAX_ROW_BYTES: Final = 1024 * 1024
"""A row that is longer counts as one with an unclosed quote."""

DELIMITERS: Final = (",", ";", "\t", "|")

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dialect:
    """How rows and fields are separated: one byte each; `quote` may be empty."""

    delimiter: bytes = b","
    quote: bytes = b'"'
    newline: bytes = b"\n"


class Broken(NamedTuple):
    """A row that is malformed: its number among the rows, first line, span and reason."""

    number: int
    line: int
    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class SplitText:
    """Rows of a piece of text; blank lines are no rows. Indices, lines and offsets count from 0.

    Attributes:
        text: Well-formed text that holds the rows that are not broken.
        starts: Where each of them starts in `text`.
        ends: Where it ends, without the newline.
        fields: How many fields each has.
        indices: Its index among all rows.
        lines: Its first line.
        after: For every row, broken ones too: the offset in the original text after it.
        lines_after: For every row: how many lines end before that offset.
        broken: The others.
        consumed: Bytes of the original that are accounted for.
        line_count: Lines in them.
    """

    text: bytes
    starts: Offsets
    ends: Offsets
    fields: Offsets
    indices: Offsets
    lines: Offsets
    after: Offsets
    lines_after: Offsets
    broken: tuple[Broken, ...]
    consumed: int
    line_count: int


def split_text(buffer: bytes, dialect: Dialect, *, final: bool) -> SplitText:
    """Split `buffer`, which starts at the start of a row.

    Args:
        buffer: UTF-8 bytes.
        dialect: How rows and fields are separated.
        final: Whether no more text follows; else what follows the last whole row is left for the next call.
    """
    closed = buffer + dialect.newline if final and buffer and not buffer.endswith(dialect.newline) else buffer
    split = _split_well_formed(closed, dialect)
    stuck = len(closed) - split.consumed > MAX_ROW_BYTES if split else True
    if split is None or (stuck and _has_quote(closed, dialect)) or (final and split.consumed < len(closed)):
        split = _split_row_by_row(closed, dialect, final=final)
    return _clipped(split, len(buffer))


def _has_quote(buffer: bytes, dialect: Dialect) -> bool:
    return bool(dialect.quote) and dialect.quote in buffer


def _clipped(split: SplitText, size: int) -> SplitText:
    if split.consumed <= size:
        return split
    after = np.minimum(split.after, size)
    return SplitText(**{**split.__dict__, "consumed": size, "after": after})


def _positions(view: npt.NDArray[np.uint8], byte: bytes) -> Offsets:
    return np.flatnonzero(view == byte[0]) if byte else np.empty(0, np.int64)


def _split_well_formed(buffer: bytes, dialect: Dialect) -> SplitText | None:
    view = np.frombuffer(buffer, np.uint8)
    newlines = _positions(view, dialect.newline)
    quotes = _positions(view, dialect.quote)
    ends = newlines if len(quotes) == 0 else newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    cut = int(ends[-1]) + 1 if len(ends) else 0
    quotes = quotes[: np.searchsorted(quotes, cut)]
    if not _quotes_in_place(view, quotes, dialect):
        return None
    starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1] + 1])
    fields = _field_counts(view[:cut], starts, ends, quotes, dialect)
    lines = np.arange(len(starts)) if len(quotes) == 0 else np.searchsorted(newlines, starts)
    lines_after = lines + 1 if len(quotes) == 0 else np.searchsorted(newlines, ends + 1)
    rows = np.vstack([starts, ends, fields, lines, lines_after])[:, ~_blank(view, starts, ends)]
    starts, ends, fields, lines, lines_after = rows
    line_count = int(np.searchsorted(newlines, cut))
    indices = np.arange(len(starts))
    return SplitText(buffer[:cut], starts, ends, fields, indices, lines, ends + 1, lines_after, (), cut, line_count)


def _quotes_in_place(view: npt.NDArray[np.uint8], quotes: Offsets, dialect: Dialect) -> bool:
    """Return whether quotes stand only around fields and doubled inside them."""
    if len(quotes) == 0:
        return True
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, view[opening - 1], dialect.newline[0])
    around = np.array([dialect.delimiter[0], dialect.newline[0], dialect.quote[0]], np.uint8)
    if not np.isin(before, around).all():
        return False
    following = view[closing + 1]
    strange = ~np.isin(following, around)
    return not strange.any() or _ends_with_return(view, closing[strange], dialect)


def _ends_with_return(view: npt.NDArray[np.uint8], closing: Offsets, dialect: Dialect) -> bool:
    """Return whether each closing quote is followed by a carriage return and the newline."""
    return bool((view[closing + 1] == 13).all() and (view[closing + 2] == dialect.newline[0]).all())


def _field_counts(
    view: npt.NDArray[np.uint8], starts: Offsets, ends: Offsets, quotes: Offsets, dialect: Dialect
) -> Offsets:
    delimiters = _positions(view, dialect.delimiter)
    if len(quotes):
        delimiters = delimiters[np.searchsorted(quotes, delimiters) % 2 == 0]
    counts: Offsets = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
    return counts


def _blank(view: npt.NDArray[np.uint8], starts: Offsets, ends: Offsets) -> npt.NDArray[np.bool_]:
    lengths = ends - starts
    blank: npt.NDArray[np.bool_] = lengths == 0
    short = np.flatnonzero(lengths == 1)
    blank[short] = view[starts[short]] == 13
    return blank


class _Row(NamedTuple):
    start: int
    end: int
    text: bytes | None
    reason: str | None


def _split_row_by_row(buffer: bytes, dialect: Dialect, *, final: bool) -> SplitText:
    rows = list(_walk(buffer, dialect, final=final))
    spans = np.array([(row.start, row.end) for row in rows], np.int64).reshape(-1, 2)
    newlines = _positions(np.frombuffer(buffer, np.uint8), dialect.newline)
    cut = int(spans[-1, 1]) + 1 if rows else 0
    lines = np.searchsorted(newlines, spans[:, 0])
    filled = [index for index, row in enumerate(rows) if row.reason or row.text not in {b"", b"\r"}]
    number = {row: index for index, row in enumerate(filled)}
    broken = tuple(
        Broken(number[index], int(lines[index]), rows[index].start, rows[index].end, str(rows[index].reason))
        for index in filled
        if rows[index].reason
    )
    good = [index for index in filled if rows[index].reason is None]
    text = b"".join((rows[index].text or b"") + dialect.newline for index in good)
    split = _split_well_formed(text, dialect)
    if split is None or len(split.starts) != len(good):
        message = "rewritten rows do not split again"
        raise AssertionError(message)
    indices = np.array([number[index] for index in good], np.int64)
    after = spans[filled, 1] + 1
    return SplitText(
        text, split.starts, split.ends, split.fields, indices, lines[good], after, np.searchsorted(newlines, after),
        broken, cut, int(np.searchsorted(newlines, cut)),
    )  # fmt: skip


def _walk(buffer: bytes, dialect: Dialect, *, final: bool) -> Iterator[_Row]:
    field = _field_pattern(dialect)
    start = 0
    while (end := buffer.find(dialect.newline, start)) >= 0:
        line = buffer[start:end]
        row = _Row(start, end, line, None)
        if dialect.quote in line:
            found = _quoted_row(buffer, start, end, dialect, field)
            if found is None and not final and len(buffer) - start <= MAX_ROW_BYTES:
                return
            row = found or _Row(start, end, None, "unclosed_quote")
        yield row
        start = row.end + 1


def _field_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    quote, delimiter, newline = (re.escape(each) for each in (dialect.quote, dialect.delimiter, dialect.newline))
    quoted = rb"%b(?P<quoted>(?:[^%b]|%b%b)*+)%b" % (quote, quote, quote, quote, quote)
    plain = rb"(?!%b)(?P<plain>[^%b%b]*+)" % (quote, delimiter, newline)
    return re.compile(rb"(?:%b|%b)(?P<end>%b|\r?%b)" % (quoted, plain, delimiter, newline), re.DOTALL)


def _quoted_row(buffer: bytes, start: int, line_end: int, dialect: Dialect, field: re.Pattern[bytes]) -> _Row | None:
    """Return the row at `start`; None where a quoted field is not closed in the buffer."""
    fields: list[bytes] = []
    at = start
    while True:
        found = field.match(buffer, at, start + MAX_ROW_BYTES)
        if found is None:
            closed = _is_closed(buffer, at, dialect)
            return _Row(start, line_end, None, "text_after_quote") if closed else None
        fields.append(_well_formed(found, dialect))
        at = found.end()
        if found["end"] != dialect.delimiter:
            return _Row(start, at - 1, dialect.delimiter.join(fields), None)


def _is_closed(buffer: bytes, at: int, dialect: Dialect) -> bool:
    rest = buffer[at + 1 : at + MAX_ROW_BYTES].replace(dialect.quote * 2, b"")
    return dialect.quote in rest


def _well_formed(found: re.Match[bytes], dialect: Dialect) -> bytes:
    if found["quoted"] is not None:
        return dialect.quote + found["quoted"] + dialect.quote
    plain = found["plain"]
    if dialect.quote not in plain:
        return plain
    plain = plain if found["end"] == dialect.delimiter else plain.removesuffix(b"\r")
    return dialect.quote + plain.replace(dialect.quote, dialect.quote * 2) + dialect.quote


def row_fields(row: bytes, dialect: Dialect) -> list[str]:
    r"""Return the fields of one well-formed row, which has no newline at its end.

    Examples:
        >>> row_fields(b'1,"a ""b"", c",', Dialect())
        ['1', 'a "b", c', '']
    """
    if not dialect.quote:
        return row.decode().removesuffix("\r").split(dialect.delimiter.decode())
    fields, at, text = [], 0, row + dialect.newline
    pattern, quote = _field_pattern(dialect), dialect.quote
    while at < len(text) and (found := pattern.match(text, at)):
        at = found.end()
        plain, quoted = found["plain"], found["quoted"]
        fields.append((plain if quoted is None else quoted.replace(quote * 2, quote)).decode())
    last = fields.pop() if fields else ""
    return [*fields, last.removesuffix("\r")]


def sniff_delimiter(sample: bytes, *, quote: bytes = b'"', newline: bytes = b"\n") -> bytes:
    r"""Return the delimiter that splits the rows of `sample` most evenly; a comma where none splits them at all.

    Examples:
        >>> sniff_delimiter(b"id;name\n1;Doe, Jane\n2;Poe\n")
        b';'
    """
    scores = [_evenness(sample, Dialect(each.encode(), quote, newline)) for each in DELIMITERS]
    best = max(range(len(scores)), key=lambda index: (scores[index], -index))
    return DELIMITERS[best].encode()


def _evenness(sample: bytes, dialect: Dialect) -> tuple[float, int]:
    split = split_text(sample, dialect, final=True)
    counts = split.fields[:100]
    if len(counts) == 0 or counts[0] == 1:
        return (0.0, 0)
    return (float((counts == counts[0]).mean()), int(counts[0]))
