"""Traits of values, by which records find each other: how a name sounds, what a street begins with, the year of a date.

Each trait is there twice: of one value in plain Python, for a single record whose answer somebody waits for, and of a
column. A law holds the two together.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import jellyfish
import polars as pl

from unified_customer.identity.matching.roles import Role
from unified_customer.identity.normalise.distinct import FEW, ask_each, asking, formed


class Trait(NamedTuple):
    """A trait.

    Attributes:
        of_one: From a value to its trait; None where it has none.
        of_column: The same as an expression.
    """

    of_one: Callable[[str], str | None]
    of_column: Callable[[pl.Expr], pl.Expr]

    def __call__(self, values: pl.Series) -> pl.Series:
        """Return the trait of each value; of a few in plain Python."""
        if len(values) <= FEW:
            return pl.Series([self.of_one(value) for value in values.to_list()], dtype=pl.String)
        return formed(values, self.of_column)


def _metaphones(value: str) -> str | None:
    """Return how each word of a value sounds in English.

    References:
        L. Philips (1990): Hanging on the Metaphone. Computer Language 7 (12).
    """
    return "".join(map(jellyfish.metaphone, value.split())) or None


def _beginning(length: int) -> Trait:
    return Trait(
        lambda value: value[:length] if len(value) >= length else None,
        lambda values: pl.when(values.str.len_chars() >= length).then(values.str.head(length)),
    )


def _ending(length: int, *, least: int) -> Trait:
    return Trait(
        lambda value: value[-length:] if len(value) >= least else None,
        lambda values: pl.when(values.str.len_chars() >= least).then(values.str.tail(length)),
    )


def _longest(values: pl.Expr) -> pl.Expr:
    word = pl.element()
    longest = word.sort_by(word.str.len_chars(), word, descending=[True, False]).first()
    return values.str.split(" ").list.eval(longest).list.first()


def _date_part(*slices: tuple[int, int]) -> Trait:
    def of_column(values: pl.Expr) -> pl.Expr:
        pieces = [values.str.slice(start, length) for start, length in slices]
        return pl.when(values.str.len_chars() == 8).then(pl.concat_str(pieces))

    def of_one(value: str) -> str | None:
        return "".join(value[start : start + length] for start, length in slices) if len(value) == 8 else None

    return Trait(of_one, of_column)


def _before_at(value: str) -> str | None:
    return value.partition("@")[0] or None


def _behind_at(value: str) -> str | None:
    return value.partition("@")[2] or None


def _area(values: pl.Expr) -> pl.Expr:
    return pl.when(values.str.len_chars() > 4).then(values.str.head(-3)).otherwise(values.str.head(2))


AREA: Final = Trait(lambda value: value[:-3] if len(value) > 4 else value[:2], _area)
"""What a postcode begins with: all but the last three characters, at least two."""
_SOUND: Final = Trait(_metaphones, lambda values: asking(values, lambda said: ask_each(said, _metaphones)))
_LONGEST_WORD: Final = Trait(lambda value: min(value.split(" "), key=lambda word: (-len(word), word)), _longest)
_NAMES: Final[Mapping[str, Trait]] = {"sound": _SOUND, "beginning": _beginning(3), "ending": _ending(3, least=4)}
_WORDS: Final[Mapping[str, Trait]] = {"sound": _SOUND, "beginning": _beginning(4), "longest word": _LONGEST_WORD}
_NUMBERS: Final[Mapping[str, Trait]] = {
    "first half": Trait(
        lambda value: value[: len(value) // 2], lambda values: values.str.head(values.str.len_chars() // 2)
    ),
    "second half": Trait(
        lambda value: value[len(value) // 2 :], lambda values: values.str.slice(values.str.len_chars() // 2)
    ),
}
TRAITS: Final[Mapping[Role, Mapping[str, Trait]]] = {
    "given_name": _NAMES,
    "family_name": _NAMES,
    "city": {"sound": _SOUND, "beginning": _beginning(4)},
    "street": _WORDS,
    "organisation": _WORDS,
    "text": _WORDS,
    "birth_date": {
        "year and month": _date_part((0, 6)),
        "month and day": _date_part((4, 4)),
        "year and day": _date_part((0, 4), (6, 2)),
        "year": _date_part((0, 4)),
    },
    "email": {
        "mailbox": Trait(_before_at, lambda values: values.str.extract("^([^@]+)")),
        "beginning": _beginning(4),
        "domain": Trait(_behind_at, lambda values: values.str.extract("(?s)@(.+)$")),
    },
    "postcode": {"area": AREA},
    "identifier": _NUMBERS,
    "phone": _NUMBERS,
}
"""The traits of the values of each role by name, beside the whole value."""
