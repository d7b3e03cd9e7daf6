"""The audit of a hub on disk: its heads beside it, crashes, copies, and what is read in it."""

import random
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import polars as pl
import pytest

import unified_customer as uc
from tests.governance import auditing
from unified_customer.core.errors import ConfigurationError, StoreError
from unified_customer.core.models import LOCAL
from unified_customer.governance.audit import AuditLog, Entry, write_entry
from unified_customer.governance.auditing import store as sealing_store
from unified_customer.governance.auditing.heads import HeadFile, KeptHead, TreeHead, head_path
from unified_customer.governance.auditing.store import SealedStore
from unified_customer.hub import import_hub
from unified_customer.hub.archive import archived_key
from unified_customer.store import Store, Where, open_store

POLICY = uc.Policy(bases={"analytics": "legitimate_interests"})
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
START = datetime(2026, 1, 1, tzinfo=UTC)


def opened(path: Path, **options: object) -> uc.CustomerHub:
    return uc.CustomerHub(f"duckdb:///{path}", policy=POLICY, **options)  # type: ignore[arg-type]  # options of a hub


def fill(hub: uc.CustomerHub, *names: str) -> None:
    people = pl.DataFrame({"id": names, "mail": [f"{each}@example.com" for each in names], "name": names})
    hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=CRM))
    hub.resolve()


def kinds(hub: uc.CustomerHub) -> list[str]:
    return [each.kind for each in hub.audit.verify().findings]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.duckdb"


def behind(path: Path, column: str, value: str, *, number: int) -> None:
    """Change an entry behind the hub's back."""
    with closing(open_store(f"duckdb:///{path}")) as store, store.transaction(recorded_at=START) as writer:
        rows = store.read("audit", where=[Where("number", "==", number)])
        writer.delete("audit", rows.select("seq"))
        writer.restore("audit", rows.with_columns(pl.lit(value).alias(column)))


def cut(path: Path, *, to: int) -> None:
    """Cut the audit off behind the hub's back."""
    with closing(open_store(f"duckdb:///{path}")) as store, store.transaction(recorded_at=START) as writer:
        writer.delete("audit", store.read("audit", columns=["seq"], where=[Where("number", ">=", to)]))


class TestHeadsBesideTheStore:
    def test_they_are_kept_when_the_hub_closes_and_when_it_has_loaded_and_resolved(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            assert hub.audit.verify().heads == 2
            hub.customers(purpose="analytics")
        with opened(path) as hub:
            found = hub.audit.verify()
            assert (found.ok, found.entries, found.heads, found.before) == (True, 4, 3, 0)

    def test_one_that_is_asked_for_is_kept_too(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            hub.customers(purpose="analytics")
            head = hub.audit.head()
            assert (head.size, hub.audit.verify(head).heads) == (4, 4)
            assert hub.audit.head().root == head.root

    def test_entries_cut_off_are_found_by_them(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann", "bob")
        cut(path, to=2)
        with opened(path) as hub:
            (finding,) = hub.audit.verify().findings
            assert (finding.kind, finding.number) == ("truncated", 2)
            assert "3" in finding.message

    def test_an_entry_changed_behind_the_hub_is_found_and_named(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
        behind(path, "actor", "nobody", number=1)
        with opened(path) as hub:
            (finding,) = hub.audit.verify().findings
            assert (finding.kind, finding.number) == ("changed", 1)
            hub.customers(purpose="analytics")
            assert kinds(hub) == ["changed"]

    def test_a_head_that_was_edited_or_cannot_be_read_is_found(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
        lines = head_path(path).read_text(encoding="utf-8").splitlines()
        edited = lines[0].replace('"size":2', '"size":3')
        head_path(path).write_text("\n".join([edited, lines[1], "no head", ""]), encoding="utf-8")
        with opened(path) as hub:
            assert sorted(kinds(hub)) == ["head", "head", "rewritten"]

    def test_a_line_that_a_crash_cut_short_is_no_head_and_is_overwritten(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
        with head_path(path).open("a", encoding="utf-8") as file:
            file.write('{"size":2,"ro')
        with opened(path) as hub:
            assert hub.audit.verify().ok
            hub.customers(purpose="analytics")
        assert all(KeptHead.of_line(line) for line in head_path(path).read_text(encoding="utf-8").splitlines())

    def test_without_them_it_is_told_that_nothing_was_there_to_hold_entries_against(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
        head_path(path).unlink()
        cut(path, to=1)
        with opened(path) as hub:
            found = hub.audit.verify()
            assert (found.ok, found.heads, found.entries) == (True, 0, 1)

    def test_a_head_that_was_given_away_tells_what_was_done_to_both(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            head = hub.audit.head()
        head_path(path).unlink()
        cut(path, to=1)
        with opened(path) as hub:
            assert [each.kind for each in hub.audit.verify(head).findings] == ["truncated"]

    def test_it_is_kept_after_many_entries_and_after_a_while(self, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
        monkeypatch.setattr(sealing_store, "KEPT_EVERY", 5)
        store = SealedStore(open_store(f"duckdb:///{path}"), auditing.SEALS)
        sizes = []
        for seconds in (0, 1, 2, 3, 4, 5, 6, 70, 71):
            at = START + timedelta(seconds=seconds)
            with store.transaction(recorded_at=at) as writer:
                write_entry(writer, LOCAL, Entry("read"), at=at)
            sizes.append([kept.head.size for kept in store.heads.newest_first() if kept])
        assert [each[:1] for each in sizes] == [[], [], [], [], [5], [5], [5], [8], [8]]
        store.close()
        assert [kept.head.size for kept in store.heads.newest_first() if kept] == [9, 8, 5]

    def test_threads_that_keep_heads_together_lose_none(self, path: Path) -> None:
        stores = [SealedStore(open_store("memory://"), auditing.SEALS).head(at=START) for _ in range(4)]

        def keep(head: TreeHead) -> None:
            for _ in range(20):
                HeadFile(path).add(KeptHead(head, (), b""))

        threads = [Thread(target=keep, args=(head,)) for head in stores]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [kept.head.size for kept in HeadFile(path).newest_first() if kept] == [0] * 80

    def test_that_it_cannot_be_written_does_not_undo_what_was_done(self, path: Path) -> None:
        with opened(path) as hub:
            head_path(path).mkdir()
            fill(hub, "ann")
            assert hub.customers(purpose="analytics").height == 1
            head_path(path).rmdir()

    def test_a_store_that_was_brought_back_goes_on_and_tells_of_the_entries_that_are_missing(
        self, path: Path, tmp_path: Path
    ) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            hub.backup(tmp_path / "old.duckdb")
            for _ in range(3):
                hub.customers(purpose="analytics")
        path.write_bytes((tmp_path / "old.duckdb").read_bytes())
        for _ in range(2):
            with opened(path) as hub:
                for _ in range(5):
                    hub.customers(purpose="analytics")
                # One head is of entries that are gone; in their place there are others now.
                assert kinds(hub) in (["truncated"], ["rewritten"])
                head = hub.audit.head()
                assert len(hub.audit.verify(head).findings) == 1
        head_path(path).rename(tmp_path / "before")
        with opened(path) as hub:
            assert hub.audit.verify(head).ok


class TestCopies:
    def test_a_backup_has_the_heads_beside_it(self, path: Path, tmp_path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            hub.backup(tmp_path / "copy.duckdb")
        with opened(tmp_path / "copy.duckdb") as copy:
            found = copy.audit.verify()
            assert (found.ok, found.entries, found.heads) == (True, 4, 3)

    def test_an_export_brings_the_heads_along(self, path: Path, tmp_path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann")
            hub.export(tmp_path / "export")
        moved = tmp_path / "moved.duckdb"
        with closing(open_store(f"duckdb:///{moved}")) as store:
            import_hub(tmp_path / "export", store)
        with opened(moved, keys=uc.MemoryKeyProvider(archived_key(tmp_path / "export"))) as copy:
            found = copy.audit.verify()
            assert (found.ok, found.entries, found.heads) == (True, 4, 3)


def test_a_process_killed_while_it_writes_leaves_an_audit_that_verifies(path: Path) -> None:
    draw = random.Random(7)
    command = [sys.executable, str(Path(auditing.__file__)), str(path)]
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(draw.randint(5, 40)):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with closing(SealedStore(open_store(f"duckdb:///{path}"), auditing.SEALS)) as store:
            found = AuditLog(store, clock=lambda: START).verify()
            assert (found.ok, found.entries > 5, found.heads > 0) == (True, True, True), found


class TestWriting:
    @pytest.fixture
    def store(self) -> Store:
        return SealedStore(open_store("memory://"), auditing.SEALS)

    def test_nothing_is_deleted_from_it(self, store: Store) -> None:
        with pytest.raises(StoreError, match="never deleted"), store.transaction(recorded_at=START) as writer:
            writer.delete("audit", pl.DataFrame({"audit_id": ["1"]}))

    def test_entries_given_as_a_frame_are_sealed_too(self, store: Store) -> None:
        row = {"audit_id": "1", "at": START, "actor": "a", "roles": [], "action": "x", "withheld_fields": []}
        with store.transaction(recorded_at=START) as writer:
            assert (
                writer.append(
                    "audit",
                    pl.DataFrame([row]).with_columns(
                        pl.col("roles", "withheld_fields").cast(pl.List(pl.String)),
                        pl.col("at").cast(pl.Datetime("us", "UTC")),
                    ),
                ).inserted
                == 1
            )
            assert writer.append_row("audit", row).unchanged == 1
            write_entry(writer, LOCAL, Entry("y"), at=START)
        assert store.read("audit", order_by=["seq"])["number"].to_list() == [0, 1]
        assert AuditLog(store, clock=lambda: START).verify().ok

    def test_other_tables_pass_through_it(self, store: Store) -> None:
        row = {"source": "crm", "stream": "x", "state": "{}", "updated_at": START}
        frame = pl.DataFrame([row]).with_columns(pl.col("updated_at").cast(pl.Datetime("us", "UTC")))
        with store.transaction(recorded_at=START) as writer:
            assert writer.upsert("checkpoints", frame).inserted == 1
            assert writer.count("checkpoints") == 1
            assert writer.delete("checkpoints", frame.select("source")) == 1
        assert (store.url, store.count("checkpoints"), store.changes("checkpoints").height) == ("memory://", 0, 1)
        assert [each.height for each in store.batches("checkpoints")] in ([], [0])

    def test_a_log_that_no_hub_sealed_gives_no_head(self) -> None:
        with pytest.raises(ConfigurationError, match="not sealed"):
            AuditLog(open_store("memory://"), clock=lambda: START).head()

    def test_proofs_of_what_is_not_there_are_clear_errors(self, store: Store) -> None:
        audit = AuditLog(store, clock=lambda: START)
        audit.record(LOCAL, Entry("read"))
        with pytest.raises(ConfigurationError, match="no entry"):
            audit.inclusion("77")
        with pytest.raises(ConfigurationError, match="has 1 entries"):
            audit.consistency(audit.head().model_copy(update={"size": 2}))

    def test_closing_twice_and_closing_a_closed_store_are_allowed(self, path: Path) -> None:
        inner = open_store(f"duckdb:///{path}")
        store = SealedStore(inner, auditing.SEALS)
        AuditLog(store, clock=lambda: START).record(LOCAL, Entry("read"))
        inner.close()
        store.close()
        store.close()


class TestReading:
    def test_entries_are_found_by_action_and_time(self, path: Path) -> None:
        ticks = iter(START + timedelta(hours=hour) for hour in range(100))
        with opened(path, clock=lambda: next(ticks)) as hub:
            fill(hub, "ann")
            hub.customers(purpose="analytics")
            at = hub.audit.entries(action="resolve")["at"].item()
            assert hub.audit.entries(until=at)["action"].to_list() == ["policy", "load"]
            assert hub.audit.entries(since=at)["action"].to_list() == ["resolve", "read"]
            with pytest.raises(ConfigurationError, match="since has no time zone"):
                hub.audit.entries(since=at.replace(tzinfo=None))

    def test_every_read_of_who_is_who_is_in_it(self, path: Path) -> None:
        kim = uc.Actor(id="kim")
        with opened(path) as hub:
            fill(hub, "ann", "bob")
            ann = hub.customers(purpose="analytics")["customer_id"][0]
            hub.identity.customer_of(ann, actor=kim)
            hub.history(ann, actor=kim)
            hub.identity.decisions(actor=kim)
            hub.identity.judged(actor=kim)
            hub.identity.shared_values(actor=kim)
            found = hub.audit.entries(actor="kim")
            assert found["action"].to_list() == ["customer_of", "history", "decisions", "decisions", "shared_values"]
            assert found["customer_id"].to_list() == [ann, ann, None, None, None]

    def test_an_erasure_takes_nothing_from_it(self, path: Path) -> None:
        with opened(path) as hub:
            fill(hub, "ann", "bob")
            ann = hub.customers(purpose="analytics")["customer_id"][0]
            before = hub.audit.entries()
            hub.rights.erase(ann)
            hub.rights.compact()
            assert hub.audit.entries().head(before.height).equals(before)
            assert hub.audit.verify().ok
            assert hub.audit.entries()["action"].to_list()[-1] == "erase"
