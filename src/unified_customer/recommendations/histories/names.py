"""Names of customers or items, and the places at which they stand in arrays."""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Ints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FEW: Final = 8
"""So few names are looked for one by one: what is made for many takes longer."""


@dataclass(frozen=True, eq=False)
class Names:
    """Different names, each at its place.

    Examples:
        >>> names = Names(pl.Series(["tea", "cup"]))
        >>> names.places(["cup", "pot"]).tolist(), names.at([0]).to_list()
        ([1, -1], ['tea'])
    """

    listed: pl.Series = field(repr=False)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.listed)

    @cached_property
    def _sorted(self) -> tuple[pl.Series, Ints]:
        order = self.listed.arg_sort()
        return self.listed.gather(order), order.to_numpy().astype(np.int64)

    def places(self, names: "Iterable[str] | pl.Series") -> Ints:
        """Return the place of each name; -1 for one that is not there."""
        asked = names if isinstance(names, pl.Series) else pl.Series(list(names), dtype=pl.String)
        if not len(self) or not len(asked):
            return np.full(len(asked), -1, np.int64)
        known, order = self._sorted
        if len(asked) <= _FEW:
            return np.array([self._place(name) for name in asked], np.int64)
        found = np.minimum(known.search_sorted(asked).to_numpy().astype(np.int64), len(self) - 1)
        same = (known.gather(found) == asked).fill_null(value=False).to_numpy()
        return np.where(same, order[found], -1)

    def _place(self, name: str | None) -> int:
        known, order = self._sorted
        found = len(known) if name is None else bisect_left(known, name)
        return int(order[found]) if found < len(known) and known[found] == name else -1

    def at(self, places: "Ints | Sequence[int]") -> pl.Series:
        """Return the names at some places."""
        return self.listed.gather(np.asarray(places, dtype=np.int64))

    def __contains__(self, name: str) -> bool:
        """Return whether a name is there."""
        return bool(self.places([name])[0] >= 0)
