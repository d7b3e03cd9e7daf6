"""Things with a state: folds of the events that name them, and events made of snapshots."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import content_hash
from unified_customer.methods.events.amounts import body_of, pick, text_of
from unified_customer.methods.events.vocabulary import Meaning, Vocabulary, built_in

STATES: Final = {
    "source": pl.String(), "object_kind": pl.String(), "object_id": pl.String(), "state": pl.String(),
    "since": pl.Datetime("us", "UTC"), "record_id": pl.String(), "opened_at": pl.Datetime("us", "UTC"),
    "closed_at": pl.Datetime("us", "UTC"), "events": pl.UInt32(), "fields": pl.String(),
}  # fmt: skip
"""Columns of `states`."""

APPEARED: Final = "Object Appeared"
CHANGED: Final = "Object Changed"
DISAPPEARED: Final = "Object Disappeared"

_OBJECT: Final = ("source", "object_kind", "object_id")
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


def states(events: pl.DataFrame, kind: str, *, as_of: datetime, vocabulary: Vocabulary | None = None) -> pl.DataFrame:
    """Return one row per thing of `kind`: the state that the events before `as_of` left it in.

    The order in which events arrived does not matter, nor does one that was delivered twice: they are folded in the
    order of `occurred_at`, ties by `event_id`.

    Args:
        events: Rows of `EVENTS`, of any sources; things of two sources are two things.
        kind: `object_kind`, such as order, cart, ticket, subscription, deal or lead.
        as_of: Events at or after this instant are not looked at.
        vocabulary: Which event puts a thing into which state; the built-in vocabularies if none is given.

    Returns:
        `source`, `object_kind`, `object_id`; `state` (null where no event says one) and `since` when it has held;
        `record_id` of whom it was last said to be; `opened_at` of the first event; `closed_at` where the state is a
        final one; the number of `events`; `fields`, the latest value of each property, as JSON.

    Examples:
        >>> from datetime import UTC
        >>> from unified_customer.core.tables import EVENTS
        >>> row = {"event_id": "e", "source": "s", "type": "track", "name": "Ticket Solved", "object_kind": "ticket"}
        >>> row |= {"object_id": "7", "occurred_at": datetime(2026, 1, 2, tzinfo=UTC)}
        >>> solved = EVENTS.conform(pl.DataFrame([row]))
        >>> states(solved, "ticket", as_of=datetime(2026, 1, 3, tzinfo=UTC))["state"].item()
        'solved'
    """
    named = events.filter(
        (pl.col("object_kind") == kind) & pl.col("object_id").is_not_null() & (pl.col("occurred_at") < as_of)
    )
    once = named.unique(["source", "event_id"], keep="any").sort(*_OBJECT, "occurred_at", "event_id")
    told = once.with_columns(_told(once, vocabulary or built_in(), kind))
    whole = told.group_by(_OBJECT, maintain_order=True).agg(
        pl.col("record_id").drop_nulls().last(),
        pl.col("occurred_at").first().alias("opened_at"),
        pl.len().alias("events"),
        pl.col("properties").drop_nulls(),
    )
    fields = pl.Series("fields", [_merged(each) for each in whole["properties"]], dtype=pl.String)
    joined = whole.with_columns(fields).join(_latest(told), on=_OBJECT, how="left", maintain_order="left")
    return joined.select(pl.col(name).cast(dtype) for name, dtype in STATES.items())


def _told(once: pl.DataFrame, vocabulary: Vocabulary, kind: str) -> list[pl.Series]:
    meanings = {name: vocabulary.meaning(name) for name in once["name"].unique().to_list()}
    final = {each.state for each in vocabulary.events if each.closes and each.object_kind in {kind, None}}
    state = [_state(meanings[name], text) for name, text in once.select("name", "properties").iter_rows()]
    closes = [each in final for each in state]
    return [pl.Series("state", state, dtype=pl.String), pl.Series("closes", closes, dtype=pl.Boolean)]


def _state(meaning: Meaning | None, properties: str | None) -> str | None:
    if meaning is None:
        return None
    if meaning.state_fields and properties is not None:
        said = text_of(pick(body_of(properties), meaning.state_fields, meaning.field_aliases))
        return said or meaning.state
    return meaning.state


def _latest(told: pl.DataFrame) -> pl.DataFrame:
    stated = told.drop_nulls("state")
    changed = (pl.col("state") != pl.col("state").shift().over(_OBJECT)).fill_null(value=True)
    began = pl.when(changed).then("occurred_at").forward_fill().over(_OBJECT).alias("since")
    last = stated.with_columns(began).group_by(_OBJECT, maintain_order=True).last()
    return last.select(*_OBJECT, "state", "since", closed_at=pl.when("closes").then("since"))


def _merged(properties: Iterable[str]) -> str:
    fields: dict[str, msgspec.Raw] = {}
    for text in properties:
        fields |= _parts(text)
    return str(_encode(fields), "utf-8")


def snapshot_events(
    previous: pl.DataFrame | None,
    current: pl.DataFrame,
    *,
    kind: str,
    source: str,
    key: str,
    at: datetime,
    state: str | None = None,
    keep: Sequence[str] = (),
) -> pl.DataFrame:
    """Return the events by which things came from how they were to how they are, for `flat_events`.

    The fold of the events of all snapshots is the last snapshot. Nothing changed gives no event.

    Args:
        previous: The last snapshot; None if there is none.
        current: This snapshot, with the same columns.
        kind: Kind of the things.
        source: Name of the source; goes into the event ids.
        key: The column that names a thing; it is never null and names each once.
        at: When this snapshot was taken, an aware datetime.
        state: The column that holds the state, if there is one.
        keep: Columns that stay columns of the events, such as `user_id` or other identifiers.

    Raises:
        SchemaError: `key` is missing, null or not unique, or the snapshots have different columns.

    Examples:
        >>> from datetime import UTC
        >>> was, now = (pl.DataFrame({"id": ["7"], "status": [status]}) for status in ("open", "solved"))
        >>> at = datetime(2026, 1, 2, tzinfo=UTC)
        >>> snapshot_events(was, now, kind="ticket", source="desk", key="id", at=at, state="status")["name"].to_list()
        ['Object Changed']
    """
    before = current.clear() if previous is None else previous
    if before.columns != current.columns:
        raise SchemaError(f"The snapshots have different columns: {before.columns} and {current.columns}.")
    was, now = (_by_key(frame, key) for frame in (before, current))
    rows = [
        _event(name, was.get(name), now.get(name), key=key, state=state, keep=keep) for name in sorted({*was, *now})
    ]
    changed = [row for row in rows if row is not None]
    stamp = at.isoformat()
    return pl.DataFrame(
        {
            "event_id": [content_hash(source, kind, row["object_id"], stamp, row["properties"]) for row in changed],
            "type": ["track"] * len(changed),
            "name": [row["name"] for row in changed],
            "occurred_at": [at] * len(changed),
            "object_kind": [kind] * len(changed),
            "object_id": [row["object_id"] for row in changed],
            "properties": [row["properties"] for row in changed],
            **{name: [row["kept"][name] for row in changed] for name in keep},
        },
        schema={**_SNAPSHOT, **{name: current.schema[name] for name in keep}},
    )


_SNAPSHOT: Final = {
    "event_id": pl.String(), "type": pl.String(), "name": pl.String(), "occurred_at": pl.Datetime("us", "UTC"),
    "object_kind": pl.String(), "object_id": pl.String(), "properties": pl.String(),
}  # fmt: skip


def _by_key(frame: pl.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    if key not in frame.columns:
        raise SchemaError(f"A snapshot has no column {key!r}. Its columns are: {', '.join(frame.columns)}.")
    named = {str(row[key]): row for row in frame.iter_rows(named=True) if row[key] is not None}
    if len(named) != frame.height:
        raise SchemaError(
            f"Column {key!r} of a snapshot must name each thing once; {frame.height} rows, {len(named)} names."
        )
    return named


def _event(
    name: str,
    was: dict[str, Any] | None,
    now: dict[str, Any] | None,
    *,
    key: str,
    state: str | None,
    keep: Sequence[str],
) -> dict[str, Any] | None:
    if was == now:
        return None
    known = now if now is not None else was or {}
    event = {"object_id": name, "kept": {column: known[column] for column in keep}}
    if now is None:
        return {**event, "name": DISAPPEARED, "properties": "{}"}
    different = {field: value for field, value in now.items() if was is None or was[field] != value}
    fields = {field: value for field, value in different.items() if field != key and field not in keep}
    if state is not None and state in fields:
        fields["state"] = fields[state]
    return {**event, "name": APPEARED if was is None else CHANGED, "properties": str(_encode(fields), "utf-8")}
