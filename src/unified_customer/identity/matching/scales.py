"""The scales on which values of a role are compared: graded levels, equal values by how common they are, special levels.

Levels of one scale are numbered: first the graded ones from unlike to alike, then the equal values from the most common
to the rarest, then the special ones, which have no place in that order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from unified_customer.identity.matching.arrays import Ints, Levels
from unified_customer.identity.matching.roles import Role

RARITIES: Final = 8
"""How many levels equal values have."""

_OCTAVES: Final = 1.5
"""Each level of rarity takes in values that are up to 2 ** 1.5 times as common as those of the next."""


@dataclass(frozen=True)
class Scale:
    """The levels of one role.

    Attributes:
        graded: The graded levels, from unlike to alike.
        special: The special levels.
        unlike: So many of the graded levels say that two values are simply different.
    """

    graded: tuple[str, ...]
    special: tuple[str, ...] = ()
    unlike: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all levels in the order of their numbers."""
        equal = tuple(f"equal, rarity {rarity}" for rarity in range(RARITIES))
        return self.graded + equal + self.special

    @property
    def ordered(self) -> int:
        """How many levels are in the order from unlike to rare and equal."""
        return len(self.graded) + RARITIES

    def __len__(self) -> int:
        """Return the number of levels."""
        return self.ordered + len(self.special)

    def place(self, name: str) -> int:
        """Return the number of a level."""
        return self.names.index(name)


def rarities(counts: Ints) -> Levels:
    """Return for values that so many records have how rare they are: 0 the most common, 7 on one or two records."""
    steps = np.log2(np.maximum(counts, 1)) / _OCTAVES
    return (RARITIES - 1 - np.minimum(steps, RARITIES - 1).astype(np.int64)).astype(np.int8)


SPELLING: Final = (0.6, 0.7, 0.78, 0.85, 0.9, 0.95)
"""Where the similarity of two spellings passes to the next level."""

_SPELT: Final = ("unlike", "below .7", "below .78", "below .85", "below .9", "below .95", "almost equal")
_SWAPPED: Final = ("swapped, rest unlike", "swapped, rest alike", "swapped, rest missing", "swapped")
_DIGITS: Final = ("unlike", "two characters off", "one character off")
_WORDS: Final = Scale(_SPELT, ("part of the other", "most of the other"), unlike=4)

SCALES: Final[Mapping[Role, Scale]] = {
    "given_name": Scale(_SPELT, ("initial", "nickname", *_SWAPPED), unlike=3),
    "family_name": Scale(_SPELT, ("initial", "part of the other"), unlike=3),
    "birth_date": Scale(
        (
            "unlike",
            "same year",
            "same day of the year",
            "two digits off",
            "two parts equal",
            "day and month swapped",
            "one digit off",
        ),
        unlike=3,
    ),
    "email": Scale(
        (
            "unlike",
            "same domain",
            "mailbox somewhat alike",
            "mailbox alike",
            "short mailbox elsewhere",
            "mailbox elsewhere",
            "long mailbox elsewhere",
            "typing error",
            "almost equal",
        )
    ),
    "phone": Scale(_DIGITS),
    "identifier": Scale(_DIGITS),
    "website": Scale(_DIGITS),
    "house_number": Scale(_DIGITS),
    "postcode": Scale(("unlike", "same region", "same area", "one character off", "one character off in the area")),
    "street": _WORDS,
    "organisation": _WORDS,
    "text": _WORDS,
    "city": Scale(_SPELT, unlike=3),
    "region": Scale(("unlike",)),
    "country": Scale(("unlike",)),
    "gender": Scale(("unlike",)),
    "category": Scale(("unlike",)),
}
