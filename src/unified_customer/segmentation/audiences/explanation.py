"""Why a customer is in an audience, or out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any

from unified_customer.segmentation.audiences.compiling.evaluation import named_leaves
from unified_customer.segmentation.audiences.rules.conditions import said
from unified_customer.segmentation.audiences.rules.events import Did, Sequence
from unified_customer.segmentation.audiences.rules.people import Age, Birthday
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment
from unified_customer.segmentation.audiences.rules.tree import And, Leaf, Not, Or, Rule, parts


@dataclass(frozen=True)
class Explanation:
    """Whether a rule holds of one customer, and why: it holds personal data, as much as the tables did.

    Attributes:
        rule: The rule.
        holds: Whether it holds.
        found: What was found of the customer, in words; empty where rules are put together.
        parts: The rules that it is made of, explained alike.
    """

    rule: Rule
    holds: bool
    found: str = ""
    parts: "tuple[Explanation, ...]" = ()

    def __str__(self) -> str:
        """Return it as lines, those of parts further in."""
        return "\n".join(_lines(self, 0))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _lines(told: Explanation, depth: int) -> Iterator[str]:
    found = f" ({told.found})" if told.found else ""
    yield f"{'  ' * depth}{'yes' if told.holds else 'no '} {_headed(told.rule)}{found}"
    for part in told.parts:
        yield from _lines(part, depth + 1)


def _headed(rule: Rule) -> str:
    if isinstance(rule, And):
        return "all of"
    if isinstance(rule, Or):
        return "any of"
    return "not" if isinstance(rule, Not) else rule.in_words()


def explained(rule: Rule, row: Mapping[str, Any]) -> Explanation:
    """Return the explanation of a rule for one customer.

    Args:
        rule: The rule.
        row: What `evaluated` returned of the customer.
    """
    return _explained(rule, named_leaves(rule), row)


def _explained(rule: Rule, names: Mapping[Leaf, str], row: Mapping[str, Any]) -> Explanation:
    inner = tuple(_explained(each, names, row) for each in parts(rule))
    if isinstance(rule, And):
        return Explanation(rule, all(each.holds for each in inner), parts=inner)
    if isinstance(rule, Or):
        return Explanation(rule, any(each.holds for each in inner), parts=inner)
    if isinstance(rule, Not):
        return Explanation(rule, not inner[0].holds, parts=inner)
    name = names[rule]
    return Explanation(rule, bool(row[name]), _found(rule, row[f"{name}_found"]))


def _found(rule: Leaf, value: Any) -> str:
    """Return in words what was found of a customer for a rule."""
    if isinstance(rule, Consents):
        return "permitted" if value else "not permitted"
    if isinstance(rule, Sequence):
        return f"{value} of {sum(not step.negated for step in rule.steps)} steps in order"
    if value is None:
        return _nothing(rule)
    if isinstance(rule, InSegment):
        return f"since {_plain(value)}"
    if isinstance(rule, Answered):
        return f"last answered {_plain(value)}"
    return f"{_plain(value)}{_unit(rule)}"


def _nothing(rule: Leaf) -> str:
    if isinstance(rule, InSegment):
        return "not in it"
    return "not answered" if isinstance(rule, Answered) else "nothing is known"


def _unit(rule: Leaf) -> str:
    if isinstance(rule, Age):
        return " years"
    if isinstance(rule, Birthday):
        return " days to go"
    if isinstance(rule, Did) and rule.measure == "count":
        return " times"
    if isinstance(rule, Bought) and rule.measure in {"orders", "units"}:
        return f" {rule.measure}"
    return ""


def _plain(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else said(value)
