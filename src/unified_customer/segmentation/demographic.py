"""Segments by who people are: age, gender, place, language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, Final, Literal
from zoneinfo import ZoneInfo

import narwhals as nw
from pydantic import Field, field_validator

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, Zone, civil, collected, opened
from unified_customer.segmentation.assignment import FittedSegments, fit_segments

CUSTOMERS: Final = "customers"
UNKNOWN: Final = "unknown"
OTHER: Final = "other"
OLDEST: Final = 130
"""Years that nobody has reached; who is older, or not yet born, is of unknown age."""

Part = Literal["age", "gender", "country", "region", "city", "language", "organisation"]


class DemographicSegments(Model):
    """The segments that enough customers are in, by name."""

    names: tuple[str, ...]


class Demographic(Spec):
    """Segments by age, gender, place or language, each alone or several together.

    What is not known is `unknown`. Segments of fewer than `least` customers are `other` together, so that none tells of
    one.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC, date
        >>> people = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "c"],
        ...         "birth_date": [date(1990, 11, 22), date(1990, 11, 23), None],
        ...         "gender": ["female", None, "male"],
        ...     }
        ... )
        >>> spec = Demographic(by=("age", "gender"), ages=(18, 36), least=1)
        >>> fitted = spec.fit({"customers": people}, as_of=datetime(2026, 11, 22, tzinfo=UTC))
        >>> fitted.table.sort("customer_id")["segment"].to_list()
        ['36+ · female', '18-35 · unknown', 'unknown · male']
    """

    needs: ClassVar[tuple[str, ...]] = (CUSTOMERS,)

    by: tuple[Part, ...] = Field(default=("age",), min_length=1)
    """What makes a segment, in the order in which it is named."""
    ages: tuple[int, ...] = (18, 25, 35, 45, 55, 65)
    """The ages at which a new band begins, in years, rising."""
    least: int = Field(default=10, ge=1)
    """The fewest customers of a segment under its own name."""
    name: str = "demographic"
    """What the segmentation is called in `memberships`."""
    zone: Zone = "UTC"
    """IANA time zone of birthdays."""

    @field_validator("ages")
    @classmethod
    def _rising(cls, ages: tuple[int, ...]) -> tuple[int, ...]:
        if any(low >= high for low, high in pairwise((0, *ages, OLDEST))):
            raise ConfigurationError(f"Ages must rise from above 0 to below {OLDEST}: {ages}.")
        return ages

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return f"Customers by {' and '.join(self.by)}"

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSegments[DemographicSegments]:
        """Find the values that make segments, and assign them.

        Args:
            tables: `customers` with `customer_id` and the columns that `by` names (`birth_date` for the age), on any
                engine.
            as_of: The instant at which ages are taken.

        Raises:
            SchemaError: A column is missing.
        """
        return fit_segments(self, tables, as_of=as_of)

    def native(self, tables: Mapping[str, Native]) -> Native:
        """Return the table whose kind of frame the result has."""
        return tables[CUSTOMERS]

    def measured(self, tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
        """Return `customer_id` and `described`, the parts in words."""
        columns = ["birth_date" if part == "age" else part for part in self.by]
        people = opened(tables[CUSTOMERS], columns=["customer_id", *columns], name=CUSTOMERS)
        known = civil(people, "birth_date", zone=self.zone) if "age" in self.by else people
        day = as_utc(as_of).astimezone(ZoneInfo(self.zone))
        parts = [self._band(day) if part == "age" else _text(part) for part in self.by]
        return known.select("customer_id", described=nw.concat_str(*parts, separator=" · "))

    def learned(self, measured: Lazy) -> DemographicSegments:
        """Return the segments that enough customers are in."""
        counted = collected(measured.group_by("described").agg(customers=nw.len()))
        names = (name for name, customers in counted.iter_rows() if customers >= self.least)
        return DemographicSegments(names=tuple(sorted(names)))

    def assigned(self, measured: Lazy, learned: DemographicSegments) -> Lazy:
        """Add `segment`."""
        kept = nw.col("described").is_in([*learned.names])
        named = nw.when(kept).then(nw.col("described")).otherwise(nw.lit(OTHER))
        return measured.select("customer_id", segment=named)

    def order(self, learned: DemographicSegments) -> Sequence[str]:
        """Return the segments in the order of their ages and names; other and unknown ones last."""
        bands = [name for name, _, _ in self._bands()]

        def place(name: str) -> tuple[bool, list[tuple[int, str]]]:
            parts = name.split(" · ")
            return UNKNOWN in parts, [(bands.index(part) if part in bands else 0, part) for part in parts]

        return [*sorted(learned.names, key=place), OTHER]

    def _bands(self) -> list[tuple[str, int, int]]:
        """Return the bands of age: name, from and up to."""
        bounds = [*pairwise((0, *self.ages, OLDEST))]
        names = [f"under {high}" if not low else f"{low}-{high - 1}" for low, high in bounds[:-1]]
        return [(name, low, high) for name, (low, high) in zip([*names, f"{bounds[-1][0]}+"], bounds, strict=True)]

    def _band(self, day: datetime) -> nw.Expr:
        born = nw.col("birth_date")
        date_in_year = born.dt.month().cast(nw.Int64) * 100 + born.dt.day().cast(nw.Int64)
        to_come = nw.when(date_in_year > day.month * 100 + day.day).then(nw.lit(1)).otherwise(nw.lit(0))
        years = nw.lit(day.year) - born.dt.year().cast(nw.Int64) - to_come
        band = nw.lit(UNKNOWN)
        for name, low, high in self._bands():
            band = nw.when(years.is_between(low, high, closed="left")).then(nw.lit(name)).otherwise(band)
        return band


def _text(part: str) -> nw.Expr:
    return nw.col(part).cast(nw.String).fill_null(UNKNOWN)
