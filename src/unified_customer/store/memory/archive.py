"""A state in one file: a ZIP archive with an Arrow file for each table."""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaVersionError, StoreError
from unified_customer.core.tables import TABLES
from unified_customer.store.memory.state import EMPTY, State
from unified_customer.store.protocol import SCHEMA_VERSION

HEAD: Final = "store.json"
ROWS: Final = "rows"
DELETED: Final = "deleted"


def save(state: State, path: Path) -> None:
    """Write `state` to a new file.

    Raises:
        StoreError: There is already something at `path`, or it cannot be written.
    """
    head = {"schema_version": SCHEMA_VERSION, "last_seq": state.last_seq, "expired": state.expired}
    try:
        with zipfile.ZipFile(path, "x") as archive:
            archive.writestr(HEAD, json.dumps(head))
            for kind, frames in ((ROWS, state.rows), (DELETED, state.deleted)):
                for name, frame in frames.items():
                    archive.writestr(f"{kind}/{name}.arrow", _written(frame))
    except FileExistsError:
        message = f"There is already something at {path.name!r}. Give the backup a new name."
        raise StoreError(message) from None
    except OSError as error:
        message = f"The backup {path.name!r} cannot be written: {error.strerror}."
        raise StoreError(message) from error


def load(path: Path) -> State:
    """Return the state that `save` wrote.

    Raises:
        StoreError: The file is not such an archive.
        SchemaVersionError: A newer release wrote it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, json.loads(archive.read(HEAD)))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        message = f"{path.name!r} is not a backup of an in-memory store."
        raise StoreError(message) from error


def _read(archive: zipfile.ZipFile, head: Mapping[str, Any]) -> State:
    if head["schema_version"] > SCHEMA_VERSION:
        message = f"The backup has schema version {head['schema_version']}; this release knows {SCHEMA_VERSION}."
        raise SchemaVersionError(f"{message} Install a newer release.")
    present = set(archive.namelist())
    kinds = {
        kind: MappingProxyType({name: _frame(archive, present, f"{kind}/{name}.arrow", empty[name]) for name in TABLES})
        for kind, empty in ((ROWS, EMPTY.rows), (DELETED, EMPTY.deleted))
    }
    return State(kinds[ROWS], kinds[DELETED], last_seq=head["last_seq"], expired=head["expired"])


def _frame(archive: zipfile.ZipFile, present: set[str], name: str, empty: pl.DataFrame) -> pl.DataFrame:
    if name not in present:
        return empty
    read = pl.read_ipc(BytesIO(archive.read(name)))
    return pl.concat([empty, read], how="diagonal").select(empty.columns)


def _written(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()
