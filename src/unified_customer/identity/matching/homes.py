"""Whether two people live in one home: what fields say of that, which is not what they say of one person.

The weights are those of the bond `household` of a fitted matcher. Given names, birth dates and ids tell nothing here.
Two things are known of homes that no matcher of persons needs to know:

* A house number, or that of a flat, which contradicts the other one is another home, however much alike the rest is.
* An address or a contact that strangers crowd at (a block of flats, a switchboard) is no home of theirs, and neither is
  a town or a postcode where the house is not named. Strangers have no family name in common.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import NONE, Codes, Flags, Ints, Levels, distinct
from unified_customer.identity.matching.blocking import candidates, unpack
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Column, Encoded
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.groups import BONDS, Group, group_of
from unified_customer.identity.matching.keys import BlockingKey, KeyPart
from unified_customer.identity.matching.linkage import Scored
from unified_customer.identity.matching.rarity import Rareness
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES

HOME: Final = "household"
"""The bond of those who share a home."""

OF_HOMES: Final = tuple(bond.name for bond in BONDS if bond.home)

AT_HOME: Final = ("family", "place and contact")
"""Bonds of those who share an address too; where addresses tell the house, it is a home."""

CROWD: Final = 3
"""Who shares an address or a contact with more strangers than this, lives with none of them for that."""

LARGEST_BLOCK: Final = 60
"""No more records than this are compared for one thing that they share."""

_PERSONAL: Final[frozenset[Group]] = frozenset({"given", "birth", "person"})
_HOUSES: Final[tuple[Role, ...]] = ("street", "house_number")
_SHARED: Final[tuple[tuple[Role, ...], ...]] = (
    ("email",), ("phone",), ("postcode",), ("street", "postcode"), ("street", "city"), ("street", "house_number"),
    ("family_name", "postcode"), ("family_name", "street"),
)  # fmt: skip


def home_evidence(columns: Sequence[Column], names: Sequence[str], evidence: Evidence) -> Evidence | None:
    """Return what weighs for one home, against chance and all bonds of people who live apart.

    Args:
        columns: The fields.
        names: The bonds in the order of `evidence`.
        evidence: The weights of a fitted matcher.

    Returns:
        The weights; None where the matcher knows of no homes.
    """
    if HOME not in names:
        return None
    folded = {*OF_HOMES, *(AT_HOME if any(column.role in _HOUSES for column in columns) else ())}
    at_home = [place for place, name in enumerate(names) if name in folded]
    apart = [place for place, name in enumerate(names) if name not in folded]
    silent = [group_of(column) in _PERSONAL for column in columns]
    shared = evidence.bound[names.index(HOME)]
    prior = np.log2(np.exp2(evidence.prior[1:][at_home]).sum())
    return Evidence(
        prior=np.array([prior, *evidence.prior[1:][apart]]),
        one=tuple(
            np.zeros(len(SCALES[column.role])) if said is None or mute else said
            for column, said, mute in zip(columns, shared, silent, strict=True)
        ),
        bound=tuple(
            tuple(None if mute else said for said, mute in zip(evidence.bound[place], silent, strict=True))
            for place in apart
        ),
    )


def pairs_that_share(records: Encoded) -> Ints:
    """Return the pairs of records that share a contact, an address or a family name at a place, packed."""
    found = {each.role: each.name for each in reversed(records.columns)}
    keys = [
        BlockingKey(parts=tuple(KeyPart(field=found[role], trait="value") for role in roles), most=LARGEST_BLOCK)
        for roles in _SHARED
        if all(role in found for role in roles)
    ]
    return candidates(records, keys)


@dataclass(frozen=True)
class Homes:
    """Compares records as to where people live.

    Attributes:
        records: The records.
        owners: For each record the number of its customer.
        evidence: What weighs for one home.
        rarity: How rare values are.
    """

    records: Encoded
    owners: Ints
    evidence: Evidence
    rarity: Rareness

    def score(self, pairs: Ints, *, crowds: "Crowds | None" = None) -> Scored:
        """Return the odds of packed pairs to share a home; of strangers who are in a crowd nothing shared counts."""
        first, second = unpack(len(self.records), pairs)
        levels = self._levels(first, second)
        if crowds is not None:
            self._part(levels, crowds, first, second)
        return Scored(pairs, levels, self.evidence.log_odds(levels))

    def crowds(self, scored: Scored) -> "Crowds":
        """Count with how many strangers each customer shares an address, and with how many a contact."""
        first, second = (self.owners[rows] for rows in unpack(len(self.records), scored.pairs))
        strangers = self._strangers(scored.levels) & (first != second)
        counted = (
            self._met(first, second, strangers & met(scored.levels)) for met in (self._neighbours, self._reached)
        )
        return Crowds(*counted)

    def elsewhere(self, first: Ints, second: Ints) -> Flags:
        """Say of pairs of records whether they speak of two addresses."""
        levels = self._levels(first, second)
        weights = [np.append(self.evidence.one[place], 0.0)[levels[:, place]] for place in self._address]
        return np.asarray(sum(weights, np.zeros(len(first))) < 0)

    def speaks_of_address(self) -> Flags:
        """Say of each record whether it has an address."""
        said = [self.records.columns[place].codes != NONE for place in self._address]
        return _any(np.concatenate([np.zeros((len(self.records), 1), dtype=np.bool_), *said], axis=1))

    def _levels(self, first: Ints, second: Ints) -> Levels:
        levels = compare(self.records, first, second, self.rarity)
        self._set_apart(levels, self._numbers.contradict(first, second))
        return levels

    def _part(self, levels: Levels, crowds: "Crowds", first: Ints, second: Ints) -> None:
        """Let strangers have nothing in common that is no home of theirs."""
        ends = self.owners[first], self.owners[second]
        strangers = self._strangers(levels) & (ends[0] != ends[1])
        if self._houses:
            unsaid = strangers & (levels[:, self._houses] == NONE).all(axis=1)
            levels[np.ix_(unsaid, self._address)] = NONE
        open_ = self._numbers.leave_open(first, second) | crowded(crowds.address, *ends)
        reached = strangers & self._reached(levels) & crowded(crowds.contact, *ends)
        self._set_apart(levels, strangers & self._neighbours(levels) & open_)
        for place in self._contact:
            levels[reached & (levels[:, place] != NONE), place] = 0

    def _set_apart(self, levels: Levels, where: Flags) -> None:
        """Let addresses be two: the street is unlike, and the town says nothing more."""
        for place in self._address:
            levels[where & (levels[:, place] != NONE), place] = 0 if place in self._houses else NONE

    def _strangers(self, levels: Levels) -> Flags:
        return ~_any(self._alike(levels, self._families))

    def _neighbours(self, levels: Levels) -> Flags:
        """Say which pairs are at one address: all that both say of it is alike, the house too."""
        alike, said = self._alike(levels, self._address), levels[:, self._address] != NONE
        return ~_any(~alike & said) & _any(self._alike(levels, self._houses))

    def _reached(self, levels: Levels) -> Flags:
        """Say which pairs have a contact in common."""
        graded = [len(SCALES[self.records.columns[place].role].graded) for place in self._contact]
        return _any(levels[:, self._contact] >= np.array(graded, dtype=np.int8))

    def _alike(self, levels: Levels, places: Sequence[int]) -> Flags:
        unlike = np.array([SCALES[self.records.columns[place].role].unlike for place in places], dtype=np.int8)
        found: Flags = levels[:, places] >= unlike
        return found

    def _met(self, first: Ints, second: Ints, where: Flags) -> Ints:
        size = int(self.owners.max(initial=-1)) + 1
        one, other = (np.concatenate(each) for each in ((first[where], second[where]), (second[where], first[where])))
        pairs, _ = distinct(one * size + other)
        return np.bincount(pairs // max(size, 1), minlength=size).astype(np.int64)

    def _places(self, *groups: Group) -> list[int]:
        return [place for place, column in enumerate(self.records.columns) if group_of(column) in groups]

    @cached_property
    def _address(self) -> list[int]:
        return self._places("address")

    @cached_property
    def _contact(self) -> list[int]:
        return self._places("contact")

    @cached_property
    def _families(self) -> list[int]:
        return self._places("family")

    @cached_property
    def _houses(self) -> list[int]:
        return self.records.with_role(*_HOUSES)

    @cached_property
    def _numbers(self) -> "_Numbers":
        return _Numbers([self.records.columns[place] for place in self._houses], len(self.records))


@dataclass(frozen=True)
class Crowds:
    """With how many strangers each customer shares an address, and a contact."""

    address: Ints
    contact: Ints


def crowded(met: Ints, first: Ints, second: Ints) -> Flags:
    """Say of pairs of customers whether one of them is in a crowd."""
    found: Flags = np.maximum(met[first], met[second]) > CROWD
    return found


def _any(flags: Flags) -> Flags:
    """Say for each row whether any flag is set."""
    found: Flags = np.asarray(flags.any(axis=1))
    return found


class _Numbers:
    """The numbers of house and flat of each record."""

    def __init__(self, columns: Sequence[Column], records: int) -> None:
        texts = [_text(column) for column in columns] or [pl.repeat("", records, eager=True)]
        said = pl.DataFrame(texts).select(pl.concat_str(pl.all(), separator=" ").alias("text"))
        # A letter behind a number is a number of its own: 32d is at 32, and not 32e.
        split = pl.col("text").str.replace_all(r"(\d)\s?([a-z])\b", "$1 #$2")
        found = said.select(numbers=split.str.extract_all(r"\d+|#[a-z]").list.sort())
        text = found["numbers"].list.join(" ")
        known = text.unique().sort()
        self._sets = pl.Series([_counted(each.split()) for each in known], dtype=pl.List(pl.String))
        self._codes: Codes = text.cast(pl.Enum(known)).to_physical().cast(pl.Int32).to_numpy()

    def contradict(self, first: Ints, second: Ints) -> Flags:
        """Say where neither side names all numbers of the other."""
        shared, fewer, _ = self._counts(first, second)
        return shared < fewer

    def leave_open(self, first: Ints, second: Ints) -> Flags:
        """Say where one side names more numbers than the other: a flat in a house."""
        shared, _, more = self._counts(first, second)
        return shared < more

    def _counts(self, first: Ints, second: Ints) -> tuple[Ints, Ints, Ints]:
        """Return how many numbers the sides of each pair share, and how many each has, the fewer first."""
        size = len(self._sets)
        pairs, places = distinct(self._codes[first].astype(np.int64) * size + self._codes[second])
        sides = pl.DataFrame({"a": self._sets.gather(pairs // size), "b": self._sets.gather(pairs % size)})
        lengths = pl.col("a").list.len(), pl.col("b").list.len()
        counts = sides.select(
            shared=pl.col("a").list.set_intersection("b").list.len(),
            fewer=pl.min_horizontal(*lengths),
            more=pl.max_horizontal(*lengths),
        )
        shared, fewer, more = (counts[name].to_numpy().astype(np.int64)[places] for name in counts.columns)
        return shared, fewer, more


def _counted(numbers: Sequence[str]) -> list[str]:
    """Tell equal numbers apart: flat 11 at 11 is not the whole of 11."""
    return [f"{each}/{numbers[:place].count(each)}" for place, each in enumerate(numbers)]


def _text(column: Column) -> pl.Series:
    """Return what each record says in a field, nothing where it is silent."""
    values = pl.concat([column.values.cast(pl.String), pl.Series([""])])
    return values.gather(np.where(column.codes[:, 0] == NONE, len(column.values), column.codes[:, 0])).alias(
        column.name
    )
