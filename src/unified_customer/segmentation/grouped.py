"""Segments that were found, not laid down: what they are learned from, the evidence for them, and how they are shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, Literal, Protocol, TypeVar

import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Lazy, Native, brought, collected, given_back
from unified_customer.methods.charting import trend
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.methods.learning import Evidence, evidence_frame
from unified_customer.segmentation.assignment import FittedSegments, Segmentation
from unified_customer.segmentation.sizes import Kind

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

TOO_LITTLE: Final = "too little to say"
"""The segment of customers of whom too little is known."""
ALIKE: Final = "everybody alike"
"""The one segment, where nothing speaks for several."""


class Groups(Model):
    """What was learned of groups of customers; holds nobody."""

    labels: tuple[str, ...]
    """The segments by their number, the largest first."""
    centres: tuple[tuple[float, ...], ...]
    """Where they lie, one row each."""
    evidence: tuple[Evidence, ...]
    """What speaks for each number of segments."""
    finding: str
    """The result in a sentence."""


GroupsT = TypeVar("GroupsT", bound=Groups)


class GroupingSpec(Segmentation[GroupsT], Protocol[GroupsT]):
    """A spec that finds its segments."""

    def learned_here(self, measured: pl.DataFrame) -> GroupsT:
        """Return what was learned from what was measured, on this machine."""
        ...

    def assigned_here(self, measured: pl.DataFrame, learned: GroupsT) -> pl.DataFrame:
        """Return `customer_id`, `segment` and `margin`, one row a customer."""
        ...


@dataclass(frozen=True, eq=False)
class FittedGroups(FittedSegments[GroupsT], Generic[GroupsT]):
    """Segments that were found.

    Attributes:
        segmentation: The spec.
        as_of: The instant before which things count.
        learned: What was learned of all customers; holds nobody.
        table: `customer_id`, `segment` and `margin` (how clear it is: from 0, half-way to the next segment, to 1, in
            the middle of the own; null where too little is known), one row a customer, as the kind of frame that was
            given.
        description: What tells each segment from the rest: an aggregate.
    """

    description: pl.DataFrame

    @property
    def finding(self) -> str:
        """What was found, in a sentence."""
        return self.learned.finding

    @property
    def evidence(self) -> pl.DataFrame:
        """What speaks for each number of segments that was tried, one row a number.

        `groups`, `silhouette` (null for one group), `by_chance` (where there are no groups, the mean of draws),
        `most_by_chance` (of one draw), `stability`, `smallest` (customers of the smallest group in the sample),
        `enough` and `chosen`.
        """
        return evidence_frame(self.learned.evidence)

    def chart(self, kind: Kind | Literal["evidence"] = "bars", *, dark: bool = False) -> "Chart":
        """Draw the segments as bars or as tiles, or the evidence by number of segments.

        Raises:
            ConfigurationError: There is nobody, or too few to look for evidence.
            MissingDependencyError: Altair is not installed.
        """
        if kind != "evidence":
            return FittedSegments.chart(self, kind, dark=dark)
        return evidence_chart(self.evidence, title=self.segmentation.title, finding=self.finding, dark=dark)

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.sizes["customers"].sum())), ("as of", f"{self.as_of:%Y-%m-%d}")]
        shown = self.sizes.with_columns(marks=pl.col("segment").replace_strict(self._marks(), default=""))
        return result_html(
            self.segmentation.title,
            facts,
            shown,
            formats={"customers": COUNT, "share": SHARE},
            names={"marks": "what marks it"},
            note=self.finding,
        )

    def _marks(self) -> dict[str, str]:
        """Return what tells each segment from the rest, in words."""
        return {}


def evidence_chart(evidence: pl.DataFrame, *, title: str, finding: str, dark: bool) -> "Chart":
    """Draw the evidence by number of groups.

    Raises:
        ConfigurationError: There is none.
        MissingDependencyError: Altair is not installed.
    """
    named = {"silhouette": "silhouette", "by_chance": "silhouette by chance", "stability": "stability"}
    long = evidence.filter(pl.col("groups") > 1).unpivot(list(named), index="groups", variable_name="measure")
    return trend(
        long.with_columns(pl.col("measure").replace_strict(named, return_dtype=pl.String)), period="groups",
        value="value", series="measure", period_title="number of segments", value_title="from 0 to 1",
        from_zero=True, title=f"{title}: how many", subtitle=_lines(finding), dark=dark,
    )  # fmt: skip


def _lines(finding: str) -> list[str]:
    return [part if part.endswith(".") else f"{part}." for part in finding.split(". ")]


def measured_here(
    spec: GroupingSpec[GroupsT], tables: Mapping[str, Native], *, as_of: datetime
) -> tuple[Lazy, pl.DataFrame]:
    """Measure where the tables are, and bring what was measured here."""
    measured = spec.measured(tables, as_of=as_utc(as_of))
    return measured, collected(measured)


def table_of(spec: GroupingSpec[GroupsT], here: pl.DataFrame, learned: GroupsT, *, there: Lazy, like: Native) -> Native:
    """Assign here, and give the result back as the kind of frame that was given."""
    return given_back(brought(spec.assigned_here(here, learned), like=there), like=like)


def apart(labels: Sequence[str]) -> tuple[str, ...]:
    """Return labels that differ: of several that are the same, the later are numbered.

    Examples:
        >>> apart(["tea", "tea", "coffee"])
        ('tea', 'tea (2)', 'coffee')
    """
    seen: Counter[str] = Counter()
    told = []
    for label in labels:
        seen[label] += 1
        told.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(told)
