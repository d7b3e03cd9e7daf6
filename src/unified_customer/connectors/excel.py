"""Rows of an Excel sheet: the whole sheet is read at once, since the format allows no other way."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import Field

from unified_customer.connectors.csvtext import unique_names
from unified_customer.connectors.dataframe import frame_batches
from unified_customer.connectors.discovery import described
from unified_customer.connectors.files import FileConfig
from unified_customer.connectors.protocol import BATCH_ROWS, Batch, Capabilities, Column, SourceSpec, State
from unified_customer.core.errors import SourceError, require

if TYPE_CHECKING:
    import fastexcel


class ExcelConfig(FileConfig):
    """Options of `excel`."""

    sheet: str | int = Field(default=0, description="Name of the sheet, or its number from 0.")
    skip_rows: int = Field(default=0, ge=0, description="Rows before the header.")


class ExcelSource:
    """Rows of one sheet of an Excel workbook; a column of mixed types is text. Needs the extra `excel`."""

    def __init__(self, config: ExcelConfig) -> None:
        """Take the options; nothing is read."""
        self._config = config

    def __repr__(self) -> str:
        """Return the kind and the file's name."""
        return f"ExcelSource({self._config.location.name!r}, sheet={self._config.sheet!r})"

    @classmethod
    def spec(cls) -> SourceSpec:
        """Return the options and capabilities."""
        return SourceSpec(ExcelConfig, Capabilities(incremental=True), doc="A sheet of an Excel workbook.")

    def check(self) -> None:
        """Raise SourceError if the workbook or the sheet is not there."""
        self._sheet(rows=1)

    def discover(self) -> tuple[Column, ...]:
        """Return the columns with counts over the first rows."""
        return described(self)

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        """Yield the rows, or those after `state` if the rows before it are still the same."""
        sheet = self._sheet()
        frame = _named(sheet.to_polars())
        return frame_batches(frame.iter_slices, state, batch_rows=batch_rows, place=sheet.name)

    def _sheet(self, rows: int | None = None) -> Any:
        workbook = _workbook(self._config.location)
        wanted = self._config.sheet
        names = workbook.sheet_names
        if wanted not in names and not (isinstance(wanted, int) and wanted < len(names)):
            message = f"{self._config.location.name} has no sheet {wanted!r}. Its sheets are: {', '.join(names)}."
            raise SourceError(message)
        return workbook.load_sheet(wanted, header_row=self._config.skip_rows, n_rows=rows, schema_sample_rows=None)


def _workbook(path: Path) -> "fastexcel.ExcelReader":
    module = require("fastexcel", extra="excel", why="read Excel workbooks")
    if not path.is_file():
        message = f"There is no file {path.name} in {path.parent}."
        raise SourceError(message)
    try:
        return module.read_excel(path)  # type: ignore[no-any-return]  # an optional module has no types
    except module.FastExcelError as error:
        message = f"The file {path.name} is no Excel workbook, or is not complete."
        raise SourceError(message) from error


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename(dict(zip(frame.columns, unique_names(frame.columns), strict=True)))
