"""Rows of a JSON Lines file: one object a line, each value as text that loses nothing.

Text stays as it is, numbers are written in their shortest exact form, true and false in those words, and objects and
lists stay JSON. Which values were not text in the file is kept beside them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NoReturn

import numpy as np
import polars as pl

from unified_customer.connectors.jsonflat import flat_columns
from unified_customer.connectors.protocol import no_rejects
from unified_customer.connectors.rejects import EXACT_WHOLE, unread_rejects
from unified_customer.connectors.textrows import ParsedText

EXACT_LENGTH: Final = 15
"""A decimal number with no more characters is the same after a trip through a double."""

Row = dict[str, Any]
Bad = tuple[int, str]


@dataclass
class JsonParser:
    """Parses one JSON Lines file.

    Attributes:
        names: The columns met so far, in the order of first sight; later batches have at least these.
    """

    names: dict[str, None] = field(default_factory=dict)

    def begin(self, buffer: bytes, *, final: bool) -> tuple[int, int] | None:
        """Return that nothing stands before the first row."""
        return (0, 0) if buffer or not final else None

    def parse(self, buffer: bytes, *, final: bool, first_row: int, first_line: int) -> ParsedText:
        """Return the whole lines at the start of `buffer` as rows."""
        consumed = len(buffer) if final else buffer.rfind(b"\n") + 1
        lines = buffer[:consumed].split(b"\n")
        after = np.minimum(np.cumsum([len(line) + 1 for line in lines], dtype=np.int64), consumed)
        filled = [number for number, line in enumerate(lines) if line and not line.isspace()]
        numbers = np.array(filled, np.int64)
        flat = flat_columns(buffer[:consumed], len(filled)) if filled else None
        frame, literals, bad = self._carefully([lines[at] for at in filled]) if flat is None else self._flat(flat)
        kept = np.setdiff1d(np.arange(len(filled)), [index for index, _ in bad])
        return ParsedText(
            frame,
            pl.Series(kept + first_row, dtype=pl.Int64),
            pl.Series(numbers[kept] + first_line, dtype=pl.Int64),
            _rejects(bad, lines, filled, first_row, first_line),
            after[numbers],
            numbers + 1,
            consumed,
            buffer.count(b"\n", 0, consumed),
            literals,
            sparse=True,
        )

    def _flat(self, columns: list[tuple[pl.Series, bool]]) -> tuple[pl.DataFrame, dict[str, pl.Series], list[Bad]]:
        found = {values.name: values for values, _ in columns}
        self.names.update(dict.fromkeys(found))
        height = len(columns[0][0]) if columns else 0
        missing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
        frame = pl.DataFrame({name: found.get(name, missing) for name in self.names})
        return frame, {values.name: values.is_not_null() for values, literal in columns if literal}, []

    def _carefully(self, lines: list[bytes]) -> tuple[pl.DataFrame, dict[str, pl.Series], list[Bad]]:
        rows, bad = _decoded(lines)
        for row in rows:
            if not row.keys() <= self.names.keys():
                self.names.update(dict.fromkeys(row))
        columns, literals = {}, {}
        for name in self.names:
            texts, mask = _texts([row.get(name) for row in rows])
            columns[name] = pl.Series(name, texts, dtype=pl.String)
            if mask is not None:
                literals[name] = pl.Series(name, mask, dtype=pl.Boolean)
        return pl.DataFrame(columns), literals, bad


def _decoded(lines: list[bytes]) -> tuple[list[Row], list[Bad]]:
    good: list[Row] = []
    bad: list[Bad] = []
    decode = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_exact_float, parse_constant=_refuse).decode
    for index, line in enumerate(lines):
        try:
            row = decode(str(line, "utf-8"))
        except UnicodeDecodeError:
            bad.append((index, "encoding"))
        except _DoubleKeyError:
            bad.append((index, "double_key"))
        except (ValueError, RecursionError):
            bad.append((index, "not_json"))
        else:
            reason = _objection(row, line)
            if reason:
                bad.append((index, reason))
            else:
                good.append(row)
    return good, bad


def _objection(row: Any, line: bytes) -> str | None:
    if not isinstance(row, dict):
        return "not_an_object"
    if not row:
        return "empty_object"
    if b"\\u" not in line and b"\0" not in line:
        return None
    text = json.dumps(row, ensure_ascii=False)
    if "\\u0000" in text and b"\\u0000" in line:
        return "nul_character"
    return None if _encodable(text) else "lone_surrogate"


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _DoubleKeyError(Exception):
    """An object has one key twice: which value counts cannot be known."""


def _unique(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DoubleKeyError
    return found


def _exact_float(text: str) -> float | str:
    """Return a double where it is the very number written, else the number as text."""
    value = float(text)
    if len(text) <= EXACT_LENGTH and "e" not in text and "E" not in text:
        return value
    return value if Decimal(repr(value)) == Decimal(text) else text


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON"
    raise ValueError(message)


def _texts(values: list[Any]) -> tuple[list[str | None], list[bool] | None]:
    """Return values as text, and which were none in the file; None for the second where all were."""
    if {str, type(None)}.issuperset(map(type, values)):
        return values, None
    mask = [value is not None and type(value) is not str for value in values]
    return [_text(value) if literal else value for value, literal in zip(values, mask, strict=True)], mask


def _text(value: Any) -> str:
    if type(value) is float and value.is_integer() and abs(value) < EXACT_WHOLE:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rejects(
    bad: Sequence[Bad], lines: Sequence[bytes], filled: Sequence[int], first_row: int, first_line: int
) -> pl.DataFrame:
    if not bad:
        return no_rejects()
    rows = [index + first_row for index, _ in bad]
    places = [filled[index] + first_line for index, _ in bad]
    raws = [lines[filled[index]] for index, _ in bad]
    return unread_rejects(rows, [reason for _, reason in bad], raws, lines=places)
