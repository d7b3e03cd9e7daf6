"""Rows that could not be accepted: their payload as JSON, and the way back from the payload to a raw batch.

A payload is a JSON object of the raw columns that have a value, by name, so that equal rows have equal payloads. A row
that could not even be split into columns has the single key `UNREAD`, with its text.
"""

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import polars as pl

from unified_customer.connectors.protocol import REJECT_COLUMNS, Batch, no_rejects, position_texts

UNREAD: Final = "_unread"
EXACT_WHOLE: Final = 2.0**53
"""Whole doubles below this are whole numbers without doubt, and are written as such."""

Json = dict[str, Any]


def payload_texts(frame: pl.DataFrame, *, literals: Mapping[str, pl.Series] | None = None) -> pl.Series:
    """Return each row of `frame` as a JSON object without its nulls."""
    masks = {name: mask.to_list() for name, mask in (literals or {}).items()}
    texts = [_payload(row, masks, index) for index, row in enumerate(frame.iter_rows(named=True))]
    return pl.Series("payload", texts, dtype=pl.String)


def unread_payload(raw: bytes) -> str:
    """Return the payload of a row that could not be split into columns; bytes that are no UTF-8 are escaped."""
    return json.dumps({UNREAD: raw.decode("utf-8", "backslashreplace")}, ensure_ascii=False)


def rejects_of(batch: Batch, reasons: pl.Series) -> pl.DataFrame:
    """Return the rows of `batch` that have a reason, as rejects.

    Args:
        batch: The batch, not yet filtered.
        reasons: One String for each row of its frame; null where the row is good.
    """
    chosen = reasons.is_not_null()
    if not chosen.any():
        return no_rejects()
    bad = batch.take(chosen)
    columns = {"row": bad.rows, "position": bad.positions(), "reason": reasons.filter(chosen)}
    return pl.DataFrame({**columns, "payload": payload_texts(bad.frame, literals=bad.literals)}, schema=REJECT_COLUMNS)


def unread_rejects(
    rows: Sequence[int], reasons: Sequence[str], raws: Iterable[bytes], *, lines: Sequence[int] | None = None
) -> pl.DataFrame:
    """Return rejects for rows that could not be split into columns."""
    numbers = pl.Series(rows, dtype=pl.Int64)
    places = position_texts(numbers, lines=None if lines is None else pl.Series(lines, dtype=pl.Int64))
    payloads = [unread_payload(raw) for raw in raws]
    columns = {"row": numbers, "position": places, "reason": list(reasons), "payload": payloads}
    return pl.DataFrame(columns, schema=REJECT_COLUMNS)


def replay_batch(payloads: Sequence[str], rows: Sequence[int]) -> Batch:
    """Return the raw batch that `payloads` came from, to be mapped again.

    Every value is text, as from a CSV file. Rows that were never split into columns are rejected again.

    Args:
        payloads: JSON objects as `payload_texts` writes them.
        rows: The row number of each.
    """
    parsed = [json.loads(payload) for payload in payloads]
    read = [index for index, row in enumerate(parsed) if UNREAD not in row]
    unread = [index for index, row in enumerate(parsed) if UNREAD in row]
    # A frame without columns has no rows; a row without any value still is one.
    names = list(dict.fromkeys(name for index in read for name in parsed[index])) or [UNREAD]
    frame = pl.DataFrame(
        {name: [_text(parsed[index].get(name)) for index in read] for name in names},
        schema=dict.fromkeys(names, pl.String),
    )
    masks = {name: _literal_mask([parsed[index].get(name) for index in read]) for name in names}
    rejects = unread_rejects(
        [rows[index] for index in unread],
        ["unread"] * len(unread),
        [str(parsed[index].get(UNREAD, "")).encode() for index in unread],
    )
    numbers = pl.Series([rows[index] for index in read], dtype=pl.Int64)
    return Batch(
        frame, numbers, rejects, literals={name: mask for name, mask in masks.items() if mask.any()}, sparse=True
    )


def plain(value: Any) -> Any:
    """Return `value` as a JSON value that loses nothing: times in ISO form, decimals and non-finite numbers as text."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, timedelta)):
        return str(value)
    return _nested(value)


def _number(value: float) -> float | str:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < EXACT_WHOLE else value


def _nested(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, Iterable):
        return [plain(each) for each in value]
    return str(value)


def _payload(row: Json, masks: Mapping[str, Sequence[bool]], index: int) -> str:
    kept = {name: plain(value) for name, value in row.items() if value is not None}
    for name, mask in masks.items():
        if name in kept and mask[index]:
            kept[name] = json.loads(kept[name])
    return json.dumps(kept, ensure_ascii=False, allow_nan=False, sort_keys=True)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _literal_mask(values: Sequence[Any]) -> pl.Series:
    return pl.Series([value is not None and not isinstance(value, str) for value in values], dtype=pl.Boolean)
