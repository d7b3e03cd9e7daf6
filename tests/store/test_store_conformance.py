"""Every built-in store keeps every promise."""

from pathlib import Path

from unified_customer.store import Store, open_store
from unified_customer.testing.stores import StoreConformance


class TestMemory(StoreConformance):
    persistent = False

    def open(self, path: Path) -> Store:
        return open_store(f"memory:///{path}") if path.exists() else open_store("memory://")


class TestDuckFile(StoreConformance):
    def open(self, path: Path) -> Store:
        return open_store(f"duckdb:///{path}")


class TestDuckInMemory(StoreConformance):
    persistent = False

    def open(self, path: Path) -> Store:
        return open_store(f"duckdb:///{path}") if path.exists() else open_store("duckdb://")
