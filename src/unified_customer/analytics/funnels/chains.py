"""The chain of events of each customer that reaches the most steps, on the engine of the frame.

Forwards, an event is a step if the step before it was reached within the time, and then it matters only how late its
chain can have begun. That is a running maximum: of the events that were the step before, the latest both is nearest and
has the chain that began latest. Backwards it is the other way round: with the number of steps known, the nearest event
that still leads as far is a running minimum. So no pair of events is ever put together.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from typing import Final

import narwhals as nw

from unified_customer.analytics.funnels.spec import UNITS, Funnel, Step
from unified_customer.analytics.occurrences import EVENTS, native_events
from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Lazy, Native, before, opened
from unified_customer.engines.portable.dates import with_microseconds

NEVER: Final = 2**62
"""Microseconds that no event has; less of them for what was never before."""
MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def chains(spec: Funnel, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
    """Return the chain of each unit that took the first step.

    The columns of the unit, the column of `by`, `reached` (the number of the last step), and `seconds_2`, `seconds_3`,
    ...: from the step before to the step, null where it was not reached.
    """
    rows = _moments(spec, tables, as_of)
    found = _backwards(spec, _forwards(spec, rows).filter(nw.col("reached") > 0))
    times = [f"_time_{place}" for place in _places(spec)]
    units = list(UNITS[spec.unit])
    one_each = found.group_by(*units).agg(nw.col("reached", *times).min())
    if spec.by is not None:
        whose = rows.select(*units, spec.by, _time_1="moment")
        one_each = one_each.join(whose, on=[*units, "_time_1"], how="left")
    by = [] if spec.by is None else [spec.by]
    return one_each.select(*units, *by, "reached", **{f"seconds_{place}": _taken(place) for place in _places(spec)[1:]})


def _places(spec: Funnel) -> range:
    return range(1, len(spec.steps) + 1)


def _taken(place: int) -> nw.Expr:
    since = (nw.col(f"_time_{place}") - nw.col(f"_time_{place - 1}")).cast(nw.Float64) / 1_000_000
    return nw.when(nw.col("reached") >= place).then(since)


def _moments(spec: Funnel, tables: Mapping[str, Native], as_of: datetime) -> Lazy:
    """Return a row for each instant at which a unit did something: which steps it could be, and the value of `by`."""
    units = UNITS[spec.unit]
    further = [name for step in spec.steps for name in step.columns] + ([] if spec.by is None else [spec.by])
    needed = list(dict.fromkeys([*units, "name", "occurred_at", *further]))
    events = opened(native_events(tables), columns=needed, name=EVENTS).select(*needed)
    known = [~nw.col(name).is_null() for name in units]
    past = before(events, "occurred_at", as_of=as_of, zone=spec.zone).filter(*known)
    steps = {f"_step_{place}": _is(step, past) for place, step in zip(_places(spec), spec.steps, strict=True)}
    marked = with_microseconds(past, "occurred_at", name="moment").with_columns(**steps)
    if spec.closed and spec.within is not None:
        last = (as_utc(as_of) - spec.within - _EPOCH) // MICROSECOND
        marked = marked.with_columns(_step_1=nw.when(nw.col("moment") <= last).then("_step_1").otherwise(0))
    if spec.order == "loose":
        marked = marked.filter(nw.max_horizontal(*steps) == 1)
    first = nw.when(nw.col("_step_1") == 1)
    if spec.by is None:
        return marked.group_by(*units, "moment").agg(nw.col(*steps).max())
    told = marked.with_columns(first.then(spec.by).alias(spec.by))
    return told.group_by(*units, "moment").agg(nw.col(*steps).max(), nw.col(spec.by).min())


def _is(step: Step, events: Lazy) -> nw.Expr:
    named = nw.col("name").is_in(list(step.names)).fill_null(value=False)
    return nw.when(step.met(events) & named if step.columns else named).then(nw.lit(1)).otherwise(nw.lit(0))


def _forwards(spec: Funnel, rows: Lazy) -> Lazy:
    """Add `reached`: the most steps that the unit came to."""
    for place in _places(spec):
        valid = nw.col(f"_step_{place}") == 1
        if place > 1:
            valid = _in_time(spec, valid, nw.col("moment") - nw.col("_last"), nw.col("moment") - nw.col("_begun"))
            valid &= nw.col("_last") > -NEVER
        begun = nw.col("moment") if place == 1 else nw.col("_begun")
        rows = rows.with_columns(
            _last=nw.when(valid).then("moment").otherwise(-NEVER), _begun=nw.when(valid).then(begun).otherwise(-NEVER)
        ).with_columns(nw.when(nw.col("_last") > -NEVER).then(place).otherwise(0).alias(f"_reached_{place}"))
        rows = _earlier(spec, rows)
    reached = nw.max_horizontal(*(f"_reached_{place}" for place in _places(spec)))
    placed = rows.with_columns(reached=reached.cast(nw.Int64))
    most = placed.with_columns(nw.col("reached").max().over(*UNITS[spec.unit]))
    return most.drop("_last", "_begun", *(f"_reached_{place}" for place in _places(spec)))


def _in_time(spec: Funnel, valid: nw.Expr, gap: nw.Expr, whole: nw.Expr) -> nw.Expr:
    limits = ((spec.between, gap), (spec.within, whole))
    return reduce(and_, (time <= limit // MICROSECOND for limit, time in limits if limit is not None), valid)


def _earlier(spec: Funnel, rows: Lazy) -> Lazy:
    """Turn `_last` and `_begun` into the greatest of all earlier instants, or of the one before where order is strict."""
    units, both = UNITS[spec.unit], ("_last", "_begun")
    if spec.order == "loose":
        rows = rows.with_columns(nw.col(name).cum_max().over(*units, order_by="moment") for name in both)
    return rows.with_columns(nw.col(name).shift(1).over(*units, order_by="moment").fill_null(-NEVER) for name in both)


def _backwards(spec: Funnel, rows: Lazy) -> Lazy:
    """Add `_time_1`, `_time_2`, ...: of the first step of a chain that reaches the most steps, the times of all of them."""
    last = _places(spec)[-1]
    for place in reversed(_places(spec)):
        later = [f"_time_{each}" for each in range(place + 1, last + 1)]
        ends = nw.col("reached") == place
        leads = ends
        if later:
            following = nw.col(f"_time_{place + 1}")
            goes_on = following < NEVER
            leads |= _in_time(spec, goes_on, following - nw.col("moment"), nw.col("_end") - nw.col("moment"))
        valid = (nw.col(f"_step_{place}") == 1) & leads
        end = nw.when(ends).then("moment").otherwise(nw.col("_end") if later else nw.lit(NEVER))
        times = {name: nw.when(valid).then(name).otherwise(NEVER) for name in later}
        times[f"_time_{place}"] = nw.when(valid).then("moment").otherwise(NEVER)
        rows = rows.with_columns(**times, _end=nw.when(valid).then(end).otherwise(NEVER))
        rows = _later(spec, rows, ["_end", *times]) if place > 1 else rows
    return rows


def _later(spec: Funnel, rows: Lazy, names: list[str]) -> Lazy:
    """Turn times into the least of all later instants, or those of the next one where order is strict."""
    units = UNITS[spec.unit]
    if spec.order == "loose":
        rows = rows.with_columns(nw.col(name).cum_min(reverse=True).over(*units, order_by="moment") for name in names)
    return rows.with_columns(nw.col(name).shift(-1).over(*units, order_by="moment").fill_null(NEVER) for name in names)
