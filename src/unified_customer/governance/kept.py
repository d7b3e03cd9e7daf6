"""For how long a value is kept, in words: what a notice, a receipt and an answer to a person say of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from unified_customer.core.fields import FieldSpec, covers
from unified_customer.core.tables import table
from unified_customer.policy import Policy, RetentionRule

ALWAYS: Final = "as long as you are a customer"

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SINCE: Final = {"event": "after it happened", "last_activity": "after your last activity"}
_THEN: Final = {"delete": "then deleted", "anonymise": "then kept without any link to you"}


def kept_for(policy: Policy, table_name: str, column: str) -> str:
    """Return for how long the values of a column are kept.

    Of the rules of the policy that hold for all of them the shortest counts; rules for some sources or uses alone are
    told beside it. What no rule is about is kept by the default of its category.

    Examples:
        >>> kept_for(Policy(), "events", "url")
        '760 days after it was last observed'
        >>> from unified_customer.policy import Period
        >>> rule = RetentionRule(table="events", keep=Period(months=13))
        >>> kept_for(Policy(retention=(rule,)), "events", "url")
        '13 months after it happened, then deleted'
    """
    field = table(table_name).fields[column]
    rules = [rule for rule in policy.retention if _is_about(rule, table_name, field)]
    for_all = [rule for rule in rules if not (rule.purpose or rule.sources)]
    for_some = [rule for rule in rules if rule not in for_all]
    usual = _told(min(for_all, key=_length)) if for_all else _by_default(field)
    return "; ".join([usual, *(f"{_told(rule)}, {_where(rule)}" for rule in sorted(for_some, key=_length))])


def kept_in_words(policy: Policy, columns: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what `kept_for` says of each of some columns, every answer once, in order.

    Args:
        policy: Holds the rules.
        columns: Names of tables and of their columns.
    """
    return tuple(sorted({kept_for(policy, *each) for each in columns}))


def _is_about(rule: RetentionRule, table_name: str, field: FieldSpec) -> bool:
    return (
        rule.table in {None, table_name}
        and (rule.category is None or covers(rule.category, field.category))
        and rule.party in {None, field.party}
    )


def _length(rule: RetentionRule) -> datetime:
    return rule.keep.after(_EPOCH)


def _told(rule: RetentionRule) -> str:
    return f"{rule.keep} {_SINCE[rule.since]}, {_THEN[rule.then]}"


def _where(rule: RetentionRule) -> str:
    parts = [f"where it is kept for {rule.purpose}"] if rule.purpose else []
    return " ".join([*parts, *([f"where it came from {' or '.join(rule.sources)}"] if rule.sources else [])])


def _by_default(field: FieldSpec) -> str:
    return ALWAYS if field.kept_days is None else f"{field.kept_days} days after it was last observed"
