"""The value of customers under contract that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.analytics.value.contracts import counted
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import SCORES
from unified_customer.engines.portable import Native
from unified_customer.methods.buy_till_die import Finding, FittedRetention

if TYPE_CHECKING:
    from unified_customer.analytics.value.subscription import SubscriptionValue
    from unified_customer.methods.charting import Chart

NAME: Final = "subscription"
CONSTANT: Final = "constant_rate"
"""The forecast that contracts go on ending at the rate at which they have ended: what any model must beat."""
_SCORES: Final = {"value": "clv", "p_stay": "p_stay", "renewals": "expected_renewals"}


@dataclass(frozen=True, eq=False)
class FittedSubscriptionValue:
    """The value of customers under contract.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count, and from which the horizon runs.
        retention: The shifted beta-geometric model.
        currency: ISO 4217 code of money; None where amounts name none.
        survival: By `renewal` (0: the start) the `contracts` that came to it, and the share of all that was left after
            it: `actual` (Kaplan and Meier's) and `expected`.
        table: One row for each customer, sorted by `customer_id`: `contracts`, `running` (how many), `renewals` (most
            of one contract), `p_stay` (that one of them runs to the end of the horizon), `expected_renewals` and `clv`
            (within the horizon; 0 where none runs, null where what it costs is not known).
    """

    spec: "SubscriptionValue"
    as_of: datetime
    retention: FittedRetention
    currency: str | None
    survival: pl.DataFrame
    table: pl.DataFrame = field(repr=False)

    @property
    def diagnosis(self) -> tuple[Finding, ...]:
        """What to know before the numbers are used; empty where all is well."""
        return self.retention.diagnosis

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> pl.DataFrame:
        """Value other contracts, or the same ones later, by what was learned; returns what `table` holds."""
        return self.spec.valued(self.retention, self.spec.contracts(tables, as_of=as_of))

    def evaluate(self, tables: Mapping[str, Native], *, until: datetime) -> pl.DataFrame:
        """Compare the renewals expected until another instant with those that came, of the contracts that ran.

        Args:
            tables: As for `fit`, with what came later too.
            until: Until when everything is in the tables.

        Returns:
            One row a forecast, `sbg` and always `constant_rate`: `forecast`, `mae` and `rmse` (renewals a contract),
            `total_error` (of all renewals; null where none came).

        Raises:
            ConfigurationError: It is not after the as-of date of the fit.
        """
        if as_utc(until) <= self.as_of:
            raise ConfigurationError("`until` must be after the as-of date of the fit.")
        later = self.spec.contracts(tables, as_of=until)
        last = self.spec.contracts({"subscriptions": _NOBODY}, as_of=self.as_of).last
        before, interval = later.as_of(last, interval=self.spec.interval), self.spec.interval
        then = later.table.filter(pl.col("started") <= last)
        ran = ~before.ended
        done = before.table["renewals"].to_numpy()[ran]
        came = then["renewals"].to_numpy()[ran] - done
        # How often each would have been renewed had none ended.
        open_end = then.with_columns(ended=pl.lit(None, dtype=pl.Date))
        chances = counted(open_end, later.last, interval=interval)["renewals"].to_numpy()[ran] - done
        steps = np.arange(1, int(chances.max(initial=0)) + 1)[None, :]
        due = steps <= chances[:, None]
        rate = self._constant_rate()
        forecasts = {
            "sbg": (self.retention.survival(steps, renewals=done[:, None]) * due).sum(axis=1),
            CONSTANT: (rate**steps * due).sum(axis=1),
        }
        rows = [{"forecast": name, **_errors(expected, came)} for name, expected in forecasts.items()]
        return pl.DataFrame(
            rows, schema={"forecast": pl.String, **dict.fromkeys(("mae", "rmse", "total_error"), pl.Float64)}
        )

    def _constant_rate(self) -> float:
        """Return the share of all chances to renew that were taken."""
        chances = self.survival["contracts"].to_numpy()[1:]
        left = self.survival["actual"].to_numpy()
        kept = left[1:] / np.where(left[:-1] > 0, left[:-1], 1.0)
        return float((chances * kept).sum() / chances.sum()) if chances.sum() else 1.0

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return scores: `subscription.value`, `subscription.p_stay` and `subscription.renewals`; what is null is none."""
        horizon = f"within {self.spec.horizon_days} days"
        money = f"{self.currency} " if self.currency else ""
        scores = [
            self.table.select(
                pl.lit(f"{NAME}.{name}").alias("name"),
                "customer_id",
                as_of=pl.lit(self.as_of).cast(SCORES.columns["as_of"]),
                value=pl.col(column),
                label=pl.lit(f"{money if name == 'value' else ''}{horizon}"),
            )
            for name, column in _SCORES.items()
        ]
        return {"scores": pl.concat(scores).drop_nulls("value")}

    def to_body(self) -> Mapping[str, Any]:
        """Return the model with its findings and the survival by renewal, without people."""
        fit = self.retention
        return {
            "model": "sbg",
            "interval": self.spec.interval,
            "parameters": {name: value if np.isfinite(value) else None for name, value in fit.parameters.items()},
            "standard_errors": dict(fit.standard_errors),
            "log_likelihood": fit.log_likelihood,
            "contracts": fit.customers,
            "converged": fit.converged,
            "currency": self.currency,
            "diagnosis": [{"kind": each.kind, "message": each.message} for each in fit.diagnosis],
        }

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the share of contracts left after each renewal, as it was and as it is expected.

        Raises:
            ConfigurationError: No contract has come to a renewal.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.analytics.value.charts import survived

        return survived(self, dark=dark)

    def _repr_html_(self) -> str:
        from unified_customer.analytics.value.charts import subscription_html

        return subscription_html(self)


_NOBODY: Final = pl.DataFrame(
    schema={"customer_id": pl.String, "started_at": pl.Datetime("us", "UTC"), "ended_at": pl.Datetime("us", "UTC")}
)


def _errors(expected: Any, came: Any) -> dict[str, float | None]:
    missed = expected - came
    if not len(missed):
        return {"mae": None, "rmse": None, "total_error": None}
    total = float(came.sum())
    return {
        "mae": float(np.abs(missed).mean()),
        "rmse": float(np.sqrt((missed**2).mean())),
        "total_error": float(missed.sum()) / total if total > 0 else None,
    }
