"""Rules about what a customer did: how often, for how much, and in which order."""

from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.segmentation.audiences.rules.conditions import Condition, all_in_words
from unified_customer.segmentation.audiences.rules.days import Span, Window
from unified_customer.segmentation.audiences.rules.measuring import Amounting
from unified_customer.segmentation.audiences.rules.node import Node

Names = tuple[str, ...]
"""One name or several; none: any."""


def as_names(value: Any) -> Any:
    """Return one name as a tuple of it, and nothing as an empty one."""
    return () if value is None else (value,) if isinstance(value, str) else value


def either(names: Names, anything: str) -> str:
    """Return names in words."""
    return " or ".join(map(repr, names)) or anything


class Did(Amounting):
    """An event happened: so often, or to such a total, mean, highest or lowest value of something.

    Where nothing happened the number and the total are 0; there is no mean, highest or lowest value, and nothing holds
    of what is not there.

    Examples:
        >>> from unified_customer.segmentation.audiences import Last
        >>> Did("Order Completed", at_least=2, within=Last(days=90)).in_words()
        "did 'Order Completed' at least 2 times in the last 90 days"
        >>> Did("Product Viewed", where=[Condition("properties.category", "eq", "shoes")]).in_words()
        "did 'Product Viewed' where properties.category is 'shoes' at least 1 time"
        >>> Did("Order Completed", measure="total", at_least=500).in_words()
        "did 'Order Completed' with a total of amount of at least 500"
    """

    table: ClassVar[str | None] = "events"
    kind: Literal["did"] = "did"
    event: Names = ()
    """Names of events, any of which counts; none: every event."""
    where: tuple[Condition, ...] = ()
    """What must hold of the event: of its columns, or of values in `properties` or `context`."""
    within: Window | None = None
    """When; None: ever."""
    measure: Literal["count", "total", "mean", "max", "min"] = "count"
    of: str | None = None
    """What is measured, as `properties.minutes`; None: `amount`. Amounts of money are exact, in the audience's
    currency."""

    def __init__(self, event: str | Names | None = None, **more: Any) -> None:
        super().__init__(**(more | {"event": event}))

    _names = field_validator("event", mode="before")(as_names)

    @model_validator(mode="after")
    def _measured(self) -> Self:
        if self.measure == "count" and self.of is not None:
            raise ConfigurationError("A count is of events: name a measure, such as 'total', or leave `of` out.")
        if self.measure == "count":
            self._counted()
        if self.measure != "count" and not self.bounded:
            raise ConfigurationError(f"Say how much the {self.measure} is: at_least, at_most or exactly.")
        return self

    @property
    def measured(self) -> str:
        """The column, or the path, that is measured."""
        return self.of or "amount"

    def in_words(self) -> str:
        """Return the rule in words."""
        what = f"did {either(self.event, 'anything')}{all_in_words(self.where)}"
        amount = (
            self.how_much(" time", " times")
            if self.measure == "count"
            else f"with a {self.measure} of {self.measured} of {self.how_much('', '')}"
        )
        return " ".join(filter(None, [what, amount, self.within.in_words() if self.within else ""]))


class Step(Model):
    """One step of a sequence: an event that happened, or did not."""

    event: Names = ()
    """Names of events, any of which counts; none: every event."""
    where: tuple[Condition, ...] = ()
    """What must hold of the event."""
    negated: bool = False
    """Whether it did not happen."""
    within: Span | None = None
    """How long after the last step that happened, that instant not included; None: any time."""

    def __init__(self, event: str | Names | None = None, **more: Any) -> None:
        super().__init__(**(more | {"event": event}))

    _names = field_validator("event", mode="before")(as_names)

    def in_words(self) -> str:
        """Return the step in words."""
        what = f"{'not ' * self.negated}{either(self.event, 'anything')}{all_in_words(self.where)}"
        return f"{what} within {self.within.in_words()}" if self.within else what


class Sequence(Node):
    """Events happened one after the other, each strictly later than the last, and others did not happen between.

    A negated step between two steps that happened: not between them. A negated last step: not within its span after the
    last step that happened, and that span is over at `as_of`; without a span, not up to `as_of`. A negated first step:
    not within its span before the first that happened; without a span, never before. Other events may happen between.

    Examples:
        >>> left = Sequence("Cart Updated").then_not("Order Completed", within=Span(days=1))
        >>> left.in_words()
        "did 'Cart Updated' then not 'Order Completed' within 1 day"
        >>> Sequence(left.steps[1])
        Traceback (most recent call last):
        ...
        pydantic_core._pydantic_core.ValidationError: 1 validation error for Sequence
          Value error, A sequence has a step that happened. ...
    """

    table: ClassVar[str | None] = "events"
    kind: Literal["sequence"] = "sequence"
    steps: tuple[Step, ...] = ()
    within: Window | None = None
    """When all that is looked at happened; None: ever."""

    def __init__(self, *steps: Step | str, **more: Any) -> None:
        if steps:
            more["steps"] = tuple(Step(each) if isinstance(each, str) else each for each in steps)
        super().__init__(**more)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        happened = [place for place, step in enumerate(self.steps) if not step.negated]
        if not happened:
            raise ConfigurationError("A sequence has a step that happened.")
        if self.steps[happened[0]].within is not None:
            raise ConfigurationError("The first step that happened comes after none: it has no span.")
        between = self.steps[happened[0] : happened[-1]]
        if any(step.negated and step.within for step in between):
            raise ConfigurationError("What did not happen between two steps did not up to the second: it has no span.")
        return self

    def then(self, event: str | Names, *, within: Span | None = None, where: tuple[Condition, ...] = ()) -> "Sequence":
        """Return the sequence with a further event that happened."""
        return self._with(Step(event, within=within, where=where))

    def then_not(
        self, event: str | Names, *, within: Span | None = None, where: tuple[Condition, ...] = ()
    ) -> "Sequence":
        """Return the sequence with a further event that did not happen."""
        return self._with(Step(event, within=within, where=where, negated=True))

    def _with(self, step: Step) -> "Sequence":
        return Sequence(*self.steps, step, within=self.within)

    def in_words(self) -> str:
        """Return the rule in words."""
        told = " then ".join(step.in_words() for step in self.steps)
        return f"did {told}{f', all {self.within.in_words()}' if self.within else ''}"
