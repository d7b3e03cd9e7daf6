"""A whole hub in open formats: one Parquet file per table, the key, the heads of the audit, and a manifest."""

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl
from polars.io.plugins import register_io_source

from unified_customer.core.clock import Clock, system_clock
from unified_customer.core.errors import ConfigurationError, SchemaVersionError
from unified_customer.core.keys import KEY_BYTES, Keyring, check_key, write_key
from unified_customer.core.tables import TABLES
from unified_customer.governance.auditing.heads import HeadFile, head_path
from unified_customer.governance.rights import Rights
from unified_customer.store import SCHEMA_VERSION, Reader, Store

MANIFEST: Final = "manifest.json"
KEY_FILE: Final = "key"
HEADS_FILE: Final = "audit"
BATCH_ROWS: Final = 250_000


def export_hub(store: Store, *, key: bytes, folder: Path) -> dict[str, int]:
    """Write everything that `store` holds into an empty or new `folder`.

    The folder then holds personal data and the key that names them: treat it as you treat the store.

    Args:
        store: The store, open; others may go on writing.
        key: The key of its hub.
        folder: Where to write.

    Returns:
        The number of rows by table.

    Raises:
        ConfigurationError: There is something in `folder` already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        message = f"{folder.name} is not empty. Export into a new folder."
        raise ConfigurationError(message)
    if store.path is not None:
        # Before the tables, so that no head is of a later state than they are.
        (folder / HEADS_FILE).write_text(HeadFile(head_path(store.path)).text(), encoding="utf-8")
    with store.snapshot() as reader:
        rows = {name: _write(reader, name, folder) for name in TABLES}
    write_key(folder / KEY_FILE, key)
    manifest = {
        "format": "unified_customer archive",
        "schema_version": SCHEMA_VERSION,
        "library_version": version("unified-customer"),
        "tables": {name: {"rows": count, "sha256": _digest(_file(folder, name))} for name, count in rows.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return rows


def import_hub(
    folder: Path, store: Store, *, clock: Clock = system_clock, tombstones: Path | None = None
) -> dict[str, int]:
    """Fill an empty `store` with what `export_hub` wrote, with the same ids and the same sequence.

    Args:
        folder: The export.
        store: A store without rows.
        clock: Gives the present instant.
        tombstones: The file that lies beside the store that was exported: people who were erased since are erased
            again. Nothing beside an export tells of them.

    Returns:
        The number of rows by table.

    Raises:
        ConfigurationError: The folder is no export, a file was changed, or the store is not empty.
        SchemaVersionError: The export comes from a newer release.
    """
    manifest = _manifest(folder)
    _refuse_rows(store)
    with store.transaction(recorded_at=clock()) as writer:
        rows = dict.fromkeys(TABLES, 0)
        for name in manifest["tables"]:
            for frame in _frames(_file(folder, name)):
                rows[name] += writer.restore(name, frame)
    if store.path is not None and (folder / HEADS_FILE).is_file():
        head_path(store.path).write_bytes((folder / HEADS_FILE).read_bytes())
    if tombstones is not None:
        keyring = Keyring(archived_key(folder))
        Rights(store, clock=clock, keyring=keyring).erasures.erase_again(tombstones)
    return rows


def archived_key(folder: Path) -> bytes:
    """Return the key that an export holds.

    Raises:
        ConfigurationError: There is none, or it is none.
    """
    try:
        return check_key(bytes.fromhex((folder / KEY_FILE).read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        message = f"{folder.name} holds no key of {KEY_BYTES} bytes. Is it an export of a hub?"
        raise ConfigurationError(message) from error


def _write(reader: Reader, name: str, folder: Path) -> int:
    table = TABLES[name]
    rows = 0

    def frames(columns: list[str] | None, *_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in reader.batches(name, columns=columns, size=BATCH_ROWS):
            rows += frame.height
            yield frame

    register_io_source(frames, schema=table.stored_columns).sink_parquet(_file(folder, name))
    return rows


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    lazy = pl.scan_parquet(path)
    total = lazy.select(pl.len()).collect().item()
    for offset in range(0, total, BATCH_ROWS):
        yield lazy.slice(offset, BATCH_ROWS).collect()


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{folder.name} holds no readable {MANIFEST}. Is it an export of a hub?"
        raise ConfigurationError(message) from error
    if manifest["schema_version"] > SCHEMA_VERSION:
        message = f"The export has schema version {manifest['schema_version']}; this release knows {SCHEMA_VERSION}."
        raise SchemaVersionError(message)
    if manifest["schema_version"] == SCHEMA_VERSION and set(manifest["tables"]) != set(TABLES):
        message = f"The {MANIFEST} does not name every table, so something was left out. Export again."
        raise ConfigurationError(message)
    for name, said in manifest["tables"].items():
        if _digest(_file(folder, name)) != said["sha256"]:
            message = f"{name}.parquet is not the file that was exported. Export again."
            raise ConfigurationError(message)
    return manifest


def _refuse_rows(store: Store) -> None:
    filled = [name for name in TABLES if store.count(name)]
    if filled:
        message = f"The store already holds rows in {', '.join(filled)}. Import into a new store."
        raise ConfigurationError(message)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
