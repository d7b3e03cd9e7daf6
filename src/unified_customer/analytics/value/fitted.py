"""Customer lifetime value that was fitted."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.analytics.value.evaluation import Evaluation, evaluated
from unified_customer.analytics.value.learning import Learned, seen
from unified_customer.analytics.value.scoring import scored
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.core.tables import SCORES
from unified_customer.engines.portable import Native
from unified_customer.methods.buy_till_die import Finding

if TYPE_CHECKING:
    from unified_customer.analytics.value.spec import CLV
    from unified_customer.methods.charting import Chart

NAME: Final = "clv"
_SCORES: Final = {"value": "clv", "p_alive": "p_alive", "purchases": "expected_purchases", "spend": "expected_spend"}


@dataclass(frozen=True, eq=False)
class FittedCLV:
    """Customer lifetime value.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count, and from which the horizon runs.
        learned: The models: `learned.purchases`, `learned.spending`, `learned.season`.
        currency: ISO 4217 code of money; None where amounts name none.
        holdout: What was expected against what came on the last days before the as-of date; None where none was asked
            for. With `model="best"` it is what the model was chosen by, so its first row flatters a little.
        table: One row for each customer, sorted by `customer_id`, as Polars whatever the engine: `frequency` (repeat
            purchase days), `recency` and `age` (days, by the calendar), `spend` (mean of a repeat purchase, null
            without one), `first_day` (from 1970-01-01), `p_alive` (0 to 1), `expected_purchases` and `clv` (within the
            horizon), `expected_spend` (of one purchase, what comes back taken off) and `margin` (its share). What a
            model cannot tell is null.
    """

    spec: "CLV"
    as_of: datetime
    learned: Learned
    currency: str | None
    holdout: Evaluation | None
    table: pl.DataFrame = field(repr=False)

    @property
    def diagnosis(self) -> tuple[Finding, ...]:
        """What to know before the numbers are used; empty where all is well."""
        return self.learned.diagnosis

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> pl.DataFrame:
        """Value other customers, or the same ones later, by what was learned.

        Args:
            tables: As for `fit`.
            as_of: The instant to look from.

        Returns:
            What `table` holds.

        Raises:
            SchemaError: A column is missing, or amounts are of another currency than those fitted on.
        """
        base = seen(self.spec.terms, tables, as_of=as_utc(as_of))
        if base.currency != self.currency and base.table.height:
            found = base.currency or "no currency"
            raise SchemaError(f"It was fitted in {self.currency or 'no currency'}, the amounts are in {found}.")
        return scored(self.spec.terms, self.learned, base)

    def evaluate(self, tables: Mapping[str, Native], *, until: datetime) -> Evaluation:
        """Compare what was expected at the as-of date with what came until another instant.

        Args:
            tables: As for `fit`, with what came later too.
            until: Until when everything is in the tables; what happened at it or later is left out.

        Raises:
            ConfigurationError: It is not at least a day after the as-of date.
        """
        terms = self.spec.terms
        after = seen(terms, tables, as_of=as_utc(until))
        before = seen(terms, tables, as_of=self.as_of)
        if after.last <= before.last:
            raise ConfigurationError("`until` must be at least a day after the as-of date of the fit.")
        return evaluated(terms, tables, [self.learned], before, after)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return scores: `clv.value`, `clv.p_alive`, `clv.purchases` and `clv.spend`, the label naming horizon and money.

        What is null is no score.
        """
        horizon = f"{self.spec.horizon_days} days"
        money = f"{self.currency} " if self.currency else ""
        labels = {"value": f"{money}within {horizon}", "p_alive": "", "purchases": f"within {horizon}", "spend": money}
        scores = [
            self.table.select(
                pl.lit(f"{NAME}.{name}").alias("name"),
                "customer_id",
                as_of=pl.lit(self.as_of).cast(SCORES.columns["as_of"]),
                value=pl.col(column),
                label=pl.lit(labels[name].strip() or None, dtype=pl.String),
            )
            for name, column in _SCORES.items()
        ]
        return {"scores": pl.concat(scores).drop_nulls("value")}

    def to_body(self) -> Mapping[str, Any]:
        """Return the models with their findings, the season, and the holdout, without people."""
        purchases, spending, season = self.learned.purchases, self.learned.spending, self.learned.season
        return {
            "purchases": {"model": purchases.name, **_body(purchases)},
            "spending": _body(spending),
            "season": None if season is None else season.model_dump(mode="json"),
            "time_unit": self.spec.time_unit,
            "kept": self.learned.kept,
            "margin": self.learned.margin,
            "currency": self.currency,
            "diagnosis": [{"kind": each.kind, "message": each.message} for each in self.diagnosis],
            "holdout": None if self.holdout is None else self.holdout.to_body(),
        }

    def chart(self, *, cumulative: bool = False, dark: bool = False) -> "Chart":
        """Draw repeat purchases by week as they came and as they were expected, before the holdout and in it.

        Args:
            cumulative: Added up since the beginning.
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is no holdout: fit with `holdout_days`, or draw `evaluate(...).chart()`.
            MissingDependencyError: Altair is not installed.
        """
        if self.holdout is None:
            raise ConfigurationError(
                "There is no holdout to draw. Fit with `holdout_days`, or draw what `evaluate(tables, until=...)` returns."
            )
        return self.holdout.chart(cumulative=cumulative, dark=dark)

    def _repr_html_(self) -> str:
        from unified_customer.analytics.value.charts import value_html

        return value_html(self)


def _body(fit: Any) -> dict[str, Any]:
    """Return parameters with what is not finite as null: JSON has no word for it."""
    known = {name: None if math.isnan(value) else value for name, value in fit.parameters.items()}
    return {
        "parameters": known,
        "standard_errors": dict(fit.standard_errors),
        "log_likelihood": fit.log_likelihood,
        "customers": fit.customers,
        "converged": fit.converged,
    }
