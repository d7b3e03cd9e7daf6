"""Rules about what a customer bought."""

from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.segmentation.audiences.rules.conditions import Condition, all_in_words
from unified_customer.segmentation.audiences.rules.days import Window
from unified_customer.segmentation.audiences.rules.events import Names, as_names, either
from unified_customer.segmentation.audiences.rules.measuring import Amounting


class Bought(Amounting):
    """Something was bought: in so many orders, so many units, or for so much.

    What was cancelled or came back is taken off: an order of which all was cancelled is none, and units and money are
    those that were kept.

    Examples:
        >>> from unified_customer.segmentation.audiences import Last
        >>> Bought(category="Garden", within=Last(days=365)).in_words()
        "bought of category 'Garden' in at least 1 order in the last 365 days"
        >>> Bought(brand=("Acme", "Ajax"), measure="total", at_least=100).in_words()
        "bought of brand 'Acme' or 'Ajax' for at least 100 in all"
    """

    table: ClassVar[str | None] = "order_lines"
    kind: Literal["bought"] = "bought"
    category: Names = ()
    """Categories, each with those below it (`Garden` takes in `Garden > Tools`)."""
    item: Names = ()
    """Ids of items."""
    brand: Names = ()
    """Brands."""
    where: tuple[Condition, ...] = ()
    """What else must hold of the line."""
    within: Window | None = None
    """When; None: ever."""
    measure: Literal["orders", "units", "total", "mean", "max"] = "orders"
    """Orders, units, what was paid for all, on average for an order, or for the dearest order."""

    def __init__(
        self,
        *,
        category: str | Names | None = None,
        item: str | Names | None = None,
        brand: str | Names | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**(more | {"category": category, "item": item, "brand": brand}))

    _names = field_validator("category", "item", "brand", mode="before")(as_names)

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.measure == "orders":
            self._counted()
        if self.measure != "orders" and not self.bounded:
            raise ConfigurationError(f"Say how much: at_least, at_most or exactly so many {self.measure}.")
        return self

    def in_words(self) -> str:
        """Return the rule in words."""
        named = (("category", self.category), ("item", self.item), ("brand", self.brand))
        what = " and ".join(f"of {name} {either(names, '')}" for name, names in named if names) or "anything"
        when = self.within.in_words() if self.within else ""
        return " ".join(filter(None, [f"bought {what}{all_in_words(self.where)}", self._amount(), when]))

    def _amount(self) -> str:
        if self.measure == "orders":
            return f"in {self.how_much(' order', ' orders')}"
        if self.measure == "units":
            return self.how_much(" unit", " units")
        after = {"total": "in all", "mean": "an order on average", "max": "in one order"}[self.measure]
        return f"for {self.how_much('', '')} {after}"
