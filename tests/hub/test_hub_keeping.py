"""What keeps a hub: its key, backups, corrections taken back, and the list of what is in quarantine."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.hub import import_hub

NewHub = Callable[..., uc.CustomerHub]
POLICY = uc.Policy.quickstart()
MAPPING = uc.Mapping(table="records", key="id", fields={"given_name": "name", "birth_date": "born"})


def people(*names: str, born: str | None = None) -> object:
    rows = [{"id": str(number), "name": name, "born": born} for number, name in enumerate(names)]
    schema = {"id": pl.String, "name": pl.String, "born": pl.String}
    return uc.source("dataframe", pl.DataFrame(rows, schema=schema), table="records", name="crm", mapping=MAPPING)


def filled(url: str) -> uc.CustomerHub:
    hub = uc.CustomerHub(url, policy=POLICY)
    hub.load(people("Ann", "Bo"))  # type: ignore[arg-type]  # not of that type, on purpose
    hub.resolve()
    return hub


def test_a_missing_key_file_is_named_and_no_other_is_made(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/shop.duckdb"
    filled(url).close()
    key = tmp_path / "shop.duckdb.key"
    key.rename(tmp_path / "elsewhere")
    with pytest.raises(uc.errors.ConfigurationError, match=r"shop\.duckdb\.key is missing beside the store"):
        uc.CustomerHub(url, policy=POLICY)
    assert not key.exists()


def test_a_backup_of_a_running_hub_opens_as_a_hub_with_the_same_customers(tmp_path: Path) -> None:
    with filled(f"duckdb:///{tmp_path}/shop.duckdb") as hub:
        hub.backup(tmp_path / "copy.duckdb")
        with uc.CustomerHub(f"duckdb:///{tmp_path}/copy.duckdb", policy=POLICY) as copy:
            assert copy.customers(purpose="analytics").equals(hub.customers(purpose="analytics"))


def test_an_export_becomes_a_hub_again(tmp_path: Path) -> None:
    with filled("memory://") as hub:
        rows = hub.export(tmp_path / "export")
        store = uc.open_store("memory://")
        assert import_hub(tmp_path / "export", store) == rows
        key = bytes.fromhex((tmp_path / "export" / "key").read_text(encoding="ascii"))
        with uc.CustomerHub(store, policy=POLICY, keys=uc.MemoryKeyProvider(key)) as again:
            assert again.customers(purpose="analytics").equals(hub.customers(purpose="analytics"))


def test_a_correction_can_be_taken_back_and_a_merge_can_override_a_split() -> None:
    with filled("memory://") as hub:
        ann, bo = hub.customers(purpose="analytics")["customer_id"]
        hub.identity.cannot_link(ann, bo)
        with pytest.raises(uc.errors.IdentityConflictError):
            hub.merge(ann, bo)
        word = hub.identity.decisions()["decision_id"].item()
        hub.identity.retract(word)
        hub.merge(ann, bo)
        assert hub.customers(purpose="analytics").height == 1
        hub.split(ann, [bo])
        hub.identity.cannot_link(ann, bo)
        hub.merge(ann, bo, override=True)
        assert hub.customers(purpose="analytics").height == 1
        with pytest.raises(uc.errors.ConfigurationError, match="no correction 'nothing'"):
            hub.identity.retract("nothing")


def test_the_quarantine_is_listed_without_what_its_rows_hold() -> None:
    with uc.CustomerHub(policy=POLICY) as hub:
        hub.load(people("Ann", born="31/02/1990"))  # type: ignore[arg-type]  # not of that type, on purpose
        listed = hub.quarantine()
        assert listed.select("source", "target", "position", "reason", "status").rows() == [
            ("crm", "records", "row 1", "birth_date: unreadable", "held")
        ]
        assert "payload" not in listed.columns
        assert hub.quarantine(source="shop").is_empty()


def test_a_decision_that_was_taken_back_can_be_taken_again_at_the_same_instant(new_hub: NewHub) -> None:
    hub = new_hub(clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    frame = pl.DataFrame({"id": ["1", "2"], "mail": ["ann@example.com", "bob@example.com"]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    hub.load(uc.source("dataframe", frame, table="records", name="crm", mapping=mapping))
    hub.resolve()
    one, other = hub.customers(purpose="analytics")["customer_id"]
    for _ in range(3):
        hub.merge(one, other, override=True)
        assert hub.customers(purpose="analytics").height == 1
        hub.split(one, [other])
        assert hub.customers(purpose="analytics").height == 2
    assert hub.identity.decisions()["decision_id"].is_unique().all()
