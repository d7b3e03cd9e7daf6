"""Which ways customers take from event to event."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.analytics.paths import FittedPaths, Paths
from unified_customer.testing.event_strategies import NAMES, event_frames
from unified_customer.testing.purchase_strategies import FIRST, moments

END = FIRST + timedelta(days=8)
Put = Callable[[pl.DataFrame], Any]
Lives = Mapping[tuple[str, ...], list[str]]
few_on_each_engine = settings(
    deadline=None,
    max_examples=at_least(3),
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
specs = st.builds(
    Paths,
    length=st.integers(2, 4),
    unit=st.sampled_from(("session", "customer")),
    collapse=st.booleans(),
    anchor=st.sampled_from(("anywhere", "start")),
    only=st.sampled_from(((), NAMES[:3])),
    without=st.sampled_from(((), NAMES[:1])),
    min_customers=st.just(1),
    top=st.just(1000),
)
frames = event_frames(days=7, customers=3, min_size=12, max_size=40)
FRAMES = ("top", "transitions", "loops", "ends")


def lives(spec: Paths, events: pl.DataFrame, end: datetime = END) -> Lives:
    """Return the places of each unit in order."""
    units = ("customer_id",) if spec.unit == "customer" else ("customer_id", "session_id")
    found: dict[tuple[str, ...], list[tuple[datetime, str]]] = defaultdict(list)
    for row in events.filter(pl.col("occurred_at") < end).iter_rows(named=True):
        wanted = (
            row["name"] is not None and (not spec.only or row["name"] in spec.only) and row["name"] not in spec.without
        )
        if wanted and all(row[name] is not None for name in units):
            found[tuple(row[name] for name in units)].append((row["occurred_at"], row["name"]))
    return {unit: [name for _, name in sorted(rows)] for unit, rows in found.items()}


def collapsed(places: list[str]) -> list[str]:
    return [name for name, _ in groupby(places)]


def windows(places: list[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(places[start : start + length]) for start in range(len(places) - length + 1)]


def tally(found: list[tuple[Any, str]]) -> dict[Any, tuple[int, int]]:
    """Return how often each thing is there, and of how many customers."""
    who: dict[Any, set[str]] = defaultdict(set)
    for thing, customer in found:
        who[thing].add(customer)
    return {thing: (often, len(who[thing])) for thing, often in Counter(thing for thing, _ in found).items()}


def told(frame: pl.DataFrame, *columns: str) -> dict[Any, tuple[int, int]]:
    return {
        tuple(row[name] for name in columns): (row["count"], row["customers"]) for row in frame.iter_rows(named=True)
    }


def fit(spec: Paths, events: Any, end: datetime = END) -> FittedPaths:
    return spec.fit({"events": events}, as_of=end)


@given(specs, frames, moments(days=8))
def test_paths_are_what_plain_counting_gives(spec: Paths, events: pl.DataFrame, late: datetime) -> None:
    expected = []
    for unit, places in lives(spec, events, late).items():
        found = windows(collapsed(places) if spec.collapse else places, spec.length)
        expected += [(path, unit[0]) for path in (found[:1] if spec.anchor == "start" else found)]
    names = [f"place_{number}" for number in range(1, spec.length + 1)]
    assert told(fit(spec, events, late).top, *names) == tally(expected)


@given(specs, frames)
def test_transitions_and_loops_are_what_plain_counting_gives(spec: Paths, events: pl.DataFrame) -> None:
    fitted, pairs, loops = fit(spec, events), [], []
    for unit, places in lives(spec, events).items():
        pairs += [(pair, unit[0]) for pair in windows(places, 2)]
        back = [three for three in windows(collapsed(places), 3) if three[0] == three[2]]
        loops += [((" > ".join(three),), unit[0]) for three in back]
    loops += [((" > ".join(pair),), who) for pair, who in pairs if pair[0] == pair[1]]
    assert told(fitted.transitions, "before", "after") == tally(pairs)
    assert told(fitted.loops, "loop") == tally(loops)


@given(specs, frames)
def test_every_unit_begins_once_and_ends_once(spec: Paths, events: pl.DataFrame) -> None:
    fitted, found = fit(spec, events), lives(spec, events)
    assert fitted.ends["starts"].sum() == fitted.ends["ends"].sum() == len(found) == fitted.units
    assert fitted.customers == len({unit[0] for unit in found})
    starts = Counter(places[0] for places in found.values())
    assert {row[0]: row[1] for row in fitted.ends.drop_nulls("starts").iter_rows()} == dict(starts)


@given(specs, frames)
def test_shares_of_what_comes_after_a_place_add_up_to_1(spec: Paths, events: pl.DataFrame) -> None:
    sums = fit(spec, events).transitions.group_by("before").agg(pl.col("share").sum())
    assert all(abs(share - 1) < 1e-9 for share in sums["share"])


@given(specs, frames, st.integers(2, 3))
def test_nothing_is_shown_that_too_few_customers_did(spec: Paths, events: pl.DataFrame, least: int) -> None:
    whole, guarded = fit(spec, events), fit(spec.model_copy(update={"min_customers": least}), events)
    for name in ("top", "transitions", "loops"):
        assert_frame_equal(getattr(guarded, name), getattr(whole, name).filter(pl.col("customers") >= least))
    found = lives(spec, events)
    for row in guarded.ends.drop_nulls("starts").iter_rows(named=True):
        assert len({unit[0] for unit, places in found.items() if places[0] == row["place"]}) >= least


@given(spec=specs, events=frames)
@few_on_each_engine
def test_every_engine_gives_the_same_paths(engine: Put, spec: Paths, events: pl.DataFrame) -> None:
    there, here = fit(spec, engine(events)), fit(spec, events)
    for name in FRAMES:
        assert_frame_equal(getattr(there, name), getattr(here, name))


@given(specs, frames, st.integers(0, 99), moments(days=8))
def test_neither_the_order_of_rows_nor_the_future_changes_a_path(
    spec: Paths, events: pl.DataFrame, seed: int, late: datetime
) -> None:
    past = events.filter(pl.col("occurred_at") < late).sample(fraction=1, shuffle=True, seed=seed)
    one, other = fit(spec, events, late), fit(spec, past, late)
    for name in FRAMES:
        assert_frame_equal(getattr(one, name), getattr(other, name))
