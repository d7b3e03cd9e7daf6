"""Orders, tickets and deals as folds of events."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from unified_customer.core.errors import SchemaError
from unified_customer.core.tables import EVENTS
from unified_customer.methods.events import snapshot_events, states

AT = datetime(2026, 1, 2, tzinfo=UTC)
LATER = AT + timedelta(days=99)


def events(*told: tuple[int, str, dict[str, Any]], kind: str = "ticket", source: str = "desk") -> pl.DataFrame:
    rows = [
        {
            "event_id": f"e{number}", "source": source, "type": "track", "name": name, "object_kind": kind,
            "object_id": "7", "occurred_at": AT + timedelta(hours=hour), "record_id": properties.get("by"),
            "properties": json.dumps(properties),
        }
        for number, (hour, name, properties) in enumerate(told)
    ]  # fmt: skip
    return EVENTS.conform(pl.DataFrame(rows, schema_overrides={"record_id": pl.String}))


def test_a_ticket_from_opening_to_closing() -> None:
    told: list[tuple[int, str, dict[str, Any]]] = [
        (0, "Ticket Opened", {"by": "ann", "priority": "low"}),
        (1, "Ticket Replied", {"by": None, "body": "Hello"}),
        (5, "Ticket Closed", {"priority": "high"}),
        (4, "Ticket Solved", {}),
    ]
    (ticket,) = states(events(*told), "ticket", as_of=LATER).iter_rows(named=True)
    assert (ticket["state"], ticket["since"], ticket["closed_at"]) == (
        "closed",
        AT + timedelta(hours=5),
        AT + timedelta(hours=5),
    )
    assert (ticket["opened_at"], ticket["record_id"], ticket["events"]) == (AT, "ann", 4)
    assert json.loads(ticket["fields"]) == {"by": None, "priority": "high", "body": "Hello"}
    (open_,) = states(events(*told), "ticket", as_of=AT + timedelta(hours=4)).iter_rows(named=True)
    assert (open_["state"], open_["since"], open_["closed_at"]) == ("open", AT, None)


def test_a_reopened_ticket_is_not_closed() -> None:
    told = events(
        (0, "Ticket Opened", {}), (1, "Ticket Solved", {}), (2, "Ticket Reopened", {}), (3, "Ticket Updated", {})
    )
    (ticket,) = states(told, "ticket", as_of=LATER).iter_rows(named=True)
    assert (ticket["state"], ticket["since"], ticket["closed_at"]) == ("open", AT + timedelta(hours=2), None)


def test_a_field_can_name_the_state() -> None:
    told = events((0, "Deal Created", {}), (1, "Deal Stage Changed", {"stage": "proposal"}), kind="deal")
    assert states(told, "deal", as_of=LATER)["state"].to_list() == ["proposal"]


def test_events_without_a_state_leave_it_unknown() -> None:
    (thing,) = states(events((0, "Something of ours", {"a": 1})), "ticket", as_of=LATER).iter_rows(named=True)
    assert (thing["state"], thing["since"], thing["opened_at"]) == (None, None, AT)


def test_things_of_two_sources_are_two_things() -> None:
    both = pl.concat([events((0, "Ticket Opened", {})), events((1, "Ticket Solved", {}), source="mail")])
    assert states(both, "ticket", as_of=LATER).select("source", "state").rows() == [
        ("desk", "open"),
        ("mail", "solved"),
    ]


def test_no_events_no_things() -> None:
    assert states(EVENTS.empty(), "ticket", as_of=LATER).is_empty()


def test_snapshots_become_events() -> None:
    was = pl.DataFrame(
        {"id": [1, 2, 3], "status": ["open", "open", "open"], "owner": ["a", "b", "c"], "user": ["u", "v", "w"]}
    )
    now = pl.DataFrame(
        {"id": [2, 3, 4], "status": ["open", "solved", "new"], "owner": ["b", None, "d"], "user": ["v", "w", "x"]}
    )
    found = snapshot_events(was, now, kind="ticket", source="desk", key="id", at=AT, state="status", keep=["user"])
    assert found.select("object_id", "name", "user").rows() == [
        ("1", "Object Disappeared", "u"), ("3", "Object Changed", "w"), ("4", "Object Appeared", "x"),
    ]  # fmt: skip
    assert [json.loads(text) for text in found["properties"]] == [
        {}, {"status": "solved", "owner": None, "state": "solved"}, {"status": "new", "owner": "d", "state": "new"},
    ]  # fmt: skip
    again = snapshot_events(was, now, kind="ticket", source="desk", key="id", at=AT, state="status", keep=["user"])
    assert found.equals(again)


@pytest.mark.parametrize(
    ("was", "now", "match"),
    [
        (None, pl.DataFrame({"a": [1]}), "no column 'id'"),
        (None, pl.DataFrame({"id": [1, 1]}), "name each thing once"),
        (None, pl.DataFrame({"id": [1, None]}), "name each thing once"),
        (pl.DataFrame({"id": [1], "b": [1]}), pl.DataFrame({"id": [1]}), "different columns"),
    ],
)
def test_what_are_no_snapshots_is_an_error(was: pl.DataFrame | None, now: pl.DataFrame, match: str) -> None:
    with pytest.raises(SchemaError, match=match):
        snapshot_events(was, now, kind="ticket", source="desk", key="id", at=AT)
