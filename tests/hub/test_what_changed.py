"""Statements that say only what changed: identify calls, and rows of a source that is mapped so."""

import json
from pathlib import Path
from typing import Any

import polars as pl

import unified_customer as uc

SERVICE = "essential.service"
CALLS: list[dict[str, Any]] = [
    {"timestamp": "2025-01-01T00:00:00Z", "traits": {"email": "ann@example.com", "firstName": "Ann", "plan": "free"}},
    {"timestamp": "2025-01-02T00:00:00Z", "traits": {"plan": "pro"}},
    {"timestamp": "2025-01-02T00:00:00Z", "traits": {"lastName": "Lee"}},
]


def identified(hub: uc.CustomerHub, folder: Path, calls: list[dict[str, Any]]) -> None:
    path = folder / f"web{len(list(folder.iterdir()))}.jsonl"
    rows = [{"type": "identify", "userId": "u1", "messageId": json.dumps(call), **call} for call in calls]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    hub.load(uc.source("jsonl", path, table="events", name="web"))
    hub.resolve()


def view(hub: uc.CustomerHub) -> tuple[Any, ...]:
    columns = ["full_name", "email", "traits"]
    return hub.customers(purpose=SERVICE, columns=columns).select(columns).row(0)


def test_identify_calls_add_up(hub: uc.CustomerHub, tmp_path: Path) -> None:
    identified(hub, tmp_path, CALLS)
    assert view(hub) == ("Ann Lee", "ann@example.com", '{"plan":"pro"}')
    assert hub.read("records", purpose=SERVICE).height == 3


def test_identify_calls_that_come_late_change_nothing_that_was_said_later(hub: uc.CustomerHub, tmp_path: Path) -> None:
    for call in reversed(CALLS):
        identified(hub, tmp_path, [call])
    assert view(hub) == ("Ann Lee", "ann@example.com", '{"plan":"pro"}')


def test_a_mapped_source_can_say_only_what_changed(hub: uc.CustomerHub) -> None:
    frame = pl.DataFrame(
        [
            ("1", "2025-01-01", "ann@example.com", "Ann"),
            ("1", "2025-01-02", None, "Anna"),
            ("1", "2025-01-02", "a@b.org", None),
        ],
        schema=["id", "seen", "mail", "name"],
        orient="row",
    )
    fields: dict[str, Any] = {"email": "mail", "given_name": "name", "partial": {"constant": True}}
    mapping = uc.Mapping(
        table="records", key="id", observed_at={"column": "seen", "format": "%Y-%m-%d", "zone": "UTC"}, fields=fields
    )
    assert hub.load(uc.source("dataframe", frame, table="records", name="form", mapping=mapping)).accepted == 3
    hub.resolve()
    assert view(hub)[:2] == ("Anna", "a@b.org")


def test_a_part_that_cannot_be_is_left_out_and_the_rest_counts(hub: uc.CustomerHub, tmp_path: Path) -> None:
    traits = {"email": "ann@example.com", "firstName": "Ann", "birthday": "n/a"}
    identified(hub, tmp_path, [{"timestamp": "2025-01-01T00:00:00Z", "traits": traits}])
    assert view(hub)[:2] == ("Ann", "ann@example.com")
    assert hub.read("records", purpose=SERVICE, columns=["birth_date_raw"])["birth_date_raw"].to_list() == ["n/a"]


def test_what_another_source_said_later_is_not_overruled_by_a_change_of_something_else(
    hub: uc.CustomerHub, tmp_path: Path
) -> None:
    mail, then = "ann@example.com", "2024-01-01T00:00:00Z"
    identified(hub, tmp_path, [{"timestamp": then, "traits": {"email": mail, "address": {"city": "Oldtown"}}}])
    crm = pl.DataFrame({"id": ["1"], "mail": [mail], "town": ["Newtown"], "seen": ["2025-01-01T00:00:00Z"]})
    mapping = uc.Mapping(table="records", key="id", observed_at="seen", fields={"email": "mail", "city": "town"})
    hub.load(uc.source("dataframe", crm, name="crm", mapping=mapping))
    identified(hub, tmp_path, [{"timestamp": "2026-01-01T00:00:00Z", "traits": {"plan": "pro"}}])
    golden = hub.customers(purpose=SERVICE, columns=["city", "city_observed_at", "traits"]).row(0, named=True)
    assert (golden["city"], golden["city_observed_at"].year, golden["traits"]) == ("Newtown", 2025, '{"plan":"pro"}')


def test_what_was_said_before_a_deletion_does_not_come_back(hub: uc.CustomerHub) -> None:
    frame = pl.DataFrame(
        [
            ("1", "2025-01-01", "a@b.org", None, False),
            ("1", "2025-01-02", "a@b.org", None, True),
            ("1", "2025-01-03", None, "Ann", False),
        ],
        schema=["id", "seen", "mail", "name", "gone"],
        orient="row",
    )
    fields: dict[str, Any] = {"email": "mail", "given_name": "name", "deleted": "gone", "partial": {"constant": True}}
    seen = {"column": "seen", "format": "%Y-%m-%d", "zone": "UTC"}
    mapping = uc.Mapping(table="records", key="id", observed_at=seen, fields=fields)
    hub.load(uc.source("dataframe", frame, name="form", mapping=mapping))
    hub.resolve()
    assert view(hub)[:2] == ("Ann", None)
