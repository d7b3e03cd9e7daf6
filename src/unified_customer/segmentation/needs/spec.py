"""Segments by what people say of themselves: needs, attitudes, values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import polars as pl
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone, brought, collected
from unified_customer.methods.learning import Floats, GroupSearch
from unified_customer.segmentation.clusters.spec import marks_of
from unified_customer.segmentation.grouped import TOO_LITTLE, FittedGroups, measured_here, table_of
from unified_customer.segmentation.needs.answers import ANSWERS, latest_answers, native_answers
from unified_customer.segmentation.needs.asked import (
    Asked,
    about_own_mean,
    columns_of,
    table_of_answers,
    weights_of,
)
from unified_customer.segmentation.numbers import NumberGroups, found_groups


class NeedGroups(NumberGroups):
    """What was learned of groups by answers; holds nobody."""

    asked: tuple[Asked, ...]
    """What each column is."""


class Needs(Spec):
    """Segments of people whose answers are alike: what they need, like, or think (psychographic segments).

    The last answer to each question counts. Numbers are compared in standard deviations, answers in words by whether
    they were given; each instrument counts the same, and each question of it. Who answered less than `least_answered`
    of the questions is in "too little to say"; what others left out is taken to be the mean of their group while groups
    are made, and is left out when they are placed.

    How many segments there are is found by evidence (see `GroupSearch`), against draws from one normal distribution;
    where nothing speaks for several, all are in "everybody alike". A segment is called by the questions in which it is
    farthest from the mean.

    Examples:
        >>> from datetime import UTC
        >>> said = [
        ...     (f"{kind}{n}", question, mean + (n * step) % 7 / 3)
        ...     for n in range(40)
        ...     for kind, question, mean, step in (
        ...         ("a", "price", 1, 2),
        ...         ("a", "service", 6, 3),
        ...         ("b", "price", 6, 3),
        ...         ("b", "service", 1, 2),
        ...     )
        ... ]
        >>> answers = pl.DataFrame(said, schema=["customer_id", "question", "value"], orient="row").with_columns(
        ...     instrument=pl.lit("research"), answered_at=pl.lit(datetime(2026, 1, 1))
        ... )
        >>> fitted = Needs().fit({"answers": answers}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> sorted(fitted.sizes.select("segment", "customers").rows())
        [('price high, service low', 40), ('price low, service high', 40), ('too little to say', 0)]

    References:
        M. Wedel, W. Kamakura (2000): Market segmentation: conceptual and methodological foundations.
    """

    needs: ClassVar[tuple[str, ...]] = (ANSWERS,)

    instruments: tuple[str, ...] = ()
    """Which surveys, polls or quizzes; none: all."""
    questions: tuple[str, ...] = ()
    """Which questions; none: all."""
    relative: bool = False
    """Whether numbers are taken less the mean of what the same person answered in the same instrument, as befits people
    who differ in how high they tick."""
    least_answered: float = Field(default=0.5, ge=0, le=1)
    """The share of the questions that one must have answered."""
    least_customers: int = Field(default=5, ge=1)
    """Questions that fewer customers answered, and answers in words that fewer gave, are left out and never named."""
    groups: GroupSearch = GroupSearch()
    """How the number of segments is found."""
    label_columns: int = Field(default=2, ge=1, le=10)
    """By how many questions a segment is called."""
    seed: int = Field(default=0, ge=0)
    """Of all draws."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""
    name: str = Field(default="needs", min_length=1)
    """What the set of segments is called in `memberships`."""

    title: ClassVar[str] = "Segments by needs"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedNeeds":
        """Find the segments of those who answered before `as_of`.

        Args:
            tables: `answers` (`customer_id`, `instrument`, `question`, `answered_at`, `value`, perhaps `text`), on any
                engine.
            as_of: An instant; answers at it or later are left out.

        Raises:
            SchemaError: The table or a column is missing.
        """
        there, here = measured_here(self, tables, as_of=as_of)
        learned, description = self._found(here)
        table = table_of(self, here, learned, there=there, like=self.native(tables))
        return FittedNeeds(self, as_utc(as_of), learned, table, description)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return native_answers(tables)

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return the last answer of each customer to each question."""
        return latest_answers(
            tables, as_of=as_of, zone=self.zone, instruments=self.instruments, questions=self.questions
        )

    def learned(self, measured: Lazy) -> NeedGroups:
        """Return what assigning needs to know of all customers."""
        return self.learned_here(collected(measured))

    def assigned(self, measured: Lazy, learned: NeedGroups) -> Lazy:
        """Return `customer_id`, `segment` and `margin`, where the answers are."""
        return brought(self.assigned_here(collected(measured), learned), like=measured)

    def order(self, learned: NeedGroups) -> Sequence[str]:
        """Return the segments, the largest first, and at last those of whom there is too little to say."""
        return [*learned.labels, TOO_LITTLE]

    def learned_here(self, measured: pl.DataFrame) -> NeedGroups:
        """Return what was learned from answers on this machine."""
        return self._found(measured)[0]

    def assigned_here(self, measured: pl.DataFrame, learned: NeedGroups) -> pl.DataFrame:
        """Return `customer_id`, `segment` and `margin`, one row a customer."""
        customers, values = table_of_answers(measured, learned.asked)
        return learned.assigned(customers, self._numbers(values, learned.asked))

    def _numbers(self, values: Floats, asked: Sequence[Asked]) -> Floats:
        return about_own_mean(values, asked) if self.relative else values

    def _found(self, measured: pl.DataFrame) -> tuple[NeedGroups, pl.DataFrame]:
        asked = columns_of(measured, least_customers=self.least_customers)
        values = self._numbers(table_of_answers(measured, asked)[1], asked)
        learned, description = found_groups(
            values, columns=[each.shown for each in asked], weights=weights_of(asked), logarithmic=False,
            least_known=self.least_answered, search=self.groups, label_columns=self.label_columns, seed=self.seed,
        )  # fmt: skip
        return NeedGroups(**dict(learned), asked=asked), description


@dataclass(frozen=True, eq=False)
class FittedNeeds(FittedGroups[NeedGroups]):
    """Segments by needs.

    Attributes:
        segmentation: The spec.
        as_of: The instant before which things count.
        learned: What was learned of all who answered; holds nobody.
        table: `customer_id`, `segment` and `margin` (how clear it is: from 0, half-way to the next segment, to 1, in
            the middle of the own; null where there is too little to say), one row for each who answered anything, as
            the kind of frame that was given.
        description: `segment`, `measure` (the question, with the answer where it is in words), `customers` (who
            answered it), `mean`, `mean_of_all`, and `z` (how far apart they are, in standard deviations); null where
            fewer than five answered. Means of answers in words are shares.
    """

    def _marks(self) -> dict[str, str]:
        return marks_of(self.description)
