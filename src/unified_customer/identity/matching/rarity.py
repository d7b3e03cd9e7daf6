"""How rare values are: kept with a fitted matcher, so that a value weighs the same whenever it is met."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from unified_customer.identity.matching.arrays import Levels
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.scales import RARITIES, rarities

_RAREST = RARITIES - 1


class Rareness(Protocol):
    """Who knows how rare values are."""

    def of(self, column: Column) -> Levels:
        """Return the rarity of each value of a column."""
        ...


class Rarity(BaseModel):
    """How rare the values of each field are, from 0, the most common, to 7, on one or two records.

    Values are kept as hashes and only where they are more common than the rarest. The hashes are pseudonyms, no
    anonymous data: who knows a name can ask whether it is common.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    common: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    """By field, by rarity as text: the hashes of the values that are so rare."""

    def of(self, column: Column) -> Levels:
        """Return the rarity of each value of a column."""
        return self.levels(column.name, column.values)

    def levels(self, field: str, values: pl.Series) -> Levels:
        """Return the rarity of each of some values of a field."""
        known = self._known.get(field, {})
        if not known:
            return np.full(len(values), _RAREST, dtype=np.int8)
        hashed = (known.get(hashed_value(value), _RAREST) for value in values.to_list())
        return np.fromiter(hashed, dtype=np.int8, count=len(values))

    @cached_property
    def _known(self) -> dict[str, dict[str, int]]:
        return {
            field: {value: int(rarity) for rarity, values in common.items() for value in values}
            for field, common in self.common.items()
        }


class Counted:
    """Rarity as counted in some records: what the `Rarity` that is kept of them says, without hashing.

    It knows columns with the same numbers of values alone: those of these records, or of some of them.
    """

    def __init__(self, records: Encoded) -> None:
        """Count the values of `records`."""
        self._found = {column.name: rarities(column.counts) for column in records.columns}

    def of(self, column: Column) -> Levels:
        """Return the rarity of each value of a column."""
        return self._found[column.name]


class Looked:
    """Rarity as a matcher keeps it, looked up once for the values of some records and of no others."""

    def __init__(self, rarity: Rarity, records: Encoded) -> None:
        """Look up the values of `records`."""
        self._found = {column.name: rarity.of(column) for column in records.columns}

    def of(self, column: Column) -> Levels:
        """Return the rarity of each value of a column."""
        return self._found[column.name]


def count_rarity(records: Encoded) -> Rarity:
    """Count how rare the values of `records` are."""
    return Rarity(common={column.name: _common(column) for column in records.columns})


def _common(column: Column) -> dict[str, tuple[str, ...]]:
    rare = pl.DataFrame({"value": column.values, "rarity": rarities(column.counts)})
    kept = rare.filter(pl.col("rarity") < _RAREST)
    grouped = kept.group_by("rarity").agg("value").sort("rarity")
    return {str(rarity): tuple(sorted(map(hashed_value, values))) for rarity, values in grouped.iter_rows()}


def hashed_value(value: str) -> str:
    """Return the pseudonym of a value."""
    return hashlib.blake2b(value.encode(), digest_size=8, person=b"uc-rarity").hexdigest()
