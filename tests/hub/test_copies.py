"""A copy of a whole hub is in the audit, and one from which a table was taken is no copy."""

import json
from pathlib import Path

import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError
from unified_customer.hub.archive import MANIFEST, import_hub
from unified_customer.store import open_store


def test_exports_and_backups_are_in_the_audit(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.export(tmp_path / "export")
    hub.backup(tmp_path / "backup.zip")
    assert hub.audit.entries()["action"].to_list() == ["policy", "export", "backup"]


def test_an_export_without_its_consents_is_refused(hub: uc.CustomerHub, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    hub.export(folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    del manifest["tables"]["consents"]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="every table"):
        import_hub(folder, open_store("memory://"))
