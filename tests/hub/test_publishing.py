"""Publishing: where to, what is refused, what a refresh writes, and how erasures and withdrawals reach what was published."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pantab
import polars as pl
import pytest

import unified_customer as uc
from unified_customer.core.errors import (
    ConfigurationError,
    ConsentError,
    EverythingWithheldWarning,
    MissingDependencyError,
)
from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar
from unified_customer.reports.publishing import UNKNOWN_KEY
from unified_customer.reports.publishing.targets import folder as folder_target
from unified_customer.testing.publication_strategies import PURPOSE, World, add, hub_of, ids_of, mail_of

JUNE = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
LINE = {"who": "1", "order_id": "x", "line_id": "1", "occurred_at": JUNE, "kind": "sale", "quantity": Decimal(2)}
ROWS: dict[str, list[dict[str, Any]]] = {
    "order_lines": [
        {**LINE, "item_id": "mug", "channel": "web", "amount": Decimal("9.90"), "currency": "EUR"},
        {
            **LINE,
            "line_id": "2",
            "kind": "return",
            "quantity": Decimal(-1),
            "amount": Decimal("-4.95"),
            "currency": "EUR",
        },
        {**LINE, "who": None, "order_id": "y", "item_id": "cup", "amount": Decimal(5), "currency": "USD"},
    ],
    "events": [{"who": "2", "event_id": "1", "occurred_at": JUNE, "type": "track", "name": "Seen", "session_id": "s"}],
    "items": [{"item_id": "mug", "valid_from": JUNE, "kind": "product", "name": "Mug", "price": Decimal("4.95")}],
    "memberships": [{"who": "1", "segmentation": "rfm", "segment": "Champions", "entered_at": JUNE, "left_at": None}],
}
SPEND = {"period_start": date(2026, 2, 1), "channel": "search", "campaign": "", "amount": Decimal(7), "currency": "EUR"}
WORLD = World(ROWS, frozenset(), ())
SCHEMES = ("parquet", "duckdb", "hyper")


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with hub_of(WORLD) as opened:
        yield opened


def url(scheme: str, folder: Path) -> str:
    return f"{scheme}:///{folder / 'bi'}"


def tables_of(place: str) -> dict[str, pl.DataFrame]:
    scheme, _, path = place.partition(":///")
    if scheme == "parquet":
        return {each.stem: pl.read_parquet(each) for each in Path(path).glob("*.parquet")}
    if scheme == "hyper":
        found = {name: frame for (_, name), frame in pantab.frames_from_hyper(path, return_type="polars").items()}
    else:
        with duckdb.connect(path, read_only=True) as connection:
            names = [name for (name,) in connection.execute("show tables").fetchall()]
            found = {name: connection.sql(f"from {name}").pl() for name in names}
    assert len(found.pop("publication")) == 1
    return found


def everything(place: str) -> bytes:
    """All rows and all bytes of a publication, and of what lies beside it."""
    path = Path(place.partition(":///")[2])
    files = [each.read_bytes() for each in path.parent.rglob("*") if each.is_file()]
    return b"".join([*(str(frame.rows()).encode() for frame in tables_of(place).values()), *files])


def keys_of(hub: uc.CustomerHub) -> list[str]:
    """The keys of all customers in publications for no recipient."""
    frame = hub.customers(purpose=PURPOSE)
    return hub.publish._naming(PURPOSE, None).key("customer", frame, "customer_id").to_list()


def only(hub: uc.CustomerHub) -> dict[str, Any]:
    """The one publication that is outdated."""
    return dict(hub.publish.outdated().row(0, named=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_target_holds_the_same(hub: uc.CustomerHub, tmp_path: Path, scheme: str) -> None:
    tables = ["fact_order"] if scheme == "hyper" else None  # Hyper is started for each table that is read back
    hub.publish(purpose=PURPOSE, to=tmp_path / "plain", tables=tables)
    published = hub.publish(purpose=PURPOSE, to=url(scheme, tmp_path), tables=tables)
    plain, found = tables_of(f"parquet:///{tmp_path / 'plain'}"), tables_of(url(scheme, tmp_path))
    assert {name: frame.height for name, frame in found.items()} == dict(published.tables)
    for name, frame in plain.items():
        assert frame.sort(frame.columns).equals(found[name].cast(frame.schema).sort(frame.columns))
    assert not [each.name for each in tmp_path.iterdir() if each.name.startswith(".")]
    documents = tmp_path / "bi" if scheme == "parquet" else tmp_path / "bi.docs"
    assert (documents / "README.md").read_text().startswith("# Customers, for BI")
    assert (documents / "lookml").is_dir() == (scheme != "hyper")
    assert hub.publish.refresh(url(scheme, tmp_path)).written == ()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_erasure_reaches_every_target(hub: uc.CustomerHub, tmp_path: Path, scheme: str) -> None:
    place = url(scheme, tmp_path)
    hub.publish(purpose=PURPOSE, to=place, tables=["dim_customer"] if scheme == "hyper" else None)
    (key,) = hub.publish.customers_of(place, keys_of(hub)).filter(customer_id=ids_of(hub)["1"])["customer_key"]
    assert all(each.encode() in everything(place) for each in (mail_of("1"), "Name-1", key))
    receipt = hub.rights.erase(ids_of(hub)["1"])
    assert [each.step for each in receipt.open] == ["export", "bytes"]
    assert (only(hub)["reasons"], only(hub)["erased"]) == (["erasure"], 1)
    hub.rights.compact()
    assert hub.rights.erasures.receipt(receipt.erasure_id).complete
    left = everything(place)
    assert not any(each.encode() in left for each in (mail_of("1"), "Name-1", key))
    assert mail_of("2").encode() in left
    assert hub.publish.outdated().is_empty()


def test_an_erasure_is_finished_when_the_hub_is_opened_again(tmp_path: Path) -> None:
    store, keys = f"duckdb:///{tmp_path / 'hub.duckdb'}", uc.MemoryKeyProvider(b"k" * 32)
    with hub_of(WORLD, store) as hub:
        hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
        receipt = hub.rights.erase(ids_of(hub)["1"])
    with uc.CustomerHub(store, keys=keys) as hub:
        assert [each.step for each in hub.rights.erasures.receipt(receipt.erasure_id).open] == ["bytes"]
    assert tables_of(f"parquet:///{tmp_path / 'bi'}")["dim_customer"].height == 3


def test_a_publication_that_cannot_be_written_anew_is_a_step_that_failed(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    (tmp_path / "bi" / "notes.txt").write_text("mine")
    receipt = hub.rights.erase(ids_of(hub)["1"])
    hub.rights.erasures.resume()
    failed = hub.rights.erasures.receipt(receipt.erasure_id).open[0]
    assert (failed.step, failed.state, dict(failed.detail)) == ("export", "failed", {"error": "ConfigurationError"})
    (tmp_path / "bi" / "notes.txt").unlink()
    (left,) = hub.rights.erasures.resume()
    assert [each.step for each in left.open] == ["bytes"]


def test_an_erasure_is_finished_though_nobody_is_left_to_publish(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    first, *others = ids_of(hub).values()
    for each in others:
        hub.consent.record(PURPOSE, "objected", customer_id=each)
    receipt = hub.rights.erase(first)
    hub.rights.compact()
    assert hub.rights.erasures.receipt(receipt.erasure_id).complete


def test_who_withdraws_is_gone_from_the_next_refresh(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    hub.consent.record(PURPOSE, "objected", customer_id=ids_of(hub)["1"])
    assert (only(hub)["reasons"], only(hub)["no_longer_allowed"]) == (["withdrawal"], 1)
    refreshed = hub.publish.refresh(tmp_path / "bi")
    assert (refreshed.people, refreshed.withheld.people) == (2, 1)
    assert b"Name-1" not in everything(url("parquet", tmp_path))
    assert hub.governance.outdated().is_empty()


def test_consent_of_a_recipient_is_what_counts_for_it(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.consent.record(PURPOSE, "objected", customer_id=ids_of(hub)["1"], recipient="agency")
    people = {
        each: hub.publish(purpose=PURPOSE, to=tmp_path / each, recipient=each).people for each in ("agency", "bureau")
    }
    assert people == {"agency": 2, "bureau": 3}
    hub.consent.record(PURPOSE, "objected", customer_id=ids_of(hub)["2"], recipient="bureau")
    assert hub.publish.outdated()["recipient"].to_list() == ["bureau"]


def test_when_everybody_is_withheld_nobody_is_left_in_it(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    for each in ids_of(hub).values():
        hub.consent.record(PURPOSE, "objected", customer_id=each)
    with pytest.warns(EverythingWithheldWarning):
        refreshed = hub.publish.refresh(tmp_path / "bi")
    assert refreshed.people == 0
    assert hub.publish.listing().select("people", "artifact_id").rows() == [(0, refreshed.artifact_id)]
    assert hub._store.read("artifacts").drop_nulls("location")["artifact_id"].to_list() == [refreshed.artifact_id]
    assert hub.publish.outdated().is_empty()
    assert tables_of(url("parquet", tmp_path))["fact_order"].height == 1


# ------------------------------------------------------------------------------------------------------------ refresh


@pytest.mark.parametrize("scheme", ["parquet", "duckdb"])
def test_a_refresh_writes_what_changed_and_takes_over_the_rest(
    hub: uc.CustomerHub, tmp_path: Path, scheme: str
) -> None:
    place = url(scheme, tmp_path)
    hub.publish(purpose=PURPOSE, to=place)
    add(hub, {"spend": [SPEND]})
    assert only(hub)["reasons"] == ["change"]
    before = hub._store.count("audit")
    refreshed = hub.publish.refresh(place)
    assert refreshed.written == ("dim_date", "dim_channel", "dim_campaign", "fact_spend")
    assert tables_of(place)["fact_spend"]["campaign_key"].to_list() == [UNKNOWN_KEY]
    assert (tables_of(place)["fact_order"].height, tables_of(place)["dim_campaign"].height) == (2, 1)
    read = set(hub._store.read("audit", order_by=["seq"])["subject_table"].slice(before))
    assert not read & {"customers", "items"}


def test_what_did_not_change_is_the_same_file(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    files = {each.name: each.stat().st_ino for each in (tmp_path / "bi").glob("*.parquet")}
    add(hub, {"spend": [SPEND]})
    hub.publish.refresh(tmp_path / "bi")
    same = {each.name for each in (tmp_path / "bi").glob("*.parquet") if files[each.name] == each.stat().st_ino}
    assert "fact_order_line.parquet" in same
    assert "fact_spend.parquet" not in same


@pytest.mark.parametrize("scheme", ["parquet", "duckdb"])
def test_a_refresh_writes_anew_what_is_gone(hub: uc.CustomerHub, tmp_path: Path, scheme: str) -> None:
    place = url(scheme, tmp_path)
    hub.publish(purpose=PURPOSE, to=place)
    path = tmp_path / "bi"
    path.rename(tmp_path / "elsewhere")
    assert only(hub)["reasons"] == ["gone"]
    assert len(hub.publish.refresh(place).written) == 14
    assert tables_of(place)["dim_customer"].height == 4


def test_letting_go_of_deletions_is_no_change_and_a_deletion_is(hub: uc.CustomerHub, tmp_path: Path) -> None:
    add(hub, {"spend": [SPEND]})
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    hub.rights.compact()
    assert hub.publish.outdated().is_empty()
    with hub._store.transaction(recorded_at=JUNE) as writer:
        writer.delete("spend", pl.DataFrame({"source": ["shop"]}))
    hub._store.compact(keep_changes_since=hub._store.last_seq())
    assert only(hub)["tables"] == ["dim_date", "dim_channel", "dim_campaign", "fact_spend"]


def test_what_somebody_changed_is_written_anew(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "bi" / "dim_item.parquet")
    assert (only(hub)["reasons"], only(hub)["tables"]) == (["altered"], ["dim_item"])
    assert hub.publish.refresh(tmp_path / "bi").written == ("dim_item",)
    assert "item_key" in pl.read_parquet(tmp_path / "bi" / "dim_item.parquet").columns


def test_what_lies_there_does_not_say_what_comes_next(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi", tables=["fact_spend"])
    manifest = tmp_path / "bi" / "publication.json"
    told = {**json.loads(manifest.read_text()), "purpose": "essential.service", "tables": {"dim_customer": 0}}
    manifest.write_text(json.dumps(told))
    add(hub, {"spend": [SPEND]})
    refreshed = hub.publish.refresh(tmp_path / "bi")
    assert refreshed.purpose == PURPOSE
    assert "dim_customer" not in refreshed.tables
    assert json.loads(manifest.read_text())["purpose"] == PURPOSE


def test_a_refresh_sees_with_the_eyes_of_who_published(tmp_path: Path) -> None:
    roles = {"analyst": uc.policy.Role(hidden=("user.contact",)), "default": uc.policy.Role()}
    policy = uc.Policy(bases={PURPOSE: "legitimate_interests", "essential.service": "contract"}, roles=roles)
    with hub_of(WORLD) as plain:
        frame = plain.customers(purpose=PURPOSE)
    people = pl.DataFrame({"id": ["1"], "mail": [mail_of("1")]})
    mapping = uc.Mapping(table="records", key="id", fields={"email": "mail"})
    with uc.CustomerHub(policy=policy) as hub:
        hub.load(uc.source("dataframe", people, table="records", name="crm", mapping=mapping))
        hub.resolve()
        hub.publish(purpose=PURPOSE, to=tmp_path / "bi", actor=Actor(id="ann", roles=("analyst",)))
        add(hub, {"spend": [SPEND]})
        refreshed = hub.publish.refresh(tmp_path / "bi")
        assert "email" in refreshed.withheld.columns["dim_customer"]
        assert mail_of("1").encode() not in everything(url("parquet", tmp_path))
        assert "email" not in hub.publish.refresh(tmp_path / "bi", actor=Actor(id="root")).withheld.columns.get(
            "dim_customer", ()
        )
    assert frame.height == 3


def test_a_purpose_that_its_actor_may_not_use_any_more_is_refused(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi", tables=["fact_spend"])
    hub._door._policy = uc.Policy(roles={"default": uc.policy.Role(purposes=("essential",))})
    assert only(hub)["reasons"] == ["refused"]
    with pytest.raises(ConsentError):
        hub.publish.refresh(tmp_path / "bi")


def test_a_publication_of_the_past_can_go_on(hub: uc.CustomerHub, tmp_path: Path) -> None:
    published = hub.publish(purpose=PURPOSE, to=tmp_path / "bi", as_of=JUNE)
    assert published.tables["fact_order"] == 0
    later = hub.publish.refresh(tmp_path / "bi", as_of=datetime(2026, 3, 30, tzinfo=UTC))
    assert later.tables["fact_order"] == 2
    assert hub.publish.listing()["as_of"].to_list() == [datetime(2026, 3, 30, tzinfo=UTC)]


def test_an_end_that_was_not_known_yet_is_none(hub: uc.CustomerHub, tmp_path: Path) -> None:
    left = {**ROWS["memberships"][0], "who": "2", "left_at": datetime(2026, 4, 1, tzinfo=UTC)}
    add(hub, {"memberships": [left]})

    def told(as_of: datetime) -> tuple[int, int]:
        hub.publish(purpose=PURPOSE, to=tmp_path / "bi", as_of=as_of)
        found = tables_of(url("parquet", tmp_path))
        return found["fact_membership"]["left_at_utc"].null_count(), found["bridge_customer_segment"].height

    assert told(datetime(2026, 4, 1, tzinfo=UTC)) == (2, 2)
    assert told(datetime(2026, 4, 2, tzinfo=UTC)) == (1, 1)


# ------------------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("postgresql://server/bi", "needs the PostgreSQL store"),
        ("s3://bucket/bi", "no kind of publication"),
        ("duckdb://bi.duckdb", "three slashes"),
        ("parquet:///", "three slashes"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(hub: uc.CustomerHub, to: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        hub.publish(purpose=PURPOSE, to=to)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_no_publication_is_not_written_over(hub: uc.CustomerHub, tmp_path: Path, scheme: str) -> None:
    (tmp_path / "bi").write_text("mine")
    with pytest.raises(ConfigurationError, match="is no publication"):
        hub.publish(purpose=PURPOSE, to=url(scheme, tmp_path))
    assert (tmp_path / "bi").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["bi"]


def test_a_folder_with_something_else_in_it_is_not_written_over(hub: uc.CustomerHub, tmp_path: Path) -> None:
    (tmp_path / "bi").mkdir()
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi", tables=["fact_spend"])
    (tmp_path / "bi" / "mine.xlsx").write_text("mine")
    with pytest.raises(ConfigurationError, match=r"would be lost: mine\.xlsx"):
        hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    with pytest.raises(ConfigurationError, match="is no publication"):
        hub.publish(purpose=PURPOSE, to=tmp_path)


def test_a_folder_of_documents_that_is_another_is_not_written_over(hub: uc.CustomerHub, tmp_path: Path) -> None:
    (tmp_path / "bi.docs").mkdir()
    with pytest.raises(ConfigurationError, match=r"bi\.docs"):
        hub.publish(purpose=PURPOSE, to=url("duckdb", tmp_path))


def test_a_duckdb_file_of_another_program_is_not_written_over(hub: uc.CustomerHub, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "bi")) as connection:
        connection.execute("create table publication as select 'no' as manifest")
    with pytest.raises(ConfigurationError, match="is no publication"):
        hub.publish(purpose=PURPOSE, to=url("duckdb", tmp_path))


@pytest.mark.parametrize("name", ["hub.duckdb", "hub.duckdb.new", "hub.duckdb.key", "link.duckdb"])
def test_the_files_of_the_hub_are_no_place_for_it(tmp_path: Path, name: str) -> None:
    with hub_of(WORLD, f"duckdb:///{tmp_path / 'hub.duckdb'}") as hub:
        (tmp_path / "link.duckdb").hardlink_to(tmp_path / "hub.duckdb")
        with pytest.raises(ConfigurationError, match="belongs to the hub itself"):
            hub.publish(purpose=PURPOSE, to=f"duckdb:///{tmp_path / name}")


def test_hyper_says_what_to_install(hub: uc.CustomerHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pantab", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[hyper\]"'):
        hub.publish(purpose=PURPOSE, to=url("hyper", tmp_path))


def test_what_was_not_published_is_not_refreshed(hub: uc.CustomerHub, tmp_path: Path) -> None:
    for call in (hub.publish.refresh, hub.publish.retract):
        with pytest.raises(ConfigurationError, match="published nothing to"):
            call(tmp_path / "bi")


# ------------------------------------------------------------------------------------------------------ interruptions


def test_what_fails_leaves_what_was_there(hub: uc.CustomerHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    before = {each.name: each.read_bytes() for each in (tmp_path / "bi").iterdir() if each.is_file()}

    def fail(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(folder_target, "swap_folder", fail)
        with pytest.raises(OSError, match=r"^$"):
            hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    assert {each.name: each.read_bytes() for each in (tmp_path / "bi").iterdir() if each.is_file()} == before
    assert [each.name for each in tmp_path.iterdir()] == ["bi"]


@pytest.mark.parametrize("left", [(".bi.old",), (".bi.new",), (".bi.old", ".bi.new"), ("bi", ".bi.old")])
def test_what_was_killed_is_put_right(hub: uc.CustomerHub, tmp_path: Path, left: tuple[str, ...]) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    copies = [each for each in left if each != "bi"]
    for each in copies:
        (tmp_path / each).mkdir()
        for file in (tmp_path / "bi").iterdir():
            if file.is_file():
                (tmp_path / each / file.name).write_bytes(file.read_bytes())
    if "bi" not in left and ".bi.old" in left:
        (tmp_path / "bi").rename(tmp_path / "gone")
    hub.rights.erase(ids_of(hub)["1"])
    hub.rights.erasures.resume()
    assert {each.name for each in tmp_path.iterdir()} <= {"bi", "gone"}
    assert not any(mail_of("1") in str(frame.rows()) for frame in tables_of(url("parquet", tmp_path)).values())


# ------------------------------------------------------------------------------------------------------- what is told


def test_it_is_on_record_in_the_audit_and_told_to_the_person(hub: uc.CustomerHub, tmp_path: Path) -> None:
    published = hub.publish(purpose=PURPOSE, to=tmp_path / "bi", recipient="agency")
    entry = hub.audit.entries(action="export").row(0, named=True)
    assert (entry["purpose"], entry["people"]) == (PURPOSE, 3)
    assert published.artifact_id in entry["detail"]
    told = hub.rights.access(ids_of(hub)["1"]).tables["artifacts"]
    assert told["location"].to_list() == [str(tmp_path / "bi")]
    listed = hub.publish.listing().row(0, named=True)
    assert (listed["recipient"], listed["people"], listed["tables"]) == ("agency", 3, 14)
    assert "agency" in published._repr_html_()
    assert "canary" not in published._repr_html_() + str(published)


def test_keys_lead_back_to_customers_under_the_purpose(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    hub.consent.record(PURPOSE, "objected", customer_id=ids_of(hub)["2"])
    found = hub.publish.customers_of(
        tmp_path / "bi", tables_of(url("parquet", tmp_path))["dim_customer"]["customer_key"]
    )
    assert set(found["customer_id"]) == {ids_of(hub)["1"], ids_of(hub)["3"]}
    assert hub.publish.customers_of(tmp_path / "bi", [UNKNOWN_KEY, "x"]).is_empty()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_retracted_is_deleted_and_forgotten(hub: uc.CustomerHub, tmp_path: Path, scheme: str) -> None:
    hub.publish(purpose=PURPOSE, to=url(scheme, tmp_path))
    receipt = hub.rights.erase(ids_of(hub)["1"])
    hub.publish.retract(url(scheme, tmp_path))
    assert not list(tmp_path.iterdir())
    assert hub.publish.listing().is_empty()
    assert [each.step for each in hub.rights.erasures.receipt(receipt.erasure_id).open] == ["bytes"]
    assert not hub.rights.erasures.preview(ids_of(hub)["2"]).copies
    assert hub.audit.entries(action="retract").height == 1


def test_times_are_told_in_utc_and_as_the_clock_of_the_shop_showed(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi", calendar=Calendar(zone="America/New_York"))
    event = tables_of(url("parquet", tmp_path))["fact_event"].row(0, named=True)
    assert event["occurred_at_utc"] == datetime(2026, 3, 29, 0, 30)  # noqa: DTZ001 (it has no zone)
    assert event["occurred_at_local"] == datetime(2026, 3, 28, 20, 30)  # noqa: DTZ001 (it has no zone)
    assert event["date_key"] == date(2026, 3, 28)


def test_orders_are_the_sum_of_their_lines_and_items_the_catalogue_and_what_was_bought(
    hub: uc.CustomerHub, tmp_path: Path
) -> None:
    hub.publish(purpose=PURPOSE, to=tmp_path / "bi")
    found = tables_of(url("parquet", tmp_path))
    order = found["fact_order"].filter(currency="EUR").row(0, named=True)
    assert [order[each] for each in ("lines", "quantity", "sold", "returned", "amount", "is_purchase")] == [
        2, Decimal(1), Decimal("9.90"), Decimal("-4.95"), Decimal("4.95"), True,
    ]  # fmt: skip
    items = found["dim_item"].sort("item_id", nulls_last=True)
    assert items.select("item_id", "in_catalogue", "name").rows() == [
        ("cup", False, None),
        ("mug", True, "Mug"),
        (None, False, None),
    ]
    assert found["bridge_customer_segment"].height == found["dim_segment"].height == 1


def test_comments_of_a_duckdb_file_are_the_dictionary(hub: uc.CustomerHub, tmp_path: Path) -> None:
    hub.publish(purpose=PURPOSE, to=url("duckdb", tmp_path))
    with duckdb.connect(str(tmp_path / "bi"), read_only=True) as connection:
        said = connection.execute("select comment from duckdb_columns() where table_name = 'fact_order'").fetchall()
        types = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'fact_order'"
            ).fetchall()
        )
    assert all(comment for (comment,) in said)
    assert (types["amount"], types["ordered_at_utc"], types["date_key"]) == ("DECIMAL(28,4)", "TIMESTAMP", "DATE")
