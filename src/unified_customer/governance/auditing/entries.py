"""Entries of the audit: what was done, as a row of the table and as the bytes that are sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import polars as pl

from unified_customer.core.models import Actor
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import AUDIT
from unified_customer.store import Writer

ADDED: Final = ("seal", "leaf_hash")
"""Columns that say something of the bytes that are sealed, and so are not among them."""

SEALED: Final = tuple(sorted(AUDIT.stored_columns.keys() - set(ADDED)))
"""Columns that are sealed, in the order in which they are: with the instant and the place that the store assigns."""

TIMES: Final = tuple(name for name, dtype in AUDIT.stored_columns.items() if isinstance(dtype, pl.Datetime))

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Entry:
    """What was done: counts and settings, never values of people."""

    action: str
    table: str | None = None
    purpose: str | None = None
    as_of: datetime | None = None
    customer_id: str | None = None
    rows: int | None = None
    people: int | None = None
    withheld_people: int | None = None
    withheld_fields: Sequence[str] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


def write_entry(writer: Writer, actor: Actor, entry: Entry, *, at: datetime) -> None:
    """Write `entry` as part of a running transaction; the store of a hub seals it (see `SealedStore`)."""
    writer.append_row("audit", entry_row(actor, entry, at=at, seq=writer.last_seq() + 1), fresh=True)


def entry_row(actor: Actor, entry: Entry, *, at: datetime, seq: int) -> dict[str, Any]:
    """Return `entry` as a row of the table `audit` that gets the position `seq`."""
    return {
        "audit_id": str(seq),
        "at": at,
        "actor": actor.id,
        "roles": list(actor.roles),
        "action": entry.action,
        "subject_table": entry.table,
        "purpose": entry.purpose,
        "as_of": entry.as_of,
        "customer_id": entry.customer_id,
        "rows": entry.rows,
        "people": entry.people,
        "withheld_people": entry.withheld_people,
        "withheld_fields": list(entry.withheld_fields),
        "detail": canonical_json(dict(entry.detail)),
    }


def canonical_row(row: Mapping[str, Any]) -> bytes:
    """Return the bytes that are sealed of a row of plain values; a column that it has not is null."""
    values = (row.get(name) for name in SEALED)
    return canonical([microseconds(each) if isinstance(each, datetime) else each for each in values])


def canonical(values: Sequence[Any]) -> bytes:
    """Return the bytes that are sealed of the values of the columns `SEALED`, instants as microseconds since 1970.

    They are a JSON object of what is not null, by column in the order of their names, in the form of RFC 8785: so they
    stay the same when the table gets another column that may be null.

    References:
        RFC 8785, JSON Canonicalization Scheme.
    """
    said = {name: value for name, value in zip(SEALED, values, strict=True) if value is not None}
    return _ENCODER.encode(said)


def microseconds(instant: datetime) -> int:
    """Return an instant as microseconds since 1970.

    Examples:
        >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
        1000000
    """
    return (instant - _EPOCH) // _MICROSECOND


def canonical_frame(frame: pl.DataFrame) -> list[bytes]:
    """Return the bytes that are sealed of each row of a frame with the stored columns of the table."""
    counted = frame.select(SEALED).with_columns(pl.col(name).dt.timestamp("us") for name in TIMES)
    return [canonical(row) for row in counted.iter_rows()]


_ENCODER: Final = msgspec.json.Encoder()
