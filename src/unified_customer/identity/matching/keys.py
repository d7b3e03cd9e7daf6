"""Blocking keys: what two records must share to be compared at all."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Final

import jellyfish
import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from unified_customer.identity.matching.arrays import NONE, Codes, Ints
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.roles import Role

Trait = Callable[[pl.Series], pl.Series]


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
    """The traits of records as numbers, each worked out once."""

    def __init__(self, records: Encoded) -> None:
        """Work on these records."""
        self._records = records
        self._columns = {column.name: column for column in records.columns}
        self._codes: dict[KeyPart, tuple[Codes, int]] = {}

    def of(self, parts: tuple[KeyPart, ...]) -> tuple[Ints, Ints]:
        """Return the rows of records and their key; a record with several values has several."""
        rows, keys = self._single(parts[0])
        for part in parts[1:]:
            rows, keys = self._joined(rows, keys, part)
        return rows, keys

    def _single(self, part: KeyPart) -> tuple[Ints, Ints]:
        codes, _ = self._coded(part)
        rows, slots = np.nonzero(codes != NONE)
        return rows.astype(np.int64), codes[rows, slots].astype(np.int64)

    def _joined(self, rows: Ints, keys: Ints, part: KeyPart) -> tuple[Ints, Ints]:
        codes, size = self._coded(part)
        found = []
        for slot in range(codes.shape[1]):
            said = codes[rows, slot]
            has = said != NONE
            found.append((rows[has], keys[has] * size + said[has]))
        return np.concatenate([each[0] for each in found]), np.concatenate([each[1] for each in found])

    def _coded(self, part: KeyPart) -> tuple[Codes, int]:
        if part not in self._codes:
            self._codes[part] = _codes_of(self._columns[part.field], part.trait)
        return self._codes[part]


def _codes_of(column: Column, trait: str) -> tuple[Codes, int]:
    if trait == "value":
        return column.codes, len(column.values)
    traits = _TRAITS[column.role][trait](column.values)
    known = traits.drop_nulls().unique().sort()
    numbers = traits.cast(pl.Enum(known)).to_physical().cast(pl.Int32).fill_null(NONE).to_numpy()
    return np.append(numbers, NONE).astype(np.int32)[column.codes], len(known)


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
