"""What is asked of one value: which, how compared, with what."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.segmentation.audiences.rules.days import FromToday

Op: TypeAlias = Literal[
    "eq", "ne", "in", "lt", "le", "gt", "ge", "between", "contains", "starts_with", "is_known", "is_missing"
]
"""How a value is compared."""
Number: TypeAlias = StrictInt | Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A number; whole ones stay whole."""
Single: TypeAlias = StrictBool | Number | StrictStr | FromToday
Value: TypeAlias = Single | tuple[Single, ...] | None
"""What is compared with: a truth value, a number, a text, a day (as text, 2026-05-17), or a day counted from
`as_of`."""

_WORDS: Final[dict[str, str]] = {
    "eq": "is",
    "ne": "is known and not",
    "in": "is one of",
    "lt": "is less than",
    "le": "is at most",
    "gt": "is more than",
    "ge": "is at least",
    "between": "is between",
    "contains": "contains",
    "starts_with": "starts with",
    "is_known": "is known",
    "is_missing": "is missing",
}
_OF_TEXT: Final = ("contains", "starts_with")
_OF_NOTHING: Final = ("is_known", "is_missing")


class Condition(Model):
    """One condition on one column, or on a value inside a column of JSON.

    A missing value fulfils `is_missing` and nothing else.

    Examples:
        >>> Condition("properties.price", "ge", 20).in_words()
        'properties.price is at least 20'
        >>> Condition("amount", "lt", "a lot").value
        'a lot'
        >>> Condition("amount", "between", 3)
        Traceback (most recent call last):
        ...
        pydantic_core._pydantic_core.ValidationError: 1 validation error for Condition
          Value error, 'amount' is compared by 'between' with 3; it takes two values, the lower first. ...
    """

    field: str = Field(min_length=1)
    """The column; `traits.size.shoe` is what lies under `size`, `shoe` in the JSON column `traits`."""
    op: Op = "is_known"
    """How it is compared; `between` takes in both ends."""
    value: Value = None
    """What it is compared with; several for `in`, two for `between`, none for `is_known` and `is_missing`."""

    def __init__(self, field: str = "", op: Op = "is_known", value: Any = None, **more: Any) -> None:
        super().__init__(**(more | {"field": field, "op": op, "value": value}))

    @field_validator("value", mode="before")
    @classmethod
    def _days_as_text(cls, value: Any) -> Any:
        if isinstance(value, datetime):
            raise ConfigurationError("Compare with a day, not with an instant.")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, str | dict) or not isinstance(value, Iterable) or isinstance(value, FromToday):
            return value
        return tuple(cls._days_as_text(each) for each in value)

    @model_validator(mode="after")
    def _fits_its_op(self) -> "Condition":
        wanted = _wanted(self.op)
        if not _fits(self.op, self.value):
            raise ConfigurationError(
                f"{self.field!r} is compared by {self.op!r} with {self.value!r}; it takes {wanted}."
            )
        return self

    @property
    def values(self) -> tuple[Single, ...]:
        """What it is compared with, as a tuple."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def follows_the_day(self) -> bool:
        """Whether it is compared with a day counted from `as_of`."""
        return any(isinstance(each, FromToday) for each in self.values)

    def in_words(self) -> str:
        """Return it in words."""
        if self.op == "between":
            return f"{self.field} is between {' and '.join(map(said, self.values))}"
        return " ".join(filter(None, [self.field, _WORDS[self.op], ", ".join(map(said, self.values))]))


def _wanted(op: Op) -> str:
    if op == "between":
        return "two values, the lower first"
    if op in _OF_NOTHING:
        return "none"
    return "a text" if op in _OF_TEXT else "values" if op == "in" else "one value"


def _fits(op: Op, value: Value) -> bool:
    if op in _OF_NOTHING:
        return value is None
    if op == "in":
        return isinstance(value, tuple) and len(value) > 0
    if op == "between":
        return isinstance(value, tuple) and len(value) == 2 and len({_sort(each) for each in value}) == 1
    return isinstance(value, str) if op in _OF_TEXT else value is not None and not isinstance(value, tuple)


def _sort(value: Single) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def said(value: Any) -> str:
    """Return a value as a reader knows it."""
    if isinstance(value, FromToday):
        return value.in_words()
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else f"{value!r}" if isinstance(value, str) else str(value)


def all_in_words(conditions: Iterable[Condition]) -> str:
    """Return conditions that must all hold, in words; nothing for none."""
    told = " and ".join(each.in_words() for each in conditions)
    return f" where {told}" if told else ""
