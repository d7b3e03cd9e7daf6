"""A package of somebody else registers a source, and one that does not load."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from unified_customer.connectors import Batch, connectors, source
from unified_customer.connectors import Mapping as RowMapping
from unified_customer.core.errors import PluginError
from unified_customer.testing.sources import Row, SourceConformance

pytest.importorskip("unified_customer_test_plugin", reason="tests/plugin is not installed; `make test` installs it")


def as_vcard(row: Row) -> str:
    escaped = {name: _escaped(value) for name, value in row.items() if value is not None}
    lines = [
        f"UID:{escaped['id']}",
        *(f"{p}:{escaped[c]}" for p, c in (("FN", "name"), ("NOTE", "note")) if c in escaped),
    ]
    return "\n".join(["BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD", ""])


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


class TestVcard(SourceConformance):
    kind = "vcard"

    def options(self, folder: Path, rows: Sequence[Row]) -> Mapping[str, Any]:
        (folder / "people.vcf").write_text("".join(map(as_vcard, rows)), encoding="utf-8", newline="")
        return {"location": folder / "people.vcf"}


def test_a_plugin_is_used_like_a_built_in(tmp_path: Path) -> None:
    (tmp_path / "people.vcf").write_text(as_vcard({"id": "7", "name": "Ada", "note": None}), encoding="utf-8")
    mapping = RowMapping(table="records", key="id", fields={"full_name": "name"})
    found = source("vcard", tmp_path / "people.vcf", table="records", mapping=mapping)
    [batch] = [item for item in found.read() if isinstance(item, Batch)]
    assert found.mapper().apply(batch).frame.select("source_id", "full_name").rows() == [("7", "Ada")]


def test_a_plugin_that_does_not_load_is_shown_and_disturbs_nobody() -> None:
    found = {plugin.name: plugin for plugin in connectors(check=True)}
    assert "ModuleNotFoundError" in str(found["absent"].error)
    assert found["absent"].distribution == "unified-customer-test-plugin"
    assert [name for name, plugin in found.items() if plugin.error] == ["absent"]


def test_using_a_plugin_that_does_not_load_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="unified-customer-test-plugin does not load"):
        source("absent", tmp_path / "x", table="records")
