"""What each of some customers did with each item."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories.names import Names

Floats32 = npt.NDArray[np.float32]
Places = npt.NDArray[np.int32]

WEIGHT: Final = "weight"
DECAYED: Final = "decayed"
TIMES: Final = "times"
AGE: Final = "age"
SPAN: Final = "span"


@dataclass(frozen=True, eq=False)
class Histories:
    """A sparse matrix of customers and items with several values at each place.

    Attributes:
        customers: Who the rows are.
        items: What the columns are, popular ones first.
        starts: Where the values of each row start, and where those of the last one end.
        places: The column of each value, rising in each row.
        layers: The values: `weight` (weights of all interactions added up), `times` (how many there were), and where
            they have times `decayed` (weights, each the less the older), `age` (days from the last one to the as-of
            instant) and `span` (days from the first one to the last).
        origin: At which place a model learned this very history; -1 for one that it has not seen.
    """

    customers: Names = field(repr=False)
    items: Names = field(repr=False)
    starts: Ints = field(repr=False)
    places: Places = field(repr=False)
    layers: Mapping[str, Floats32] = field(repr=False)
    origin: Ints = field(repr=False)

    def __len__(self) -> int:
        """Return how many customers there are."""
        return len(self.starts) - 1

    @property
    def timed(self) -> bool:
        """Whether interactions have times."""
        return AGE in self.layers

    @cached_property
    def sizes(self) -> Ints:
        """How many items there are in each row."""
        return np.diff(self.starts)

    @property
    def rows(self) -> Ints:
        """The row of each value, made anew each time: kept, it would be larger than any layer."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def values(self, layer: str) -> Floats32:
        """Return the values of a layer; decayed weights of what has no times are the weights."""
        return self.layers[WEIGHT if layer == DECAYED and layer not in self.layers else layer]

    def matrix(self, values: "Floats32 | str") -> Any:
        """Return a sparse matrix (CSR) of one layer, or of values at the same places."""
        from scipy.sparse import csr_array

        data = self.values(values) if isinstance(values, str) else values
        return csr_array((data, self.places, self.starts), shape=(len(self), len(self.items)))

    def once(self) -> Floats32:
        """Return 1 for all that is wanted, whatever its weight, and 0 for all else."""
        return (self.layers[WEIGHT] > 0).astype(np.float32)

    def taken(self, rows: Ints) -> "Histories":
        """Return some of the rows, in the order that is given."""
        sizes = self.sizes[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        picked = np.repeat(self.starts[rows] - starts[:-1], sizes) + np.arange(starts[-1])
        return replace(
            self,
            customers=Names(self.customers.at(rows)),
            starts=starts,
            places=self.places[picked],
            layers={name: values[picked] for name, values in self.layers.items()},
            origin=self.origin[rows],
        )

    def learned(self) -> "Histories":
        """Return the same histories as those that a model learns: each at its place."""
        return replace(self, origin=np.arange(len(self)))

    def only(self, mask: "npt.NDArray[np.bool_]") -> "Histories":
        """Return all rows with those of their values alone that a mask tells."""
        return replace(
            self,
            starts=np.concatenate([[0], np.cumsum(np.bincount(self.rows[mask], minlength=len(self)))]).astype(np.int64),
            places=self.places[mask],
            layers={name: values[mask] for name, values in self.layers.items()},
        )

    def without(self, customers: pl.Series) -> "Histories":
        """Return the rows of all other customers."""
        gone = self.customers.places(customers)
        return self.taken(np.setdiff1d(np.arange(len(self)), gone[gone >= 0]))

    def pairs(self) -> pl.DataFrame:
        """Return a row for each customer and item: `customer_id`, `item_id` and the layers."""
        names = {"customer_id": self.customers.at(self.rows), "item_id": self.items.at(self.places.astype(np.int64))}
        return pl.DataFrame(names | {name: pl.Series(values) for name, values in self.layers.items()})
