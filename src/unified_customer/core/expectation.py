"""What a good value of a field is, as data."""

import re
from collections.abc import Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_KINDS: Final = (("pattern", "longest", "values"), ("least", "most"), ("not_after", "within_years"))
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_CLASS: Final = re.compile(r"\[\^?\]?([^\]]*)\]")
_APART: Final = {
    "escape": re.compile(r"[^\Wfnrtx_]"),
    "class": re.compile(r"\[|&&|--|~~"),
    "rest": re.compile(r"\(\?(?!:)|[*+?}]\+"),
}
"""What the regular expressions of engines differ in, or what not all of them have."""


class Expectation(BaseModel):
    r"""The rule that a good value of a field keeps: all of its parts, of which it has at least one.

    It is about a text (`pattern`, `longest`, `values`), a number (`least`, `most`) or a time (`not_after`,
    `within_years`). It judges values that are there: that one is missing is a question of completeness.

    Examples:
        >>> Expectation(description="ISO 4217", pattern=r"^[A-Z]{3}$").pattern
        '^[A-Z]{3}$'
        >>> str(Expectation(description="not negative", least=0))
        'not negative'
        >>> Expectation(description="not above 0 in a refund", most=0, where={"kind": ("refund",)}).where
        {'kind': ('refund',)}
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    description: str = Field(min_length=1)
    """The rule in words."""
    pattern: str | None = None
    r"""A regular expression that is found in the text; anchored, it is the form of the whole text. A text with a line
    break never has it. It holds only what every engine reads alike: no look-around, flags, names of groups and back
    references, and of escapes before letters only `\f`, `\n`, `\r`, `\t` and `\x41`; write `[0-9]` in place of `\d`."""
    longest: int | None = Field(default=None, ge=1)
    """So many characters at most."""
    values: tuple[str, ...] = ()
    """The values that there are; empty: any."""
    least: int | None = None
    """The least number."""
    most: int | None = None
    """The greatest number."""
    not_after: str | None = None
    """A column of instants of the same row that a date or an instant is not after. Where it is null, or the table has
    no such column, the instant of judging stands for it."""
    within_years: int | None = Field(default=None, ge=0)
    """So many calendar years before that column at most."""
    where: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Only rows whose other columns hold one of these values keep the rule, and in all others any value is good; so it
    is where the table has no such column. Empty: all rows."""

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"The pattern cannot be read: {error}.") from error
        if odd := _read_apart(pattern or ""):
            raise ValueError(
                f"The pattern has {odd!r}: engines read it differently. Spell it out, such as [0-9] for \\d."
            )
        return pattern

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        kinds = [kind for kind in _KINDS if any(getattr(self, name) not in {None, ()} for name in kind)]
        if not kinds:
            raise ValueError("An expectation has a rule: pattern, longest, values, least, most or not_after.")
        if len(kinds) > 1:
            raise ValueError("An expectation is about a text, a number or a time, not about several of them.")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"Nothing is at least {self.least} and at most {self.most}.")
        if self.within_years is not None and self.not_after is None:
            raise ValueError("Years are counted back from a column: name it in not_after.")
        return self

    def __str__(self) -> str:
        """Return the rule in words."""
        return self.description


def _read_apart(pattern: str) -> str | None:
    """Return a part of a pattern that engines read differently, or that some cannot read."""
    escaped = [f"\\{each}" for each in _ESCAPE.findall(pattern) if _APART["escape"].match(each)]
    plain = _ESCAPE.sub("a", pattern)
    classes = [found[0] for each in _CLASS.findall(plain) if (found := _APART["class"].search(each))]
    rest = [found[0] for found in _APART["rest"].finditer(_CLASS.sub("a", plain))]
    return next(iter((*escaped, *classes, *rest)), None)
