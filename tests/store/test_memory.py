"""What only the in-memory store has: backups that it starts from."""

import json
import zipfile
from pathlib import Path

import pytest

from unified_customer.core.errors import SchemaVersionError, StoreError
from unified_customer.core.tables import TABLES
from unified_customer.store import SCHEMA_VERSION, open_store
from unified_customer.testing.stores.kit import append, identities, ids


def rewritten(path: Path, target: Path, **head: int) -> Path:
    """Copy a backup, with another head and without the tables that an older release had not."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name == "store.json":
                new.writestr(name, json.dumps({**json.loads(old.read(name)), **head}))
            elif "scores" not in name:
                new.writestr(name, old.read(name))
    return target


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    store = open_store("memory://")
    append(store, "identities", identities("a", "b"))
    store.backup(tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


def test_an_older_backup_lacks_tables_and_opens_all_the_same(backup: Path, tmp_path: Path) -> None:
    store = open_store(f"memory:///{rewritten(backup, tmp_path / 'old.zip')}")
    assert ids(store) == ["a", "b"]
    assert dict(store.read("scores").schema) == TABLES["scores"].stored_columns


def test_a_newer_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    newer = rewritten(backup, tmp_path / "new.zip", schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(SchemaVersionError, match="newer release"):
        open_store(f"memory:///{newer}")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("name,email\n")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("store.txt", "")
    for name in ("text", "other.zip"):
        with pytest.raises(StoreError, match="not a backup"):
            open_store(f"memory:///{tmp_path / name}")


def test_a_backup_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        open_store("memory://").backup(tmp_path / "nowhere" / "backup.zip")


def test_what_is_opened_from_a_backup_does_not_change_it(backup: Path) -> None:
    before = backup.read_bytes()
    store = open_store(f"memory:///{backup}")
    append(store, "identities", identities("c"))
    store.close()
    assert backup.read_bytes() == before
