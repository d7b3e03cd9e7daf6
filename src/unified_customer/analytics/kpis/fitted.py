"""KPIs that were told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from unified_customer.analytics.kpis.counting import Counting, laid_out
from unified_customer.analytics.kpis.measuring import compared, derived, marked, named, valued
from unified_customer.analytics.kpis.needing import fed
from unified_customer.analytics.kpis.pictures import as_table, as_trend, written
from unified_customer.analytics.kpis.scope import BY, Scope
from unified_customer.analytics.kpis.spec import COLUMNS, Scorecard
from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.display import result_html

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


@dataclass(frozen=True, eq=False)
class FittedScorecard:
    """KPIs by period.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        currency: ISO 4217 code of money; None where amounts name none.
        retained: By what retention, churn, NRR and GRR are told: `contracts` or `purchases`; None: they are not.
        table: One row for each KPI and period (and value of the dimension): `kpi`, `period` (its first day), the column
            of `by`, `value`, `low` and `high` (interval), `numerator`, `denominator`, `n` (of how many the interval is,
            else of how many people it tells), `unit`, `complete` (whether the period is over), `previous` (value of the
            period before), `change` (from it, in the unit), `growth` (the same as a share of it), `year_before`,
            `year_change` and `year_growth`. Null where there is nothing to divide by, or there are too few people.
            Polars, whatever the engine.
    """

    spec: Scorecard
    as_of: datetime
    currency: str | None
    retained: str | None
    table: pl.DataFrame

    @property
    def kpis(self) -> tuple[str, ...]:
        """The KPIs that are told."""
        return tuple(self.table["kpi"].unique(maintain_order=True))

    @property
    def latest(self) -> pl.DataFrame:
        """The rows of the latest period that is over, of each KPI (and value of the dimension)."""
        over = self.table.filter("complete")
        return over.filter(pl.col("period") == pl.col("period").max())

    def wide(self, kpi: str) -> pl.DataFrame:
        """Return a KPI as a matrix: a row for each period, a column for each value of the dimension.

        Raises:
            ConfigurationError: The KPI is not told, or there is no dimension.
        """
        if self.spec.by is None:
            raise ConfigurationError("There is no dimension: name a column in `by` of the spec.")
        return self._of(kpi).pivot(self.spec.by, index="period", values="value").sort("period")

    def _of(self, kpi: str) -> pl.DataFrame:
        if kpi not in self.kpis:
            raise ConfigurationError(f"There is no {kpi!r} here. There are: {', '.join(self.kpis) or 'none'}.")
        return self.table.filter(pl.col("kpi") == kpi)

    def chart(self, kpi: str = "", *, at_most: int = 36, dark: bool = False) -> "Chart":
        """Draw a KPI period by period, with the band of its interval, a line for each value of the dimension.

        Args:
            kpi: Which; by default the first that is told.
            at_most: So many periods, the latest, are drawn.
            dark: On a dark ground.

        Raises:
            ConfigurationError: The KPI is not told.
            MissingDependencyError: Altair is not installed.
        """
        rows = self._of(kpi or next(iter(self.kpis), ""))
        return as_trend(self.spec, rows, currency=self.currency, as_of=self.as_of, at_most=at_most, dark=dark)

    def _repr_html_(self) -> str:
        latest = self.latest
        facts = [("KPIs", latest["kpi"].n_unique()), ("as of", f"{self.as_of:%Y-%m-%d}")]
        told = as_table(self.spec, latest, self.currency)
        period = "" if latest.is_empty() else f", {self.spec.every} of {latest['period'][0]}"
        return result_html(
            "Scorecard", facts, told, table_title=f"Latest {self.spec.every} that is over{period}", at_most=60,
            note="A dash: nothing to divide by, or too few people to show.",
        )  # fmt: skip

    def __str__(self) -> str:
        """Return the latest values, a line each."""
        return written(self.spec, self.latest, self.currency)

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: KPIs are of nobody."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return the values by KPI and period."""
        by = [] if self.spec.by is None else [self.spec.by]
        told = self.table.select("kpi", pl.col("period").cast(pl.String), *by, "value", "low", "high", "complete")
        return {"kpis": told.to_dicts(), "currency": self.currency, "retained": self.retained}


def fitted(spec: Scorecard, tables: Mapping[str, Native], *, as_of: datetime) -> FittedScorecard:
    """Return the KPIs of the time before an instant."""
    scope = Scope(spec, tables, as_of)
    chosen = fed(scope)
    sheets = Counting(scope, chosen).sheets()
    wide = derived(spec, laid_out(sheets.found, last=scope.last))
    told = [kpi for kpi in chosen if wide.height and set(kpi.measures) <= set(wide.columns)]
    if not told:
        return FittedScorecard(spec, as_of, sheets.currency, sheets.retained, _nothing(spec))
    # An eager frame would be worked out many times for each KPI.
    lazy = marked(scope, wide).lazy()
    rows = pl.concat(pl.collect_all([valued(spec, kpi, lazy) for kpi in told]))
    place = {kpi.name: place for place, kpi in enumerate(told)}
    ordered = rows.sort(pl.col("kpi").replace_strict(place, return_dtype=pl.Int64), BY, "number", nulls_last=True)
    return FittedScorecard(spec, as_of, sheets.currency, sheets.retained, named(scope, compared(spec, ordered)))


def _nothing(spec: Scorecard) -> pl.DataFrame:
    kinds = {"kpi": pl.String(), "period": pl.Date(), "unit": pl.String(), "complete": pl.Boolean()}
    by = {} if spec.by is None else {spec.by: pl.String()}
    others = {name: pl.Float64() for name in COLUMNS if name not in kinds}
    schema = {"kpi": pl.String(), "period": pl.Date(), **by, **{name: (kinds | others)[name] for name in COLUMNS[2:]}}
    return pl.DataFrame(schema=schema)
