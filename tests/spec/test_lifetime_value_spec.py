"""What customers will buy, whether they are still customers, and what they are worth."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import special

from tests.searching import at_least
from unified_customer.analytics import CLV, SubscriptionValue
from unified_customer.analytics.value.contracts import contracts_before
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.buy_till_die import (
    MODELS,
    FittedPurchases,
    Histories,
    SeasonalIndex,
    SeasonClock,
    Tenures,
    draw_histories,
    fit_purchases,
    fit_retention,
    purchase_histories,
    retention,
    spending,
)
from unified_customer.methods.buy_till_die.histories import Floats
from unified_customer.methods.money import Money
from unified_customer.testing.purchase_strategies import FIRST, order_frames
from unified_customer.testing.value_strategies import NAMES, START, contracts, histories, parameters

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
names = st.sampled_from(NAMES)
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(6), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
few = settings(deadline=None, max_examples=at_least(10))
times = st.lists(st.floats(0, 500), min_size=2, max_size=6).map(sorted)
REAL = {
    "bg_nbd": {"r": 0.5, "alpha": 5.0, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.6, "alpha": 5.0, "a": 0.7, "b": 2.0},
    "pareto_nbd": {"r": 0.6, "alpha": 8.0, "s": 0.7, "beta": 10.0},
}


def with_parameters(name: str, values: Floats) -> FittedPurchases:
    told = dict(zip(MODELS[name].names, values.tolist(), strict=True))
    return FittedPurchases(name, told, dict.fromkeys(told), 0.0, 1, 1, True, ())


def drawn(name: str, *, customers: int = 3000, seed: int = 7) -> Histories:
    ages = np.random.default_rng(seed).uniform(20, 80, customers)
    return draw_histories(name, REAL[name], ages=ages, seed=seed)


def slope(function: Callable[[Floats], float], at: Floats) -> list[float]:
    """Return the derivatives by central differences of the fourth order."""
    found = []
    for place in range(len(at)):
        step = np.zeros_like(at)
        step[place] = 1e-3 * at[place]
        near = (function(at + step) - function(at - step)) * 8
        found.append((near - function(at + 2 * step) + function(at - 2 * step)) / (12 * step[place]))
    return found


def agree(found: Any, wanted: Any, scale: float) -> bool:
    return bool(np.allclose(found, wanted, rtol=2e-5, atol=1e-7 * (1 + scale)))


# --------------------------------------------------------------------------------------------- the models


@given(names, parameters(), histories())
def test_the_chance_to_be_a_customer_still_is_from_0_to_1(name: str, values: Floats, seen: Histories) -> None:
    alive = with_parameters(name, values).p_alive(seen)
    assert ((alive >= 0) & (alive <= 1)).all()


@given(names, parameters(), histories(), times)
def test_expected_purchases_never_fall_with_time_and_never_pass_those_of_a_faithful_customer(
    name: str, values: Floats, seen: Histories, times: list[float]
) -> None:
    expected = with_parameters(name, values).expected_purchases(seen, time=times)
    faithful = ((values[0] + seen.frequency) / (values[1] + seen.age))[:, None] * np.asarray(times)
    assert (expected >= 0).all()
    assert (np.diff(expected, axis=1) >= -1e-9 * (1 + expected[:, 1:])).all()
    assert (expected <= faithful * (1 + 1e-9)).all()


@given(names, parameters(), histories(most=4), st.floats(0.1, 60))
@few
def test_chances_of_more_purchases_add_up_to_those_that_are_expected(
    name: str, values: Floats, seen: Histories, time: float
) -> None:
    fitted = with_parameters(name, values)
    expected = fitted.expected_purchases(seen, time=time)
    assume(expected.max() < 20)
    assert np.allclose(sum(fitted.p_purchase(seen, time=time, more_than=n) for n in range(600)), expected, rtol=1e-4)


@given(names, parameters(), histories())
def test_slopes_of_the_likelihood_are_its_derivatives(name: str, values: Floats, seen: Histories) -> None:
    model = MODELS[name]
    value, gradient = model.log_likelihood(values, seen)
    assert agree(gradient, slope(lambda at: model.log_likelihood(at, seen)[0], values), abs(value))


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(0.01, 1e4)), min_size=1, max_size=8), parameters())
def test_slopes_of_the_likelihood_of_spends_are_its_derivatives(
    spends: list[tuple[int, float]], values: Floats
) -> None:
    x, z = (np.asarray(each, dtype=np.float64) for each in zip(*spends, strict=True))
    value, gradient = spending.log_likelihood(values[:3], x, z, np.ones_like(x))
    found = slope(lambda at: spending.log_likelihood(at, x, z, np.ones_like(x))[0], values[:3])
    assert agree(gradient, found, abs(value))


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=10), parameters())
def test_slopes_of_the_likelihood_of_tenures_are_its_derivatives(told: list[tuple[int, bool]], values: Floats) -> None:
    tenures = Tenures.of(periods=[count for count, _ in told], ended=[over for _, over in told])
    value, gradient = retention.log_likelihood(values[2:], tenures)
    assert agree(gradient, slope(lambda at: retention.log_likelihood(at, tenures)[0], values[2:]), abs(value))


@given(names, parameters(), histories())
def test_counting_equal_histories_once_changes_no_likelihood(name: str, values: Floats, seen: Histories) -> None:
    short, place = seen.compressed()
    whole, once = (MODELS[name].log_likelihood(values, each)[0] for each in (seen, short))
    assert np.isclose(whole, once, rtol=1e-10, atol=1e-10)
    assert short.customers == len(seen)
    assert (short.age[place] == seen.age).all()
    assert (short.frequency[place] == seen.frequency).all()


@given(names, parameters(), histories(), st.sampled_from((1 / 7, 7.0, 365.25)))
def test_another_unit_of_time_changes_parameters_and_no_forecast(
    name: str, values: Floats, seen: Histories, unit: float
) -> None:
    model, other = MODELS[name], values.copy()
    other[list(model.times)] /= unit
    there = seen.in_unit(unit)
    shift = seen.frequency.sum() * np.log(unit)
    value = model.log_likelihood(values, seen)[0]
    assert np.isclose(model.log_likelihood(other, there)[0] - shift, value, rtol=1e-9, atol=1e-8)
    one, two = (with_parameters(name, each) for each in (values, other))
    assert np.allclose(one.p_alive(seen), two.p_alive(there), rtol=1e-9, atol=1e-12)
    assert np.allclose(
        one.expected_purchases(seen, time=20), two.expected_purchases(there, time=20 / unit), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_fit_in_another_unit_of_time_is_the_same_fit(name: str) -> None:
    seen = drawn(name, customers=800)
    weeks, days = fit_purchases(name, seen), fit_purchases(name, seen.in_unit(1 / 7))
    longer = np.asarray([7 if place in MODELS[name].times else 1 for place in range(4)])
    for one, other in ((weeks.parameters, days.parameters), (weeks.standard_errors, days.standard_errors)):
        told, scaled = (np.asarray([*each.values()], dtype=np.float64) for each in (other, one))
        assert np.allclose(told, scaled * longer, rtol=1e-4)
    there = days.expected_purchases(seen.in_unit(1 / 7), time=364)
    assert np.allclose(weeks.expected_purchases(seen, time=52), there, rtol=1e-7)
    shift = seen.frequency.sum() * np.log(7)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - shift, abs=1e-6)


@given(names, histories(), st.randoms(use_true_random=False))
@few
def test_the_order_of_customers_changes_no_fit(name: str, seen: Histories, random: Random) -> None:
    order = list(range(len(seen)))
    random.shuffle(order)
    one, other = fit_purchases(name, seen), fit_purchases(name, seen.at(np.asarray(order)))
    assert np.array_equal(list(one.parameters.values()), list(other.parameters.values()), equal_nan=True)


@given(names, histories())
def test_any_histories_can_be_fitted_and_what_is_wrong_is_said(name: str, seen: Histories) -> None:
    fitted = fit_purchases(name, seen)
    assert fitted.diagnosis
    assert {each.kind for each in fitted.diagnosis} & {"no_customers", "no_repeaters", "few_repeaters"}
    expected = fitted.expected_purchases(seen, time=10)
    assert np.isnan(expected).all() if not fitted.customers else np.isfinite(expected).all()


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-5, 100) | st.just(float("nan"))), max_size=8))
def test_any_spends_can_be_fitted_and_what_is_wrong_is_said(told: list[tuple[int, float]]) -> None:
    fitted = spending.fit_spending(frequency=[x for x, _ in told], spend=[z for _, z in told])
    assert {each.kind for each in fitted.diagnosis} & {"no_repeaters", "few_repeaters"}


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=10))
def test_any_tenures_can_be_fitted_and_what_is_wrong_is_said(told: list[tuple[int, bool]]) -> None:
    fitted = fit_retention(Tenures.of(periods=[count for count, _ in told], ended=[over for _, over in told]))
    assert {each.kind for each in fitted.diagnosis} & {"no_customers", "few_contracts"}


@pytest.mark.parametrize("name", NAMES)
def test_the_model_that_histories_were_drawn_from_is_found_again(name: str) -> None:
    fitted = fit_purchases(name, drawn(name, customers=12_000))
    assert fitted.converged
    assert not fitted.diagnosis
    for each, wanted in REAL[name].items():
        error = fitted.standard_errors[each]
        assert error is not None
        assert abs(fitted.parameters[each] - wanted) < 3.5 * error
        assert error < 0.5 * wanted


@pytest.mark.parametrize("name", NAMES)
def test_what_is_expected_comes_on_average_and_who_is_alive_buys(name: str) -> None:
    """Draw a time of which only the first part is shown, and forecast the rest."""
    whole = draw_histories(name, REAL[name], ages=np.full(40_000, 90.0), seed=3)
    early = draw_histories(name, REAL[name], ages=np.full(40_000, 50.0), seed=4)
    fitted = with_parameters(name, np.asarray([*REAL[name].values()]))
    expected = early.frequency.mean() + fitted.expected_purchases(early, time=40).mean()
    error = whole.frequency.std() / np.sqrt(len(whole)) * 2
    assert abs(whole.frequency.mean() - expected) < 4 * error
    assert abs(fitted.newcomer(time=[90.0])[0] - whole.frequency.mean()) < 4 * error


@given(
    st.tuples(st.floats(0.05, 10), st.floats(0.5, 50), st.floats(1.05, 9), st.floats(0.05, 9)),
    histories(),
    st.floats(0.1, 60),
)
def test_what_bg_nbd_expects_is_the_closed_form_of_its_authors(
    values: tuple[float, ...], seen: Histories, time: float
) -> None:
    r, alpha, a, b = values
    x, last, age = seen.frequency, seen.recency, seen.age
    assume(abs(a + b - 1) > 0.01 and x.max() < 30)
    z = time / (alpha + age + time)
    hyper = special.hyp2f1(r + x, b + x, a + b + x - 1, z)
    top = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (r + x) * hyper)
    left = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * ((alpha + age) / (alpha + last)) ** (r + x), 0)
    found = with_parameters("bg_nbd", np.asarray([r, alpha, a, b])).expected_purchases(seen, time=time)
    assert np.allclose(found, top / (1 + left), rtol=1e-6, atol=1e-9)


@given(st.floats(0.1, 5), st.floats(1, 50), st.floats(0.1, 5), st.floats(1, 50), histories(most=5))
def test_the_likelihood_of_pareto_nbd_is_that_of_its_authors(
    r: float, alpha: float, s: float, beta: float, seen: Histories
) -> None:
    x, last, age = seen.frequency, seen.recency, seen.age
    assume(x.max() < 25)
    most, gap, all_shape = max(alpha, beta), abs(alpha - beta), r + s + x
    second = s + 1 if alpha >= beta else r + x

    def term(t: Floats) -> Floats:
        value: Floats = special.hyp2f1(all_shape, second, all_shape + 1, gap / (most + t)) / (most + t) ** all_shape
        return value

    stayed = (alpha + age) ** -(r + x) * (beta + age) ** -s
    inside = stayed + s / all_shape * (term(last) - term(age))
    authors = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inside)
    found, _ = MODELS["pareto_nbd"].log_likelihood(np.asarray([r, alpha, s, beta]), seen)
    assert np.isclose(found, authors.sum(), rtol=1e-7, atol=1e-7)


@given(st.integers(0, 20), st.floats(0.01, 2), st.floats(0.05, 20), st.floats(0.05, 20))
def test_renewals_to_come_add_up_and_those_who_stay_longer_renew_more(
    done: int, discount: float, alpha: float, beta: float
) -> None:
    fitted = retention.FittedRetention({"alpha": alpha, "beta": beta}, {}, 0.0, 1, True, ())
    steps = np.arange(0, 60)
    share = fitted.survival(steps, renewals=done)
    assert share[0] == pytest.approx(1)
    assert (np.diff(share) <= 0).all()
    assert (np.diff(fitted.retention(steps + 1)) >= 0).all()
    counted = fitted.residual(done, discount=discount, periods=4000)
    assert fitted.residual(done, discount=discount) == pytest.approx(counted, rel=1e-6)


@given(st.dates(START, START + timedelta(days=400)), st.integers(0, 400), st.sampled_from(("month", "week")))
def test_a_clock_without_a_season_shows_days(day: date, days: int, by: Any) -> None:
    first = (day - date(1970, 1, 1)).days
    for season in (None, SeasonalIndex(by=by), SeasonalIndex(by=by, index={1: 1.0})):
        clock = SeasonClock.of(season, first=first, last=first + days)
        assert clock.between(first, first + days) == days


# ------------------------------------------------------------------------------------------- the summary


def counted_by_hand(orders: pl.DataFrame, as_of: datetime) -> dict[str, tuple[Any, ...]]:
    """Return frequency, recency, age and spend, one order after the other."""
    days: dict[str, dict[date, Decimal]] = {}
    for row in orders.iter_rows(named=True):
        if row["customer_id"] is None or row["ordered_at"] >= as_of or (row["amount"] or 0) < 0:
            continue
        of_customer = days.setdefault(row["customer_id"], {})
        day = row["ordered_at"].date()
        of_customer[day] = of_customer.get(day, Decimal(0)) + (row["amount"] or Decimal(0))
    last = (as_of - timedelta(microseconds=1)).date()
    return {who: _of_days(bought, last) for who, bought in days.items()}


def _of_days(bought: dict[date, Decimal], last: date) -> tuple[Any, ...]:
    first, *later = sorted(bought)
    spend = float(sum(bought[day] for day in later)) / len(later) if later else None
    return len(later), (max(bought) - first).days, (last - first).days, None if spend is None else round(spend, 6)


def summarised(native: Any, **options: Any) -> dict[str, tuple[Any, ...]]:
    found = collected(opened(purchase_histories({"orders": native}, as_of=END, **options)))
    table = found.select("customer_id", "frequency", "recency", "age", pl.col("spend").round(6))
    return {row[0]: row[1:] for row in table.iter_rows()}


@given(orders=order_frames())
@few_on_each_engine
def test_histories_are_those_that_one_counts_by_hand_on_every_engine(engine: Put, orders: pl.DataFrame) -> None:
    assert summarised(engine(orders)) == counted_by_hand(orders, END)


@given(orders=order_frames(), zone=st.sampled_from(("Asia/Kolkata", "America/New_York")))
@few_on_each_engine
def test_histories_are_the_same_on_every_engine_in_any_zone(engine: Put, orders: pl.DataFrame, zone: str) -> None:
    assert summarised(engine(orders), zone=zone) == summarised(orders, zone=zone)


# --------------------------------------------------------------------------------------------- the value


def shop(*, customers: int = 150, seed: int = 5, days: int = 420) -> pl.DataFrame:
    """Return orders of a shop that was drawn."""
    chance = Random(seed)
    rows = []
    for number in range(customers):
        at = chance.uniform(0, days / 2)
        rate, stays, spend = chance.gammavariate(0.8, 1 / 30), chance.betavariate(3, 1), chance.lognormvariate(3, 0.5)
        while at < days:
            rows.append((f"c{number:03}", FIRST + timedelta(days=at), round(chance.gammavariate(4, spend / 4), 2)))
            at += chance.expovariate(rate)
            if chance.random() > stays:
                break
    return pl.DataFrame(rows, schema=["customer_id", "ordered_at", "amount"], orient="row")


SHOP = shop()
MIDDLE = FIRST + timedelta(days=280)
fast = st.builds(
    CLV,
    model=st.sampled_from(("bg_nbd", "mbg_nbd")),
    horizon_days=st.integers(1, 800),
    annual_discount=st.floats(0, 1),
    margin=st.floats(0, 1),
    seasonal=st.sampled_from((None, "month", "week")),
    returns=st.sampled_from(("net", "gross")),
)


@given(fast)
@few
def test_without_discount_and_at_full_margin_the_value_is_what_is_spent(spec: CLV) -> None:
    plain = spec.model_copy(update={"annual_discount": 0.0, "margin": 1.0})
    table = plain.fit({"orders": SHOP}, as_of=MIDDLE).table
    assert np.allclose(table["clv"], table["expected_purchases"] * table["expected_spend"], rtol=1e-9)
    discounted = spec.fit({"orders": SHOP}, as_of=MIDDLE).table
    assert (discounted["clv"] <= table["clv"] * spec.margin * (1 + 1e-12) + 1e-12).all()
    worst = (1 + spec.annual_discount) ** (-spec.horizon_days / 365)
    assert (discounted["clv"] >= table["clv"] * spec.margin * worst * (1 - 1e-12) - 1e-12).all()


@given(fast, st.integers(0, 200))
@few
def test_what_comes_later_changes_no_value(spec: CLV, seed: int) -> None:
    chance = Random(seed)
    later = pl.col("ordered_at") >= MIDDLE
    shifted = SHOP.with_columns(
        ordered_at=pl.when(later)
        .then(pl.col("ordered_at") + timedelta(hours=chance.randrange(9999)))
        .otherwise("ordered_at"),
        amount=pl.when(later).then(pl.col("amount") * 7).otherwise("amount"),
    )
    spec = spec.model_copy(update={"holdout_days": chance.choice((None, 60))})
    one, other = (spec.fit({"orders": each}, as_of=MIDDLE) for each in (SHOP, shifted))
    assert one.table.equals(other.table)
    assert one.to_body() == other.to_body()


@given(fast, st.integers(0, 200))
@few
def test_the_order_of_rows_changes_no_value(spec: CLV, seed: int) -> None:
    one, other = (
        spec.fit({"orders": each}, as_of=MIDDLE).table
        for each in (SHOP, SHOP.sample(fraction=1, shuffle=True, seed=seed))
    )
    assert one.equals(other)


@given(fast)
@few
def test_valuing_the_customers_of_the_fit_gives_their_values(spec: CLV) -> None:
    fitted = spec.fit({"orders": SHOP}, as_of=MIDDLE)
    assert fitted.assign({"orders": SHOP}, as_of=MIDDLE).equals(fitted.table)
    some = SHOP.filter(pl.col("customer_id") < "c050")
    alone = fitted.assign({"orders": some}, as_of=MIDDLE)
    assert alone.drop("clv", "expected_purchases", "p_alive").equals(
        fitted.table.filter(pl.col("customer_id") < "c050").drop("clv", "expected_purchases", "p_alive")
    )
    joined = alone.join(fitted.table, on="customer_id")
    assert np.allclose(joined["clv"], joined["clv_right"], rtol=1e-9)


@given(fast, st.integers(1, 130))
@few
def test_the_naive_row_stands_beside_every_evaluation(spec: CLV, days: int) -> None:
    fitted = spec.model_copy(update={"holdout_days": 50}).fit({"orders": SHOP}, as_of=MIDDLE)
    assert fitted.holdout is not None
    for each in (fitted.holdout, fitted.evaluate({"orders": SHOP}, until=MIDDLE + timedelta(days=days))):
        assert each.table["forecast"][-1] == "past_rate"
        assert each.table["mae"].null_count() == 0
        assert each.calibration["customers"].sum() == each.customers
        assert each.calibration["customers"].min() >= 10  # type: ignore[operator]


@given(order_frames(), fast)
def test_any_orders_can_be_valued(orders: pl.DataFrame, spec: CLV) -> None:
    fitted = spec.fit({"orders": orders}, as_of=END)
    assert fitted.diagnosis
    assert fitted.table["p_alive"].drop_nulls().is_between(0, 1).all()
    assert fitted.rows()["scores"]["value"].is_finite().all()


def test_the_best_model_is_chosen_without_what_comes_later() -> None:
    spec = CLV(horizon_days=100)
    until_now = SHOP.filter(pl.col("ordered_at") < MIDDLE)
    one, other = (spec.fit({"orders": each}, as_of=MIDDLE) for each in (SHOP, until_now))
    assert one.table.equals(other.table)
    assert one.to_body() == other.to_body()
    assert one.holdout is not None
    models = one.holdout.table.filter(pl.col("forecast").is_in(NAMES))
    assert one.learned.purchases.name == models.sort("mae")["forecast"][0]


# ------------------------------------------------------------------------------------------- contracts


def renewed_by_hand(start: date, until: date, interval: str) -> int:
    """Count due days one after the other."""
    count = 0
    while _due(start, count + 1, interval) <= until:
        count += 1
    return count


def _due(start: date, number: int, interval: str) -> date:
    if interval == "week":
        return start + timedelta(weeks=number)
    months = number * {"month": 1, "quarter": 3, "year": 12}[interval]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1) if month == 11 else date(year, month + 2, 1)
    return min(date(year, month + 1, 1) + timedelta(days=start.day - 1), following - timedelta(days=1))


@given(contracts(), st.integers(1, 800), st.sampled_from(("week", "month", "quarter", "year")))
def test_renewals_are_those_that_one_counts_by_hand(told: pl.DataFrame, days: int, interval: Any) -> None:
    last = START + timedelta(days=days)
    as_of = datetime.combine(last + timedelta(days=1), time(), UTC)
    found = contracts_before({"subscriptions": told}, as_of=as_of, zone="UTC", money=Money(), interval=interval)
    assert found.table.height == told.filter(pl.col("started_at") <= last).height
    for row in found.table.iter_rows(named=True):
        whole = renewed_by_hand(row["started"], row["ended"] or last, interval)
        if row["ended"] is None:
            assert row["renewals"] == row["periods"] == whole
            assert row["since"] == (last - (_due(row["started"], whole, interval) if whole else row["started"])).days
        else:
            on_the_day = whole > 0 and _due(row["started"], whole, interval) == row["ended"]
            assert row["periods"] == max(1, whole if on_the_day else whole + 1)
            assert row["renewals"] == row["periods"] - 1


@given(contracts(), st.integers(1, 600), st.integers(1, 300))
def test_ends_that_come_later_change_no_value_of_contracts(told: pl.DataFrame, days: int, shift: int) -> None:
    last = START + timedelta(days=days)
    as_of = datetime.combine(last + timedelta(days=1), time(), UTC)
    later = pl.col("ended_at") > last
    shifted = told.with_columns(
        ended_at=pl.when(later).then(pl.col("ended_at") + timedelta(days=shift)).otherwise("ended_at")
    )
    spec = SubscriptionValue(amount=10.0)
    one, other = (spec.fit({"subscriptions": each}, as_of=as_of).table for each in (told, shifted))
    assert one.equals(other)
    assert (one["clv"].drop_nulls() >= 0).all()
    assert one["p_stay"].drop_nulls().is_between(0, 1).all()
