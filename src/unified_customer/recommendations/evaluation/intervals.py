"""Means over customers, and what they are where customers are drawn again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.methods.statistics import percentile_ends, resampled_ratios
from unified_customer.recommendations.evaluation.catalogue import METRICS, column, parsed
from unified_customer.recommendations.evaluation.places import Floats, Ints, ratio
from unified_customer.recommendations.evaluation.spec import Metrics

HISTORY: Final = "popularity_of_history"
_COLUMNS: Final = {
    "metric": pl.String,
    "k": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "customers": pl.Int64,
}


@dataclass(frozen=True, eq=False)
class Drawn:
    """Ratios of sums over customers.

    Attributes:
        names: The column of each metric.
        above: What stands above, one row a customer.
        below: What stands below: 1 for a mean.
        spec: How often is drawn, and from which seed.
    """

    names: tuple[str, ...]
    above: Floats
    below: Floats
    spec: Metrics

    @cached_property
    def draws(self) -> Floats:
        """One row a resample; the same customers are drawn for every metric, and for every model over them."""
        found: Floats = resampled_ratios(self.above, self.below, seed=self.spec.seed, resamples=self.spec.resamples)
        return found

    @cached_property
    def counts(self) -> Ints:
        """How many customers each metric says something of."""
        return np.asarray(np.count_nonzero(self.below, axis=0), dtype=np.int64)

    @cached_property
    def estimates(self) -> Mapping[str, float | None]:
        """Each metric; None where it says nothing of anybody."""
        return dict(zip(self.names, told(ratio(self.above.sum(axis=0), self.below.sum(axis=0))), strict=True))

    def ends(self, other: "Drawn | None" = None) -> tuple[list[float | None], list[float | None]]:
        """Return both ends of intervals, or of those of differences from others; None with fewer than two customers."""
        draws = self.draws if other is None else self.draws - other.draws
        low, high = percentile_ends(draws, confidence=self.spec.confidence)
        few = (self.counts if other is None else np.minimum(self.counts, other.counts)) < 2
        return told(np.where(few, np.nan, low)), told(np.where(few, np.nan, high))


def drawn(values: pl.DataFrame, spec: Metrics) -> Drawn:
    """Return the metrics of customers as ratios: means, and the popularity lift.

    Args:
        values: As in `Evaluation`.
        spec: How often is drawn, and from which seed.
    """
    names = [name for name in values.columns if name != "customer_id"]
    numbers = {name: values[name].to_numpy() for name in names}
    ratios = {name: _mean(each) for name, each in numbers.items()}
    if HISTORY in numbers:
        ratios |= {column("popularity_lift", k): _lift(numbers, k) for k in spec.k}
    above, below = (np.stack([pair[i] for pair in ratios.values()], axis=1) for i in (0, 1))
    return Drawn(tuple(ratios), above, below, spec)


def _mean(values: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    return np.where(known, values, 0.0), known.astype(np.float64)


def _lift(numbers: Mapping[str, Floats], k: int) -> tuple[Floats, Floats]:
    shown, had = numbers[column("popularity", k)], numbers[HISTORY]
    known = ~np.isnan(shown) & ~np.isnan(had)
    return np.where(known, shown - had, 0.0), np.where(known, had, 0.0)


def told(values: Floats) -> list[float | None]:
    """Return numbers, None in place of what is none."""
    return [None if np.isnan(each) else float(each) for each in values]


def table_of(found: Drawn, whole: Mapping[str, float], spec: Metrics) -> pl.DataFrame:
    """Return the table of `Evaluation`, by rank and then as the catalogue of metrics has them."""
    lows, highs = found.ends()
    rows: list[tuple[Any, ...]] = [
        (*parsed(name), value, low, high, int(count))
        for (name, value), low, high, count in zip(found.estimates.items(), lows, highs, found.counts, strict=True)
    ]
    customers = len(found.above)
    rows += [(*parsed(name), told(np.array([value]))[0], None, None, customers) for name, value in whole.items()]
    return pl.DataFrame(sorted(rows, key=lambda row: _place(row, spec)), schema=_COLUMNS, orient="row")


def _place(row: tuple[Any, ...], spec: Metrics) -> tuple[int, int]:
    name, k = row[0], row[1]
    return (len(spec.k) if k is None else spec.k.index(k)), list(METRICS).index(name)
