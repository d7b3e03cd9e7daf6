"""Laws of sources, mappings and the collection policy."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import polars as pl
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from unified_customer.connectors import (
    Batch,
    BoundSource,
    Deletion,
    FieldMap,
    Mapper,
    State,
    Statement,
    collect,
    conflicting_versions,
    jsontext,
    replay_batch,
    source,
)
from unified_customer.connectors import Mapping as RowMapping
from unified_customer.connectors.cards import is_card_number
from unified_customer.connectors.delimited import Dialect, SplitText, _split_row_by_row, row_fields, split_text
from unified_customer.connectors.parsing import as_text, parse
from unified_customer.connectors.rejects import payload_texts
from unified_customer.connectors.suggest import suggested
from unified_customer.connectors.targets import KEYS, target
from unified_customer.core.errors import MappingError, SourceError

AMOUNT = pl.Decimal(18, 4)
INSTANT = pl.Datetime("us", "UTC")
CANARY = "zqcanary"

# Text that is nearly CSV, and lines that are nearly JSON.
csv_mess = st.lists(
    st.sampled_from(
        [b"a", b"b1", b",", b",", b"\n", b"\n", b"\r\n", b"\r", b'"', b'""', b'"x,y"', b"\0", b"\xff", "é".encode()]
    ),
    max_size=30,
).map(b"".join)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
json_lines = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c d", ":k", "é"]), json_value, max_size=4).map(json.dumps)
    | st.sampled_from(
        ["", "{", "[1]", "5", '{"a":1}}', '{"a":1,"a":2}', '{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":NaN}']
    )
    | st.fixed_dictionaries({"a": st.integers(), "b": st.text(max_size=3)}).map(
        lambda row: json.dumps(row, indent=None)
    ),
    max_size=8,
).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
raw_rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.sampled_from(["1", "2", " 3 "]),
            "mail": st.none() | texts,
            "dob": st.none() | st.sampled_from(["1990-01-31", "31/02/1990", "01/02/1990", "x"]),
            "updated": st.none() | st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01 00:00", "soon"]),
            "news": st.none() | st.sampled_from(["yes", "no", "maybe", ""]),
            "left": st.none() | texts,
        }
    ),
    max_size=6,
)
CRM = RowMapping(
    table="records",
    key="id",
    observed_at=FieldMap(column="updated", zone="Europe/London"),
    fields={"email": "mail", "birth_date": FieldMap(column="dob", format="%d/%m/%Y")},
    identifiers={"loyalty_id": "left"},
    consents=[Statement(column="news", purpose="marketing", values={"yes": "granted", "no": "denied"}, about="email")],
)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(["id", "mail", "dob", "updated", "news", "left"], pl.String))


WRITTEN: dict[str, Any] = {"folder": Path(), "files": 0}


@pytest.fixture(autouse=True, scope="module")
def _written_in_a_folder_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    WRITTEN["folder"] = tmp_path_factory.mktemp("rows")


def written(data: bytes, kind: str, **options: Any) -> BoundSource:
    WRITTEN["files"] += 1
    path = WRITTEN["folder"] / str(WRITTEN["files"])
    path.write_bytes(data)
    return source(kind, path, table="records", name="rows", **options)


def batches(found: BoundSource, state: State | None = None, *, batch_rows: int = 1000) -> Iterator[Batch]:
    return (item for item in found.read(state, batch_rows=batch_rows) if isinstance(item, Batch))


def outcome(found: Any) -> dict[int, Any]:
    """What became of each row, by its number: its values that are there, or its reason."""
    rows: dict[int, Any] = {}
    for batch in found:
        for number, row in zip(batch.rows, batch.frame.rows(named=True), strict=True):
            rows[number] = {name: value for name, value in row.items() if value is not None}
        rows |= {row: (position, why) for row, position, why, _ in batch.rejects.rows()}
    return rows


def read_all(data: bytes, kind: str, batch_rows: int = 1000, **options: Any) -> dict[int, Any] | str:
    try:
        return outcome(batches(written(data, kind, **options), batch_rows=batch_rows))
    except SourceError:
        return "no header"


@given(data=csv_mess, kind=st.just("csv"))
def test_every_row_of_a_file_is_in_a_batch_or_rejected_and_numbered_without_a_gap(data: bytes, kind: str) -> None:
    rows = read_all(data, kind)
    assert isinstance(rows, str) or sorted(rows) == list(range(1, len(rows) + 1))


@given(data=csv_mess)
def test_no_cell_of_a_csv_file_is_lost(data: bytes) -> None:
    rows = read_all(b"h,i\n" + data, "csv", delimiter=",", quote=None)
    lines = [line.removesuffix(b"\r") for line in (b"h,i\n" + data).split(b"\n")][1:]
    assert len(rows) == len([line for line in lines if line])


cells = st.none() | st.text(st.sampled_from(',\t"\n\r ;aé'), min_size=1, max_size=5)


@given(
    rows=st.lists(st.tuples(st.just("x"), cells, cells), max_size=6),
    dialect=st.sampled_from(["excel", "unix", "excel-tab"]),
)
def test_what_a_spreadsheet_writes_comes_back(rows: list[tuple[str | None, ...]], dialect: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, dialect).writerows([("a", "b", "c"), *rows])
    found = batches(written(file.getvalue().encode(), "csv", delimiter="\t" if dialect == "excel-tab" else ","))
    assert [row for batch in found for row in batch.frame.rows()] == rows


@given(data=csv_mess)
def test_the_fast_way_through_csv_gives_what_the_careful_one_gives(data: bytes) -> None:
    closed = data.removesuffix(b"\n") + b"\n"
    assert _split(split_text(closed, Dialect(), final=True)) == _split(_split_row_by_row(closed, Dialect(), final=True))


def _split(found: SplitText) -> Any:
    spans = zip(found.starts, found.ends, strict=True)
    rows = [[field.encode() for field in _fields(found.text[start:end])] for start, end in spans]
    return rows, *(each.tolist() for each in (found.indices, found.lines, found.after, found.fields)), found.broken


def _fields(row: bytes) -> list[str]:
    return row_fields(row.replace(b"\xff", b"?"), Dialect())


@given(data=json_lines)
def test_every_line_of_json_is_in_a_batch_or_rejected(data: bytes) -> None:
    assert len(read_all(data, "jsonl")) == len([line for line in data.split(b"\n") if line.strip()])


@given(data=csv_mess, batch_rows=st.integers(1, 4), read_bytes=st.integers(1, 9))
def test_the_size_of_batches_and_pieces_does_not_matter_for_csv(data: bytes, batch_rows: int, read_bytes: int) -> None:
    assert read_all(data, "csv", batch_rows, read_bytes=read_bytes) == read_all(data, "csv")


@given(data=json_lines, batch_rows=st.integers(1, 4), read_bytes=st.integers(1, 9))
def test_the_size_of_batches_and_pieces_does_not_matter_for_json(data: bytes, batch_rows: int, read_bytes: int) -> None:
    assert read_all(data, "jsonl", batch_rows, read_bytes=read_bytes) == read_all(data, "jsonl")


@given(data=json_lines)
@example(data=b'{"a":1}\n{"a":"x"}')
@example(data=b'{"a":true}\n{"a":1}')
@example(data=b'{"a":1.5}\n{"a":"1.5"}')
def test_the_fast_way_through_json_gives_what_the_careful_one_gives(data: bytes) -> None:
    fast = read_all(data, "jsonl")
    with mock.patch.object(jsontext, "flat_columns", return_value=None):
        assert read_all(data, "jsonl") == fast


@given(data=csv_mess | json_lines, kind=st.sampled_from(["csv", "jsonl"]), batch_rows=st.integers(1, 3))
def test_reading_from_a_state_goes_on_exactly_there(data: bytes, kind: str, batch_rows: int) -> None:
    found, before = written(data, kind, read_bytes=5), []
    with suppress(SourceError):
        for item in found.read(None, batch_rows=batch_rows):
            if isinstance(item, Batch):
                before.append(item)
            else:
                rest = batches(found, State.from_json(item.to_json()), batch_rows=batch_rows)
                assert outcome([*before, *rest]) == read_all(data, kind)


@given(data=csv_mess, more=csv_mess)
def test_what_is_appended_to_a_file_is_read_once(data: bytes, more: bytes) -> None:
    found, first = written(b"h,i\n1,2\n", "csv", delimiter=",", quote=None), outcome([])
    state = next(item for item in found.read() if isinstance(item, State))
    Path(found.location).write_bytes(b"h,i\n1,2\n" + more)
    rest = outcome(batches(found, state))
    assert rest == {row: what for row, what in outcome(batches(found)).items() if row > 1}
    assert first == {}


@given(data=csv_mess, other=csv_mess)
def test_a_file_that_was_replaced_is_read_from_the_start(data: bytes, other: bytes) -> None:
    found = written(b"h,i\n1,2\n" + data, "csv", delimiter=",", quote=None)
    *_, state = found.read()
    assume(isinstance(state, State) and not other.strip().startswith(data.strip()))
    Path(found.location).write_bytes(b"h,i\n1,2\n" + other)
    # Not of that type, on purpose.
    assert outcome(batches(found, state)) == outcome(batches(found))  # type: ignore[arg-type]


@given(values=st.lists(st.integers(0, 4), min_size=1, max_size=6), later=st.lists(st.integers(0, 9), max_size=6))
def test_a_cursor_passes_over_what_was_read_and_nothing_that_is_new(values: list[int], later: list[int]) -> None:
    first = pl.DataFrame({"n": values, "row": range(len(values))})
    new = pl.DataFrame({"n": later, "row": range(100, 100 + len(later))}, schema=first.schema)
    options: dict[str, Any] = {"table": "records", "name": "x", "cursor": "n"}
    *_, state = source("dataframe", first, **options).read()
    assert isinstance(state, State)
    replaced = source("dataframe", pl.concat([new, first]), **options)
    again = list(batches(replaced, state))
    kept = [row for batch in again for row in batch.frame["row"]]
    assert sorted(kept) == [row for number, row in new.rows() if number >= max(values)]
    assert sum(map(len, again)) == (new.height + first.height if later else 0)


@given(rows=raw_rows)
def test_every_row_is_mapped_or_rejected_with_a_reason(rows: list[dict[str, Any]]) -> None:
    mapped = Mapper(CRM).apply(Batch.of(frame_of(rows)))
    numbers = [*mapped.frame["row"], *mapped.rejects["row"]]
    assert sorted(numbers) == list(range(1, len(rows) + 1))
    assert mapped.rejects["reason"].str.contains(r"^[^:]+: [a-z_]+(; [^:]+: [a-z_]+)*$").all()
    assert set(mapped.identifiers["row"]) | set(mapped.statements["row"]) <= set(mapped.frame["row"])


@given(rows=raw_rows, cut=st.integers(0, 6))
def test_mapping_a_load_in_parts_gives_the_same_as_at_once(rows: list[dict[str, Any]], cut: int) -> None:
    whole, mapper, frame = Mapper(CRM).apply(Batch.of(frame_of(rows))), Mapper(CRM), frame_of(rows)
    parts = [
        mapper.apply(Batch.of(frame[:cut])),
        mapper.apply(Batch.of(frame[cut:], first_row=min(cut, len(rows)) + 1)),
    ]
    for name in ("frame", "identifiers", "statements", "rejects"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name))


@given(rows=raw_rows)
def test_a_quarantined_payload_maps_as_the_row_itself(rows: list[dict[str, Any]]) -> None:
    batch = Batch.of(frame_of(rows))
    again = replay_batch(payload_texts(batch.frame).to_list(), batch.rows.to_list())
    first, second = Mapper(CRM).apply(batch), Mapper(CRM).apply(again)
    assert second.frame.equals(first.frame)
    assert second.rejects.equals(first.rejects)


typed_rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.integers(0, 3).map(float),
            "amount": st.none() | st.floats(-1e6, 1e6) | st.sampled_from([17850.0, 2.55]),
            "when": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 (no zone)
            "flag": st.none() | st.booleans(),
        }
    ),
    max_size=5,
)
TYPES = {"id": pl.Float64(), "amount": pl.Float64(), "when": pl.Datetime("us"), "flag": pl.Boolean()}
SALES = RowMapping(
    table="order_lines",
    person="id",
    fields={"order_id": "flag", "quantity": "amount", "occurred_at": FieldMap(column="when", zone="Europe/Berlin")},
)


@given(rows=typed_rows)
def test_a_typed_row_maps_alike_from_its_payload(rows: list[dict[str, Any]]) -> None:
    batch = Batch.of(pl.DataFrame(rows, schema=TYPES))
    again = replay_batch(payload_texts(batch.frame).to_list(), batch.rows.to_list())
    first, second = Mapper(SALES).apply(batch), Mapper(SALES).apply(again)
    assert second.frame.equals(first.frame)
    assert second.rejects.drop("reason").equals(first.rejects.drop("reason"))


@given(
    values=st.lists(texts.map(lambda text: CANARY + text), min_size=1, max_size=3), table=st.sampled_from(sorted(KEYS))
)
def test_a_reason_never_holds_a_value(values: list[str], table: str) -> None:
    fits = target(table)
    wanted = {name: FieldMap(column=f"c_{name}") for name in fits.fields if name != "source_id"}
    key = {"key": ("k",)} if fits.keys and fits.keys[-1] not in wanted else {}
    mapping = RowMapping(table=table, fields=wanted, **key)  # type: ignore[arg-type]  # not of that type, on purpose
    frame = pl.DataFrame(dict.fromkeys(mapping.columns, values))
    rejects = Mapper(mapping).apply(Batch.of(frame)).rejects
    assert CANARY not in "".join(rejects["reason"]) + "".join(rejects["position"])


numerals = st.decimals(-(10**12), 10**12, places=5).map(str) | st.from_regex(
    r"[+-]?\d{0,16}(\.\d{0,7})?", fullmatch=True
)


@given(text=numerals | st.text("0123456789.,+-eE ", max_size=8))
def test_an_amount_is_exactly_what_was_written(text: str) -> None:
    parsed = parse(pl.Series([text]), AMOUNT, FieldMap(column="x"))
    assert parsed.values[0] is None or parsed.values[0] == Decimal(text.strip())
    assert (parsed.values[0] is None) == (bool(parsed.faults) or not text.strip())


@given(
    blank=st.text(" \t\n\u00a0"),
    dtype=st.sampled_from([AMOUNT, INSTANT, pl.Date(), pl.Int64(), pl.Boolean(), pl.String()]),
)
def test_a_blank_text_is_a_missing_value(blank: str, dtype: pl.DataType) -> None:
    parsed = parse(pl.Series([blank]), dtype, FieldMap(column="x"))
    assert parsed.values[0] is None
    assert not parsed.faults


@given(number=st.decimals(-(10**12), 10**12, places=4), decimal=st.sampled_from([".", ","]))
def test_an_amount_with_separators_is_read_back(number: Decimal, decimal: Any) -> None:
    thousands: Any = {".": ",", ",": "."}[decimal]
    text = f"{number:,f}".replace(",", "_").replace(".", decimal).replace("_", thousands)
    parsed = parse(pl.Series([text]), AMOUNT, FieldMap(column="x", decimal=decimal, thousands=thousands))
    assert parsed.values[0] == number


@given(number=st.floats() | st.decimals(-(10**9), 10**9, places=4).map(float))
def test_a_float_is_an_amount_only_if_it_prints_as_one(number: float) -> None:
    parsed = parse(pl.Series([number]), AMOUNT, FieldMap(column="x"))
    assert parsed.values[0] is None or parsed.values[0] == Decimal(repr(number))
    assert (parsed.values[0] is None) == bool(parsed.faults)


@given(text=st.from_regex(r"[+-]?[0-9]{1,21}", fullmatch=True) | st.text("0123456789 .-", max_size=4))
def test_a_whole_number_is_exactly_what_was_written(text: str) -> None:
    parsed = parse(pl.Series([text]), pl.Int64(), FieldMap(column="x"))
    assert parsed.values[0] is None or parsed.values[0] == int(text)
    assert (parsed.values[0] is None) == (bool(parsed.faults) or not text.strip())


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=offsets)  # noqa: DTZ001 (limits)


@given(moment=moments, spaced=st.booleans())
# Drawn or given by the test's table.
def test_an_instant_is_exactly_what_was_written(moment: datetime, spaced: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    text = moment.isoformat(" " if spaced else "T")
    parsed = parse(pl.Series([text]), INSTANT, FieldMap(column="x"))
    assert parsed.values[0] == moment
    assert not parsed.faults


@given(moment=moments)
def test_a_time_without_a_zone_is_rejected_unless_the_mapping_names_one(moment: datetime) -> None:
    local = moment.replace(tzinfo=None)
    assert parse(pl.Series([local.isoformat()]), INSTANT, FieldMap(column="x")).faults[0][0] == "naive_time"
    named = parse(pl.Series([local.isoformat()]), INSTANT, FieldMap(column="x", zone="UTC"))
    assert named.values[0] == local.replace(tzinfo=UTC)


nearly_instants = st.tuples(
    st.sampled_from(["2026-02-28", "2026-02-30", "2026-2-3", "26-02-28", "20260228", "12026-02-28", "28/02/2026"]),
    st.sampled_from(["T", " ", "t", "  ", ""]),
    st.sampled_from(
        ["10:11:12", "10:11", "10:11:12.5", "10:11:12.123456", "10:11:12.1234567", "24:00:00", "25:00", ""]
    ),
    st.sampled_from(["Z", "+02:00", "+0200", "+02", "-14:00", " UTC", "+25:00", "+2", " +02:00", "z", ""]),
).map("".join)


@given(text=nearly_instants)
def test_a_text_is_an_instant_only_if_iso_8601_says_which(text: str) -> None:
    parsed = parse(pl.Series([text]), INSTANT, FieldMap(column="x"))
    written_so = text.replace(" UTC", "Z").replace("z", "Z").replace(" +", "+").replace("2026-2-3", "2026-02-03")
    assert parsed.values[0] is None or parsed.values[0] == datetime.fromisoformat(written_so)
    assert (parsed.values[0] is None) == bool(parsed.faults)


@given(moment=moments, unit=st.sampled_from(["s", "ms", "us"]))
def test_a_count_since_1970_is_the_instant_that_it_counts_to(moment: datetime, unit: Any) -> None:
    size = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
    count = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=size)
    parsed = parse(pl.Series([str(count)]), INSTANT, FieldMap(column="x", unit=unit))
    assert parsed.values[0] == datetime(1970, 1, 1, tzinfo=UTC) + count * timedelta(microseconds=size)


@given(
    day=st.dates(date(1000, 1, 1)), pattern=st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y"])
)
def test_a_date_is_read_back_by_the_format_it_was_written_in(day: date, pattern: str) -> None:
    parsed = parse(pl.Series([day.strftime(pattern)]), pl.Date(), FieldMap(column="x", format=pattern))
    assert parsed.values[0] == day


@given(values=st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False)))
def test_a_number_as_text_is_still_the_same_number(values: list[float | None]) -> None:
    again = [None if text is None else float(text) for text in as_text(pl.Series(values, dtype=pl.Float64))]
    assert again == values


words = st.text(max_size=5)
kinds = st.sampled_from(["email", "phone", "user_id", "member_number", "ios.idfa"])
field_maps = st.builds(
    FieldMap,
    column=words,
    format=st.none() | st.just("%d.%m.%Y"),
    zone=st.none() | st.just("Europe/Berlin"),
    unit=st.none() | st.sampled_from(["s", "ms", "minor"]),
    decimal=st.sampled_from([".", ","]),
    thousands=st.none() | st.sampled_from([" ", "'"]),
    places=st.none() | st.integers(0, 4),
    values=st.none() | st.dictionaries(words, words | st.booleans() | st.integers(-9, 9), max_size=2),
    patterns=st.none() | st.dictionaries(st.sampled_from(["^C", r"\d+", '"']), words, max_size=2),
)
statements = st.builds(
    Statement,
    column=words,
    purpose=st.just("marketing.communications"),
    values=st.dictionaries(words.filter(str.strip), st.none() | st.sampled_from(["granted", "denied"]), max_size=3),
    stated_at=st.none() | field_maps,
    method=st.none() | st.just("form"),
    channel=st.none() | words,
)
mappings = st.builds(
    RowMapping,
    table=st.just("records"),
    key=st.lists(words, min_size=1, max_size=2).map(tuple),
    observed_at=field_maps,
    fields=st.dictionaries(st.sampled_from(["email", "phone", "city"]), field_maps, max_size=2),
    identifiers=st.dictionaries(kinds, st.lists(words, min_size=1, max_size=2).map(tuple), max_size=2),
    traits=st.sampled_from(["keep", "drop"]) | st.lists(words, max_size=2).map(tuple),
    deleted=st.none() | st.builds(Deletion, column=words, values=st.lists(words, max_size=2).map(tuple)),
    consents=st.lists(statements, max_size=2).map(tuple),
)


@given(mapping=mappings)
def test_a_mapping_survives_json(mapping: RowMapping) -> None:
    assert RowMapping.from_json(mapping.to_json()) == mapping


@given(mapping=mappings)
def test_a_mapping_survives_toml(mapping: RowMapping) -> None:
    assert RowMapping.from_toml(mapping.to_toml()) == mapping


@given(
    columns=st.lists(
        st.sampled_from(["id", "E-Mail", "Vorname", "dob", "PLZ", "Tel", "what"]), unique=True, max_size=5
    ),
    rows=st.lists(
        st.sampled_from(["1", "a@b.de", "01/02/2001", "31/01/2001", "53113", "+49 228 123456", ""]), max_size=8
    ),
    seed=st.randoms(use_true_random=False),
)
def test_a_suggestion_depends_on_the_columns_and_values_alone(columns: list[str], rows: list[str], seed: Any) -> None:
    shuffled = rows.copy()
    seed.shuffle(shuffled)
    assert _suggestion(columns, rows) == _suggestion(columns, shuffled)


def _suggestion(columns: list[str], rows: list[str]) -> str:
    frame = pl.DataFrame(dict.fromkeys(columns, rows), schema=dict.fromkeys(columns, pl.String))
    try:
        mapping = suggested(frame.with_columns(record_id=pl.int_range(pl.len()).cast(pl.String)), table="records")
    except MappingError as error:
        return str(error)
    return mapping.to_toml() + mapping.explain()


@given(days=st.lists(st.dates(date(1950, 1, 1), date(2010, 12, 31)), min_size=1, max_size=5))
def test_a_suggestion_never_guesses_which_number_is_the_day(days: list[date]) -> None:
    frame = pl.DataFrame({"id": range(len(days)), "dob": [day.strftime("%d/%m/%Y") for day in days]})
    found = suggested(frame, table="records").fields.get("birth_date")
    assert (found is not None) == any(day.day > 12 for day in days)
    assert found is None or found.format == "%d/%m/%Y"


@given(rows=raw_rows, action=st.sampled_from(["drop", "hash"]))
def test_what_the_policy_leaves_out_comes_out_nowhere(rows: list[dict[str, Any]], action: Any) -> None:
    canaried = [{**row, "mail": f"{CANARY}{row['mail']}"} for row in rows]
    batch, report = _collected(frame_of(canaried), {"user.contact.email": action})
    assert CANARY not in str(batch.frame.rows()) + "".join(payload_texts(batch.frame))
    assert [(each.column, each.values) for each in report] == [("mail", len(rows))]


def _collected(frame: pl.DataFrame, actions: Mapping[str, Any]) -> tuple[Batch, Any]:
    return collect(Batch.of(frame), mapping=CRM, actions=actions, hash_value=lambda text: f"h{len(text)}")


@given(digits=st.from_regex(r"(4[0-9]{14}|5[1-5][0-9]{13}|3[47][0-9]{12})", fullmatch=True))
def test_of_ten_last_digits_just_one_makes_a_card_number(digits: str) -> None:
    assert sum(is_card_number(digits + last) for last in "0123456789") == 1


@given(
    rows=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([1, 2, None]), st.sampled_from("xy")), max_size=8)
)
def test_of_one_key_and_time_one_content_stays_or_none(rows: list[tuple[str, int | None, str]]) -> None:
    frame = pl.DataFrame(rows, schema=["id", "at", "city"], orient="row").with_row_index("row")
    found = conflicting_versions(frame, key=["id", "at"])
    contents = {key: {row[2] for row in rows if row[:2] == key} for key in {row[:2] for row in rows}}
    assert Counter(found.frame.select("id", "at").rows()) == {
        key: 1 for key, each in contents.items() if len(each) == 1
    }
    assert found.conflicts.height + found.frame.height + found.duplicates == len(rows)
