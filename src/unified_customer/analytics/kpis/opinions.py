"""What people answer: satisfaction, and likelihood to recommend."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import KEYS, Scope
from unified_customer.engines.portable import Lazy, collected, has

LIKELIHOOD: Final = (0, 10)
PROMOTER: Final = 9
DETRACTOR: Final = 6
_NUMBER: Final = r"^-?[0-9]{1,9}(\.[0-9]{1,18})?$"


def answered(scope: Scope) -> pl.DataFrame | None:
    """Return the sheet of answers; None where they do not have the dimension.

    `ratings`, `satisfied` (of them, in the two highest values), `raters`; `likelihoods`, `promoters`, `detractors`,
    `promoters_less_detractors`, `respondents`. What is a rating and what a likelihood is told by the words of the
    question; where no question of an instrument has one of them, by the name of the instrument.
    """
    spec = scope.spec
    answers = scope.rows("answers", "answered_at", ["customer_id", "instrument", "question", "value"])
    if answers is None:
        return None
    scale = nw.col("scale") if has(answers, "scale") else nw.lit(None, dtype=nw.String)
    rows = answers.with_columns(_scale=scale, _value=_number(answers))
    value, high = nw.col("_value"), spec.csat_scale[1]
    rated, likely = _asked(spec.csat, spec.nps, spec.csat_scale), _asked(spec.nps, spec.csat, LIKELIHOOD)
    flags = {
        "ratings": rated,
        "satisfied": rated & (value >= high - 1),
        "likelihoods": likely,
        "promoters": likely & (value >= PROMOTER),
        "detractors": likely & (value <= DETRACTOR),
    }
    told = rows.with_columns(
        **{name: nw.when(flag).then(1).otherwise(0) for name, flag in flags.items()},
        _rater=nw.when(rated).then("customer_id"),
        _respondent=nw.when(likely).then("customer_id"),
    )
    people = {"raters": "_rater", "respondents": "_respondent"}
    counted = told.group_by(*KEYS).agg(
        nw.col(*flags).sum(),
        **{name: nw.col(column).n_unique() for name, column in people.items()},
        **{f"{name}_null": nw.col(column).is_null().any() for name, column in people.items()},
    )
    # A null is counted as a value.
    known = [pl.col(name) - pl.col(f"{name}_null").cast(pl.Int64) for name in people]
    lead = pl.col("promoters") - pl.col("detractors")
    sheet = collected(counted).with_columns(*known, promoters_less_detractors=lead)
    return sheet.drop([f"{name}_null" for name in people])


def _number(answers: Lazy) -> nw.Expr:
    """Return values as numbers; null where one is none. An error of a cast would quote what somebody wrote."""
    value, kind = nw.col("value"), answers.collect_schema()["value"]
    if kind.is_numeric():
        return value.cast(nw.Float64)
    if kind not in {nw.String, nw.Categorical, nw.Enum}:
        return nw.lit(None, dtype=nw.Float64)
    text = value.cast(nw.String).str.strip_chars()
    return nw.when(text.str.contains(_NUMBER)).then(text).cast(nw.Float64)


def _asked(words: Sequence[str], others: Sequence[str], scale: tuple[int, int]) -> nw.Expr:
    """Return whether a row is an answer on a scale to a question with one of some words, or of such an instrument.

    The instrument decides only where none of its questions has one of the words, and not of a question with other
    words.
    """
    asked = _says("question", words)
    nowhere = nw.when(asked).then(1).otherwise(0).max().over("instrument") == 0
    by_name = _says("instrument", words) & nowhere & ~_says("question", others)
    low, high = scale
    named = nw.col("_scale").is_null() | (nw.col("_scale") == f"{low}-{high}")
    fits = (nw.col("_value") >= low) & (nw.col("_value") <= high)
    return (asked | by_name) & named.fill_null(value=False) & fits.fill_null(value=False)


def _says(place: str, words: Sequence[str]) -> nw.Expr:
    text = nw.col(place).str.to_lowercase()
    said = (text.str.contains(word.lower(), literal=True).fill_null(value=False) for word in words)
    return reduce(or_, said, nw.lit(value=False))
