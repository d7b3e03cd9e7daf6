"""Judged pairs in a CSV file: each is written at once, and the file can be gone on with later."""

import csv
import os
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.identity.matching.judgements import COLUMNS

_WORDS: Final = {"true": True, "false": False, "": None}


class JudgedFile:
    """A CSV file with the columns `record_a`, `record_b` and `same`: `true`, `false`, or nothing where nobody was sure."""

    def __init__(self, path: Path | str) -> None:
        """Name the file; it is made when the first judgement is written."""
        self.path = Path(path)

    def read(self, record_id: pl.DataType) -> pl.DataFrame:
        """Return what was judged so far, with record ids of a type.

        Raises:
            ConfigurationError: The file cannot be read.
            SchemaError: It has other columns, or a line that is no judgement.
        """
        lines = self._lines()
        if lines and tuple(lines[0]) != COLUMNS:
            raise SchemaError(
                f"{self.path.name} begins with the line {','.join(COLUMNS)}; it does not. Name another file."
            )
        rows = [self._row(number, line) for number, line in enumerate(lines[1:], start=2)]
        schema = {"record_a": pl.String(), "record_b": pl.String(), "same": pl.Boolean()}
        found = pl.DataFrame(rows, schema=schema, orient="row")
        typed = found.with_columns(pl.col("record_a", "record_b").cast(record_id, strict=False))
        if typed.null_count().select("record_a", "record_b").sum_horizontal().item():
            raise SchemaError(f"{self.path.name} names records that are no {record_id}, as the ids of the records are.")
        return typed

    def write(self, record_a: Any, record_b: Any, same: bool | None) -> None:  # noqa: FBT001 (a row of the file)
        """Add a judgement, and see to it that it is on the disk.

        Raises:
            ConfigurationError: The file cannot be written.
        """
        try:
            new, torn = self._state()
            with self.path.open("a", encoding="utf-8", newline="") as file:
                file.write("\n" if torn else "")
                writer = csv.writer(file, lineterminator="\n")
                writer.writerows([COLUMNS] if new else [])
                writer.writerow([record_a, record_b, "" if same is None else str(same).lower()])
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be written: {error.strerror}.") from error

    def _state(self) -> tuple[bool, bool]:
        """Return whether the file has nothing yet, and whether its last line has no end."""
        if not self.path.exists() or not self.path.stat().st_size:
            return True, False
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return False, file.read(1) != b"\n"

    def _lines(self) -> list[list[str]]:
        if not self.path.exists():
            return []
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                return [line for line in csv.reader(file) if line]
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be read: {error.strerror}.") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise ConfigurationError(f"{self.path} is no CSV file in UTF-8. Name another file.") from error

    def _row(self, number: int, line: list[str]) -> tuple[str, str, bool | None]:
        if len(line) != len(COLUMNS) or line[2].strip().lower() not in _WORDS:
            raise SchemaError(
                f"{self.path.name}, judgement {number - 1}: expected two record ids and true, false or nothing. Mend the line,"
                " or take it out."
            )
        return line[0], line[1], _WORDS[line[2].strip().lower()]
