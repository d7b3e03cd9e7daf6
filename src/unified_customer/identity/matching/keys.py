"""Blocking keys: what two records must share to be compared at all."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Final

import jellyfish
import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from unified_customer.identity.matching.arrays import Ints, starts_mask
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.roles import Role

Trait = Callable[[pl.Series], pl.Series]

_SEED: Final = 1
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
    return [
        KeyPart(field=column.name, trait=trait)
        for column in records.columns
        for trait in ("value", *_TRAITS.get(column.role, {}))
    ]


def possible_keys(records: Encoded) -> Iterator[tuple[KeyPart, ...]]:
    """Yield every trait, and every two traits of different fields."""
    parts = key_parts(records)
    yield from ((part,) for part in parts)
    yield from ((one, other) for one, other in combinations(parts, 2) if one.field != other.field)


class KeyCodes:
    """The keys of records as hashes of their traits; the traits of each distinct value are worked out once.

    A key depends on the values of its record alone, so records of other batches, or on other machines, have the same one
    (of one version of Polars: hashes are not kept). Of 1,000,000 different keys two are equal with a probability of 3e-8,
    and then two records are compared that need not be.
    """

    def __init__(self, records: Encoded) -> None:
        """Work on these records."""
        self._columns = {column.name: column for column in records.columns}
        self._hashes: dict[KeyPart, Ints] = {}

    def of(self, parts: tuple[KeyPart, ...]) -> tuple[Ints, Ints]:
        """Return the rows of records and their key; a record with several values has several, each once."""
        rows, keys = self._with(parts[0], None)
        for part in parts[1:]:
            rows, keys = self._with(part, (rows, keys))
        if all(self._columns[part.field].slots == 1 for part in parts):
            return rows, keys
        order = np.lexsort((keys, rows))
        rows, keys = rows[order], keys[order]
        new = starts_mask(rows) | starts_mask(keys)
        return rows[new], keys[new]

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

    def _hashed(self, part: KeyPart) -> Ints:
        """Return a number for each value of a column, and zero at the end: where there is none."""
        if part not in self._hashes:
            self._hashes[part] = _hashes_of(self._columns[part.field], part.trait)
        return self._hashes[part]


def _hashes_of(column: Column, trait: str) -> Ints:
    if column.values.is_empty():
        return np.zeros(1, dtype=np.int64)
    traits = column.values if trait == "value" else _TRAITS[column.role][trait](column.values)
    hashes = np.append(traits.hash(_SEED).to_numpy().view(np.int64), 0)
    hashes[:-1][hashes[:-1] == 0] = 1
    if traits.null_count():
        hashes[:-1][traits.is_null().to_numpy()] = 0
    return hashes


def _mixed(keys: Ints, others: Ints) -> Ints:
    """Return one number for two; overflow is part of it."""
    found: Ints = (keys ^ (keys >> 31)) * _FACTOR + others
    return found


def _sound(values: pl.Series) -> pl.Series:
    """Return how each word of the values sounds in English.

    References:
        L. Philips (1990): Hanging on the Metaphone. Computer Language 7 (12).
    """
    sounds = ("".join(map(jellyfish.metaphone, value.split())) or None for value in values)
    return pl.Series(sounds, dtype=pl.String)


def _first(length: int, *, least: int | None = None) -> Trait:
    return lambda values: _long(values, values.str.head(length), least or length)


def _last(length: int, *, least: int) -> Trait:
    return lambda values: _long(values, values.str.tail(length), least)


def _long(values: pl.Series, part: pl.Series, least: int) -> pl.Series:
    return part.set(values.str.len_chars() < least, None)


def _longest_word(values: pl.Series) -> pl.Series:
    words = pl.DataFrame({"row": np.arange(len(values)), "word": values.str.split(" ")}).explode("word")
    longest = words.sort(pl.col("word").str.len_chars(), "word", descending=[True, False])
    return longest.unique("row", keep="first", maintain_order=True).sort("row")["word"]


def _date_part(*slices: tuple[int, int]) -> Trait:
    def part(values: pl.Series) -> pl.Series:
        pieces = [pl.col("date").str.slice(start, length) for start, length in slices]
        whole = pl.when(pl.col("date").str.len_bytes() == 8).then(pl.concat_str(pieces))
        return values.to_frame("date").select(whole)[:, 0]

    return part


def _mailbox(values: pl.Series) -> pl.Series:
    return values.str.extract("^([^@]+)")


def _host(values: pl.Series) -> pl.Series:
    return values.str.extract("@(.+)$")


def _area(values: pl.Series) -> pl.Series:
    long = values.str.len_bytes() > 4
    return values.str.head(-3).zip_with(long, values.str.head(2))


def _half(values: pl.Series, *, last: bool) -> pl.Series:
    half = pl.col("value").str.len_chars() // 2
    part = pl.col("value").str.slice(half) if last else pl.col("value").str.head(half)
    return values.to_frame("value").select(part)[:, 0]


_NAMES: Final[Mapping[str, Trait]] = {
    "sound": _sound,
    "beginning": _first(3),
    "ending": _last(3, least=4),
}
_WORDS: Final[Mapping[str, Trait]] = {"sound": _sound, "beginning": _first(4), "longest word": _longest_word}
_NUMBERS: Final[Mapping[str, Trait]] = {
    "first half": lambda values: _half(values, last=False),
    "second half": lambda values: _half(values, last=True),
}
_TRAITS: Final[Mapping[Role, Mapping[str, Trait]]] = {
    "given_name": _NAMES,
    "family_name": _NAMES,
    "city": {"sound": _sound, "beginning": _first(4)},
    "street": _WORDS,
    "organisation": _WORDS,
    "text": _WORDS,
    "birth_date": {
        "year and month": _date_part((0, 6)),
        "month and day": _date_part((4, 4)),
        "year and day": _date_part((0, 4), (6, 2)),
        "year": _date_part((0, 4)),
    },
    "email": {"mailbox": _mailbox, "beginning": _first(4), "domain": _host},
    "postcode": {"area": _area},
    "identifier": _NUMBERS,
    "phone": _NUMBERS,
}
