"""The fast path for JSON Lines: pieces of flat, valid objects are read by Polars, if that cannot change any value.

Polars turns a number into text where a column also holds texts. So a piece is taken only where counting its quotes,
colons and words proves that there are no objects inside objects and that each text is a text in the frame, each
number a number and each truth value a truth value. Everything else goes the careful way, line by line.
"""

import re
from typing import Final

import numpy as np
import polars as pl

from unified_customer.connectors.parsing import as_text

AMBIGUOUS: Final = (b':":', b',":', b'{":', b' ":', b'" :', b'"":', b"{}")
"""With none of these, no object is empty, and each `":` is the end of a key that has a name."""

LONG_NUMBER: Final = re.compile(rb"[0-9][0-9.]{15}")
"""A number that a double may not hold exactly."""

REFUSED_ESCAPE: Final = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
SMALL, LARGE = 1e-4, 1e15


def flat_columns(piece: bytes, lines: int) -> list[tuple[pl.Series, bool]] | None:
    """Return the columns of whole lines as text, each with whether its values are literals; None to go carefully.

    Args:
        piece: Whole lines.
        lines: How many of them hold something.
    """
    if not _plain_characters(piece) or (b"\\u" in piece and REFUSED_ESCAPE.search(piece)):
        return None
    bare = piece.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in piece else piece
    if bare.count(b"[") or bare.count(b"{") != lines or any(pattern in bare for pattern in AMBIGUOUS):
        return None
    frame = _read(piece)
    if frame is None or frame.height != lines or not _unchanged(frame, bare):
        return None
    return [(as_text(values), values.dtype != pl.String) for values in frame.iter_columns()]


def _plain_characters(piece: bytes) -> bool:
    view = np.frombuffer(piece, np.uint8)
    control = int((view < 32).sum())
    try:
        str(piece, "utf-8")
    except UnicodeDecodeError:
        return False
    return control == piece.count(b"\n") + piece.count(b"\r\n")


def _read(piece: bytes) -> pl.DataFrame | None:
    try:
        return pl.read_ndjson(piece, infer_schema_length=None)
    except pl.exceptions.PolarsError:
        return None


def _unchanged(frame: pl.DataFrame, bare: bytes) -> bool:
    """Return whether texts, truth values and numbers are as many in the frame as in the text; then none was changed."""
    keys = bare.count(b'":')
    texts = bare.count(b'"') // 2 - keys
    truths = _literals(bare, b"true") + _literals(bare, b"false")
    numbers = keys - texts - truths - _literals(bare, b"null")
    floats = [values for values in frame.iter_columns() if values.dtype == pl.Float64]
    return (
        texts == _filled(frame, pl.String)
        and truths == _filled(frame, pl.Boolean)
        and numbers == _filled(frame, pl.Int64) + _filled(frame, pl.Float64)
        and not any(_out_of_bounds(values) for values in floats)
        and not (floats and LONG_NUMBER.search(bare))
    )


def _literals(bare: bytes, word: bytes) -> int:
    return bare.count(b'":' + word) + bare.count(b'": ' + word)


def _filled(frame: pl.DataFrame, dtype: type[pl.DataType]) -> int:
    return sum(len(values) - values.null_count() for values in frame.iter_columns() if values.dtype == dtype)


def _out_of_bounds(values: pl.Series) -> bool:
    sizes = values.abs()
    return bool((((sizes > 0) & (sizes < SMALL)) | (sizes >= LARGE)).any())
