"""Rules about what was found out of a customer: segments, scores, answers, consent."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from unified_customer.core.models.purposes import Purpose
from unified_customer.segmentation.audiences.rules.conditions import Condition, Number, Op, all_in_words
from unified_customer.segmentation.audiences.rules.days import Window
from unified_customer.segmentation.audiences.rules.events import Names, as_names, either
from unified_customer.segmentation.audiences.rules.node import Node

MEMBER = "in"
"""The segment of those who are in an audience."""


class InSegment(Node):
    """The customer is in a segment, by the memberships saved before `as_of`; of an audience, is in it.

    Examples:
        >>> InSegment("rfm", "Champions").in_words()
        "is in segment 'Champions' of 'rfm'"
        >>> InSegment("rfm", ("Loyal", "Champions"), days_ago=90).in_words()
        "was in segment 'Loyal' or 'Champions' of 'rfm' 90 days ago"
    """

    table: ClassVar[str | None] = "memberships"
    kind: Literal["in_segment"] = "in_segment"
    segmentation: str = Field(min_length=1)
    """The set of segments, or the audience."""
    segment: Names = (MEMBER,)
    """The segment, or several of which any will do."""
    days_ago: int = Field(default=0, ge=0)
    """So many times 24 hours before `as_of`."""

    def __init__(self, segmentation: str = "", segment: str | Names = MEMBER, **more: Any) -> None:
        super().__init__(**(more | {"segmentation": segmentation, "segment": segment}))

    _names = field_validator("segment", mode="before")(as_names)

    def in_words(self) -> str:
        """Return the rule in words."""
        if not self.days_ago:
            return f"is in segment {either(self.segment, '')} of {self.segmentation!r}"
        ago = f"{self.days_ago} day{'s' * (self.days_ago > 1)} ago"
        return f"was in segment {either(self.segment, '')} of {self.segmentation!r} {ago}"


class Score(Node):
    """The latest score of that name before `as_of` fulfils a comparison; who has none fulfils `is_missing` alone.

    Examples:
        >>> Score("churn", "ge", 0.5).in_words()
        "score 'churn' is at least 0.5"
    """

    table: ClassVar[str | None] = "scores"
    kind: Literal["score"] = "score"
    name: str = Field(min_length=1)
    """The name of the score."""
    op: Op = "is_known"
    """How it is compared."""
    value: Number | tuple[Number, ...] | None = None
    """With what."""

    def __init__(self, name: str = "", op: Op = "is_known", value: Any = None, **more: Any) -> None:
        super().__init__(**(more | {"name": name, "op": op, "value": value}))

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        Condition(self.name, self.op, self.value)
        return self

    @property
    def condition(self) -> Condition:
        """The comparison, of a column `value`."""
        return Condition("value", self.op, self.value)

    def in_words(self) -> str:
        """Return the rule in words."""
        return f"score {self.name!r} {self.condition.in_words().removeprefix('value ')}"


class Consents(Node):
    """The customer's data may be used for a further purpose too, by the policy and all that was said.

    The hub decides it when it reads, as it decides every read: a withdrawal counts at once, whatever `as_of` is.

    Examples:
        >>> Consents("marketing.communications.email").in_words()
        "may be used for 'marketing.communications.email'"
    """

    kind: Literal["consents"] = "consents"
    purpose: Purpose
    """The purpose."""
    channel: str | None = None
    """The channel, where there is one."""

    def __init__(self, purpose: str = "", channel: str | None = None, **more: Any) -> None:
        super().__init__(**(more | {"purpose": purpose, "channel": channel}))

    def in_words(self) -> str:
        """Return the rule in words."""
        return f"may be used for {self.purpose!r}{f' by {self.channel}' if self.channel else ''}"


class Answered(Node):
    """The latest answer to a question is such: its number, or its words.

    Of several answers of one instant any will do.

    Examples:
        >>> Answered("recommend", instrument="nps", where=[Condition("value", "ge", 9)]).in_words()
        "answered 'recommend' of 'nps' where value is at least 9"
    """

    table: ClassVar[str | None] = "answers"
    kind: Literal["answered"] = "answered"
    question: str = Field(min_length=1)
    """The question."""
    instrument: str | None = None
    """The survey, quiz or poll; None: any."""
    where: tuple[Condition, ...] = ()
    """What must hold of the answer: of `value`, `text`, `channel`, ...; nothing: it was answered."""
    within: Window | None = None
    """When it was answered; None: ever."""

    def __init__(self, question: str = "", **more: Any) -> None:
        super().__init__(**(more | {"question": question}))

    def in_words(self) -> str:
        """Return the rule in words."""
        of = f" of {self.instrument!r}" if self.instrument else ""
        when = f" {self.within.in_words()}" if self.within else ""
        return f"answered {self.question!r}{of}{all_in_words(self.where)}{when}"
