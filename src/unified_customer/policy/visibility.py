"""What a read may see: the data categories that rules keep from a purpose, and roles from whoever reads."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from unified_customer.core.fields import SPECIAL_CATEGORIES, covered, covers
from unified_customer.core.tables import Table

Rules = Mapping[str, tuple[str, ...]]
"""Purpose -> data categories that it may never read."""


class Columns(NamedTuple):
    """The columns of a table, parted by what a read may see."""

    visible: tuple[str, ...]
    withheld: tuple[str, ...]


def parted(table: Table, seen: Collection[str]) -> Columns:
    """Return the columns of `table` whose category is among those `seen`, and the others, in the table's order."""
    return Columns(
        tuple(name for name, field in table.fields.items() if field.category in seen),
        tuple(name for name, field in table.fields.items() if field.category not in seen),
    )


def seen_of(categories: Iterable[str], *, never: tuple[str, ...], hidden: Sequence[tuple[str, ...]]) -> set[str]:
    """Return those of `categories` that a read may see.

    Args:
        categories: Data categories.
        never: What the purpose may never read.
        hidden: What each role of whoever reads may not see; what one of them may see is seen.
    """
    return {
        each
        for each in categories
        if not covered(each, never) and any(not covered(each, withheld) for withheld in hidden)
    }


def never_read(purpose: str, rules: Iterable[Rules], *, special_purposes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the data categories that a purpose may never read.

    A rule about a purpose holds for its children, and for the whole that it is a part of.
    """
    special = () if covered(purpose, special_purposes) else SPECIAL_CATEGORIES
    return (*special, *(category for each in rules for category in _forbidden(each, purpose)))


def _forbidden(rules: Rules, purpose: str) -> Iterator[str]:
    for each, categories in rules.items():
        if covers(each, purpose) or covers(purpose, each):
            yield from categories
