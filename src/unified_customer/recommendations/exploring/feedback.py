"""Logged feedback: one row for each item that was shown, with its propensity and what it was worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.display import COUNT, NUMBER, result_html
from unified_customer.recommendations.exploring.leaving_out import COUNTS, parted
from unified_customer.recommendations.exploring.rewards import Rewards

INSTANT: Final = pl.Datetime("us", "UTC")
_NEEDED: Final = ("exposure_id", "item_id", "exposed_at", "propensity")
_KEPT: Final = {
    "exposure_id": pl.String(), "decision_id": pl.String(), "customer_id": pl.String(), "item_id": pl.String(),
    "position": pl.Int64(), "exposed_at": INSTANT, "propensity": pl.Float64(),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Feedback:
    """What was shown, with which propensity, and what it was worth.

    Attributes:
        spec: What outcomes are worth.
        as_of: The instant before which things are known.
        table: One row for each item that was shown: `exposure_id`, `decision_id`, `customer_id`, `item_id`, `position`,
            `exposed_at`, `known_at` (when its window was over), `propensity` (above 0, at most 1), `reward`, and the
            columns of the context. In order of `known_at` and `exposure_id`.
        left_out: How many exposures were left out for which `reason`: `repeated`, `no_item`, `no_propensity`,
            `propensity_outside`, `window_open`, `no_context`; `rows`.
        outcomes_left_out: The same of outcomes: `repeated`, `no_exposure`, `unknown_exposure`, `unknown_kind`, `too_early`,
            `too_late`, `no_value`.
    """

    spec: Rewards
    as_of: datetime
    table: pl.DataFrame
    left_out: pl.DataFrame
    outcomes_left_out: pl.DataFrame

    def __str__(self) -> str:
        told = [f"Feedback of {self.table.height:,} exposures before {self.as_of:%Y-%m-%d}, {self._mean} each"]
        parts = {"exposures": self.left_out, "outcomes": self.outcomes_left_out}
        told += [f"  left out: {rows:,} {name}, {why}" for name, left in parts.items() for why, rows in left.rows()]
        return "\n".join(told)

    __repr__ = __str__

    @property
    def _mean(self) -> str:
        return f"reward {NUMBER.written(self.table['reward'].mean())}"

    def _repr_html_(self) -> str:
        facts = [("exposures", COUNT.written(self.table.height)), ("mean reward", self.table["reward"].mean())]
        left = [
            frame.with_columns(of=pl.lit(name))
            for name, frame in {"exposures": self.left_out, "outcomes": self.outcomes_left_out}.items()
        ]
        shown = pl.concat(left).select("of", "reason", "rows")
        return result_html("Feedback", facts, shown, table_title="Left out", note=f"Before {self.as_of:%Y-%m-%d}.")

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: feedback is made of tables that are kept already."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return how many exposures there are, and how many were left out for which reason."""
        left = {"exposures": self.left_out, "outcomes": self.outcomes_left_out}
        return {"exposures": self.table.height, "left_out": {name: dict(frame.rows()) for name, frame in left.items()}}


def logged(spec: Rewards, tables: Mapping[str, Native], *, as_of: datetime, context: Native | None) -> Feedback:
    """Return feedback of what was shown before an instant."""
    shown, left = _shown(spec, tables, as_of)
    outcomes, unheard = _worth(spec, tables, shown, as_of)
    good, open_still = parted(shown, {"window_open": pl.col("known_at") > as_of})
    rewarded = good.join(_summed(spec, outcomes), on="exposure_id", how="left", maintain_order="left")
    rewarded = rewarded.with_columns(pl.col("reward").fill_null(0.0))
    told, without = rewarded, pl.DataFrame(schema=COUNTS)
    if context is not None:
        told, without = _with_context(rewarded, context)
    table = told.sort("known_at", "exposure_id")
    return Feedback(spec, as_of, table, pl.concat([left, open_still, without]), unheard)


def _table(tables: Mapping[str, Native], name: str, columns: Iterable[str]) -> pl.DataFrame:
    if name not in tables:
        raise SchemaError(f"There is no table {name!r}; there are {', '.join(tables) or 'none'}.")
    return collected(opened(tables[name], columns=columns, name=name))


def _shown(spec: Rewards, tables: Mapping[str, Native], as_of: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return exposures before an instant of which it is known how likely they were."""
    given = _table(tables, "exposures", _NEEDED)
    absent = [pl.lit(None).alias(name) for name in _KEPT if name not in given.columns]
    rows = given.with_columns(*absent).select(pl.col(name).cast(dtype) for name, dtype in _KEPT.items())
    rows = rows.filter(pl.col("exposed_at") < as_of).sort("exposed_at", *_KEPT)
    chance = pl.col("propensity")
    good, left = parted(
        rows,
        {
            "repeated": pl.col("exposure_id").is_duplicated() & ~pl.col("exposure_id").is_first_distinct(),
            "no_item": pl.col("item_id").is_null(),
            "no_propensity": chance.is_null(),
            "propensity_outside": ~((chance > 0) & (chance <= 1)) | chance.is_nan(),
        },
    )
    return good.with_columns(known_at=pl.col("exposed_at") + spec.window), left


def _worth(
    spec: Rewards, tables: Mapping[str, Native], shown: pl.DataFrame, as_of: datetime
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return outcomes that count, with what each is worth: `exposure_id`, `kind`, `worth`."""
    needed = ["exposure_id", "kind", "occurred_at", *(["value"] if spec.times == "value" else [])]
    given = _table(tables, "outcomes", needed)
    named = ["outcome_id"] if "outcome_id" in given.columns else []
    rows = given.select(*named, *needed).filter(pl.col("occurred_at") < as_of).sort(*named, *needed)
    again = pl.col(named).is_duplicated() & ~pl.col(named).is_first_distinct() if named else pl.lit(False)
    times = pl.col("value").cast(pl.Float64) if spec.times == "value" else pl.lit(1.0)
    valued = rows.with_columns(
        pl.col("exposure_id", "kind").cast(pl.String),
        weight=pl.col("kind").cast(pl.String).replace_strict(spec.weights, default=None, return_dtype=pl.Float64),
        times=pl.when(times.is_finite()).then(times),
    )
    placed = valued.join(shown.select("exposure_id", "exposed_at", "known_at"), on="exposure_id", how="left")
    good, left = parted(
        placed,
        {
            "repeated": again,
            "no_exposure": pl.col("exposure_id").is_null(),
            "unknown_exposure": pl.col("exposed_at").is_null(),
            "unknown_kind": pl.col("weight").is_null(),
            "too_early": pl.col("occurred_at") < pl.col("exposed_at"),
            "too_late": pl.col("occurred_at") >= pl.col("known_at"),
            "no_value": pl.col("times").is_null(),
        },
    )
    return good.select("exposure_id", "kind", worth=pl.col("weight") * pl.col("times")), left


def _summed(spec: Rewards, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return what all outcomes of each exposure are worth together: `exposure_id`, `reward`."""
    size = pl.col("worth").abs()
    ordered = outcomes.sort("exposure_id", size, "worth", descending=[False, True, False])
    if spec.several == "strongest":
        counted = ordered.unique("exposure_id", keep="first", maintain_order=True)
    elif spec.several == "once_a_kind":
        counted = ordered.unique(["exposure_id", "kind"], keep="first", maintain_order=True)
    else:
        counted = ordered
    return counted.group_by("exposure_id", maintain_order=True).agg(reward=pl.col("worth").sum())


def _with_context(rows: pl.DataFrame, context: Native) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows with the features of their context, and how many have none."""
    features = collected(opened(context, name="context"))
    on = [name for name in ("exposure_id", "decision_id", "item_id") if name in features.columns]
    if not {"exposure_id", "decision_id"} & set(on):
        raise SchemaError(
            "'context' needs a column 'exposure_id' or 'decision_id' that says what it is the context of."
        )
    on = ["exposure_id"] if "exposure_id" in on else on
    taken = features.drop(set(features.columns) & set(rows.columns) - set(on))
    if taken.select(on).is_duplicated().any():
        raise SchemaError(f"'context' has two rows of one {' and '.join(on)}.")
    joined = rows.join(taken.with_columns(pl.lit(True).alias("__known")), on=on, how="left")
    good, left = parted(joined, {"no_context": pl.col("__known").is_null()})
    return good.drop("__known"), left


def learnt_from(
    feedback: "Feedback | Native", columns: Iterable[str], *, after: datetime | None, as_of: datetime
) -> pl.DataFrame:
    """Return rows of feedback that became known after one instant and up to another, in an order of their own.

    Args:
        feedback: Feedback, or a frame with `item_id`, `reward`, `known_at` and the columns asked for.
        columns: Further columns that are learnt from.
        after: What was known at it is known already; None: nothing is.
        as_of: What is known later is not known yet.

    Raises:
        SchemaError: A column is missing, or a reward is no finite number.
    """
    wanted = list(dict.fromkeys(["known_at", "item_id", *columns, "reward"]))
    given = feedback.table if isinstance(feedback, Feedback) else feedback
    rows = collected(opened(given, columns=wanted, name="feedback")).select(wanted)
    fresh = rows.filter(pl.col("known_at") <= as_of)
    fresh = fresh if after is None else fresh.filter(pl.col("known_at") > after)
    lacking = ~pl.col("reward").is_finite().fill_null(value=False) | pl.col("item_id").is_null()
    if fresh.select(lacking.any()).item():
        raise SchemaError("'feedback' has rows without an item or without a finite reward.")
    typed = fresh.with_columns(pl.col("item_id").cast(pl.String), pl.col("reward").cast(pl.Float64))
    return typed.sort(wanted)
