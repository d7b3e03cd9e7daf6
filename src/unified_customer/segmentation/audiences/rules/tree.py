"""Rules put together: all of them, any of them, not."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter

from unified_customer.segmentation.audiences.rules.events import Did, Sequence
from unified_customer.segmentation.audiences.rules.node import Node
from unified_customer.segmentation.audiences.rules.people import Age, Birthday, Trait
from unified_customer.segmentation.audiences.rules.purchases import Bought
from unified_customer.segmentation.audiences.rules.results import Answered, Consents, InSegment, Score


class And(Node):
    """All rules hold; of none, always.

    Examples:
        >>> rule = Trait("country", "eq", "DE") & Age(at_least=18) & ~Bought()
        >>> rule.in_words()
        "country is 'DE' and is at least 18 years old and not (bought anything in at least 1 order)"
    """

    kind: Literal["and"] = "and"
    rules: "tuple[Rule, ...]" = ()

    def __init__(self, *rules: Node, **more: Any) -> None:
        super().__init__(**({"rules": rules} if rules else {}), **more)

    def in_words(self) -> str:
        """Return the rule in words."""
        return " and ".join(_in_brackets(each, Or) for each in self.rules) or "is anybody"


class Or(Node):
    """One rule holds, or several; of none, never."""

    kind: Literal["or"] = "or"
    rules: "tuple[Rule, ...]" = ()

    def __init__(self, *rules: Node, **more: Any) -> None:
        super().__init__(**({"rules": rules} if rules else {}), **more)

    def in_words(self) -> str:
        """Return the rule in words."""
        return " or ".join(_in_brackets(each, And) for each in self.rules) or "is nobody"


class Not(Node):
    """The rule does not hold; what is not known does not hold, so that its negation does."""

    kind: Literal["not"] = "not"
    rule: "Rule"

    def __init__(self, rule: Node | None = None, **more: Any) -> None:
        super().__init__(**(more | {"rule": rule}))

    def in_words(self) -> str:
        """Return the rule in words."""
        return f"not ({self.rule.in_words()})"


Leaf: TypeAlias = Trait | Age | Birthday | Did | Sequence | Bought | InSegment | Score | Consents | Answered
"""A rule that is made of no others."""

Rule: TypeAlias = Annotated[
    And | Or | Not | Trait | Age | Birthday | Did | Sequence | Bought | InSegment | Score | Consents | Answered,
    Field(discriminator="kind"),
]
"""Any rule; in JSON its `kind` says which."""


def _in_brackets(rule: "Rule", other: type[Node]) -> str:
    return f"({rule.in_words()})" if isinstance(rule, other) else rule.in_words()


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Yield the rules that a rule is made of, in order; one that stands there twice comes twice."""
    for each in parts(rule):
        yield from leaves(each)
    if not isinstance(rule, And | Or | Not):
        yield rule


def parts(rule: Rule) -> tuple[Rule, ...]:
    """Return the rules that a rule puts together."""
    if isinstance(rule, Not):
        return (rule.rule,)
    return rule.rules if isinstance(rule, And | Or) else ()


def rule_from_json(text: str) -> Rule:
    """Return the rule that was written as JSON.

    Raises:
        pydantic.ValidationError: The text is no rule.

    Examples:
        >>> rule_from_json('{"kind": "not", "rule": {"kind": "trait", "field": "email"}}').in_words()
        'not (email is known)'
    """
    adapter: TypeAdapter[Rule] = TypeAdapter(Rule)
    return adapter.validate_json(text)
