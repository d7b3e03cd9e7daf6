"""Segments, scores, answers and consents, as facts."""

from datetime import datetime, timedelta

import narwhals as nw

from unified_customer.engines.portable import Lazy, opened
from unified_customer.segmentation.audiences.compiling.facts import Facts
from unified_customer.segmentation.audiences.compiling.looked_up import LookedUp, looked_up
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, PERMITTED, Seen, time_of, with_instants
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment, Score

MEMBERSHIPS = "memberships"
SCORES = "scores"
ANSWERS = "answers"


def segment_facts(name: str, rule: InSegment, seen: Seen) -> Facts:
    """Return the facts for one segment: since when the customer is in it."""
    rows = segment_rows(rule, seen)
    at = seen.bound(rows, "entered_at", then(rule, seen.as_of))
    gone = nw.col("left_at") < seen.bound(rows, "left_at", then(rule, seen.as_of))
    inside = rows.filter((nw.col("entered_at") < at) & ~gone.fill_null(value=False))
    frame = inside.group_by(CUSTOMER).agg(nw.col("entered_at").min().alias(f"{name}_since"))
    since = nw.col(f"{name}_since")
    return Facts(frame, {name: ~since.is_null()}, {name: since})


def segment_rows(rule: InSegment, seen: Seen) -> Lazy:
    """Return the memberships that a rule is about, whenever they are of."""
    rows = seen.whole(MEMBERSHIPS, ["segmentation", "segment", "entered_at", "left_at"])
    named = (nw.col("segmentation") == rule.segmentation) & nw.col("segment").is_in(list(rule.segment))
    return with_instants(rows, "entered_at", "left_at").filter(named.fill_null(value=False))


def then(rule: InSegment, as_of: datetime) -> datetime:
    """Return the instant at which a rule asks for the segment."""
    return as_of - timedelta(days=rule.days_ago)


def score_facts(name: str, rule: Score, seen: Seen) -> Facts:
    """Return the facts for one score: the latest value."""
    rows = seen.past(SCORES, ["name", "value"]).filter((nw.col("name") == rule.name).fill_null(value=False))
    found = looked_up(rows, ["value"], as_of=seen.as_of, zone=seen.zone, name=SCORES)
    condition = found.holds(rule.condition)
    told = latest(found.lazy, time_of(SCORES)).with_columns(_holds=condition)
    frame = told.group_by(CUSTOMER).agg(
        nw.col("_holds").max().alias(f"{name}_holds"), nw.col("value").max().alias(f"{name}_score")
    )
    holds = nw.col(f"{name}_holds").fill_null(value=rule.op == "is_missing")
    return Facts(frame, {name: holds}, {name: nw.col(f"{name}_score")})


def answer_facts(name: str, rule: Answered, seen: Seen) -> Facts:
    """Return the facts for one question: how many answers count, and whether the latest is such."""
    found = answers(rule, seen)
    last = latest(found.lazy, time_of(ANSWERS)).with_columns(_holds=found.all_hold(rule.where))
    frame = last.group_by(CUSTOMER).agg(
        nw.col("_holds").max().alias(f"{name}_holds"), nw.col(time_of(ANSWERS)).max().alias(f"{name}_at")
    )
    holds = nw.col(f"{name}_holds").fill_null(value=False)
    return Facts(frame, {name: holds}, {name: nw.col(f"{name}_at")})


def answers(rule: Answered, seen: Seen) -> LookedUp:
    """Return the answers to the question of a rule."""
    rows = seen.past(ANSWERS, ["question", "instrument"], window=rule.within)
    asked = nw.col("question") == rule.question
    if rule.instrument is not None:
        asked &= nw.col("instrument") == rule.instrument
    fields = [each.field for each in rule.where]
    asked_rows = rows.filter(asked.fill_null(value=False))
    return looked_up(asked_rows, fields, as_of=seen.as_of, zone=seen.zone, name=ANSWERS)


def latest(rows: Lazy, time: str) -> Lazy:
    """Return the rows of each customer that are of the latest time."""
    last = rows.with_columns(_last=nw.col(time).max().over(CUSTOMER))
    return last.filter(nw.col(time) == nw.col("_last"))


def consent_facts(name: str, rule: Consents, seen: Seen) -> Facts:
    """Return the facts for one further purpose: whether it is permitted."""
    rows = opened(seen.native(PERMITTED), columns=[CUSTOMER, "purpose", "channel"], name=PERMITTED)
    channel = nw.col("channel")
    asked = (nw.col("purpose") == rule.purpose).fill_null(value=False)
    asked &= channel.is_null() if rule.channel is None else (channel == rule.channel).fill_null(value=False)
    permitted = rows.filter(asked).select(CUSTOMER).unique().with_columns(nw.lit(1).alias(f"{name}_permitted"))
    flag = nw.col(f"{name}_permitted").fill_null(0)
    return Facts(permitted, {name: flag == 1}, {name: flag})
