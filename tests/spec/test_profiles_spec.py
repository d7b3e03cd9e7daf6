"""What segments are like, told of no few."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.segmentation import Persona, Profiles, SegmentProfiles
from unified_customer.testing.profile_strategies import Shop, shops
from unified_customer.testing.purchase_strategies import FIRST

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
FRAMES = ("facts", "findings", "typical", "channels")
COLUMNS = {
    "gender": ("customers", "gender"),
    "region": ("customers", "region"),
    "category": ("order_lines", "category"),
    "item": ("order_lines", "name"),
    "order channel": ("order_lines", "channel"),
    "event": ("events", "name"),
    "event channel": ("events", "channel"),
}
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(3), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
fewer = settings(deadline=None, max_examples=at_least(8))
in_a_folder = settings(
    deadline=None, max_examples=at_least(15), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
specs = st.builds(
    Profiles,
    segmentation=st.just("colour"),
    least=st.integers(1, 8),
    rate=st.sampled_from((0.05, 0.9)),
    most=st.sampled_from((2, 100)),
)


def profiled(spec: Profiles, shop: Shop, put: Put = lambda frame: frame) -> SegmentProfiles:
    return spec.fit({name: put(frame) for name, frame in shop.items()}, as_of=END)


def same(one: SegmentProfiles, other: SegmentProfiles) -> None:
    for name in FRAMES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_row_order=False, rel_tol=1e-9)


def holders(shop: Shop) -> dict[tuple[str, str], set[str]]:
    """Return the assigned customers who have each value, by kind and value."""
    known = set(shop["colour"]["customer_id"])
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, (table, column) in COLUMNS.items():
        for who, value in shop[table].select("customer_id", column).drop_nulls().iter_rows():
            found[kind, value] |= {who} & known
    for who, question, value, text in shop["answers"].select("customer_id", "question", "value", "text").iter_rows():
        found["answer", question] |= {who} & known
        if value is None and text is not None:
            found["answer: " + question, text] |= {who} & known
    return found


def members(shop: Shop) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for who, segment in shop["colour"].iter_rows():
        found[segment].add(who)
    return found


def written(found: SegmentProfiles, folder: Path) -> str:
    return found.handbook(folder / "handbook.html", purpose="analytics", charts=False).read_text(encoding="utf-8")


@given(specs, shops())
@fewer
def test_sizes_sum_to_everybody_and_shares_to_one(spec: Profiles, shop: Shop) -> None:
    facts = profiled(spec, shop).facts
    everybody = shop["colour"].height
    assert facts["customers"].sum() == (everybody if everybody >= spec.least else 0)
    assert not facts.height or facts["share"].sum() == pytest.approx(1)


@given(specs, shops())
@fewer
def test_revenue_is_what_segments_paid_and_its_shares_sum_to_one(spec: Profiles, shop: Shop) -> None:
    found = profiled(spec, shop)
    told = pl.when(pl.col("segment").is_in(found.names)).then("segment").otherwise(pl.lit("all others"))
    paid = shop["order_lines"].join(shop["colour"], on="customer_id").with_columns(segment=told)
    for segment, revenue in found.facts.select("segment", "revenue").drop_nulls().iter_rows():
        assert revenue == pytest.approx(float(paid.filter(segment=segment)["amount"].sum() or 0))
    whole = found.facts.height and paid["amount"].sum() and not found.facts["revenue"].null_count()
    assert not whole or found.facts["revenue_share"].sum() == pytest.approx(1)


@given(specs, shops())
@fewer
def test_no_number_is_of_fewer_than_allowed(spec: Profiles, shop: Shop) -> None:
    found = profiled(spec, shop)
    for name in FRAMES:
        assert (getattr(found, name)["customers"].drop_nulls() >= spec.least).all()


@given(specs, shops())
def test_what_is_left_out_is_of_nobody_or_of_enough(spec: Profiles, shop: Shop) -> None:
    found = profiled(spec, shop)
    left = sum(len(who) for segment, who in members(shop).items() if segment not in found.names)
    assert left == 0 or left >= spec.least or not found.names


@given(specs, shops())
def test_what_few_buyers_brought_is_not_told(spec: Profiles, shop: Shop) -> None:
    found, groups = profiled(spec, shop), members(shop)
    buyers = set(shop["order_lines"]["customer_id"])
    untold = found.facts.filter(pl.col("revenue").is_null(), pl.col("segment").is_in(found.names))["segment"]
    few = [name for name in found.names if 0 < len(groups[name] & buyers) < spec.least]
    assert set(few) <= set(untold)
    told = {name for name in found.names if name not in set(untold) and groups[name] & buyers}
    left = sum(len(who & buyers) for name, who in groups.items() if name not in told)
    assert left == 0 or left >= spec.least or not told


@given(spec=specs, shop=shops())
@in_a_folder
def test_nothing_rarer_than_allowed_is_in_the_handbook(tmp_path: Path, spec: Profiles, shop: Shop) -> None:
    page = written(profiled(spec, shop), tmp_path)
    rare = [value for (_, value), who in holders(shop).items() if len(who) < spec.least]
    small = [segment for segment, who in members(shop).items() if len(who) < spec.least]
    shown = {value for (_, value), who in holders(shop).items() if len(who) >= spec.least}
    assert not [value for value in {*rare, *small} - shown if value in page]


@given(specs, shops())
def test_a_card_tells_of_a_trait_only_where_enough_have_it_here_or_elsewhere(spec: Profiles, shop: Shop) -> None:
    found, groups, everybody = profiled(spec, shop), members(shop), {who for who, _ in shop["colour"].iter_rows()}
    cards = {name: found.card(name, charts=False) for name in found.names}
    for (_, value), who in holders(shop).items():
        for name, card in cards.items():
            here, elsewhere = len(who & groups[name]), len(who & (everybody - groups[name]))
            assert max(here, elsewhere) >= spec.least or value not in card


@given(spec=specs, shop=shops())
@in_a_folder
def test_the_handbook_names_nobody_and_loads_nothing(tmp_path: Path, spec: Profiles, shop: Shop) -> None:
    page = written(profiled(spec, shop), tmp_path)
    assert "customer-" not in page
    assert not re.search(r"<script|<link|<img|@import|url\(\s*['\"]?http|src=|https?://(?!www\.w3\.org)", page)


@given(specs, shops())
@fewer
def test_what_is_told_of_a_trait_is_a_plain_count(spec: Profiles, shop: Shop) -> None:
    found, have, groups = profiled(spec, shop), holders(shop), members(shop)
    for frame in (found.findings.filter(form="lift"), found.typical, found.channels):
        for segment, kind, value, customers in frame.select("segment", "kind", "value", "customers").iter_rows():
            if (kind, value) in have and customers is not None:
                assert customers == len(have[kind, value] & groups[segment])


@given(specs, shops())
@fewer
def test_fewer_than_allowed_on_one_side_are_told_as_a_bound(spec: Profiles, shop: Shop) -> None:
    found, have, groups = profiled(spec, shop), holders(shop), members(shop)
    everybody = {who for who, _ in shop["colour"].iter_rows()}
    for row in found.findings.filter(form="lift").iter_rows(named=True):
        who = have.get((row["kind"], row["value"]))
        if who is not None:
            here, elsewhere = who & groups[row["segment"]], who & (everybody - groups[row["segment"]])
            bound = "at least" if len(elsewhere) < spec.least else "at most" if len(here) < spec.least else None
            assert row["bound"] == bound
            assert (row["here"] is None, row["elsewhere"] is None) == (bound == "at most", bound == "at least")


@given(st.integers(2, 5), st.integers(10, 60), st.integers(1, 9))
@fewer
def test_a_trait_as_frequent_everywhere_has_a_lift_of_one(segments: int, size: int, tenths: int) -> None:
    who = [(f"c{place}", f"s{place % segments}", place // segments) for place in range(segments * size)]
    colour = pl.DataFrame(
        [(name, segment) for name, segment, _ in who], schema=["customer_id", "segment"], orient="row"
    )
    people = [(name, "yes" if 10 * number < tenths * size else "no") for name, _, number in who]
    tables = {"colour": colour, "customers": pl.DataFrame(people, schema=["customer_id", "gender"], orient="row")}
    lifts = Profiles(segmentation="colour", least=1).fit(tables, as_of=END).findings
    assert ((lifts["low"] <= 1) & (lifts["high"] >= 1)).all()
    assert lifts["estimate"].to_list() == pytest.approx([1] * lifts.height)
    assert not lifts["told_apart"].any()


@given(specs, shops())
@fewer
def test_what_is_told_apart_has_an_interval_on_one_side(spec: Profiles, shop: Shop) -> None:
    for row in profiled(spec, shop).findings.iter_rows(named=True):
        levels = (1.0, row["level"]) if row["form"] == "lift" else (0.0,)
        beyond = row["low"] > max(levels) or row["high"] < min(levels)
        assert row["low"] <= row["estimate"] <= row["high"]
        assert not row["told_apart"] or (beyond and row["rate"] <= spec.rate)


@given(specs, shops(), st.randoms(use_true_random=False))
@fewer
def test_the_order_of_rows_changes_nothing(spec: Profiles, shop: Shop, random: Any) -> None:
    mixed = {name: frame[random.sample(range(frame.height), frame.height)] for name, frame in shop.items()}
    same(profiled(spec, mixed), profiled(spec, shop))


@given(spec=specs, shop=shops())
@few_on_each_engine
def test_the_engine_changes_nothing(engine: Put, spec: Profiles, shop: Shop) -> None:
    same(profiled(spec, shop, put=engine), profiled(spec, shop))


@given(specs, shops(), st.permutations(range(10, 15)))
@fewer
def test_renaming_segments_renames_results(spec: Profiles, shop: Shop, places: list[int]) -> None:
    names = {f"w{10 + place}w": f"w{other}w" for place, other in enumerate(places)}
    renamed = profiled(spec, shop | {"colour": shop["colour"].with_columns(pl.col("segment").replace(names))})
    found = profiled(spec, shop)
    for name in FRAMES:
        expected = getattr(found, name).with_columns(pl.col("segment").replace(names))
        assert_frame_equal(getattr(renamed, name), expected, check_row_order=False, rel_tol=1e-9)


@given(specs, shops(), shops())
@fewer
def test_the_future_changes_nothing(spec: Profiles, shop: Shop, future: Shop) -> None:
    later = dict(shop)
    for name, at in (("order_lines", "occurred_at"), ("events", "occurred_at"), ("answers", "answered_at")):
        later[name] = pl.concat([shop[name], future[name].with_columns(pl.col(at) - FIRST + END)])
    same(profiled(spec, later), profiled(spec, shop))


@given(specs, shops())
@fewer
def test_personas_stay_when_numbers_are_worked_out_anew(spec: Profiles, shop: Shop) -> None:
    given_ones = tuple(Persona(segment=f"w1{place}w", name=f"Name {place}", quote="Oh!") for place in range(5))
    named = profiled(spec.model_copy(update={"personas": given_ones}), shop)
    same(named, profiled(spec, shop))
    for name in named.names:
        assert f"<h2>Name {name[2]}</h2>" in named.card(name, charts=False)
        assert "“Oh!”" in profiled(named.spec, shop).card(name, charts=False)


@given(specs, shops())
@fewer
def test_what_is_learned_is_an_aggregate_and_saves_as_text(spec: Profiles, shop: Shop) -> None:
    from unified_customer.core.spec import canonical_json

    found = profiled(spec, shop)
    assert "customer-" not in canonical_json(dict(found.to_body()))
    assert found.rows() == {}


@given(specs)
def test_a_spec_loads_back_equal(spec: Profiles) -> None:
    assert Profiles.from_json(spec.to_json()) == spec
