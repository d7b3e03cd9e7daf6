"""Events counted and measured, as facts: one pass over the events for all rules together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Protocol

import narwhals as nw

from unified_customer.methods.money import Exchange, exact
from unified_customer.segmentation.audiences.compiling.amounts import Measured, as_amount
from unified_customer.segmentation.audiences.compiling.facts import Facts, flagged, in_bounds
from unified_customer.segmentation.audiences.compiling.looked_up import LookedUp, as_number, looked_up
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen
from unified_customer.segmentation.audiences.rules.conditions import Condition
from unified_customer.segmentation.audiences.rules.events import Did, Names

EVENTS = "events"
TIME = "occurred_at"


def did_facts(rules: Mapping[str, Did], seen: Seen) -> Facts:
    """Return the facts for rules about how often something happened, by the column of each rule."""
    events = looked_up_events([field for rule in rules.values() for field in _fields(rule)], seen)
    matches = {name: _matches(rule, events, seen) for name, rule in rules.items()}
    counted = [_counted(name, rule, matches[name], events, seen) for name, rule in rules.items()]
    rows = events.lazy.filter(reduce(or_, matches.values()))
    parts = {key: part for each in counted for key, part in each.parts().items()}
    sums = [each for one in counted for each in one.sums()]
    frame = rows.with_columns(**parts).group_by(CUSTOMER).agg(*sums)
    values = {name: each.value() for name, each in zip(rules, counted, strict=True)}
    return Facts(frame, {name: in_bounds(values[name], rule.bounds) for name, rule in rules.items()}, values)


def looked_up_events(fields: list[str], seen: Seen) -> LookedUp:
    """Return the events before `as_of` with the values of some fields."""
    return looked_up(seen.past(EVENTS, ["name"]), fields, as_of=seen.as_of, zone=seen.zone, name=EVENTS)


def is_event(names: Names, where: tuple[Condition, ...], events: LookedUp) -> nw.Expr:
    """Return whether a row is one of some events and fulfils conditions."""
    fulfils = events.all_hold(where)
    return fulfils & nw.col("name").is_in(list(names)).fill_null(value=False) if names else fulfils


def _fields(rule: Did) -> Iterator[str]:
    yield from (each.field for each in rule.where)
    if rule.measure != "count":
        yield rule.measured


def _matches(rule: Did, events: LookedUp, seen: Seen) -> nw.Expr:
    match = is_event(rule.event, rule.where, events)
    if rule.within is None:
        return match
    return match & seen.inside(events.lazy, TIME, rule.within.bounds(seen.as_of, zone=seen.zone))


class _Counting(Protocol):
    """How something is counted or measured: before, while, and after rows are grouped."""

    def parts(self) -> Mapping[str, nw.Expr]: ...
    def sums(self) -> list[nw.Expr]: ...
    def value(self) -> nw.Expr: ...


@dataclass(frozen=True)
class _Counted:
    """A number of rows."""

    name: str
    match: nw.Expr

    def parts(self) -> Mapping[str, nw.Expr]:
        return {self.name: flagged(self.match)}

    def sums(self) -> list[nw.Expr]:
        return [nw.col(self.name).sum()]

    def value(self) -> nw.Expr:
        return nw.col(self.name).cast(nw.Int64).fill_null(0)


def _counted(name: str, rule: Did, match: nw.Expr, events: LookedUp, seen: Seen) -> _Counting:
    if rule.measure == "count":
        return _Counted(f"{name}_count", match)
    amount = nw.when(match).then(_amount(rule.measured, events))
    of_money = rule.measured == "amount"
    exchange = seen.money.exchange(events.lazy.filter(~amount.is_null())) if of_money else Exchange(None)
    return Measured(f"{name}_amount", amount, rule.measure, exchange)


def _amount(field: str, events: LookedUp) -> nw.Expr:
    if events.kinds[field] == "json":
        return as_amount(as_number(events.value(field)))
    return exact(events.lazy, events.columns[field])
