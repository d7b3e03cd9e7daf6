"""What a fitted matcher has learned, as tables, and which records it could never match."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import Floats
from unified_customer.identity.matching.chosen_records import encode_all
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.field_weights import FieldWeights
from unified_customer.identity.matching.levels_in_words import in_words
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms

STEP: Final = 0.5
"""The curve of unlinkable records has a point every so many bits."""

_LEVELS: Final = {
    "field": pl.String,
    "role": pl.String,
    "level": pl.String,
    "agreement": pl.String,
    "m": pl.Float64,
    "u": pl.Float64,
    "bits": pl.Float64,
}


def model_table(model: FittedMatcher) -> pl.DataFrame:
    """Return what each level of each field weighs.

    Returns:
        One row a level, from unlike to alike: `field`, `role`, `level` (its name in the model), `agreement` (in words),
        `m` (how often the records of one person are at that level), `u` (how often two random people are) and `bits`,
        the base-two logarithm of m / u. Weights are made to rise with agreement after they are learned, so the `m` of a
        field add up to 1 only nearly.
    """
    rows = [row for learned in model.fields for row in _level_rows(learned, learned.one)]
    return pl.DataFrame(rows, schema=_LEVELS, orient="row")


def bond_table(model: FittedMatcher) -> pl.DataFrame:
    """Return what each level weighs for pairs of two people with a bond: a household, namesakes, one place.

    Returns:
        One row for each bond and level of a field that the bond speaks of: `bond`, `prior` (in bits, how likely any two
        records are so bound, against chance), and the columns of `model_table`, with `m` for pairs with that bond.
    """
    rows = [
        (bond, prior, *row)
        for bond, prior in model.prior.items()
        for learned in model.fields
        if bond in learned.bound
        for row in _level_rows(learned, learned.bound[bond])
    ]
    return pl.DataFrame(rows, schema={"bond": pl.String, "prior": pl.Float64, **_LEVELS}, orient="row")


def _level_rows(learned: FieldWeights, weights: tuple[float, ...]) -> Iterator[tuple[Any, ...]]:
    for level, u, bits in zip(learned.levels, learned.chance, weights, strict=True):
        yield learned.name, learned.role, level, in_words(level), u * 2**bits, u, bits


@dataclass(frozen=True)
class Unlinkables:
    """Which records say too little of themselves to be matched with anything.

    Attributes:
        records: Every record compared with itself: `record_id`, `fields` (how many of its fields speak), `bits`,
            `probability`, `linkable` (more bits than the threshold). In the order of the records that came in.
        curve: How many records are unlinkable at other thresholds: `bits`, `probability`, `records`, `share`.
        threshold: The threshold of the matcher, in bits.
        share: The share of unlinkable records; 0 where there are no records.
    """

    records: pl.DataFrame = field(repr=False)
    curve: pl.DataFrame = field(repr=False)
    threshold: float
    share: float

    def __str__(self) -> str:
        """Return the count in a sentence."""
        lost = self.records.height - int(self.records["linkable"].sum())
        return (
            f"{lost} of {self.records.height} records ({self.share:.1%}) say too little to be matched"
            f" at {self.threshold:+z.1f} bits."
        )


def unlinkables(model: FittedMatcher, records: pl.DataFrame | NormalForms) -> Unlinkables:
    """Compare each record with itself: where even that is no match, hardly any other record will be.

    Args:
        model: The fitted matcher.
        records: Records as for `FittedMatcher.match`, or what `FittedMatcher.read` has made of them. A value that is
            missing says nothing; a record of missing values alone has the odds of any two records.
    """
    normal = records if isinstance(records, NormalForms) else model.read(records)
    encoded = encode_all(model, normal)
    rows = np.arange(len(encoded))
    levels = compare(encoded, rows, rows, model.rarity)
    bits = model.evidence.log_odds(levels)
    found = pl.DataFrame(
        {
            "record_id": encoded.record_ids,
            "fields": (levels >= 0).sum(axis=1),
            "bits": bits,
            "probability": probability(bits),
            "linkable": bits > model.bits,
        }
    )
    ordered = normal.record_ids.to_frame("record_id").join(found, on="record_id", how="left", maintain_order="left")
    share = float(np.mean(bits <= model.bits)) if len(bits) else 0.0
    return Unlinkables(ordered, pl.DataFrame(_curve(bits, model.bits)), model.bits, share)


def _curve(bits: Floats, threshold: float) -> Mapping[str, Any]:
    known = np.sort(np.append(bits, threshold))
    grid = np.arange(np.floor(known[0] / STEP), np.ceil(known[-1] / STEP) + 1) * STEP
    points = np.unique(np.append(grid, threshold))
    counts = np.searchsorted(np.sort(bits), points, side="right")
    return {
        "bits": points,
        "probability": probability(points),
        "records": counts.astype(np.int64),
        "share": counts / max(1, len(bits)),
    }
