"""Models side by side, on the same customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.methods.display import COUNT, NUMBER, result_html
from unified_customer.recommendations.evaluation.catalogue import metric, parsed
from unified_customer.recommendations.evaluation.evaluated import Evaluation
from unified_customer.recommendations.evaluation.pictures import as_intervals, as_tradeoff

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

_SHOWN: Final = ("ndcg", "recall", "hit_rate", "coverage", "novelty")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models side by side.

    Attributes:
        evaluations: How good each model is, in the order given.
        reference: Name of the model that the others are held against.
    """

    evaluations: Mapping[str, Evaluation]
    reference: str

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row for each model and metric.

        `model`, the columns of `Evaluation.table`, and `difference` from the reference with `difference_low` and
        `difference_high`, for which the same customers are drawn again for both; null for the reference itself, and
        without an interval for metrics of all lists together.
        """
        return pl.concat(self._rows(name) for name in self.evaluations)

    def _rows(self, name: str) -> pl.DataFrame:
        own, other = self.evaluations[name], self.evaluations[self.reference]
        rows = own.table.select(pl.lit(name).alias("model"), pl.all())
        if name == self.reference:
            nothing = pl.lit(None, dtype=pl.Float64)
            return rows.with_columns(difference=nothing, difference_low=nothing, difference_high=nothing)
        against = other.table.select("metric", "k", other="value")
        joined = rows.join(against, on=["metric", "k"], how="left", nulls_equal=True, maintain_order="left")
        ends = joined.join(_ends(own, other), on=["metric", "k"], how="left", nulls_equal=True, maintain_order="left")
        return ends.with_columns(difference=pl.col("value") - pl.col("other")).select(
            *rows.columns, "difference", "difference_low", "difference_high"
        )

    def wide(self, *, k: int | None = None) -> pl.DataFrame:
        """Return a matrix of values: a row for each model, a column for each metric.

        Args:
            k: Where lists end. None: the first of the spec.
        """
        rows = self.table.filter(pl.col("k") == self._k(k))
        return rows.pivot("metric", index="model", values="value")

    def best(self, name: str = "ndcg", *, k: int | None = None) -> str:
        """Return the model that is best by a metric; the first of them where several are.

        Raises:
            ConfigurationError: There is no such metric, or of it neither more nor less is better.
        """
        better = metric(name).better
        if better == "neither":
            raise ConfigurationError(f"Of {name!r} neither more nor less is better.")
        values = {model: each.value(name, k=k) for model, each in self.evaluations.items()}
        known = {model: value for model, value in values.items() if value is not None}
        if not known:
            raise ConfigurationError(f"{name!r} says nothing of any model.")
        return max(known, key=lambda model: known[model] * (1 if better == "more" else -1))

    def chart(
        self,
        name: str = "ndcg",
        kind: Literal["intervals", "differences", "tradeoff"] = "intervals",
        *,
        against: str = "coverage",
        k: int | None = None,
        dark: bool = False,
    ) -> "Chart":
        """Draw models side by side.

        Args:
            name: The metric.
            kind: `intervals`: each model with its interval; `differences`: paired differences from the reference;
                `tradeoff`: the metric against another one.
            against: That other one, such as `coverage` or `novelty`.
            k: Where lists end. None: the first of the spec.
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is no such metric, or it was not measured.
            MissingDependencyError: Altair is not installed.
        """
        rank = self._k(k)
        if kind == "tradeoff":
            return as_tradeoff(self.table, name, against, k=rank, dark=dark)
        reference = self.reference if kind == "differences" else None
        return as_intervals(self.table, name, k=rank, reference=reference, dark=dark)

    def _k(self, k: int | None) -> int:
        return k or self.evaluations[self.reference].spec.k[0]

    def to_body(self) -> Mapping[str, Any]:
        """Return the table as JSON values, without customers."""
        return {"reference": self.reference, "metrics": self.table.to_dicts()}

    def __repr__(self) -> str:
        return f"Comparison(models={list(self.evaluations)}, reference={self.reference!r})"

    def __str__(self) -> str:
        wide = self._shown
        lines = ["".join([f"{'model':<24}", *(f"{name:>12}" for name in wide.columns[1:])])]
        lines += [
            "".join([f"{row[0]:<24}", *(f"{NUMBER.written(each):>12}" for each in row[1:])]) for row in wide.rows()
        ]
        return "\n".join(lines)

    @property
    def _shown(self) -> pl.DataFrame:
        wide = self.wide()
        return wide.select("model", *(name for name in _SHOWN if name in wide.columns))

    def _repr_html_(self) -> str:
        one = self.evaluations[self.reference]
        facts = [("models", COUNT.written(len(self.evaluations))), ("customers", COUNT.written(one.customers))]
        facts.append(("lists end at", COUNT.written(self._k(None))))
        formats = {name: metric(name).unit for name in self._shown.columns[1:]}
        names = {name: metric(name).title for name in formats}
        return result_html("Models side by side", facts, self._shown, formats=formats, names=names, at_most=60)


def _ends(own: Evaluation, other: Evaluation) -> pl.DataFrame:
    """Return the intervals of paired differences; both evaluations are of the same customers in the same order."""
    lows, highs = own.drawn.ends(other.drawn)
    rows = [(*parsed(name), low, high) for name, low, high in zip(own.drawn.names, lows, highs, strict=True)]
    schema = {"metric": pl.String, "k": pl.Int64, "difference_low": pl.Float64, "difference_high": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
