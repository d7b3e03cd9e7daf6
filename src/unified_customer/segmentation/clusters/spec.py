"""Segments by numbers of each customer, such as recency, frequency and monetary value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

import narwhals as nw
import polars as pl
from pydantic import Field

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, brought, collected, opened
from unified_customer.methods.learning import Floats, GroupSearch
from unified_customer.methods.orders import NEEDED, native_orders
from unified_customer.segmentation.grouped import TOO_LITTLE, FittedGroups, measured_here, table_of
from unified_customer.segmentation.numbers import NumberGroups, found_groups
from unified_customer.segmentation.rfm import RFM
from unified_customer.segmentation.rfm.measures import measured as rfm_measured

FEATURES: Final = "features"
_RFM: Final = ("recency", "frequency", "monetary")


class Clusters(Spec):
    """Segments of customers whose numbers are alike, found by k-means.

    How many there are is found by evidence (see `GroupSearch`), against draws from one normal distribution; where
    nothing speaks for several, all are in "everybody alike". Whoever has too few of the numbers is in "too little to
    say". A segment is called by the numbers in which it is farthest from the mean.

    Examples:
        >>> from datetime import UTC
        >>> numbers = [
        ...     (f"{kind}{n}", visits + n % 3, spent + n % 7)
        ...     for n in range(40)
        ...     for kind, visits, spent in (("a", 2, 5), ("b", 40, 90))
        ... ]
        >>> features = pl.DataFrame(numbers, schema=["customer_id", "visits", "spent"], orient="row")
        >>> fitted = Clusters().fit({"features": features}, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> sorted(fitted.sizes.select("segment", "customers").rows())
        [('too little to say', 0), ('visits high, spent high', 40), ('visits low, spent low', 40)]
    """

    needs: ClassVar[tuple[str, ...]] = NEEDED

    columns: tuple[str, ...] = ()
    """Which numbers of the table `features`; none: all of them, but `customer_id`."""
    rfm: RFM = RFM()
    """How recency, frequency and monetary value are measured, which are taken where there is no table `features`."""
    logarithmic: bool = True
    """Whether numbers are compared by their order of magnitude; negative ones by that below zero."""
    least_known: float = Field(default=1.0, ge=0, le=1)
    """Who has a smaller share of the numbers is in "too little to say"."""
    groups: GroupSearch = GroupSearch()
    """How the number of segments is found."""
    label_columns: int = Field(default=2, ge=1, le=10)
    """By how many numbers a segment is called."""
    seed: int = Field(default=0, ge=0)
    """Of all draws."""
    name: str = Field(default="clusters", min_length=1)
    """What the set of segments is called in `memberships`."""

    title: ClassVar[str] = "Behavioural clusters"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> "FittedClusters":
        """Find the segments.

        Args:
            tables: `features` (`customer_id`, one row a customer, and numbers as they were before `as_of`), or else
                `orders` or `order_lines` as for `RFM`, on any engine.
            as_of: An instant; orders at it or later are left out.

        Raises:
            SchemaError: A table or column is missing, a column holds no numbers, or a customer is there twice.
        """
        there, here = measured_here(self, tables, as_of=as_of)
        learned, description = self._found(here)
        table = table_of(self, here, learned, there=there, like=self.native(tables))
        return FittedClusters(self, as_utc(as_of), learned, table, description)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[FEATURES] if FEATURES in tables else native_orders(tables)

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id` and the numbers of each customer."""
        if FEATURES not in tables:
            return rfm_measured(self.rfm, tables, as_of=as_of)[0].select("customer_id", *_RFM)
        lazy = opened(tables[FEATURES], columns=["customer_id", *self.columns], name=FEATURES)
        schema = lazy.collect_schema()
        named = self.columns or tuple(
            name for name, dtype in schema.items() if dtype.is_numeric() and name != "customer_id"
        )
        wrong = [name for name in named if not schema[name].is_numeric()]
        if wrong or not named:
            raise SchemaError(f"{FEATURES!r} has no numbers in {', '.join(map(repr, wrong)) or 'any column'}.")
        told = lazy.filter(~nw.col("customer_id").is_null())
        return told.select("customer_id", *(nw.col(name).cast(nw.Float64) for name in named))

    def learned(self, measured: Lazy) -> NumberGroups:
        """Return what assigning needs to know of all customers."""
        return self.learned_here(collected(measured))

    def assigned(self, measured: Lazy, learned: NumberGroups) -> Lazy:
        """Return `customer_id`, `segment` and `margin`, where the numbers are."""
        return brought(self.assigned_here(collected(measured), learned), like=measured)

    def order(self, learned: NumberGroups) -> Sequence[str]:
        """Return the segments, the largest first, and at last those of whom there is too little to say."""
        return [*learned.labels, TOO_LITTLE]

    def learned_here(self, measured: pl.DataFrame) -> NumberGroups:
        """Return what was learned from numbers on this machine."""
        return self._found(measured)[0]

    def assigned_here(self, measured: pl.DataFrame, learned: NumberGroups) -> pl.DataFrame:
        """Return `customer_id`, `segment` and `margin`, one row a customer."""
        return learned.assigned(measured.select("customer_id"), _values(measured, learned.columns))

    def _found(self, measured: pl.DataFrame) -> tuple[NumberGroups, pl.DataFrame]:
        if measured["customer_id"].is_duplicated().any():
            raise SchemaError(f"{FEATURES!r} has several rows for one customer. Give one row a customer.")
        columns = [name for name in measured.columns if name != "customer_id"]
        return found_groups(
            _values(measured, columns), columns=columns, weights=[1.0] * len(columns), logarithmic=self.logarithmic,
            least_known=self.least_known, search=self.groups, label_columns=self.label_columns, seed=self.seed,
        )  # fmt: skip


def _values(measured: pl.DataFrame, columns: Sequence[str]) -> Floats:
    finite = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in columns]
    values: Floats = measured.with_columns(pl.col(columns).cast(pl.Float64)).select(finite).to_numpy()
    return values


@dataclass(frozen=True, eq=False)
class FittedClusters(FittedGroups[NumberGroups]):
    """Segments by numbers.

    Attributes:
        segmentation: The spec.
        as_of: The instant before which things count.
        learned: What was learned of all customers; holds nobody.
        table: `customer_id`, `segment` and `margin` (how clear it is: from 0, half-way to the next segment, to 1, in
            the middle of the own; null where there is too little to say), one row a customer, as the kind of frame that
            was given.
        description: `segment`, `measure`, `customers` (of whom it is known), `mean`, `mean_of_all`, and `z` (how far
            apart they are, in standard deviations); null where fewer than five are known.
    """

    def _marks(self) -> dict[str, str]:
        return marks_of(self.description)


def marks_of(description: pl.DataFrame) -> dict[str, str]:
    """Return in words in what each segment is farthest from the mean of all."""
    far = description.drop_nulls("z").sort(pl.col("z").abs(), "measure", descending=[True, False])
    told = far.filter(pl.col("z").abs() > 0.1).with_columns(words=pl.format("{} {}", "measure", _signed(pl.col("z"))))
    named = told.group_by("segment", maintain_order=True).agg(pl.col("words").head(4))
    return {segment: ", ".join(words) for segment, words in named.iter_rows()}


def _signed(z: pl.Expr) -> pl.Expr:
    return pl.when(z > 0).then(pl.lit("+")).otherwise(pl.lit("-")) + z.abs().round(1).cast(pl.String)
