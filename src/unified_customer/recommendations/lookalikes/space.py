"""The space in which customers are like one another: a few numbers of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import polars.selectors as cs

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.learning import Floats, canonical_order, leading_directions
from unified_customer.recommendations.histories import Histories, gathered
from unified_customer.recommendations.interactions.reading import rows_before

if TYPE_CHECKING:
    from unified_customer.recommendations.lookalikes.spec import LookAlike

VECTORS = "vectors"
_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class Space:
    """Points of customers.

    Attributes:
        customers: Who they are, each once.
        points: One row a customer, one column a number; each column has the mean 0 and the spread 1.
    """

    customers: pl.Series = field(repr=False)
    points: Floats = field(repr=False)


def space_before(spec: "LookAlike", tables: Mapping[str, Native], *, as_of: datetime) -> Space:
    """Return the points of customers by the vectors that are given, else by what they did before an instant."""
    if VECTORS in tables:
        return _given(tables[VECTORS])
    rows = rows_before(spec.interactions, tables, as_of=as_of)
    histories = gathered(rows, as_of=as_of, half_life_days=None)
    return _of_histories(histories, spec.directions, spec.seed)


def _given(native: Native) -> Space:
    frame = collected(opened(native, columns=["customer_id"], name=VECTORS))
    numbers = frame.select(cs.numeric() - cs.by_name("customer_id")).cast(pl.Float64)
    if not numbers.width:
        raise SchemaError("'vectors' has no column of numbers.")
    if frame["customer_id"].null_count() or frame["customer_id"].is_duplicated().any():
        raise SchemaError("'vectors' has one row for each customer, and a customer in each row; this one has not.")
    wrong = [name for name in numbers.columns if not numbers[name].is_finite().fill_null(value=False).all()]
    if wrong:
        raise SchemaError(f"{wrong[0]!r} of 'vectors' is not a number in every row. Fill what is not known first.")
    return Space(frame["customer_id"].cast(pl.String), _even(numbers.to_numpy()))


def _of_histories(histories: Histories, directions: int, seed: int) -> Space:
    """Return points of what customers want, rare items counting more, and of how many items they want."""
    wanted = histories.once()
    buyers = np.bincount(histories.places, weights=wanted, minlength=len(histories.items))
    rare = np.log(1 + len(histories) / np.maximum(buyers, 1))
    values = wanted * rare[histories.places]
    lengths = np.sqrt(np.bincount(histories.rows, weights=values**2, minlength=len(histories)))
    unit = values / np.maximum(lengths, _LEAST)[histories.rows]
    matrix = histories.matrix(unit.astype(np.float64))
    found = leading_directions(matrix[canonical_order(matrix)], columns=directions, seed=seed)
    many = np.log1p(np.bincount(histories.rows, weights=wanted, minlength=len(histories)))
    points = np.column_stack([np.asarray(matrix @ found), many])
    # What is the same in exact numbers may differ in its last digits.
    return Space(histories.customers.listed, _even(np.round(points, 9)))


def _even(points: Floats) -> Floats:
    """Return columns of the mean 0 and the spread 1; columns that say nothing are left out."""
    ordered = points[canonical_order(points)]
    mean, spread = ordered.mean(axis=0), ordered.std(axis=0)
    kept = spread > _LEAST
    found: Floats = (points[:, kept] - mean[kept]) / spread[kept]
    return found
