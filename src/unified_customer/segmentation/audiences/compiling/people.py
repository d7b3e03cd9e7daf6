"""Traits, ages and birthdays, as facts."""

from collections.abc import Mapping

import narwhals as nw

from unified_customer.segmentation.audiences.compiling.birthdays import days_until, with_dates, years_old
from unified_customer.segmentation.audiences.compiling.facts import Facts, in_bounds
from unified_customer.segmentation.audiences.compiling.looked_up import LookedUp, looked_up
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen
from unified_customer.segmentation.audiences.rules.people import Age, Birthday, Trait

Person = Trait | Age | Birthday
CUSTOMERS = "customers"


def people_facts(rules: Mapping[str, Person], seen: Seen) -> Facts:
    """Return the facts for rules about what is known of customers, by the column of each rule."""
    days = {name: rule.field for name, rule in rules.items() if not isinstance(rule, Trait)}
    lazy = with_dates(seen.whole(CUSTOMERS), days, zone=seen.zone, name=CUSTOMERS)
    traits = [rule.field for rule in rules.values() if isinstance(rule, Trait)]
    found = looked_up(lazy, traits, as_of=seen.as_of, zone=seen.zone, name=CUSTOMERS)
    told = {name: _told(name, rule, found) for name, rule in rules.items()}
    holds = {f"{name}_holds": holds for name, (holds, _) in told.items()}
    values = {f"{name}_value": value for name, (_, value) in told.items()}
    return Facts(
        found.lazy.select(CUSTOMER, **holds, **values),
        {name: nw.col(f"{name}_holds").fill_null(value=_of_nobody(rule)) for name, rule in rules.items()},
        {name: nw.col(f"{name}_value") for name in rules},
    )


def _told(name: str, rule: Person, found: LookedUp) -> tuple[nw.Expr, nw.Expr]:
    """Return whether a rule holds, and what was found."""
    if isinstance(rule, Trait):
        return found.holds(rule), found.shown(rule.field)
    if isinstance(rule, Age):
        years = years_old(name, found.today)
        return in_bounds(years, (rule.at_least, rule.at_most)), years
    days = days_until(name, found.today)
    return in_bounds(days, (None, rule.within_days)), days


def _of_nobody(rule: Person) -> bool:
    """Return whether a rule holds of somebody of whom there is no row."""
    return isinstance(rule, Trait) and rule.op == "is_missing"
