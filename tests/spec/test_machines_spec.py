"""Opens and clicks that machines made are told from those of people."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.searching import at_least
from unified_customer.engines.portable import collected, opened
from unified_customer.methods.events import Machines
from unified_customer.methods.events.machines import AGENTS, FLAGS

START = datetime(2026, 10, 24, 22, tzinfo=UTC)
SCHEMA: dict[str, Any] = {
    "row": pl.Int64, "customer_id": pl.String, "object_id": pl.String, "name": pl.String,
    "occurred_at": pl.Datetime("us", "UTC"), "properties": pl.String, "context": pl.String,
}  # fmt: skip
SENT = ("Email Sent", "email_delivered", "Push Notification Sent")
ACTS = ("Email Opened", "Email Clicked", "SMS Link Clicked", "push_notification_tapped")
OTHER = ("Product Viewed", "Unsubscribed", "Email Bounced", "Yawned", None)
PEOPLE = ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", "YahooMailProxy; x", "Mozilla/5.0 (iPhone)")
few_on_each_engine = settings(
    deadline=None, max_examples=at_least(10), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
values = st.sampled_from((True, False, None, 0, 1, "false", "True", "apple", "", "No"))
properties = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "sg_machine_open": values,
        "client-info": st.fixed_dictionaries({"bot": values}) | st.just("x"),
        "user_agent": st.sampled_from(("mozilla/5.0", "curl/8.1", *PEOPLE)),
    },
).map(json.dumps)
contexts = st.sampled_from((None, "{}", '{"userAgent": "Mozilla/5.0"}', '{"userAgent": "Mozilla/5.0 (iPhone)"}'))
rows = st.tuples(
    st.sampled_from(("c1", "c2", None)),
    st.sampled_from(("m1", "m2", None)),
    st.sampled_from((*SENT, *ACTS, *OTHER)),
    st.integers(0, 12).map(lambda steps: START + timedelta(seconds=steps / 2)),
    properties,
    contexts,
)
Put = Callable[[pl.DataFrame], Any]


def framed(found: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame([(place, *row) for place, row in enumerate(found)], schema=SCHEMA, orient="row")


frames = st.lists(rows, max_size=20).map(framed)


def marks(events: Any, machines: Machines = Machines()) -> list[bool]:  # noqa: B008 (a frozen value)
    return collected(machines.marked(opened(events))).sort("row")["machine"].to_list()


def with_properties(told: dict[str, Any], *, name: str = "Email Opened") -> pl.DataFrame:
    return framed([("c1", "m1", name, START, json.dumps(told), None)])


def one(name: str = "Email Opened", **told: str) -> pl.DataFrame:
    return with_properties(told, name=name)


def after(gap: timedelta, *, name: str = "Email Opened", sent: str = "Email Sent", message: str = "m1") -> pl.DataFrame:
    return framed([("c1", message, sent, START, None, None), ("c1", "m1", name, START + gap, None, None)])


def test_silence_means_a_person() -> None:
    for name in ACTS:
        bare = pl.DataFrame({"row": [0], "name": [name], "occurred_at": [START]})
        assert marks(bare) == marks(one(name)) == [False]


@given(frames)
def test_every_event_stays_and_is_marked(events: pl.DataFrame) -> None:
    found = collected(Machines().marked(opened(events))).sort("row")
    assert found.drop("machine").equals(events)
    assert found["machine"].null_count() == 0


@given(frames)
def test_only_opens_and_clicks_of_messages_are_a_machines(events: pl.DataFrame) -> None:
    assert all(name in ACTS for name, mark in zip(events["name"], marks(events), strict=True) if mark)


@given(frames, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_mark(events: pl.DataFrame, random: Any) -> None:
    assert marks(events[random.sample(range(events.height), events.height)]) == marks(events)


@given(events=frames)
@few_on_each_engine
def test_the_engine_changes_no_mark(engine: Put, events: pl.DataFrame) -> None:
    assert marks(engine(events)) == marks(events)


@given(frames, st.integers(1, 6))
def test_what_comes_later_changes_no_mark(events: pl.DataFrame, seconds: int) -> None:
    as_of = START + timedelta(seconds=seconds)
    known = [mark for mark, at in zip(marks(events), events["occurred_at"], strict=True) if at < as_of]
    assert marks(events.filter(pl.col("occurred_at") < as_of)) == known


@given(frames, st.sampled_from((0.0, 0.5, 2.0, 4.0)), st.sampled_from((0.0, 0.5, 2.0, 4.0)))
def test_more_signs_never_take_a_mark_away(events: pl.DataFrame, fewer: float, more: float) -> None:
    low, high = sorted((fewer, more))
    some = marks(events, Machines(seconds=low, agents=(), flags=FLAGS[:3]))
    assert all(there >= here for here, there in zip(some, marks(events, Machines(seconds=high)), strict=True))


@given(frames)
def test_without_signs_nothing_is_a_machines(events: pl.DataFrame) -> None:
    assert not any(marks(events, Machines(seconds=0, agents=(), flags=())))


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("sent", SENT)
def test_what_comes_sooner_than_so_many_seconds_is_a_machines(name: str, sent: str) -> None:
    for seconds, expected in ((0, True), (1.999999, True), (2, False), (60, False)):
        assert marks(after(timedelta(seconds=seconds), name=name, sent=sent)) == [False, expected]


def test_only_what_was_sent_before_of_the_same_message_to_the_same_person_counts() -> None:
    assert marks(after(timedelta(seconds=1), message="m2")) == [False, False]
    assert marks(after(timedelta(seconds=1)).with_columns(customer_id=pl.Series(["c2", "c1"]))) == [False, False]
    assert marks(after(timedelta(seconds=-1))) == [False, False]


@pytest.mark.parametrize("unknown", ["customer_id", "object_id"])
def test_where_message_or_person_is_unknown_nothing_was_sent_before(unknown: str) -> None:
    events = after(timedelta(seconds=1)).with_columns(pl.lit(None, pl.String).alias(unknown))
    assert marks(events) == [False, False]


def test_the_last_delivery_before_counts() -> None:
    again = [("c1", "m1", "Email Sent", START + timedelta(hours=hours), None, None) for hours in (0, 2, 5)]
    opens = [("c1", "m1", "Email Opened", START + timedelta(hours=2, seconds=gap), None, None) for gap in (1, 3)]
    assert marks(framed([*again, *opens])) == [False, False, False, True, False]


def test_the_record_tells_whose_it_is_where_no_customer_is_known() -> None:
    assert marks(after(timedelta(seconds=1)).rename({"customer_id": "record_id"})) == [False, True]
    assert marks(after(timedelta(seconds=1)).drop("customer_id")) == [False, False]


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if "." not in flag])
def test_what_the_sender_says_counts(flag: str) -> None:
    for said, expected in ((True, True), ("true", True), (1, True), ("apple", True), (False, False), ("No", False)):
        assert marks(with_properties({flag: said})) == [expected]
    for nothing in (None, 0, "", "FALSE"):
        assert marks(with_properties({flag: nothing})) == [False]


def test_a_flag_may_lie_inside_an_object() -> None:
    assert marks(with_properties({"client-info": {"bot": "apple"}})) == [True]
    assert marks(with_properties({"client-info": {"bot": ""}})) == [False]


@pytest.mark.parametrize("agent", AGENTS)
def test_agents_of_machines_are_known_in_any_case_of_letters(agent: str) -> None:
    written = agent.replace("*", " x ").strip() if agent.startswith("*") else agent.replace("*", "1.0")
    assert marks(one(user_agent=written.upper())) == marks(one(useragent=written.lower())) == [True]


@pytest.mark.parametrize("agent", PEOPLE)
def test_agents_of_people_are_no_machines(agent: str) -> None:
    assert marks(one(user_agent=agent)) == marks(one().with_columns(context=pl.lit(json.dumps({"userAgent": agent}))))
    assert marks(one(user_agent=agent)) == [False]


def test_the_agent_of_the_context_counts_too() -> None:
    assert marks(one().with_columns(context=pl.lit('{"userAgent": "Mozilla/5.0"}'))) == [True]


def test_a_star_stands_for_any_text_at_the_end_where_it_is() -> None:
    for pattern, expected in (
        ("ab", [1, 0, 0, 0]),
        ("ab*", [1, 1, 0, 0]),
        ("*ab", [1, 0, 1, 0]),
        ("*ab*", [1, 1, 1, 1]),
    ):
        assert [
            marks(one(user_agent=each), Machines(agents=(pattern,)))[0] for each in ("ab", "abx", "xab", "xabx")
        ] == [bool(each) for each in expected]


@pytest.mark.parametrize("wrong", ["", "*", " ** ", "a*b"])
def test_an_agent_that_says_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no user agent"):
        Machines(agents=(wrong,))


@pytest.mark.parametrize("wrong", ["", "a..b", "it's"])
def test_a_flag_that_is_no_field_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no field"):
        Machines(flags=(wrong,))


@pytest.mark.needs_java
@pytest.mark.slow
def test_spark_marks_as_polars_does(on_spark: Put) -> None:
    told = ('{"sg_machine_open": true}', '{"client-info": {"bot": ""}}', '{"user_agent": "Mozilla/5.0"}', None)
    names = (*SENT, *ACTS, *OTHER)
    events = framed(
        [
            ("c1", f"m{n % 3}", names[n % 12], START + timedelta(seconds=n * n % 97 / 4), told[n % 4], None)
            for n in range(80)
        ]
    )
    assert 0 < sum(marks(events)) < 40
    assert marks(on_spark(events)) == marks(events)
