"""Deleted bytes are in the file until it is compacted, and nowhere afterwards."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from unified_customer.core.tables import table
from unified_customer.store import Store
from unified_customer.store.duckdb import open_duckdb
from unified_customer.testing.table_frames import frame_of

START = datetime(2026, 1, 1, tzinfo=UTC)
ERASED = "Zaphod-Beeblebrox-erased"
REPLACED = "Trillian-Astra-replaced"
KEPT = "Ford-Prefect-who-stays"
CANARIES = (ERASED, REPLACED, KEPT)


def records(many: int) -> pl.DataFrame:
    names = [ERASED, KEPT, *(f"someone else {number}" for number in range(many))]
    rows = [
        {"record_id": f"{number:024x}", "source": "crm", "source_id": str(number), "version": "1", "full_name": name}
        for number, name in enumerate(names)
    ]
    return frame_of(table("records"), [{**row, "deleted": False} for row in rows])


def customer(name: str) -> pl.DataFrame:
    row = {"customer_id": "c", "full_name": name, "record_count": 1, "sources": ["crm"]}
    return frame_of(table("customers"), [row])


def found(folder: Path) -> set[str]:
    """Return the canaries whose bytes are in any file of the folder."""
    contents = [each.read_bytes() for each in folder.rglob("*") if each.is_file()]
    return {name for name in CANARIES if any(name.encode() in content for content in contents)}


def erase(store: Store) -> None:
    with store.transaction(recorded_at=START) as writer:
        writer.delete("records", pl.DataFrame({"record_id": [f"{0:024x}"]}))
        writer.upsert("customers", customer("Tricia McMillan"))


@pytest.mark.parametrize("many", [0, 40_000])
def test_no_deleted_byte_is_left_after_compaction(tmp_path: Path, many: int) -> None:
    store = open_duckdb(f"duckdb:///{tmp_path / 'x.duckdb'}", compression="uncompressed")
    with store.transaction(recorded_at=START) as writer:
        writer.append("records", records(many))
        writer.upsert("customers", customer(REPLACED))
    assert found(tmp_path) == set(CANARIES)
    erase(store)
    assert found(tmp_path) == set(CANARIES)
    store.compact()
    assert found(tmp_path) == {KEPT}
    store.close()
    assert found(tmp_path) == {KEPT}


def test_closing_does_not_erase(tmp_path: Path) -> None:
    store = open_duckdb(f"duckdb:///{tmp_path / 'x.duckdb'}", compression="uncompressed")
    with store.transaction(recorded_at=START) as writer:
        writer.append("records", records(40_000))
    store.close()
    store = open_duckdb(f"duckdb:///{tmp_path / 'x.duckdb'}", compression="uncompressed")
    erase(store)
    store.close()
    assert ERASED in found(tmp_path), "the control: without a compaction the bytes would be found"


def test_a_backup_holds_no_deleted_byte(tmp_path: Path) -> None:
    store = open_duckdb(f"duckdb:///{tmp_path / 'x.duckdb'}", compression="uncompressed")
    with store.transaction(recorded_at=START) as writer:
        writer.append("records", records(5))
    erase(store)
    backups = tmp_path / "backups"
    backups.mkdir()
    store.backup(backups / "copy.duckdb")
    store.close()
    assert found(backups) == {KEPT}
