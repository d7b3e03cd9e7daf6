"""Real data through the public door: five sets of people, a shop's two years of lines, and an invented shop in full."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.cli.demo.accuracy import Accuracy, accuracy, joined_to_truth
from unified_customer.cli.demo.found import found_records
from unified_customer.cli.demo.planted import held_rows
from unified_customer.cli.demo.sources import demo_policy, demo_sources
from unified_customer.datasets import Shop, make_shop, open_cdnow, open_online_retail, open_people
from unified_customer.hub import LoadReport

POLICY = uc.Policy(bases={"analytics": "legitimate_interests", "essential.service": "contract"})
PLACE = {"given_name": "given_name", "family_name": "surname", "city": "suburb", "postcode": "postcode"}
FEBRL: Mapping[str, Any] = {
    "fields": {**PLACE, "birth_date": {"column": "date_of_birth", "format": "%Y%m%d"}, "region": "state"},
    "identifiers": {"tax_id": "soc_sec_id"},
    "traits": ["street_number", "address_1", "address_2"],
}
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "fake_1000": {
        "fields": {
            "given_name": "first_name",
            "family_name": "surname",
            "birth_date": "dob",
            "city": "city",
            "email": "email",
        },
        "traits": "drop",
    },
    "febrl1": FEBRL,
    "febrl3": FEBRL,
    "febrl4": FEBRL,
    "historical_50k": {
        "fields": {
            "full_name": "full_name",
            "given_name": "first_name",
            "family_name": "surname",
            "birth_date": {"column": "dob", "format": "%Y-%m-%d"},
            "postcode": "postcode_fake",
            "gender": {"column": "gender", "values": {"male": "male", "female": "female"}, "otherwise": "other"},
        },
        "traits": ["birth_place", "occupation"],
    },
}


def balanced(report: LoadReport, rows: int) -> bool:
    return report.rows == rows == report.accepted + report.duplicates + report.quarantined + report.erased


def is_day(text: str | None, form: str) -> bool:
    try:
        # The reader takes no year before 1000.
        return text is None or datetime.strptime(text, form).year >= 1000  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return False


@pytest.mark.needs_shared_data
@pytest.mark.parametrize("name", PEOPLE)
def test_every_row_of_a_set_of_people_is_accounted_for(name: str, shared_data: Path) -> None:
    records = open_people(name, shared_data).records
    mapping = uc.Mapping(table="records", key="record_id", **PEOPLE[name])
    column, form = ("date_of_birth", "%Y%m%d") if name.startswith("febrl") else ("dob", "%Y-%m-%d")
    impossible = sum(not is_day(text, form) for text in records[column].to_list())
    with uc.CustomerHub(policy=POLICY) as hub:
        report = hub.load(uc.source("dataframe", records, table="records", name=name, mapping=mapping))
        assert balanced(report, records.height)
        assert (report.duplicates, report.quarantined) == (0, impossible)
        assert hub._store.count("quarantine") == impossible
        resolved = hub.resolve()
        assert resolved.records == report.accepted
        assert hub.customers(purpose="analytics", columns=["record_count"])["record_count"].sum() == report.accepted
        assert hub.load(uc.source("dataframe", records, table="records", name=name, mapping=mapping)).accepted == 0


RETAIL = uc.Mapping(
    table="order_lines",
    person="customer_id",
    fields={
        "order_id": "invoice",
        "occurred_at": {"column": "invoice_ts", "zone": "Europe/London"},
        "kind": "kind",
        "item_id": "stock_code",
        "name": "description",
        "quantity": "quantity",
        "unit_price": "unit_price",
        "currency": {"constant": "GBP"},
    },
    traits="drop",
)


@pytest.fixture(scope="module")
def lines(shared_data: Path) -> pl.DataFrame:
    back = pl.when(pl.col("invoice").str.starts_with("C")).then(pl.lit("cancellation"))
    kind = back.when(pl.col("quantity") < 0).then(pl.lit("return")).otherwise(pl.lit("sale"))
    return open_online_retail(shared_data).with_columns(kind=kind)


@pytest.fixture(scope="module")
def loaded(lines: pl.DataFrame) -> Iterator[tuple[uc.CustomerHub, LoadReport]]:
    with uc.CustomerHub(policy=POLICY) as hub:
        report = hub.load(uc.source("dataframe", lines, table="order_lines", name="retail", mapping=RETAIL))
        hub.resolve()
        yield hub, report


@pytest.mark.needs_shared_data
class TestOnlineRetail:
    def test_no_line_is_lost(self, loaded: tuple[uc.CustomerHub, LoadReport]) -> None:
        hub, report = loaded
        assert balanced(report, 541_909)
        assert (report.accepted, report.quarantined) == (541_909, 0)
        assert hub._store.count("order_lines") == 541_909

    def test_lines_of_nobody_are_readable_as_such(self, loaded: tuple[uc.CustomerHub, LoadReport]) -> None:
        hub, _ = loaded
        heights = {
            way: hub.scan("order_lines", purpose="analytics").select(pl.len()).collect().item()
            if way == "exclude"
            else hub.read("order_lines", purpose="analytics", columns=["line_id"], anonymous=way).height
            for way in ("exclude", "only", "include")
        }
        assert heights == {"exclude": 541_909 - 135_080, "only": 135_080, "include": 541_909}

    def test_there_are_as_many_customers_as_the_shop_knew(self, loaded: tuple[uc.CustomerHub, LoadReport]) -> None:
        hub, _ = loaded
        assert hub.customers(purpose="analytics", columns=["record_count"]).height == 4_372
        assert hub.scan("order_lines", purpose="analytics").select("customer_id").collect().n_unique() == 4_372

    def test_returns_and_cancellations_are_kept_with_what_they_took_back(
        self, loaded: tuple[uc.CustomerHub, LoadReport]
    ) -> None:
        hub, _ = loaded
        stored = hub._store.read("order_lines", columns=["kind", "quantity", "amount"])
        assert dict(stored["kind"].value_counts().rows()) == {"sale": 531_285, "cancellation": 9_288, "return": 1_336}
        back = stored.filter(pl.col("kind") != "sale")
        assert back["quantity"].max() < 0  # type: ignore[operator]  # there are rows, so that it is a number
        assert back["amount"].max() <= 0  # type: ignore[operator]  # there are rows, so that it is a number
        # There are rows, so that it is a number.
        assert back.filter(pl.col("kind") == "cancellation")["amount"].max() < 0  # type: ignore[operator]  # it is a number

    def test_money_is_exact(self, lines: pl.DataFrame, loaded: tuple[uc.CustomerHub, LoadReport]) -> None:
        hub, _ = loaded
        by_price = lines.group_by("unit_price").agg(pl.col("quantity").cast(pl.Int64).sum())
        expected = sum((Decimal(repr(price)) * quantity for price, quantity in by_price.iter_rows()), Decimal(0))
        assert expected == Decimal("9747747.934")
        assert hub._store.read("order_lines", columns=["amount"])["amount"].sum() == expected

    def test_loading_it_again_changes_nothing(
        self, lines: pl.DataFrame, loaded: tuple[uc.CustomerHub, LoadReport]
    ) -> None:
        hub, _ = loaded
        # The ids of lines are counted from the start of a load, so that a part of the file gives the same ids.
        part = lines.head(60_000)
        again = hub.load(uc.source("dataframe", part, table="order_lines", name="retail", mapping=RETAIL))
        assert balanced(again, 60_000)
        assert (again.accepted, again.quarantined, dict(again.derived)) == (0, 0, {})
        assert hub._store.count("order_lines") == 541_909
        assert hub.resolve().changed == 0


@pytest.mark.needs_shared_data
def test_cdnow_loads_as_order_lines(shared_data: Path) -> None:
    bought = open_cdnow(shared_data)
    mapping = uc.Mapping(
        table="order_lines",
        person="customer_id",
        fields={
            "order_id": "order",
            "occurred_at": {"column": "date", "zone": "America/New_York"},
            "quantity": "cds",
            "amount": "amount",
            "currency": {"constant": "USD"},
        },
    )
    orders = bought.with_columns(order=pl.format("{}-{}", "customer_id", "date"))
    with uc.CustomerHub(policy=POLICY) as hub:
        report = hub.load(uc.source("dataframe", orders, table="order_lines", name="cdnow", mapping=mapping))
        hub.resolve()
        assert balanced(report, 6_919)
        assert report.accepted == 6_919
        read = hub.read("order_lines", purpose="analytics", columns=["quantity", "amount"])
        assert read["customer_id"].n_unique() == 2_357
        assert read["amount"].sum() == sum(Decimal(repr(each)) for each in bought["amount"].to_list())
        assert int(read["quantity"].sum()) == bought["cds"].sum()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"), customers=300, seed=11)


@pytest.fixture(scope="module")
def hub(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[uc.CustomerHub]:
    url = f"duckdb:///{tmp_path_factory.mktemp('store')}/shop.duckdb"
    with uc.CustomerHub(url, policy=demo_policy(), clock=lambda: shop.as_of) as hub:
        for source in demo_sources(shop):
            report = hub.load(source)
            assert report.rows == report.accepted + report.duplicates + report.quarantined
            if source.table != "answers":
                assert report.rows == shop.rows[source.name]
        hub.resolve()
        yield hub


class TestAnInventedShop:
    def test_every_broken_row_is_in_quarantine_and_nothing_else_is(self, shop: Shop, hub: uc.CustomerHub) -> None:
        held = held_rows(hub._store.read("quarantine"))
        # A message of nobody is no personal data: it is kept and readable as such.
        broken = shop.planted().filter(pl.col("reason") != "missing_identity").select("source", "row")
        assert set(held.select("source", "row").iter_rows()) == set(broken.iter_rows())

    def test_messages_of_nobody_are_kept(self, shop: Shop, hub: uc.CustomerHub) -> None:
        planted = shop.planted().filter(reason="missing_identity")["row"].to_list()
        assert planted
        lines = shop.web_events.read_bytes().splitlines()
        ids = {json.loads(lines[row - 1])["messageId"] for row in planted}
        assert set(hub.events(purpose="analytics", columns=["event_id"], anonymous="only")["event_id"]) == ids

    def test_repeated_messages_are_counted_and_stored_once(self, shop: Shop, hub: uc.CustomerHub) -> None:
        entry = next(each for each in hub.audit.entries().iter_rows(named=True) if each["subject_table"] == "events")
        assert f'"duplicates":{shop.repeated}' in entry["detail"]

    def test_the_tills_lines_of_nobody_are_kept(self, shop: Shop, hub: uc.CustomerHub) -> None:
        bare = pl.read_parquet(shop.pos).with_row_index("row", offset=1).filter(pl.col("loyalty_card").is_null())
        broken = shop.planted().filter(source="pos")["row"].to_list()
        sound = bare.filter(~pl.col("row").is_in(broken)).height
        lines = hub.read("order_lines", purpose="analytics", columns=["source"], anonymous="only")
        assert lines.filter(source="pos").height == sound

    def test_loading_everything_again_changes_nothing(self, shop: Shop, hub: uc.CustomerHub) -> None:
        names = ("records", "events", "order_lines", "answers", "identifiers", "identities", "quarantine", "consents")
        before = [hub._store.count(name) for name in names]
        assert [hub.load(source).accepted for source in demo_sources(shop)] == [0] * 6
        assert [hub._store.count(name) for name in names] == before
        assert hub.resolve().changed == 0

    def test_who_was_joined_is_one_person(self, shop: Shop, hub: uc.CustomerHub) -> None:
        found = measured(shop, hub)
        assert found.precision >= 0.99
        assert found.recall >= 0.75


def measured(shop: Shop, hub: uc.CustomerHub) -> Accuracy:
    truth = shop.records()
    return accuracy(joined_to_truth(truth, found_records(hub, truth), linkable_only=True))
