"""Levels of agreement in words that can be read aloud."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import RARITIES, SCALES, rarities

_WORDS: Final[Mapping[str, str]] = {
    "below .7": "spelling a little alike (.6 to .7)",
    "below .78": "spelling somewhat alike (.7 to .78)",
    "below .85": "spelling alike (.78 to .85)",
    "below .9": "spelling much alike (.85 to .9)",
    "below .95": "spelling very much alike (.9 to .95)",
    "almost equal": "almost equal",
    "initial": "one is the initial of the other",
    "nickname": "one is a nickname of the other",
    "part of the other": "one is part of the other",
    "most of the other": "one is most of the other",
    "swapped": "given and family name swapped",
    "swapped, rest alike": "one name swapped, the other alike",
    "swapped, rest unlike": "one name swapped, the other unlike",
    "swapped, rest missing": "one name swapped, the other missing",
    "same domain": "other mailbox, same domain",
    "short mailbox elsewhere": "same short mailbox, other domain",
    "mailbox elsewhere": "same mailbox, other domain",
    "long mailbox elsewhere": "same long mailbox, other domain",
    "one character off in the area": "one character off, same area",
}
"""Names of levels that need more words; all others are words already."""

_EQUAL: Final = "equal, rarity "
_MOST: Final = 4096
"""More records than any border between two rarities."""


def in_words(level: str) -> str:
    """Return the name of a level as it is read aloud.

    Examples:
        >>> in_words("nickname")
        'one is a nickname of the other'
        >>> in_words("equal, rarity 6")
        'equal, as 3 to 7 records are'
    """
    if level.startswith(_EQUAL):
        return _EQUALS[int(level.removeprefix(_EQUAL))]
    return _WORDS.get(level, level)


def silence(role: Role, value_a: str | None, value_b: str | None) -> str:
    """Return why a field has no level.

    Examples:
        >>> silence("city", "ghent", None)
        'missing on one side'
    """
    if value_a is None or value_b is None:
        return "missing on both sides" if value_a is None and value_b is None else "missing on one side"
    return "counted with the given name" if role == "family_name" else "alike as the names are: says no more"


def words_of(role: Role) -> tuple[str, ...]:
    """Return the words for all levels of a role, in the order of their numbers."""
    return tuple(in_words(level) for level in SCALES[role].names)


def _equals() -> tuple[str, ...]:
    counts = np.arange(1, _MOST)
    found = rarities(counts)
    borders = [(counts[found == rarity].min(), counts[found == rarity].max()) for rarity in range(RARITIES)]
    spans = [f"{least} or more" if most == _MOST - 1 else _span(least, most) for least, most in borders]
    return tuple(f"equal, as {span} records are" for span in spans)


def _span(least: int, most: int) -> str:
    return f"{least} or {most}" if most - least == 1 else f"{least} to {most}"


_EQUALS: Final = _equals()
