"""Rules decided by brute force, in plain Python, one customer at a time."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from operator import ge, gt, le, lt, ne
from typing import Any
from zoneinfo import ZoneInfo

from unified_customer.segmentation.audiences import (
    Age,
    And,
    Answered,
    Birthday,
    Bought,
    Condition,
    Consents,
    Did,
    FromToday,
    InSegment,
    Not,
    Or,
    Rule,
    Score,
    Sequence,
    Step,
    Trait,
    Window,
)
from unified_customer.testing.audience_strategies import Frames

Row = dict[str, Any]
_COMPARED: dict[str, Any] = {"ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge}


class Oracle:
    """The tables of one customer, seen from an instant."""

    def __init__(self, tables: Frames, customer: str, as_of: datetime, zone: str) -> None:
        """Take what is known of the customer."""
        self.rows = {
            name: [row for row in frame.iter_rows(named=True) if row["customer_id"] == customer]
            for name, frame in tables.items()
        }
        self.as_of, self.zone = as_of, ZoneInfo(zone)
        self.today = as_of.astimezone(self.zone).date()

    def holds(self, rule: Rule) -> bool:
        """Return whether a rule holds."""
        match rule:
            case Not():
                return not self.holds(rule.rule)
            case And():
                return all(self.holds(each) for each in rule.rules)
            case Or():
                return any(self.holds(each) for each in rule.rules)
        decide: Any = getattr(self, f"_{type(rule).__name__.lower()}")
        return bool(decide(rule))

    # ------------------------------------------------------------------------------------------------- one value

    def _value(self, row: Row, field: str) -> Any:
        if field in row:
            value = row[field]
            return value.astimezone(self.zone).date() if isinstance(value, datetime) else value
        column, *keys = field.split(".")
        value = None if row[column] is None else json.loads(row[column])
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _fulfils(self, row: Row, condition: Condition) -> bool:
        value, op, wanted = self._value(row, condition.field), condition.op, condition.values
        if op in {"is_missing", "is_known"}:
            return (value is None) == (op == "is_missing")
        if value is None:
            return False
        if op == "contains":
            return wanted[0] in (value if isinstance(value, list) else str(value))
        return str(value).startswith(str(wanted[0])) if op == "starts_with" else self._compares(value, condition)

    def _compares(self, value: Any, condition: Condition) -> bool:
        op = condition.op
        pairs = [self._alike(value, each, inside="." in condition.field) for each in condition.values]
        if any(one is None for one, _ in pairs):
            return False
        (one, other), *more = pairs
        if op == "between":
            return bool(other <= one <= more[0][1])
        if op in {"eq", "in"}:
            return any(one == other for one, other in pairs)
        return bool(_COMPARED[op](one, other))

    def _alike(self, value: Any, wanted: Any, *, inside: bool) -> tuple[Any, Any]:
        """Return two values that can be compared; of what cannot be the first is None."""
        if isinstance(wanted, FromToday):
            day = self.today + timedelta(days=wanted.days)
            return (_day(value), day)
        if isinstance(value, date):
            return value, date.fromisoformat(wanted)
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            return value, wanted
        known = value if isinstance(value, int | float) or not inside else None
        return (None if known is None else float(known)), float(wanted)

    # ------------------------------------------------------------------------------------------------- people

    def _trait(self, rule: Trait) -> bool:
        person = self.rows["customers"]
        return self._fulfils(person[0], rule) if person else rule.op == "is_missing"

    def _born(self, field: str) -> date | None:
        person = self.rows["customers"]
        found: date | None = person[0][field] if person else None
        return found

    def _age(self, rule: Age) -> bool:
        born = self._born(rule.field)
        if born is None or born > self.today:
            return False
        years = self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))
        return (rule.at_least or 0) <= years <= (999 if rule.at_most is None else rule.at_most)

    def _birthday(self, rule: Birthday) -> bool:
        born = self._born(rule.field)
        if born is None:
            return False
        days = [self.today + timedelta(days=number) for number in range(rule.within_days + 1)]
        return any(_comes_round(born, day) for day in days)

    # ------------------------------------------------------------------------------------------------- what happened

    def _inside(self, at: datetime, window: Window | None) -> bool:
        if at >= self.as_of:
            return False
        if window is None:
            return True
        if window.kind == "between":
            day = at.astimezone(self.zone).date()
            return (window.since or date.min) <= day <= (window.until or date.max)
        recent = at >= self.as_of - window.length
        return recent if window.kind == "last" else not recent

    def _events(self, event: tuple[str, ...], where: tuple[Condition, ...], window: Window | None) -> list[Row]:
        return [
            row
            for row in self.rows["events"]
            if (not event or row["name"] in event)
            and self._inside(row["occurred_at"], window)
            and all(self._fulfils(row, each) for each in where)
        ]

    def _did(self, rule: Did) -> bool:
        rows = self._events(rule.event, rule.where, rule.within)
        if rule.measure == "count":
            return _bounded(rule, len(rows))
        found = [self._value(row, rule.of or "amount") for row in rows]
        values = [value for value in found if value is not None and not isinstance(value, str)]
        return _bounded(rule, _measured(rule.measure, values))

    def _sequence(self, rule: Sequence) -> bool:
        """Try every choice of moments for the steps that happened."""
        times = [
            {row["occurred_at"] for row in self._events(step.event, step.where, rule.within)} for step in rule.steps
        ]
        happened = [place for place, step in enumerate(rule.steps) if not step.negated]
        moments = sorted(set().union(*times))
        chosen = (each for each in combinations(moments, len(happened)))
        end = self._end(rule.within)
        return any(_goes(rule.steps, times, dict(zip(happened, each, strict=True)), end) for each in chosen)

    def _end(self, window: Window | None) -> datetime:
        if window is None or window.kind == "last":
            return self.as_of
        if window.kind == "earlier":
            return self.as_of - window.length
        until = window.until
        if until is None:
            return self.as_of
        following = until + timedelta(days=1)
        return min(self.as_of, datetime(following.year, following.month, following.day, tzinfo=self.zone))

    def _bought(self, rule: Bought) -> bool:
        lines = [row for row in self.rows["order_lines"] if self._line(row, rule)]
        if rule.measure == "units":
            return _bounded(rule, float(sum(row["quantity"] for row in lines)))
        orders: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in lines:
            orders[row["source"], row["order_id"]].append(row)
        bought = [each for each in orders.values() if _is_purchase(each)]
        if rule.measure == "orders":
            return _bounded(rule, len(bought))
        counting = list(orders.values()) if rule.measure == "total" else bought
        return _bounded(rule, _measured(rule.measure, [sum(row["amount"] for row in each) for each in counting]))

    def _line(self, row: Row, rule: Bought) -> bool:
        below = [row["category"] == name or (row["category"] or "").startswith(f"{name} > ") for name in rule.category]
        return (
            self._inside(row["occurred_at"], rule.within)
            and (not rule.category or any(below))
            and (not rule.item or row["item_id"] in rule.item)
            and (not rule.brand or row["brand"] in rule.brand)
        )

    # ------------------------------------------------------------------------------------------------- results

    def _insegment(self, rule: InSegment) -> bool:
        at = self.as_of - timedelta(days=rule.days_ago)
        return any(
            row["segmentation"] == rule.segmentation
            and row["segment"] in rule.segment
            and row["entered_at"] < at
            and not (row["left_at"] is not None and row["left_at"] < at)
            for row in self.rows["memberships"]
        )

    def _score(self, rule: Score) -> bool:
        rows = [row for row in self.rows["scores"] if row["name"] == rule.name and row["as_of"] < self.as_of]
        if not rows:
            return rule.op == "is_missing"
        return self._fulfils(max(rows, key=lambda row: row["as_of"]), rule.condition)

    def _answered(self, rule: Answered) -> bool:
        rows = [
            row
            for row in self.rows["answers"]
            if row["question"] == rule.question
            and rule.instrument in {None, row["instrument"]}
            and self._inside(row["answered_at"], rule.within)
        ]
        last = max((row["answered_at"] for row in rows), default=None)
        return any(row["answered_at"] == last and all(self._fulfils(row, each) for each in rule.where) for row in rows)

    def _consents(self, rule: Consents) -> bool:
        return any((row["purpose"], row["channel"]) == (rule.purpose, rule.channel) for row in self.rows["permitted"])


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _comes_round(born: date, day: date) -> bool:
    if (born.month, born.day) == (day.month, day.day):
        return True
    yesterday = day - timedelta(days=1)
    no_29th = (born.month, born.day) == (2, 29) and (day.month, day.day) == (3, 1)
    return no_29th and (yesterday.month, yesterday.day) == (2, 28)


def _bounded(rule: Did | Bought, value: Any) -> bool:
    least, most = rule.bounds
    if value is None:
        return False
    number = float(value)
    return (least is None or number >= least) and (most is None or number <= most)


def _measured(measure: str, values: list[Any]) -> Any:
    exact = [Decimal(str(value)) for value in values]
    if measure == "total":
        return sum(exact)
    if not exact:
        return None
    return float(sum(exact)) / len(exact) if measure == "mean" else (max if measure == "max" else min)(exact)


def _goes(steps: tuple[Step, ...], times: list[set[datetime]], at: dict[int, datetime], end: datetime) -> bool:
    """Return whether the steps that happened can have happened at some moments, in order."""
    first, last = min(at), max(at)
    for place, step in enumerate(steps):
        before = max((each for each in at if each < place), default=None)
        after = min((each for each in at if each > place), default=None)
        span = None if step.within is None else step.within.length
        if not step.negated:
            late = place != first and span is not None and at[place] - at[before or 0] >= span
            if at[place] not in times[place] or late:
                return False
        elif before is None:
            since = at[first] - span if span else None
            if any(time < at[first] and (since is None or time > since) for time in times[place]):
                return False
        elif after is not None:
            if any(at[before] < time < at[after] for time in times[place]):
                return False
        else:
            until = at[last] + span if span else None
            if until is not None and until > end:
                return False
            if any(time > at[last] and (until is None or time < until) for time in times[place]):
                return False
    return True


def _is_purchase(lines: list[Row]) -> bool:
    kinds = {row["kind"] for row in lines}
    left = sum(row["quantity"] for row in lines if row["kind"] != "return")
    return "sale" in kinds and not ("cancellation" in kinds and left <= 0)
