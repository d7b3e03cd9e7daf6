"""Hypothesis strategies for all that KPIs are told from.

They draw from few people, things and instants on purpose: laws break where values are equal.
"""

from datetime import date, timedelta
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.analytics import KPIS, Scorecard
from unified_customer.engines.portable import Calendar
from unified_customer.testing.purchase_strategies import amounts, moments, order_frames

NAMES: Final = (
    "Product Viewed", "Order Completed", "Email Sent", "Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced",
    "Unsubscribed", "Email Marked as Spam", "Subscription Started", "Subscription Upgraded", "Subscription Downgraded",
    "Subscription Paused", "Subscription Cancelled", "Payment Succeeded", None,
)  # fmt: skip
_AT: Final = pl.Datetime("us", "UTC")
EVENTS: Final = pl.Schema(
    {
        "customer_id": pl.String(), "anonymous_id": pl.String(), "session_id": pl.String(), "type": pl.String(),
        "name": pl.String(), "occurred_at": _AT, "channel": pl.String(), "object_id": pl.String(),
        "amount": pl.Decimal(18, 4),
    }
)  # fmt: skip
ANSWERS: Final = pl.Schema(
    {
        "customer_id": pl.String(), "instrument": pl.String(), "question": pl.String(), "value": pl.Float64(),
        "scale": pl.String(), "answered_at": _AT, "channel": pl.String(),
    }
)  # fmt: skip
SPEND: Final = pl.Schema(
    {
        "period_start": pl.Date(), "period_end": pl.Date(), "channel": pl.String(), "campaign": pl.String(),
        "amount": pl.Decimal(18, 4),
    }
)  # fmt: skip
FAMILIES: Final = {
    family: tuple(name for name, kpi in KPIS.items() if kpi.family == family)
    for family in dict.fromkeys(kpi.family for kpi in KPIS.values())
}
"""The names of KPIs by family."""

_people = st.integers(0, 5).map(lambda number: f"c{number}" if number else None)
_channels = st.sampled_from(("paid_search", "direct", "email", None))
_instants = st.tuples(moments(), st.integers(0, 90)).map(lambda at: at[0] + timedelta(minutes=at[1]))


def _frames(schema: pl.Schema, rows: st.SearchStrategy[Any], *, most: int) -> st.SearchStrategy[pl.DataFrame]:
    return st.lists(rows, min_size=1, max_size=most).map(lambda found: pl.DataFrame(found, schema=schema, orient="row"))


def _typed(event: tuple[Any, ...]) -> tuple[Any, ...]:
    who, visitor, session, name, *rest = event
    return (who, visitor, session, "page" if name is None else "track", name, *rest)


def behaviour_frames() -> st.SearchStrategy[pl.DataFrame]:
    """Visits, e-mails and subscriptions of few people; some of nobody known, without a session, a thing or an amount."""
    visitor, session = st.sampled_from(("v1", "v2", None)), st.sampled_from(("s1", "s2", None))
    thing = st.sampled_from(("m1", "m2", None))
    rows = st.tuples(
        _people, visitor, session, st.sampled_from(NAMES), _instants, _channels, thing, st.none() | amounts()
    )
    return _frames(EVENTS, rows.map(_typed), most=60)


def rating_frames() -> st.SearchStrategy[pl.DataFrame]:
    """Answers on a scale, some off it."""
    instrument, scale = st.sampled_from(("nps", "csat", "quiz")), st.sampled_from((None, "1-5", "0-10"))
    value = st.integers(-1, 11).map(float)
    return _frames(
        ANSWERS, st.tuples(_people, instrument, st.just("How likely?"), value, scale, moments(), _channels), most=40
    )


def spend_frames() -> st.SearchStrategy[pl.DataFrame]:
    """Marketing spend of spans that overlap."""
    drawn = st.tuples(st.integers(0, 59), st.integers(0, 20), _channels, amounts())
    return _frames(SPEND, drawn.map(_spent), most=8)


def _spent(drawn: tuple[int, int, str | None, Any]) -> tuple[Any, ...]:
    start, length, channel, amount = drawn
    day = date(2026, 1, 1) + timedelta(days=start)
    return (day, day + timedelta(days=length), channel, "", abs(amount))


def scorecard_tables() -> st.SearchStrategy[dict[str, pl.DataFrame]]:
    """All tables that a scorecard reads."""
    orders = order_frames(min_size=1, max_size=40, customers=5)
    events, answers, spend = behaviour_frames(), rating_frames(), spend_frames()
    return st.fixed_dictionaries({"orders": orders, "events": events, "answers": answers, "spend": spend})


def scorecards() -> st.SearchStrategy[Scorecard]:
    """Scorecards of one family of KPIs or of all, that tell of single people too."""
    zones = st.sampled_from(("UTC", "Asia/Kolkata", "America/New_York"))
    return st.builds(
        Scorecard,
        # All of them at once take longer.
        kpis=st.sampled_from((*FAMILIES.values(), ())),
        every=st.sampled_from(("day", "week", "month", "quarter", "year")),
        by=st.sampled_from((None, "channel")),
        calendar=st.builds(Calendar, zone=zones, week_start=st.sampled_from(("monday", "sunday"))),
        retained=st.sampled_from(("auto", "contracts", "purchases")),
        attribution=st.sampled_from(("last_touch", "last_touch_but_direct")),
        churn_days=st.sampled_from((3, 20, 90)),
        min_customers=st.just(1),
    ).map(told_by)


def told_by(spec: Scorecard) -> Scorecard:
    """Return a scorecard without the KPIs that its dimension cannot tell."""
    kept = tuple(name for name in spec.kpis if spec.by is None or not KPIS[name].mixed)
    return spec.model_copy(update={"kpis": kept} if kept else {"by": None} if spec.kpis else {})
