"""CSV, JSON Lines, Parquet and Excel as people really send them."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from unified_customer.connectors import Batch, State, delimited, source
from unified_customer.connectors.files import CsvConfig, CsvSource
from unified_customer.core.errors import ConfigurationError, MissingDependencyError, SourceError


def read(kind: str, location: Any, **options: Any) -> Batch:
    found = source(kind, location, table="records", name="x", **options)
    batches = [item for item in found.read() if isinstance(item, Batch)]
    frame = pl.concat([batch.frame for batch in batches], how="diagonal")
    joined = Batch(frame, pl.concat(each.rows for each in batches), pl.concat(each.rejects for each in batches))
    lines = [each.lines for each in batches if each.lines is not None]
    masks = {name: _mask(batches, name) for each in batches for name in each.literals}
    return replace(
        joined, lines=pl.concat(lines) if lines else None, literals=masks, place=batches[0].place, sparse=True
    )


def _mask(batches: list[Batch], name: str) -> pl.Series:
    return pl.concat(
        each.literals.get(name, pl.repeat(value=False, n=each.frame.height, eager=True)) for each in batches
    )


def csv_batch(folder: Path, data: bytes, **options: Any) -> Batch:
    (folder / "x.csv").write_bytes(data)
    return read("csv", folder / "x.csv", **options)


def reasons(batch: Batch) -> Mapping[str, str]:
    return dict(batch.rejects.select("position", "reason").rows())


def test_irregular_rows_are_rejected_one_by_one_with_row_and_line(tmp_path: Path) -> None:
    data = b'id,name\n1,"two\nlines"\n\n2,x,y\n3\n4,ok\n5,\x00\n6,\xff\n7,"a"b\n8,"open\n9,last'
    batch = csv_batch(tmp_path, data)
    assert batch.frame["id"].to_list() == ["1", "4", "9"]
    assert batch.positions().to_list() == ["row 1 (line 2)", "row 4 (line 7)", "row 9 (line 12)"]
    assert reasons(batch) == {
        "row 2 (line 5)": "too_many_fields",
        "row 3 (line 6)": "too_few_fields",
        "row 5 (line 8)": "nul_character",
        "row 6 (line 9)": "encoding",
        "row 7 (line 10)": "text_after_quote",
        "row 8 (line 11)": "unclosed_quote",
    }
    assert json.loads(batch.rejects["payload"][3]) == {"_unread": "6,\\xff"}


def test_a_quote_inside_a_plain_field_is_a_character(tmp_path: Path) -> None:
    batch = csv_batch(tmp_path, b'id,size\n1,5" pipe\r\n2,"6"" pipe"\r\n')
    assert batch.frame["size"].to_list() == ['5" pipe', '6" pipe']


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ("id;näme\n1;Zoë\n".encode(), {}),
        ("\ufeffid;näme\n1;Zoë\n".encode(), {}),
        ("id;näme\n1;Zoë\n".encode("utf-16"), {}),
        ("id;näme\n1;Zoë\n".encode("utf-16-be"), {"encoding": "utf-16-be"}),
        ("id;näme\n1;Zoë\n".encode("latin-1"), {"encoding": "latin-1"}),
        ("id;näme\n1;Zoë\n".encode("cp1252"), {"encoding": "cp1252", "delimiter": ";"}),
        ("id\tnäme\r1\tZoë\r".encode(), {}),
        ("id|näme\r\n1|Zoë".encode(), {"read_bytes": 3}),
    ],
)
def test_delimiter_line_ends_and_encoding(tmp_path: Path, data: bytes, options: dict[str, Any]) -> None:
    assert csv_batch(tmp_path, data, **options).frame.rows() == [("1", "Zoë")]


def test_a_byte_that_the_declared_encoding_has_not_rejects_its_row(tmp_path: Path) -> None:
    batch = csv_batch(tmp_path, b"id,name\n1,\x81\n2,ok\n", encoding="cp1252")
    assert batch.frame["id"].to_list() == ["2"]
    assert reasons(batch) == {"row 1 (line 2)": "encoding"}


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv.zst", ".csv.bz2"])
def test_compressed_files_are_read(tmp_path: Path, suffix: str) -> None:
    codec = {"gz": "gzip", "zst": "zstd", "bz2": "bz2"}[suffix.rsplit(".", maxsplit=1)[1]]
    with pa.CompressedOutputStream(str(tmp_path / f"x{suffix}"), codec) as file:
        file.write(b"id\n1\n2\n")
    assert read("csv", tmp_path / f"x{suffix}").frame["id"].to_list() == ["1", "2"]


def test_a_truncated_archive_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"id\n" + bytes(range(48, 58)) * 5000)[:-30])
    with pytest.raises(SourceError, match="complete"):
        read("csv", tmp_path / "x.csv.gz")


def test_column_names_are_made_different(tmp_path: Path) -> None:
    assert csv_batch(tmp_path, b"a,a, ,b \n1,2,3,4\n").frame.columns == ["a", "a_2", "column_3", "b"]
    assert csv_batch(tmp_path, b"1,2\n", header=False).frame.columns == ["column_1", "column_2"]
    assert len(set(csv_batch(tmp_path, b"a,a,a_2\n1,2,3\n").frame.columns)) == 3


def test_without_quotes_a_quote_is_a_character(tmp_path: Path) -> None:
    assert csv_batch(tmp_path, b'a,b\n"1,2"\n', quote=None).frame.rows() == [('"1', '2"')]


def test_an_empty_field_is_a_missing_value_quoted_or_not(tmp_path: Path) -> None:
    assert csv_batch(tmp_path, b'a,b,c\n,"",x\n').frame.rows() == [(None, None, "x")]


def test_what_polars_splits_otherwise_is_split_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl, "read_csv", lambda *_, **__: pl.DataFrame({"a": []}))
    assert csv_batch(tmp_path, b'a,b\n1,"x\ny"\n').frame.rows() == [("1", "x\ny")]
    assert csv_batch(tmp_path, b"a,b\n1,x\n", quote=None).frame.rows() == [("1", "x")]


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_ROW_BYTES", 50)
    data = b'id,name\n1,"open\n' + b"".join(b"%d,x\n" % number for number in range(2, 200))
    batches = [item for item in _small(tmp_path, data).read(None) if isinstance(item, Batch)]
    assert sum(len(batch) for batch in batches) == 199
    assert [reason for batch in batches for reason in batch.rejects["reason"]] == ["unclosed_quote"]


def _small(folder: Path, data: bytes) -> CsvSource:
    (folder / "x.csv").write_bytes(data)
    return CsvSource(CsvConfig(location=folder / "x.csv", read_bytes=64))


@pytest.mark.parametrize("header", [b'id,"name\n1,2\n', b"id,\xff\n1,2\n"])
def test_a_header_that_cannot_be_read_is_an_error(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(SourceError, match=r"header of x\.csv"):
        csv_batch(tmp_path, header)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "excel"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, kind: str) -> None:
    found = source(kind, tmp_path / "nobody.x", table="records")
    with pytest.raises(SourceError, match=r"no file nobody\.x"):
        found.check()
    with pytest.raises(SourceError, match=r"no file nobody\.x"):
        list(found.read())


@pytest.mark.parametrize(("kind", "suffix"), [("parquet", ".parquet"), ("excel", ".xlsx"), ("csv", ".csv.gz")])
def test_a_file_of_another_format_is_an_error(tmp_path: Path, kind: str, suffix: str) -> None:
    (tmp_path / f"x{suffix}").write_bytes(b"hello, this is something else")
    with pytest.raises(SourceError, match=r"x\."):
        source(kind, tmp_path / f"x{suffix}", table="records").check()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        source("csv", tmp_path, table="records", name="x").check()


def test_an_unknown_encoding_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no encoding 'klingon'"):
        source("csv", tmp_path / "x.csv", table="records", encoding="klingon")


def test_json_keeps_what_the_file_says(tmp_path: Path) -> None:
    lines = [
        '{"n": 1, "big": 123456789012345678901234, "f": 0.1000000000000000055511151231257827}',
        '{"o": {"a": [1, null]}}',
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    batch = read("jsonl", tmp_path / "x.jsonl")
    assert batch.frame.row(0, named=True) == {
        "n": "1", "big": "123456789012345678901234", "f": "0.1000000000000000055511151231257827", "o": None,
    }  # fmt: skip
    assert batch.frame["o"][1] == '{"a":[1,null]}'
    assert batch.literals["o"].to_list() == [False, True]
    assert batch.filled(["new"]).frame["new"].null_count() == 2


def test_lines_that_are_no_object_are_rejected(tmp_path: Path) -> None:
    bad = [b"[1]", b"{", b"{}", b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":"\xff"}']
    (tmp_path / "x.jsonl").write_bytes(b"\n".join(bad))
    assert read("jsonl", tmp_path / "x.jsonl").rejects["reason"].to_list() == [
        "not_an_object", "not_json", "empty_object", "not_json", "double_key", "nul_character", "lone_surrogate",
        "encoding",
    ]  # fmt: skip


def test_parquet_comes_with_its_types_in_parts(tmp_path: Path) -> None:
    pl.DataFrame({"n": range(10)}).write_parquet(tmp_path / "x.parquet", row_group_size=4)
    found = source("parquet", tmp_path / "x.parquet", table="records")
    items = list(found.read(batch_rows=4))
    state = items[1]
    assert isinstance(state, State)
    rest = [batch for batch in found.read(state, batch_rows=3) if isinstance(batch, Batch)]
    assert [number for batch in rest for number in batch.frame["n"]] == [4, 5, 6, 7, 8, 9]
    assert rest[0].rows[0] == 5


def test_a_file_that_was_replaced_is_read_from_the_start(tmp_path: Path) -> None:
    for kind, name in (("csv", "x.csv"), ("parquet", "x.parquet")):
        found = source(kind, tmp_path / name, table="records")
        _write(tmp_path / name, ["1", "2"])
        *_, state = found.read()
        assert isinstance(state, State)
        assert not list(found.read(state))
        _write(tmp_path / name, ["1", "3"])
        [batch, _] = found.read(state)
        assert isinstance(batch, Batch)
        assert batch.frame["id"].to_list() == ["1", "3"]


def _write(path: Path, ids: list[str]) -> None:
    frame = pl.DataFrame({"id": ids, "pad": ["x" * len(ids)] * len(ids)})
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)


def test_a_last_line_that_goes_on_later_is_read_again(tmp_path: Path) -> None:
    found = source("csv", tmp_path / "x.csv", table="records")
    (tmp_path / "x.csv").write_bytes(b"id\n1\n2")
    *_, state = found.read()
    assert isinstance(state, State)
    (tmp_path / "x.csv").write_bytes(b"id\n1\n23\n4\n")
    [batch, _] = found.read(state)
    assert isinstance(batch, Batch)
    assert batch.frame["id"].to_list() == ["1", "23", "4"]


def test_an_excel_sheet_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    pytest.importorskip("fastexcel")
    # A time without a zone is what is tested.
    frame = pl.DataFrame({"id": [4711, 4712], "when": [datetime(2026, 1, 2, 3, 4)] * 2, "name": ["Zoë", None]})  # noqa: DTZ001 (naive on purpose)
    frame.write_excel(tmp_path / "x.xlsx", worksheet="people")
    batch = read("excel", tmp_path / "x.xlsx", sheet="people")
    assert batch.frame.select("id", "when", "name").rows() == frame.rows()
    assert batch.positions().to_list() == ["people, row 1", "people, row 2"]
    assert read("excel", tmp_path / "x.xlsx").frame.height == 2
    with pytest.raises(SourceError, match=r"no sheet 'other'\. Its sheets are: people"):
        read("excel", tmp_path / "x.xlsx", sheet="other")
    with pytest.raises(SourceError, match="no sheet 3"):
        read("excel", tmp_path / "x.xlsx", sheet=3)


def test_without_its_package_excel_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fastexcel", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[excel\]"'):
        source("excel", tmp_path / "x.xlsx", table="records").check()


def test_frames_of_other_libraries_are_read() -> None:
    duckdb = pytest.importorskip("duckdb")
    relation = duckdb.sql("select * from (values (1, 'a'), (2, 'b')) as t(id, name)")
    assert read("dataframe", relation).frame.rows() == [(1, "a"), (2, "b")]
    assert read("dataframe", pa.table({"id": [1]})).frame.rows() == [(1,)]
    assert read("dataframe", pl.LazyFrame({"id": [1]})).frame.rows() == [(1,)]
    with pytest.raises(SourceError, match="A list is no data frame"):
        read("dataframe", [1, 2])
    with pytest.raises(SourceError, match="no columns"):
        source("dataframe", pl.DataFrame(), table="records").check()
    source("dataframe", pl.DataFrame({"a": [[1]]}), table="records").check()


def test_a_frame_with_lists_is_continued_and_described() -> None:
    found = source("dataframe", pl.DataFrame({"a": [[1], [2], [2]], "n": [1.0, 2.0, None]}), table="records")
    items = list(found.read(batch_rows=2))
    assert isinstance(items[1], State)
    assert [len(batch) for batch in found.read(items[1], batch_rows=2) if isinstance(batch, Batch)] == [1]
    columns = {column.name: column for column in found.source.discover()}
    assert (columns["a"].distinct, columns["n"].nulls, columns["n"].longest) == (2, 1, None)


def test_discover_says_how_long_texts_are(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\nxyz,\nx,\n")
    a, b = source("csv", tmp_path / "x.csv", table="records").source.discover()
    assert (a.rows, a.nulls, a.distinct, a.longest) == (2, 0, 2, 3)
    assert (b.nulls, b.longest) == (2, 0)


def test_a_state_of_a_longer_frame_is_not_used() -> None:
    frame = pl.DataFrame({"n": [1, 2, 3]})
    *_, state = source("dataframe", frame, table="records").read()
    assert isinstance(state, State)
    shorter = source("dataframe", frame.head(2), table="records")
    assert [len(batch) for batch in shorter.read(state) if isinstance(batch, Batch)] == [2]


def test_messages_are_taken_line_by_line_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'{"type":"track"}\n\n{broken\n{"a":"\xff"}\n')
    batch = read("jsonl", tmp_path / "x.jsonl", shape="segment")
    assert batch.frame.rows() == [('{"type":"track"}',), ("{broken",)]
    assert batch.rejects["position"].to_list() == ["row 3 (line 4)"]
