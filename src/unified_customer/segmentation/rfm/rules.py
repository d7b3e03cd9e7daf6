"""Which scores are which segment: a table of rules that leaves no score out and names none twice."""

from collections import Counter
from collections.abc import Iterator
from functools import reduce
from itertools import product
from math import ceil
from operator import and_
from typing import Final

import narwhals as nw
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model

SCORES: Final = ("r_score", "f_score", "m_score")
MOST_SHOWN: Final = 8
SCORES_TEXT: Final = r"^[1-9]\d?(-[1-9]\d?)?$"
Code = tuple[int, int, int]


class SegmentRule(Model):
    """One segment: the scores that make it.

    Examples:
        >>> SegmentRule(name="Champions", r="5", f="4-5").holds((5, 4, 1))
        True
    """

    name: str = Field(min_length=1)
    """What the segment is called."""
    r: str | None = Field(default=None, pattern=SCORES_TEXT)
    """Scores of recency, such as `"5"` or `"4-5"`; None: any."""
    f: str | None = Field(default=None, pattern=SCORES_TEXT)
    """Scores of frequency."""
    m: str | None = Field(default=None, pattern=SCORES_TEXT)
    """Scores of monetary value."""
    action: str = ""
    """What one may do for these customers, in a sentence."""

    def holds(self, code: Code) -> bool:
        """Return whether scores of recency, frequency and monetary value make this segment."""
        said = zip((self.r, self.f, self.m), code, strict=True)
        return all(scores is None or score in scores_in(scores) for scores, score in said)


def scores_in(written: str) -> range:
    """Return the scores that a text such as `"4-5"` names.

    Examples:
        >>> [*scores_in("4-5")], [*scores_in("3")]
        ([4, 5], [3])
    """
    low, _, high = written.partition("-")
    return range(int(low), int(high or low) + 1)


class SegmentRules(Model):
    """A table of segments in which each combination of scores is one segment, and one only.

    Examples:
        >>> rules = SegmentRules(
        ...     quantiles=2,
        ...     rules=(SegmentRule(name="here", r="2"), SegmentRule(name="gone", r="1")),
        ... )
        >>> rules.segment((2, 1, 1))
        'here'
        >>> SegmentRules(quantiles=2, rules=(SegmentRule(name="here", r="2"),))
        Traceback (most recent call last):
        ...
        pydantic_core._pydantic_core.ValidationError: 1 validation error for SegmentRules
          Value error, Of 8 RFM codes 4 are in no segment (111, 112, 121, 122) and 0 in several. Each code must be in one...
    """

    quantiles: int = Field(ge=2, le=20)
    """The highest score; the lowest is 1."""
    rules: tuple[SegmentRule, ...] = Field(min_length=1)
    """The segments; those of one name are one segment."""

    @model_validator(mode="after")
    def _total_and_disjoint(self) -> "SegmentRules":
        found = {code: [rule.name for rule in self.rules if rule.holds(code)] for code in self._codes()}
        missed = [code for code, names in found.items() if not names]
        doubled = [code for code, names in found.items() if len(names) > 1]
        if missed or doubled:
            raise ConfigurationError(
                f"Of {len(found)} RFM codes {len(missed)} are in no segment{_shown(missed)} and {len(doubled)} in several"
                f"{_shown(doubled)}. Each code must be in one."
            )
        return self

    def _codes(self) -> Iterator[Code]:
        scores = range(1, self.quantiles + 1)
        yield from product(scores, scores, scores)

    @property
    def names(self) -> list[str]:
        """The segments in the order of the table."""
        return list(Counter(rule.name for rule in self.rules))

    def segment(self, code: Code) -> str:
        """Return the segment of scores of recency, frequency and monetary value."""
        return next(rule.name for rule in self.rules if rule.holds(code))

    def column(self) -> nw.Expr:
        """Return the segment as an expression of the columns `r_score`, `f_score` and `m_score`."""
        *others, last = self.rules
        segment = nw.lit(last.name)
        for rule in others:
            segment = nw.when(_condition(rule)).then(nw.lit(rule.name)).otherwise(segment)
        return segment


def _condition(rule: SegmentRule) -> nw.Expr:
    said = zip(SCORES, (rule.r, rule.f, rule.m), strict=True)
    conditions = [nw.col(name).is_in(list(scores_in(scores))) for name, scores in said if scores is not None]
    return reduce(and_, conditions, nw.lit(value=True))


def _shown(codes: list[Code]) -> str:
    if not codes:
        return ""
    written = ["".join(map(str, code)) if max(code) < 10 else "-".join(map(str, code)) for code in codes[:MOST_SHOWN]]
    return f" ({', '.join(written)}{', ...' if len(codes) > MOST_SHOWN else ''})"


DEFAULT: Final = SegmentRules(
    quantiles=5,
    rules=(
        SegmentRule(name="Champions", r="5", f="4-5", action="Thank them, ask for reviews, show new things first."),
        SegmentRule(name="Loyal", r="3-4", f="4-5", action="Offer membership, sell what goes with what they have."),
        SegmentRule(
            name="Potential loyalist", r="4-5", f="2-3", action="Win the next order: recommend, offer membership."
        ),
        SegmentRule(name="New", r="5", f="1", action="Welcome them, help them to a good start."),
        SegmentRule(name="Promising", r="4", f="1", action="Remind them of what they looked at; a small first reward."),
        SegmentRule(name="Need attention", r="3", f="3", action="An offer in a limited time, by what they bought."),
        SegmentRule(name="About to sleep", r="3", f="1-2", action="Show what is popular; ask what they miss."),
        SegmentRule(name="At risk", r="1-2", f="3-4", action="Write in person, renew what they liked."),
        SegmentRule(name="Can't lose", r="1-2", f="5", action="Call them; find out why they stopped."),
        SegmentRule(name="Hibernating", r="1-2", f="1-2", action="A last offer, then leave them alone."),
    ),
)
"""The grid in common use, made total and disjoint."""


def default_rules(quantiles: int) -> SegmentRules:
    """Return the default grid for scores up to `quantiles`: each score stands for the fifth that it reaches.

    Examples:
        >>> default_rules(4).segment((4, 4, 1)), default_rules(10).segment((9, 2, 1))
        ('Champions', 'New')
    """
    if quantiles == DEFAULT.quantiles:
        return DEFAULT
    fifths = {score: ceil(score * DEFAULT.quantiles / quantiles) for score in range(1, quantiles + 1)}
    scaled = [rule.model_copy(update=_parts(rule, fifths)) for rule in DEFAULT.rules]
    return SegmentRules(quantiles=quantiles, rules=tuple(rule for rule in scaled if rule.r and rule.f))


def _parts(rule: SegmentRule, fifths: dict[int, int]) -> dict[str, str | None]:
    return {"r": _those_in(rule.r, fifths), "f": _those_in(rule.f, fifths)}


def _those_in(written: str | None, fifths: dict[int, int]) -> str | None:
    found = [score for score, fifth in fifths.items() if written is not None and fifth in scores_in(written)]
    return f"{found[0]}-{found[-1]}" if found else None
