"""The value of customers under contract."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from unified_customer.analytics.value.contracts import Contracts, Interval, contracts_before
from unified_customer.analytics.value.subscription_fitted import FittedSubscriptionValue
from unified_customer.core.clock import as_utc
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Native, Zone
from unified_customer.methods.buy_till_die import FittedRetention, Tenures, fit_retention
from unified_customer.methods.buy_till_die.histories import Floats
from unified_customer.methods.money import Money

_YEAR = 365
_DAYS: Mapping[str, float] = {"week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}


class SubscriptionValue(Spec):
    """The margin that customers under contract are expected to bring within a named time, discounted.

    How long contracts last comes from the shifted beta-geometric model, fitted by maximum likelihood: those who are
    likely to cancel do so first, so the longer a contract has run, the likelier it is renewed. The payment of the
    interval that runs is made; the value is that of the renewals to come.

    Examples:
        >>> from datetime import UTC, date
        >>> subscriptions = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "b", "c", "d"],
        ...         "started_at": [date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 1), date(2026, 1, 31)],
        ...         "ended_at": [None, date(2026, 3, 15), None, date(2026, 3, 10)],
        ...         "amount": [10.0, 10.0, 20.0, 10.0],
        ...     }
        ... )
        >>> spec = SubscriptionValue(interval="month", horizon_days=180)
        >>> fitted = spec.fit({"subscriptions": subscriptions}, as_of=datetime(2026, 6, 1, tzinfo=UTC))
        >>> fitted.table.select("customer_id", "running", "renewals").rows()
        [('a', 1, 4), ('b', 0, 1), ('c', 1, 3), ('d', 0, 1)]
        >>> [each.kind for each in fitted.diagnosis]
        ['few_contracts', 'one_churn_for_all', 'flat_likelihood']

    References:
        P. Fader, B. Hardie (2007): How to project customer retention. Journal of Interactive Marketing 21(1), 76-90.
        P. Fader, B. Hardie (2010): Customer-base valuation in a contractual setting: the perils of ignoring
        heterogeneity.
        Marketing Science 29(1), 85-93.
    """

    needs: ClassVar[tuple[str, ...]] = ("events",)

    interval: Interval = "month"
    """From renewal to renewal."""
    horizon_days: int = Field(default=365, gt=0, le=36_525)
    """The time of which the value is told, in days from the as-of date."""
    annual_discount: float = Field(default=0.1, ge=0, allow_inf_nan=False)
    """What money loses in a year: .1 makes 1.10 of next year worth 1.00 today."""
    margin: float = Field(default=1.0, ge=0, le=1)
    """Contribution margin as a share of what is paid."""
    amount: float | None = Field(default=None, ge=0)
    """What one interval costs, where the contracts do not say."""
    money: Money = Money()
    """In which currency amounts are told."""
    zone: Zone = "UTC"
    """IANA time zone of days."""

    def contracts(self, tables: Mapping[str, Native], *, as_of: datetime) -> Contracts:
        """Return the contracts before an instant."""
        return contracts_before(tables, as_of=as_utc(as_of), zone=self.zone, money=self.money, interval=self.interval)

    def fit(self, tables: Mapping[str, Native], *, as_of: datetime) -> FittedSubscriptionValue:
        """Fit the model on the contracts that began before `as_of`, and value everybody who had one.

        Args:
            tables: `subscriptions` (`customer_id`, `started_at`, `ended_at`, perhaps `amount` and `currency`), on any
                engine, or `events`.
            as_of: An instant; what happened at it or later is left out.

        Raises:
            SchemaError: A table or column is missing, or amounts are of currencies that cannot be added.
        """
        found = self.contracts(tables, as_of=as_of)
        retention = fit_retention(Tenures.of(periods=found.table["periods"].to_numpy(), ended=found.ended))
        return FittedSubscriptionValue(
            spec=self, as_of=as_utc(as_of), retention=retention, currency=found.currency,
            survival=_survival(found, retention), table=self.valued(retention, found),
        )  # fmt: skip

    def valued(self, retention: FittedRetention, contracts: Contracts) -> pl.DataFrame:
        """Return the value of contracts by customer; see `FittedSubscriptionValue`."""
        renewals, discounted, stays = self._renewals(retention, contracts)
        amount = pl.col("amount").fill_null(self.amount) if self.amount is not None else pl.col("amount")
        running = pl.col("ended").is_null()
        worth = pl.when(running).then(pl.col("discounted") * amount * self.margin).otherwise(0.0)
        told = contracts.table.with_columns(
            expected_renewals=pl.Series(renewals, dtype=pl.Float64).fill_nan(None),
            discounted=pl.Series(discounted, dtype=pl.Float64).fill_nan(None),
            gone=pl.Series(1 - stays, dtype=pl.Float64).fill_nan(None),
            running=running,
        ).with_columns(clv=worth)
        # Of one unknown the sum is unknown.
        unknown = {name: pl.col(name).is_null().any() for name in ("expected_renewals", "gone", "clv")}
        grouped = told.sort("customer_id", "started", "ended", "amount").group_by("customer_id", maintain_order=True)
        return grouped.agg(
            contracts=pl.len().cast(pl.Int64),
            running=pl.col("running").cast(pl.Int64).sum(),
            renewals=pl.col("renewals").max(),
            p_stay=pl.when(~unknown["gone"]).then(1 - pl.col("gone").product()),
            expected_renewals=pl.when(~unknown["expected_renewals"]).then(pl.col("expected_renewals").sum()),
            clv=pl.when(~unknown["clv"]).then(pl.col("clv").sum()),
        )

    def _renewals(self, retention: FittedRetention, contracts: Contracts) -> tuple[Floats, Floats, Floats]:
        """Return for each contract the renewals expected, the same discounted, and the chance that it runs to the end."""
        table, over = contracts.table, contracts.ended
        done, since = table["renewals"].to_numpy()[:, None], table["since"].to_numpy()[:, None]
        length = _DAYS[self.interval]
        steps = np.arange(1, int(np.ceil(self.horizon_days / length)) + 2)[None, :]
        # A renewal that by the mean length of an interval should have been is due today.
        wait = np.maximum(steps * length - since, 0.0)
        due = wait < self.horizon_days
        shares = np.where(due, retention.survival(steps, renewals=done), 0.0)
        worth = shares * (1 + self.annual_discount) ** (-wait / _YEAR)
        stays = retention.survival(due.sum(axis=1), renewals=done[:, 0])
        return tuple(np.where(over, 0.0, each) for each in (shares.sum(axis=1), worth.sum(axis=1), stays))  # type: ignore[return-value]  # three of them


def _survival(contracts: Contracts, retention: FittedRetention) -> pl.DataFrame:
    """Return by `renewal` how many contracts had the chance, and the shares that were left and are expected to be."""
    periods, ended = contracts.table["periods"].to_numpy(), contracts.ended
    last = int(periods.max(initial=0))
    chances = np.asarray([(periods >= n).sum() for n in range(1, last + 1)], dtype=np.int64)
    lost = np.asarray([((periods == n) & ended).sum() for n in range(1, last + 1)], dtype=np.int64)
    left = np.cumprod(1 - lost / np.maximum(chances, 1))
    renewal = np.arange(0, last + 1)
    return pl.DataFrame(
        {
            "renewal": renewal,
            "contracts": np.append(len(periods), chances),
            "actual": np.append(1.0, left),
            "expected": retention.survival(renewal),
        }
    ).with_columns(pl.col("expected").fill_nan(None))
