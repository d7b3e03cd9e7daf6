"""Keys: replaced by others, kept twice, lost."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.clock import system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider, KeyProvider, MemoryKeyProvider
from unified_customer.governance.audit import AuditLog, verify_log
from unified_customer.governance.auditing.sealing import Seals
from unified_customer.hub import keyfile, rotate_key
from unified_customer.hub.keyfile import next_key_path, past_key_path
from unified_customer.store import open_store

POLICY = uc.Policy(bases={"analytics": "legitimate_interests"})
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
FIRST, SECOND, SAFE = (MemoryKeyProvider(bytes([each]) * 32) for each in (1, 2, 3))


def opened(path: Path, keys: KeyProvider | None = None) -> uc.CustomerHub:
    return uc.CustomerHub(f"duckdb:///{path}", policy=POLICY, keys=keys)


def people(*names: str) -> Any:
    frame = pl.DataFrame({"id": names, "mail": [f"{each}@example.com" for each in names], "name": names})
    return uc.source("dataframe", frame, table="records", name="crm", mapping=CRM)


def rotate(path: Path, keys: KeyProvider | None = None, *new: KeyProvider) -> int:
    with closing(open_store(f"duckdb:///{path}")) as store:
        return rotate_key(store, keys=keys, new=new).from_entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


def made(path: Path, keys: KeyProvider | None = None) -> pl.DataFrame:
    """Make a hub of two people of whom one is erased; return the other."""
    with opened(path, keys) as hub:
        hub.load(people("ann", "bob"))
        hub.resolve()
        bob = hub.customers(purpose="analytics").filter(given_name="bob")["customer_id"].item()
        hub.rights.erase(bob)
        return hub.customers(purpose="analytics")


def test_after_a_rotation_everything_is_as_it_was_under_the_new_key_alone(path: Path) -> None:
    before = made(path, FIRST)
    assert rotate(path, FIRST, SECOND) > 3
    with pytest.raises(ConfigurationError, match="does not open"):
        opened(path, FIRST)
    with opened(path, SECOND) as hub:
        assert hub.customers(purpose="analytics").equals(before)
        assert hub.load(people("ann")).duplicates == 1
        assert hub.load(people("bob")).erased == 1
        assert hub.identify({"email": "ann@example.com"}, purpose="analytics").customer_id is not None
        assert hub.audit.verify().ok
        assert "rotate_key" in hub.audit.entries()["action"].to_list()


def test_keys_can_be_replaced_again_and_again(path: Path) -> None:
    before = made(path, FIRST)
    starts = [rotate(path, FIRST, SECOND), rotate(path, SECOND, SAFE), rotate(path, SAFE, FIRST)]
    assert starts == sorted(set(starts))
    with opened(path, FIRST) as hub:
        assert hub.customers(purpose="analytics").equals(before)
        assert hub.audit.verify().ok


def test_a_second_key_opens_what_the_first_is_lost_of(path: Path) -> None:
    before = made(path, FIRST)
    rotate(path, FIRST, SECOND, SAFE)
    for key in (SECOND, SAFE):
        with opened(path, key) as hub:
            assert hub.customers(purpose="analytics").equals(before)
    rotate(path, SAFE, FIRST)
    for key in (SECOND, SAFE):
        with pytest.raises(ConfigurationError, match="does not open"):
            opened(path, key)


def test_the_file_beside_the_store_is_replaced_and_the_old_one_opens_what_was_copied_before(
    path: Path, tmp_path: Path
) -> None:
    before = made(path)
    old = FileKeyProvider(tmp_path / "shop.duckdb.key").key()
    shutil.copy(path, tmp_path / "copy.duckdb")
    rotate(path)
    past = past_key_path(tmp_path / "shop.duckdb.key", old)
    assert FileKeyProvider(past).key() == old != FileKeyProvider(tmp_path / "shop.duckdb.key").key()
    with opened(path) as hub:
        assert hub.customers(purpose="analytics").equals(before)
        hub.backup(tmp_path / "later.duckdb")
    for copy, keys in ((tmp_path / "copy.duckdb", FileKeyProvider(past)), (tmp_path / "later.duckdb", None)):
        with opened(copy, keys) as hub:
            assert hub.customers(purpose="analytics").equals(before)


@pytest.mark.parametrize("crash", ["before the file is replaced", "between the two renames", "before the store knows"])
def test_a_rotation_that_was_interrupted_is_finished_when_the_hub_is_opened(
    path: Path, crash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(path)
    file = path.with_name("shop.duckdb.key")

    def interrupted(*_: object) -> None:
        if crash == "between the two renames":
            file.replace(past_key_path(file, FileKeyProvider(file).key()))
        raise KeyboardInterrupt

    name = "_rotate" if crash == "before the store knows" else "finish_replacing"
    with monkeypatch.context() as patch:
        patch.setattr(f"unified_customer.hub.rotation.{name}", interrupted if name != "_rotate" else stopped)
        with pytest.raises(KeyboardInterrupt):
            rotate(path)
    assert next_key_path(file).exists()
    with opened(path) as hub:
        assert hub.customers(purpose="analytics").equals(before)
        assert hub.audit.verify().ok
    rotate(path)
    assert not next_key_path(file).exists()


def stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_wrapped_key_that_was_changed_is_a_clear_error(path: Path) -> None:
    made(path, FIRST)
    rotate(path, FIRST, SECOND)
    with closing(open_store(f"duckdb:///{path}")) as store:
        state = keyfile.key_state(store) or {}
        slot = keyfile.fingerprint(SECOND.key())
        state["slots"][slot] = "00" * (len(state["slots"][slot]) // 2)
        with store.transaction(recorded_at=system_clock()) as writer:
            keyfile.write_state(writer, state, clock=system_clock)
    with pytest.raises(ConfigurationError, match="was changed"):
        opened(path, SECOND)


def test_nothing_that_the_old_key_opens_is_left_in_the_file(path: Path) -> None:
    made(path, FIRST)
    rotate(path, FIRST, SECOND)
    with closing(open_store(f"duckdb:///{path}")) as store:
        slots = (keyfile.key_state(store) or {})["slots"]
    (wrapped,) = slots.values()
    rotate(path, SECOND, SAFE)
    assert wrapped[:16].encode() not in path.read_bytes()


def test_a_rotation_needs_a_new_key_where_there_is_no_file(path: Path) -> None:
    made(path, FIRST)
    with pytest.raises(ConfigurationError, match="No new key"):
        rotate(path, FIRST)
    with closing(open_store("memory://")) as store, pytest.raises(ConfigurationError, match="No new key"):
        rotate_key(store)


def test_in_memory_it_works_too() -> None:
    store = open_store("memory://")
    hub = uc.CustomerHub(store, policy=POLICY, keys=FIRST)
    hub.load(people("ann"))
    hub.resolve()
    assert rotate_key(store, keys=FIRST, new=[SECOND, SAFE]).keys == 2
    again = uc.CustomerHub(store, policy=POLICY, keys=SAFE)
    assert (again.customers(purpose="analytics").height, again.audit.verify().ok) == (1, True)


def test_without_any_key_all_can_be_read_and_held_against_heads_and_nothing_can_be_added(
    path: Path, tmp_path: Path
) -> None:
    """What is lost with the key: see docs/how-to/rotate-and-lose-keys.md."""
    before = made(path)
    with opened(path) as hub:
        head = hub.audit.head()
    (tmp_path / "shop.duckdb.key").unlink()
    with pytest.raises(ConfigurationError, match=r"key file shop\.duckdb\.key is missing"):
        opened(path)
    with pytest.raises(ConfigurationError, match="another key"):
        opened(path, SECOND)
    with closing(open_store(f"duckdb:///{path}")) as store:
        assert store.read("customers")["customer_id"].to_list() == before["customer_id"].to_list()
        found = AuditLog(store, clock=system_clock).verify(head)
        assert (found.ok, found.keyed, found.heads) == (True, False, 5)
        records = store.read("records")
    with opened(tmp_path / "anew.duckdb", SECOND) as anew:
        assert anew.load(people("ann", "bob")).erased == 0
        anew.resolve()
        ids = set(anew.customers(purpose="analytics")["customer_id"])
        assert not ids & set(records["record_id"])


def test_the_audit_is_sealed_with_another_key_from_the_rotation_on(path: Path) -> None:
    made(path, FIRST)
    start = rotate(path, FIRST, SECOND)
    with closing(open_store(f"duckdb:///{path}")) as store:
        (found,) = verify_log(store, seals=Seals.of(FIRST.key())).findings
    assert (found.kind, found.number) == ("changed", start)
