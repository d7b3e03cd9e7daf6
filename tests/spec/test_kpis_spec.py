"""KPIs by period and dimension, whatever the tables hold."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from polars import selectors
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.analytics import KPI, KPIS, FittedScorecard, Scorecard
from unified_customer.analytics.kpis.kpi import RANGES
from unified_customer.methods.events.machines import Machines
from unified_customer.methods.money import Money
from unified_customer.testing.kpi_strategies import FAMILIES, rating_frames, scorecard_tables, scorecards, told_by
from unified_customer.testing.purchase_strategies import FIRST, moments

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
Tables = Mapping[str, pl.DataFrame]
few_on_each_engine = settings(
    deadline=None,
    max_examples=at_least(3),
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

SUMS = tuple(name for name, kpi in KPIS.items() if kpi.additive)
specs, tables = scorecards(), scorecard_tables()
late_moments = st.integers(20, 61).map(lambda days: FIRST + timedelta(days=days)) | moments()


def alike(one: FittedScorecard, other: FittedScorecard) -> None:
    assert_frame_equal(one.table, other.table, rel_tol=1e-9, abs_tol=1e-7)
    assert (one.currency, one.retained) == (other.currency, other.retained)


# -------------------------------------------------------------------------------- laws of all


@given(spec=specs, tables=tables)
@few_on_each_engine
def test_every_engine_gives_the_same_scorecard(engine: Put, spec: Scorecard, tables: Tables) -> None:
    there = {name: engine(frame) for name, frame in tables.items()}
    alike(spec.fit(there, as_of=END), spec.fit(tables, as_of=END))


@given(spec=specs, tables=tables, seed=st.integers(0, 99))
def test_the_order_of_rows_changes_no_kpi(spec: Scorecard, tables: Tables, seed: int) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=seed) for name, frame in tables.items()}
    alike(spec.fit(shuffled, as_of=END), spec.fit(tables, as_of=END))


@given(spec=specs, tables=tables)
def test_the_spelling_of_names_changes_no_kpi(spec: Scorecard, tables: Tables) -> None:
    snake = tables["events"].with_columns(pl.col("name").str.to_lowercase().str.replace_all(" ", "_"))
    alike(spec.fit({**tables, "events": snake}, as_of=END), spec.fit(tables, as_of=END))


def in_two_currencies(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame in which every other amount is told in dollars, of which a euro has two."""
    dollars = pl.int_range(pl.len()) % 2 == 1
    amount = pl.when(dollars).then(pl.col("amount") * 2).otherwise("amount").cast(pl.Decimal(18, 4))
    return frame.with_columns(amount=amount, currency=pl.when(dollars).then(pl.lit("USD")).otherwise(pl.lit("EUR")))


@given(spec=specs, tables=tables)
def test_amounts_in_another_currency_at_its_rate_change_no_kpi(spec: Scorecard, tables: Tables) -> None:
    spec = spec.model_copy(update={"money": Money(currency="EUR", rates={"USD": Decimal("0.5")})})
    priced = {name: frame for name, frame in tables.items() if "amount" in frame.columns}
    told = {name: in_two_currencies(frame) for name, frame in priced.items()}
    alike(spec.fit({**tables, **told}, as_of=END), spec.fit(tables, as_of=END))


@given(spec=specs, tables=tables, kpi=st.sampled_from(tuple(KPIS)))
def test_a_kpi_is_what_it_is_among_others_when_it_is_told_alone(spec: Scorecard, tables: Tables, kpi: str) -> None:
    assume(spec.by is None or not KPIS[kpi].mixed)
    together, alone = (of(spec, *kpis).fit(tables, as_of=END).table for kpis in (FAMILIES[KPIS[kpi].family], (kpi,)))
    assert_frame_equal(together.filter(pl.col("kpi") == kpi), alone, rel_tol=1e-9, abs_tol=1e-7)


@given(spec=specs, tables=tables, late=late_moments, days=st.integers(0, 400))
def test_what_happens_from_the_date_on_changes_no_kpi(
    spec: Scorecard, tables: Tables, late: datetime, days: int
) -> None:
    def moved(frame: pl.DataFrame, column: str) -> pl.DataFrame:
        later = pl.when(pl.col(column) >= late).then(pl.col(column) + timedelta(days=days)).otherwise(column)
        return frame.with_columns(later)

    times = {"orders": "ordered_at", "events": "occurred_at", "answers": "answered_at"}
    today = late.astimezone(ZoneInfo(spec.calendar.zone)).date()
    unpaid = pl.when(pl.col("period_end") >= today).then(pl.col("period_end") + timedelta(days=days))
    spend = tables["spend"].with_columns(unpaid.otherwise("period_end"))
    future = {name: moved(tables[name], column) for name, column in times.items()} | {"spend": spend}
    alike(spec.fit(future, as_of=late), spec.fit(tables, as_of=late))


@given(spec=specs, tables=tables)
def test_an_interval_holds_its_value_and_lies_in_the_range_of_the_unit(spec: Scorecard, tables: Tables) -> None:
    for row in spec.fit(tables, as_of=END).table.drop_nulls("low").iter_rows(named=True):
        least, most = RANGES[row["unit"]]
        assert row["low"] - 1e-9 <= row["value"] <= row["high"] + 1e-9
        assert least is None or row["low"] >= min(least, row["value"])
        assert most is None or row["high"] <= most


@given(spec=specs, tables=tables)
def test_values_lie_in_the_range_of_shares_and_scores(spec: Scorecard, tables: Tables) -> None:
    told = (
        spec.fit(tables, as_of=END).table.drop_nulls("value").filter(pl.col("unit").is_in(["share", "score", "count"]))
    )
    for kpi, value, unit in told.select("kpi", "value", "unit").iter_rows():
        least, most = RANGES[unit]
        assert value >= (least or 0), kpi
        assert most is None or value <= most + 1e-9, kpi


@given(spec=specs, tables=tables)
def test_nothing_is_divided_by_zero(spec: Scorecard, tables: Tables) -> None:
    table = spec.fit(tables, as_of=END).table
    numbers = table.select(selectors.float())
    assert numbers.select(pl.all().is_finite().all().fill_null(value=True)).row(0) == (True,) * numbers.width
    assert (
        table.filter(pl.col("denominator") == 0)["value"].null_count()
        == table.filter(pl.col("denominator") == 0).height
    )


@given(spec=specs, tables=tables)
def test_a_ratio_is_what_stands_above_by_what_stands_below(spec: Scorecard, tables: Tables) -> None:
    rows = spec.fit(tables, as_of=END).table.drop_nulls("value")
    for row in rows.filter(pl.col("denominator") > 0).iter_rows(named=True):
        scale = 100 if row["kpi"] == "nps" else 1
        assert row["value"] == pytest.approx(scale * row["numerator"] / row["denominator"])
    for row in rows.filter(pl.col("denominator").is_null()).iter_rows(named=True):
        assert (KPIS[row["kpi"]].below, row["value"]) == (None, row["numerator"])


@given(spec=specs, tables=tables)
def test_parts_add_up_to_the_whole_over_values_of_a_dimension(spec: Scorecard, tables: Tables) -> None:
    whole, parts = (
        spec.model_copy(update={"by": by, "kpis": SUMS}).fit(tables, as_of=END).table for by in (None, "channel")
    )
    added = parts.group_by("kpi", "period", maintain_order=True).agg(pl.col("value").sum())
    both = whole.join(added, on=["kpi", "period"], how="left")
    assert both["value_right"].fill_null(0).to_list() == pytest.approx(both["value"].to_list(), abs=1e-6)


@given(spec=specs, tables=tables)
def test_months_add_up_to_their_year(spec: Scorecard, tables: Tables) -> None:
    # What came of a message or a touch may be told in another month, and counts in that of the message or the order.
    months, years = (
        spec.model_copy(update={"every": every, "kpis": SUMS, "by": None}).fit(tables, as_of=END).table
        for every in ("month", "year")
    )
    added = months.group_by("kpi", pl.col("period").dt.year()).agg(pl.col("value").sum()).sort("kpi", "period")
    whole = years.select("kpi", pl.col("period").dt.year(), "value").sort("kpi", "period")
    assert_frame_equal(added, whole, abs_tol=1e-6)


@given(spec=specs, tables=tables, late=late_moments)
def test_what_is_not_over_is_marked_and_in_no_comparison(spec: Scorecard, tables: Tables, late: datetime) -> None:
    table = spec.fit(tables, as_of=late).table
    zone, calendar = ZoneInfo(spec.calendar.zone), spec.calendar
    for row in table.iter_rows(named=True):
        following = calendar.start(calendar.number(row["period"], spec.every) + 1, spec.every)
        assert row["complete"] == (datetime.combine(following, time(), zone) <= late)
    unfinished = table.filter(~pl.col("complete"))
    compared = unfinished.select("previous", "change", "growth", "year_before", "year_change", "year_growth")
    assert compared.null_count().sum_horizontal().sum() == 6 * unfinished.height


@given(spec=specs, tables=tables)
def test_what_is_compared_is_the_value_of_the_period_before(spec: Scorecard, tables: Tables) -> None:
    table = spec.fit(tables, as_of=END).table
    calendar = spec.calendar
    by = [] if spec.by is None else [spec.by]
    values = {(kpi, *rest): value for kpi, *rest, value in table.select("kpi", *by, "period", "value").iter_rows()}
    for row in table.filter("complete").iter_rows(named=True):
        before = calendar.start(calendar.number(row["period"], spec.every) - 1, spec.every)
        assert row["previous"] == values.get((row["kpi"], *(row[name] for name in by), before))
        if row["value"] is not None and row["previous"] is not None:
            assert row["change"] == row["value"] - row["previous"]


@given(spec=specs, tables=tables, least=st.integers(2, 5))
def test_nothing_is_told_of_fewer_people_than_are_wanted(spec: Scorecard, tables: Tables, least: int) -> None:
    guarded = spec.model_copy(update={"min_customers": least}).fit(tables, as_of=END).table
    open_table = spec.fit(tables, as_of=END).table
    for row, shown in zip(guarded.iter_rows(named=True), open_table.iter_rows(named=True), strict=True):
        kpi = KPIS[row["kpi"]]
        if kpi.people is not None and kpi.people in {kpi.above, kpi.below}:
            people = shown["numerator"] if kpi.people == kpi.above else shown["denominator"]
            hidden = people is None or 0 < people < least
            assert (row["value"], row["n"]) == ((None, None) if hidden else (shown["value"], shown["n"]))


# -------------------------------------------------------------------------------- laws of families


def of(spec: Scorecard, *kpis: str) -> Scorecard:
    return told_by(spec.model_copy(update={"kpis": kpis}))


def values(fitted: FittedScorecard, kpi: str) -> list[float | None]:
    return fitted.table.filter(pl.col("kpi") == kpi)["value"].to_list()


@given(spec=specs, tables=tables)
def test_what_is_opened_was_delivered_and_what_was_delivered_was_sent(spec: Scorecard, tables: Tables) -> None:
    told = spec.fit(tables, as_of=END).table.pivot(
        "kpi", index=["period", *([spec.by] if spec.by else [])], values="value"
    )
    if "emails_sent" not in told.columns:
        return
    opened = pl.col("unique_opens") + pl.col("machine_opens")
    rising = (pl.col("unique_clicks") <= pl.col("unique_opens")) & (opened <= pl.col("emails_delivered"))
    assert told.select((rising & (pl.col("emails_delivered") <= pl.col("emails_sent"))).all()).item()
    ratio = told.select(pl.col("unique_clicks") / pl.col("unique_opens") - pl.col("click_to_open_rate")).to_series()
    assert all(abs(each) < 1e-12 for each in ratio.drop_nulls().drop_nans())


@given(spec=specs, tables=tables)
def test_what_machines_open_and_click_is_no_humans(spec: Scorecard, tables: Tables) -> None:
    spec = of(spec, "unique_opens", "unique_clicks", "machine_opens")
    everybody = tables["events"].with_columns(properties=pl.lit('{"sg_machine_open": true}'))
    told = spec.fit({"events": everybody}, as_of=END)
    assert not any(filter(None, values(told, "unique_opens") + values(told, "unique_clicks")))
    nobody = spec.model_copy(update={"machines": Machines(seconds=0, agents=(), flags=())})
    assert not any(filter(None, values(nobody.fit({"events": everybody}, as_of=END), "machine_opens")))


@given(spec=specs, answers=rating_frames())
def test_mirrored_answers_negate_the_nps_where_nobody_is_in_between(spec: Scorecard, answers: pl.DataFrame) -> None:
    extreme = answers.with_columns(
        value=pl.when(pl.col("value") > 5).then(10.0).otherwise(0.0), instrument=pl.lit("nps")
    )
    mirrored = extreme.with_columns(value=10 - pl.col("value"))
    one, other = (of(spec, "nps").fit({"answers": frame}, as_of=END) for frame in (extreme, mirrored))
    assert values(one, "nps") == pytest.approx([None if each is None else -each for each in values(other, "nps")])


@given(spec=specs, tables=tables, factor=st.sampled_from((2, 5, 10)))
def test_roas_and_mer_rise_with_revenue(spec: Scorecard, tables: Tables, factor: int) -> None:
    more = tables["orders"].with_columns((pl.col("amount") * factor).cast(pl.Decimal(18, 4)))
    kpis = ("roas", "mer", "attributed_revenue", "revenue", "average_order_value")
    small, large = (of(spec, *kpis).fit({**tables, "orders": orders}, as_of=END) for orders in (tables["orders"], more))
    for kpi in kpis:
        scaled = [None if each is None else factor * each for each in values(small, kpi)]
        assert values(large, kpi) == pytest.approx(scaled)


@given(spec=specs, tables=tables)
def test_grr_is_at_most_1_and_at_most_nrr(spec: Scorecard, tables: Tables) -> None:
    told = of(spec, *FAMILIES["retention"]).fit(tables, as_of=END)
    for gross, net in zip(values(told, "gross_revenue_retention"), values(told, "net_revenue_retention"), strict=True):
        assert gross is None or gross <= min(1, net or 0) + 1e-9


@given(spec=specs, tables=tables)
def test_who_stays_and_who_goes_are_all_of_the_start(spec: Scorecard, tables: Tables) -> None:
    told = of(spec, *FAMILIES["retention"]).fit(tables, as_of=END)
    for kept, lost in zip(values(told, "retention_rate"), values(told, "churn_rate"), strict=True):
        assert (kept is None) == (lost is None)
        assert kept is None or kept + (lost or 0) == pytest.approx(1)


@given(spec=specs, tables=tables)
def test_spend_in_two_equal_rows_is_that_of_one(spec: Scorecard, tables: Tables) -> None:
    spec = of(spec, *FAMILIES["return"])
    halves = tables["spend"].with_columns((pl.col("amount") / 2).cast(pl.Decimal(18, 4)))
    twice = pl.concat([halves, halves])
    alike(
        spec.fit({**tables, "spend": twice}, as_of=END),
        spec.fit({**tables, "spend": halves.with_columns((pl.col("amount") * 2).cast(pl.Decimal(18, 4)))}, as_of=END),
    )


# -------------------------------------------------------------------------------- the catalogue


@pytest.mark.parametrize("kpi", KPIS.values(), ids=list(KPIS))
def test_every_kpi_says_its_formula_unit_interval_and_source(kpi: KPI) -> None:
    assert KPIS[kpi.name] == kpi
    assert all([kpi.title, kpi.formula, kpi.source, kpi.needs, kpi.unit in RANGES])
    assert kpi.interval == "none" or kpi.below is not None
    assert kpi.below is None or not kpi.additive
