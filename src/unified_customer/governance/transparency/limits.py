"""For how long data are kept, in words: the rules of the policy over the defaults of the field dictionary."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from unified_customer.core.fields import FieldSpec, covers
from unified_customer.core.tables import Table
from unified_customer.policy import Period, Policy, RetentionRule

SINCE: Final = {
    "event": "after it happened or was observed",
    "last_activity": "after the last activity of the customer",
}
AS_THE_CUSTOMER: Final = "as long as the customer is known"

_DAY: Final = datetime(2001, 1, 1, tzinfo=UTC)


def limits(policy: Policy, table: Table, column: str) -> tuple[str, ...]:
    """Return for how long values of a column are kept: the general limit, then those of some of its rows.

    Of several general rules the shortest counts, and without any the default of the field dictionary. A rule about some
    sources or a purpose is about rows of these alone.

    Examples:
        >>> from unified_customer.core.tables import EVENTS
        >>> rules = (RetentionRule(table="events", keep=Period(months=6), sources=("web",)),)
        >>> limits(Policy(retention=rules), EVENTS, "name")
        ('760 days after it happened or was observed', '6 months after it happened or was observed (from: web)')
    """
    field = table.fields[column]
    rules = [rule for rule in policy.retention if _fits(rule, table, field)]
    general = [rule for rule in rules if not rule.sources and rule.purpose is None]
    special = [rule for rule in rules if rule not in general]
    return (*_shortest(general, field), *map(_words, special))


def _shortest(rules: Sequence[RetentionRule], field: FieldSpec) -> list[str]:
    if not rules:
        return [_default(field)]
    of_each = ([rule for rule in rules if rule.since == since] for since in SINCE)
    return [_words(min(each, key=lambda rule: _length(rule.keep))) for each in of_each if each]


def _default(field: FieldSpec) -> str:
    if field.kept_days is None:
        return AS_THE_CUSTOMER
    return f"{Period(days=field.kept_days)} {SINCE['event']}"


def _fits(rule: RetentionRule, table: Table, field: FieldSpec) -> bool:
    return (
        rule.table in {None, table.name}
        and (rule.category is None or covers(rule.category, field.category))
        and rule.party in {None, field.party}
        and (not rule.sources or "source" in table.columns)
        and (rule.purpose is None or "purpose" in table.columns)
    )


def _words(rule: RetentionRule) -> str:
    about = [f"from: {', '.join(rule.sources)}"] if rule.sources else []
    about += [f"for: {rule.purpose}"] if rule.purpose else []
    narrow = f" ({'; '.join(about)})" if about else ""
    then = ", then kept about nobody" if rule.then == "anonymise" else ""
    return f"{rule.keep} {SINCE[rule.since]}{narrow}{then}"


def _length(keep: Period) -> float:
    return (keep.after(_DAY) - _DAY).total_seconds()
