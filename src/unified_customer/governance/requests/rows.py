"""Requests in the store: rows of `request_events`, and the states that they fold to."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import UnknownRequestError
from unified_customer.core.models import Actor
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import REQUEST_EVENTS
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.requests.lifecycle import fold
from unified_customer.governance.requests.state import TERMINAL, Happened, RequestState
from unified_customer.store import Reader, Where, Writer

LISTED: Final = {
    "request_id": pl.String(),
    "right": pl.String(),
    "status": pl.String(),
    "verification": pl.String(),
    "regime": pl.String(),
    "protocol": pl.String(),
    "external_id": pl.String(),
    "customer_id": pl.String(),
    "received_at": pl.Datetime("us", "UTC"),
    "due_at": pl.Datetime("us", "UTC"),
    "extended": pl.Boolean(),
    "reason": pl.String(),
}
"""What a list of requests says of each."""


def state_of(reader: Reader, request_id: str) -> RequestState:
    """Return how far a request is.

    Raises:
        UnknownRequestError: There is no such request.
    """
    found = states(reader, where=[Where("request_id", "==", request_id)])
    if not found:
        message = f"There is no request {request_id!r}. hub.rights.requests.find() lists them."
        raise UnknownRequestError(message)
    return found[0]


def states(reader: Reader, *, where: Sequence[Where] = ()) -> list[RequestState]:
    """Return how far requests are, in the order in which they came.

    Args:
        reader: One state of the store.
        where: Conditions on whole requests, such as on `request_id`.
    """
    columns = [*REQUEST_EVENTS.columns, "seq"]
    by_request: defaultdict[str, list[Happened]] = defaultdict(list)
    for row in reader.rows("request_events", columns=columns, where=where, order_by=["seq"]):
        by_request[row["request_id"]].append(happened(row))
    return [fold(events) for events in by_request.values()]


def known_as(reader: Reader, protocol: str, external_id: str) -> list[RequestState]:
    """Return the requests that whoever sent them calls `external_id`: those of verified people first, latest first."""
    where = [Where("protocol", "==", protocol), Where("external_id", "==", external_id)]
    ids = [row["request_id"] for row in reader.rows("request_events", columns=["request_id"], where=where)]
    found = states(reader, where=[Where("request_id", "in", sorted(set(ids)))]) if ids else []
    latest_first = found[::-1]
    return sorted(latest_first, key=lambda state: not state.verified)


def happened(row: Mapping[str, Any]) -> Happened:
    """Return a row of `request_events` as what it says."""
    plain = {name: row[name] for name in Happened.__dataclass_fields__ if name not in {"subjects", "detail"}}
    subjects, detail = tuple(row["subjects"] or ()), json.loads(row["detail"] or "{}")
    return Happened(**plain, subjects=subjects, detail=detail)


def write_event(writer: Writer, event: Happened, *, actor: Actor, at: datetime) -> None:
    """Write what happened, and that somebody entered it."""
    number = writer.count("request_events", where=[Where("request_id", "==", event.request_id)])
    row = {name: getattr(event, name) for name in REQUEST_EVENTS.columns if hasattr(event, name)}
    row |= {"event_id": f"{event.request_id}/{number}", "actor": actor.id}
    row |= {"subjects": list(event.subjects), "detail": canonical_json(dict(event.detail))}
    writer.append_row("request_events", row)
    detail = {"request": event.request_id, "event": event.event, "right": event.right, "reason": event.reason}
    entry = Entry("request", table="request_events", customer_id=event.customer_id, detail=detail)
    write_entry(writer, actor, entry, at=at)


def listed(found: Sequence[RequestState]) -> pl.DataFrame:
    """Return states as a frame: one row per request, the open one that has to be answered first at the top."""
    rows = [tuple(getattr(state, name) for name in LISTED) for state in found]
    over = pl.col("status").is_in(TERMINAL)
    return pl.DataFrame(rows, schema=LISTED, orient="row").sort(over, "due_at", "request_id")
