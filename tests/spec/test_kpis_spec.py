"""KPIs by period and dimension, whatever the tables hold."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.analytics import FittedScorecard, Scorecard
from unified_customer.engines.portable import Calendar
from unified_customer.testing.purchase_strategies import FIRST, amounts, moments, order_frames

END = FIRST + timedelta(days=61)
Put = Callable[[pl.DataFrame], Any]
Tables = Mapping[str, pl.DataFrame]
few_on_each_engine = settings(
    deadline=None,
    max_examples=3,
    phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# -------------------------------------------------------------------------------- tables with something of everything

NAMES = (
    "Product Viewed", "Order Completed", "Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced",
    "Unsubscribed", "Email Marked as Spam", "Subscription Started", "Subscription Upgraded", "Subscription Downgraded",
    "Subscription Paused", "Subscription Cancelled", None,
)  # fmt: skip
EVENTS = pl.Schema(
    {
        "customer_id": pl.String(), "anonymous_id": pl.String(), "session_id": pl.String(), "type": pl.String(),
        "name": pl.String(), "occurred_at": pl.Datetime("us", "UTC"), "channel": pl.String(), "object_id": pl.String(),
        "amount": pl.Decimal(18, 4),
    }
)  # fmt: skip
ANSWERS = pl.Schema(
    {
        "customer_id": pl.String(), "instrument": pl.String(), "question": pl.String(), "value": pl.Float64(),
        "scale": pl.String(), "answered_at": pl.Datetime("us", "UTC"), "channel": pl.String(),
    }
)  # fmt: skip
SPEND = pl.Schema(
    {
        "period_start": pl.Date(), "period_end": pl.Date(), "channel": pl.String(), "campaign": pl.String(),
        "amount": pl.Decimal(18, 4),
    }
)  # fmt: skip

people = st.integers(0, 5).map(lambda number: f"c{number}" if number else None)
channels = st.sampled_from(("paid_search", "direct", "email", None))
instants = st.tuples(moments(), st.integers(0, 90)).map(lambda at: at[0] + timedelta(minutes=at[1]))


def frames(schema: pl.Schema, *columns: st.SearchStrategy[Any], most: int = 40) -> st.SearchStrategy[pl.DataFrame]:
    rows = st.lists(st.tuples(*columns), min_size=1, max_size=most)
    return rows.map(lambda found: pl.DataFrame(found, schema=schema, orient="row"))


def _typed(event: tuple[Any, ...]) -> tuple[Any, ...]:
    who, visitor, session, name, at, channel, thing, amount = event
    return (who, visitor, session, "page" if name is None else "track", name, at, channel, thing, amount)


event_frames = st.lists(
    st.tuples(
        people,
        st.sampled_from(("v1", "v2", None)),
        st.sampled_from(("s1", "s2", None)),
        st.sampled_from(NAMES),
        instants,
        channels,
        st.sampled_from(("m1", "m2", None)),
        st.none() | amounts(),
    ),
    min_size=1,
    max_size=60,
).map(lambda found: pl.DataFrame(list(map(_typed, found)), schema=EVENTS, orient="row"))
answer_frames = frames(
    ANSWERS,
    people,
    st.sampled_from(("nps", "csat", "quiz")),
    st.just("How likely?"),
    st.integers(-1, 11).map(float),
    st.sampled_from((None, "1-5", "0-10")),
    moments(),
    channels,
)
spend_frames = st.lists(
    st.tuples(st.integers(0, 59), st.integers(0, 20), channels, st.just(""), amounts()), min_size=1, max_size=8
).map(
    lambda found: pl.DataFrame(
        [
            (
                day := date(2026, 1, 1) + timedelta(days=start),
                day + timedelta(days=long),
                channel,
                campaign,
                abs(amount),
            )
            for start, long, channel, campaign, amount in found
        ],
        schema=SPEND,
        orient="row",
    )
)
tables = st.fixed_dictionaries(
    {
        "orders": order_frames(min_size=1, max_size=40, customers=5),
        "events": event_frames,
        "answers": answer_frames,
        "spend": spend_frames,
    }
)
specs = st.builds(
    Scorecard,
    every=st.sampled_from(("day", "week", "month", "quarter", "year")),
    by=st.sampled_from((None, "channel")),
    calendar=st.builds(
        Calendar,
        zone=st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York")),
        week_start=st.sampled_from(("monday", "sunday")),
    ),
    retained=st.sampled_from(("auto", "contracts", "purchases")),
    attribution=st.sampled_from(("last_touch", "last_touch_but_direct")),
    churn_days=st.sampled_from((3, 20, 90)),
    min_customers=st.just(1),
)
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
