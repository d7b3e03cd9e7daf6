"""Whose truth may have changed between two instants, by time alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

import narwhals as nw

from unified_customer.engines.portable import Lazy
from unified_customer.segmentation.audiences.compiling.did import EVENTS
from unified_customer.segmentation.audiences.compiling.evaluation import evaluated, named_leaves
from unified_customer.segmentation.audiences.compiling.results import SCORES, segment_rows, then
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen, always, aware, time_of, with_instants
from unified_customer.segmentation.audiences.rules.days import Window, crossed
from unified_customer.segmentation.audiences.rules.events import Did, Sequence
from unified_customer.segmentation.audiences.rules.people import Age, Birthday, Trait
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment, Score
from unified_customer.segmentation.audiences.rules.tree import Leaf, Or, Rule

_MICROSECOND = timedelta(microseconds=1)


def touched(rule: Rule, seen: Seen, *, since: datetime, base: str) -> Iterator[Lazy]:
    """Yield frames of the customers of whom a rule may have become true or false since an instant, rows as they are now.

    A row counts from its own time on, until it leaves a window. So only these customers can have changed of whose rows
    one became past between the two instants, entered a window or left it, or completed the time in which something must
    not follow. Of traits that are compared with the day both days are worked out. A customer may be named without need,
    and more than once.

    Args:
        rule: The rule.
        seen: The tables, seen from the later instant.
        since: The earlier instant.
        base: The table whose customers are looked at.
    """
    by_day = [leaf for leaf in named_leaves(rule) if _follows_the_day(leaf)]
    if by_day:
        yield _changed(Or(*by_day), seen, since, base)
    for leaf in named_leaves(rule):
        yield from _touched(leaf, seen, since, base)


def _follows_the_day(leaf: Leaf) -> bool:
    return isinstance(leaf, Age | Birthday) or (isinstance(leaf, Trait) and leaf.follows_the_day)


def _changed(rule: Rule, seen: Seen, since: datetime, base: str) -> Lazy:
    """Return the customers of whom a leaf of a rule holds at one instant and not at the other."""
    names = list(named_leaves(rule).values())
    before = evaluated(rule, seen.at(since), base=base).select(CUSTOMER, **{f"{name}_then": name for name in names})
    both = evaluated(rule, seen, base=base).join(before, on=CUSTOMER, how="inner")
    return both.filter(reduce(or_, (nw.col(name) != nw.col(f"{name}_then") for name in names))).select(CUSTOMER)


def _touched(leaf: Leaf, seen: Seen, since: datetime, base: str) -> Iterator[Lazy]:
    if isinstance(leaf, Consents):
        yield seen.base(base)
    if isinstance(leaf, InSegment):
        yield from _moved(leaf, seen, since)
    if isinstance(leaf, Score):
        yield _within(seen, SCORES, None, since)
    if isinstance(leaf, Answered | Bought | Did | Sequence):
        yield _within(seen, str(leaf.table), leaf.within, since)
    if isinstance(leaf, Sequence):
        yield from _waited(leaf, seen, since)


def _moved(leaf: InSegment, seen: Seen, since: datetime) -> Iterator[Lazy]:
    rows = segment_rows(leaf, seen)
    for column in ("entered_at", "left_at"):
        yield rows.filter(_inside(seen, rows, column, (then(leaf, since), then(leaf, seen.as_of)))).select(CUSTOMER)


def _within(seen: Seen, name: str, window: Window | None, since: datetime) -> Lazy:
    """Return the customers with rows of which one entered a window or left it."""
    return _with_rows(seen, name, crossed(window, since, seen.as_of, zone=seen.zone))


def _with_rows(seen: Seen, name: str, stretches: list[tuple[datetime, datetime]]) -> Lazy:
    time = time_of(name)
    rows = with_instants(seen.whole(name, [time]), time)
    inside = (_inside(seen, rows, time, each) for each in stretches)
    return rows.filter(reduce(or_, inside, ~always())).select(CUSTOMER)


def _inside(seen: Seen, rows: Lazy, column: str, stretch: tuple[datetime, datetime]) -> nw.Expr:
    """Return whether a time lies in a stretch; of a clock on the wall, which shows some hours twice, a day around it too."""
    more = timedelta(0) if aware(rows, column) else timedelta(days=1)
    first, end = stretch
    return seen.inside(rows, column, (first - more, end + more)).fill_null(value=False)


def _waited(leaf: Sequence, seen: Seen, since: datetime) -> Iterator[Lazy]:
    """Yield the customers for whom the time is over in which something must not follow."""
    ends = [_end(leaf, each, seen.zone) for each in (since, seen.as_of)]
    spans = [step.within.length for step in leaf.steps if step.negated and step.within is not None]
    stretches = [(ends[0] - span, ends[1] - span + _MICROSECOND) for span in spans]
    if stretches:
        yield _with_rows(seen, EVENTS, stretches)


def _end(leaf: Sequence, as_of: datetime, zone: str) -> datetime:
    return as_of if leaf.within is None else leaf.within.bounds(as_of, zone=zone)[1]
