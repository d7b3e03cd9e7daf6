"""What segments by rules have in common: tiers, demographic and behavioural ones."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.segmentation import (
    Breadth,
    Demographic,
    Engagement,
    PreferredChannel,
    Tier,
    UsageTrend,
    ValueTiers,
    Visits,
)
from unified_customer.segmentation.sizes import guarded
from unified_customer.testing.purchase_strategies import FIRST, event_frames, moments, order_frames, people_frames

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
Tables = dict[str, pl.DataFrame]
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(10), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
tiers = st.sampled_from(((Tier(name="up", top=0.3), Tier(name="down", top=1)), ValueTiers().tiers))
specs = st.one_of(
    st.builds(ValueTiers, tiers=tiers, window_days=st.sampled_from((None, 30))),
    st.builds(Demographic, by=st.sampled_from((("age",), ("gender",), ("age", "gender"))), least=st.integers(1, 3)),
    st.builds(UsageTrend, window_days=st.integers(1, 40)),
    st.builds(Breadth, window_days=st.integers(1, 90), cuts=st.sampled_from((None, (2, 3)))),
    st.builds(PreferredChannel, window_days=st.integers(10, 90)),
    st.builds(Engagement, active=st.integers(0, 20), site=st.just(Visits(names=("product_viewed",)))),
)
tables = st.fixed_dictionaries({"orders": order_frames(), "events": event_frames(), "customers": people_frames()})


def segments(spec: Any, found: Tables, as_of: datetime = END, put: Put = lambda frame: frame) -> dict[str, str]:
    fitted = spec.fit({name: put(frame) for name, frame in found.items()}, as_of=as_of)
    return dict(collected(opened(fitted.table)).select("customer_id", "segment").iter_rows())


def later(found: Tables, future: Tables, as_of: datetime) -> Tables:
    """Return what was before an instant, and a future after it."""
    moved = {"customers": found["customers"]}
    for name, at in (("orders", "ordered_at"), ("events", "occurred_at")):
        past = found[name].filter(pl.col(at) < as_of)
        moved[name] = pl.concat([past, future[name].with_columns(pl.col(at) - FIRST + as_of)])
    return moved


@given(specs, tables)
def test_everybody_is_in_one_segment(spec: Any, found: Tables) -> None:
    table = spec.fit(found, as_of=END).table
    assert table["customer_id"].is_unique().all()
    assert table.select("customer_id", "segment").null_count().sum_horizontal().item() == 0


@given(specs, tables, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_segment(spec: Any, found: Tables, random: Any) -> None:
    mixed = {name: frame[random.sample(range(frame.height), frame.height)] for name, frame in found.items()}
    assert segments(spec, mixed) == segments(spec, found)


@given(spec=specs, found=tables)
@few_on_each_engine
def test_the_engine_changes_no_segment(engine: Put, spec: Any, found: Tables) -> None:
    assert segments(spec, found, put=engine) == segments(spec, found)


@given(specs, tables, tables, moments())
def test_the_future_changes_no_segment(spec: Any, found: Tables, future: Tables, as_of: datetime) -> None:
    nothing = {name: frame.head(0) for name, frame in future.items()}
    assert segments(spec, later(found, future, as_of), as_of) == segments(spec, later(found, nothing, as_of), as_of)


@given(specs, tables)
def test_assigning_the_training_data_equals_fitting(spec: Any, found: Tables) -> None:
    fitted = spec.fit(found, as_of=END)
    assert fitted.assign(found, as_of=END).sort("customer_id").equals(fitted.table.sort("customer_id"))


@given(specs, tables)
def test_sizes_count_everybody(spec: Any, found: Tables) -> None:
    fitted = spec.fit(found, as_of=END)
    counted = Counter(fitted.table["segment"])
    assert {name: size for name, size in fitted.sizes.select("segment", "customers").iter_rows() if size} == counted


@given(specs)
def test_a_spec_loads_back_equal(spec: Any) -> None:
    assert type(spec).from_json(spec.to_json()) == spec


@given(tiers, order_frames(min_size=5))
def test_equal_values_are_in_one_tier_and_no_tier_outgrows_its_share(levels: Any, orders: pl.DataFrame) -> None:
    table = ValueTiers(tiers=levels).fit({"orders": orders}, as_of=END).table
    assert (table.group_by("value").agg(pl.col("segment").n_unique())["segment"] == 1).all()
    inside = 0
    for tier in levels:
        inside += (table["segment"] == tier.name).sum()
        assert inside <= tier.top * table.height + 1


@given(st.lists(st.dates(date(1880, 1, 1), date(2027, 1, 1)), min_size=1, max_size=20), st.integers(0, 400))
def test_ages_are_whole_years_since_birth(births: list[date], days: int) -> None:
    at = FIRST + timedelta(days=days)
    people = pl.DataFrame({"customer_id": [f"c{place}" for place in range(len(births))], "birth_date": births})
    found = segments(Demographic(ages=(10, 50, 90), least=1), {"customers": people}, at)
    assert [found[f"c{place}"] for place in range(len(births))] == [_band(born, at.date()) for born in births]


def _band(born: date, day: date) -> str:
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if not 0 <= years < 130:
        return "unknown"
    return "under 10" if years < 10 else "10-49" if years < 50 else "50-89" if years < 90 else "90+"


@given(people_frames(), st.integers(1, 5))
def test_no_demographic_segment_is_smaller_than_allowed_but_the_rest(people: pl.DataFrame, least: int) -> None:
    counted = Counter(segments(Demographic(by=("age", "gender"), least=least), {"customers": people}).values())
    assert all(size >= least for name, size in counted.items() if name != "other")


@given(event_frames(min_size=1), st.integers(1, 30))
def test_a_usage_trend_compares_two_windows(events: pl.DataFrame, window: int) -> None:
    found = segments(UsageTrend(window_days=window, change=0.5), {"events": events})
    for who, trend in found.items():
        ages = [END - at for name, at in events.select("customer_id", "occurred_at").iter_rows() if name == who]
        recent = sum(age <= timedelta(days=window) for age in ages)
        earlier = sum(timedelta(days=window) < age <= timedelta(days=2 * window) for age in ages)
        assert trend == _trend(recent, earlier)


def _trend(recent: int, earlier: int) -> str:
    if not earlier:
        return "started" if recent else "silent"
    if not recent:
        return "stopped"
    return "rising" if recent > 1.5 * earlier else "falling" if recent < 0.5 * earlier else "steady"


@given(event_frames(min_size=1))
def test_a_preferred_channel_is_that_of_more_than_half(events: pl.DataFrame) -> None:
    for who, channel in segments(PreferredChannel(), {"events": events}).items():
        own = [each or "unknown" for name, each in events.select("customer_id", "channel").iter_rows() if name == who]
        most, count = Counter(own).most_common(1)[0]
        assert channel == (most if 2 * count > len(own) else "mixed")


@given(event_frames(min_size=1))
def test_breadth_counts_different_things(events: pl.DataFrame) -> None:
    table = Breadth(of="name", window_days=365, cuts=(2, 3)).fit({"events": events}, as_of=END).table
    for who, breadth, segment in table.select("customer_id", "breadth", "segment").iter_rows():
        names = set(events.filter(pl.col("customer_id") == who)["name"].drop_nulls())
        assert breadth == len(names)
        assert segment == ("none", "narrow", "medium", "broad")[min(breadth, 3)]


def test_tiers_that_leave_somebody_out_are_refused() -> None:
    with pytest.raises(ValueError, match="rise to 1"):
        ValueTiers(tiers=(Tier(name="high", top=0.2), Tier(name="low", top=0.9)))


counts = st.lists(st.integers(0, 12), max_size=6)


def hidden_of(customers: list[int], least: int) -> list[int]:
    """Return how many customers those segments have whose money is not told."""
    names = [str(place) for place in range(len(customers))]
    sizes = pl.DataFrame({"segment": names, "customers": customers, "monetary": [1.0] * len(names)}, strict=False)
    told = guarded(sizes.cast({"customers": pl.Int64}), least=least)
    assert told.select("segment", "customers").equals(
        sizes.select("segment", "customers").cast({"customers": pl.Int64})
    )
    return told.filter(pl.col("monetary").is_null())["customers"].to_list()


@given(counts, st.integers(1, 9))
def test_the_rest_of_the_money_is_that_of_several_segments_and_of_enough_customers(
    customers: list[int], least: int
) -> None:
    hidden, peopled = hidden_of(customers, least), [each for each in customers if each]
    assert sorted(hidden)[: sum(each < least for each in peopled)] == sorted(each for each in peopled if each < least)
    assert len(hidden) in {0, len(peopled)} or (len(hidden) > 1 and sum(hidden) >= least)


@given(counts, st.integers(1, 9))
def test_no_more_money_is_hidden_than_has_to_be(customers: list[int], least: int) -> None:
    hidden = sorted(hidden_of(customers, least))
    few = [each for each in hidden if each < least]
    assert 0 not in hidden
    assert bool(hidden) == bool(few)
    assert len(hidden) == len(few) or len(hidden) <= 2 or sum(hidden[:-1]) < least
