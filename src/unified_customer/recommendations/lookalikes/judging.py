"""How well members are told from others, on customers who were not learned from."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.learning import Floats, Ints
from unified_customer.methods.statistics import Interval, normal_quantile, wilson, wilson_columns

_TOP: Final = 0.1
_GROUPS: Final = 10


@dataclass(frozen=True, eq=False)
class Told:
    """How well members are told from others, out of fold.

    Attributes:
        auc: The chance that a member has a higher score than another customer; 0.5 is that of chance alone.
        lift: How many times more of the members are among the tenth of customers with the highest scores than by chance.
        calibration: Ten groups of customers by rising score: `group`, `customers`, `score` (its mean), `share` of members
            among them with `low` and `high`. Where scores are calibrated the mean lies within the interval.
    """

    auc: Interval
    lift: Interval
    calibration: pl.DataFrame = field(repr=False)


def judged(scores: Floats, members: Ints, *, confidence: float) -> Told:
    """Return how well scores tell members from others.

    Args:
        scores: Of each customer.
        members: 1 for members, 0 for others; there are both.
        confidence: Of the intervals.
    """
    order = np.lexsort((members, scores))
    scores, members = scores[order], members[order]
    return Told(auc(scores, members, confidence), _lift(members, confidence), _calibration(scores, members, confidence))


def auc(scores: Floats, members: Ints, confidence: float) -> Interval:
    """Return the area under the ROC curve with its interval, ties counting half.

    Examples:
        >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0, 0, 1, 1]), 0.95).estimate
        0.75

    References:
        E. DeLong, D. DeLong, D. Clarke-Pearson (1988): Comparing the areas under two or more correlated receiver operating
        characteristic curves. Biometrics 44, 837-845.
        X. Sun, W. Xu (2014): Fast implementation of DeLong's algorithm. IEEE Signal Processing Letters 21, 1389-1393.
    """
    inside = members == 1
    among_all = _ranks(scores)
    one, others = int(inside.sum()), int((~inside).sum())
    above = (among_all[inside] - _ranks(scores[inside])) / others
    below = 1 - (among_all[~inside] - _ranks(scores[~inside])) / one
    estimate = float(above.mean())
    variance = sum(float(part.var(ddof=1)) / len(part) for part in (above, below) if len(part) > 1)
    reach = normal_quantile(confidence) * variance**0.5
    return Interval(estimate, max(0.0, estimate - reach), min(1.0, estimate + reach))


def _ranks(values: Floats) -> Floats:
    found: Floats = pl.Series(values).rank("average").to_numpy()
    return found


def _lift(members: Ints, confidence: float) -> Interval:
    """Return the lift of the highest tenth of rows in the order of rising scores."""
    size = max(1, round(len(members) * _TOP))
    share = wilson(float(members[-size:].sum()), float(members.sum()), confidence) or Interval(0, 0, 1)
    return Interval(*(float(each) * len(members) / size for each in share))


def _calibration(scores: Floats, members: Ints, confidence: float) -> pl.DataFrame:
    group = np.arange(len(scores)) * _GROUPS // len(scores) + 1
    told = (
        pl.DataFrame({"group": group, "score": scores, "member": members})
        .group_by("group")
        .agg(customers=pl.len().cast(pl.Int64), score=pl.col("score").mean(), members=pl.col("member").sum())
    )
    low, high = wilson_columns(pl.col("members"), pl.col("customers"), confidence)
    share = pl.col("members") / pl.col("customers")
    return told.sort("group").select("group", "customers", "score", share=share, low=low, high=high)
