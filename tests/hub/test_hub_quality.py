"""Data quality in a hub: checked when rows are loaded, fitted under a purpose, saved and put side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.analytics import DataQuality, Expectation, FittedDataQuality, Threshold, quality_history
from unified_customer.cli.demo.sources import demo_policy, demo_sources
from unified_customer.core.errors import DataQualityWarning
from unified_customer.core.tables import RECORDS
from unified_customer.datasets import Shop, make_shop
from unified_customer.hub import LoadReport
from unified_customer.methods.validity import checked

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
CRM = uc.Mapping(
    table="records",
    key="no",
    fields={"email": "mail", "phone": "tel", "website": "site", "observed_at": "seen"},
)
PEOPLE = pl.DataFrame(
    {
        "no": ["1", "2", "3", "4"],
        "mail": ["ann@shop.example", "ANN@shop.example", "nobody", None],
        "tel": ["+4930123456", "12", None, " "],
        "site": ["https://ann.example", "none yet", None, None],
        "seen": ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "2026-02-20T00:00:00Z", "2026-03-02T00:00:00Z"],
    }
)
POLICY = uc.Policy(bases={"analytics": "legitimate_interests"})
SILENT = DataQuality(warns=False)


def load(hub: uc.CustomerHub, rows: pl.DataFrame = PEOPLE, name: str = "crm") -> LoadReport:
    return hub.load(uc.source("dataframe", rows, table="records", name=name, mapping=CRM))


@pytest.fixture
def hub() -> Iterator[uc.CustomerHub]:
    with uc.CustomerHub(policy=POLICY, clock=lambda: datetime(2026, 4, 1, tzinfo=UTC)) as made:
        yield made


class TestLoading:
    def test_a_load_says_which_fields_pass_and_refuses_nothing(self, hub: uc.CustomerHub) -> None:
        report = load(hub)
        assert (report.accepted, report.quarantined) == (4, 0)
        assert report.quality == {"records.email": (3, 1), "records.phone": (2, 1), "records.website": (2, 1)}
        assert "quality: records.email failed in 1 of 3" in str(report)
        assert "nobody" not in str(report)

    def test_what_passes_is_told_too(self, hub: uc.CustomerHub) -> None:
        assert str(load(hub, PEOPLE.head(1))).endswith(
            "quality: passed by records.email, records.phone, records.website"
        )

    def test_parts_add_up_to_the_whole(self, hub: uc.CustomerHub) -> None:
        parts = load(hub, PEOPLE.head(2), "a") + load(hub, PEOPLE.tail(2), "b")
        assert parts.quality == load(hub, PEOPLE, "c").quality

    def test_the_check_of_the_load_is_that_of_what_was_stored(self, hub: uc.CustomerHub) -> None:
        report = load(hub)
        stored = hub._store.read("records", columns=list(RECORDS.columns))
        found = checked(stored, RECORDS, as_of=MARCH)
        assert {f"records.{name}": each for name, each in found.items()} == report.quality

    def test_events_of_the_future_fail(self, hub: uc.CustomerHub) -> None:
        mapping = uc.Mapping(
            table="events", key="id", fields={"name": "what", "occurred_at": "at"}, identifiers={"user_id": "u"}
        )
        events = {
            "id": ["1", "2"],
            "what": ["a", "a"],
            "u": ["x", "x"],
            "at": ["2026-03-31T00:00:00Z", "2026-04-02T00:00:00Z"],
        }
        report = hub.load(uc.source("dataframe", pl.DataFrame(events), table="events", name="web", mapping=mapping))
        assert report.quality == {"events.occurred_at": (2, 1)}


class TestFitting:
    def test_it_reads_what_the_purpose_may_see_of_the_time_before(self, hub: uc.CustomerHub) -> None:
        load(hub)
        hub.resolve()
        fitted = hub.fit(SILENT, purpose="analytics", as_of=MARCH)
        row = fitted.table.filter(pl.col("source").is_null(), dimension="validity", table="records", field="email")
        assert row.select("value", "n", "status").row(0) == (2 / 3, 3, "fail")
        seen = fitted.table.filter(dimension="freshness", table="records", source="crm")
        assert seen["value"].to_list() == [9.0]

    def test_a_failure_warns_once_and_names_nobody(self, hub: uc.CustomerHub) -> None:
        load(hub)
        hub.resolve()
        with pytest.warns(DataQualityWarning, match="numbers of data quality fail") as warned:
            hub.fit(DataQuality(), purpose="analytics", as_of=MARCH)
        assert "ann" not in str(warned[0].message)

    def test_thresholds_of_ones_own_come_first(self, hub: uc.CustomerHub) -> None:
        load(hub)
        hub.resolve()
        lax = tuple(
            Threshold(dimension=each, warn=0, fail=0)
            for each in ("completeness", "validity", "uniqueness", "consistency")
        )
        fitted = hub.fit(DataQuality(thresholds=lax), purpose="analytics", as_of=MARCH)
        assert fitted.counts["fail"] == 0

    def test_what_was_saved_is_a_history(self, hub: uc.CustomerHub) -> None:
        load(hub)
        hub.resolve()
        for month in (2, 3):
            hub.save(hub.fit(SILENT, purpose="analytics", as_of=datetime(2026, month, 1, tzinfo=UTC)))
        saved = hub._store.read("artifacts")
        april = hub.fit(SILENT, purpose="analytics", as_of=datetime(2026, 4, 1, tzinfo=UTC))
        told = april.history(saved).filter(
            pl.col("source").is_null(), dimension="completeness", field="email", table="records"
        )
        assert told["value"].to_list() == [1.0, 2 / 3, 0.5]
        assert told["change"].to_list() == [None, 2 / 3 - 1, 0.5 - 2 / 3]
        assert quality_history(saved)["as_of"].n_unique() == 2

    def test_a_saved_spec_is_the_spec(self) -> None:
        spec = DataQuality(thresholds=(Threshold(dimension="freshness", source="crm", warn=1, fail=2),))
        assert DataQuality.from_json(spec.to_json()) == spec
        assert Expectation.model_validate_json(Expectation(description="some", least=1).model_dump_json()).least == 1


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"), customers=120, seed=5)


@pytest.fixture(scope="module")
def of_shop(shop: Shop) -> FittedDataQuality:
    with uc.CustomerHub(policy=demo_policy()) as hub:
        reports = [hub.load(each) for each in demo_sources(shop)]
        assert sum(report.quality["records.phone"].failed for report in reports if "records.phone" in report.quality)
        hub.resolve()
        return hub.fit(SILENT, purpose="analytics", as_of=shop.as_of)


class TestInventedShop:
    def test_every_dimension_has_numbers(self, of_shop: FittedDataQuality) -> None:
        known = of_shop.table.drop_nulls("value")
        assert known["dimension"].n_unique() == 6
        assert {"crm", "support", "email_tool", "web_events", "pos"} <= {*known["source"]}

    def test_the_telephone_numbers_of_the_support_desk_are_what_is_wrong(self, of_shop: FittedDataQuality) -> None:
        worst = of_shop.table.filter(pl.col("source").is_not_null(), dimension="validity").sort(
            "value", nulls_last=True
        )
        assert worst.select("table", "field").row(0) == ("records", "phone")

    def test_it_is_drawn_in_light_and_dark(self, of_shop: FittedDataQuality, tmp_path: Path) -> None:
        from unified_customer.methods.charting import saved

        for dark in (False, True):
            charts = [
                of_shop.chart(dark=dark),
                of_shop.chart("validity", dark=dark),
                of_shop.chart("decay", "history", dark=dark),
            ]
            for place, chart in enumerate(charts):
                saved(chart, tmp_path / f"{place}.svg")
                assert (tmp_path / f"{place}.svg").stat().st_size > 2000

    def test_it_shows_itself(self, of_shop: FittedDataQuality) -> None:
        assert str(of_shop).startswith("Data quality before 2026-01-01: ")
        assert "What warns comes first" in of_shop._repr_html_()
