"""A short question set that tells the research segment of everybody."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone, collected, opened
from unified_customer.segmentation.needs.answers import ANSWERS, features_as_answers, latest_answers
from unified_customer.segmentation.needs.asked import columns_of, table_of_answers
from unified_customer.segmentation.needs.classifier import FEATURES, SegmentClassifier
from unified_customer.segmentation.needs.fitted_tool import FittedTypingTool
from unified_customer.segmentation.needs.known import MEMBERSHIPS, known_segments
from unified_customer.segmentation.needs.trial import (
    Question,
    Research,
    Rule,
    accuracy_of,
    chosen_questions,
    columns_for,
    confusion_of,
    held_out,
    held_out_by_all,
)


class TypingTool(Spec):
    """A typing tool: the few questions of a research survey that tell best in which of its segments somebody is.

    Questions are taken one after the other, always the one with which most people of the research are told rightly out
    of fold; it ends where none helps any more. A multinomial logistic regression on the chosen ones then gives the
    probability of each segment for everybody who answers them. Where there is a table `features` (behaviour,
    demography), a second one tells those who answered nothing.

    The accuracy is that on people whom a tool has not seen: each is told by one that was made from the others,
    questions chosen anew. The naive row beside it says how often one is right who always names the largest segment.

    Examples:
        >>> from datetime import UTC
        >>> people = [(f"{kind}{n}", kind, n) for n in range(30) for kind in ("thrift", "luxury")]
        >>> answers = pl.DataFrame(
        ...     [(who, "price", 5.0 + (kind == "thrift") * 3 + n % 3) for who, kind, n in people]
        ...     + [(who, "weather", float(n % 5)) for who, _, n in people],
        ...     schema=["customer_id", "question", "value"],
        ...     orient="row",
        ... ).with_columns(instrument=pl.lit("survey"), answered_at=pl.lit(datetime(2026, 1, 1)))
        >>> research = pl.DataFrame({"customer_id": [p[0] for p in people], "segment": [p[1] for p in people]})
        >>> tool = TypingTool(questions=2).fit(
        ...     {"answers": answers, "research": research}, as_of=datetime(2026, 2, 1, tzinfo=UTC)
        ... )
        >>> tool.classifier.questions, tool.accuracy.filter(tool="1 question")["accuracy"].item()
        (['price'], 1.0)
    """

    needs: ClassVar[tuple[str, ...]] = (ANSWERS, MEMBERSHIPS)

    segmentation: str = Field(default="needs", min_length=1)
    """The research segments: their name in `memberships`."""
    instruments: tuple[str, ...] = ()
    """Questions of which surveys, polls or quizzes; none: all."""
    candidates: tuple[str, ...] = ()
    """Which questions may be chosen; none: all."""
    questions: int = Field(default=5, ge=1, le=50)
    """How many are chosen at most."""
    folds: int = Field(default=5, ge=2, le=20)
    """In how many parts people are laid, each told by the others."""
    penalty: float = Field(default=1.0, gt=0)
    """What large weights cost, against the log-likelihood of all people."""
    least_customers: int = Field(default=5, ge=1)
    """Questions that fewer people of the research answered are left out."""
    seed: int = Field(default=0, ge=0)
    """Of the folds."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""
    name: str = Field(default="typed", min_length=1)
    """What the told segments are called in `memberships`."""

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedTypingTool:
        """Choose the questions, fit the tool, and tell the segment of everybody.

        Args:
            tables: `answers` (`customer_id`, `instrument`, `question`, `answered_at`, `value`, perhaps `text`); the
                segments that are known, as `research` (`customer_id`, `segment`) or in `memberships`; and perhaps
                `features` (`customer_id`, one row a customer, numbers and texts as they were before `as_of`). On any
                engine.
            as_of: An instant; what was answered or began at it or later is left out.

        Raises:
            SchemaError: A table or column is missing, or of too few people segment and answers are known.
        """
        at = as_utc(as_of)
        known = known_segments(tables, segmentation=self.segmentation, as_of=at)
        segments = tuple(known["segment"].unique().sort())
        answers = latest_answers(
            tables, as_of=at, zone=self.zone, instruments=self.instruments, questions=self.candidates
        )
        research = self._research(collected(answers), known, segments, what=ANSWERS)
        rule = Rule(self.questions, self.folds, self.penalty, self.seed)
        questions, chosen = chosen_questions(research, rule)
        guesses = held_out(research, rule)
        accuracy, by_features = accuracy_of(guesses), None
        if FEATURES in tables:
            people = self._research(self._features(tables), known, segments, what=FEATURES)
            by_features = people.fitted(self.penalty)
            accuracy = pl.concat([accuracy, accuracy_of(held_out_by_all(people, rule, tool=FEATURES))])
        classifier = SegmentClassifier(
            segments=segments,
            by_answers=research.short(columns_for(research.asked, questions)).fitted(self.penalty),
            by_features=by_features,
            zone=self.zone,
            instruments=self.instruments,
        )
        table = classifier.assign(tables, as_of=at)
        confusion = confusion_of(guesses, segments, tool=rule.longest)
        return FittedTypingTool(self, at, classifier, table, accuracy, confusion, _choice(questions, chosen.accuracy))

    def _features(self, tables: Mapping[str, Native]) -> pl.DataFrame:
        return features_as_answers(collected(opened(tables[FEATURES], columns=["customer_id"], name=FEATURES)))

    def _research(
        self, answers: pl.DataFrame, known: pl.DataFrame, segments: tuple[str, ...], *, what: str
    ) -> Research:
        """Return those whose segment and answers are known."""
        own = answers.join(known, on="customer_id", how="semi")
        asked = columns_of(own, least_customers=self.least_customers)
        customers, values = table_of_answers(own, asked)
        told = customers.join(known, on="customer_id", how="left", maintain_order="left")["segment"].to_list()
        rows = np.flatnonzero(~np.isnan(values).all(axis=1)) if asked else np.arange(0)
        numbers = np.array([segments.index(segment) for segment in told], dtype=np.int64)
        if len(set(numbers[rows].tolist())) < 2 or len(rows) < 2 * self.folds:
            raise SchemaError(
                f"Of {known.height} customers with a known segment {len(rows)} are told of in {what!r}, in "
                f"{len(set(numbers[rows].tolist()))} segments. A typing tool is made from at least {2 * self.folds} customers in two."
            )
        return Research(values[rows], numbers[rows], asked, len(segments))


def _choice(questions: list[Question], accuracy: tuple[float, ...]) -> pl.DataFrame:
    rows = [
        (place, *question, share) for place, (question, share) in enumerate(zip(questions, accuracy, strict=True), 1)
    ]
    schema = {"place": pl.Int64(), "instrument": pl.String(), "question": pl.String(), "accuracy": pl.Float64()}
    return pl.DataFrame(rows, schema=schema, orient="row")
