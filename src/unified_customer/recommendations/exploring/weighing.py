"""What was shown, weighed by how much more likely another policy is to show it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.spec import content_hash
from unified_customer.engines.portable import Native, collected, opened
from unified_customer.recommendations.exploring.feedback import Feedback
from unified_customer.recommendations.exploring.leaving_out import parted

if TYPE_CHECKING:
    from unified_customer.recommendations.exploring.off_policy import OffPolicy

PLACE: Final = ("decision_id", "position")
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Weighed:
    """Rows of a log beside what the target policy would do.

    Attributes:
        rows: One row for each item that was shown and can be evaluated: `unit`, `decision_id`, `position`, `item_id`,
            `propensity`, `reward`, `target` (propensity of the target policy), `weight`; where there is a model
            `predicted` (its reward of what was shown) and `expected` (its mean over what the target policy shows).
        target: The target policy at the places of these rows: `decision_id`, `position`, `item_id`, `target`, perhaps
            `logged`, `predicted` and features.
        left_out: How many rows were left out for which `reason`: `no_decision`, `no_position`, `no_target`; `rows`.
    """

    rows: pl.DataFrame
    target: pl.DataFrame
    left_out: pl.DataFrame


def weighed(spec: "OffPolicy", feedback: "Feedback | Native", target: Native) -> Weighed:
    """Return the rows of a log with their weights.

    Raises:
        SchemaError: A column is missing, or there is no `position` although lists have several places.
        ConfigurationError: Propensities of the target do not sum to 1 at each place.
    """
    wanted = _target(spec, target)
    log = _logged(spec, feedback, _features(spec, wanted.columns), placed="position" in wanted.columns)
    rows, left = parted(*_faults(log, wanted))
    if "position" not in wanted.columns:
        _one_place(rows)
        wanted = wanted.with_columns(position=pl.lit(1, dtype=pl.Int64))
    there = wanted.join(rows.select(PLACE).unique(), on=PLACE, how="semi").sort(*PLACE, "item_id")
    chosen = there.select(*PLACE, "item_id", "target")
    placed = rows.join(chosen, on=[*PLACE, "item_id"], how="left").with_columns(pl.col("target").fill_null(0.0))
    told = placed.with_columns(weight=pl.col("target") / pl.col("propensity"))
    return _modelled(spec, Weighed(told.sort("unit", *PLACE, "item_id", "reward", "propensity"), there, left))


def _features(spec: "OffPolicy", columns: Collection[str]) -> list[str]:
    """Return the columns that the model needs, if there is no prediction already; places are known anyway."""
    wanted = () if spec.model is None or "predicted" in columns else spec.model.learns_from
    return [name for name in wanted if name != "position"]


def _logged(spec: "OffPolicy", feedback: "Feedback | Native", further: Sequence[str], *, placed: bool) -> pl.DataFrame:
    """Return the columns of a log that are needed, with the unit of each row."""
    given = feedback.table if isinstance(feedback, Feedback) else feedback
    needed = ["decision_id", "item_id", "propensity", "reward", *(["position"] if placed else []), *further]
    rows = collected(
        opened(given, columns=[*needed, *(["customer_id"] if spec.unit == "customer" else [])], name="feedback")
    )
    chance, reward = (pl.col(name).cast(pl.Float64) for name in ("propensity", "reward"))
    wrong = ~((chance > 0) & (chance <= 1) & reward.is_finite()).fill_null(value=False)
    if rows.select(wrong.any()).item():
        raise SchemaError("'feedback' has propensities outside (0, 1], or rewards that are no finite numbers.")
    place = pl.col("position").cast(pl.Int64) if placed else pl.lit(1, dtype=pl.Int64).alias("position")
    texts = pl.col("decision_id", "item_id").cast(pl.String)
    return rows.select(_unit(spec).alias("unit"), texts, place, chance, reward, *further)


def _unit(spec: "OffPolicy") -> pl.Expr:
    decision = pl.format("d{}", pl.col("decision_id"))
    if spec.unit == "decision":
        return decision
    return pl.coalesce(pl.format("c{}", pl.col("customer_id")), decision)


def _target(spec: "OffPolicy", target: Native) -> pl.DataFrame:
    """Return the target policy, which says of each place all that it may show there."""
    there = opened(target, name="target").collect_schema().names()
    further = _features(spec, there)
    given = collected(opened(target, columns=["decision_id", "item_id", "propensity", *further], name="target"))
    chance = pl.col("propensity").cast(pl.Float64).alias("target")
    texts = pl.col("decision_id", "item_id").cast(pl.String)
    kept = [*further, *(name for name in ("position", "logged", "predicted") if name in there)]
    rows = given.select(texts, chance, *kept)
    places = [name for name in PLACE if name in rows.columns]
    if rows.select(*places, "item_id").is_duplicated().any():
        raise SchemaError("'target' has an item twice at one place.")
    sums = rows.group_by(places).agg(pl.col("target").sum(), least=pl.col("target").min())
    right = ((pl.col("target") - 1).abs() <= _TOLERANCE) & (pl.col("least") >= 0)
    if not sums.select(right.all()).item():
        raise ConfigurationError(
            "The propensities of 'target' do not sum to 1 at each place of each decision. Give all items that it may "
            "show, as `propensities` of a policy does."
        )
    return rows


def _faults(rows: pl.DataFrame, target: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Expr]]:
    places = [name for name in PLACE if name in target.columns]
    known = target.select(places).unique().with_columns(pl.lit(True).alias("__known"))
    told = rows.join(known, on=places, how="left")
    faults = {"no_decision": "decision_id", "no_position": "position", "no_target": "__known"}
    return told, {name: pl.col(column).is_null() for name, column in faults.items()}


def _one_place(rows: pl.DataFrame) -> None:
    if rows["decision_id"].is_duplicated().any():
        raise SchemaError("'target' has no column 'position', although some decisions of the log have several places.")


def _modelled(spec: "OffPolicy", given: Weighed) -> Weighed:
    """Return rows with what the model expects of what was shown, and of what the target policy shows."""
    if "predicted" not in given.target.columns:
        if spec.model is None:
            return given
        given = _cross_fitted(spec, given)
    means = given.target.group_by(PLACE, maintain_order=True).agg(
        expected=(pl.col("target") * pl.col("predicted")).sum()
    )
    shown = given.target.select(*PLACE, "item_id", "predicted")
    rows = given.rows.join(means, on=PLACE, how="left", maintain_order="left")
    if "predicted" not in rows.columns:
        # What the target never shows has a weight of 0, so that nothing needs to be expected of it.
        rows = rows.join(shown, on=[*PLACE, "item_id"], how="left", maintain_order="left")
        rows = rows.with_columns(pl.col("predicted").fill_null(0.0))
    return Weighed(rows, given.target, given.left_out)


def _cross_fitted(spec: "OffPolicy", given: Weighed) -> Weighed:
    """Return predictions, each by a model that was fitted without the unit of its row."""
    assert spec.model is not None  # noqa: S101  # said by the caller
    rows = given.rows.join(_folds(given.rows["unit"], spec.folds), on="unit", maintain_order="left")
    folds = rows.select(*PLACE, "fold").unique(PLACE, maintain_order=True)
    target = given.target.join(folds, on=PLACE, how="left", maintain_order="left")
    shown: list[pl.DataFrame] = []
    asked: list[pl.DataFrame] = []
    for fold in range(spec.folds):
        predict = spec.model.fit(rows.filter(pl.col("fold") != fold))
        for frame, parts in ((rows, shown), (target, asked)):
            part = frame.filter(pl.col("fold") == fold)
            parts.append(part.with_columns(predicted=pl.Series(predict(part), dtype=pl.Float64)))
    return Weighed(pl.concat(shown).drop("fold"), pl.concat(asked).drop("fold"), given.left_out)


def _folds(units: pl.Series, folds: int) -> pl.DataFrame:
    """Return the `fold` of each `unit`: all are as large, and the order of units has no part in it."""
    ordered = sorted(units.unique(), key=lambda unit: content_hash("fold", unit))
    return pl.DataFrame({"unit": pl.Series(ordered, dtype=pl.String)}).with_columns(fold=pl.int_range(pl.len()) % folds)
