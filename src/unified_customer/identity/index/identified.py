"""The answer to whose a record is, and why."""

from dataclasses import dataclass
from typing import Any

from unified_customer.identity.matching.arrays import NONE, Levels
from unified_customer.identity.matching.levels_in_words import in_words
from unified_customer.identity.matching.matcher import FittedMatcher


@dataclass(frozen=True)
class Because:
    """How one field of a record compares with that of the record that is nearest.

    Attributes:
        field: The field.
        agreement: In words; no value is in it.
        bits: What it weighs for one person against chance.
    """

    field: str
    agreement: str
    bits: float


@dataclass(frozen=True)
class Identified:
    """Whose a record is.

    Attributes:
        customer_id: The customer who has the nearest record of its cluster; None where no known record is in it.
        probability: That the record and the nearest one are of one person; 0 where there is nothing to compare it with.
        nearest: The id of that record: of its cluster, or of all that it was compared with where the cluster has none.
        records: The ids of the known records of its cluster, in ascending order.
        because: How the fields compare with those of the nearest record, from the most weight to the least.
    """

    customer_id: Any = None
    probability: float = 0.0
    nearest: Any = None
    records: tuple[Any, ...] = ()
    because: tuple[Because, ...] = ()


def reasons(matcher: FittedMatcher, levels: Levels) -> tuple[Because, ...]:
    """Return how the fields of a pair compare; fields of which one side says nothing are left out."""
    found = (
        Because(field.name, in_words(field.levels[level]), field.one[level])
        for field, level in zip(matcher.fields, levels.tolist(), strict=True)
        if level != NONE
    )
    return tuple(sorted(found, key=lambda each: -each.bits))
