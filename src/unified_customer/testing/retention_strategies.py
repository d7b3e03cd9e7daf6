"""Hypothesis strategies for retention: small worlds of customers with old and new rows, and rules about them.

Times lie at, just before and just after the ends of the periods that rules and defaults name: there laws break.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.tables import TABLES
from unified_customer.policy import Period, RetentionRule
from unified_customer.store import Store

NOW: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
RECORDS: Final = tuple(f"{number:024x}" for number in range(1, 6))
OWNERS: Final = (RECORDS[0], RECORDS[0], RECORDS[2], RECORDS[2], RECORDS[4])
"""Whose each record is: two customers of two records, one of one."""

SOURCES: Final = ("crm", "broker")
PERIODS: Final = (Period(days=30), Period(months=1), Period(months=13), Period(business_days=2), Period(days=400))
LENGTHS: Final = (0, 2, 3, 4, 28, 30, 31, 90, 395, 396, 400, 760, 1095, 3650, 4000)
Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Rows by table, and the instants at which they were recorded: one transaction for each row."""

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def fill(self, store: Store) -> None:
        """Write the identities, the links and the rows."""
        with store.transaction(recorded_at=NOW - timedelta(days=5000)) as writer:
            origin = {"source": "crm", "origin": "record"}
            writer.append("identities", _frame("identities", [{"record_id": each, **origin} for each in RECORDS]))
            link = {"valid_from": NOW - timedelta(days=5000), "probability": 1.0, "reason": "exact"}
            linked = zip(RECORDS, OWNERS, strict=True)
            links = [{"record_id": record, "customer_id": owner, **link} for record, owner in linked]
            writer.upsert("links", _frame("links", links))
        for name, rows in self.rows.items():
            for row in rows:
                with store.transaction(recorded_at=row["_recorded_at"]) as writer:
                    write = writer.append if TABLES[name].append_only else writer.upsert
                    write(name, _frame(name, [{key: each for key, each in row.items() if key != "_recorded_at"}]))


def _frame(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    types = {key: TABLES[name].columns[key] for key in rows[0]}
    return TABLES[name].conform(pl.DataFrame(rows, schema=types))


def times() -> st.SearchStrategy[datetime]:
    """Instants at, just before and just after the ends of periods that end now."""
    return st.builds(
        lambda days, more: NOW - timedelta(days=days, microseconds=more),
        st.sampled_from(LENGTHS),
        st.sampled_from((-1, 0, 1)),
    ).map(lambda instant: min(instant, NOW))


def retention_rules(*, anonymise: bool = False) -> st.SearchStrategy[RetentionRule]:
    """Rules about few tables, categories and sources."""
    tables = st.sampled_from((None, None, "events", "records", "order_lines", "answers", "identifiers"))
    categories = st.sampled_from(
        (None, None, "user", "user.device", "user.behavior", "user.contact", "user.content", "user.contact.email")
    )
    return st.builds(
        RetentionRule,
        keep=st.sampled_from(PERIODS),
        table=tables,
        category=categories,
        party=st.sampled_from((None, None, None, "third", "zero")),
        sources=st.sampled_from(((), (), ("broker",))),
        since=st.sampled_from(("event", "event", "last_activity")),
        then=st.sampled_from(("delete", "anonymise") if anonymise else ("delete",)),
    )


def worlds() -> st.SearchStrategy[World]:
    """Worlds of the five records, each of them with a few rows of some tables."""
    made = {name: st.lists(rows, max_size=4) for name, rows in _ROWS.items()}
    return st.fixed_dictionaries(made).map(lambda drawn: World({name: _numbered(drawn[name], name) for name in drawn}))


def _numbered(rows: Sequence[Row], name: str) -> list[Row]:
    """Return the rows with keys that differ."""
    keys = _KEYS[name]
    return [{**row, **{key: f"{row[key]}{number}" for key in keys}} for number, row in enumerate(rows)]


def _rows(time: str, *, nullable: bool = False, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    timed = {time: st.none() | times() if nullable else times(), "_recorded_at": times()}
    return st.fixed_dictionaries({**timed, **fields})


_RECORD: Final = st.sampled_from(RECORDS)
_ANYBODY: Final = st.none() | _RECORD
_SOURCE: Final = st.sampled_from(SOURCES)
_TEXT: Final = st.sampled_from((None, "a", "b"))

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "records": ("version",),
    "identifiers": ("kind",),
    "events": ("event_id",),
    "order_lines": ("order_id",),
    "answers": ("answer_id",),
    "quarantine": ("quarantine_id",),
    "scores": ("name",),
    "memberships": ("segment",),
}
_ROWS: Final[Mapping[str, st.SearchStrategy[Row]]] = {
    "records": _rows(
        "observed_at",
        nullable=True,
        record_id=_RECORD,
        source=_SOURCE,
        source_id=st.just("1"),
        version=st.just("v"),
        deleted=st.just(value=False),
        email=_TEXT,
        given_name=_TEXT,
        traits=st.sampled_from((None, '{"a":1}')),
    ),
    "identifiers": _rows(
        "observed_at",
        nullable=True,
        record_id=_RECORD,
        source=_SOURCE,
        kind=st.sampled_from(("email", "card")),
        value_key=st.just("a" * 24),
        value=_TEXT,
    ),
    "events": _rows(
        "occurred_at",
        record_id=_ANYBODY,
        source=_SOURCE,
        event_id=st.just("e"),
        type=st.just("track"),
        name=_TEXT,
        context=_TEXT,
        text=_TEXT,
        url=_TEXT,
    ),
    "order_lines": _rows(
        "occurred_at",
        record_id=_ANYBODY,
        source=_SOURCE,
        order_id=st.just("o"),
        line_id=st.just("1"),
        kind=st.just("sale"),
        quantity=st.just(1),
        item_id=_TEXT,
    ),
    "answers": _rows(
        "answered_at",
        record_id=_ANYBODY,
        source=_SOURCE,
        answer_id=st.just("a"),
        instrument=st.just("nps"),
        question=st.just("q"),
        text=_TEXT,
        channel=_TEXT,
    ),
    "quarantine": _rows(
        "held_at",
        record_id=_ANYBODY,
        source=_SOURCE,
        quarantine_id=st.just("q"),
        target=st.just("events"),
        position=st.just("row 1"),
        reason=st.just("type: unknown_value"),
        payload=_TEXT,
        status=st.just("held"),
    ),
    "scores": _rows("as_of", customer_id=st.sampled_from(OWNERS), name=st.just("s"), label=_TEXT),
    "memberships": _rows(
        "entered_at",
        customer_id=st.sampled_from(OWNERS),
        segmentation=st.just("s"),
        segment=st.just("s"),
        left_at=st.none() | times(),
    ),
}
