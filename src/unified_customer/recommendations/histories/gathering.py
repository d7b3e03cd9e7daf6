"""Histories out of interactions."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
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
_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Coded:
    """Interactions with places in place of names, those of one customer and item one after the other.

    Attributes:
        pairs: Each customer (the upper half of the number) with each item (the lower half) of his, rising.
        starts: Where the interactions of each pair start.
        weights: How much each interaction weighs.
        ages: How many days before the as-of instant each was; None where that is not told.
    """

    pairs: Ints
    starts: Ints
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
    return Histories(
        customers=customers,
        items=items,
        starts=np.searchsorted(coded.pairs, np.arange(len(customers) + 1) << _HALF).astype(np.int64),
        places=(coded.pairs & (2**_HALF - 1)).astype(np.int32),
        layers=_layers(coded, half_life_days),
        origin=np.full(len(customers), -1, np.int64),
    )


def _names(interactions: pl.LazyFrame, column: str) -> Names:
    return Names(interactions.select(pl.col(column).unique().sort()).collect(engine="streaming").to_series())


def _coded(interactions: pl.LazyFrame, as_of: datetime, customers: Names, items: Names) -> Coded:
    """Return interactions with places; names stay in the stream, so that they are never all in memory."""
    age = (pl.lit(as_utc(as_of)) - pl.col("occurred_at")).dt.total_microseconds() / _DAY
    told = (
        interactions.join(_places(customers, "customer_id", "_row"), on="customer_id", maintain_order="left")
        .join(_places(items, "item_id", "_column"), on="item_id", maintain_order="left")
        .select(
            # One number for both: an order by it is an order by row, then column.
            pair=(pl.col("_row").cast(pl.Int64) * 2**_HALF) + pl.col("_column").cast(pl.Int64),
            weight=pl.col("weight").cast(pl.Float32),
            age=age.cast(pl.Float32),
        )
        .collect(engine="streaming")
    )
    _check_finite(told["weight"])
    names = ["pair", "weight"] if told["age"].null_count() else ["pair", "weight", "age"]
    # Columns leave the frame one by one: what has gone into an array is not kept twice.
    arrays = {name: told.drop_in_place(name).to_numpy() for name in names}
    del told
    order = np.argsort(arrays["pair"], kind="stable")
    for name in names:
        arrays[name] = arrays[name][order]
    starts = _starts(arrays["pair"])
    return Coded(arrays["pair"][starts], starts, arrays["weight"], arrays.get("age"))


def _places(names: Names, column: str, place: str) -> pl.LazyFrame:
    return names.listed.rename(column).to_frame().with_row_index(place).lazy()


def _check_finite(weights: pl.Series) -> None:
    wrong = int((~weights.is_finite()).sum())
    if wrong:
        raise SchemaError(f"'weight' of interactions is no finite number in {wrong} rows.")


def _starts(pairs: Ints) -> Ints:
    """Return where the entries of each pair start."""
    return np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1])) if len(pairs) else np.zeros(0, np.int64)


def _layers(coded: Coded, half_life_days: float | None) -> dict[str, Floats32]:
    starts, ages = coded.starts, coded.ages
    layers = {WEIGHT: _sums(coded.weights, starts), TIMES: _counts(starts, len(coded.weights))}
    if ages is None or not len(starts):
        return layers
    last, first = (of.reduceat(ages, starts) for of in (np.minimum, np.maximum))
    fading = 1.0 if half_life_days is None else np.exp2(-ages / half_life_days)
    return layers | {DECAYED: _sums(coded.weights * fading, starts), AGE: last, SPAN: first - last}


def _counts(starts: Ints, size: int) -> Floats32:
    """Return how many there are from each start to the next one, the last one's end being `size`."""
    counts = np.empty(len(starts), np.float32)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1], casting="unsafe")
    counts[-1:] = size - starts[-1:]
    return counts


def _sums(values: Floats32, starts: Ints) -> Floats32:
    summed: Floats = np.add.reduceat(values, starts, dtype=np.float64) if len(starts) else np.zeros(0)
    return summed.astype(np.float32)


def _ordered(found: Histories) -> Histories:
    """Return histories with rows and columns in the order of their shapes, popular ones first."""
    by_row, by_column = _orders(found)
    to_column = np.argsort(by_column)
    starts = np.concatenate([[0], np.cumsum(found.sizes[by_row])]).astype(np.int64)
    places = np.empty_like(found.places)
    layers = {name: np.empty_like(values) for name, values in found.layers.items()}
    for first, last in pairwise(_edges(starts)):
        span, part = slice(starts[first], starts[last]), found.taken(by_row[first:last])
        columns = to_column[part.places]
        order = np.argsort((part.rows << _HALF) | columns, kind="stable")
        places[span] = columns[order]
        for name, values in part.layers.items():
            layers[name][span] = values[order]
    return Histories(
        customers=Names(found.customers.at(by_row)),
        items=Names(found.items.at(by_column)),
        starts=starts,
        places=places,
        layers=layers,
        origin=np.full(len(found), -1, np.int64),
    )


def _orders(found: Histories) -> tuple[Ints, Ints]:
    """Return the rows and the columns in the order of their shapes."""
    rows = np.repeat(np.arange(len(found), dtype=np.int32), found.sizes)
    sizes = len(found), len(found.items)
    of_rows, of_columns = shapes(rows, found.places, found.values(WEIGHT), sizes=sizes)
    return _order(found.sizes, of_rows), _order(np.bincount(found.places, minlength=sizes[1]), of_columns)


def _edges(starts: Ints) -> list[int]:
    """Return rows that part all of them, so that each part has not many more than `_AT_ONCE` values."""
    inner = np.searchsorted(starts, np.arange(0, starts[-1], _AT_ONCE))
    return [*np.unique(inner).tolist(), len(starts) - 1]


def _order(counts: npt.NDArray[np.int64], marks: Marks) -> Ints:
    """Return places in the order of falling counts; marks decide between equals, and then the places themselves."""
    return np.lexsort((marks, -counts))
