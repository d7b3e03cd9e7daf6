"""What all rules have in common: that they are put together."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NoReturn

from unified_customer.core.models.base import Model

if TYPE_CHECKING:
    from unified_customer.segmentation.audiences.rules.tree import And, Not, Or


class Node(Model, ABC):
    """A rule: it holds of a customer, or it does not; there is nothing between."""

    table: ClassVar[str | None] = None
    """The table that it reads; None: none by itself."""

    @abstractmethod
    def in_words(self) -> str:
        """Return the rule in words."""

    def __bool__(self) -> NoReturn:
        """Refuse to be true or false by itself: `and` and `or` would keep one of two rules in silence.

        Raises:
            TypeError: Always.
        """
        raise TypeError("A rule is neither true nor false. Put rules together with `&`, `|` and `~`.")

    def __and__(self, other: "Node") -> "And":
        """Return the rule that both hold."""
        from unified_customer.segmentation.audiences.rules.tree import And

        mine = self.rules if isinstance(self, And) else (self,)
        return And(*mine, other)

    def __or__(self, other: "Node") -> "Or":
        """Return the rule that one of them holds, or both."""
        from unified_customer.segmentation.audiences.rules.tree import Or

        mine = self.rules if isinstance(self, Or) else (self,)
        return Or(*mine, other)

    def __invert__(self) -> "Not":
        """Return the rule that it does not hold."""
        from unified_customer.segmentation.audiences.rules.tree import Not

        return Not(self)
