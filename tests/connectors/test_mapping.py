"""Mappings: what they refuse, how they are written, and what they make of rows."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from unified_customer.connectors import Batch, Deletion, FieldMap, Mapped, Mapper, Mapping, Statement, replay_batch
from unified_customer.connectors.parsing import parse
from unified_customer.connectors.rejects import payload_texts
from unified_customer.connectors.targets import target
from unified_customer.core.errors import ConfigurationError, MappingError

AMOUNT, INSTANT = pl.Decimal(18, 4), pl.Datetime("us", "UTC")


def mapped(mapping: Mapping, **columns: list[Any]) -> Mapped:
    return Mapper(mapping).apply(Batch.of(pl.DataFrame(columns)))


def one(value: Any, dtype: pl.DataType, **how: Any) -> Any:
    """The value that comes out, or the code of the fault."""
    parsed = parse(pl.Series([value]), dtype, FieldMap(column="x", **how))
    return parsed.faults[0][0] if parsed.faults else parsed.values[0]


@pytest.mark.parametrize(
    ("value", "how", "expected"),
    [
        ("1234.5", {}, Decimal("1234.5000")),
        ("-.5", {}, Decimal("-0.5000")),
        ("+7", {}, Decimal("7.0000")),
        ("1.23450000", {}, Decimal("1.2345")),
        ("1.23456", {}, "too_precise"),
        ("1.23456", {"places": 2}, Decimal("1.2300")),
        ("1.005", {"places": 2}, Decimal("1.0000")),
        ("1.234,56", {"decimal": ",", "thousands": "."}, Decimal("1234.5600")),
        ("1,5", {"decimal": ","}, Decimal("1.5000")),
        ("1.5", {"decimal": ","}, "not_a_number"),
        ("12.34,5", {"decimal": ",", "thousands": "."}, "not_a_number"),
        ("1'234'567.5", {"thousands": "'"}, Decimal("1234567.5000")),
        ("1,234", {}, "not_a_number"),
        ("12 €", {}, "not_a_number"),
        ("NaN", {}, "not_a_number"),
        ("123456789012345", {}, "out_of_range"),
        ("123456789012345.5", {"places": 0}, "out_of_range"),
        ("1999", {"unit": "minor"}, Decimal("19.9900")),
        ("19.99", {"unit": "minor"}, "not_a_whole_number"),
        ("999999999999999", {"unit": "minor"}, "out_of_range"),
        (2.55, {}, Decimal("2.5500")),
        (0.1 + 0.2, {}, "too_precise"),
        (0.1 + 0.2, {"places": 4}, Decimal("0.3000")),
        (float("nan"), {}, "not_finite"),
        (float("inf"), {"places": 2}, "not_finite"),
        (1e15, {}, "out_of_range"),
        (7, {}, Decimal("7.0000")),
        (Decimal("1.25"), {"decimal": ",", "thousands": "."}, Decimal("1.2500")),
        (True, {}, "not_a_number"),
        (" ", {}, None),
    ],
)
def test_amounts(value: Any, how: dict[str, Any], expected: Any) -> None:
    assert one(value, AMOUNT, **how) == expected


@pytest.mark.parametrize(
    ("value", "how", "expected"),
    [
        ("2026-01-02T03:04:05Z", {}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05.5 +02:00", {}, datetime(2026, 1, 2, 1, 4, 5, 500000, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", {}, "too_precise"),
        ("2026-01-02T03:04:05.123456000Z", {}, datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2026-01-02 03:04", {}, "naive_time"),
        ("2026-01-02 03:04", {"zone": "Europe/Berlin"}, datetime(2026, 1, 2, 2, 4, tzinfo=UTC)),
        ("2026-03-29 02:30", {"zone": "Europe/Berlin"}, "skipped_time"),
        ("2026-10-25 02:30", {"zone": "Europe/Berlin"}, "ambiguous_time"),
        ("2026-07-01", {"zone": "Europe/Berlin"}, datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("02.01.2026 03:04", {"format": "%d.%m.%Y %H:%M", "zone": "UTC"}, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("02.01.2026 03:04", {"format": "%d.%m.%Y %H:%M"}, "naive_time"),
        ("02.01.26", {"format": "%d.%m.%Y", "zone": "UTC"}, "out_of_range"),
        ("2 Jan 2026 03:04 +0100", {"format": "%d %b %Y %H:%M %z"}, datetime(2026, 1, 2, 2, 4, tzinfo=UTC)),
        ("soon", {"format": "%d %b %Y %H:%M %z"}, "not_a_time"),
        ("soon", {}, "not_a_time"),
        ("0001-01-01T00:00:00Z", {}, "out_of_range"),
        ("1767323045", {"unit": "s"}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045123, {"unit": "ms"}, datetime(2026, 1, 2, 3, 4, 5, 123000, tzinfo=UTC)),
        ("1767323045123456000", {"unit": "ns"}, datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("1767323045123456789", {"unit": "ns"}, "too_precise"),
        ("1767323045123456", {"unit": "s"}, "out_of_range"),
        ("17673230451234567", {"unit": "us"}, datetime(2530, 1, 16, 6, 40, 51, 234567, tzinfo=UTC)),
        ("999999999999999999", {"unit": "us"}, "out_of_range"),
        ("soon", {"unit": "s"}, "not_a_whole_number"),
        (1767323045, {}, "needs_a_unit"),
        (True, {}, "not_a_time"),
        (date(2026, 7, 1), {}, "naive_time"),
        # A time without a zone is what is tested.
        (datetime(2026, 7, 1, 2), {"zone": "UTC"}, datetime(2026, 7, 1, 2, tzinfo=UTC)),  # noqa: DTZ001 (naive on purpose)
    ],
)
def test_instants(value: Any, how: dict[str, Any], expected: Any) -> None:
    assert one(value, INSTANT, **how) == expected


def test_nanoseconds_that_a_microsecond_cannot_hold_are_a_fault() -> None:
    values = pl.Series([1_000, 1_001, None]).cast(pl.Datetime("ns", "UTC"))
    parsed = parse(values, INSTANT, FieldMap(column="x"))
    assert parsed.faults[0][0] == "too_precise"
    assert parsed.values.to_list() == [datetime(1970, 1, 1, microsecond=1, tzinfo=UTC), None, None]


@pytest.mark.parametrize(
    ("value", "dtype", "how", "expected"),
    [
        ("1990-02-28", pl.Date(), {}, date(1990, 2, 28)),
        ("1990-02-30", pl.Date(), {}, "not_a_date"),
        ("1990-2-3", pl.Date(), {}, "not_a_date"),
        ("28/02/1990", pl.Date(), {"format": "%d/%m/%Y"}, date(1990, 2, 28)),
        (19900228, pl.Date(), {"format": "%Y%m%d"}, date(1990, 2, 28)),
        (19900228, pl.Date(), {}, "not_a_date"),
        (date(90, 1, 1), pl.Date(), {}, "out_of_range"),
        # A time without a zone is what is tested.
        (datetime(1990, 2, 28), pl.Date(), {}, date(1990, 2, 28)),  # noqa: DTZ001 (naive on purpose)
        # A time without a zone is what is tested.
        (datetime(1990, 2, 28, 1), pl.Date(), {}, "not_a_date"),  # noqa: DTZ001 (naive on purpose)
        ("12", pl.Int64(), {}, 12),
        ("1.234", pl.Int64(), {"decimal": ",", "thousands": "."}, 1234),
        ("12.5", pl.Int64(), {}, "not_a_whole_number"),
        (12.0, pl.Int64(), {}, 12),
        (12.5, pl.Int64(), {}, "not_a_whole_number"),
        (Decimal(3), pl.Int64(), {}, 3),
        ("9223372036854775808", pl.Int64(), {}, "out_of_range"),
        (True, pl.Int64(), {}, "not_a_whole_number"),
        ("1.5e3", pl.Float64(), {}, 1500.0),
        ("1e999", pl.Float64(), {}, "not_finite"),
        ("x", pl.Float64(), {}, "not_a_number"),
        (3, pl.Float64(), {}, 3.0),
        (True, pl.Float64(), {}, "not_a_number"),
        ("TRUE", pl.Boolean(), {}, True),
        ("false", pl.Boolean(), {}, False),
        ("yes", pl.Boolean(), {}, "not_a_truth_value"),
        (1, pl.Boolean(), {}, "not_a_truth_value"),
        (True, pl.Boolean(), {}, True),
        ("yes", pl.Boolean(), {"values": {"yes": True, "": False}}, True),
        (None, pl.Boolean(), {"values": {"yes": True, "": False}}, False),
        ("maybe", pl.Boolean(), {"values": {"yes": True}}, "unknown_value"),
        ("maybe", pl.Boolean(), {"values": {"yes": True}, "otherwise": False}, False),
        ("C536", pl.String(), {"patterns": {"^C": "cancellation"}, "otherwise": "sale"}, "cancellation"),
        (17850.0, pl.String(), {}, "17850"),
        ([1, None], pl.String(), {}, "[1,null]"),
        ({"a": b"x"}, pl.String(), {}, '{"a":"eA=="}'),
        (datetime(2026, 1, 2, tzinfo=UTC), pl.String(), {}, "2026-01-02T00:00:00Z"),
    ],
)
def test_other_types(value: Any, dtype: pl.DataType, how: dict[str, Any], expected: Any) -> None:
    assert one(value, dtype, **how) == expected


def test_a_format_that_strptime_has_not_is_a_mapping_error() -> None:
    with pytest.raises(MappingError, match="format '%H' of column 'x'"):
        one("12", INSTANT, format="%H", zone="UTC")


CRM = Mapping(
    table="records",
    key=["shop", "no"],
    observed_at="changed",
    fields={"email": "mail", "gender": FieldMap(column="sex", values={"w": "female", "m": "male"}), "country": FieldMap(constant="DE")},
    identifiers={"loyalty_id": ["card", "old_card"]},
    deleted=Deletion(column="state", values=("gone",)),
    consents=[
        Statement(column="news", purpose="marketing", values={"yes": "granted", "no": "denied", "?": None}, about="email"),
        Statement(column="sms", purpose="marketing", values={"1": "granted"}, stated_at="sms_at", about="loyalty_id"),
    ],
)  # fmt: skip
ROW: dict[str, list[Any]] = {
    "shop": ["a|b"], "no": ["7"], "changed": ["2026-01-01T00:00:00Z"], "mail": ["A@b.de"], "sex": ["w"], "card": ["L1"],
    "old_card": ["L0"], "state": [None], "news": ["yes"], "sms": ["1"], "sms_at": ["2025-01-01T00:00:00Z"], "vip": [3],
}  # fmt: skip


def test_a_record_with_everything() -> None:
    found = mapped(CRM, **ROW)
    assert found.frame.row(0, named=True) == {
        "row": 1, "source_id": "a\\|b|7", "observed_at": datetime(2026, 1, 1, tzinfo=UTC), "email": "A@b.de",
        "gender": "w", "parsed_gender": "female", "country": "DE", "deleted": False, "traits": '{"vip":3}',
    }  # fmt: skip
    assert found.identifiers.rows() == [(1, "loyalty_id", "L1"), (1, "loyalty_id", "L0")]
    said = found.statements.select("subject_kind", "subject_value", "status", "stated_at", "method").rows()
    assert said == [
        ("email", "A@b.de", "granted", datetime(2026, 1, 1, tzinfo=UTC), "import"),
        ("loyalty_id", "L1", "granted", datetime(2025, 1, 1, tzinfo=UTC), "import"),
    ]


def test_a_statement_of_somebody_without_the_identifier_is_about_the_record() -> None:
    found = mapped(CRM, **{**ROW, "mail": [None], "news": ["no"], "sms": [" "], "sms_at": [None]})
    assert found.statements.select("subject_kind", "subject_value", "status").rows() == [
        ("record", "a\\|b|7", "denied")
    ]


def test_a_rule_says_on_which_basis_in_which_language_and_by_whom_it_was_said() -> None:
    (rule, *_) = CRM.consents
    said = {"special_basis": "explicit_consent", "language": "de", "spoken_by": "guardian"}
    one = CRM.model_copy(update={"consents": (Statement(**{**rule.model_dump(), **said}),)})
    found = mapped(Mapping.from_toml(one.to_toml()), **ROW).statements
    assert found.select(*said).rows(named=True) == [said]


@pytest.mark.parametrize("field", ["special_basis", "spoken_by", "legal_basis"])
def test_a_rule_with_an_unknown_basis_or_speaker_is_refused(field: str) -> None:
    with pytest.raises(ValidationError, match="is one of"):
        Statement(column="news", purpose="marketing", values={"yes": "granted"}, **{field: "somebody"})  # type: ignore[arg-type]  # what is refused


def test_a_file_of_statements_can_say_them_too_and_unknown_words_are_rejected() -> None:
    fields = {name: name for name in ("subject_kind", "subject_value", "purpose", "status", "stated_at", "spoken_by")}
    rows = {"subject_kind": ["email"] * 2, "subject_value": ["a@b.de"] * 2, "purpose": ["marketing"] * 2}
    said = {"status": ["granted"] * 2, "stated_at": ["2026-01-01T00:00:00Z"] * 2, "spoken_by": ["agent", "nobody"]}
    found = mapped(Mapping(table="consents", fields=fields), **rows, **said)
    assert found.frame["spoken_by"].to_list() == ["agent"]
    assert found.rejects["reason"].to_list() == ["spoken_by: unknown_value"]


def test_a_statement_without_its_own_time_has_that_of_the_record() -> None:
    assert mapped(CRM, **{**ROW, "sms_at": [None]}).statements["stated_at"].n_unique() == 1


def test_a_word_that_says_nothing_makes_no_statement() -> None:
    assert mapped(CRM, **{**ROW, "news": ["?"], "sms": [None]}).statements.is_empty()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"no": [None]}, "shop, no: missing"),
        ({"news": ["maybe"]}, "news: unknown_value"),
        ({"changed": ["soon"]}, "changed: not_a_time; news: missing_time"),
        ({"changed": [None], "sms": [None], "sms_at": [None]}, "news: missing_time"),
        ({"sms_at": ["soon"]}, "sms_at: not_a_time"),
        ({"sex": ["x"]}, "sex: unknown_value"),
        ({"vip": ["a\0b"]}, "row: nul_character"),
        ({"news": ["maybe"], "sex": ["x"]}, "sex: unknown_value; news: unknown_value"),
    ],
)
def test_a_row_fails_as_a_whole_with_all_its_reasons(changes: dict[str, Any], reason: str) -> None:
    found = mapped(CRM, **{**ROW, **changes})
    assert found.rejects["reason"].to_list() == [reason]
    assert found.frame.is_empty()
    assert found.identifiers.is_empty()
    assert found.statements.is_empty()


def test_a_statement_about_nobody_is_rejected() -> None:
    rule = Statement(column="ok", purpose="marketing", values={"y": "granted"}, about="email")
    mapping = Mapping(table="events", fields={"occurred_at": "at"}, consents=[rule])
    found = mapped(mapping, at=["2026-01-01T00:00:00Z"] * 2, ok=["y", None])
    assert found.rejects["reason"].to_list() == ["ok: missing_subject"]
    assert found.frame.height == 1


def test_a_time_of_deletion_deletes() -> None:
    mapping = Mapping(table="records", key="id", deleted=Deletion(column="gone_at"))
    assert mapped(mapping, id=["1", "2"], gone_at=["2026-01-01", ""]).frame["deleted"].to_list() == [True, False]


def test_later_checks_reject_with_the_row_as_it_came() -> None:
    found = mapped(Mapping(table="records", key="id", fields={"email": "mail"}), id=["1", "2"], mail=["x", "y@z.de"])
    checked = found.reject(pl.DataFrame({"row": [1, 1, 9], "reason": ["mail: bad", "mail: worse", "none: such"]}))
    assert checked.rejects.rows() == [(1, "row 1", "mail: bad; mail: worse", '{"id": "1", "mail": "x"}')]
    assert checked.frame["row"].to_list() == [2]
    assert found.reject(found.rejects.select("row", "reason")) is found


def test_the_reader_s_rejects_come_along() -> None:
    batch = replay_batch(['{"_unread": "7,8,9"}', '{"id": "1"}'], [4, 5])
    found = Mapper(Mapping(table="records", key="id")).apply(batch)
    assert found.rejects.select("row", "reason", "payload").rows() == [(4, "unread", '{"_unread": "7,8,9"}')]
    assert found.frame.select("row", "source_id").rows() == [(5, "1")]


LINES = {"order_id": "o", "quantity": "q", "unit_price": "p", "occurred_at": "t"}


def test_equal_lines_of_one_receipt_stay_two_lines() -> None:
    mapper = Mapper(Mapping(table="order_lines", fields=LINES))
    frame = pl.DataFrame({"o": ["1"] * 3, "q": ["1", "1", "2"], "p": ["2.5"] * 3, "t": ["2026-01-01T00:00:00Z"] * 3})
    ids = [name for part in (frame, frame.head(1)) for name in mapper.apply(Batch.of(part)).frame["line_id"]]
    assert mapper.needs_whole_load
    assert len(set(ids)) == 4
    assert ids[1] == f"{ids[0]}-2"
    assert ids[3] == f"{ids[0]}-3"


def test_what_a_line_costs_follows_from_its_parts() -> None:
    mapping = Mapping(table="order_lines", key="n", fields={**LINES, "discount": "d"})
    found = mapped(mapping, o=["1"], n=[1], q=["-2"], p=["2.5"], t=["2026-01-01T00:00:00Z"], d=["0.5"], z=["x"])
    assert found.frame.select("amount", "kind", "line_id").row(0) == (Decimal("-5.5000"), "sale", "1")
    assert found.left_out == {"z": 1}


def test_a_code_of_the_wrong_form_is_rejected() -> None:
    mapping = Mapping(table="order_lines", key="n", fields={**LINES, "currency": "cur"})
    found = mapped(mapping, o=["1"], n=[1], q=["1"], p=["2"], t=["2026-01-01T00:00:00Z"], cur=["eur"])
    assert found.rejects["reason"].to_list() == ["cur: wrong_form"]


def test_events_without_an_id_are_named_by_their_content() -> None:
    mapping = Mapping(table="events", person="who", fields={"occurred_at": "at", "type": "kind"}, traits=["page"])
    row: dict[str, list[Any]] = {
        "who": [5.0] * 2,
        "at": ["2026-01-01T00:00:00Z"] * 2,
        "kind": ["track", "x"],
        "page": ["/"] * 2,
        "ip": ["1"] * 2,
    }
    found = mapped(mapping, **row)
    assert found.frame["source_id"].to_list() == ["5"]
    assert found.frame["properties"].to_list() == ['{"page":"/"}']
    assert len(found.frame["event_id"][0]) == 24
    assert found.rejects["reason"].to_list() == ["kind: unknown_value"]
    assert found.left_out == {"ip": 2}


def test_two_fields_of_one_column_are_told_apart_in_reasons() -> None:
    fields = {"period_start": "day", "period_end": "day", "channel": "c", "amount": "a", "currency": "cur"}
    mapping = Mapping(table="spend", fields=fields)
    found = mapped(mapping, day=["soon"], c=["tv"], a=["1"], cur=[" "])
    assert found.rejects["reason"].to_list() == [
        "day as period_start: not_a_date; day as period_end: not_a_date; cur: missing"
    ]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(MappingError, match="names 'mail', but the source has: id"):
        mapped(Mapping(table="records", key="id", fields={"email": "mail"}), id=["1"])


def test_a_file_without_a_header_names_nobody_in_the_message() -> None:
    with pytest.raises(MappingError, match="2 columns whose names look like values") as error:
        mapped(Mapping(table="records", key="id"), **{"ann@example.com": ["bo@example.com"], "7": ["8"]})
    assert "ann" not in str(error.value)


def refuse(match: str, **parts: Any) -> None:
    with pytest.raises(ValueError, match=match):
        Mapping(**{"table": "records", "key": ("id",), **parts})


def test_mappings_that_cannot_be_meant_are_refused() -> None:
    refuse("no field 'mail'", fields={"mail": "x"})
    refuse("needs the field 'source_id'", key=())
    refuse("both key and fields fill 'event_id'", table="events", fields={"event_id": "x", "occurred_at": "y"})
    refuse("not about people", table="items", fields={"valid_from": "x"}, identifiers={"email": "y"})
    refuse("not named by a key", table="spend", fields=dict.fromkeys(target("spend").required, "x"))
    refuse("take their person from key", person=("x",))
    refuse("only records can be deleted", table="events", fields={"occurred_at": "x"}, deleted=Deletion(column="y"))
    said = Statement(column="x", purpose="marketing", values={"y": "granted"})
    refuse("needs stated_at", consents=(said,))
    refuse("about 'phone2'", observed_at="t", consents=(said.model_copy(update={"about": "phone2"}),))
    with pytest.raises(ConfigurationError, match="Nothing is loaded into a table 'links'"):
        target("links")


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"column": "x", "constant": "y"},
        {"column": "x", "zone": "Mars/Base"},
        {"column": "x", "otherwise": "y"},
        {"column": "x", "patterns": {"(": "y"}},
    ],
)
def test_field_maps_that_cannot_be_meant_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        FieldMap(**how)


@pytest.mark.parametrize("changes", [{"values": {"y": "maybe"}}, {"legal_basis": "whim"}])
def test_statements_that_cannot_be_meant_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        Statement(**{"column": "x", "purpose": "marketing", "values": {}, **changes})


def test_a_mapping_reads_well_as_toml() -> None:
    text = CRM.to_toml()
    assert 'key = ["shop", "no"]' in text
    assert 'gender = { column = "sex", values = { w = "female", m = "male" } }' in text
    assert 'values = { yes = "granted", no = "denied", "?" = "nothing" }' in text
    assert Mapping.from_toml(text) == CRM


@pytest.mark.parametrize("text", ["table =", 'table = "records"', 'table = "records"\nkey = "id"\nconsents = [1]'])
def test_toml_that_is_no_mapping_is_a_mapping_error(text: str) -> None:
    with pytest.raises(MappingError, match="The mapping is"):
        Mapping.from_toml(text)


def test_a_mapping_explains_what_columns_are_for() -> None:
    assert CRM.explain().splitlines()[0] == "shop: key"
    assert "card: identifier loyalty_id" in CRM.explain()
    assert "news: consent to marketing" in CRM.explain()
    assert "state: deleted" in CRM.explain()


def test_what_nobody_mapped_is_kept_as_it_is() -> None:
    values: dict[str, list[Any]] = {
        "id": ["1"], "text": ['say "hi"'], "blank": [" "], "day": [date(2026, 1, 2)], "yes": [True], "few": [[1, None]],
        "half": [0.5], "whole": [2.0], "endless": [float("inf")], "money": [Decimal("1.50")], "span": [timedelta(days=1)],
    }  # fmt: skip
    found = mapped(Mapping(table="records", key="id"), **values)
    assert json.loads(found.frame["traits"][0]) == {
        "text": 'say "hi"', "day": "2026-01-02", "yes": True, "few": [1, None], "half": 0.5, "whole": 2,
        "endless": "inf", "money": "1.50", "span": "1 day, 0:00:00",
    }  # fmt: skip


def test_a_payload_holds_every_type() -> None:
    frame = pl.DataFrame({"a": [timedelta(hours=1)], "b": [float("nan")], "c": [date(2026, 1, 2)], "d": [1.0]})
    odd = frame.with_columns(e=pl.Series([object()], dtype=pl.Object))
    text = payload_texts(odd)[0]
    assert {name: value for name, value in json.loads(text).items() if name != "e"} == {
        "a": "1:00:00", "b": "nan", "c": "2026-01-02", "d": 1,
    }  # fmt: skip
    assert "object object" in text


def test_enums_are_read_as_text() -> None:
    for dtype in (pl.Enum(["1", "2"]), pl.Categorical(), pl.Binary()):
        values = pl.Series(["1", "2"]).cast(dtype)
        expected = [None, None] if dtype == pl.Binary() else [1, 2]
        assert parse(values, pl.Int64(), FieldMap(column="x")).values.to_list() == expected


def test_a_statement_may_have_one_time_for_all() -> None:
    stated = FieldMap(constant="2026-01-01T00:00:00Z")
    rule = Statement(column="ok", purpose="marketing", values={"y": "granted"}, stated_at=stated, about="email")
    for mapping in (
        Mapping(table="records", key="id", consents=[rule]),
        Mapping(table="records", key="id", observed_at="at", consents=[rule]),
    ):
        found = mapped(mapping, id=["1"], ok=["y"], at=["2025-01-01T00:00:00Z"])
        said = found.statements.select("subject_kind", "stated_at").rows()
        assert said == [("record", datetime(2026, 1, 1, tzinfo=UTC))]
