"""A fitted matcher with weights that others have learned."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.blocking import LARGEST, candidates
from unified_customer.identity.matching.encoding import encode
from unified_customer.identity.matching.field_weights import FieldWeights
from unified_customer.identity.matching.keys import BlockingKey, KeyPart
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.identity.matching.roles import Role, infer_roles
from unified_customer.identity.matching.scales import RARITIES, SCALES
from unified_customer.identity.matching.scoring import Scorer
from unified_customer.identity.matching.shared_model import (
    PREFIXES,
    LeftOut,
    SharedField,
    SharedKeyPart,
    SharedLevel,
    SharedModel,
    rungs_of,
)

_OCTAVES = 1.5


def seeded(model: SharedModel, records: pl.DataFrame, *, matcher: Matcher) -> tuple[FittedMatcher, tuple[LeftOut, ...]]:
    """Return a fitted matcher with the prior and the weights of `model`, and what of these it cannot say.

    How rare values are, how records are read and what no shared level speaks of (nicknames, swapped names) is learned
    from the records. Bonds are not: the weights of others know of none.

    Args:
        model: What others have learned.
        records: As for `Matcher.fit`, with a column for each field of the model; further ones are not compared.
        matcher: How to fit, and the roles of columns.

    Raises:
        ConfigurationError: The records have none of the fields.
    """
    known = {field.name: field for field in model.fields}
    table = records.select(name for name in records.columns if name in {*known, "record_id", "source"})
    _refuse_none(known, table.columns)
    roles = dict(infer_roles(table, {name: role for name, role in matcher.roles.items() if name in known}).by_column)
    fitted = matcher.model_copy(update={"roles": roles}).fit(table)
    told = {field.name: _onto(known[field.name], field) for field in fitted.fields if field.name in known}
    _refuse_none(known, told)
    fields = [
        _weighted(field, told[field.name][0], records=len(table)) if field.name in told else _silenced(field)
        for field in fitted.fields
    ]
    keys, missed = _keys(model.keys, fields)
    prior = float(np.log2(model.prior / (1 - model.prior)))
    change = {"fields": tuple(fields), "prior": {"one": prior}, "keys": keys or fitted.keys}
    left = [each for _, lost in told.values() for each in lost] + missed
    left += [LeftOut(name, "the comparison", "the records have no such field") for name in known if name not in told]
    return _settled(fitted.model_copy(update=change), table), tuple(sorted(left))


def _refuse_none(known: Iterable[str], there: Iterable[str]) -> None:
    if not set(known) & set(there):
        names = ", ".join(sorted(known))
        raise ConfigurationError(
            f"The records have none of the fields of the model, in the form that it compares: {names}."
        )


def _settled(matcher: FittedMatcher, records: pl.DataFrame) -> FittedMatcher:
    encoded = encode(matcher.read(records))
    scorer = Scorer(matcher.evidence, matcher.rarity)
    return matcher.settled(encoded, scorer.score(encoded, candidates(encoded, matcher.keys)))


def _silenced(field: FieldWeights) -> FieldWeights:
    """Let a field say nothing."""
    return field.model_copy(update={"one": (0.0,) * len(field.one), "bound": {}})


def _onto(shared: SharedField, field: FieldWeights) -> tuple[list[tuple[list[int], SharedLevel]], list[LeftOut]]:
    """Bring the levels of others onto those of a scale; what the scale cannot tell apart is added up with what is below it."""
    rungs = rungs_of(field.role)
    taken: list[list[int]] = []
    left: list[LeftOut] = []
    free = {place: bound for place, bound in enumerate(rungs.bounds) if bound is not None}
    for level in shared.levels:
        mine: list[int] = []
        if level.measure == "exact":
            mine = list(range(len(rungs.bounds), len(rungs.bounds) + RARITIES))
        elif level.measure == "else":
            mine = [place for place, bound in enumerate(rungs.bounds) if bound is None] + sorted(free)
        elif _alike(level.measure, rungs.measure):
            mine = [place for place, bound in free.items() if rungs.takes(bound, level.bound or 0)]
            free = {place: bound for place, bound in free.items() if place not in mine}
        if level.measure not in ("exact", "else"):
            left += _inexact(level, field, mine)
        taken.append(mine)
    return _merged(shared.levels, taken), left


def _alike(measure: str, own: str | None) -> bool:
    return measure == own or {measure, own} == {"levenshtein", "damerau_levenshtein"}


def _inexact(level: SharedLevel, field: FieldWeights, mine: list[int]) -> list[LeftOut]:
    rungs, what = rungs_of(field.role), f"{level.measure} {level.bound}"
    if not mine:
        return [LeftOut(field.name, what, f"the scale of {field.role} has no such level: added up with the next below")]
    if level.measure != rungs.measure:
        return [LeftOut(field.name, what, f"taken for {rungs.measure}, which counts a transposition as one edit")]
    if level.bound not in [rungs.bounds[place] for place in mine]:
        names = ", ".join(SCALES[field.role].graded[place] for place in mine)
        return [LeftOut(field.name, what, f"taken for the levels that reach it: {names}")]
    return []


def _merged(levels: Sequence[SharedLevel], taken: Sequence[list[int]]) -> list[tuple[list[int], SharedLevel]]:
    found: list[tuple[list[int], SharedLevel]] = []
    m = u = 0.0
    for level, mine in zip(levels, taken, strict=True):
        m, u = m + level.m, u + level.u
        if mine:
            found.append((mine, level.model_copy(update={"m": m, "u": u})))
            m = u = 0.0
    return found


def _weighted(field: FieldWeights, shared: Sequence[tuple[list[int], SharedLevel]], *, records: int) -> FieldWeights:
    chance, one = np.array(field.chance), np.array(field.one)
    for places, level in shared:
        share = chance[places] / chance[places].sum()
        weight = np.log2(level.m / level.u)
        one[places] = weight + (_by_rarity(share, records) if level.frequencies else 0.0)
        chance[places] = share * level.u
    return field.model_copy(update={"chance": tuple(chance.tolist()), "one": tuple(one.tolist()), "bound": {}})


def _by_rarity(share: Floats, records: int) -> Floats:
    """Return how much more equal values of each rarity weigh than equal values on average.

    The weight of a value grows with the logarithm of how rare it is, and is right on average.
    """
    counts = np.exp2((RARITIES - 1 - np.arange(RARITIES)) * _OCTAVES)
    bits = -np.log2(np.minimum(counts / records, 1.0))
    found: Floats = bits - np.log2((share * np.exp2(bits)).sum())
    return found


def _keys(
    keys: Sequence[tuple[SharedKeyPart, ...]], fields: Sequence[FieldWeights]
) -> tuple[tuple[BlockingKey, ...], list[LeftOut]]:
    roles: Mapping[str, Role] = {field.name: field.role for field in fields}
    found: list[BlockingKey] = []
    left: list[LeftOut] = []
    for key in keys:
        said = " and ".join(part.field if part.first is None else f"{part.first} first of {part.field}" for part in key)
        if all(part.field in roles and part.first in (None, PREFIXES.get(roles[part.field])) for part in key):
            parts = (KeyPart(field=part.field, trait="value" if part.first is None else "beginning") for part in key)
            found.append(BlockingKey(parts=tuple(parts), most=LARGEST))
        else:
            left.append(LeftOut("blocking", said, "no such field, or no such beginning of it"))
    return tuple(dict.fromkeys(found)), left
