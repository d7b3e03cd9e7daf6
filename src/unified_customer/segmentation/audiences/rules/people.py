"""Rules about what is known of a customer: traits, age, birthday."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.segmentation.audiences.rules.conditions import Condition, Op
from unified_customer.segmentation.audiences.rules.node import Node


class Trait(Condition, Node):
    """A trait of the customer: a column of `customers`, or a path in its JSON column `traits`.

    A missing trait fulfils `is_missing` and nothing else; so `~Trait("country", "eq", "DE")` takes in whose country is
    not known, and `Trait("country", "ne", "DE")` does not.

    Examples:
        >>> Trait("traits.newsletter.weekly", "eq", True).in_words()
        'traits.newsletter.weekly is true'
    """

    table: ClassVar[str | None] = "customers"
    kind: Literal["trait"] = "trait"

    def __init__(self, field: str = "", op: Op = "is_known", value: Any = None, **more: Any) -> None:
        super().__init__(**(more | {"field": field, "op": op, "value": value}))


class Age(Node):
    """The age in whole years on the day of `as_of`, in the shop's zone; who was born when nobody knows has none.

    Examples:
        >>> Age(at_least=18, at_most=25).in_words()
        'is at least 18 and at most 25 years old'
    """

    table: ClassVar[str | None] = "customers"
    kind: Literal["age"] = "age"
    at_least: int | None = Field(default=None, ge=0)
    at_most: int | None = Field(default=None, ge=0)
    field: str = Field(default="birth_date", min_length=1)
    """The column of the day of birth, or a path to it."""

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ConfigurationError("Name the least age, the highest, or both.")
        return self

    def in_words(self) -> str:
        """Return the rule in words."""
        bounds = (("at least", self.at_least), ("at most", self.at_most))
        return f"is {' and '.join(f'{word} {years}' for word, years in bounds if years is not None)} years old"


class Birthday(Node):
    """A birthday, or another day of the year, that comes within so many days: 0 is today alone.

    Who was born on 29 February has it on 1 March in other years.

    Examples:
        >>> Birthday(within_days=7).in_words()
        'has birth_date come round within 7 days'
    """

    table: ClassVar[str | None] = "customers"
    kind: Literal["birthday"] = "birthday"
    within_days: int = Field(default=0, ge=0, le=364)
    field: str = Field(default="birth_date", min_length=1)
    """The column of the day, or a path to it."""

    def in_words(self) -> str:
        """Return the rule in words."""
        when = "today" if not self.within_days else f"within {self.within_days} day{'s' * (self.within_days > 1)}"
        return f"has {self.field} come round {when}"
