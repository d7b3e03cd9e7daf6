"""Laws of publications: keys resolve, nobody and nothing is in one that may not be, and a refresh is a publication anew."""

import json
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import lkml
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import unified_customer as uc
from unified_customer.core.errors import EverythingWithheldWarning, UnheardYesWarning
from unified_customer.engines.portable import Calendar
from unified_customer.reports.publishing import UNKNOWN_KEY
from unified_customer.testing.publication_strategies import (
    BEFORE,
    PEOPLE,
    PURPOSE,
    World,
    add,
    hub_of,
    ids_of,
    mail_of,
    row_sets,
    worlds,
)

few = settings(max_examples=max(8, settings().max_examples // 3), deadline=None)
calendars = st.builds(
    Calendar,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    week_start=st.sampled_from(["monday", "sunday"]),
    fiscal_month=st.integers(1, 12),
)
READ = {"fact_order_line": "order_lines", "fact_event": "events", "fact_answer": "answers", "fact_score": "scores"}


@contextmanager
def opened(world: World) -> Iterator[tuple[uc.CustomerHub, Path]]:
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder, hub_of(world) as hub:
        for told in (EverythingWithheldWarning, UnheardYesWarning):
            warnings.simplefilter("ignore", told)
        yield hub, Path(folder)


def tables_of(folder: Path) -> dict[str, pl.DataFrame]:
    return {each.stem: pl.read_parquet(each) for each in folder.glob("*.parquet")}


def texts_of(folder: Path) -> dict[str, str]:
    return {
        str(each.relative_to(folder)): each.read_text()
        for each in folder.rglob("*")
        if each.suffix != ".parquet" and each.is_file()
    }


def dictionary_of(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "dictionary.json").read_text())
    return told


def same(a: Path, b: Path) -> bool:
    """Whether two publications hold the same: bytes of tables and documents; a manifest says when it was written."""
    files = [{str(f.relative_to(each)): f.read_bytes() for f in each.rglob("*") if f.is_file()} for each in (a, b)]
    for each in files:
        del each["publication.json"]
    return files[0] == files[1]


@few
@given(worlds(), calendars)
def test_every_key_is_the_key_of_one_row(world: World, calendar: Calendar) -> None:
    with opened(world) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi", calendar=calendar)
        found = tables_of(folder / "bi")
        for table in dictionary_of(folder / "bi")["tables"]:
            frame = found[table["name"]]
            assert not table["key"] or not frame.select(table["key"]).is_duplicated().any()
            for column in (each for each in table["columns"] if each["refers_to"]):
                (key,) = next(
                    t["key"] for t in dictionary_of(folder / "bi")["tables"] if t["name"] == column["refers_to"]
                )
                assert set(frame[column["name"]]) <= set(found[column["refers_to"]][key])


@few
@given(worlds())
def test_nobody_whom_the_purpose_may_not_see_is_in_any_table(world: World) -> None:
    with opened(world) as (hub, folder):
        published = hub.publish(purpose=PURPOSE, to=folder / "bi")
        found = tables_of(folder / "bi")
        said = "".join(map(str, (frame.rows() for frame in found.values())))
        assert not any(mail_of(each) in said or f"Name-{each}" in said for each in world.objected)
        assert found["dim_customer"]["is_known"].sum() == len(PEOPLE) - len(world.objected) == published.people
        for name in set(READ) & set(found):
            anonymous = "exclude" if name == "fact_score" else "include"
            columns = ["source"] if name != "fact_score" else ["name"]
            read = hub.read(READ[name], purpose=PURPOSE, anonymous=anonymous, columns=columns)  # type: ignore[arg-type]
            assert found[name].height == read.height
            assert (found[name]["customer_key"] == UNKNOWN_KEY).sum() == read["customer_id"].null_count()


@few
@given(worlds())
def test_no_column_tells_of_what_is_withheld_and_each_that_does_is_named(world: World) -> None:
    with opened(world) as (hub, folder):
        published = hub.publish(purpose=PURPOSE, to=folder / "bi")
        told, found = dictionary_of(folder / "bi"), tables_of(folder / "bi")
        assert {each["name"]: [c["name"] for c in each["columns"]] for each in told["tables"]} == {
            each["name"]: found[each["name"]].columns for each in told["tables"]
        }
        assert set(found) == {each["name"] for each in told["tables"]}
        for column in (
            column for each in told["tables"] for column in each["columns"] if not column["name"].endswith("_key")
        ):
            assert all(hub.policy.may_see(PURPOSE, category) for category in column["categories"])
        withheld = {name: set(columns) for name, columns in published.withheld.columns.items()}
        assert not any(columns & set(found[name].columns) for name, columns in withheld.items())
        assert told["withheld"]["tables"] == list(published.withheld.tables)
        assert "secret text" not in "".join(map(str, (frame.rows() for frame in found.values())))


@few
@given(worlds(), row_sets(), st.data())
def test_a_refresh_holds_what_publishing_anew_would(world: World, more: Mapping[str, Any], data: st.DataObject) -> None:
    with opened(world) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi")
        ids = ids_of(hub)
        for what in data.draw(st.lists(st.sampled_from(["add", "object", "allow", "erase", "merge"]), max_size=2)):
            left = sorted(ids_of(hub))
            if what == "add":
                add(hub, more)
            elif what == "erase" and left:
                hub.rights.erase(ids[left[0]])
            elif what == "merge" and len(left) > 1 and ids_of(hub)[left[0]] != ids_of(hub)[left[1]]:
                hub.merge(ids[left[0]], ids[left[1]])
            elif left and what in {"object", "allow"}:
                status = "objected" if what == "object" else "granted"
                hub.consent.record(PURPOSE, status, customer_id=ids[left[-1]], verified=True)  # type: ignore[arg-type]
        before = set(hub.publish.outdated()["tables"].explode())
        refreshed = hub.publish.refresh(folder / "bi")
        assert set(refreshed.written) == before - {None}
        hub.publish(purpose=PURPOSE, to=folder / "anew")
        assert same(folder / "bi", folder / "anew")
        assert hub.publish.outdated().is_empty()
        assert hub.publish.refresh(folder / "bi").written == ()


@few
@given(worlds())
def test_sums_are_those_of_what_is_read(world: World) -> None:
    with opened(replace(world, forbidden=())) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi")
        found = tables_of(folder / "bi")
        read = hub.read("order_lines", purpose=PURPOSE, anonymous="include")
        for name in ("quantity", "amount"):
            sums = [
                frame.group_by("currency").agg(pl.col(name).sum().cast(pl.Decimal(38, 4)))
                for frame in (read, found["fact_order_line"], found["fact_order"])
            ]
            assert all(each.sort("currency").equals(sums[0].sort("currency")) for each in sums)
        orders = found["fact_order"]
        assert orders.filter(pl.col("sold") + pl.col("returned") != pl.col("amount")).is_empty()
        assert orders["lines"].sum() == read.height


@few
@given(worlds(), calendars)
def test_publishing_twice_writes_the_same_bytes(world: World, calendar: Calendar) -> None:
    with opened(world) as (hub, folder):
        for name in ("one", "two"):
            hub.publish(purpose=PURPOSE, to=folder / name, calendar=calendar)
        assert same(folder / "one", folder / "two")


@few
@given(worlds(), st.sampled_from(PEOPLE))
def test_an_erasure_leaves_no_trace(world: World, gone: str) -> None:
    with opened(replace(world, forbidden=())) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi")
        ids, there = ids_of(hub), gone not in world.objected
        keys = hub.publish.customers_of(folder / "bi", tables_of(folder / "bi")["dim_customer"]["customer_key"])
        theirs = keys.filter(customer_id=ids[gone])["customer_key"].to_list()
        receipt = hub.rights.erase(ids[gone])
        assert len(theirs) == there == [each.step for each in receipt.open].count("export")
        hub.rights.erasures.resume()
        said = "".join(map(str, (frame.rows() for frame in tables_of(folder / "bi").values())))
        assert not any(each in said for each in (mail_of(gone), f"Name-{gone}", *theirs))
        assert [each.step for each in hub.rights.erasures.receipt(receipt.erasure_id).open] == ["bytes"]
        assert [each.name for each in folder.iterdir()] == ["bi"]


@few
@given(worlds())
def test_recipients_share_no_key_and_one_recipient_always_has_the_same(world: World) -> None:
    with opened(replace(world, forbidden=())) as (hub, folder):
        keys = {}
        for name, recipient in (("a", "agency"), ("b", "bureau"), ("c", "agency")):
            hub.publish(purpose=PURPOSE, to=folder / name, recipient=recipient)
            found = tables_of(folder / name)
            keys[name] = {
                key
                for frame in found.values()
                for each in frame.columns
                if each.endswith("_key") and each != "date_key"
                for key in frame[each].drop_nulls()
            }
        assert keys["a"] == keys["c"]
        assert keys["a"] & keys["b"] == {UNKNOWN_KEY}


@few
@given(worlds(), row_sets())
def test_what_happened_later_changes_nothing(world: World, more: Mapping[str, Any]) -> None:
    times = {
        "order_lines": "occurred_at",
        "events": "occurred_at",
        "answers": "answered_at",
        "memberships": "entered_at",
        "scores": "as_of",
        "items": "valid_from",
    }
    later = {name: [row for row in more[name] if row[time] >= BEFORE] for name, time in times.items()}
    for number, row in enumerate(later["order_lines"]):
        row["order_id"] = f"later {number}"
    with opened(world) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "before", as_of=BEFORE)
        add(hub, {name: rows for name, rows in later.items() if name not in {"events", "answers"}})
        hub.publish(purpose=PURPOSE, to=folder / "after", as_of=BEFORE)
        assert same(folder / "before", folder / "after")
        left = tables_of(folder / "after").get("fact_membership", pl.DataFrame({"left_at_utc": []}))
        assert left.filter(pl.col("left_at_utc") >= BEFORE.replace(tzinfo=None)).is_empty()


@few
@given(worlds())
def test_models_speak_of_nothing_but_the_tables_that_lie_there(world: World) -> None:
    with opened(world) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi")
        columns = {name: set(frame.columns) for name, frame in tables_of(folder / "bi").items()}
        texts = texts_of(folder / "bi")
    model = json.loads(texts["powerbi/customers.SemanticModel/model.bim"])["model"]
    assert {each["name"]: {c["name"] for c in each["columns"]} for each in model["tables"]} == columns
    for each in model["relationships"]:
        assert each["fromColumn"] in columns[each["fromTable"]]
        assert each["toColumn"] in columns[each["toTable"]]
    views = [lkml.load(text)["views"][0] for path, text in texts.items() if path.endswith(".view.lkml")]
    for view in views:
        named = [each["name"] for kind in ("dimensions", "dimension_groups") for each in view.get(kind, [])]
        assert set(named) - {"row_key"} == columns[view["name"]]
        measures = [each["name"] for each in view.get("measures", [])]
        assert len(set(named + measures)) == len(named + measures)
    joined = {
        join["name"] for each in lkml.load(texts["lookml/customers.model.lkml"])["explores"] for join in each["joins"]
    }
    assert joined <= set(columns) == {view["name"] for view in views}


@given(worlds())
@few
def test_money_is_exact(world: World) -> None:
    with opened(replace(world, forbidden=())) as (hub, folder):
        hub.publish(purpose=PURPOSE, to=folder / "bi", tables=["fact_spend"])
        found = tables_of(folder / "bi")["fact_spend"]
        assert found["amount"].dtype == pl.Decimal(18, 4)
        assert sum(found["amount"], Decimal(0)) == sum(hub.read("spend", purpose=PURPOSE)["amount"], Decimal(0))
