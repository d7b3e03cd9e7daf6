"""Tracking plan: events against their vocabulary."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from unified_customer.methods.events.amounts import body_of, pick
from unified_customer.methods.events.vocabulary import FieldType, Meaning, Vocabulary

VIOLATIONS: Final = {
    "source": pl.String(),
    "event_id": pl.String(),
    "name": pl.String(),
    "rule": pl.String(),
    "field": pl.String(),
}
UNKNOWN: Final = "unknown name"
MISSING: Final = "missing field"
WRONG_TYPE: Final = "wrong type"


def check(events: pl.DataFrame, vocabulary: Vocabulary) -> pl.DataFrame:
    """Return where `track` events do not keep to `vocabulary`; the events themselves are accepted in any case.

    Args:
        events: Rows of `EVENTS`.
        vocabulary: What names mean, and which fields of which types they have. A field that it does not name may be
            anything.

    Returns:
        `source`, `event_id`, `name`, `rule` ("unknown name", "missing field" or "wrong type") and `field` (null for
        an unknown name), in the order of the events.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.core.tables import EVENTS
        >>> from unified_customer.methods.events.vocabulary import pack
        >>> row = {"event_id": "e", "source": "s", "type": "track", "name": "Order Completed", "properties": "{}"}
        >>> events = EVENTS.conform(pl.DataFrame([{**row, "occurred_at": datetime(2026, 1, 2, tzinfo=UTC)}]))
        >>> check(events, pack("ecommerce")).select("rule", "field").rows()
        [('missing field', 'order_id')]
    """
    columns = ("source", "event_id", "name", "properties")
    track = events.filter(pl.col("type") == "track").select(columns)
    meanings = {name: vocabulary.meaning(name) for name in track["name"].unique().to_list()}
    rows = [
        (source, event_id, name, rule, field)
        for source, event_id, name, properties in track.iter_rows()
        for rule, field in _broken(meanings[name], properties)
    ]
    return pl.DataFrame(rows, schema=VIOLATIONS, orient="row")


def _broken(meaning: Meaning | None, properties: str | None) -> Iterator[tuple[str, str | None]]:
    if meaning is None:
        yield UNKNOWN, None
        return
    body = body_of(properties or "{}")
    for field in meaning.required:
        if pick(body, (field,), meaning.field_aliases) is None:
            yield MISSING, field
    for field, wanted in meaning.fields.items():
        if not all(_is(value, wanted) for value in _values(body, field.split(".$."), meaning.field_aliases)):
            yield WRONG_TYPE, field


def _values(body: Any, path: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    value = pick(body, path[:1], aliases) if isinstance(body, dict) else None
    if value is None:
        return
    if len(path) == 1:
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _values(entry, path[1:], aliases)


def _is(value: Any, wanted: FieldType) -> bool:
    if isinstance(value, bool):
        return wanted in {"flag", "any"}
    if wanted == "time":
        return isinstance(value, str) and _is_time(value)
    return wanted == "any" or isinstance(value, _PYTHON[wanted])


_PYTHON: Final[dict[FieldType, type | tuple[type, ...]]] = {
    "text": str, "number": (int, Decimal), "whole": int, "flag": bool, "list": list, "object": dict,
}  # fmt: skip


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
