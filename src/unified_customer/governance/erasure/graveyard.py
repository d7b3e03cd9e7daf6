"""Tombstones beside the store: a file that outlives the store's own, so that a restored backup is erased again.

One JSON object a line, sealed with the key of the store, so that nobody without it can have people erased. A line that
a crash left half written was never told to be there; it is cut off.
"""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import Keyring
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import TOMBSTONES

SUFFIX: Final = "tombstones"
OWNER_ONLY: Final = stat.S_IRUSR | stat.S_IWUSR
SEALED: Final = "tombstone"
CUSTOMER: Final = "customer_id"
COLUMNS: Final = {**TOMBSTONES.columns, CUSTOMER: pl.String()}


def graveyard_path(store_path: Path) -> Path:
    """Return where the tombstones of a store are kept: beside it.

    Examples:
        >>> graveyard_path(Path("shop.duckdb")).name
        'shop.duckdb.tombstones'
    """
    return store_path.with_name(f"{store_path.name}.{SUFFIX}")


@dataclass(frozen=True)
class Graveyard:
    """The file.

    Attributes:
        path: Where it is.
        keyring: The key that seals its lines.
    """

    path: Path
    keyring: Keyring

    def read(self) -> pl.DataFrame:
        """Return its tombstones, of each the last: columns of `tombstones`, and `customer_id`.

        Raises:
            ConfigurationError: A line is none, or was not written with this key.
        """
        if not self.path.exists():
            return pl.DataFrame(schema=COLUMNS)
        whole, _, _ = self.path.read_bytes().rpartition(b"\n")
        rows = [self._row(line, place) for place, line in enumerate(whole.splitlines(), start=1)]
        frame = pl.DataFrame(rows, schema=COLUMNS)
        return frame.sort("erased_at", maintain_order=True).unique(
            ["kind", "value_key"], keep="last", maintain_order=True
        )

    def append(self, graves: pl.DataFrame) -> None:
        """Add tombstones (the columns that `read` returns); they are on the disk when this returns."""
        if graves.is_empty():
            return
        is_new = not self.path.exists()
        descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR, OWNER_ONLY)
        with os.fdopen(descriptor, "r+b") as file:
            whole, end, _ = file.read().rpartition(b"\n")
            file.seek(len(whole) + len(end))
            file.truncate()
            file.writelines(self._lines(graves))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _sync_folder(self.path.parent)

    def _lines(self, graves: pl.DataFrame) -> Iterator[bytes]:
        for row in graves.select(list(COLUMNS)).iter_rows(named=True):
            text = canonical_json({**row, "erased_at": row["erased_at"].isoformat()})
            yield f'{{"grave":{text},"seal":"{self._seal(text)}"}}\n'.encode()

    def _row(self, line: bytes, place: int) -> dict[str, Any]:
        try:
            told = json.loads(line)
            row = dict(told["grave"])
            sound = self._seal(canonical_json(row)) == told["seal"]
            row["erased_at"] = datetime.fromisoformat(row["erased_at"])
        except (ValueError, TypeError, KeyError) as error:
            raise self._unsound(place) from error
        if not sound:
            raise self._unsound(place)
        return row

    def _seal(self, text: str) -> str:
        return self.keyring.proof_keys(SEALED, [text])[0]

    def _unsound(self, place: int) -> ConfigurationError:
        message = (
            f"Line {place} of {self.path.name} was not written with the key of this store. Put back the file that lay "
            "beside the store: it keeps people out who were erased."
        )
        return ConfigurationError(message)


def missing_in(held: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return the tombstones of `held` that `other` has not, or has of an earlier erasure."""
    known = other.select("kind", "value_key", known="erased_at")
    both = held.join(known, on=["kind", "value_key"], how="left", maintain_order="left")
    return both.filter(pl.col("known").is_null() | (pl.col("known") < pl.col("erased_at"))).drop("known")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows syncs a folder with its files
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
