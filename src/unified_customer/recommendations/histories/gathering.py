"""Histories out of interactions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.histories.histories import AGE, DECAYED, SPAN, TIMES, WEIGHT, Floats32, Histories
from unified_customer.recommendations.histories.names import Names
from unified_customer.recommendations.histories.order import Marks, shapes

_DAY: Final = 86_400_000_000
_HALF: Final = 32


@dataclass(frozen=True, eq=False)
class Coded:
    """Interactions with places in place of names, those of one customer and item one after the other.

    Attributes:
        rows: Which customer.
        columns: Which item.
        weights: How much it weighs.
        ages: How many days before the as-of instant it was; None where that is not told.
    """

    rows: Ints
    columns: Ints
    weights: Floats32
    ages: Floats32 | None


def gathered(interactions: pl.LazyFrame, *, as_of: datetime, half_life_days: float | None) -> Histories:
    """Return the histories that interactions tell of, in an order that comes from what customers did.

    Args:
        interactions: `customer_id`, `item_id`, `occurred_at` (null: not told) and `weight`.
        as_of: The instant from which ages are counted.
        half_life_days: After how many days a weight counts half in the layer `decayed`; None: never.

    Raises:
        SchemaError: A weight is no finite number.
    """
    customers, items = _names(interactions, "customer_id"), _names(interactions, "item_id")
    found = placed(interactions, as_of=as_of, half_life_days=half_life_days, customers=customers, items=items)
    return _ordered(found)


def placed(
    interactions: pl.LazyFrame, *, as_of: datetime, half_life_days: float | None, customers: Names, items: Names
) -> Histories:
    """Return the histories of some customers with some items, in the order of these; all else is left out."""
    coded = _coded(interactions, as_of, customers, items)
    starts = _starts(coded)
    rows = coded.rows[starts] if len(starts) else coded.rows
    return Histories(
        customers=customers,
        items=items,
        starts=np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(customers)))]).astype(np.int64),
        places=coded.columns[starts].astype(np.int32),
        layers=_layers(coded, starts, half_life_days),
        origin=np.full(len(customers), -1, np.int64),
    )


def _names(interactions: pl.LazyFrame, column: str) -> Names:
    return Names(interactions.select(pl.col(column).unique().sort()).collect().to_series())


def _coded(interactions: pl.LazyFrame, as_of: datetime, customers: Names, items: Names) -> Coded:
    age = (pl.lit(as_utc(as_of)) - pl.col("occurred_at")).dt.total_microseconds() / _DAY
    told = (
        interactions.join(_places(customers, "customer_id", "_row"), on="customer_id", how="inner")
        .join(_places(items, "item_id", "_column"), on="item_id", how="inner")
        .select(
            # One number for both: an order by it is an order by row, then column.
            pair=(pl.col("_row").cast(pl.Int64) * 2**_HALF) + pl.col("_column").cast(pl.Int64),
            weight=pl.col("weight").cast(pl.Float32),
            age=age.cast(pl.Float32),
        )
        .collect()
    )
    _check_finite(told["weight"])
    pairs = told["pair"].to_numpy()
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    ages = None if told["age"].null_count() else told["age"].to_numpy()[order]
    return Coded(pairs >> _HALF, pairs & (2**_HALF - 1), told["weight"].to_numpy()[order], ages)


def _places(names: Names, column: str, place: str) -> pl.LazyFrame:
    return names.listed.rename(column).to_frame().with_row_index(place).lazy()


def _check_finite(weights: pl.Series) -> None:
    wrong = int((~weights.is_finite()).sum())
    if wrong:
        raise SchemaError(f"'weight' of interactions is no finite number in {wrong} rows.")


def _starts(coded: Coded) -> Ints:
    """Return where the entries of each pair start."""
    if not len(coded.rows):
        return np.zeros(0, np.int64)
    changed = (np.diff(coded.rows) != 0) | (np.diff(coded.columns) != 0)
    return np.concatenate([[0], np.flatnonzero(changed) + 1])


def _layers(coded: Coded, starts: Ints, half_life_days: float | None) -> dict[str, Floats32]:
    counts = np.diff(np.append(starts, len(coded.rows)))
    layers = {WEIGHT: _sums(coded.weights, starts), TIMES: counts.astype(np.float32)}
    if coded.ages is None or not len(starts):
        return layers
    last, first = (of.reduceat(coded.ages, starts) for of in (np.minimum, np.maximum))
    fading = 1.0 if half_life_days is None else np.exp2(-coded.ages / half_life_days)
    return layers | {DECAYED: _sums(coded.weights * fading, starts), AGE: last, SPAN: first - last}


def _sums(values: Floats32, starts: Ints) -> Floats32:
    summed: Floats = np.add.reduceat(values, starts, dtype=np.float64) if len(starts) else np.zeros(0)
    return summed.astype(np.float32)


def _ordered(found: Histories) -> Histories:
    """Return histories with rows and columns in the order of their shapes, popular ones first."""
    rows, columns = found.rows, found.places.astype(np.int64)
    of_rows, of_columns = shapes(rows, columns, found.values(WEIGHT), sizes=(len(found), len(found.items)))
    by_row = _order(found.sizes, of_rows)
    by_column = _order(np.bincount(columns, minlength=len(found.items)), of_columns)
    to_row, to_column = np.argsort(by_row), np.argsort(by_column)
    pairs = to_row[rows]
    pairs <<= _HALF
    pairs |= to_column[columns]
    order = np.argsort(pairs, kind="stable")
    return Histories(
        customers=Names(found.customers.at(by_row)),
        items=Names(found.items.at(by_column)),
        starts=np.concatenate([[0], np.cumsum(found.sizes[by_row])]).astype(np.int64),
        places=to_column[columns[order]].astype(np.int32),
        layers={name: values[order] for name, values in found.layers.items()},
        origin=np.full(len(found), -1, np.int64),
    )


def _order(counts: npt.NDArray[np.int64], marks: Marks) -> Ints:
    """Return places in the order of falling counts; marks decide between equals, and then the places themselves."""
    return np.lexsort((marks, -counts))
