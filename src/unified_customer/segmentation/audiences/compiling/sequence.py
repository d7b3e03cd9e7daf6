"""Events one after the other, as facts: by window functions over the events of each customer.

For each moment of a customer it is asked whether a step was reached at it. Of the moments at which the step before was
reached the latest earlier one decides: it leaves the shortest time between, in which the least can have happened.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.engines.portable import Lazy, civil, day_number
from unified_customer.segmentation.audiences.compiling.did import TIME, is_event, looked_up_events
from unified_customer.segmentation.audiences.compiling.facts import Facts, flagged
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen, aware
from unified_customer.segmentation.audiences.rules.days import Span
from unified_customer.segmentation.audiences.rules.events import Sequence

AT: Final = "_at"
BACK: Final = "_back"
"""Microseconds since 1970, and the same counted backwards."""
NEVER: Final = -(2**62)
"""Before any time. It stands for what did not happen, since running maxima are null where their values are."""
_MICROSECOND: Final = timedelta(microseconds=1)


class Moments(NamedTuple):
    """The moments at which something happened that a sequence is about, one row each, and when looking ends."""

    frame: Lazy
    end: int


class Stage(NamedTuple):
    """A step that happened, with the negated steps before it, by their places."""

    place: int
    span: Span | None
    without: tuple[int, ...]


def sequence_facts(name: str, rule: Sequence, seen: Seen) -> Facts:
    """Return the facts for one sequence: whether it holds, and how many of the steps that happened were reached."""
    frame, end = moments(rule, seen)
    reached = nw.lit(0)
    last: Stage | None = None
    for number, stage in enumerate(stages(rule)):
        frame = _first(frame, rule, stage) if last is None else _next(frame, stage, last)
        reached = nw.when(nw.col(_ok(stage.place))).then(nw.lit(number + 1)).otherwise(reached)
        last = stage
    frame, whole = _ending(frame, rule, last, end)
    told = frame.with_columns(_reached=reached, _whole=flagged(whole))
    columns = {f"{name}_reached": nw.col("_reached").max(), f"{name}_whole": nw.col("_whole").max()}
    holds = (nw.col(f"{name}_whole") == 1).fill_null(value=False)
    values = {name: nw.col(f"{name}_reached").cast(nw.Int64).fill_null(0)}
    return Facts(told.group_by(CUSTOMER).agg(**columns), {name: holds}, values)


def moments(rule: Sequence, seen: Seen) -> Moments:
    """Return the moments of each customer, with a flag for every step: `customer_id`, `_at`, `_back`, `_step_0`, ..."""
    events = looked_up_events([each.field for step in rule.steps for each in step.where], seen)
    bounds = (None, seen.as_of) if rule.within is None else rule.within.bounds(seen.as_of, zone=seen.zone)
    steps = {_step(place): flagged(is_event(step.event, step.where, events)) for place, step in enumerate(rule.steps)}
    rows = events.lazy.filter(seen.inside(events.lazy, TIME, bounds)).with_columns(**steps)
    some = reduce(lambda one, other: one | other, (nw.col(step) == 1 for step in steps))
    numbered = with_numbers(rows.filter(some))
    grouped = numbered.group_by(CUSTOMER, AT).agg(nw.col(*steps).max())
    return Moments(grouped.with_columns(_back=nw.col(AT) * -1), number(bounds[1], events.lazy, seen.zone))


def with_numbers(lazy: Lazy) -> Lazy:
    """Return events with their time as microseconds since 1970: in UTC, or as the wall shows them if they have no zone."""
    copied = lazy.with_columns(nw.col(TIME).alias(AT))
    plain = civil(copied, AT, zone="UTC") if aware(copied, AT) else copied
    time = nw.col(AT).dt
    hours = day_number(nw.col(AT)) * 24 + time.hour().cast(nw.Int64)
    seconds = (hours * 60 + time.minute().cast(nw.Int64)) * 60 + time.second().cast(nw.Int64)
    return plain.with_columns((seconds * 1_000_000 + time.microsecond().cast(nw.Int64)).alias(AT))


def number(instant: datetime, lazy: Lazy, zone: str) -> int:
    """Return an instant as the times of events are numbered."""
    wall = UTC if aware(lazy, TIME) else ZoneInfo(zone)
    return (instant.astimezone(wall).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND


def stages(rule: Sequence) -> Iterator[Stage]:
    """Yield the steps that happened, each with the negated ones before it."""
    without: list[int] = []
    for place, step in enumerate(rule.steps):
        if step.negated:
            without.append(place)
        else:
            yield Stage(place, step.within, tuple(without))
            without = []


def _first(frame: Lazy, rule: Sequence, stage: Stage) -> Lazy:
    """Mark where the first step was reached."""
    whole = frame
    conditions = [nw.col(_step(stage.place)) == 1]
    for place in stage.without:
        whole = _latest(whole, _step(place), f"_before_{place}")
        since, span = nw.col(f"_before_{place}"), rule.steps[place].within
        conditions.append(since == NEVER if span is None else nw.col(AT) - since >= microseconds(span))
    return whole.with_columns(reduce(and_, conditions).alias(_ok(stage.place)))


def _next(frame: Lazy, stage: Stage, last: Stage) -> Lazy:
    """Mark where a step was reached after the one before."""
    before = f"_after_{last.place}"
    whole = _latest(frame.with_columns(_flag=flagged(nw.col(_ok(last.place)))), "_flag", before)
    conditions = [nw.col(_step(stage.place)) == 1, nw.col(before) > NEVER]
    if stage.span is not None:
        conditions.append(nw.col(AT) - nw.col(before) < microseconds(stage.span))
    for place in stage.without:
        whole = _latest(whole, _step(place), f"_before_{place}")
        conditions.append(nw.col(f"_before_{place}") <= nw.col(before))
    return whole.with_columns(reduce(and_, conditions).alias(_ok(stage.place)))


def _ending(frame: Lazy, rule: Sequence, last: Stage | None, end: int) -> tuple[Lazy, nw.Expr]:
    """Return whether a sequence that reached its last step stays without what must not follow."""
    begin = 0 if last is None else last.place
    conditions = [nw.col(_ok(begin))]
    for place in range(begin + 1, len(rule.steps)):
        frame = _earliest(frame, _step(place), f"_next_{place}")
        following, span = nw.col(f"_next_{place}"), rule.steps[place].within
        if span is None:
            conditions.append(following == -NEVER)
        else:
            late = following - nw.col(AT) >= microseconds(span)
            conditions += [late, nw.col(AT) + microseconds(span) <= end]
    return frame, reduce(and_, conditions)


def _latest(frame: Lazy, flag: str, name: str) -> Lazy:
    """Add when a flag was last set, strictly before each moment; `NEVER` where it was not."""
    return _seen_before(frame, flag, name, AT)


def _earliest(frame: Lazy, flag: str, name: str) -> Lazy:
    """Add when a flag is set next, strictly after each moment; `-NEVER` where it is not."""
    back = _seen_before(frame, flag, name, BACK)
    return back.with_columns((nw.col(name) * -1).alias(name))


def _seen_before(frame: Lazy, flag: str, name: str, order: str) -> Lazy:
    set_at = nw.when(nw.col(flag) == 1).then(nw.col(order)).otherwise(nw.lit(NEVER))
    highest = frame.with_columns(set_at.alias(name)).with_columns(nw.col(name).cum_max().over(CUSTOMER, order_by=order))
    before = highest.with_columns(nw.col(name).shift(1).over(CUSTOMER, order_by=order))
    return before.with_columns(nw.col(name).fill_null(NEVER))


def microseconds(span: Span) -> int:
    """Return how long a span is."""
    return span.length // _MICROSECOND


def _step(place: int) -> str:
    return f"_step_{place}"


def _ok(place: int) -> str:
    return f"_ok_{place}"
