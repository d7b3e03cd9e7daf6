"""What a fitted matcher has learned of each field, as it is kept."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from unified_customer.identity.matching.encoding import Column
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.mixture import Mixture
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import SCALES


class FieldWeights(BaseModel):
    """What a fitted matcher has learned of one field.

    Attributes:
        name: The field.
        role: What it says.
        levels: The names of its levels of agreement.
        chance: How often two random people are at each level.
        one: What each level weighs, in bits, for one person against chance.
        bound: For each bond that speaks of the field, what each level weighs for its pairs against chance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    name: str
    role: Role
    levels: tuple[str, ...]
    chance: tuple[float, ...]
    one: tuple[float, ...]
    bound: Mapping[str, tuple[float, ...]] = {}


class Unjudged(BaseModel):
    """What a matcher had learned before it was told of judged pairs: refining it again begins there.

    Attributes:
        prior: That of one person, in bits.
        one: The weights of one person by field.
        threshold: The threshold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    prior: float
    one: tuple[tuple[float, ...], ...]
    threshold: float


def field_weights(columns: Sequence[Column], mixture: Mixture, evidence: Evidence) -> tuple[FieldWeights, ...]:
    """Return what was learned of each field."""
    return tuple(
        FieldWeights(
            name=column.name,
            role=column.role,
            levels=SCALES[column.role].names,
            chance=tuple(mixture.chance[place].tolist()),
            one=tuple(evidence.one[place].tolist()),
            bound={
                bond.name: tuple(said.tolist())
                for bond, weights in zip(mixture.bonds, evidence.bound, strict=True)
                if (said := weights[place]) is not None
            },
        )
        for place, column in enumerate(columns)
    )


def bond_priors(mixture: Mixture, evidence: Evidence) -> dict[str, float]:
    """Return how likely any two records are bound by each bond, in bits."""
    return {bond.name: float(prior) for bond, prior in zip(mixture.bonds, evidence.prior[1:], strict=True)}
