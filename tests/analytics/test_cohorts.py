"""Cohorts by example: in a hub, as pictures, and where nothing fits."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import unified_customer as uc
from unified_customer.analytics import Cohorts, FittedCohorts, Occurrence
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable import Calendar
from unified_customer.methods.money import Money

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)


def orders(**further: Any) -> pl.DataFrame:
    """Return orders of six customers who began in two months, half of whom come back each month."""
    rows = [
        {"customer_id": f"c{who}", "ordered_at": datetime(2026, month, 5 + who, tzinfo=UTC), "amount": 10 * who}
        for who in range(1, 7)
        for month in range(1 + who % 2, 5)
        if month <= 2 or who % 3
    ]
    return pl.DataFrame(rows).with_columns(**further)


def fit(frame: pl.DataFrame, **fields: Any) -> FittedCohorts:
    return Cohorts.model_validate({"min_customers": 1, **fields}).fit({"orders": frame}, as_of=AS_OF)


def test_the_spec_comes_back_from_json() -> None:
    spec = Cohorts(
        start=Occurrence(table="events", names=("Signed Up",), where={"channel": ("email",)}),
        activity=Occurrence(at_least={"amount": 10}),
        calendar=Calendar(zone="Europe/Berlin", fiscal_month=4),
        by="campaign",
    )
    assert Cohorts.from_json(spec.to_json()) == spec
    assert spec.needs == ("events", "order_lines")
    assert Cohorts(by="country", by_table="customers").needs == ("order_lines", "customers")


def test_the_matrix_has_a_row_of_averages() -> None:
    fitted = fit(orders())
    *_, last = fitted.wide("retention", average=True).rows()
    assert last == ("weighted average", 6, 1.0, pytest.approx(5 / 6), pytest.approx(4 / 6), pytest.approx(2 / 3))
    assert fitted.wide("orders").height == 2


def test_the_trend_tells_of_slope_and_latest_difference() -> None:
    rows = [
        {"customer_id": f"{month}-{who}", "ordered_at": datetime(2026, month + later, 3, tzinfo=UTC), "amount": 1}
        for month in (1, 2, 3)
        for who in range(40)
        for later in (0, 1)
        if not later or who < 8 * month
    ]
    trends = fit(pl.DataFrame(rows)).trends.filter(pl.col("measure") == "retention", pl.col("period") == 1)
    row = trends.row(0, named=True)
    assert row["slope"] == pytest.approx(0.2)
    assert row["low"] < 0.2 < row["high"]
    assert (row["latest"], row["before"], row["difference"]) == ("2026-03", "2026-02", pytest.approx(0.2))
    assert row["difference_low"] < 0.2 < row["difference_high"]


def test_few_cohorts_have_no_slope() -> None:
    trends = fit(orders()).trends
    assert trends["slope"].null_count() == trends.height > 0


def test_customers_can_tell_cohorts_apart() -> None:
    customers = pl.DataFrame({"customer_id": ["c1", "c2", "c3"], "country": ["DE", "FR", "DE"]})
    spec = Cohorts(by="country", by_table="customers", min_customers=1)
    fitted = spec.fit({"orders": orders(), "customers": customers}, as_of=AS_OF)
    sizes = fitted.sizes.group_by("country").agg(pl.col("customers").sum())
    assert dict(sizes.iter_rows()) == {"DE": 2, "FR": 1, None: 3}
    assert fitted.of_group("DE").sizes["customers"].sum() == 2
    assert fitted.of_group(None).sizes["customers"].sum() == 3


def test_amounts_of_two_currencies_are_added_at_their_rates_alone() -> None:
    mixed = orders(currency=pl.when(pl.col("customer_id") == "c2").then(pl.lit("USD")).otherwise(pl.lit("EUR")))
    with pytest.raises(SchemaError, match="several currencies"):
        fit(mixed)
    fitted = fit(mixed, money=Money(currency="EUR", rates={"USD": Decimal(2)}))
    assert fitted.currency == "EUR"
    assert fitted.cells["revenue"].sum() == float(orders()["amount"].sum() + 20 * 4)


def test_without_amounts_money_is_null() -> None:
    cells = fit(orders().drop("amount")).cells
    assert cells["revenue"].null_count() == cells["ltv"].null_count() == cells.height
    merged = fit(orders().drop("amount"), min_customers=4, small="merge").cells
    assert merged["cohort"].unique().to_list() == ["2026-01 to 2026-02"]
    assert merged["revenue"].null_count() == merged.height


def test_only_so_many_periods_are_told() -> None:
    assert fit(orders(), periods=2).cells["period"].max() == 1
    returning = fit(orders(), periods=1, returning="on_or_after")
    assert returning.cells["active"].to_list() == returning.cells["customers"].to_list()


@pytest.mark.parametrize("measure", ["retention", "ltv"])
@pytest.mark.parametrize("kind", ["triangle", "curves"])
def test_charts_are_drawn(measure: str, kind: Any) -> None:
    drawn = fit(orders()).chart(measure, kind, dark=True).to_dict()
    assert "Cohorts" in drawn["title"]["text"][0]
    assert "c1" not in str(drawn)


def test_a_chart_is_of_one_group() -> None:
    fitted = fit(
        orders(channel=pl.when(pl.col("amount") > 30).then(pl.lit("web")).otherwise(pl.lit("shop"))), by="channel"
    )
    with pytest.raises(ConfigurationError, match="one group"):
        fitted.chart()
    assert fitted.of_group("web").chart().to_dict()
    for group in (fitted.of_group("web"), fit(orders())):
        with pytest.raises(ConfigurationError):
            group.of_group("none")


def test_it_shows_itself() -> None:
    html = fit(orders())._repr_html_()
    assert "Weighted averages by month" in html
    assert "67 %" in html


def test_nobody_is_no_cohort() -> None:
    fitted = fit(orders().clear())
    assert fitted.cells.height == fitted.averages.height == fitted.trends.height == 0
    assert fitted.to_body()["cohorts"] == []
    assert fitted.wide().height == 0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"by": "customers"}, ValueError),
        ({"by_table": "customers"}, ValueError),
        ({"start": {"names": "Signed Up"}}, ValueError),
        ({"start": {"where": {"channel": []}}}, ValueError),
        ({"start": {"where": {"amount": "ten"}}}, SchemaError),
        ({"start": {"at_least": {"customer_id": 1}}}, SchemaError),
        ({"start": {"where": {"nowhere": "ten"}}}, SchemaError),
        ({"start": {"table": "events"}}, SchemaError),
        ({"by": "country", "by_table": "customers"}, SchemaError),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        fit(orders(), **fields)


def test_an_unknown_measure_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no measure 'profit'"):
        fit(orders()).wide("profit")


def test_times_with_and_without_a_zone_are_not_compared() -> None:
    events = pl.DataFrame({"customer_id": ["c1"], "name": ["x"], "occurred_at": [datetime(2026, 1, 1)]})  # noqa: DTZ001
    spec = Cohorts(start=Occurrence(table="events"), activity=Occurrence(), calendar=Calendar(zone="Europe/Berlin"))
    with pytest.raises(SchemaError, match="both with a zone"):
        spec.fit({"orders": orders(), "events": events}, as_of=AS_OF)


def test_a_hub_fits_and_saves_cohorts() -> None:
    mapping = uc.Mapping(
        table="order_lines", identifiers={"user_id": "who"},
        fields={"order_id": "order", "line_id": "line", "occurred_at": "when", "amount": "paid", "quantity": "n", "kind": "kind"},
    )  # fmt: skip
    lines = pl.DataFrame(
        {
            "order": ["1", "2", "3"], "line": ["1", "1", "1"], "who": ["a", "b", "a"], "n": [1, 1, 1], "paid": [10, 20, 30],
            "when": ["2026-01-05T00:00:00Z", "2026-01-07T00:00:00Z", "2026-02-09T00:00:00Z"], "kind": ["sale"] * 3,
        }
    )  # fmt: skip
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("dataframe", lines, table="order_lines", name="shop", mapping=mapping))
        hub.resolve()
        fitted = hub.fit(Cohorts(min_customers=1), purpose="analytics", as_of=AS_OF)
        assert fitted.wide("active").rows() == [("2026-01", 2, 2, 1, 0, 0)]
        assert dict(hub.save(fitted).rows) == {"memberships": 2}
        members = hub.read("memberships", purpose="analytics")
        assert members["segment"].to_list() == ["2026-01"] * 2
        assert members["segmentation"].to_list() == ["cohort"] * 2
