"""Every built-in source passes the conformance kit that authors of plugins use."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from unified_customer.testing.sources import Row, SourceConformance


class TestCsv(SourceConformance):
    kind = "csv"

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(rows)
        return {"location": folder / "rows.csv"}


class TestCsvInSmallPieces(TestCsv):
    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {**super().options(folder, rows), "read_bytes": 7}


class TestCsvInUtf16(TestCsv):
    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        path = super().options(folder, rows)["location"]
        path.write_bytes(path.read_bytes().decode().encode("utf-16"))
        return {"location": path, "read_bytes": 9}


class TestJsonl(SourceConformance):
    kind = "jsonl"

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "rows.jsonl").write_text(text, encoding="utf-8", newline="")
        return {"location": folder / "rows.jsonl"}


class TestJsonlInSmallPieces(TestJsonl):
    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {**super().options(folder, rows), "read_bytes": 7}


class TestParquet(SourceConformance):
    kind = "parquet"

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        _frame(rows, self.columns).write_parquet(folder / "rows.parquet", row_group_size=3)
        return {"location": folder / "rows.parquet"}


class TestDataFrame(SourceConformance):
    kind = "dataframe"

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {"location": _frame(rows, self.columns)}


class TestLazyFrame(TestDataFrame):
    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {"location": _frame(rows, self.columns).lazy()}


class TestArrowTable(TestDataFrame):
    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {"location": _frame(rows, self.columns).to_arrow()}


class TestExcel(SourceConformance):
    kind = "excel"

    @pytest.fixture(autouse=True)
    def _needs_its_packages(self) -> None:
        pytest.importorskip("fastexcel")
        pytest.importorskip("xlsxwriter")

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        _frame(rows, self.columns).write_excel(folder / "rows.xlsx", worksheet="people")
        return {"location": folder / "rows.xlsx", "sheet": "people"}


def _frame(rows: Sequence[Row], columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(columns, pl.String))
