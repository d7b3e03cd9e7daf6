"""A column of JSON texts to one frame of texts, a row per message, and what could not be read."""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.methods.events.batch import REJECTS
from unified_customer.methods.events.messages import Row
from unified_customer.methods.events.times import time_of_messages
from unified_customer.methods.events.wire import OVERSIZE, Refused, read

EMPTY: Final = "there is no message"
CONTRADICTION: Final = "its event id stands for another message in this batch"
POSITION: Final = "position"

_WIDE: Final = {POSITION: pl.Int64(), **dict.fromkeys(Row._fields, pl.String())}
_SAME: Final = (
    "type", "name", "timestamp", "original_timestamp", "user_id", "anonymous_id", "previous_id", "group_id",
    "properties", "traits",
)  # fmt: skip
"""What two deliveries of one message have in common."""


def read_messages(
    raw: pl.DataFrame, *, source: str, zone: str | None, max_bytes: int
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return the messages of `raw` (each event id once), the rejects, and how many messages were repetitions."""
    texts = _texts(raw)
    wide, refused = _rows(texts, texts.str.len_bytes().to_list(), source=source, max_bytes=max_bytes)
    timed = time_of_messages(wide, zone=zone)
    untimed = timed.filter(pl.col("reason").is_not_null())
    kept, contradicting, repeated = once(timed.filter(pl.col("reason").is_null()).drop("reason"), same=_SAME)
    others = [rejected(each, texts) for each in (untimed, contradicting)]
    return kept, pl.concat([refused, *others]).sort(POSITION, maintain_order=True), repeated


def _texts(raw: pl.DataFrame) -> pl.Series:
    if raw.width != 1 or raw.dtypes[0] not in {pl.String(), pl.Null()}:
        found = ", ".join(f"{name}: {dtype}" for name, dtype in raw.schema.items())
        message = (
            f"Messages come as one column of JSON text; found {found or 'no column'}. Use flat_events for columns."
        )
        raise SchemaError(message)
    return raw.to_series().cast(pl.String)


def _rows(
    texts: Iterable[str | None], sizes: Iterable[int | None], *, source: str, max_bytes: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[Row] = []
    positions: list[int] = []
    refused: list[tuple[int, str, str | None]] = []
    for position, (text, size) in enumerate(zip(texts, sizes, strict=True)):
        try:
            found = _found(text, size, source=source, max_bytes=max_bytes)
        except Refused as error:
            refused.append((position, str(error), text))
        else:
            rows += found
            positions += [position] * len(found)
    columns: list[Any] = [positions, *(zip(*rows, strict=True) if rows else [()] * len(Row._fields))]
    wide = [pl.Series(name, values, dtype=_WIDE[name]) for name, values in zip(_WIDE, columns, strict=True)]
    return pl.DataFrame(wide), pl.DataFrame(refused, schema=REJECTS, orient="row")


def _found(text: str | None, size: int | None, *, source: str, max_bytes: int) -> list[Row]:
    if text is None or size is None or not text.strip():
        raise Refused(EMPTY)
    if size > max_bytes and not _envelope(text):
        raise Refused(OVERSIZE)
    return list(read(text, source=source, max_bytes=max_bytes))


def _envelope(text: str) -> bool:
    return '"batch"' in text


def rejected(rows: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Return rejects for `rows`, which have `position` and `reason`."""
    payload = texts.gather(rows[POSITION]).alias("payload")
    return rows.select(POSITION, "reason").hstack([payload])


def once(rows: pl.DataFrame, *, same: Iterable[str]) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return `rows` with each event id once, those that contradict the kept one, and the number of repetitions.

    Two rows of one event id are one message if they agree in the columns `same`. The earliest is kept, whatever the
    order of the rows; one that says something else is no repetition.
    """
    if rows["event_id"].n_unique() == rows.height:
        return rows, rows.clear().with_columns(reason=pl.lit(CONTRADICTION)), 0
    columns = list(same)
    # Ids with different hashes are different; the hashes are quicker to compare.
    alike = rows.with_row_index("_row").filter(rows["event_id"].hash().is_duplicated())
    again = pl.col("event_id").is_duplicated()
    order = [name for name in ("occurred_at", *columns, "received_at") if name in rows.columns]
    doubled = alike.filter(again).sort(list(dict.fromkeys(order)), nulls_last=True)
    first = doubled.unique("event_id", keep="first", maintain_order=True)
    repeated = doubled.join(first, on="_row", how="anti")
    others = repeated.join(first, on="event_id", suffix="_kept")
    agree = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_kept")) for name in columns)
    against = others.filter(~agree).select(rows.columns).with_columns(reason=pl.lit(CONTRADICTION))
    kept = rows.filter(pl.repeat(value=True, n=rows.height, eager=True).scatter(repeated["_row"], False))
    return kept, against, others.height - against.height
