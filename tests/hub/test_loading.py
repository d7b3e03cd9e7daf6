"""Loading: every table from every format, and what becomes of every row and of every value."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.connectors import Batch, BoundSource, Deletion, FieldMap, Statement
from unified_customer.core.errors import CollectionRefusedError, ConfigurationError, MappingError, SourceError
from unified_customer.core.tables import TABLES
from unified_customer.hub import LoadReport

Row = dict[str, str | None]
Stored = Callable[[uc.CustomerHub, str], pl.DataFrame]
NewHub = Callable[..., uc.CustomerHub]

CRM = uc.Mapping(
    table="records",
    key="id",
    observed_at="seen",
    fields={"email": "mail", "phone": "tel", "given_name": "name", "birth_date": "born"},
    identifiers={"loyalty_id": "card"},
)
PEOPLE: list[Row] = [
    {"id": "1", "seen": "2025-01-01T00:00:00Z", "mail": "Ann@Example.com", "name": "Ann", "card": "L1"},
    {"id": "2", "seen": "2025-01-01T00:00:00Z", "mail": "bob@example.com", "born": "1990-01-02"},
    {"id": "3", "seen": "2025-01-01T00:00:00Z", "tel": "+44 20 7946 0018"},
]

WAYS: Mapping[str, tuple[uc.Mapping, list[Row], int]] = {
    "records": (CRM, [*PEOPLE, {**PEOPLE[1], "id": "4", "born": "1990-13-02"}], 3),
    "events": (
        uc.Mapping(
            table="events", key="id", fields={"name": "what", "occurred_at": "when"}, identifiers={"user_id": "u"}
        ),
        [
            {"id": "a", "what": "Product Viewed", "when": "2025-01-01T00:00:00Z", "u": "7"},
            {"id": "b", "what": "Cart Viewed", "when": "2025-01-02T00:00:00Z", "u": None},
            {"id": "c", "what": "Cart Viewed", "when": "some day", "u": "7"},
        ],
        2,
    ),
    "order_lines": (
        uc.Mapping(
            table="order_lines",
            key=["receipt", "line"],
            person="card",
            fields={
                "order_id": "receipt",
                "occurred_at": "sold",
                "quantity": "units",
                "unit_price": "price",
                "currency": {"constant": "EUR"},
            },
            identifiers={"loyalty_id": "card"},
        ),
        [
            {"receipt": "r1", "line": "1", "card": "L1", "sold": "2025-01-01T00:00:00Z", "units": "2", "price": "1.10"},
            {"receipt": "r1", "line": "2", "card": None, "sold": "2025-01-01T00:00:00Z", "units": "1", "price": "0.05"},
            {"receipt": "r2", "line": "1", "card": "L1", "sold": "2025-01-01T00:00:00Z", "units": "two", "price": "1"},
        ],
        2,
    ),
    "items": (
        uc.Mapping(table="items", key="sku", fields={"valid_from": "since", "name": "title", "price": "price"}),
        [
            {"sku": "A", "since": "2025-01-01T00:00:00Z", "title": "Tea", "price": "3.50"},
            {"sku": "A", "since": "2025-02-01T00:00:00Z", "title": "Tea", "price": "3.75"},
            {"sku": "B", "since": None, "title": "Cup", "price": "9"},
        ],
        2,
    ),
    "answers": (
        uc.Mapping(
            table="answers",
            key="id",
            fields={
                "instrument": {"constant": "NPS"},
                "question": {"constant": "Would you recommend us?"},
                "answered_at": "at",
                "value": "score",
            },
            identifiers={"email": "mail"},
        ),
        [
            {"id": "1", "at": "2025-01-01T00:00:00Z", "score": "9", "mail": "ann@example.com"},
            {"id": "2", "at": "2025-01-01T00:00:00Z", "score": "many", "mail": "bob@example.com"},
        ],
        1,
    ),
    "spend": (
        uc.Mapping(
            table="spend",
            fields={
                "period_start": "from",
                "period_end": "to",
                "channel": "channel",
                "amount": "cost",
                "currency": {"constant": "EUR"},
            },
        ),
        [
            {"from": "2025-01-01", "to": "2025-01-31", "channel": "paid_search", "cost": "100.25"},
            {"from": "2025-01-01", "to": "2025-01-31", "channel": "email", "cost": "free"},
        ],
        1,
    ),
    "accounts": (
        uc.Mapping(table="accounts", key="id", fields={"name": "firm", "employees": "staff"}),
        [
            {"id": "1", "firm": "Acme", "staff": "12"},
            {"id": "2", "firm": "Byte", "staff": "a dozen"},
            {"id": None, "firm": "Nobody", "staff": "1"},
        ],
        1,
    ),
    "consents": (
        uc.Mapping(
            table="consents",
            fields={
                "subject_kind": {"constant": "email"},
                "subject_value": "mail",
                "purpose": {"constant": "marketing.communications.email"},
                "status": "said",
                "stated_at": "at",
            },
        ),
        [
            {"mail": "ann@example.com", "said": "granted", "at": "2025-01-01T00:00:00Z"},
            {"mail": "bob@example.com", "said": "perhaps", "at": "2025-01-01T00:00:00Z"},
            {"mail": "no address", "said": "granted", "at": "2025-01-01T00:00:00Z"},
        ],
        1,
    ),
}


def frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame([[row.get(name) for name in names] for row in rows], schema=dict.fromkeys(names, pl.String), orient="row")  # fmt: skip


def written(kind: str, rows: Sequence[Row], folder: Path) -> Any:
    frame = frame_of(rows)
    path = folder / f"rows.{kind}"
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "jsonl":
        frame.write_ndjson(path)
    elif kind == "parquet":
        frame.write_parquet(path)
    return frame if kind == "dataframe" else path


def people(rows: Sequence[Row], mapping: uc.Mapping = CRM, **options: Any) -> BoundSource:
    columns = dict.fromkeys([*mapping.columns, *(name for row in rows for name in row)], pl.String)
    return uc.source(
        "dataframe", pl.DataFrame(rows, schema=columns), table="records", name="crm", mapping=mapping, **options
    )


def held(hub: uc.CustomerHub) -> pl.DataFrame:
    return hub._store.read("quarantine", where=[uc.Where("status", "==", "held")], order_by=["seq"])


def balanced(report: LoadReport, rows: int) -> bool:
    return report.rows == rows == report.accepted + report.duplicates + report.quarantined + report.erased


class TestEveryTableFromEveryFormat:
    @pytest.mark.parametrize("kind", ["dataframe", "csv", "jsonl", "parquet"])
    @pytest.mark.parametrize("table", WAYS)
    def test_every_row_is_accounted_for(
        self, table: str, kind: str, hub: uc.CustomerHub, stored: Stored, tmp_path: Path
    ) -> None:
        mapping, rows, good = WAYS[table]
        source = uc.source(kind, written(kind, rows, tmp_path), table=table, name="it", mapping=mapping)
        report = hub.load(source)
        assert balanced(report, len(rows))
        assert (report.accepted, report.duplicates) == (good, 0)
        assert stored(hub, table).height == good
        assert sum(report.reasons.values()) == report.quarantined == held(hub).height == len(rows) - good

    @pytest.mark.parametrize("kind", ["dataframe", "csv", "jsonl", "parquet"])
    @pytest.mark.parametrize("table", WAYS)
    def test_the_format_makes_no_difference_to_what_is_stored(
        self, table: str, kind: str, new_hub: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        mapping, rows, _ = WAYS[table]
        contents = []
        for each in (kind, "dataframe"):
            hub = new_hub()
            hub.load(uc.source(each, written(each, rows, tmp_path), table=table, name="it", mapping=mapping))
            names = (table, "identities", "identifiers", "consents")
            contents.append({name: sorted(stored(hub, name).rows(), key=repr) for name in names})
        assert contents[0] == contents[1]

    @pytest.mark.parametrize("table", WAYS)
    def test_loading_a_frame_twice_changes_nothing(self, table: str, hub: uc.CustomerHub, stored: Stored) -> None:
        mapping, rows, good = WAYS[table]
        source = uc.source("dataframe", frame_of(rows), table=table, name="it", mapping=mapping)
        hub.load(source)
        before = {name: stored(hub, name).rows() for name in (table, "identities", "identifiers", "quarantine")}
        assert hub.load(source).rows == 0
        moved = pl.concat([frame_of(rows).tail(1), frame_of(rows).head(-1)])
        again = hub.load(uc.source("dataframe", moved, table=table, name="it", mapping=mapping))
        assert balanced(again, len(rows))
        assert (again.accepted, again.duplicates) == (0, good)
        assert {name: stored(hub, name).rows() for name in before if name != "quarantine"} == {
            name: rows for name, rows in before.items() if name != "quarantine"
        }

    def test_values_arrive_typed_and_exact(self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path) -> None:
        for table in ("order_lines", "records", "items"):
            mapping, rows, _ = WAYS[table]
            hub.load(uc.source("csv", written("csv", rows, tmp_path), table=table, name="it", mapping=mapping))
        lines = stored(hub, "order_lines").sort("line_id")
        assert lines["amount"].to_list() == [Decimal("2.2000"), Decimal("0.0500")]
        assert lines["kind"].to_list() == ["sale", "sale"]
        records = stored(hub, "records").sort("source_id")
        assert records["email"].to_list() == ["ann@example.com", "bob@example.com", None]
        assert records["email_raw"].to_list() == ["Ann@Example.com", "bob@example.com", None]
        assert records["phone"].to_list() == [None, None, "+442079460018"]
        assert records["birth_date"].to_list() == [None, date(1990, 1, 2), None]
        assert stored(hub, "items")["price"].to_list() == [Decimal("3.5000"), Decimal("3.7500")]

    def test_a_quarantined_row_has_its_place_its_reason_and_its_content(
        self, hub: uc.CustomerHub, tmp_path: Path
    ) -> None:
        mapping, rows, _ = WAYS["spend"]
        hub.load(uc.source("csv", written("csv", rows, tmp_path), table="spend", name="ads", mapping=mapping))
        found = held(hub).row(0, named=True)
        assert (found["source"], found["target"], found["position"]) == ("ads", "spend", "row 2 (line 3)")
        assert found["reason"].startswith("cost: ")
        assert json.loads(found["payload"]) == rows[1]
        assert "free" not in found["reason"]

    def test_the_report_reads_well(self, hub: uc.CustomerHub) -> None:
        mapping, rows, _ = WAYS["spend"]
        text = str(hub.load(uc.source("dataframe", frame_of(rows), table="spend", name="ads", mapping=mapping)))
        assert text.splitlines()[0] == "ads -> spend: 2 rows, 1 accepted, 0 known already, 1 in quarantine"
        assert "quarantine: 1 cost:" in text

    def test_a_load_is_in_the_audit_with_counts_and_no_values(self, hub: uc.CustomerHub) -> None:
        hub.load(people(PEOPLE), actor=uc.Actor(id="loader"))
        entry = hub.audit.entries(actor="loader").row(0, named=True)
        assert (entry["action"], entry["subject_table"], entry["rows"]) == ("load", "records", 3)
        assert json.loads(entry["detail"])["accepted"] == 3
        assert "example.com" not in json.dumps(entry, default=str)

    def test_a_missing_file_is_an_error_of_the_source(self, hub: uc.CustomerHub, tmp_path: Path) -> None:
        with pytest.raises(SourceError):
            hub.load(uc.source("csv", tmp_path / "none.csv", table="records", mapping=CRM))

    def test_without_a_mapping_nothing_is_loaded(self, hub: uc.CustomerHub) -> None:
        with pytest.raises(ConfigurationError, match="suggest_mapping"):
            hub.load(uc.source("dataframe", frame_of(PEOPLE), table="records", name="crm"))

    def test_a_mapping_that_does_not_fit_stores_nothing(self, hub: uc.CustomerHub, stored: Stored) -> None:
        with pytest.raises(MappingError, match="'mail'"):
            hub.load(uc.source("dataframe", pl.DataFrame({"id": ["1"]}), table="records", name="crm", mapping=CRM))
        assert stored(hub, "records").is_empty()


TRACK = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m1",
    "timestamp": "2025-01-01T00:00:00Z",
    "userId": "u1",
    "properties": {
        "order_id": "o1",
        "currency": "EUR",
        "products": [{"product_id": "A", "quantity": 2, "price": 1.10}],
    },
}
IDENTIFY = {
    "type": "identify",
    "messageId": "m2",
    "timestamp": "2025-01-01T00:00:00Z",
    "userId": "u1",
    "anonymousId": "v1",
    "traits": {"email": "Ann@Example.com", "firstName": "Ann"},
}


def messages(path: Path, *lines: dict[str, Any] | str) -> BoundSource:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
    return uc.source("jsonl", path, table="events", name="web")


class TestMessages:
    def test_every_message_is_accounted_for(self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path) -> None:
        lines: list[Any] = [
            TRACK,
            IDENTIFY,
            {**TRACK, "sentAt": "2025-01-01T00:00:09Z"},
            {"type": "track"},
            "no json",
            "[]",
        ]
        report = hub.load(messages(tmp_path / "web.jsonl", *lines))
        assert balanced(report, 6)
        assert (report.accepted, report.duplicates, report.quarantined) == (2, 1, 3)
        assert sorted(stored(hub, "events")["event_id"]) == ["m1", "m2"]
        assert report.derived["order_lines"] == 1
        assert held(hub)["position"].to_list() == ["row 4 (line 4)", "row 5 (line 5)", "row 6 (line 6)"]

    def test_an_identify_call_is_a_record_and_joins_the_visitor(
        self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path
    ) -> None:
        visit = {"type": "page", "messageId": "m3", "anonymousId": "v1", "timestamp": "2024-12-31T00:00:00Z"}
        hub.load(messages(tmp_path / "web.jsonl", visit, IDENTIFY, TRACK))
        assert hub.resolve().customers == 1
        assert stored(hub, "records")["email"].to_list() == ["ann@example.com"]
        assert hub.events(purpose="analytics")["customer_id"].n_unique() == 1

    def test_loading_twice_changes_nothing(self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path) -> None:
        hub.load(messages(tmp_path / "web.jsonl", IDENTIFY, TRACK))
        names = ("events", "records", "identities", "identifiers", "order_lines", "items")
        before = {name: stored(hub, name).rows() for name in names}
        again = hub.load(messages(tmp_path / "other.jsonl", TRACK, IDENTIFY))
        assert (again.accepted, again.duplicates) == (0, 2)
        assert {name: stored(hub, name).rows() for name in names} == before

    def test_a_message_that_contradicts_a_stored_one_is_held_as_it_came(
        self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub.load(messages(tmp_path / "web.jsonl", TRACK))
        other = {**TRACK, "event": "Order Refunded"}
        report = hub.load(messages(tmp_path / "late.jsonl", IDENTIFY, other))
        assert balanced(report, 2)
        assert (report.accepted, dict(report.reasons)) == (1, {"row: contradicts_stored": 1})
        assert [json.loads(text) for text in held(hub)["payload"]] == [other]
        assert held(hub)["position"].to_list() == ["row 2 (line 2)"]
        assert stored(hub, "events").filter(event_id="m1")["name"].to_list() == ["Order Completed"]

    def test_a_source_says_what_its_messages_leave_out(
        self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path
    ) -> None:
        bare = {**TRACK, "timestamp": "2025-07-01T00:00:00"}
        bare["properties"] = {"order_id": "o1", "products": [{"product_id": "A", "quantity": 1, "price": 2.5}]}
        bare["context"] = {"consent": {"categoryPreferences": {"Advertising": True}}}
        messages(tmp_path / "web.jsonl", bare)
        options: dict[str, Any] = {
            "zone": "Europe/Berlin",
            "currency": "CHF",
            "purposes": {"Advertising": "marketing.advertising"},
        }
        report = hub.load(uc.source("jsonl", tmp_path / "web.jsonl", table="events", name="web", **options))
        assert (report.accepted, report.derived["consents"]) == (1, 1)
        assert stored(hub, "events")["occurred_at"].item() == datetime(2025, 6, 30, 22, tzinfo=UTC)
        assert stored(hub, "order_lines")["currency"].to_list() == ["CHF"]
        assert stored(hub, "consents")["purpose"].to_list() == ["marketing.advertising"]


class TestCheckpoints:
    def test_an_appended_file_is_read_from_where_it_ended(self, hub: uc.CustomerHub, tmp_path: Path) -> None:
        path = tmp_path / "crm.csv"
        source = uc.source("csv", path, table="records", mapping=CRM)
        frame_of([dict.fromkeys(CRM.columns) | row for row in PEOPLE]).write_csv(path)
        assert (hub.load(source).accepted, hub.load(source).rows) == (3, 0)
        with path.open("a") as file:
            file.write(",".join({**dict.fromkeys(CRM.columns, ""), "id": "9", "name": "Zoe"}[name] for name in pl.read_csv(path).columns) + "\n")  # fmt: skip
        report = hub.load(source)
        assert balanced(report, 1)
        assert report.accepted == 1

    def test_another_mapping_reads_everything_again(self, hub: uc.CustomerHub, tmp_path: Path) -> None:
        source = uc.source("csv", written("csv", PEOPLE, tmp_path), table="records", name="crm", mapping=CRM)
        hub.load(source)
        assert hub.load(source).rows == 0
        changed = CRM.model_copy(update={"identifiers": {"loyalty_id": ("card",), "user_id": ("id",)}})
        again = hub.load(source.with_mapping(changed))
        assert balanced(again, 3)
        assert again.derived["identifiers"] == 3

    def test_a_cursor_passes_over_what_was_read(self, hub: uc.CustomerHub) -> None:
        first = [{**row, "no": str(number)} for number, row in enumerate(PEOPLE)]
        hub.load(people(first, cursor="no"))
        report = hub.load(people([{**PEOPLE[0], "id": "9", "no": "7"}, *first], cursor="no"))
        assert balanced(report, 1)
        assert (report.accepted, report.skipped) == (1, 3)

    def test_two_hubs_keep_checkpoints_of_their_own(self, new_hub: NewHub, tmp_path: Path) -> None:
        source = uc.source("csv", written("csv", PEOPLE, tmp_path), table="records", name="crm", mapping=CRM)
        assert [new_hub().load(source).accepted for _ in range(2)] == [3, 3]


class Breaking:
    """A source that fails before a batch, as a network does."""

    def __init__(self, source: BoundSource, *, batch_rows: int, after: int | None) -> None:
        self.source, self.batch_rows, self.after = source, batch_rows, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def read(self, state: Any) -> Any:
        batches = 0
        for item in self.source.read(state, batch_rows=self.batch_rows):
            if isinstance(item, Batch):
                if batches == self.after:
                    raise OSError("the line is dead")
                batches += 1
            yield item


class TestCrashes:
    ROWS: Sequence[Row] = tuple({"id": str(number), "mail": f"p{number}@example.com"} for number in range(10))
    MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail"})

    @pytest.mark.parametrize("after", [0, 1, 2, 4])
    def test_a_load_that_breaks_off_keeps_whole_batches_and_is_completed_by_the_next(
        self, after: int, new_hub: NewHub, stored: Stored, tmp_path: Path
    ) -> None:
        path = written("csv", self.ROWS, tmp_path)
        source = uc.source("csv", path, table="records", name="crm", mapping=self.MAPPING, read_bytes=16)
        whole, hub = new_hub(), new_hub()
        whole.load(source)
        with pytest.raises(OSError, match="the line is dead"):
            # Not of that type, on purpose.
            hub.load(Breaking(source, batch_rows=2, after=after))  # type: ignore[arg-type]  # has what a source needs
        kept = stored(hub, "records").height
        # A batch is written when it is known whether a state follows it, so the last one may be read again.
        assert kept in {2 * after, 2 * max(after - 1, 0)}
        assert stored(hub, "identifiers").height == kept
        # Not of that type, on purpose.
        report = hub.load(Breaking(source, batch_rows=2, after=None))  # type: ignore[arg-type]  # has what a source needs
        assert (report.rows, report.accepted, report.duplicates) == (10 - kept, 10 - kept, 0)
        for name in ("records", "identities", "identifiers"):
            assert stored(hub, name).rows() == stored(whole, name).rows()

    def test_a_batch_that_cannot_be_written_leaves_nothing(
        self, hub: uc.CustomerHub, stored: Stored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def dead(*_: object) -> None:
            raise OSError("disk full")

        with monkeypatch.context() as patched:
            patched.setattr("unified_customer.hub.writing._write_quarantine", dead)
            with pytest.raises(OSError, match="disk full"):
                hub.load(people(PEOPLE))
        assert all(hub._store.count(name) == 0 for name in ("records", "identities", "identifiers"))
        assert "load" not in hub.audit.entries()["action"].to_list()
        assert hub.load(people(PEOPLE)).accepted == 3
        assert stored(hub, "records").height == 3


class TestContradictions:
    def test_all_copies_within_a_load_are_held(self, hub: uc.CustomerHub, stored: Stored) -> None:
        report = hub.load(people([*PEOPLE, {**PEOPLE[0], "name": "Anna"}]))
        assert balanced(report, 4)
        assert (report.accepted, report.quarantined) == (2, 2)
        assert sorted(stored(hub, "records")["source_id"]) == ["2", "3"]
        assert held(hub)["position"].to_list() == ["row 1", "row 4"]

    def test_equal_copies_are_one(self, hub: uc.CustomerHub) -> None:
        report = hub.load(people([*PEOPLE, PEOPLE[0]]))
        assert balanced(report, 4)
        assert (report.accepted, report.duplicates, report.quarantined) == (3, 1, 0)

    def test_the_newcomer_is_held_where_the_store_says_otherwise(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(PEOPLE))
        before = {name: stored(hub, name).rows() for name in ("records", "identities", "identifiers")}
        report = hub.load(people([{**PEOPLE[0], "mail": "other@example.com"}, PEOPLE[1]]))
        assert balanced(report, 2)
        assert (report.accepted, report.duplicates) == (0, 1)
        assert dict(report.reasons) == {"row: contradicts_stored": 1}
        assert {name: stored(hub, name).rows() for name in before} == before

    def test_another_time_is_another_version(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(PEOPLE))
        later = {**PEOPLE[0], "name": "Anna", "seen": "2025-02-01T00:00:00Z"}
        assert hub.load(people([later])).accepted == 1
        assert stored(hub, "records")["record_id"].n_unique() == 3

    def test_without_a_time_the_content_is_the_version(self, hub: uc.CustomerHub) -> None:
        untimed = [{**PEOPLE[0], "seen": None}, {**PEOPLE[0], "seen": None, "name": "Anna"}]
        assert hub.load(people(untimed)).accepted == 2
        assert hub.load(people(untimed[::-1])).duplicates == 2

    @pytest.mark.parametrize("table", ["events", "order_lines", "answers"])
    def test_behaviour_too(self, table: str, hub: uc.CustomerHub, stored: Stored) -> None:
        mapping, rows, good = WAYS[table]
        other = {"events": "what", "order_lines": "price", "answers": "score"}[table]
        hub.load(uc.source("dataframe", frame_of(rows), table=table, name="it", mapping=mapping))
        before = stored(hub, table).rows()
        changed = [{**rows[0], other: "5"}, {**rows[0], mapping.key[-1]: "new"}]
        report = hub.load(uc.source("dataframe", frame_of(changed), table=table, name="it", mapping=mapping))
        assert (report.accepted, dict(report.reasons)) == (1, {"row: contradicts_stored": 1})
        assert stored(hub, table).rows()[:good] == before


class TestDeletesAtTheSource:
    MAPPING = CRM.model_copy(update={"deleted": Deletion(column="gone", values=("yes",))})

    def load(self, hub: uc.CustomerHub, day: int, **row: str | None) -> None:
        seen = f"2025-01-{day:02}T00:00:00Z"
        assert hub.load(people([{"id": "1", "seen": seen, **row}], self.MAPPING)).accepted == 1
        hub.resolve()

    def test_a_delete_is_a_statement_and_an_undelete_another(self, hub: uc.CustomerHub, stored: Stored) -> None:
        self.load(hub, 1, mail="ann@example.com", name="Ann")
        customer = hub.customers(purpose="analytics")["customer_id"].item()
        assert hub.profile(customer, purpose="essential.service")["email"] == "ann@example.com"
        self.load(hub, 2, gone="yes")
        deleted = hub.profile(customer, purpose="essential.service")
        assert (deleted.customer_id, dict(deleted.fields)) == (customer, {})
        assert hub.customers(purpose="analytics")["customer_id"].to_list() == [customer]
        assert stored(hub, "records").height == 2
        self.load(hub, 3, mail="ann@example.com", name="Ann")
        assert hub.profile(customer, purpose="essential.service")["given_name"] == "Ann"

    def test_what_other_sources_say_stays(self, hub: uc.CustomerHub) -> None:
        self.load(hub, 1, mail="ann@example.com", name="Ann")
        shop = uc.Mapping(table="records", key="id", fields={"email": "mail"})
        frame = pl.DataFrame({"id": ["s1"], "mail": ["ann@example.com"]})
        hub.load(uc.source("dataframe", frame, table="records", name="shop", mapping=shop))
        self.load(hub, 2, gone="yes")
        row = hub.customers(purpose="analytics", columns=["email", "given_name"]).row(0, named=True)
        assert (row["email"], row["given_name"]) == ("ann@example.com", None)


class TestCollection:
    ROWS: Sequence[Row] = ({"id": "1", "mail": "ann@example.com", "card": "L1", "note": "likes tea"},)
    MAPPING = uc.Mapping(table="records", key="id", fields={"email": "mail"}, identifiers={"loyalty_id": "card"})

    def load(self, new_hub: NewHub, **actions: Any) -> tuple[uc.CustomerHub, LoadReport]:
        hub = new_hub(policy=uc.Policy(collection=actions.get("collection", {})))
        return hub, hub.load(people(self.ROWS, self.MAPPING))

    def test_without_a_rule_everything_is_kept(self, new_hub: NewHub, stored: Stored) -> None:
        hub, report = self.load(new_hub)
        assert json.loads(stored(hub, "records")["traits"].item()) == {"note": "likes tea"}
        assert dict(report.left_out) == {}

    def test_what_is_dropped_is_counted_and_nowhere(self, new_hub: NewHub) -> None:
        hub, report = self.load(new_hub, collection={"user.unclassified": "drop", "user.contact.email": "drop"})
        assert dict(report.left_out) == {"note": 1, "mail": 1}
        everything = json.dumps([hub._store.read(name).rows() for name in TABLES], default=str)
        assert "likes tea" not in everything
        assert "ann@example.com" not in everything
        assert "L1" in everything

    def test_what_is_hashed_still_joins(self, new_hub: NewHub, stored: Stored) -> None:
        hub, report = self.load(new_hub, collection={"user.unique_id": "hash"})
        assert set(report.left_out) == {"id", "card"}
        value = stored(hub, "identifiers").filter(kind="loyalty_id")["value"].item()
        assert len(value) == 24
        hub.load(replace(people([{**self.ROWS[0], "id": "2"}], self.MAPPING), name="other"))
        hub.resolve()
        assert hub._store.count("customers") == 1

    def test_what_is_refused_stops_the_batch_and_names_the_column_only(self, new_hub: NewHub, stored: Stored) -> None:
        hub = new_hub(policy=uc.Policy(collection={"user.contact": "refuse"}))
        with pytest.raises(CollectionRefusedError, match=r"'mail'.*user\.contact\.email") as caught:
            hub.load(people(self.ROWS, self.MAPPING))
        assert "ann@" not in str(caught.value)
        assert stored(hub, "records").is_empty()

    def test_card_numbers_are_refused_by_default_wherever_they_stand(self, hub: uc.CustomerHub) -> None:
        row = {**self.ROWS[0], "note": "4111 1111 1111 1111"}
        with pytest.raises(CollectionRefusedError, match="'note'"):
            hub.load(people([row], self.MAPPING))

    def test_card_numbers_can_be_left_out(self, new_hub: NewHub) -> None:
        hub = new_hub(policy=uc.Policy(collection={"user.financial.credit_card": "drop"}))
        report = hub.load(people([{**self.ROWS[0], "note": "4111 1111 1111 1111"}], self.MAPPING))
        assert (report.accepted, dict(report.left_out)) == (1, {"note": 1})

    def test_what_is_left_out_is_not_in_the_quarantine_either(self, new_hub: NewHub) -> None:
        hub = new_hub(policy=uc.Policy(collection={"user.unclassified": "drop"}))
        hub.load(people([{"id": None, "mail": "ann@example.com", "note": "likes tea"}], self.MAPPING))
        assert json.loads(held(hub)["payload"].item()) == {"mail": "ann@example.com"}

    def test_columns_that_the_mapping_leaves_out_are_counted(self, hub: uc.CustomerHub, stored: Stored) -> None:
        report = hub.load(people(self.ROWS, self.MAPPING.model_copy(update={"traits": "drop"})))
        assert dict(report.left_out) == {"note": 1}
        assert stored(hub, "records")["traits"].to_list() == [None]


class TestConsentRules:
    RULE = Statement(
        column="news",
        purpose="marketing.communications.email",
        values={"yes": "granted", "no": "denied"},
        about="email",
    )
    MAPPING = CRM.model_copy(update={"consents": (RULE,)})

    def test_a_cell_is_a_statement_and_a_blank_one_says_nothing(self, hub: uc.CustomerHub, stored: Stored) -> None:
        rows = [{**row, "news": word} for row, word in zip(PEOPLE, ["yes", "", "no"], strict=True)]
        report = hub.load(people(rows, self.MAPPING))
        assert (report.accepted, report.derived["consents"]) == (3, 2)
        said = {row["subject_kind"]: row for row in stored(hub, "consents").iter_rows(named=True)}
        assert (said["email"]["status"], said["record"]["status"]) == ("granted", "denied")
        assert said["email"]["stated_at"] == datetime(2025, 1, 1, tzinfo=UTC)

    def test_it_opens_the_door_for_those_who_granted(self, hub: uc.CustomerHub) -> None:
        rows = [{**row, "news": word} for row, word in zip(PEOPLE, ["yes", "no", ""], strict=True)]
        hub.load(people(rows, self.MAPPING))
        hub.resolve()
        found = hub.customers(purpose="marketing.communications.email")
        assert found["email"].to_list() == ["ann@example.com"]

    def test_an_unknown_word_is_held(self, hub: uc.CustomerHub, stored: Stored) -> None:
        report = hub.load(people([{**PEOPLE[0], "news": "maybe"}], self.MAPPING))
        assert dict(report.reasons) == {"news: unknown_value": 1}
        assert stored(hub, "consents").is_empty()

    def test_where_the_address_cannot_be_read_the_statement_is_about_the_record(
        self, hub: uc.CustomerHub, stored: Stored
    ) -> None:
        hub.load(people([{**PEOPLE[0], "mail": "no address", "news": "no"}], self.MAPPING))
        said = stored(hub, "consents").row(0, named=True)
        assert (said["subject_kind"], said["subject_key"]) == ("record", stored(hub, "records")["record_id"].item())


class TestUnreadable:
    def test_contacts_that_are_none_are_kept_as_found_and_counted(self, hub: uc.CustomerHub, stored: Stored) -> None:
        row = {**PEOPLE[0], "mail": "ann at home", "tel": "ask me"}
        report = hub.load(people([row, {**PEOPLE[1], "tel": " "}]))
        assert (report.accepted, dict(report.unreadable)) == (2, {"email": 1, "phone": 1})
        found = stored(hub, "records").filter(source_id="1").row(0, named=True)
        assert (found["email"], found["email_raw"], found["phone"], found["phone_raw"]) == (
            None,
            "ann at home",
            None,
            "ask me",
        )
        assert "kept as found: 1 values of email" in str(report)

    @pytest.mark.parametrize(
        ("born", "reason"),
        [("2099-01-01", "birth_date: after_observation"), ("1650-01-01", "birth_date: too_long_ago")],
    )
    def test_a_birth_that_cannot_be_is_held(self, born: str, reason: str, hub: uc.CustomerHub) -> None:
        assert dict(hub.load(people([{**PEOPLE[0], "born": born}])).reasons) == {reason: 1}


class TestWhoseARowIs:
    def test_a_person_column_points_at_a_record_of_the_same_source(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(PEOPLE))
        mapping, rows, _ = WAYS["order_lines"]
        pointing = mapping.model_copy(update={"identifiers": {}})
        lines = [{**rows[0], "card": "2"}, {**rows[1], "card": "99"}]
        hub.load(uc.source("dataframe", frame_of(lines), table="order_lines", name="crm", mapping=pointing))
        hub.resolve()
        record = stored(hub, "records").filter(source_id="2")["record_id"].item()
        found = hub.read("order_lines", purpose="analytics").sort("line_id")
        assert found["record_id"].to_list()[0] == record
        # The till knew a number that the CRM does not: somebody, not nobody.
        assert hub._store.count("customers") == 4
        assert found["customer_id"].n_unique() == 2

    def test_all_identifiers_of_one_person_are_kept(self, hub: uc.CustomerHub, stored: Stored) -> None:
        mapping, rows, _ = WAYS["order_lines"]
        both = uc.Mapping(**{**mapping.model_dump(), "person": ("who",)})
        lines = [{**rows[0], "who": "7", "line": str(number), "card": card} for number, card in enumerate(["L1", "L2"])]
        hub.load(uc.source("dataframe", frame_of(lines), table="order_lines", name="till", mapping=both))
        assert stored(hub, "order_lines")["record_id"].n_unique() == stored(hub, "identities").height == 1
        assert sorted(stored(hub, "identifiers")["value"]) == ["L1", "L2"]

    def test_rows_of_nobody_are_kept_and_readable_as_such(self, hub: uc.CustomerHub) -> None:
        mapping, rows, _ = WAYS["order_lines"]
        hub.load(uc.source("dataframe", frame_of(rows), table="order_lines", name="till", mapping=mapping))
        hub.resolve()
        reads = {way: hub.read("order_lines", purpose="analytics", anonymous=way) for way in ("exclude", "only", "include")}  # fmt: skip
        assert [frame.height for frame in reads.values()] == [1, 1, 2]
        assert reads["only"]["customer_id"].to_list() == [None]


class TestReplay:
    WRONG = CRM.model_copy(update={"fields": {**CRM.fields, "birth_date": FieldMap(column="born", format="%d.%m.%Y")}})
    ROWS: Sequence[Row] = (
        {**PEOPLE[0], "born": "1990-01-02"},
        {**PEOPLE[1], "born": "02.01.1990"},
        {**PEOPLE[2], "born": "never"},
    )

    def test_rows_that_come_good_move_in_and_the_others_stay(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(self.ROWS, self.WRONG))
        report = hub.replay_quarantine(people([]))
        assert balanced(report, 2)
        assert (report.accepted, report.quarantined) == (1, 1)
        assert sorted(stored(hub, "records")["source_id"]) == ["1", "2"]
        assert held(hub)["position"].to_list() == ["row 3"]
        done = stored(hub, "quarantine").filter(status="replayed").row(0, named=True)
        assert (done["position"], done["payload"]) == ("row 1", None)

    def test_replaying_twice_changes_nothing(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(self.ROWS, self.WRONG))
        hub.replay_quarantine(people([]))
        names = ("records", "identities", "identifiers", "quarantine")
        before = {name: stored(hub, name).rows() for name in names}
        again = hub.replay_quarantine(people([]))
        assert balanced(again, 1)
        assert again.quarantined == 1
        assert {name: stored(hub, name).rows() for name in names} == before

    def test_a_replay_gives_what_a_first_load_gives(self, new_hub: NewHub, stored: Stored) -> None:
        mended, fresh = new_hub(), new_hub()
        mended.load(people(self.ROWS[:1], self.WRONG))
        mended.replay_quarantine(people([]))
        fresh.load(people(self.ROWS[:1]))
        for name in ("records", "identities", "identifiers"):
            assert stored(mended, name).rows() == stored(fresh, name).rows()

    def test_with_nothing_held_nothing_happens(self, hub: uc.CustomerHub) -> None:
        hub.load(people(PEOPLE))
        assert hub.replay_quarantine(people([])).rows == 0

    def test_a_row_that_contradicts_the_store_by_now_stays_held(self, hub: uc.CustomerHub, stored: Stored) -> None:
        hub.load(people(self.ROWS[:1], self.WRONG))
        hub.load(people([{**self.ROWS[0], "name": "Anna"}]))
        report = hub.replay_quarantine(people([]))
        assert balanced(report, 1)
        assert dict(report.reasons) == {"row: contradicts_stored": 1}
        assert json.loads(held(hub)["payload"].item()) == self.ROWS[0]
        assert stored(hub, "records")["given_name"].to_list() == ["Anna"]

    def test_a_row_that_came_another_way_meanwhile_is_known_already(self, hub: uc.CustomerHub) -> None:
        hub.load(people(self.ROWS[:1], self.WRONG))
        hub.load(people(self.ROWS[:1]))
        report = hub.replay_quarantine(people([]))
        assert (report.accepted, report.duplicates) == (0, 1)
        assert held(hub).is_empty()

    def test_a_value_is_hashed_once(self, new_hub: NewHub, stored: Stored) -> None:
        policy = uc.Policy(collection={"user.unique_id": "hash"})
        mended, fresh = new_hub(policy=policy), new_hub(policy=policy)
        mended.load(people(self.ROWS[:1], self.WRONG))
        mended.replay_quarantine(people([]))
        fresh.load(people(self.ROWS[:1]))
        assert stored(mended, "records")["record_id"].to_list() == stored(fresh, "records")["record_id"].to_list()
        assert stored(mended, "identifiers").rows() == stored(fresh, "identifiers").rows()

    def test_a_policy_that_became_stricter_counts(self, new_hub: NewHub, tmp_path: Path) -> None:
        url = f"duckdb:///{tmp_path}/hub.duckdb"
        loose = new_hub(url)
        loose.load(people([{**self.ROWS[0], "note": "likes tea"}], self.WRONG))
        loose.close()
        strict = new_hub(url, policy=uc.Policy(collection={"user.unclassified": "drop"}))
        report = strict.replay_quarantine(people([]))
        assert (report.accepted, dict(report.left_out)) == (1, {"note": 1})
        assert strict._store.read("records")["traits"].to_list() == [None]

    def test_messages_too(self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path) -> None:
        zoneless = {**TRACK, "timestamp": "2025-01-01T00:00:00"}
        source = messages(tmp_path / "web.jsonl", IDENTIFY, zoneless, "no json", {**TRACK, "messageId": "m9"})
        assert hub.load(source).quarantined == 2
        fixed = uc.source("jsonl", tmp_path / "web.jsonl", table="events", name="web", zone="Europe/Berlin")
        report = hub.replay_quarantine(fixed)
        assert balanced(report, 2)
        assert (report.accepted, report.quarantined) == (1, 1)
        when = stored(hub, "events").filter(event_id="m1")["occurred_at"].item()
        assert when == datetime(2024, 12, 31, 23, tzinfo=UTC)
        before = stored(hub, "quarantine").rows()
        assert hub.replay_quarantine(fixed).quarantined == 1
        assert stored(hub, "quarantine").rows() == before

    def test_messages_that_contradict_the_store_stay_held_as_they_came(
        self, hub: uc.CustomerHub, stored: Stored, tmp_path: Path
    ) -> None:
        hub.load(messages(tmp_path / "a.jsonl", TRACK))
        hub.load(messages(tmp_path / "b.jsonl", {**TRACK, "event": "Order Refunded"}, "no json"))
        before = stored(hub, "quarantine").rows()
        report = hub.replay_quarantine(messages(tmp_path / "b.jsonl"))
        assert balanced(report, 2)
        assert report.quarantined == 2
        assert stored(hub, "quarantine").rows() == before


def test_people_who_were_erased_are_counted_and_not_let_in_again(hub: uc.CustomerHub) -> None:
    hub.load(people(PEOPLE))
    hub.resolve()
    ann = hub.customers(purpose="analytics").filter(email="ann@example.com")["customer_id"].item()
    hub.rights.erase(ann)
    newcomers = [{**PEOPLE[0], "id": "8"}, {**PEOPLE[1], "id": "9", "mail": "new@example.com"}]
    report = hub.load(people([*newcomers, *PEOPLE]))
    assert balanced(report, 5)
    assert (report.accepted, report.duplicates, report.erased) == (1, 2, 2)
