"""The life of a hub: opened, shared, locked, closed, reopened, erased from, compacted, moved."""

import os
import stat
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import ConfigurationError, PluginError, StoreClosedError, StoreError
from unified_customer.core.keys import FileKeyProvider, Keyring
from unified_customer.hub.archive import archived_key, export_hub, import_hub
from unified_customer.store.duckdb import open_duckdb

POLICY = uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
CANARY = "canary-7f3a9c@example.com"


def people(*rows: tuple[str, str, str], name: str = "crm") -> Any:
    frame = pl.DataFrame(rows, schema=["id", "mail", "name"], orient="row")
    return uc.source("dataframe", frame, table="records", name=name, mapping=CRM)


ANN, BOB = ("1", "ann@example.com", "Ann"), ("2", "bob@example.com", "Bob")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"duckdb:///{tmp_path}/shop.duckdb"


def opened(url: str = "memory://", **options: Any) -> uc.CustomerHub:
    return uc.CustomerHub(url, **{"policy": POLICY, **options})


class TestOpeningAndClosing:
    def test_a_block_closes_it(self) -> None:
        with opened() as hub:
            hub.load(people(ANN))
        with pytest.raises(StoreClosedError):
            hub.customers(purpose="analytics")
        with pytest.raises(StoreClosedError):
            hub.load(people(BOB))

    def test_a_block_that_fails_closes_it_too(self, url: str) -> None:
        with pytest.raises(ZeroDivisionError), opened(url):
            _ = 1 / 0
        opened(url).close()

    def test_closing_twice_is_allowed(self, url: str) -> None:
        hub = opened(url)
        hub.close()
        hub.close()

    def test_several_hubs_live_in_one_process(self, tmp_path: Path) -> None:
        urls = [f"duckdb:///{tmp_path}/{name}.duckdb" for name in "ab"]
        with opened(urls[0]) as one, opened(urls[1]) as other, opened() as third:
            for hub, row in ((one, ANN), (other, BOB), (third, ANN)):
                hub.load(people(row))
                hub.resolve()
            found = [hub.customers(purpose="analytics")["given_name"].to_list() for hub in (one, other, third)]
        assert found == [["Ann"], ["Bob"], ["Ann"]]

    def test_the_same_store_cannot_be_opened_twice(self, url: str) -> None:
        with opened(url), pytest.raises(StoreError, match="in this process already"):
            opened(url)

    def test_a_url_nobody_knows_is_a_clear_error(self) -> None:
        with pytest.raises(PluginError, match="duckdb, memory"):
            opened("nowhere://shop")

    def test_reopening_gives_the_same_answers(self, url: str) -> None:
        with opened(url) as hub:
            hub.load(people(ANN, BOB, ("3", "ann@example.com", "Anna")))
            hub.resolve()
            hub.consent.record("marketing", "granted", identifier=("email", "ann@example.com"))
            reads = [hub.customers(purpose=each) for each in ("analytics", "marketing")]
            profile = hub.profile(reads[1]["customer_id"].item(), purpose="analytics")
            entries = hub.audit.entries()
        with opened(url) as again:
            assert again.audit.entries().equals(entries)
            for purpose, before in zip(("analytics", "marketing"), reads, strict=True):
                assert again.customers(purpose=purpose).equals(before)
            assert again.profile(profile.customer_id, purpose="analytics") == profile
            assert again.load(people(ANN, BOB, ("3", "ann@example.com", "Anna"))).accepted == 0
            assert again.resolve().changed == 0


class TestThreads:
    def test_readers_see_whole_loads_while_another_thread_loads(self, url: str) -> None:
        with opened(url) as hub:
            hub.load(people(ANN))
            hub.resolve()
            heights: list[int] = []
            failures: list[BaseException] = []
            done = threading.Event()

            def read() -> None:
                try:
                    while not done.is_set():
                        heights.append(hub.read("records", purpose="analytics").height)
                except BaseException as error:  # noqa: BLE001 (reported by the test)
                    failures.append(error)

            readers = [threading.Thread(target=read) for _ in range(2)]
            for each in readers:
                each.start()
            for load in range(5):
                rows = [(f"{load}-{number}", f"p{load}-{number}@example.com", "P") for number in range(20)]
                hub.load(people(*rows, name=f"crm{load}"))
                hub.resolve()
            done.set()
            for each in readers:
                each.join()
            assert failures == []
            assert set(heights) <= {1, 21, 41, 61, 81, 101}
            assert hub.read("records", purpose="analytics").height == 101

    def test_several_threads_load_side_by_side_and_nothing_is_lost(self, url: str) -> None:
        with opened(url) as hub:
            sources = [people((f"{n}", f"p{n}@example.com", "P"), name=f"crm{n}") for n in range(8)]
            threads = [threading.Thread(target=hub.load, args=(source,)) for source in sources]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
            hub.resolve()
            assert hub.customers(purpose="analytics").height == 8
            seqs = hub._store.read("identities")["seq"]
            assert seqs.n_unique() == 8


class TestKeys:
    def test_a_key_file_is_made_beside_the_store_for_its_owner_alone(self, url: str, tmp_path: Path) -> None:
        opened(url).close()
        key = tmp_path / "shop.duckdb.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert len(bytes.fromhex(key.read_text().strip())) == 32

    def test_another_key_is_refused_and_lets_go_of_the_store(self, url: str) -> None:
        opened(url).close()
        with pytest.raises(ConfigurationError, match="another key"):
            opened(url, keys=uc.MemoryKeyProvider(b"x" * 32))
        opened(url).close()

    def test_a_lost_key_file_is_noticed(self, url: str, tmp_path: Path) -> None:
        opened(url).close()
        (tmp_path / "shop.duckdb.key").unlink()
        with pytest.raises(ConfigurationError, match="key is missing"):
            opened(url)

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    def test_a_key_that_others_may_read_is_refused(self, url: str, tmp_path: Path) -> None:
        opened(url).close()
        (tmp_path / "shop.duckdb.key").chmod(0o644)
        with pytest.raises(ConfigurationError, match="chmod 600"):
            opened(url)


@pytest.mark.slow
def test_another_process_is_locked_out_with_a_clear_error(url: str) -> None:
    code = (
        "import sys, unified_customer as uc\n"
        "try:\n"
        "    uc.CustomerHub(sys.argv[1])\n"
        "except uc.errors.StoreLockedError as error:\n"
        "    print('LOCKED', error.retryable, error)\n"
    )
    with opened(url):
        found = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("LOCKED True")
    assert "shop.duckdb" in found.stdout
    freed = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert freed.stdout == ""


def files_with(folder: Path, text: str) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes())


class TestErasure:
    def test_after_compaction_no_byte_is_left_in_any_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # DuckDB writes values as they are, so that a search for bytes can find them.
        monkeypatch.setattr("unified_customer.hub.hub.open_store", partial(open_duckdb, compression="uncompressed"))
        folder = tmp_path / "store"
        folder.mkdir()
        url = f"duckdb:///{folder}/shop.duckdb"
        with opened(url) as hub:
            hub.load(people(("9", CANARY, "Canary"), ANN, ("", CANARY, "Nobody")))
            hub.resolve()
            victim = hub.customers(purpose="analytics").filter(email=CANARY)["customer_id"].item()
        # The positive control: what is looked for can be found.
        assert files_with(folder, CANARY) == ["shop.duckdb"]
        with opened(url) as hub:
            receipt = hub.rights.erase(victim)
            assert receipt.bytes_pending
            assert receipt.rows["quarantine"] == 1
            hub.rights.compact()
            assert files_with(folder, CANARY) == []
            assert files_with(folder, "ann@example.com") == ["shop.duckdb"]
            assert hub.customers(purpose="analytics")["given_name"].to_list() == ["Ann"]
        assert files_with(folder, CANARY) == []

    def test_the_erased_do_not_come_back_after_reopening(self, url: str) -> None:
        with opened(url) as hub:
            hub.load(people(("9", CANARY, "Canary"), ANN))
            hub.resolve()
            victim = hub.customers(purpose="analytics").filter(email=CANARY)["customer_id"].item()
            hub.rights.erase(victim, request_id="R-1", actor=uc.Actor(id="dpo"))
            hub.rights.compact()
        with opened(url) as again:
            report = again.load(people(("9", CANARY, "Canary"), ("10", CANARY, "C"), name="crm"))
            assert (report.accepted, report.erased) == (0, 2)
            assert again.audit.entries(actor="dpo")["action"].to_list() == ["erase"]
            with pytest.raises(KeyError):
                again.profile(victim, purpose="essential.service")


class TestMoving:
    def test_an_export_is_the_same_hub_elsewhere(self, url: str, tmp_path: Path) -> None:
        folder = tmp_path / "export"
        with opened(url) as hub:
            hub.load(people(ANN, BOB))
            hub.resolve()
            before = hub.customers(purpose="analytics")
            key = FileKeyProvider(tmp_path / "shop.duckdb.key").key()
            export_hub(hub._store, key=key, folder=folder)
        with closing(uc.open_store(f"duckdb:///{tmp_path}/moved.duckdb")) as store:
            import_hub(folder, store)
        keys = uc.MemoryKeyProvider(archived_key(folder))
        with opened(f"duckdb:///{tmp_path}/moved.duckdb", keys=keys) as moved:
            assert moved.customers(purpose="analytics").equals(before)
            assert moved.load(people(BOB, ANN)).accepted == 0
            moved.load(people(("3", "ann@example.com", "Anna")))
            moved.resolve()
            assert moved.customers(purpose="analytics")["customer_id"].to_list() == before["customer_id"].to_list()
            named = moved._store.read("records", columns=["record_id", "source_id"])
            assert dict(named.select("source_id", "record_id").rows())["3"] == Keyring(key).record_id("crm", "3")

    def test_a_changed_export_is_refused(self, tmp_path: Path) -> None:
        with opened(keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
            hub.load(people(ANN))
            export_hub(hub._store, key=b"k" * 32, folder=tmp_path / "export")
        (tmp_path / "export" / "records.parquet").write_bytes(b"")
        with closing(uc.open_store("memory://")) as store, pytest.raises(ConfigurationError, match=r"records\.parquet"):
            import_hub(tmp_path / "export", store)

    def test_only_an_empty_store_takes_an_export_and_only_a_new_folder(self, tmp_path: Path) -> None:
        with opened(keys=uc.MemoryKeyProvider(b"k" * 32)) as hub:
            hub.load(people(ANN))
            export_hub(hub._store, key=b"k" * 32, folder=tmp_path / "export")
            with pytest.raises(ConfigurationError, match="not empty"):
                export_hub(hub._store, key=b"k" * 32, folder=tmp_path / "export")
            with pytest.raises(ConfigurationError, match="already holds rows"):
                import_hub(tmp_path / "export", hub._store)
        with (
            closing(uc.open_store("memory://")) as store,
            pytest.raises(ConfigurationError, match="no readable manifest"),
        ):
            import_hub(tmp_path, store)
        with pytest.raises(ConfigurationError, match="no key"):
            archived_key(tmp_path)
        assert stat.S_IMODE((tmp_path / "export" / "key").stat().st_mode) == 0o600
