"""Groups of customers by columns of numbers: what is learned, who is in which, and what tells them apart."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.core.models.base import Model
from unified_customer.methods.learning import Floats, GroupSearch, Ints, canonical_order, nearest, normal_chance
from unified_customer.segmentation.grouped import ALIKE, TOO_LITTLE, Groups, apart

LEAST_SHOWN: Final = 5
"""Means of fewer customers are not shown."""
_TOLD: Final = 0.25
_TINY: Final = 1e-12


class Scales(Model):
    """How columns of numbers become comparable: less their mean, by their standard deviation."""

    logarithmic: bool = False
    """Whether numbers are taken by their order of magnitude: log(1 + x), and -log(1 - x) below zero."""
    means: tuple[float, ...]
    """One for each column."""
    deviations: tuple[float, ...]
    """One for each column; 1 where all are equal."""

    def scaled(self, values: Floats) -> Floats:
        """Return the columns, comparable; what is not known (nan) stays so."""
        found: Floats = (_magnitudes(values, self.logarithmic) - np.array(self.means)) / np.array(self.deviations)
        return found


def learned_scales(values: Floats, *, logarithmic: bool) -> Scales:
    """Learn scales from rows in any order, nan left out."""
    # A sum of floats depends on its order, which is therefore that of the values.
    in_order = np.sort(_magnitudes(values, logarithmic), axis=0)
    known = ~np.isnan(in_order)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.nansum(in_order, axis=0) / count
    deviations = np.sqrt(np.nansum((in_order - means) ** 2, axis=0) / count)
    return Scales(
        logarithmic=logarithmic,
        means=tuple(means.tolist()),
        deviations=tuple(np.where(deviations > _TINY, deviations, 1.0).tolist()),
    )


def _magnitudes(values: Floats, logarithmic: bool) -> Floats:  # noqa: FBT001  # beside the two places it is used
    return np.sign(values) * np.log1p(np.abs(values)) if logarithmic else values


class NumberGroups(Groups):
    """What was learned of groups by numbers; holds nobody."""

    columns: tuple[str, ...]
    """What the numbers are, as it is shown."""
    weights: tuple[float, ...]
    """How much each column counts."""
    scales: Scales
    """How columns become comparable."""
    least_known: float = Field(ge=0, le=1)
    """Who has a smaller share of the columns is in "too little to say"."""

    def points(self, values: Floats) -> Floats:
        """Return the points of customers, one row each."""
        found: Floats = self.scales.scaled(values) * np.array(self.weights)
        return found

    def told(self, values: Floats) -> Ints:
        """Return the rows of which enough is known."""
        if not self.columns:
            return np.arange(0)
        return np.flatnonzero((~np.isnan(values)).mean(axis=1) >= max(self.least_known, 1e-9))

    def assigned(self, customers: pl.DataFrame, values: Floats) -> pl.DataFrame:
        """Return `customer_id`, `segment` and `margin`, one row a customer.

        Args:
            customers: `customer_id`, one row a row of the values.
            values: One column each; nan is not known.
        """
        rows = self.told(values)
        segment, margin = np.full(len(values), len(self.labels)), np.full(len(values), np.nan)
        if len(rows):
            segment[rows], margin[rows] = nearest(self.points(values[rows]), np.array(self.centres))
        names = np.array([*self.labels, TOO_LITTLE], dtype=object)
        return customers.with_columns(
            segment=pl.Series(names[segment], dtype=pl.String),
            margin=pl.Series(margin, dtype=pl.Float64).fill_nan(None),
        )


def found_groups(
    values: Floats,
    *,
    columns: Sequence[str],
    weights: Sequence[float],
    logarithmic: bool,
    least_known: float,
    search: GroupSearch,
    label_columns: int,
    seed: int,
) -> tuple[NumberGroups, pl.DataFrame]:
    """Find groups of rows, in any order, and describe them.

    Returns:
        What was learned, and `segment`, `measure`, `customers` (of whom it is known), `mean`, `mean_of_all` and `z`
        (how far apart they are, in standard deviations) of each segment and column; null where fewer than five are
        known.
    """
    blank = NumberGroups(
        labels=(ALIKE,), centres=((0.0,) * len(columns),), evidence=(), finding="", columns=tuple(columns),
        weights=tuple(weights), scales=learned_scales(values, logarithmic=logarithmic), least_known=least_known,
    )  # fmt: skip
    rows = values[blank.told(values)]
    rows = rows[canonical_order(rows)]
    learned = blank.model_copy(update={"scales": learned_scales(rows, logarithmic=logarithmic)})
    points = learned.points(rows)
    found = search.find(points, chance=normal_chance(points) if points.size else _nothing, seed=seed)
    segments, _ = nearest(points, found.centres)
    z = learned.scales.scaled(rows)
    several = len(found.centres) > 1
    labels = apart(_labels(z, segments, columns, at_most=label_columns)) if several else (ALIKE,)
    centres = tuple(map(tuple, found.centres.tolist()))
    told = {"labels": labels, "centres": centres, "evidence": found.evidence, "finding": found.finding}
    return learned.model_copy(update=told), _described(rows, z, segments, columns, labels)


def _nothing(_: np.random.Generator, rows: Ints) -> Floats:
    return np.zeros((len(rows), 0))


def _labels(z: Floats, segments: Ints, columns: Sequence[str], *, at_most: int) -> list[str]:
    """Return labels such as "recency low, frequency high": the columns in which a segment is farthest from the mean."""
    labels = []
    for each in range(int(segments.max()) + 1):
        means: list[float] = _means(z[segments == each]).round(9).tolist()
        far = np.argsort(-np.abs(means), kind="stable")[:at_most].tolist()
        told = [
            f"{_plain(columns[place])} {'high' if means[place] > 0 else 'low'}"
            for place in far
            if abs(means[place]) > _TOLD
        ]
        labels.append(", ".join(told) or "middling")
    return labels


def _plain(column: str) -> str:
    return " ".join(column.replace("_", " ").split())


def _means(values: Floats) -> Floats:
    known = ~np.isnan(values)
    found: Floats = np.nansum(values, axis=0) / np.maximum(known.sum(axis=0), 1)
    return found


def _described(rows: Floats, z: Floats, segments: Ints, columns: Sequence[str], labels: Sequence[str]) -> pl.DataFrame:
    schema = {
        "segment": pl.String(), "measure": pl.String(), "customers": pl.Int64(), "mean": pl.Float64(),
        "mean_of_all": pl.Float64(), "z": pl.Float64(),
    }  # fmt: skip
    told = []
    overall, overall_z = _means(rows), _means(z)
    for number, label in enumerate(labels):
        own = segments == number
        known, means, far = (~np.isnan(rows[own])).sum(axis=0), _means(rows[own]), _means(z[own]) - overall_z
        for place, column in enumerate(columns):
            shown = known[place] >= LEAST_SHOWN
            values = (float(means[place]), float(overall[place]), float(far[place])) if shown else (None, None, None)
            told.append((label, column, int(known[place]) if shown else None, *values))
    return pl.DataFrame(told, schema=schema, orient="row")
