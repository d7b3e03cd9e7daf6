"""Blocking keys: what two records must share to be compared at all."""

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import combinations, product
from typing import Final

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from unified_customer.identity.matching.arrays import Ints, starts_mask
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.traits import TRAITS
from unified_customer.identity.normalise.distinct import FEW

_SEED: Final = 1
_OVERFLOW: Final = 2**63
_FACTOR: Final = -7046029254386353131
"""Odd, and of no simple pattern: 2 ** 64 divided by the golden ratio."""


class KeyPart(BaseModel):
    """One trait of one field: the whole value, how it sounds, what it begins with."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    field: str
    trait: str

    def __str__(self) -> str:
        """Return the field and its trait."""
        return self.field if self.trait == "value" else f"{self.trait} of {self.field}"


class BlockingKey(BaseModel):
    """Records that agree in all `parts` are compared, unless more than `most` of them do."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    parts: tuple[KeyPart, ...]
    most: int = 2

    def __str__(self) -> str:
        """Return the parts and the limit."""
        return f"{' and '.join(map(str, self.parts))} (at most {self.most} records)"


def key_parts(records: Encoded) -> list[KeyPart]:
    """Return every trait of every field of `records`."""
    return [part for column in records.columns for part in parts_of(column)]


def parts_of(column: Column) -> list[KeyPart]:
    """Return every trait of a field."""
    return [KeyPart(field=column.name, trait=trait) for trait in ("value", *TRAITS.get(column.role, {}))]


def possible_keys(records: Encoded) -> Iterator[tuple[KeyPart, ...]]:
    """Yield every trait, and every two traits of different fields."""
    parts = key_parts(records)
    yield from ((part,) for part in parts)
    yield from ((one, other) for one, other in combinations(parts, 2) if one.field != other.field)


class KeyCodes:
    """The keys of records as hashes of their traits; the traits of each distinct value are worked out once.

    A key depends on the values of its record alone, so records of other batches, or on other machines, have the same
    one (of one version of Polars: hashes are not kept). Of 1,000,000 different keys two are equal with a probability of
    3e-8, and then two records are compared that need not be.
    """

    def __init__(self, records: Encoded) -> None:
        """Work on these records."""
        self._few = len(records) <= FEW and all(len(column.values) <= FEW for column in records.columns)
        self._said: dict[tuple[str, str], list[list[int]]] = {}
        self._columns = {column.name: column for column in records.columns}
        self._hashes: dict[KeyPart, Ints] = {}

    def of(self, parts: tuple[KeyPart, ...]) -> tuple[Ints, Ints]:
        """Return the rows of records and their key; a record with several values has several, each once."""
        if self._few:
            return self._of_few(parts)
        rows, keys = self._with(parts[0], None)
        for part in parts[1:]:
            rows, keys = self._with(part, (rows, keys))
        if all(self._columns[part.field].slots == 1 for part in parts):
            return rows, keys
        order = np.lexsort((keys, rows))
        rows, keys = rows[order], keys[order]
        new = starts_mask(rows) | starts_mask(keys)
        return rows[new], keys[new]

    def entries(self, parts: tuple[KeyPart, ...]) -> Iterable[tuple[int, int]]:
        """Return the row and key of each record, as `of` does, one by one."""
        if self._few:
            return ((row, key) for row, keys in enumerate(self._of_each(parts)) for key in keys)
        return zip(*(each.tolist() for each in self.of(parts)), strict=True)

    def _of_few(self, parts: tuple[KeyPart, ...]) -> tuple[Ints, Ints]:
        """Mix the hashes of a few records in plain Python: somebody may wait for the answer."""
        found = [(row, key) for row, keys in enumerate(self._of_each(parts)) for key in sorted(keys)]
        rows, keys = zip(*found, strict=True) if found else ((), ())
        return np.array(rows, dtype=np.int64), np.array(keys, dtype=np.int64)

    def _of_each(self, parts: tuple[KeyPart, ...]) -> Iterator[set[int]]:
        """Yield the keys of each of a few records."""
        if len(parts) == 1:
            yield from map(set, self._hashes_by_row(parts[0]))
            return
        for values in zip(*map(self._hashes_by_row, parts), strict=True):
            yield {reduce(_mix, each) for each in product(*values)} if all(values) else set()

    def _hashes_by_row(self, part: KeyPart) -> list[list[int]]:
        name = part.field, part.trait
        if name not in self._said:
            hashes = self._hashed(part).tolist()
            rows = self._columns[part.field].codes.tolist()
            self._said[name] = [[hashes[code] for code in codes if hashes[code]] for codes in rows]
        return self._said[name]

    def _with(self, part: KeyPart, known: tuple[Ints, Ints] | None) -> tuple[Ints, Ints]:
        column, found = self._columns[part.field], []
        hashes = self._hashed(part)
        for slot in range(column.slots):
            codes = column.codes[:, slot] if known is None else column.codes[known[0], slot]
            said = hashes[codes]
            has = np.flatnonzero(said != 0)
            rows = has if known is None else known[0][has]
            found.append((rows, said[has] if known is None else _mixed(known[1][has], said[has])))
        return np.concatenate([rows for rows, _ in found]), np.concatenate([keys for _, keys in found])

    def _all_hashed(self) -> dict[KeyPart, Ints]:
        """Hash all traits of a few records at once: somebody may wait for the answer."""
        traits = {part: _few_traits(column, part) for column in self._columns.values() for part in parts_of(column)}
        hashes = _hashes(pl.Series([said for each in traits.values() for said in each], dtype=pl.String))
        ends = np.cumsum([len(each) for each in traits.values()])
        return {
            part: np.append(hashes[end - len(each) : end], 0)
            for (part, each), end in zip(traits.items(), ends, strict=True)
        }

    def _hashed(self, part: KeyPart) -> Ints:
        """Return a number for each value of a column, and zero at the end: where there is none."""
        if part not in self._hashes:
            column = self._columns[part.field]
            self._hashes |= self._all_hashed() if self._few else {part: _hashes(_traits(column, part.trait))}
        return self._hashes[part]


def _few_traits(column: Column, part: KeyPart) -> list[str | None]:
    if part.trait == "value":
        return column.values.to_list()
    of_one = TRAITS[column.role][part.trait].of_one
    return [of_one(value) for value in column.values.to_list()]


def _traits(column: Column, trait: str) -> pl.Series:
    return column.values if trait == "value" else TRAITS[column.role][trait](column.values)


def _hashes(traits: pl.Series) -> Ints:
    hashes = np.append(traits.hash(_SEED).to_numpy().view(np.int64), 0)
    hashes[:-1][hashes[:-1] == 0] = 1
    if traits.null_count():
        hashes[:-1][traits.is_null().to_numpy()] = 0
    return hashes


def _mix(key: int, other: int) -> int:
    """Return what `_mixed` returns of one key."""
    found = (key ^ (key >> 31)) * _FACTOR + other
    return (found + _OVERFLOW) % (2 * _OVERFLOW) - _OVERFLOW


def _mixed(keys: Ints, others: Ints) -> Ints:
    """Return one number for two; overflow is part of it."""
    found: Ints = (keys ^ (keys >> 31)) * _FACTOR + others
    return found
