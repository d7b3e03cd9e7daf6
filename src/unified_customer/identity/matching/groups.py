"""What fields tell of a person, and how two people who are not one may still be bound to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from unified_customer.identity.matching.encoding import Column
from unified_customer.identity.matching.roles import Role

Group = Literal["given", "family", "birth", "person", "organisation", "address", "contact", "other"]

_GROUPS: Final[Mapping[Role, Group]] = {
    "given_name": "given",
    "family_name": "family",
    "birth_date": "birth",
    "identifier": "person",
    "organisation": "organisation",
    "street": "address",
    "house_number": "address",
    "city": "address",
    "postcode": "address",
    "region": "address",
    "country": "address",
    "text": "other",
    "email": "contact",
    "phone": "contact",
    "website": "contact",
    "gender": "other",
    "category": "other",
}

OTHER_NAMES: Final = "other_names"


def group_of(column: Column) -> Group:
    """Return what a column tells."""
    return "person" if column.name == OTHER_NAMES else _GROUPS[column.role]


@dataclass(frozen=True)
class Bond:
    """A kind of pair of two different people.

    In the `shared` groups they agree as often as the data say. In all others they agree no more often than any two
    people, but for those of a bond `like` another, which agree as often as in that one.

    Attributes:
        name: What binds them.
        shared: The groups of fields in which they agree.
        like: The bond that this is a rare case of.
        home: They live in one home.
        alike: In these groups they are alike, but hardly ever equal.
    """

    name: str
    shared: frozenset[Group]
    like: str | None = None
    home: bool = False
    alike: frozenset[Group] = frozenset()


_HOUSEHOLD: Final[frozenset[Group]] = frozenset({"family", "address", "contact", "other"})

BONDS: Final = (
    Bond("household", _HOUSEHOLD, home=True),
    Bond("place", frozenset({"address", "other"})),
    Bond("family", frozenset({"family", "address", "other"})),
    Bond("contact", frozenset({"contact"})),
    Bond("place and contact", frozenset({"address", "contact", "other"})),
    Bond("namesakes", frozenset({"given", "family", "other"})),
    Bond(
        "group of companies",
        frozenset({"organisation", "address", "contact", "other"}),
        alike=frozenset({"organisation"}),
    ),
    Bond("twins", _HOUSEHOLD | {"birth"}, like="household", home=True),
    Bond("namesakes of a household", _HOUSEHOLD | {"given"}, like="household", home=True),
)
"""Relatives, neighbours and colleagues, whom a matcher that knows only "same" and "random" takes for one person."""


def bonds_between(columns: Sequence[Column]) -> tuple[Bond, ...]:
    """Return the bonds that the columns can tell apart from each other and from chance."""
    present = {group_of(column) for column in columns}
    found: dict[tuple[frozenset[Group], str | None], Bond] = {}
    for bond in BONDS:
        shared = bond.shared & present
        special = bond.like is None or (shared - _HOUSEHOLD and shared & _HOUSEHOLD)
        if shared - {"other"} and special and shared != present:
            found.setdefault((shared, bond.like), replace(bond, shared=shared))
    return tuple(found.values())
