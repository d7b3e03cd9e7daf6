"""Messages as they came: one text a line, not looked into, for shapes that have a reader of their own."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.connectors.rejects import unread_rejects
from unified_customer.connectors.textrows import ParsedText

MESSAGE: Final = "message"
"""The one column of a batch of messages."""


@dataclass
class MessageParser:
    """Parses a file of one message a line; blank lines are no rows, bytes that are no UTF-8 are rejected."""

    def begin(self, buffer: bytes, *, final: bool) -> tuple[int, int] | None:
        """Return that nothing stands before the first row."""
        return (0, 0) if buffer or not final else None

    def parse(self, buffer: bytes, *, final: bool, first_row: int, first_line: int) -> ParsedText:
        """Return the whole lines at the start of `buffer` as rows."""
        consumed = len(buffer) if final else buffer.rfind(b"\n") + 1
        lines = buffer[:consumed].split(b"\n")
        after = np.minimum(np.cumsum([len(line) + 1 for line in lines], dtype=np.int64), consumed)
        filled = np.array([number for number, line in enumerate(lines) if line and not line.isspace()], np.int64)
        texts = [_decoded(lines[number]) for number in filled]
        good = np.array([index for index, text in enumerate(texts) if text is not None], np.int64)
        bad = [index for index, text in enumerate(texts) if text is None]
        rejects = unread_rejects(
            [first_row + index for index in bad],
            ["row: encoding"] * len(bad),
            [lines[filled[index]] for index in bad],
            lines=[first_line + int(filled[index]) for index in bad],
        )
        return ParsedText(
            pl.DataFrame({MESSAGE: pl.Series([text for text in texts if text is not None], dtype=pl.String)}),
            pl.Series(good + first_row, dtype=pl.Int64),
            pl.Series(filled[good] + first_line, dtype=pl.Int64),
            rejects,
            after[filled],
            filled + 1,
            consumed,
            buffer.count(b"\n", 0, consumed),
        )


def _decoded(line: bytes) -> str | None:
    try:
        return str(line, "utf-8").strip()
    except UnicodeDecodeError:
        return None
