"""Micro-segments that were fitted."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.methods.display import COUNT
from unified_customer.segmentation.assignment import FittedSegments
from unified_customer.segmentation.micro.cells import OTHER, MicroCells
from unified_customer.segmentation.sizes import Kind, picture

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

_SHOWN: Final = 24
"""So many of the largest are drawn; one cannot tell more apart."""


@dataclass(frozen=True, eq=False)
class FittedMicroSegments(FittedSegments[MicroCells]):
    """Micro-segments; their table has a column for each segmentation, and `segment`."""

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """Customers and shares by micro-segment, the largest first, the rest last; those without anybody are left out."""
        there = super().sizes.filter(pl.col("customers") > 0)
        by = [pl.col("segment") == OTHER, pl.col("customers"), pl.col("segment")]
        return there.sort(by, descending=[False, True, False])

    def chart(self, kind: Kind = "bars", *, dark: bool = False) -> "Chart":
        """Draw the micro-segments as bars or as tiles: the largest, and all others together.

        Raises:
            ConfigurationError: There is nobody.
            MissingDependencyError: Altair is not installed.
        """
        told = [f"{COUNT.written(self.sizes['customers'].sum())} customers as of {self.as_of:%Y-%m-%d}"]
        left = self.sizes[_SHOWN:]
        if left.height:
            told.append(f"The {_SHOWN} largest of {self.sizes.height}; the others are drawn as one.")
        return picture(_together(self.sizes, left), kind=kind, title=self.segmentation.title, subtitle=told, dark=dark)


def _together(sizes: pl.DataFrame, left: pl.DataFrame) -> pl.DataFrame:
    if left.is_empty():
        return sizes
    name = f"{left.height} others"
    rest = left.select(pl.lit(name).alias("segment"), pl.col("customers").sum(), pl.col("share").sum())
    return pl.concat([sizes.head(_SHOWN), rest.head(1)])
