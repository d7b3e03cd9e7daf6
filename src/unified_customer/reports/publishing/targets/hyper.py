"""Hyper files, by pantab: the adapter that alone imports it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from unified_customer.core.errors import require

SCHEMA: Final = "public"
SETTINGS: Final = {"default_database_version": "3"}
"""Version 3 of the files, which Tableau 2022.4 reads, holds decimals of 28 digits. A log is only written if one is
asked for."""


def require_hyper() -> None:
    """Do nothing if pantab is installed, or say how to install it.

    Raises:
        MissingDependencyError: It is not installed.
    """
    require("pantab", extra="hyper", why="write a Hyper file")


def write_hyper(path: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    """Write tables into a new Hyper file."""
    import pantab

    pantab.frames_to_hyper(dict(tables), path, process_params=SETTINGS)


def read_text(path: Path, table: str, column: str) -> str | None:
    """Return the text in a column of the one row of a table; None where the file is no Hyper file or has none."""
    import pantab

    try:
        found = pantab.frame_from_hyper(path, table=(SCHEMA, table), return_type="polars")
    except (RuntimeError, ValueError):
        return None
    return str(found[column].item()) if column in found.columns and found.height == 1 else None
