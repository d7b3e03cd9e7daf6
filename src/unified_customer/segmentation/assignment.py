"""What fitted segmentations have in common: an assignment, scored again later, measured and drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import polars as pl
from pydantic import BaseModel

from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, collected, given_back, opened, settled
from unified_customer.methods.display import COUNT, result_html
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.segmentation.sizes import Kind, formats, in_words, picture, sizes_of

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

LearnedT = TypeVar("LearnedT", bound=BaseModel)


class Segmentation(Protocol[LearnedT]):
    """A spec that gives each customer one segment: measure, learn, assign."""

    @property
    def name(self) -> str:
        """What the set of segments is called in `memberships`."""
        ...

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        ...

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        ...

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return a row for each customer with what segments are made from."""
        ...

    def learned(self, measured: Lazy) -> LearnedT:
        """Return what assigning needs to know of all customers."""
        ...

    def assigned(self, measured: Lazy, learned: LearnedT) -> Lazy:
        """Add `segment`."""
        ...

    def order(self, learned: LearnedT) -> Sequence[str]:
        """Return the segments in the order in which they are shown."""
        ...


@dataclass(frozen=True, eq=False)
class FittedSegments(Generic[LearnedT]):
    """A segmentation that was fitted.

    Attributes:
        segmentation: The spec.
        as_of: The instant before which things count.
        learned: What was learned of all customers; holds nobody.
        table: `customer_id`, what was measured, and `segment`, one row a customer, as the kind of frame that was given.
    """

    segmentation: Segmentation[LearnedT]
    as_of: datetime
    learned: LearnedT
    table: Any = field(repr=False)

    @property
    def spec(self) -> Spec:
        """The spec."""
        return cast("Spec", self.segmentation)

    @property
    def segmentations(self) -> tuple[str, ...]:
        """What it says everything of in `memberships`."""
        return (self.segmentation.name,)

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Assign other data by what was learned.

        Args:
            tables: As for `fit`.
            as_of: The instant to look from.

        Returns:
            What `table` holds, as the kind of frame that was given.
        """
        return _assigned(self.segmentation, tables, self.learned, as_of=as_of)

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Customers and shares by segment: an aggregate, whatever the engine; see `sizes_of`."""
        return sizes_of(self.table, names=self.segmentation.order(self.learned))

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships."""
        table = collected(opened(self.table))
        return {"memberships": membership_rows(table, segmentation=self.segmentation.name, as_of=self.as_of)}

    def to_body(self) -> Mapping[str, Any]:
        """Return what was learned, and the sizes of the segments."""
        sizes = dict(self.sizes.select("segment", "customers").iter_rows())
        return {"learned": self.learned.model_dump(mode="json"), "customers": sizes}

    def chart(self, kind: Kind = "bars", *, dark: bool = False) -> "Chart":
        """Draw the segments as bars or as tiles.

        Raises:
            ConfigurationError: There is nobody.
            MissingDependencyError: Altair is not installed.
        """
        told = f"{COUNT.written(self.sizes['customers'].sum())} customers as of {self.as_of:%Y-%m-%d}"
        return picture(self.sizes, kind=kind, title=self.segmentation.title, subtitle=[told], dark=dark)

    def __str__(self) -> str:
        """Return the sizes of the segments as text."""
        return in_words(self.segmentation.title, self.sizes, currency=None)

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.sizes["customers"].sum())), ("as of", f"{self.as_of:%Y-%m-%d}")]
        return result_html(self.segmentation.title, facts, self.sizes, formats=formats(None))


def fit_segments(
    spec: Segmentation[LearnedT], tables: Mapping[str, Native], *, as_of: datetime
) -> FittedSegments[LearnedT]:
    """Measure, learn and assign."""
    at, native = as_utc(as_of), spec.native(tables)
    measured = settled(spec.measured(tables, as_of=at), like=native)
    learned = spec.learned(measured)
    return FittedSegments(spec, at, learned, given_back(spec.assigned(measured, learned), like=native))


def _assigned(
    spec: Segmentation[LearnedT], tables: Mapping[str, Native], learned: LearnedT, *, as_of: datetime
) -> Native:
    measured = spec.measured(tables, as_of=as_utc(as_of))
    return given_back(spec.assigned(measured, learned), like=spec.native(tables))


class Nothing(BaseModel):
    """What a segmentation has learned that needs to learn nothing."""
