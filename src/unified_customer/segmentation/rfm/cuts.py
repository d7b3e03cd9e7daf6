"""From recency, frequency and monetary value to scores: at stored cut points, or by ranks."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import narwhals as nw
from pydantic import Field, model_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models.base import Model
from unified_customer.engines.portable import Lazy, collected
from unified_customer.engines.portable import quantiles as quantiles_of
from unified_customer.segmentation.cut_points import between, beyond

MEASURES: Final = {"recency": "r_score", "frequency": "f_score", "monetary": "m_score"}
"""What is measured, and the score that it gives."""

_STEP: Final = {"recency": 1.0, "frequency": 1.0, "monetary": 1e-4}
"""The least difference between two values."""


class Cuts(Model):
    """Cut points between scores: a value beyond the n-th cut has at least the score n + 1.

    A value lies never on a cut that was learned, but between two.
    """

    recency: tuple[float, ...] = Field(min_length=1)
    """In days, falling: who bought fewer days ago has the higher score."""
    frequency: tuple[float, ...] = Field(min_length=1)
    """In orders, rising."""
    monetary: tuple[float, ...] = Field(min_length=1)
    """In money, rising."""

    def score(self, measure: str) -> nw.Expr:
        """Return the score of a measure as an expression, 1 for the least."""
        return beyond(nw.col(measure), getattr(self, measure), falling=measure == "recency") + 1


class Thresholds(Model):
    """Cut points that a person chose.

    Examples:
        >>> Thresholds(recency=(365, 90, 30), frequency=(2, 4, 8), monetary=(50, 200, 1000)).quantiles
        4
    """

    recency: tuple[float, ...] = Field(min_length=1)
    """Days since the last purchase, falling: at most so many days ago is the next higher score."""
    frequency: tuple[float, ...] = Field(min_length=1)
    """Orders, rising: so many at least is the next higher score."""
    monetary: tuple[float, ...] = Field(min_length=1)
    """Money, rising: so much at least is the next higher score."""

    @model_validator(mode="after")
    def _in_order(self) -> "Thresholds":
        if len({len(self.recency), len(self.frequency), len(self.monetary)}) > 1:
            raise ConfigurationError("Recency, frequency and monetary value must have the same number of thresholds.")
        for name, points in (
            ("recency", self.recency[::-1]),
            ("frequency", self.frequency),
            ("monetary", self.monetary),
        ):
            if any(low >= high for low, high in pairwise(points)):
                way = "fall" if name == "recency" else "rise"
                raise ConfigurationError(
                    f"Thresholds of {name} must {way} from each to the next: {getattr(self, name)}."
                )
        return self

    @property
    def quantiles(self) -> int:
        """The highest score."""
        return len(self.recency) + 1

    def cuts(self) -> Cuts:
        """Return them as cuts between the values."""
        return Cuts(
            recency=tuple(days + _STEP["recency"] / 2 for days in self.recency),
            frequency=tuple(orders - _STEP["frequency"] / 2 for orders in self.frequency),
            monetary=tuple(money - _STEP["monetary"] / 2 for money in self.monetary),
        )


def learned_cuts(measured: Lazy, *, quantiles: int) -> Cuts:
    """Return the cuts at the quantiles of the values, so that equal values have equal scores.

    Where many values are equal a score may be left out, and no two scores are of equal size.

    References:
        R. J. Hyndman, Y. Fan (1996): Sample quantiles in statistical packages, definition 7.
    """
    shares = [step / quantiles for step in range(1, quantiles)]
    better = measured.select(**{measure: _better(measure) for measure in MEASURES})
    points = quantiles_of(better, list(MEASURES), shares=shares)
    return Cuts(**{measure: _between(measure, each) for measure, each in points.items()})


def _better(measure: str) -> nw.Expr:
    """Return a measure so that more is better."""
    value = nw.col(measure).cast(nw.Float64)
    return value * -1 if measure == "recency" else value


def _between(measure: str, points: Iterable[float | None]) -> tuple[float, ...]:
    cuts = between(points, step=_STEP[measure])
    return tuple(-cut for cut in cuts) if measure == "recency" else tuple(cuts)


def ranked(measured: Lazy, *, quantiles: int) -> Lazy:
    """Score by NTILE: groups of equal size, of equal values those of the lesser `customer_id` first.

    References:
        ISO/IEC 9075 (SQL), window function NTILE: the first groups are the larger ones.
    """
    count = int(collected(measured.select(n=nw.len()))["n"].item())
    size, larger = divmod(count, quantiles)
    scored = measured
    for measure, score in MEASURES.items():
        place = nw.col("_place").cast(nw.Int64)
        front = larger * (size + 1)
        behind = (place - front) // max(size, 1) + larger
        tile = nw.when(place < front).then(place // (size + 1)).otherwise(behind) + 1
        numbered = scored.with_columns(_better=_better(measure)).with_row_index(
            "_place", order_by=["_better", "customer_id"]
        )
        scored = numbered.with_columns(tile.alias(score)).drop("_place", "_better")
    return scored
