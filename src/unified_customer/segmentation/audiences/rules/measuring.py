"""How much of something there has to be: at least, at most, exactly."""

from typing import Self

from pydantic import model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.segmentation.audiences.rules.conditions import Number, said
from unified_customer.segmentation.audiences.rules.node import Node


class Amounting(Node):
    """A rule about a number: it lies within bounds, both included. Without bounds it is at least one."""

    at_least: Number | None = None
    at_most: Number | None = None
    exactly: Number | None = None

    @model_validator(mode="after")
    def _meant(self) -> Self:
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise ConfigurationError("It is exactly so much, or at least and at most so much; not both.")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ConfigurationError(f"At least {self.at_least} and at most {self.at_most} leaves nothing.")
        return self

    def _counted(self) -> None:
        """Refuse bounds of a count that are below 0."""
        if any(bound is not None and bound < 0 for bound in self.bounds):
            raise ConfigurationError("Nothing happens fewer than 0 times: bounds of a count are 0 or more.")

    @property
    def bounded(self) -> bool:
        """Whether bounds were named."""
        return any(each is not None for each in (self.at_least, self.at_most, self.exactly))

    @property
    def bounds(self) -> tuple[Number | None, Number | None]:
        """The least and the highest number; None: no bound."""
        if self.exactly is not None:
            return self.exactly, self.exactly
        return (self.at_least, self.at_most) if self.bounded else (1, None)

    def how_much(self, one: str, many: str) -> str:
        """Return the bounds in words, of something that is called so where it is one, and where it is several."""
        least, most = self.bounds
        unit = one if {least, most} <= {1, None} else many
        if self.exactly is not None:
            return f"exactly {said(self.exactly)}{unit}"
        told = [
            f"{word} {said(bound)}" for word, bound in (("at least", least), ("at most", most)) if bound is not None
        ]
        return f"{' and '.join(told)}{unit}"
