"""What a lifestyle segmentation is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone, brought, collected
from unified_customer.methods.learning import Floats, GroupSearch, Ints, canonical_order, nearest
from unified_customer.methods.money import Money
from unified_customer.segmentation.grouped import ALIKE, TOO_LITTLE, apart, measured_here, table_of
from unified_customer.segmentation.lifestyle.basket import Baskets, baskets, row_sums, vocabulary, without_levels
from unified_customer.segmentation.lifestyle.chance import one_taste
from unified_customer.segmentation.lifestyle.counts import counted, source_of
from unified_customer.segmentation.lifestyle.distinct import distinctive, labels_of
from unified_customer.segmentation.lifestyle.fitted import FittedLifestyle, Tastes
from unified_customer.segmentation.lifestyle.space import Method, Space, learned_space

MOST_SHARES = 200
"""So many things have shares that one can speak of."""


class Lifestyle(Spec):
    """Segments by what people buy or view.

    Whoever bought anything before `as_of` is in one segment: those with fewer than `least` things in "too little to
    say", the others with those of the same taste. How many segments there are is found by evidence (see `GroupSearch`),
    against draws in which all have the same taste; where nothing speaks for several, all are in "everybody alike". A
    segment is called by what it is most distinctive for.

    Counting is done where the table is; what each customer has of each thing then comes to this machine, where
    customers of any number are grouped, and the segments go back to where the table was.

    Examples:
        >>> from datetime import UTC
        >>> when = datetime(2026, 1, 1)
        >>> lines = [
        ...     (f"{taste}{n}", kind)
        ...     for n in range(30)
        ...     for taste, kinds in (("a", "tea cake tea"), ("b", "nails paint glue"))
        ...     for kind in kinds.split()
        ... ]
        >>> frame = pl.DataFrame(lines, schema=["customer_id", "category"], orient="row").with_columns(
        ...     kind=pl.lit("sale"), occurred_at=pl.lit(when)
        ... )
        >>> fitted = Lifestyle().fit({"order_lines": frame}, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        >>> sorted(fitted.sizes.select("segment", "customers").rows())
        [('cake, tea', 30), ('glue, nails', 30), ('too little to say', 0)]
    """

    source: Literal["order_lines", "events"] = "order_lines"
    """What customers bought, of which sales count, or what happened, such as views."""
    by: str = "category"
    """The column that names things: `category`, `brand`, `item_id`, ...; of events `object_id`, `name`, ..."""
    levels: int | None = Field(default=None, ge=1)
    """Of paths such as `garden > pots` so many levels; None: all."""
    event_names: tuple[str, ...] = ()
    """Which events count, such as `Product Viewed`; none: all."""
    measure: Literal["times", "quantity", "amount"] = "times"
    """What makes a thing weigh: how many lines or events, how many units, or how much money."""
    method: Method = "mix"
    """`mix`: shares of at most 200 things, such as categories, compared by their square roots (Hellinger distance). For
    many things, such as items, `svd`: weighted by how rare things are (TF-IDF), then the leading directions, compared
    by angle; or `nmf`: weighted alike, then parts that things come in, and their shares. Of many things, that people
    come back to the same ones is no evidence of segments."""
    columns: int = Field(default=10, ge=1, le=200)
    """How many directions or parts."""
    vocabulary: int = Field(default=10_000, ge=2)
    """So many things at most: those that most customers have."""
    least: int = Field(default=3, ge=1)
    """Customers with fewer lines or events of these things are in "too little to say"."""
    least_customers: int = Field(default=5, ge=1)
    """Things that fewer customers have are left out, and never named."""
    groups: GroupSearch = GroupSearch()
    """How the number of segments is found."""
    label_items: int = Field(default=2, ge=1, le=10)
    """How many things a segment is called by."""
    seed: int = Field(default=0, ge=0)
    """Of all draws."""
    window_days: int | None = Field(default=None, gt=0)
    """Only what happened in so many times 24 hours before `as_of`; None: everything."""
    money: Money = Money()
    """In which currency amounts are added."""
    zone: Zone = "UTC"
    """IANA time zone of times that name none."""
    name: str = Field(default="lifestyle", min_length=1)
    """What the set of segments is called in `memberships`."""

    title: ClassVar[str] = "Lifestyle segments"

    @property
    def needs(self) -> tuple[str, ...]:
        """The table that `fit` reads."""
        return (self.source,)

    @model_validator(mode="after")
    def _that_can_be_meant(self) -> "Lifestyle":
        if self.source == "events" and self.measure != "times":
            raise ConfigurationError(f"Events are counted by times; {self.measure!r} is of order lines.")
        if self.source == "order_lines" and self.event_names:
            raise ConfigurationError("Order lines have no event names; name source='events'.")
        return self

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedLifestyle:
        """Find the segments of what happened before `as_of`.

        Args:
            tables: `order_lines` (`customer_id`, `occurred_at`, `kind`, the column `by`, with `quantity` or `amount`
                and perhaps `currency` where they are measured, perhaps `name`) or `events` (`customer_id`,
                `occurred_at`, the column `by`, with `name` where names are chosen), on any engine.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            ConfigurationError: There are more things than `mix` can tell shares of.
            SchemaError: A table or column is missing, or amounts are of currencies that cannot be added.
        """
        there, here = measured_here(self, tables, as_of=as_of)
        learned, description = self._found(here)
        table = table_of(self, here, learned, there=there, like=self.native(tables))
        return FittedLifestyle(self, as_utc(as_of), learned, table, description)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return source_of(self, tables)

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return how much each customer has of each thing."""
        return counted(self, tables, as_of=as_of)

    def learned(self, measured: Lazy) -> Tastes:
        """Return what assigning needs to know of all customers."""
        return self.learned_here(collected(measured))

    def assigned(self, measured: Lazy, learned: Tastes) -> Lazy:
        """Return `customer_id`, `segment` and `margin`, where the counts are."""
        return brought(self.assigned_here(collected(measured), learned), like=measured)

    def order(self, learned: Tastes) -> Sequence[str]:
        """Return the segments, the largest first, and at last those of whom there is too little to say."""
        return [*learned.labels, TOO_LITTLE]

    def learned_here(self, measured: pl.DataFrame) -> Tastes:
        """Return what was learned from counts on this machine."""
        return self._found(measured)[0]

    def assigned_here(self, measured: pl.DataFrame, learned: Tastes) -> pl.DataFrame:
        """Return `customer_id`, `segment` and `margin`, one row a customer."""
        have = baskets(without_levels(measured, levels=self.levels), learned.items)
        known = self._known(have)
        segment = np.full(have.customers.height, len(learned.labels))
        margin = np.full(have.customers.height, np.nan)
        if len(known):
            segment[known], margin[known] = _placed(have.of(known), learned.space, np.array(learned.centres))
        return have.customers.with_columns(
            segment=pl.Series(np.array([*learned.labels, TOO_LITTLE], dtype=object)[segment], dtype=pl.String),
            margin=pl.Series(margin, dtype=pl.Float64).fill_nan(None),
        )

    def _known(self, have: Baskets) -> Ints:
        return np.flatnonzero(row_sums(have.times) >= self.least)

    def _found(self, measured: pl.DataFrame) -> tuple[Tastes, pl.DataFrame]:
        counts = without_levels(measured, levels=self.levels)
        items = vocabulary(counts, at_most=self.vocabulary, least_customers=self.least_customers)
        if self.method == "mix" and items.height > MOST_SHARES:
            raise ConfigurationError(
                f"{self.by!r} has {items.height} values; shares can be told of {MOST_SHARES}. Use method='svd', or fewer levels."
            )
        every = baskets(counts, items["item"].to_list())
        have = every.of(self._known(every))
        have = have.of(canonical_order(have.values))
        return self._grouped(have, items)

    def _grouped(self, have: Baskets, items: pl.DataFrame) -> tuple[Tastes, pl.DataFrame]:
        space = self._space(have.values)
        draw = one_taste(have, loyal=self.method != "mix")

        def chance(drawn: np.random.Generator, rows: Ints) -> Floats:
            values = draw(drawn, rows)
            return self._space(values).points(values)

        found = self.groups.find(space.points(have.values), chance=chance, seed=self.seed)
        segments, _ = nearest(space.points(have.values), found.centres)
        told = distinctive(have, segments, items, least_customers=self.least_customers, at_most=_DESCRIBED)
        several = len(found.centres) > 1
        labels = apart(labels_of(told, segments=len(found.centres), items=self.label_items)) if several else (ALIKE,)
        tastes = Tastes(
            labels=labels, centres=tuple(map(tuple, found.centres.tolist())), evidence=found.evidence,
            finding=found.finding, space=space, items=tuple(items["item"]),
        )  # fmt: skip
        return tastes, told.with_columns(
            segment=pl.Series([labels[place] for place in told["segment"]], dtype=pl.String)
        )

    def _space(self, values: object) -> Space:
        return learned_space(values, method=self.method, columns=self.columns, seed=self.seed)


def _placed(have: Baskets, space: Space, centres: Floats) -> tuple[Ints, Floats]:
    """Place customers in batches, so that many of them fit."""
    lots = [
        np.arange(start, min(start + _BATCH, have.customers.height))
        for start in range(0, have.customers.height, _BATCH)
    ]
    parts = [nearest(space.points(have.values[rows]), centres) for rows in lots]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


_BATCH = 50_000
_DESCRIBED = 20
