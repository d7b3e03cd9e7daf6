"""Whatever was written is in the audit and in the report, also where a load breaks off."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import BoundSource, Statement
from unified_customer.core.errors import ConfigurationError

Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]

SPEND = uc.Mapping(
    table="spend",
    fields={
        "period_start": "from",
        "period_end": "to",
        "channel": "channel",
        "campaign": "campaign",
        "amount": "amount",
        "currency": {"constant": "EUR"},
    },
)
MONTH = {"from": "2026-01-01", "to": "2026-01-31", "channel": "email", "campaign": "x", "amount": "1"}
ACCOUNTS = uc.Mapping(table="accounts", key="id", fields={"plan": "plan"}, observed_at="seen")


def frame_source(mapping: uc.Mapping, *rows: dict[str, Any]) -> BoundSource:
    return uc.source("dataframe", pl.DataFrame(list(rows)), table=mapping.table, name="given", mapping=mapping)


def test_what_was_written_before_a_load_broke_off_is_in_the_audit(
    hub: uc.CustomerHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.csv"
    path.write_text("id,mail\n" + "".join(f"{n},p{n}@example.com\n" for n in range(5)), encoding="utf-8")
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    source = uc.source("csv", path, table="records", mapping=mapping)
    whole = BoundSource.read

    def breaking(self: BoundSource, state: Any = None, **_: Any) -> Iterator[Any]:
        for count, item in enumerate(whole(self, state, batch_rows=2)):
            if count == 3:
                raise OSError("gone")
            yield item

    with monkeypatch.context() as patched:
        patched.setattr(BoundSource, "read", breaking)
        with pytest.raises(OSError, match="gone"):
            hub.load(source)
    assert hub.audit.entries().select("action", "rows").rows() == [("policy", None), ("load", 2)]
    assert hub.load(source).accepted == 3
    assert hub.load(source).rows == 0
    assert hub.audit.entries()["rows"].to_list() == [None, 2, 3, 0]


def test_reading_what_somebody_stated_is_in_the_audit(hub: uc.CustomerHub) -> None:
    hub.consent.record("marketing", "denied", identifier=("email", "ann@example.com"))
    assert hub.consent.statements(identifier=("email", "ann@example.com")).height == 1
    assert hub.audit.entries().select("action", "rows").rows()[-1] == ("statements", 1)


@pytest.mark.parametrize("wrong", [{"status": "grant"}, {"status": "granted", "legal_basis": "none"}])
def test_a_word_that_no_statement_has_is_refused_by_name(hub: uc.CustomerHub, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="Known ones: "):
        hub.consent.record("marketing", identifier=("email", "ann@example.com"), **wrong)


def test_rows_of_one_key_in_one_file_are_one_row_or_in_quarantine(hub: uc.CustomerHub, stored: Stored) -> None:
    other = {**MONTH, "campaign": "y"}
    report = hub.load(frame_source(SPEND, MONTH, MONTH, other, {**other, "amount": "2"}))
    assert (report.rows, report.accepted, report.duplicates, report.quarantined) == (4, 1, 1, 2)
    assert stored(hub, "spend")["campaign"].to_list() == ["x"]


def test_of_one_organisation_the_latest_row_counts(hub: uc.CustomerHub, stored: Stored) -> None:
    rows = [{"id": "a", "plan": plan, "seen": f"2026-01-0{day}T00:00:00Z"} for plan, day in (("pro", 2), ("free", 1))]
    report = hub.load(frame_source(ACCOUNTS, *rows))
    assert (report.accepted, report.duplicates) == (1, 1)
    assert stored(hub, "accounts")["plan"].to_list() == ["pro"]


@pytest.mark.parametrize("table", ["events", "order_lines"])
def test_a_no_about_an_address_that_cannot_be_read_is_not_lost(hub: uc.CustomerHub, table: str) -> None:
    rule = Statement(column="news", purpose="marketing", values={"no": "denied"}, about="email")
    fields = {"name": "what"} if table == "events" else {"order_id": "what", "quantity": "units"}
    mapping = uc.Mapping(
        table=table,
        key=["id"] if table == "events" else ["what", "id"],
        fields={"occurred_at": "when", **fields},
        identifiers={"email": "mail"},
        consents=[rule],
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    report = hub.load(
        frame_source(
            mapping, {"id": "1", "what": "o", "units": "1", "when": at, "mail": "ann at example", "news": "no"}
        )
    )
    assert report.reasons == {"email: unreadable_subject": 1}
