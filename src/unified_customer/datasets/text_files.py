"""Writing delimited text byte by byte the same, ragged and damaged lines included."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RAW_BYTE = "\udce9"
"""A lone byte 0xE9, which is é in Latin-1 and nothing in UTF-8."""


def write_delimited(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]], *, separator: str) -> None:
    """Write a header and rows of any length as UTF-8 with line feeds."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
