"""Why two records are taken for one person, or not: the evidence step by step."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.arrays import NONE, Floats, Levels
from unified_customer.identity.matching.chosen_records import choose, score_all, sources_of, texts
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import against_all, probability
from unified_customer.identity.matching.levels_in_words import in_words, silence
from unified_customer.identity.matching.linkage import FORBIDDEN
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms

NOTHING: Final = 0.05
"""Fewer bits than this print as nothing."""

_STEPS: Final = {
    "kind": pl.String,
    "step": pl.String,
    "value_a": pl.String,
    "value_b": pl.String,
    "agreement": pl.String,
    "bits": pl.Float64,
}

_Row = tuple[str, str, str | None, str | None, str, float]


@dataclass(frozen=True)
class PairExplanation:
    """Why two records are taken for one person, or not. It holds the values of both, as it is made to show them.

    Attributes:
        record_a: The id of the one record.
        record_b: The id of the other.
        steps: One row a step, in the order in which they add up: `kind` (`prior`, `field`, `bonds`, or `source` where
            both are of a source without duplicates), `step` (the name of the field, or the kind again), `value_a` and
            `value_b` (normal forms, null where there is none), `agreement` (in words), `bits` (what the step adds) and
            `total` (the bits so far).
        rivals: What else may explain the pair: `rival` (`chance`, or a bond), `bits` (its odds against one person) and
            `share` (of all that is not one person; sums to 1).
        bits: The score: the odds that both are one person, and the last of the totals.
        probability: The same as a probability.
        threshold: Clusters are joined above so many bits.
    """

    record_a: Any
    record_b: Any
    steps: pl.DataFrame = field(repr=False)
    rivals: pl.DataFrame = field(repr=False)
    bits: float
    probability: float
    threshold: float

    def __str__(self) -> str:
        """Return the steps as a table, aligned."""
        verdict = "enough" if self.bits > self.threshold else "not enough"
        head = (
            f"Records {self.record_a} and {self.record_b}: {self.bits:+z.1f} bits, probability {self.probability:.4f}."
            f" That is {verdict} by itself: they are joined above {self.threshold:+z.1f} bits."
        )
        rows = [
            (f"{bits:+z.1f}", f"{total:+z.1f}", step, value_a or "", value_b or "", agreement)
            for _, step, value_a, value_b, agreement, bits, total in self.steps.iter_rows()
        ]
        return "\n".join([head, "", *_aligned([_head(self.record_a, self.record_b), *rows], right=2)])


def explain_pair(
    model: FittedMatcher, records: pl.DataFrame | NormalForms, record_a: Any, record_b: Any
) -> PairExplanation:
    """Say step by step how the score of two records comes about.

    The steps are: what is known of any two records; each field; what is lost because a bond (a household, namesakes) or
    chance explains the pair as well; and whether a source without duplicates forbids it. They add up to the score.

    Args:
        model: The fitted matcher.
        records: Records as for `FittedMatcher.match`, or what `FittedMatcher.read` has made of them.
        record_a: The id of the one record.
        record_b: The id of the other.

    Raises:
        ConfigurationError: An id is not among the records, or both are the same.
    """
    if record_a == record_b:
        raise ConfigurationError("A pair is of two records, and both ids are the same. Give another id for `record_b`.")
    two = choose(model, records, (record_a, record_b))
    links = score_all(model, two)
    sums, bits = _class_sums(model, links.levels), float(links.bits[0])
    rows = [_prior_row(model), *_field_rows(model, two, links.levels[0]), _bonds_row(model, sums)]
    if links.barred[0]:
        rows.append(_source_row(two))
    return PairExplanation(
        record_a=record_a,
        record_b=record_b,
        steps=_totalled(rows),
        rivals=_rivals(model, sums[0]),
        bits=bits,
        probability=float(probability(links.bits)[0]),
        threshold=model.bits,
    )


def _class_sums(model: FittedMatcher, levels: Levels) -> Floats:
    """Return the bits of one person and of each bond against chance, of shape (1, classes)."""
    sums = model.evidence.prior[None, :].copy()
    for place, where, table in model.evidence.terms.rows:
        sums[:, place] += table[levels[:, where]]
    return sums


def _prior_row(model: FittedMatcher) -> _Row:
    return ("prior", "prior", None, None, "any two records", float(model.evidence.prior[0]))


def _field_rows(model: FittedMatcher, two: Encoded, levels: Levels) -> list[_Row]:
    rows: list[_Row] = []
    for learned, column, level in zip(model.fields, two.columns, levels.tolist(), strict=True):
        value_a, value_b = texts(column)
        if level == NONE:
            rows.append(("field", learned.name, value_a, value_b, silence(learned.role, value_a, value_b), 0.0))
        else:
            words = in_words(learned.levels[level])
            rows.append(("field", learned.name, value_a, value_b, words, learned.one[level]))
    return rows


def _bonds_row(model: FittedMatcher, sums: Floats) -> _Row:
    alone = sums.copy()
    alone[:, 0] = 0
    lost = float(against_all(alone)[0])
    names = _bonds(model)
    likely = names[int(np.argmax(sums[0, 1:]))] if names else ""
    words = "no bond explains it" if lost > -NOTHING else f"explained by {likely} too"
    return ("bonds", "bonds", None, None, words, lost)


def _source_row(two: Encoded) -> _Row:
    source_a, source_b = sources_of(two)
    return ("source", "source", source_a, source_b, "no two records of this source are one", FORBIDDEN)


def _bonds(model: FittedMatcher) -> list[str]:
    return [name for name in model.prior if name != "one"]


def _totalled(rows: list[_Row]) -> pl.DataFrame:
    # Added up one by one from the first: so does the matcher, and the last total is its score to the last digit.
    totals, total = [], 0.0
    for row in rows:
        total = total + row[-1]
        totals.append(total)
    steps = pl.DataFrame(rows, schema=_STEPS, orient="row")
    return steps.with_columns(total=pl.Series(totals, dtype=pl.Float64))


def _rivals(model: FittedMatcher, sums: Floats) -> pl.DataFrame:
    against = np.array([0.0, *sums[1:]])
    odds = np.exp2(against - against.max())
    rivals = pl.DataFrame(
        {"rival": ["chance", *_bonds(model)], "bits": against - sums[0], "share": odds / odds.sum()},
        schema={"rival": pl.String, "bits": pl.Float64, "share": pl.Float64},
    )
    return rivals.sort("share", descending=True, maintain_order=True)


def _head(record_a: Any, record_b: Any) -> tuple[str, ...]:
    return ("bits", "total", "step", str(record_a), str(record_b), "agreement")


def _aligned(rows: list[tuple[str, ...]], *, right: int) -> list[str]:
    """Return rows of one width, the first `right` columns flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if place < right else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
