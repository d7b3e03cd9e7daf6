"""The parts of rules: stock, price, what is had already, caps, boosts, how often something is shown."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.methods.money import CODE
from unified_customer.recommendations.rules.conditions import Condition

Amount: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]


class InStock(Model):
    """Only items that can be had: `available` is not false, and `stock` is high enough where it is told.

    Examples:
        >>> InStock(at_least=3).unknown
        False
    """

    at_least: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    """Units in stock."""
    unknown: bool = False
    """Whether items pass of which the catalogue tells neither `available` nor `stock`."""


class Price(Model):
    """Only items of a range of prices, both ends included.

    Examples:
        >>> Price(low=5, high=20, currency="EUR").in_words()
        '5 to 20 EUR'
    """

    low: Amount | None = None
    """The lowest price; None: any."""
    high: Amount | None = None
    """The highest price; None: any."""
    currency: str | None = Field(default=None, pattern=CODE)
    """ISO 4217 code of the range; items priced in others do not pass. None: that of all items, which must be one."""
    unknown: bool = False
    """Whether items pass without a price, or without a currency where one is named."""

    @model_validator(mode="after")
    def _in_order(self) -> "Price":
        if self.low is None and self.high is None:
            raise ConfigurationError("A range of prices has a lowest price, a highest, or both.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ConfigurationError(f"The lowest price, {self.low}, is above the highest, {self.high}.")
        return self

    def in_words(self) -> str:
        """Return it in words."""
        if self.low is None or self.high is None:
            ends = f"up to {self.high:g}" if self.low is None else f"from {self.low:g}"
        else:
            ends = f"{self.low:g} to {self.high:g}"
        return ends if self.currency is None else f"{ends} {self.currency}"


class Again(Model):
    """What a customer has may be recommended again once so many days have passed since the last time.

    Examples:
        >>> Again(after_days=30).after_days
        30.0
    """

    after_days: float = Field(ge=0, allow_inf_nan=False)
    """Times 24 hours; 0: at once."""


class Cap(Model):
    """At most so many items of a list share a value of a column. Items without a value are not capped.

    Examples:
        >>> Cap("category", 2, level=1).in_words()
        '2 of a category (level 1)'
    """

    column: str = Field(min_length=1)
    """The column, such as `category` or `brand`."""
    at_most: int = Field(ge=1)
    """Items of a list."""
    level: int | None = Field(default=None, ge=1)
    """Of a path (`Food > Tea > Green`) only so many steps count; None: the whole of it."""

    def __init__(self, column: str = "", at_most: int = 1, **more: Any) -> None:
        super().__init__(**(more | {"column": column, "at_most": at_most}))

    def in_words(self) -> str:
        """Return it in words."""
        return f"{self.at_most} of a {self.column}" + (f" (level {self.level})" if self.level else "")


class Boost(Model):
    """Items of which all conditions hold score so many times as much (below 1: less).

    A score below 0 is divided, so that a boost never pushes an item down; a score of exactly 0, of which the model knows
    nothing, stays 0.

    Examples:
        >>> Boost(conditions=(Condition("brand", "is", "own"),), factor=1.2).factor
        1.2
    """

    conditions: tuple[Condition, ...] = Field(min_length=1)
    """What must hold."""
    factor: float = Field(gt=0, allow_inf_nan=False)
    """What scores are multiplied by; the factors of several boosts are multiplied too."""


class Frequency(Model):
    """How often something is shown to a customer.

    Examples:
        >>> Frequency(at_most=3, days=7).in_words()
        'shown 3 times in 7 days'
    """

    at_most: int = Field(ge=1)
    """Exposures."""
    days: float = Field(gt=0, allow_inf_nan=False)
    """Times 24 hours before the as-of instant."""
    of: Literal["item", "any"] = "item"
    """Whether exposures to each item count, or those to all items together, so that lists become shorter."""

    def in_words(self) -> str:
        """Return it in words."""
        times = "once" if self.at_most == 1 else f"{self.at_most} times"
        return (
            f"shown {times} in {self.days:g} days"
            if self.of == "item"
            else f"{self.at_most} items in {self.days:g} days"
        )
