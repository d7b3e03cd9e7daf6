"""The part of a fitted matcher that other tools of the Fellegi-Sunter kind understand: levels by one measure, m and u, a prior.

A shared level is null, exact, at least so similar, at most so many edits apart, or all else. What a scale has beside
these is added up with the level that takes it in, so that what remains is true of the pairs that it is about: it is
only coarser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from unified_customer.core.spec import Spec
from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.blocking import LARGEST
from unified_customer.identity.matching.field_weights import FieldWeights
from unified_customer.identity.matching.keys import BlockingKey
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import RARITIES, SCALES, SPELLING

Measure = Literal["exact", "jaro_winkler", "damerau_levenshtein", "levenshtein", "else"]

PREFIXES: Final[Mapping[Role, int]] = {
    "given_name": 3,
    "family_name": 3,
    "city": 4,
    "street": 4,
    "organisation": 4,
    "text": 4,
    "email": 4,
}
"""How many characters the trait `beginning` of a blocking key has."""


class SharedLevel(BaseModel):
    """One level.

    Attributes:
        measure: What it is measured by.
        bound: Pairs that are at least so similar, or at most so many edits apart; None for `exact` and `else`.
        m: How often two records of one person are at it.
        u: How often two random records are.
        frequencies: Whether rarer values weigh more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    measure: Measure
    bound: float | None = None
    m: float
    u: float
    frequencies: bool = False


class SharedField(BaseModel):
    """A field with its levels, the strictest first, `else` last; a missing value says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    levels: tuple[SharedLevel, ...]


class SharedKeyPart(BaseModel):
    """What two records must share: a field, or its first characters."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    field: str
    first: int | None = None


class SharedModel(Spec):
    """Prior, levels and blocking rules that both sides understand."""

    prior: float
    """How likely two random records are one person."""
    fields: tuple[SharedField, ...]
    keys: tuple[tuple[SharedKeyPart, ...], ...] = ()


class LeftOut(NamedTuple):
    """Something that one side says and the other cannot.

    Attributes:
        place: Where: a field, a bond, a blocking rule.
        what: What it is.
        why: Why it is left out, or what becomes of it.
    """

    place: str
    what: str
    why: str


@dataclass(frozen=True)
class Translated:
    """The shared part, and what is not in it."""

    model: SharedModel
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True)
class Rungs:
    """How the graded levels of a scale read in one measure.

    Attributes:
        measure: The measure; None where a scale has none of its own.
        bounds: For each graded level the bound that all its pairs keep to; None where there is none.
    """

    measure: Measure | None
    bounds: tuple[float | None, ...]

    def takes(self, bound: float, limit: float) -> bool:
        """Say whether pairs that keep to `bound` keep to `limit`."""
        return limit <= bound if self.measure == "jaro_winkler" else limit >= bound

    def strictest_first(self) -> list[float]:
        """Return the different bounds."""
        return sorted({bound for bound in self.bounds if bound is not None}, reverse=self.measure == "jaro_winkler")


BY_FREQUENCY: Final[frozenset[Role]] = frozenset(
    {"given_name", "family_name", "city", "region", "country", "gender", "category"}
)
"""Roles of which common values are common to many people. A mailbox or a number that is frequent is rather that of one
person with many records: adjusted by its frequency it would weigh too little."""

_EDITS: Final = Rungs("damerau_levenshtein", (None, 2, 1))
_SPELT: Final = Rungs("jaro_winkler", (None, *SPELLING))
_RUNGS: Final[Mapping[Role, Rungs]] = {
    "given_name": _SPELT,
    "family_name": _SPELT,
    "city": _SPELT,
    "phone": _EDITS,
    "identifier": _EDITS,
    "website": _EDITS,
    "house_number": _EDITS,
    "postcode": Rungs("damerau_levenshtein", (None, None, None, 1, 1)),
    "birth_date": Rungs("damerau_levenshtein", (None, None, None, 2, 2, 2, 1)),
}


def rungs_of(role: Role) -> Rungs:
    """Return how a scale reads in one measure; a scale of no one measure knows equal values and others alone."""
    return _RUNGS.get(role, Rungs(None, (None,) * len(SCALES[role].graded)))


def shared_model(matcher: FittedMatcher) -> Translated:
    """Return what others understand of a fitted matcher, and what not.

    Keys of which the large blocks are not compared are left out: others know no such limit, and would compare them all.
    """
    odds = np.exp2(matcher.prior["one"])
    keys = {key: _key(key, matcher) for key in matcher.keys if key.most >= LARGEST}
    model = SharedModel(
        prior=float(odds / (1 + odds)),
        fields=tuple(_field(field) for field in matcher.fields),
        keys=tuple(dict.fromkeys(found for found in keys.values() if found is not None)),
    )
    bonds = (name for name in matcher.prior if name != "one")
    left = [
        LeftOut(f"bond {name!r}", "its prior and weights", "there are no classes but match and no match")
        for name in bonds
    ]
    left += [each for field in matcher.fields for each in _coarser(field)]
    why = {
        key: "not an equal value or beginning" if key in keys else "its large blocks are not compared"
        for key in matcher.keys
    }
    left += [LeftOut("blocking", str(key), why[key]) for key in matcher.keys if keys.get(key) is None]
    return Translated(model, tuple(sorted(left)))


def levels_taken(field: FieldWeights) -> list[tuple[Measure, float | None, list[int]]]:
    """Return for each shared level of a field the levels of its scale that are in it; special levels are in none."""
    rungs, scale = rungs_of(field.role), SCALES[field.role]
    graded = [
        (measure, bound, [level for level, has in enumerate(rungs.bounds) if has == bound])
        for measure, bound in [(rungs.measure or "else", each) for each in rungs.strictest_first()]
    ]
    rest: list[int] = [level for level, has in enumerate(rungs.bounds) if has is None]
    equal = list(range(len(scale.graded), len(scale.graded) + RARITIES))
    return [("exact", None, equal), *graded, ("else", None, rest)]


def agreement(field: FieldWeights) -> tuple[Floats, Floats]:
    """Return m and u of each level of the scale of a field."""
    chance = np.array(field.chance)
    return chance * np.exp2(np.array(field.one)), chance


def _field(field: FieldWeights) -> SharedField:
    m, u = agreement(field)
    levels = (
        SharedLevel(
            measure=measure,
            bound=bound,
            m=float(m[taken].sum()),
            u=float(u[taken].sum()),
            frequencies=measure == "exact" and field.role in BY_FREQUENCY,
        )
        for measure, bound, taken in levels_taken(field)
    )
    return SharedField(name=field.name, levels=tuple(levels))


def _coarser(field: FieldWeights) -> list[LeftOut]:
    scale, rungs = SCALES[field.role], rungs_of(field.role)
    adjusted = ", adjusted by the frequency of each value" if field.role in BY_FREQUENCY else ""
    found = [LeftOut(field.name, "equal, by rarity", f"one level{adjusted}")]
    found += [LeftOut(field.name, name, "falls into whatever level its spelling reaches") for name in scale.special]
    for _, bound, taken in levels_taken(field)[1:]:
        names = [scale.graded[level] for level in taken]
        if len(names) > 1:
            where = "all else" if bound is None else f"{rungs.measure} {bound}"
            found.append(LeftOut(field.name, ", ".join(names), f"one level: {where}"))
    return found


def _key(key: BlockingKey, matcher: FittedMatcher) -> tuple[SharedKeyPart, ...] | None:
    roles = {field.name: field.role for field in matcher.fields}
    parts = []
    for part in key.parts:
        first = PREFIXES.get(roles[part.field]) if part.trait == "beginning" else None
        if part.trait != "value" and first is None:
            return None
        parts.append(SharedKeyPart(field=part.field, first=first))
    return tuple(parts)
