"""Lifetime value by example: published numbers, boundaries, money, contracts, what people see."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest

import unified_customer as uc
from unified_customer.analytics import CLV, SubscriptionValue
from unified_customer.analytics.value.evaluation import _large_enough
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import EVENTS
from unified_customer.methods.buy_till_die import (
    Histories,
    SeasonalIndex,
    Tenures,
    draw_histories,
    fit_purchases,
    fit_retention,
    fit_spending,
    purchase_histories,
)
from unified_customer.methods.buy_till_die.chances import mean_purchases
from unified_customer.methods.money import Money

START = datetime(2024, 1, 1, tzinfo=UTC)


def orders(rows: Sequence[tuple[Any, ...]], *more: str) -> pl.DataFrame:
    told = [(who, START + timedelta(days=day), *rest) for who, day, *rest in rows]
    return pl.DataFrame(told, schema=["customer_id", "ordered_at", "amount", *more], orient="row")


def shop(*, customers: int = 300, days: int = 500, season: tuple[int, ...] = (), leave: float = 0.25) -> pl.DataFrame:
    """Draw a shop in which more is bought in some months: other orders are left out by chance."""
    chance, rows = Random(4), []
    for number in range(customers):
        at, spend = chance.uniform(0, days / 2), chance.lognormvariate(3, 0.4)
        rate = chance.gammavariate(1.2, 1 / 20)
        while at < days:
            if (START + timedelta(days=at)).month in season or not season or chance.random() < 0.4:
                rows.append((f"c{number:03}", at, round(chance.gammavariate(5, spend / 5), 2)))
                if chance.random() < leave:
                    break
            at += chance.expovariate(rate)
    return orders(rows)


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> pl.DataFrame:
    sample = pl.read_parquet(shared_data / "transactions" / "cdnow" / "sample.parquet")
    return sample.select(customer_id=pl.col("customer_id").cast(pl.String), ordered_at="date", amount="amount")


AFTER_39_WEEKS = datetime(1997, 10, 1, tzinfo=UTC)


@pytest.mark.needs_shared_data
@pytest.mark.parametrize(
    ("name", "parameters", "log_likelihood", "most"),
    [
        ("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.43, 0.79),
        ("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9594.98, 0.755),
    ],
)
def test_the_published_models_of_cdnow_are_found(
    cdnow: pl.DataFrame, name: Any, parameters: dict[str, float], log_likelihood: float, most: float
) -> None:
    fitted = CLV(model=name, horizon_days=273).fit({"orders": cdnow}, as_of=AFTER_39_WEEKS)
    found = fitted.learned.purchases
    assert {each: round(value, 3) for each, value in found.parameters.items()} == parameters
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.02)
    assert not fitted.diagnosis
    spending = fitted.learned.spending.parameters
    assert {each: round(value, 2) for each, value in spending.items()} == {"p": 6.25, "q": 3.74, "v": 15.44}
    errors = fitted.evaluate({"orders": cdnow}, until=datetime(1998, 7, 1, tzinfo=UTC)).table
    assert errors["mae"][0] < most < 1.02 < errors["mae"][-1]


@pytest.mark.parametrize(
    ("left", "alpha", "beta", "log_likelihood"),
    [
        ((1000, 869, 743, 653, 593, 551, 517, 491), 0.668, 3.806, -1611.16),
        ((1000, 631, 468, 382, 326, 289, 262, 241), 0.704, 1.182, -1680.27),
    ],
)
def test_the_published_models_of_renewals_are_found(
    left: tuple[int, ...], alpha: float, beta: float, log_likelihood: float
) -> None:
    fitted = fit_retention(Tenures.of_counts(left))
    assert [round(each, 3) for each in fitted.parameters.values()] == [alpha, beta]
    assert fitted.log_likelihood == pytest.approx(log_likelihood, abs=0.01)


def test_the_published_value_of_a_customer_of_bg_nbd_is_found() -> None:
    """Fader, Hardie and Lee (2005) expect 1.226 purchases in 39 weeks of x=2, t=30.43, T=38.86."""
    parameters = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    fitted = fit_purchases("bg_nbd", draw_histories("bg_nbd", parameters, ages=[39.0] * 50, seed=0))
    published = type(fitted)(**{**vars(fitted), "parameters": parameters})
    one = Histories.of(frequency=[2], recency=[30.43], age=[38.86])
    assert published.expected_purchases(one, time=39).item() == pytest.approx(1.226, abs=0.001)


def test_means_over_chances_are_the_same_at_the_poles_of_the_closed_form_as_beside_them() -> None:
    m, t = np.asarray([0.5, 3.0, 40.0]), np.asarray([0.3, 1.0, 4.0])
    for a, b in ((1.0, 2.5), (0.4, 0.6), (1.0, 30.0)):
        at, next_to = (mean_purchases(m, np.asarray(a + gap), np.asarray(b), t) for gap in (0, 3e-13))
        beside = [mean_purchases(m, np.asarray(a + gap), np.asarray(b), t) for gap in (-2e-3, 2e-3)]
        assert np.allclose(at, np.mean(beside, axis=0), rtol=1e-4)
        assert np.allclose(at, next_to, rtol=1e-8)


def test_many_purchases_and_long_times_stay_finite() -> None:
    seen = Histories.of(frequency=[500, 3000], recency=[100, 290], age=[300, 300])
    for name in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        fitted = fit_purchases(name, draw_histories(name, _LIKELY[name], ages=[50.0] * 400, seed=1))
        expected = fitted.expected_purchases(seen, time=[1, 1e3, 1e6])
        assert np.isfinite(expected).all()
        assert (fitted.median_purchases(seen, time=5) <= 3000).all()


_LIKELY = {
    "bg_nbd": {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "pareto_nbd": {"r": 0.5, "alpha": 5.0, "s": 0.8, "beta": 5.0},
}


# ------------------------------------------------------------------------------------------ boundaries


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_where_nobody_leaves_the_dropout_is_said_to_be_degenerate(name: str) -> None:
    generator = np.random.default_rng(3)
    ages = generator.uniform(20, 60, 1500)
    faithful = draw_histories("bg_nbd", {"r": 2.0, "alpha": 10.0, "a": 1e-9, "b": 1.0}, ages=ages, seed=1)
    fitted = fit_purchases(name, faithful)
    assert "degenerate_dropout" in [each.kind for each in fitted.diagnosis]
    assert np.median(fitted.p_alive(faithful)) > 0.95
    assert fitted.parameters["r"] == pytest.approx(2.0, rel=0.2)


def test_where_all_buy_alike_the_rates_are_said_to_be_one() -> None:
    ages = np.full(3000, 30.0)
    alike = draw_histories("pareto_nbd", {"r": 1e5, "alpha": 4e5, "s": 0.5, "beta": 30.0}, ages=ages, seed=2)
    assert "one_rate_for_all" in [each.kind for each in fit_purchases("pareto_nbd", alike).diagnosis]


def test_spends_that_have_no_mean_that_follow_frequency_or_are_alike_are_said_to() -> None:
    generator = np.random.default_rng(1)
    x = generator.integers(1, 6, 3000)
    wild = generator.gamma(2 * x) / x / generator.gamma(0.7, size=3000)
    follows = generator.gamma(9 * x) / x * x**1.0
    alike = generator.gamma(5 * x) / x
    kinds = [
        [each.kind for each in fit_spending(frequency=x, spend=spend).diagnosis] for spend in (wild, follows, alike)
    ]
    assert "endless_mean_spend" in kinds[0]
    assert "spend_follows_frequency" in kinds[1]
    assert "one_spend_for_all" in kinds[2]
    assert np.isnan(fit_spending(frequency=x, spend=wild).expected_spend(frequency=0, spend=0))


def test_contracts_that_all_run_have_all_ended_or_end_alike_are_said_to() -> None:
    cases = {
        "no_churn": Tenures.of_counts([100, 100]),
        "all_churned": Tenures.of_counts([100, 40, 0]),
        "one_churn_for_all": Tenures.of_counts([10_000 * 0.8**n for n in range(12)]),
    }
    for kind, tenures in cases.items():
        assert kind in [each.kind for each in fit_retention(tenures).diagnosis]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"frequency": [1], "recency": [5], "age": [4]}, "`recency` must be from 0 to `age`"),
        ({"frequency": [0], "recency": [1], "age": [4]}, "`recency` must be 0 where"),
        ({"frequency": [0.5], "recency": [0], "age": [4]}, "whole numbers"),
        ({"frequency": [1, 2], "recency": [1], "age": [4]}, "one length"),
        ({"frequency": [1], "recency": [1], "age": [np.inf]}, "finite"),
        ({"frequency": [1], "recency": [1], "age": [4], "weight": [-1]}, "`weight`"),
    ],
)
def test_what_is_no_history_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Histories.of(**wrong)


def test_what_cannot_be_meant_is_refused() -> None:
    seen = Histories.of(frequency=[1], recency=[1], age=[4])
    for wrong in (
        lambda: fit_purchases("bg", seen),
        lambda: draw_histories("bg_nbd", {"r": 1}, ages=[1], seed=0),
        lambda: fit_purchases("bg_nbd", seen).expected_purchases(seen, time=-1),
        lambda: fit_spending(frequency=[1, 2], spend=[3]),
        lambda: Tenures.of_counts([10, 11]),
        lambda: Tenures.of(periods=[0], ended=[True]),
        lambda: fit_retention(Tenures.of_counts([9, 5])).residual(0, discount=0),
        lambda: SeasonalIndex(by="month", index={13: 1.0}),
        lambda: SeasonalIndex(by="month", index={1: 0.0}),
        lambda: CLV(margin=1.2),
        lambda: CLV(zone="Mars/Olympus"),
    ):
        with pytest.raises(ValueError, match=r"."):
            wrong()


# ------------------------------------------------------------------------------------------- the value


def test_margins_of_orders_are_each_customers_own_share() -> None:
    told = orders([("a", 0, 10, 1), ("a", 20, 30, 3), ("b", 0, 10, 5), ("b", 9, 30, 15), ("c", 3, 0, 0)], "gain")
    table = CLV(model="bg_nbd", margin="gain").fit({"orders": told}, as_of=START + timedelta(days=90)).table
    assert table["margin"].to_list() == [0.1, 0.5, pytest.approx(24 / 80)]


def test_what_comes_back_lowers_everybodys_spend_unless_it_is_gross() -> None:
    told = orders([("a", 0, 100), ("a", 20, 50), ("b", 0, 25), ("b", 9, 25), ("b", 30, -50)])
    net, gross = (
        CLV(model="bg_nbd", returns=each).fit({"orders": told}, as_of=START + timedelta(days=90))
        for each in ("net", "gross")
    )
    assert net.learned.kept == 0.75
    assert np.allclose(net.table["expected_spend"], gross.table["expected_spend"] * 0.75)


def test_amounts_of_other_currencies_are_exchanged_or_refused() -> None:
    told = orders([("a", 0, 10, "EUR"), ("a", 20, 10, "USD"), ("b", 5, 10, "EUR")], "currency")
    as_of = START + timedelta(days=90)
    money = Money(currency="EUR", rates={"USD": Decimal("0.5")})
    fitted = CLV(model="bg_nbd", money=money).fit({"orders": told}, as_of=as_of)
    assert fitted.table["spend"].to_list() == [5.0, None]
    assert fitted.currency == "EUR"
    with pytest.raises(SchemaError, match="several currencies"):
        CLV(model="bg_nbd").fit({"orders": told}, as_of=as_of)
    euros = CLV(model="bg_nbd").fit({"orders": told.filter(pl.col("currency") == "EUR")}, as_of=as_of)
    with pytest.raises(SchemaError, match="fitted in EUR"):
        euros.assign({"orders": told.filter(pl.col("currency") == "USD")}, as_of=as_of)


def test_orders_without_amounts_have_purchases_and_no_value() -> None:
    fitted = CLV(model="mbg_nbd").fit({"orders": shop().drop("amount")}, as_of=START + timedelta(days=400))
    assert fitted.table["expected_purchases"].null_count() == 0
    assert fitted.table["clv"].null_count() == fitted.table.height
    assert set(fitted.rows()["scores"]["name"]) == {"clv.p_alive", "clv.purchases"}
    assert fitted._repr_html_()


def test_a_season_is_found_and_foretold() -> None:
    """Much is bought in November and December: two years tell, and the next quarter is foreseen better."""
    told = shop(customers=1200, days=1095, season=(11, 12), leave=0.03)
    as_of, until = START + timedelta(days=1035), START + timedelta(days=1095)
    plain, seasonal = (
        CLV(model="bg_nbd", seasonal=each).fit({"orders": told}, as_of=as_of) for each in (None, "month")
    )
    index = seasonal.learned.season
    assert index is not None
    assert min(index.index[11], index.index[12]) > 1.4 * max(index.index[month] for month in range(1, 11))
    off, near = (
        abs(each.evaluate({"orders": told}, until=until).table["total_error"][0]) for each in (plain, seasonal)
    )
    assert near < 0.2 < off
    assert "season_unseen" not in [each.kind for each in seasonal.diagnosis]
    short = CLV(model="bg_nbd", seasonal="week").fit({"orders": told}, as_of=START + timedelta(days=200))
    assert "season_unseen" in [each.kind for each in short.diagnosis]
    known = CLV(model="bg_nbd", seasonal=index).fit({"orders": told}, as_of=as_of)
    assert known.table.equals(seasonal.table)


def test_nobody_is_worth_nothing() -> None:
    nobody = orders([("a", 0, 10)]).clear()
    for model in ("best", "pareto_nbd"):
        fitted = CLV(model=model, holdout_days=30, seasonal="month").fit({"orders": nobody}, as_of=START)
        assert fitted.table.height == 0
        assert fitted.diagnosis[0].kind == "no_customers"
        assert canonical_json(fitted.to_body())
        assert fitted._repr_html_()


def test_small_groups_of_the_calibration_are_put_together() -> None:
    assert _large_enough({0: 3, 1: 20, 2: 1}) == {2: 1, 1: 1, 0: 1}
    assert _large_enough({}) == {}


def test_a_valuation_is_drawn_and_written() -> None:
    told, as_of = shop(), START + timedelta(days=400)
    fitted = CLV(holdout_days=90, margin=0.4).fit({"orders": told}, as_of=as_of)
    drawn = [fitted.chart(cumulative=each, dark=each).to_dict() for each in (False, True)]
    assert all("customer_id" not in json.dumps(each) for each in drawn)
    assert fitted.holdout is not None
    assert fitted.holdout.table["forecast"].to_list()[-1] == "past_rate"
    html = fitted._repr_html_() + fitted.holdout._repr_html_()
    assert "c001" not in html
    assert "past_rate" in html
    body = canonical_json(fitted.to_body())
    assert "c001" not in body
    with pytest.raises(ConfigurationError, match="no holdout"):
        CLV(model="bg_nbd").fit({"orders": told}, as_of=as_of).chart()
    with pytest.raises(ConfigurationError, match="at least a day"):
        fitted.evaluate({"orders": told}, until=as_of)


def test_tracking_adds_up_to_what_came_and_what_was_expected() -> None:
    told, as_of, until = shop(), START + timedelta(days=300), START + timedelta(days=398)
    fitted = CLV(model="bg_nbd").fit({"orders": told}, as_of=as_of)
    tracking = fitted.evaluate({"orders": told}, until=until).tracking
    split = as_of.date() - timedelta(days=1)
    before, after = (
        purchase_histories({"orders": told}, as_of=each).filter(pl.col("first_day") <= (split - date(1970, 1, 1)).days)
        for each in (as_of, until)
    )
    at = tracking.filter(pl.col("week_ends") == split)
    assert at["actual_so_far"].item() == before["frequency"].sum()
    assert tracking["actual_so_far"][-1] == after["frequency"].sum()
    newcomers = fitted.learned.purchases.newcomer(time=before["age"].to_numpy() / 7).sum()
    assert at["expected_so_far"].item() == pytest.approx(newcomers, rel=1e-4)


def test_lines_of_orders_give_the_values_of_orders() -> None:
    whole = shop(customers=60).with_row_index("order_id")
    line = whole.with_columns(pl.col("amount") / 2, kind=pl.lit("sale"), quantity=pl.lit(1)).rename(
        {"ordered_at": "occurred_at"}
    )
    as_of = START + timedelta(days=400)
    one = CLV(model="bg_nbd").fit({"order_lines": pl.concat([line, line])}, as_of=as_of)
    other = CLV(model="bg_nbd").fit({"orders": whole}, as_of=as_of)
    assert one.table.drop("spend", "expected_spend", "clv").equals(other.table.drop("spend", "expected_spend", "clv"))
    assert np.allclose(one.table["clv"], other.table["clv"], rtol=1e-3)


def test_a_hub_fits_values_and_keeps_them_as_scores() -> None:
    frame = (
        shop(customers=40)
        .with_row_index("line")
        .select(
            pl.col("line").cast(pl.String),
            "customer_id",
            pl.col("amount").cast(pl.String),
            at=pl.col("ordered_at").dt.strftime("%FT%TZ"),
            units=pl.lit("1"),
            kind=pl.lit("sale"),
        )
    )
    fields = {"order_id": "line", "occurred_at": "at", "quantity": "units", "amount": "amount", "kind": "kind"}
    mapping = uc.Mapping(
        table="order_lines", key="line", person="customer_id", fields=fields, identifiers={"loyalty_id": "customer_id"}
    )
    with uc.CustomerHub(policy=uc.Policy.quickstart()) as hub:
        hub.load(uc.source("dataframe", frame, table="order_lines", name="till", mapping=mapping))
        hub.resolve()
        fitted = hub.fit(CLV(model="bg_nbd"), purpose="analytics", as_of=START + timedelta(days=600))
        saved = hub.save(fitted)
        scores = hub.read("scores", purpose="analytics")
    assert fitted.table.height == 40
    assert saved.rows["scores"] == scores.height == 4 * 40


# ----------------------------------------------------------------------------------------- contracts


def contracts(*, customers: int = 2000) -> pl.DataFrame:
    generator = np.random.default_rng(8)
    start = generator.integers(0, 700, customers)
    periods = generator.geometric(generator.beta(0.7, 4.0, customers))
    rows = [
        (
            f"c{number}",
            START.date() + timedelta(days=int(first)),
            START.date() + timedelta(days=int(first + 7 * count)),
            10.0,
        )
        for number, (first, count) in enumerate(zip(start, periods, strict=True))
    ]
    return pl.DataFrame(rows, schema=["customer_id", "started_at", "ended_at", "amount"], orient="row")


def test_contracts_are_valued_foretold_and_drawn() -> None:
    told, as_of = contracts(), START + timedelta(days=730)
    spec = SubscriptionValue(interval="week", horizon_days=140, annual_discount=0.0)
    fitted = spec.fit({"subscriptions": told}, as_of=as_of)
    assert not fitted.diagnosis
    assert list(fitted.retention.parameters.values()) == pytest.approx([0.7, 4.0], rel=0.1)
    assert np.allclose(fitted.table["clv"], fitted.table["expected_renewals"] * 10)
    ran = fitted.table.filter(pl.col("running") == 0)
    assert ran["clv"].sum() == 0
    errors = fitted.evaluate({"subscriptions": told}, until=as_of + timedelta(days=140))
    assert errors["forecast"].to_list() == ["sbg", "constant_rate"]
    assert errors["mae"][0] < errors["mae"][1]
    assert abs(errors["total_error"][0]) < 0.05
    expected, came = fitted.table["expected_renewals"].sum(), errors["total_error"][0]
    assert expected > 0 < 1 + came
    half = SubscriptionValue(interval="week", horizon_days=140, annual_discount=0.5, margin=0.5)
    less = half.fit({"subscriptions": told}, as_of=as_of).table["clv"].to_numpy().sum()
    assert 0.4 < less / fitted.table["clv"].to_numpy().sum() < 0.5
    assert fitted.assign({"subscriptions": told}, as_of=as_of).equals(fitted.table)
    assert "c17" not in json.dumps(fitted.chart().to_dict()) + fitted._repr_html_() + canonical_json(fitted.to_body())
    assert set(fitted.rows()["scores"]["name"]) == {
        "subscription.value", "subscription.p_stay", "subscription.renewals",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="after the as-of date"):
        fitted.evaluate({"subscriptions": told}, until=as_of)


def test_contracts_are_read_from_events() -> None:
    names = [("Trial Started", "s1", 0), ("Subscription Started", "s1", 10), ("Subscription Renewed", "s1", 41)]
    names += [("Subscription Started", "s2", 5), ("Subscription Cancelled", "s2", 50), ("Trial Started", "s3", 9)]
    rows = [
        {
            "event_id": f"e{place}", "source": "shop", "type": "track", "name": name, "object_kind": "subscription",
            "object_id": thing, "occurred_at": START + timedelta(days=day), "properties": '{"amount": 12.5}',
        }
        for place, (name, thing, day) in enumerate(names)
    ]  # fmt: skip
    events = EVENTS.conform(pl.DataFrame(rows)).with_columns(customer_id=pl.col("object_id").replace("s1", "a"))
    fitted = SubscriptionValue().fit({"events": events}, as_of=START + timedelta(days=100))
    assert fitted.table.select("customer_id", "running", "renewals").rows() == [("a", 1, 2), ("s2", 0, 1)]
    assert fitted.table["clv"].to_list() == pytest.approx([fitted.table["expected_renewals"][0] * 12.5, 0], rel=0.1)
    with pytest.raises(SchemaError, match="Neither"):
        SubscriptionValue().fit({}, as_of=START)
    with pytest.raises(ValueError, match="time zone"):
        SubscriptionValue(zone="Mars/Olympus")


@pytest.mark.parametrize(("last", "renewals", "since"), [(28, 0, 28), (29, 1, 0)])
def test_what_began_on_a_31st_is_due_on_the_last_of_a_shorter_month(last: int, renewals: int, since: int) -> None:
    day = date(2024, 2, last)
    told = pl.DataFrame(
        {"customer_id": ["a", "b"], "started_at": [date(2024, 1, 31)] * 2, "ended_at": [None, date(2024, 2, 29)]}
    )
    as_of = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    table = SubscriptionValue().contracts({"subscriptions": told}, as_of=as_of).table
    assert table.select("renewals", "since").row(0) == (renewals, since)
    assert table.select("renewals", "periods").row(1) == ((0, 1) if last == 29 else (0, 0))


def test_only_renewals_that_are_due_within_the_horizon_are_valued_by_when_they_are_due() -> None:
    as_of = START + timedelta(days=730)
    spec = SubscriptionValue(interval="week", horizon_days=5, annual_discount=0.5)
    fitted = spec.fit({"subscriptions": contracts()}, as_of=as_of)
    started = [as_of.date() - timedelta(days=days) for days in (11, 8)]
    told = pl.DataFrame(
        {"customer_id": ["soon", "late"], "started_at": started, "ended_at": [None, None], "amount": 10.0}
    )
    table = fitted.assign({"subscriptions": told.cast({"ended_at": pl.Date})}, as_of=as_of)
    # Of the 11 days seen the last ten lie behind the start: renewed after seven, and due again four days from the last.
    chance = fitted.retention.retention(2).item()
    assert table["expected_renewals"].to_list() == pytest.approx([0.0, chance])
    assert table["clv"].to_list() == pytest.approx([0.0, 10 * chance * 1.5 ** (-4 / 365)])


def test_contracts_of_unknown_price_have_renewals_and_no_value() -> None:
    told = contracts(customers=200).drop("amount")
    as_of = START + timedelta(days=730)
    unknown = SubscriptionValue(interval="week").fit({"subscriptions": told}, as_of=as_of)
    assert unknown.table["expected_renewals"].null_count() == 0
    running = unknown.table.filter(pl.col("running") > 0)
    assert running["clv"].null_count() == running.height
    known = SubscriptionValue(interval="week", amount=5.0).fit({"subscriptions": told}, as_of=as_of)
    assert known.table["clv"].null_count() == 0


def test_prices_in_other_currencies_are_exchanged() -> None:
    told = contracts(customers=100).with_columns(currency=pl.Series(["EUR", "USD"] * 50))
    as_of = START + timedelta(days=730)
    money = Money(currency="EUR", rates={"USD": Decimal("0.5")})
    table = SubscriptionValue(interval="week", money=money).contracts({"subscriptions": told}, as_of=as_of).table
    assert sorted(table["amount"].unique()) == [5.0, 10.0]
    unnamed = told.with_columns(currency=pl.when(pl.col("currency") == "EUR").then("currency"))
    money = Money(currency="EUR", rates={"USD": Decimal("0.5")}, missing="USD")
    table = SubscriptionValue(interval="week", money=money).contracts({"subscriptions": unnamed}, as_of=as_of).table
    assert sorted(table["amount"].unique()) == [5.0, 10.0]
