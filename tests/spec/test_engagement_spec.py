"""How people take part in e-mail, on the site, in the app, and in all of it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.segmentation import Engagement, Mail, Visits
from unified_customer.segmentation.engagement import LEVELS, MAIL, VISITS

END = datetime(2026, 11, 22, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    "customer_id": pl.String, "type": pl.String, "name": pl.String, "object_id": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"), "properties": pl.String,
}  # fmt: skip
PEOPLE = pl.DataFrame({"customer_id": ["c1", "c2", "c3", "c9", None]})
OPEN, CLICK, SENT = ("track", "Email Opened"), ("track", "Email Link Clicked"), ("track", "email_sent")
ARRIVED, BOUNCED = ("track", "Email Delivered"), ("track", "Email Bounced")
LEFT, BACK = ("track", "Unsubscribed"), ("track", "Subscribed")
VIEW, USE = ("page", None), ("track", "Application Opened")
OTHER = (("track", "SMS Link Clicked"), ("track", "Order Completed"), ("track", None))
BY_MACHINE = '{"machine_open": true}'
RANKS = {"email": MAIL, "site": VISITS, "app": VISITS, "segment": LEVELS}
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(8), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Put = Callable[[pl.DataFrame], Any]
Segments = dict[str, dict[str, str]]
Row = tuple[str | None, str, str | None, str | None, datetime, str | None]


def ages() -> st.SearchStrategy[datetime]:
    """Instants of 40 days, few of them, and some at the very end or after."""
    return st.integers(-4, 160).map(lambda quarters: END - timedelta(hours=6 * quarters))


def rows(kinds: Iterable[tuple[str, str | None]], *, told: tuple[str | None, ...] = (None,)) -> st.SearchStrategy[Row]:
    who, message = st.sampled_from(("c1", "c2", "c3", "c4", None)), st.sampled_from(("m1", "m2", None))
    drawn = st.tuples(who, st.sampled_from(list(kinds)), message, ages(), st.sampled_from(told))
    return drawn.map(lambda row: (row[0], *row[1], *row[2:]))


def framed(found: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(found), schema=SCHEMA, orient="row")


SIGNS = (OPEN, CLICK, VIEW, USE)
anything = rows((*SIGNS, SENT, SENT, ARRIVED, BOUNCED, LEFT, BACK, *OTHER), told=(None, None, BY_MACHINE))
frames = st.lists(anything, max_size=25).map(framed)
specs = st.builds(
    Engagement,
    email=st.builds(Mail, days=st.integers(0, 30)),
    site=st.builds(Visits, types=st.just(("page",)), days=st.integers(2, 30), often=st.just(3)),
    active=st.integers(0, 9),
    passive=st.integers(10, 19),
    dormant=st.integers(20, 35),
    zone=st.sampled_from(("UTC", "America/New_York", "Asia/Kolkata")),
)


def segments(spec: Engagement, events: Any, people: Any = None, as_of: datetime = END) -> Segments:
    tables = {"events": events, **({} if people is None else {"customers": people})}
    table = collected(opened(spec.fit(tables, as_of=as_of).table))
    return {row["customer_id"]: row for row in table.select("customer_id", *RANKS).iter_rows(named=True)}


def no_lower(fewer: Segments, more: Segments) -> bool:
    """Return whether nobody is lower in anything than before."""
    return all(
        names.index(more[who][kind]) <= names.index(found[kind])
        for who, found in fewer.items()
        for kind, names in RANKS.items()
    )


@given(specs, frames)
def test_everybody_is_in_one_segment_of_each_channel(spec: Engagement, events: pl.DataFrame) -> None:
    table = spec.fit({"events": events, "customers": PEOPLE}, as_of=END).table
    before = events.filter(pl.col("occurred_at") < END)["customer_id"]
    assert sorted(table["customer_id"]) == sorted({*before.drop_nulls(), *PEOPLE["customer_id"].drop_nulls()})
    assert all(set(table[kind]) <= set(names) for kind, names in RANKS.items())


@given(spec=specs, events=frames)
@few_on_each_engine
def test_the_engine_changes_no_segment(engine: Put, spec: Engagement, events: pl.DataFrame) -> None:
    assert segments(spec, engine(events), engine(PEOPLE)) == segments(spec, events, PEOPLE)


@given(specs, frames, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_segment(spec: Engagement, events: pl.DataFrame, random: Any) -> None:
    assert segments(spec, events[random.sample(range(events.height), events.height)]) == segments(spec, events)


@given(specs, frames, st.lists(rows((SENT,)), max_size=9).map(framed))
def test_a_mail_that_bounced_was_none(spec: Engagement, events: pl.DataFrame, sent: pl.DataFrame) -> None:
    bounced = sent.with_columns(name=pl.lit(BOUNCED[1]))
    everybody = pl.DataFrame({"customer_id": ["c1", "c2", "c3", "c4"]})
    quiet = events.filter(pl.col("name").is_in([BOUNCED[1], OPEN[1], CLICK[1]]).fill_null(value=False).not_())
    assert segments(spec, pl.concat([quiet, sent, bounced]), everybody) == segments(spec, quiet, everybody)


@given(specs, frames, frames, ages())
def test_the_future_changes_no_segment(
    spec: Engagement, events: pl.DataFrame, future: pl.DataFrame, as_of: datetime
) -> None:
    past = events.filter(pl.col("occurred_at") < as_of)
    later = future.with_columns(occurred_at=pl.col("occurred_at") + timedelta(days=40) - END + as_of)
    assert segments(spec, pl.concat([events, later]), as_of=as_of) == segments(spec, past, as_of=as_of)


@given(specs, frames)
def test_a_click_is_at_least_an_open(spec: Engagement, events: pl.DataFrame) -> None:
    clicked = events.with_columns(name=pl.col("name").replace({OPEN[1]: CLICK[1]}))
    assert no_lower(segments(spec, events), segments(spec, clicked))


@given(specs, frames, st.lists(rows((OPEN, CLICK), told=(BY_MACHINE,)), max_size=10).map(framed))
def test_opens_and_clicks_of_machines_lift_nobody(
    spec: Engagement, events: pl.DataFrame, machines: pl.DataFrame
) -> None:
    found = segments(spec, events, machines.select("customer_id"))
    assert segments(spec, pl.concat([events, machines]), machines.select("customer_id")) == found


@given(specs, frames, st.lists(rows(SIGNS), max_size=10).map(framed))
def test_who_does_more_is_never_lower(spec: Engagement, events: pl.DataFrame, more: pl.DataFrame) -> None:
    everybody = pl.DataFrame({"customer_id": ["c1", "c2", "c3", "c4"]})
    assert no_lower(segments(spec, events, everybody), segments(spec, pl.concat([events, more]), everybody))


@given(specs, frames)
def test_segments_are_as_counted_by_hand(spec: Engagement, events: pl.DataFrame) -> None:
    past = [row for row in events.filter(pl.col("occurred_at") < END).iter_rows() if row[0] is not None]
    for who, found in segments(spec, events).items():
        own = [row for row in past if row[0] == who]
        assert found == {"customer_id": who, **_by_hand(spec, own)}


def _by_hand(spec: Engagement, own: list[Row]) -> dict[str, str]:
    zone = ZoneInfo(spec.zone)
    days = {id(row): (END.astimezone(zone).date() - row[4].astimezone(zone).date()).days for row in own}
    person = [row for row in own if row[5] is None]

    def when(some: list[Row], *kinds: tuple[str, str | None]) -> list[int]:
        return [days[id(row)] for row in some if (row[1], row[2]) in kinds]

    left = max((row[4] for row in own if (row[1], row[2]) == LEFT), default=None)
    back = max((row[4] for row in own if (row[1], row[2]) == BACK), default=None)
    gone = left is not None and (back is None or left >= back)
    soon = _soon(own)
    person = [row for row in person if id(row) not in soon]
    site, app = when(own, VIEW), when(own, USE)
    counts = [any(day <= spec.email.days for day in found) for found in (when(person, CLICK), when(person, OPEN))]
    counts.append(_arrived([day <= spec.email.days for day in when(own, kind)] for kind in (SENT, ARRIVED, BOUNCED)))
    mail = (
        "unsubscribed" if gone else next((name for name, some in zip(MAIL, counts, strict=False) if some), "not mailed")
    )
    last = min([*site, *app, *([] if gone else when(person, OPEN, CLICK))], default=None)
    mailed = _arrived([True for _ in when(own, kind)] for kind in (SENT, ARRIVED, BOUNCED))
    reached = bool(mailed or site or app or when(person, OPEN, CLICK))
    bounds = zip(LEVELS, (spec.active, spec.passive, spec.dormant), strict=False)
    level = next(
        (name for name, bound in bounds if last is not None and last <= bound), "silent" if reached else "unreached"
    )
    return {"email": mail, "site": _often(site, spec.site), "app": _often(app, spec.app), "segment": level}


def _arrived(found: Iterable[list[bool]]) -> bool:
    sent, delivered, bounced = map(sum, found)
    return delivered > 0 or sent > bounced


def _soon(own: list[Row]) -> set[int]:
    """Return what was opened or clicked at the instant at which that message was sent; in between lie hours."""
    sent = {(row[3], row[4]) for row in own if (row[1], row[2]) == SENT and row[3] is not None}
    return {id(row) for row in own if (row[1], row[2]) in (OPEN, CLICK) and (row[3], row[4]) in sent}


def _often(days: list[int], visits: Visits) -> str:
    on = len({day for day in days if day <= visits.days})
    return "often" if on >= visits.often else "sometimes" if on >= visits.sometimes else "once" if on else "none"


@given(frames)
def test_views_days_and_depth_agree(events: pl.DataFrame) -> None:
    table = Engagement().fit({"events": events}, as_of=END).table
    for views, days, depth in table.select("site_views", "site_days", "site_depth").iter_rows():
        assert (depth is None) == (days == 0)
        assert views == (depth or 0) * days
        assert views >= days


@given(specs, frames)
def test_memberships_tell_of_everybody_in_each_channel(spec: Engagement, events: pl.DataFrame) -> None:
    fitted = spec.fit({"events": events}, as_of=END)
    members = fitted.rows()["memberships"]
    assert set(members["segmentation"]) <= set(fitted.segmentations)
    assert members.height == len(RANKS) * fitted.table.height
    assert set(fitted.channels.group_by("channel").agg(pl.col("customers").sum())["customers"]) == {fitted.table.height}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"active": 90}, "Days must rise"),
        ({"passive": 180}, "Days must rise"),
        ({"zone": "Berlin"}, "no IANA time zone"),
    ],
)
def test_bounds_that_do_not_rise_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Engagement(**wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "what a visit is"),
        ({"types": ("page",), "sometimes": 4, "often": 4}, "more days than sometimes"),
        ({"types": ("page",), "days": 3, "often": 5}, "Nobody comes on 5 days"),
    ],
)
def test_visits_that_cannot_be_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Visits(**wrong)


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_assigns_as_polars_does(on_spark: Put) -> None:
    kinds = (*SIGNS, SENT, LEFT, BACK, *OTHER)
    events = framed(
        (
            f"c{n % 9}",
            *kinds[n * n % len(kinds)],
            f"m{n % 5}",
            END - timedelta(hours=7 * n),
            BY_MACHINE if n % 7 == 0 else None,
        )
        for n in range(300)
    )
    here = segments(Engagement(zone="Europe/Berlin"), events, PEOPLE)
    assert segments(Engagement(zone="Europe/Berlin"), on_spark(events), on_spark(PEOPLE)) == here
    assert len({found["segment"] for found in here.values()}) > 1
