"""What sets each segment apart from all others: traits by their lift, numbers by their difference, honestly of many."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.contrasts import (
    Contrasts,
    Group,
    Values,
    benjamini_hochberg,
    difference_chances,
    lift,
    lift_chances,
    selected_confidence,
    standardised_difference,
)
from unified_customer.segmentation.profiles.measures import MEASURES

FINDINGS: Final = {
    "segment": pl.String(),
    "form": pl.String(),
    "kind": pl.String(),
    "value": pl.String(),
    "customers": pl.Int64(),
    "here": pl.Float64(),
    "elsewhere": pl.Float64(),
    "estimate": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "bound": pl.String(),
    "level": pl.Float64(),
    "rate": pl.Float64(),
    "told_apart": pl.Boolean(),
}
AT_LEAST: Final = "at least"
AT_MOST: Final = "at most"
_DIGITS: Final = 4


def findings(
    traits: pl.DataFrame, measures: pl.DataFrame, names: Sequence[str], *, least: int, most: int, rate: float
) -> pl.DataFrame:
    """Compare each segment with all others, in all traits and measures of which enough is known.

    Args:
        traits: As `Counted.traits`.
        measures: As `Counted.measures`.
        names: The segments to tell of.
        least: The fewest customers that anything is told of.
        most: So many values of a kind, those of most customers, are compared.
        rate: The false discovery rate.

    Returns:
        `FINDINGS`, a row a comparison, in the order of segment, kind and value.
    """
    lifts = _lifts(_frequent(traits, least=least, most=most), names, least)
    differences = _differences(measures, names, least)
    chances = np.concatenate([lifts["chance"].to_numpy(), differences["chance"].to_numpy()])
    adjusted = benjamini_hochberg(chances)
    confidence = selected_confidence(adjusted, rate=rate)
    frames = [_told_lifts(lifts, confidence), _told_differences(differences, confidence)]
    told = pl.concat([frame.select(_BARE) for frame in frames]).with_columns(rate=pl.Series(adjusted, dtype=pl.Float64))
    sure = (pl.col("rate") <= rate) & _beyond()
    return (
        told.with_columns(told_apart=sure).select(*FINDINGS).sort("segment", "form", "kind", "value", nulls_last=True)
    )


_BARE: Final = [name for name in FINDINGS if name not in {"rate", "told_apart"}]


def _beyond() -> pl.Expr:
    """Whether an interval lies on one side: of 1 and of the level of its kind, where it is a lift; of no difference else."""
    low, high, level = pl.col("low"), pl.col("high"), pl.col("level")
    above, below = low > pl.max_horizontal(level, 1.0), high < pl.min_horizontal(level, 1.0)
    bounded = pl.when(bound=AT_LEAST).then(above).when(bound=AT_MOST).then(below).otherwise(above | below)
    return pl.when(form="lift").then(bounded).otherwise((low > 0) | (high < 0))


# ------------------------------------------------------------------------------------------------------- traits


def _frequent(traits: pl.DataFrame, *, least: int, most: int) -> pl.DataFrame:
    """Return the rows of the values that most customers have, and of any value."""
    total = traits.group_by("kind", "value").agg(total=pl.col("customers").sum())
    named = total.filter(pl.col("value").is_not_null(), pl.col("total") >= least)
    place = pl.struct(-pl.col("total"), "value").rank("ordinal").over("kind")
    kept = named.filter(place <= most).select("kind", "value")
    anything = total.filter(pl.col("value").is_null()).select("kind", "value")
    return traits.join(pl.concat([kept, anything]), on=["kind", "value"], nulls_equal=True)


def _lifts(traits: pl.DataFrame, names: Sequence[str], least: int) -> pl.DataFrame:
    """Return each segment and value with what is known here and elsewhere.

    `some` of `known` customers here have it, `others` of `known_others` elsewhere. Fewer than `least` count as `least`,
    so that the lift is a bound. `level` is how many values of that kind one has here against elsewhere.
    """
    anything = traits.filter(pl.col("value").is_null())
    known = anything.select("segment", "kind", known="customers", of=pl.col("pairs") - pl.col("customers"))
    everywhere = known.group_by("kind").agg(known_all=pl.col("known").sum(), of_all=pl.col("of").sum())
    enough = (pl.col("known") >= least) & (pl.col("known_all") - pl.col("known") >= least)
    sides = known.filter(pl.col("segment").is_in(list(names))).join(everywhere, on="kind").filter(enough)
    values = traits.filter(pl.col("value").is_not_null())
    total = values.group_by("kind", "value").agg(all=pl.col("customers").sum())
    pairs = sides.join(total, on="kind").join(
        values.select("segment", "kind", "value", "customers"), on=["segment", "kind", "value"], how="left"
    )
    some = pl.col("customers").fill_null(0)
    counted = pairs.with_columns(
        customers=some, others=pl.col("all") - some, known_others=pl.col("known_all") - pl.col("known"),
    )  # fmt: skip
    told = counted.filter((pl.col("customers") >= least) | (pl.col("others") >= least))
    few, few_others = pl.col("customers") < least, pl.col("others") < least
    level = (pl.col("of") / pl.col("known")) / ((pl.col("of_all") - pl.col("of")) / pl.col("known_others"))
    bound = pl.when(few_others).then(pl.lit(AT_LEAST)).when(few).then(pl.lit(AT_MOST))
    censored = told.with_columns(
        bound=bound,
        level=level.round_sig_figs(_DIGITS),
        some=pl.max_horizontal("customers", pl.lit(least)).cast(pl.Float64),
        others=pl.max_horizontal("others", pl.lit(least)).cast(pl.Float64),
    )
    return censored.with_columns(chance=pl.Series(lift_chances(*_four(censored)), dtype=pl.Float64))


def _told_lifts(lifts: pl.DataFrame, confidence: float) -> pl.DataFrame:
    few, few_others = pl.col("bound") == AT_MOST, pl.col("bound") == AT_LEAST
    contrast = lift(*_four(lifts), confidence=confidence)
    return lifts.with_columns(
        form=pl.lit("lift"),
        customers=pl.when(~few.fill_null(value=False)).then("customers"),
        # Rounded, so that no count of a few follows from those that are told.
        here=pl.when(~few.fill_null(value=False)).then(pl.col("some") / pl.col("known")).round(2),
        elsewhere=pl.when(~few_others.fill_null(value=False)).then(pl.col("others") / pl.col("known_others")).round(2),
        **_columns(contrast),
    )


def _four(lifts: pl.DataFrame) -> tuple[Values, Values, Values, Values]:
    one, two, three, four = (
        lifts[name].cast(pl.Float64).to_numpy() for name in ("some", "known", "others", "known_others")
    )
    return one, two, three, four


# ----------------------------------------------------------------------------------------------------- measures


def _differences(measures: pl.DataFrame, names: Sequence[str], least: int) -> pl.DataFrame:
    """Return each segment and measure with its mean and variance here and elsewhere."""
    enough = max(least, 2)
    known = measures.with_columns(pl.col("scaled_variance").fill_null(0.0))
    own = known.filter(pl.col("segment").is_in(list(names)))
    both = own.join(known, on="measure", suffix="_there").filter(pl.col("segment") != pl.col("segment_there"))
    rest = both.sort("segment", "measure", "segment_there").group_by("segment", "measure").agg(*_together())
    sides = own.join(rest, on=["segment", "measure"]).filter(pl.col("n") >= enough, pl.col("n_rest") >= enough)
    vary = sides.filter(pl.col("scaled_variance") + pl.col("scaled_variance_rest") > 0).sort("segment", "measure")
    chances = difference_chances(*_groups(vary))
    return vary.with_columns(chance=pl.Series(chances, dtype=pl.Float64))


def _together() -> list[pl.Expr]:
    """Put the means and variances of the other segments together."""
    n, squares = pl.col("n_there"), pl.col("scaled_variance_there") * (pl.col("n_there") - 1)
    mean = (pl.col("scaled_mean_there") * n).sum() / n.sum()
    between = (n * (pl.col("scaled_mean_there") - mean) ** 2).sum()
    return [
        n.sum().alias("n_rest"),
        ((pl.col("mean_there") * n).sum() / n.sum()).alias("mean_rest"),
        mean.alias("scaled_mean_rest"),
        ((squares.sum() + between) / (n.sum() - 1)).alias("scaled_variance_rest"),
    ]


def _told_differences(differences: pl.DataFrame, confidence: float) -> pl.DataFrame:
    contrast = standardised_difference(*_groups(differences), confidence=confidence)
    return differences.with_columns(
        form=pl.lit("difference"),
        kind=pl.col("measure"),
        value=pl.lit(None, dtype=pl.String),
        customers=pl.col("n").cast(pl.Int64),
        here=_usual("mean").round_sig_figs(_DIGITS),
        elsewhere=_usual("mean_rest").round_sig_figs(_DIGITS),
        bound=pl.lit(None, dtype=pl.String),
        level=pl.lit(None, dtype=pl.Float64),
        **_columns(contrast),
    )


def _usual(mean: str) -> pl.Expr:
    """Return a mean; of what is compared on a logarithmic scale the mean of that scale, so that both tell the same."""
    logarithmic = pl.col("measure").is_in([name for name, measure in MEASURES.items() if measure.logarithmic])
    return pl.when(logarithmic).then(pl.col(f"scaled_{mean}").exp() - 1).otherwise(pl.col(mean))


def _groups(sides: pl.DataFrame) -> tuple[Group, Group]:
    one, other = (
        Group(*(sides[f"{name}{rest}"].cast(pl.Float64).to_numpy() for name in ("n", "scaled_mean", "scaled_variance")))
        for rest in ("", "_rest")
    )
    return one, other


def _columns(contrast: Contrasts) -> dict[str, pl.Series]:
    told = {name: pl.Series(name, values, dtype=pl.Float64) for name, values in contrast._asdict().items()}
    return {name: values.round_sig_figs(_DIGITS) for name, values in told.items()}
