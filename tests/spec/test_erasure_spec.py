"""Laws of erasure: nothing of the person is left or comes back, nothing of others goes, and no receipt says it too early."""

import json
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.analytics import MonthlyPurchases
from unified_customer.connectors import FieldMap, Statement
from unified_customer.core.keys import Keyring
from unified_customer.core.tables import TABLES
from unified_customer.governance.erasure.removing import KEPT
from unified_customer.governance.erasure.steps import ErasureReceipt, ErasureStep
from unified_customer.governance.rights import Rights
from unified_customer.policy.organisation import Recipient
from unified_customer.store.duckdb import open_duckdb
from unified_customer.testing.table_frames import VALUES

Row = dict[str, Any]

START = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"k" * 32
POLICY = uc.Policy(
    bases={"analytics": "legitimate_interests", "essential.service": "contract"}, recipients={"mailer": Recipient()}
)
CRM = uc.Mapping(
    table="records",
    key="id",
    observed_at="seen",
    fields={"email": "mail", "phone": "tel", "full_name": "name", "street": "street", "birth_date": "born"},
    identifiers={"loyalty_id": "card"},
    consents=(
        Statement(column="news", purpose="marketing", values={"yes": "granted"}, stated_at=FieldMap(column="said")),
    ),
)
WEB = uc.Mapping(
    table="events",
    key="id",
    fields={"name": "what", "occurred_at": "when", "url": "page"},
    identifiers={"email": "mail", "anonymous_id": "visitor"},
)
TILL = uc.Mapping(
    table="order_lines",
    key=["order"],
    fields={"order_id": "order", "occurred_at": "when", "quantity": "units"},
    identifiers={"loyalty_id": "card"},
)

CANARY = "zaphod"
"""Part of every value of the person who is erased."""
LANDLINE = "+44 20 7946 0018"
SEEN = ["2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z", None]

others = st.lists(
    st.fixed_dictionaries({
        "id": st.sampled_from(["o1", "o2", "o3", "o4"]),
        "mail": st.sampled_from(["ann@example.com", "bob@example.com", None]),
        "tel": st.sampled_from([LANDLINE, None]),
        "name": st.sampled_from(["Ann Lee", "Bob Berg", "Cy Oz"]),
        "street": st.none(),
        "card": st.none(),
        "seen": st.sampled_from(SEEN),
        "born": st.sampled_from(["1990-01-02", "never", None]),
        "news": st.sampled_from(["yes", None]),
        "said": st.just("2025-02-01T00:00:00Z"),
    }),
    min_size=1, max_size=4, unique_by=lambda row: (row["id"], row["seen"]),
)  # fmt: skip
canary_rows = st.lists(
    st.fixed_dictionaries({
        "id": st.sampled_from([f"{CANARY}-1", f"{CANARY}-2"]),
        "mail": st.sampled_from([f"{CANARY}@example.com", f"{CANARY.upper()}@Example.com"]),
        "tel": st.sampled_from([LANDLINE, None]),
        "name": st.just(f"Z. {CANARY.title()}"),
        "street": st.just(f"1 {CANARY} Street"),
        "card": st.sampled_from([f"{CANARY}-card", None]),
        "seen": st.sampled_from(SEEN),
        "born": st.sampled_from([None, "never"]),
        "news": st.sampled_from(["yes", None]),
        "said": st.sampled_from(["2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"]),
    }),
    min_size=1, max_size=3, unique_by=lambda row: (row["id"], row["seen"]),
).map(lambda rows: [{**rows[0], "born": None}, *rows[1:]])  # fmt: skip

few = settings(
    max_examples=max(5, settings().max_examples // 5),
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
)
fewer = settings(few, max_examples=max(3, settings().max_examples // 8))


class Ticking:
    """A clock that moves on a second each time that it is asked."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def new_hub(store: Any = "memory://", clock: Any = None) -> uc.CustomerHub:
    return uc.CustomerHub(store, policy=POLICY, keys=uc.MemoryKeyProvider(KEY), clock=clock or Ticking())


def source(rows: Sequence[Row], mapping: uc.Mapping, name: str) -> Any:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(mapping.columns, pl.String))
    return uc.source("dataframe", frame, table=mapping.table, name=name, mapping=mapping)


def behaviour(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """What those who are described did: a page each, and a purchase where there is a card."""
    pages = [
        {"id": f"e{row['id']}", "what": "Viewed", "when": SEEN[0], "page": f"/of/{row['id']}", "mail": row.get("mail")}
        for row in rows
    ]
    bought = [{"order": f"b{row['id']}", "when": SEEN[0], "units": "1", "card": row.get("card")} for row in rows]
    return pages, [each for each in bought if each["card"]]


def load(hub: uc.CustomerHub, rows: Sequence[Row], crm: str = "crm") -> None:
    pages, bought = behaviour(rows)
    for each, mapping, name in ((rows, CRM, crm), (pages, WEB, "web"), (bought, TILL, "till")):
        if each:
            hub.load(source(each, mapping, name))
    hub.resolve()


def canaries(hub: uc.CustomerHub) -> list[str]:
    """Every customer who carries a value of the person."""
    known = hub._store.read("identifiers", columns=["record_id", "value"])
    theirs = known.filter(pl.col("value").str.contains(CANARY))
    links = hub._store.read("links", columns=["record_id", "customer_id"], where=[uc.Where("valid_to", "is_null")])
    return sorted(links.join(theirs, on="record_id", how="semi")["customer_id"].unique())


def filled(rows: Sequence[Row], canary: Sequence[Row], *, store: Any = "memory://") -> uc.CustomerHub:
    hub = new_hub(store)
    load(hub, [*canary, *rows])
    return hub


def erased(rows: Sequence[Row], canary: Sequence[Row], *, store: Any = "memory://") -> uc.CustomerHub:
    hub = filled(rows, canary, store=store)
    hub.rights.erase_many(canaries(hub))
    return hub


def traces(hub: uc.CustomerHub) -> set[str]:
    """Tables of which any column of any row holds a value of the person."""
    return {
        name
        for name in TABLES
        if CANARY in json.dumps(hub._store.read(name).rows(), default=str, ensure_ascii=False).casefold()
    }


def shown(hub: uc.CustomerHub) -> dict[str, Any]:
    """All that a hub shows of people, in an order of its own."""
    hub.resolve()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ids = sorted(hub._store.read("customers", columns=["customer_id"])["customer_id"])
        frames = {
            name: hub.read(name, purpose=purpose)
            for name in ("customers", "records", "events", "identifiers", "order_lines")
            for purpose in ("analytics",)
        }
        frames["marketing"] = hub.customers(purpose="marketing")
        frames["crosswalk"] = hub.identity.crosswalk()
        covered = hub.consent.coverage("marketing")
        told: dict[str, Any] = {name: sorted(frame.rows(), key=repr) for name, frame in frames.items()}
        told["coverage"] = (covered.customers, covered.allowed, covered.unheard, covered.reasons.rows())
        told["history"] = {each: hub.history(each).drop("valid_from", "valid_to").rows() for each in ids}
        told["profiles"] = {each: hub.profile(each, purpose="analytics").model_dump() for each in ids}
        mails = ("ann@example.com", f"{CANARY}@example.com")
        told["identify"] = [hub.identify({"email": each}).customer_id for each in mails]
        told["decisions"] = hub.consent.decisions(["marketing", "analytics", "essential.service"]).rows()
        flows = hub.governance.transparency.data_map().flows.filter(~pl.col("table").is_in(list(KEPT)))
        told["data map"] = flows.rows()
        told["over by then"] = (
            hub.governance.retention.preview(START + timedelta(days=800)).counts.select(~cs.temporal()).rows()
        )
        told["quarantine"] = sorted(hub.quarantine().select("source", "reason").rows())
    return told


@few
@given(others, canary_rows)
def test_after_an_erasure_no_column_of_any_table_holds_a_value_of_the_person(
    rows: list[Row], canary: list[Row]
) -> None:
    hub = filled(rows, canary)
    assert {"records", "identifiers", "customers", "events"} <= traces(hub), "the control: they can be found"
    hub.rights.erase_many(canaries(hub))
    assert traces(hub) == set()


@few
@given(others, canary_rows)
def test_every_row_about_the_person_goes_from_every_table_and_none_about_anybody_else(
    rows: list[Row], canary: list[Row]
) -> None:
    hub = filled(rows, canary)
    whose = dict(hub._store.read("links", columns=["record_id", "customer_id"]).iter_rows())
    gone = [record for record, owner in whose.items() if owner in canaries(hub)]
    tables = sorted({name for name, _ in ABOUT})
    with hub._store.transaction(recorded_at=START) as writer:
        for (name, column), record in product(ABOUT, whose):
            if name != "links":
                write = writer.append if TABLES[name].append_only else writer.upsert
                write(name, row_about(name, column, record))
    before = {name: hub._store.read(name) for name in tables}
    hub.rights.erase_many(canaries(hub))
    for name in tables:
        theirs = [pl.col(column).is_in(gone).fill_null(value=False) for table, column in ABOUT if table == name]
        left = before[name].filter(~pl.any_horizontal(theirs))
        assert sorted(hub._store.read(name).rows(), key=repr) == sorted(left.rows(), key=repr)
        assert left.height < before[name].height, f"the control: {name} held something of the person"


ABOUT = [
    (name, column)
    for name, table in TABLES.items()
    for column in ("customer_id", "record_id", "record_a", "record_b")
    if column in table.columns and name not in {*KEPT, "quarantine"}
]
"""Every table that says something of people, and the columns in which it names them."""


def row_about(name: str, column: str, record: str) -> pl.DataFrame:
    """A row of a table that names one record in one column."""
    table = TABLES[name]
    required = {each for each, about in table.schema.columns().items() if not about.nullable}
    row = {each: VALUES[type(dtype)][1] if each in required else None for each, dtype in table.columns.items()}
    keys = {each: f"{column}-{record}" for each in table.key if table.columns[each] == pl.String}
    return pl.DataFrame([{**row, **keys, column: record}], schema=table.columns)


@few
@given(others, canary_rows)
def test_an_erased_person_might_as_well_never_have_been_there(rows: list[Row], canary: list[Row]) -> None:
    without = new_hub()
    load(without, rows)
    assert shown(erased(rows, canary)) == shown(without)


FAMILY = {"id": "family", "tel": LANDLINE, "name": "Di Day", "seen": None, "said": "2025-02-01T00:00:00Z"}
"""Somebody who shares the landline with whoever else has it, so that it is nobody's alone."""


@few
@given(others, canary_rows, others)
def test_whoever_comes_later_finds_the_hub_as_if_the_person_had_never_been_there(
    rows: list[Row], canary: list[Row], later: list[Row]
) -> None:
    without = new_hub()
    load(without, [FAMILY, *rows])
    hub = erased([FAMILY, *rows], [{**each, "tel": LANDLINE} for each in canary])
    for each in (hub, without):
        load(each, [{**row, "id": f"later {row['id']}"} for row in later])
    assert shown(hub) == shown(without)


@few
@given(others, canary_rows)
def test_all_sources_sent_again_change_nothing(rows: list[Row], canary: list[Row]) -> None:
    hub = erased(rows, canary)
    before = shown(hub)
    load(hub, [*canary, *rows])
    load(hub, canary, crm="another export")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hub.replay_quarantine(source(canary, CRM, "crm"))
    assert traces(hub) == set()
    assert shown(hub) == before


@few
@given(others, canary_rows)
def test_erasing_twice_is_erasing_once(rows: list[Row], canary: list[Row]) -> None:
    hub = filled(rows, canary)
    ids = canaries(hub)
    first = hub.rights.erase_many(ids)
    before = {name: hub._store.read(name).rows() for name in TABLES}
    assert hub.rights.erase_many(ids) == first
    assert {name: hub._store.read(name).rows() for name in TABLES} == before


@few
@given(others, st.randoms(use_true_random=False))
def test_the_order_in_which_people_are_erased_does_not_matter(rows: list[Row], random: Any) -> None:
    ids = sorted(filled(rows, [])._store.read("customers")["customer_id"])
    first, other, together = (filled(rows, []) for _ in range(3))
    gone = random.sample(ids, min(2, len(ids)))
    for each in gone:
        first.rights.erase(each)
    for each in reversed(gone):
        other.rights.erase(each)
    together.rights.erase_many(gone)
    assert shown(first) == shown(other) == shown(together)
    graves = [
        sorted(each._store.read("tombstones").select("kind", "value_key").rows()) for each in (first, other, together)
    ]
    assert graves[0] == graves[1] == graves[2]


@few
@given(others, canary_rows)
def test_a_preview_says_what_the_erasure_does_and_changes_nothing(rows: list[Row], canary: list[Row]) -> None:
    hub = filled(rows, canary)
    for each in canaries(hub):
        before = {name: hub._store.read(name).rows() for name in TABLES if name != "audit"}
        seen = hub.rights.erasures.preview(each)
        assert {name: hub._store.read(name).rows() for name in TABLES if name != "audit"} == before
        receipt = hub.rights.erase(each)
        assert dict(seen.rows) == receipt.rows
        assert receipt.tombstones == len(seen.records) + sum(seen.identifiers.values())
        assert [step.target for step in receipt.open if step.step == "destination"] == list(seen.destinations)


@few
@given(others, canary_rows, st.data())
def test_a_receipt_is_not_complete_while_any_step_is_open(rows: list[Row], canary: list[Row], data: Any) -> None:
    hub = filled(rows, canary)
    hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=START))
    (name, *_) = (each.erasure_id for each in hub.rights.erase_many(canaries(hub)))
    while not (receipt := hub.rights.erasures.receipt(name)).complete:
        assert receipt.open
        step = data.draw(st.sampled_from(receipt.open))
        if step.step == "bytes":
            hub.rights.compact()
        elif step.step == "artifact":
            hub.rights.erasures.retire(step.target)
        else:
            hub.rights.erasures.confirm(name, step.step, step.target, note="asked")
        assert len(hub.rights.erasures.receipt(name).open) == len(receipt.open) - 1
    assert not receipt.open
    assert not receipt.bytes_pending


@few
@given(others, canary_rows)
def test_what_was_said_can_be_proved_by_who_knows_the_identifier_and_speaks_no_more(
    rows: list[Row], canary: list[Row]
) -> None:
    hub = filled(rows, canary)
    hub.consent.record("analytics", "objected", identifier=("email", f"{CANARY}@example.com"))
    said = hub.consent.statements(identifier=("email", f"{CANARY}@example.com"))
    hub.rights.erase_many(canaries(hub))
    proof = hub.rights.erasures.proof("email", f"{CANARY}@example.com")
    told = ["purpose", "status", "stated_at"]
    assert proof.select("statement_id", *told).rows() == said.select("statement_id", *told).rows()
    assert hub.consent.statements(identifier=("email", f"{CANARY}@example.com")).is_empty()
    keys = hub._store.read("consents").filter(subject_kind="erased")["subject_key"]
    assert keys.is_in(hub._store.read("tombstones")["value_key"].implode()).sum() == 0


LATER = "2026-03-01T00:00:00Z"
RETURNED = "2026-03-02T00:00:00Z"


def wait(hub: uc.CustomerHub, *, days: int = 90) -> None:
    assert isinstance(hub._clock, Ticking)
    hub._clock.now = START + timedelta(days=days)


@few
@given(others, canary_rows, st.sampled_from(["at once", "one after the other"]))
def test_a_later_consent_lets_them_start_anew_and_old_rows_stay_out(
    rows: list[Row], canary: list[Row], how: str
) -> None:
    hub = erased(rows, canary)
    wait(hub)
    new = {**canary[0], "seen": RETURNED, "news": "yes", "said": LATER, "street": "9 New Street"}
    if how == "at once":
        load(hub, [*canary, new])
    else:
        hub.consent.record(
            "marketing", "granted", identifier=("email", canary[0]["mail"]), stated_at=datetime.fromisoformat(LATER)
        )
        load(hub, [new])
        load(hub, canary)
    (back,) = canaries(hub)
    known = hub.read("customers", purpose="analytics", customers=[back])
    assert known["street"].to_list() == ["9 New Street"]
    theirs = hub.read("records", purpose="analytics", customers=[back])
    assert theirs["observed_at"].to_list() == [datetime.fromisoformat(RETURNED)]
    assert hub.events(purpose="analytics", customers=[back]).is_empty(), "what they did before stays out"
    hub.rights.erase(back)
    assert traces(hub) == set()


@few
@given(others, canary_rows, st.sampled_from(["denied", "withdrawn", "objected"]))
def test_nothing_but_a_later_grant_lets_anybody_in_again(rows: list[Row], canary: list[Row], status: Any) -> None:
    hub = erased(rows, canary)
    wait(hub)
    mail = ("email", canary[0]["mail"])
    hub.consent.record("marketing", status, identifier=mail, stated_at=datetime.fromisoformat(LATER))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uc.errors.UnheardYesWarning)
        hub.consent.record("marketing", "granted", identifier=mail, stated_at=START - timedelta(days=1))
    load(hub, [{**each, "seen": RETURNED} for each in canary[:1]])
    assert canaries(hub) == []
    assert traces(hub) == set()


# ------------------------------------------------------------------------------------------------------------- files


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        path = Path(name) / "hub"
        path.mkdir()
        yield path


def on_disk(path: Path) -> uc.CustomerHub:
    return new_hub(open_duckdb(f"duckdb:///{path}/shop.duckdb", compression="uncompressed"))


def files_with(path: Path, text: str) -> set[str]:
    files = [each for each in path.rglob("*") if each.is_file()]
    return {each.name for each in files if text.encode() in each.read_bytes().lower()}


@fewer
@given(others, canary_rows)
def test_after_compaction_no_byte_of_any_file_is_of_the_person(rows: list[Row], canary: list[Row]) -> None:
    with folder() as path:
        filled(rows, canary, store=open_duckdb(f"duckdb:///{path}/shop.duckdb", compression="uncompressed")).close()
        assert files_with(path, CANARY) == {"shop.duckdb"}, "the control: the bytes can be found"
        with on_disk(path) as hub:
            hub.rights.erase_many(canaries(hub))
            hub.rights.compact()
            assert files_with(path, CANARY) == set()
        assert files_with(path, CANARY) == set()
        names = {row["name"].split()[0].lower() for row in rows}
        assert any(files_with(path, name) for name in names), "the control: others are still found"


class DiedError(Exception):
    """The process ended."""


@fewer
@given(others, canary_rows, st.integers(0, 9))
def test_an_erasure_that_was_cut_off_at_any_step_is_resumed_and_ends_as_one_that_was_not(
    rows: list[Row], canary: list[Row], lived: int
) -> None:
    steps = iter(range(lived))

    def on_step(name: str) -> None:
        if name.startswith(STEPS) and next(steps, None) is None:
            raise DiedError(name)

    with folder() as path:
        url = f"duckdb:///{path}/shop.duckdb"
        with filled(rows, canary, store=url) as hub:
            ids = canaries(hub)
        cut = open_duckdb(url)
        with suppress(DiedError):
            rights = Rights(cut, clock=Ticking(), keyring=Keyring(KEY), policy=POLICY, on_step=on_step)
            rights.erase_many(ids)
            rights.compact()
        told = cut.read("erasure_steps").filter(pl.col("state") == "done")["step"]
        cut.close()
        with new_hub(url) as hub:
            assert ("bytes" in told) <= (traces(hub) == set())
            receipts = hub.rights.erase_many(ids)
            hub.rights.compact()
            assert traces(hub) == set()
            ended = [hub.rights.erasures.receipt(each.erasure_id) for each in receipts]
            assert {step.step for each in ended for step in each.open} == {"destination"}
            assert shown(hub) == shown(erased(rows, canary))


STEPS = ("erase:", "resume:", "compact:done", "compact:told")


@fewer
@given(others, canary_rows)
def test_a_restored_backup_is_erased_again_before_anybody_reads(rows: list[Row], canary: list[Row]) -> None:
    with folder() as path:
        store = f"duckdb:///{path}/shop.duckdb"
        with filled(rows, canary, store=store) as hub:
            hub.backup(path / "monday.duckdb")
            (receipt, *_) = hub.rights.erase_many(canaries(hub))
            assert [each.step for each in receipt.open] == ["backup", "destination", "bytes"]
            before = shown(hub)
        shutil.copy(path / "monday.duckdb", path / "shop.duckdb")
        with new_hub(store) as restored:
            assert traces(restored) == set()
            assert shown(restored) == before
            assert restored.rights.erasures.receipt(receipt.erasure_id).rows == receipt.rows
            load(restored, canary)
            assert traces(restored) == set()
            position = restored._store.last_seq()
        with new_hub(store) as again:
            assert again._store.last_seq() == position, "nothing is left to be erased again"


@fewer
@given(others, canary_rows)
def test_whoever_came_back_and_was_erased_again_stays_erased_in_a_backup_of_between(
    rows: list[Row], canary: list[Row]
) -> None:
    with folder() as path:
        store = f"duckdb:///{path}/shop.duckdb"
        with filled(rows, canary, store=store) as hub:
            hub.rights.erase_many(canaries(hub))
            wait(hub)
            load(hub, [{**canary[0], "seen": RETURNED, "news": "yes", "said": LATER}])
            assert canaries(hub), "the control: a later consent lets them in"
            hub.backup(path / "between.duckdb")
            wait(hub, days=91)
            hub.rights.erase_many(canaries(hub))
        shutil.copy(path / "between.duckdb", path / "shop.duckdb")
        with new_hub(store, clock=Ticking(START + timedelta(days=92))) as restored:
            assert traces(restored) == set()


@given(st.lists(st.sampled_from(["open", "done", "failed", "waived"]), min_size=1, max_size=5))
def test_only_what_is_done_or_waived_is_complete(states: list[Any]) -> None:
    steps = tuple(ErasureStep("destination", str(number), state, START) for number, state in enumerate(states))
    receipt = ErasureReceipt("e", "c", None, START, steps)
    assert receipt.complete is (set(states) <= {"done", "waived"})
    assert [each.target for each in receipt.open] == [
        str(number) for number, state in enumerate(states) if state in {"open", "failed"}
    ]


@fewer
@given(others, canary_rows)
def test_an_archive_of_before_is_erased_again_by_the_tombstones_of_its_hub(rows: list[Row], canary: list[Row]) -> None:
    from unified_customer.hub.archive import import_hub

    with folder() as path:
        with filled(rows, canary, store=f"duckdb:///{path}/shop.duckdb") as hub:
            hub.export(path / "archive")
            hub.rights.erase_many(canaries(hub))
            before = shown(hub)
        store = uc.open_store("memory://")
        import_hub(path / "archive", store, clock=Ticking(), tombstones=path / "shop.duckdb.tombstones")
        with new_hub(store) as moved:
            assert traces(moved) == set()
            assert shown(moved) == before


@fewer
@given(others, canary_rows)
def test_a_fit_in_which_the_person_can_be_read_is_emptied_and_made_anew(rows: list[Row], canary: list[Row]) -> None:
    hub = filled(rows, [{**each, "card": f"{CANARY}-card"} for each in canary])
    saved = hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=START))
    (receipt, *_) = hub.rights.erase_many(canaries(hub))
    assert [each.target for each in receipt.open if each.step == "artifact"] == [saved.artifact_id]
    hub.save(hub.fit(MonthlyPurchases(), purpose="analytics", as_of=START + timedelta(days=1)))
    assert "artifact" not in {each.step for each in hub.rights.erasures.receipt(receipt.erasure_id).open}
    assert hub._store.read("artifacts").filter(artifact_id=saved.artifact_id)["body"].item() is None
    with pytest.raises(uc.errors.ConfigurationError, match="no open step"):
        hub.rights.erasures.confirm(receipt.erasure_id, "artifact", saved.artifact_id, note="again")
