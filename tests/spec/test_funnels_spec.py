"""How many come from step to step, and how long they take."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.searching import at_least
from unified_customer.analytics.funnels import Funnel, Step
from unified_customer.engines.portable import collected, opened
from unified_customer.testing.event_strategies import NAMES, event_frames
from unified_customer.testing.purchase_strategies import FIRST, moments

END = FIRST + timedelta(days=8)
Put = Callable[[pl.DataFrame], Any]
Unit = tuple[str, ...]
Chain = tuple[datetime, ...]
few_on_each_engine = settings(
    deadline=None,
    max_examples=at_least(3),
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
steps = st.builds(
    Step,
    names=st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=2).map(tuple),
    where=st.sampled_from(({}, {}, {"channel": ("web",)})),
    at_most=st.sampled_from(({}, {}, {"amount": 50.0})),
)
times = st.none() | st.integers(1, 20).map(lambda quarters: timedelta(hours=6 * quarters))
specs = st.builds(
    Funnel,
    steps=st.lists(steps, min_size=2, max_size=4).map(tuple),
    within=times,
    between=times,
    order=st.sampled_from(("loose", "strict")),
    unit=st.sampled_from(("customer", "session")),
    by=st.sampled_from((None, "channel")),
    min_customers=st.just(1),
)
frames = event_frames(days=7, customers=3, min_size=12, max_size=40)


# -------------------------------------------------------------------------------- the oracle: every chain there is


def lives(spec: Funnel, events: pl.DataFrame, end: datetime) -> dict[Unit, list[dict[str, Any]]]:
    """Return the events of each unit before an instant."""
    units = ("customer_id",) if spec.unit == "customer" else ("customer_id", "session_id")
    found: dict[Unit, list[dict[str, Any]]] = defaultdict(list)
    for row in events.filter(pl.col("occurred_at") < end).iter_rows(named=True):
        if all(row[name] is not None for name in units):
            found[tuple(row[name] for name in units)].append(row)
    return found


def is_step(step: Step, row: Mapping[str, Any]) -> bool:
    return (
        row["name"] in step.names
        and all(row[name] in held for name, held in step.where.items())
        and all(row[name] is not None and row[name] <= most for name, most in step.at_most.items())
    )


def every_chain(spec: Funnel, life: Sequence[Mapping[str, Any]], end: datetime) -> Iterator[Chain]:
    """Return all chains from the first step on, of any length."""
    instants = sorted({row["occurred_at"] for row in life})
    of_step = [sorted({row["occurred_at"] for row in life if is_step(step, row)}) for step in spec.steps]

    def longer(chain: Chain) -> Iterator[Chain]:
        yield chain
        for at in of_step[len(chain)] if len(chain) < len(of_step) else ():
            near = spec.between is None or at - chain[-1] <= spec.between
            soon = spec.within is None or at - chain[0] <= spec.within
            follows = spec.order == "loose" or instants.index(at) == instants.index(chain[-1]) + 1
            if at > chain[-1] and near and soon and follows:
                yield from longer((*chain, at))

    for at in of_step[0]:
        if not spec.closed or spec.within is None or at + spec.within <= end:
            yield from longer((at,))


def best(spec: Funnel, events: pl.DataFrame, end: datetime) -> dict[Unit, Chain]:
    """Return of each unit the chain that goes furthest, and of those the earliest step by step."""
    chosen = {}
    for unit, life in lives(spec, events, end).items():
        chains = list(every_chain(spec, life, end))
        if chains:
            chosen[unit] = min(chains, key=lambda chain: (-len(chain), chain))
    return chosen


def told(spec: Funnel, native: Any) -> dict[Unit, tuple[Any, ...]]:
    """Return steps reached and times between them by unit."""
    units = ("customer_id",) if spec.unit == "customer" else ("customer_id", "session_id")
    seconds = [f"seconds_{place}" for place in range(2, len(spec.steps) + 1)]
    rows = collected(opened(native)).iter_rows(named=True)
    return {tuple(row[name] for name in units): tuple(row[name] for name in ("reached", *seconds)) for row in rows}


def expected(spec: Funnel, events: pl.DataFrame, end: datetime) -> dict[Unit, tuple[Any, ...]]:
    missing = len(spec.steps)
    return {
        unit: (
            len(chain),
            *((later - early).total_seconds() for early, later in pairwise(chain)),
            *[None] * (missing - len(chain)),
        )
        for unit, chain in best(spec, events, end).items()
    }


# -------------------------------------------------------------------------------- laws


@given(spec=specs, events=frames, late=moments(days=8), closed=st.booleans())
@settings(max_examples=at_least(100))
def test_everybody_is_counted_with_the_best_of_all_chains(
    spec: Funnel, events: pl.DataFrame, late: datetime, *, closed: bool
) -> None:
    spec = spec.model_copy(update={"closed": closed and spec.within is not None})
    assert told(spec, spec.fit({"events": events}, as_of=late).table) == expected(spec, events, late)


@given(spec=specs, events=frames)
@few_on_each_engine
def test_every_engine_gives_the_same_steps(engine: Put, spec: Funnel, events: pl.DataFrame) -> None:
    native = engine(events)
    there, here = (spec.fit({"events": frame}, as_of=END) for frame in (native, events))
    assert type(there.table) is type(native)
    assert told(spec, there.table) == told(spec, here.table)
    assert_frame_equal(there.steps, here.steps)
    assert_frame_equal(pl.DataFrame(there.groups), pl.DataFrame(here.groups))


@given(spec=specs, events=frames, seed=st.integers(0, 99))
def test_the_order_of_rows_never_changes_a_funnel(spec: Funnel, events: pl.DataFrame, seed: int) -> None:
    shuffled = events.sample(fraction=1, shuffle=True, seed=seed)
    one, other = (spec.fit({"events": frame}, as_of=END) for frame in (events, shuffled))
    assert one.steps.equals(other.steps)
    assert one.to_body() == other.to_body()


@given(spec=specs, events=frames)
def test_counts_never_rise_from_step_to_step(spec: Funnel, events: pl.DataFrame) -> None:
    fitted = spec.fit({"events": events}, as_of=END)
    assert fitted.steps["count"].to_list() == sorted(fitted.steps["count"], reverse=True)
    assert (fitted.steps["lost"].drop_nulls() >= 0).all()


@given(spec=specs, events=frames)
def test_steps_count_who_reached_them(spec: Funnel, events: pl.DataFrame) -> None:
    fitted = spec.fit({"events": events}, as_of=END)
    reached = [len(chain) for chain in best(spec, events, END).values()]
    assert fitted.steps["count"].to_list() == [
        sum(each >= place for each in reached) for place in range(1, len(spec.steps) + 1)
    ]
    for row in fitted.steps.drop_nulls("share").iter_rows(named=True):
        assert row["low"] <= row["share"] == row["count"] / len(reached) <= row["high"]


@given(spec=specs.filter(lambda spec: spec.by is not None), events=frames)
def test_groups_add_up_to_the_whole(spec: Funnel, events: pl.DataFrame) -> None:
    fitted = spec.fit({"events": events}, as_of=END)
    assert fitted.groups is not None
    sums = fitted.groups.group_by("step").agg(pl.col("count").sum()).sort("step")
    assert not sums.height or sums["count"].to_list() == fitted.steps["count"].to_list()


@given(spec=specs, events=frames, late=moments(days=8))
def test_what_happens_from_the_date_on_changes_nothing(spec: Funnel, events: pl.DataFrame, late: datetime) -> None:
    past = events.filter(pl.col("occurred_at") < late)
    one, other = (spec.fit({"events": frame}, as_of=late) for frame in (events, past))
    assert one.to_body() == other.to_body()


@given(spec=specs, events=frames)
def test_more_time_never_loses_anybody(spec: Funnel, events: pl.DataFrame) -> None:
    free = spec.model_copy(update={"within": None, "between": None})
    short, long = (told(each, each.fit({"events": events}, as_of=END).table) for each in (spec, free))
    assert all(row[0] <= long[unit][0] for unit, row in short.items())


@given(spec=specs, events=frames)
def test_a_strict_funnel_is_never_wider_than_a_loose_one(spec: Funnel, events: pl.DataFrame) -> None:
    strict, loose = (
        spec.model_copy(update={"order": order}).fit({"events": events}, as_of=END).steps["count"]
        for order in ("strict", "loose")
    )
    assert (strict <= loose).all()


@given(spec=specs, events=frames, least=st.integers(2, 5))
def test_nothing_is_shown_where_too_few_took_the_first_step(spec: Funnel, events: pl.DataFrame, least: int) -> None:
    fitted = spec.model_copy(update={"min_customers": least}).fit({"events": events}, as_of=END)
    for frame in (fitted.steps, fitted.groups):
        if frame is not None and frame.height:
            shown = frame.filter(pl.col("step") == 1)["count"].drop_nulls()
            assert ((shown >= least) | (shown == 0)).all()
            assert frame.filter(pl.col("count").is_null())["median_seconds"].null_count() == frame["count"].null_count()


@pytest.mark.parametrize("order", ["loose", "strict"])
def test_a_second_try_counts_where_the_first_was_in_vain(order: str) -> None:
    days = (1, 20, 21)
    events = pl.DataFrame(
        {
            "customer_id": ["a"] * 3,
            "name": ["A", "A", "B"],
            "occurred_at": [FIRST + timedelta(days=day) for day in days],
        }
    )
    spec = Funnel.model_validate({"steps": ["A", "B"], "within": timedelta(days=7), "order": order, "min_customers": 1})
    assert spec.fit({"events": events}, as_of=FIRST + timedelta(days=30)).table.rows() == [("a", 2, 86400.0)]
