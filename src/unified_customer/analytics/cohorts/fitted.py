"""Cohorts that were told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from unified_customer.analytics.cohorts.guard import guarded
from unified_customer.analytics.cohorts.lives import dated, lived, started
from unified_customer.analytics.cohorts.measures import averaged, measured, trended
from unified_customer.analytics.cohorts.pictures import AVERAGE, as_curves, as_triangle, checked, format_of
from unified_customer.analytics.cohorts.spec import Cohorts
from unified_customer.analytics.cohorts.tally import grid, tallied
from unified_customer.analytics.occurrences import is_priced
from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.tables import MEMBERSHIPS
from unified_customer.engines.portable import Native, collected, given_back, opened
from unified_customer.methods.display import COUNT, SHARE, result_html

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


@dataclass(frozen=True, eq=False)
class FittedCohorts:
    """Cohorts and what they did.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        currency: ISO 4217 code of money; None where amounts name none.
        cells: One row for each period of each cohort that has begun: the column of `by`, `cohort` (name), `starts` and
            `ends` (days), `period` (from 0), `complete`, `customers`, `active`, `retention` with `low` and `high`
            (Wilson), `orders`, `orders_per_customer`, `revenue`, `revenue_per_customer`, `average_order_value`, and
            `ltv` (revenue per customer from period 0 on, summed up). Measures of cells that are not complete are null,
            and so are all numbers of cohorts too small to show. Polars, whatever the engine.
        table: `customer_id`, the column of `by`, and `cohort` (first day of the period in which it began) of everybody
            who has begun, as the kind of frame that was given.
    """

    spec: Cohorts
    as_of: datetime
    currency: str | None
    cells: pl.DataFrame
    table: Any = field(default=None, repr=False)

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Tell the cohort of each customer in other data.

        Args:
            tables: As for `fit`.
            as_of: Who began at it or later is left out.

        Returns:
            What `table` holds, as the kind of frame that was given.

        Raises:
            SchemaError: A table or column is missing.
        """
        starts = started(self.spec, tables, as_of=as_utc(as_of))
        return given_back(dated(self.spec, starts), like=self.spec.start.native(tables))

    @property
    def sizes(self) -> pl.DataFrame:
        """Customers of each cohort: the column of `by`, `cohort`, `starts`, `ends`, `customers` (null: too few to show)."""
        return self.cells.filter(pl.col("period") == 0).select(*self._by, "cohort", "starts", "ends", "customers")

    @cached_property
    def averages(self) -> pl.DataFrame:
        """Averages over cohorts by period, each weighing as many as it has customers; incomplete cells have no part.

        `period`, `cohorts`, `customers`, and the measures of `cells`, by the column of `by`.
        """
        return averaged(self.spec, self.cells)

    @cached_property
    def trends(self) -> pl.DataFrame:
        """How measures of each period change from cohort to cohort, with intervals.

        The column of `by`, `period`, `measure`, `cohorts`, `slope` (change from one cohort to the next, by weighted
        least squares) with `low` and `high`, `latest` and `before` (the two latest complete cohorts), `difference`
        between them, and for retention `difference_low` and `difference_high` (Newcombe).
        """
        return trended(self.spec, self.cells)

    def wide(self, measure: str = "retention", *, average: bool = False) -> pl.DataFrame:
        """Return a matrix: a row for each cohort, a column for each period.

        Args:
            measure: `active`, `retention`, `orders`, `orders_per_customer`, `revenue`, `revenue_per_customer`,
                `average_order_value` or `ltv`.
            average: Whether a last row holds the weighted averages.

        Returns:
            The column of `by`, `cohort`, `customers`, and a column for each period, `0`, `1` and so on; null where a
            cell is not complete.

        Raises:
            ConfigurationError: There is no such measure.
        """
        rows = self.cells.select(*self._by, "cohort", "starts", "customers", "period", checked(measure))
        if average:
            rows = pl.concat([rows, self._average_rows(measure)], how="vertical_relaxed")
        whose = [*self._by, "cohort", "starts", "customers"]
        periods = self.cells["period"].unique().sort()
        matrix = rows.pivot("period", index=whose, values=measure, on_columns=periods)
        return matrix.sort(*self._by, "starts", nulls_last=True).drop("starts")

    def _average_rows(self, measure: str) -> pl.DataFrame:
        totals = self.averages.with_columns(cohort=pl.lit(AVERAGE), starts=pl.lit(None, dtype=pl.Date))
        all_of_them = pl.col("customers").max().over(self._by) if self._by else pl.col("customers").max()
        shown = totals.with_columns(customers=all_of_them)
        return shown.select(*self._by, "cohort", "starts", "customers", "period", measure)

    @property
    def _by(self) -> list[str]:
        return [] if self.spec.by is None else [self.spec.by]

    def of_group(self, value: object) -> "FittedCohorts":
        """Return the cohorts of one value of the column of `by` alone.

        Raises:
            ConfigurationError: The spec has no such column, or there are no cohorts of that value.
        """
        if self.spec.by is None:
            raise ConfigurationError("Cohorts are not told apart by a column: name one in `by` of the spec.")
        chosen = self.cells.filter(pl.col(self.spec.by).eq_missing(pl.lit(value)))
        if not chosen.height:
            raise ConfigurationError(f"There are no cohorts of that value of {self.spec.by!r}.")
        return replace(self, cells=chosen)

    def chart(
        self,
        measure: str = "retention",
        kind: Literal["triangle", "curves"] = "triangle",
        *,
        at_most: int = 24,
        dark: bool = False,
    ) -> "Chart":
        """Draw what the cohorts did: the triangle with blanks, or a curve for each with the weighted average.

        Args:
            measure: As in `wide`.
            kind: What is drawn.
            at_most: So many cohorts, the latest, and so many periods, the first, are drawn.
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is no such measure, nobody has begun, or the cohorts are of several groups: choose
                one with `of_group`.
            MissingDependencyError: Altair is not installed.
        """
        told: dict[str, Any] = {"currency": self.currency, "as_of": self.as_of, "at_most": at_most}
        if self._by and self.cells.select(self._by).n_unique() > 1:
            raise ConfigurationError(
                "A chart shows the cohorts of one group: choose it, as in of_group('email').chart()."
            )
        if kind == "triangle":
            return as_triangle(self.spec, self.cells, checked(measure), **told, dark=dark)
        return as_curves(self.spec, self.cells, self.averages, checked(measure), **told, dark=dark)

    def _repr_html_(self) -> str:
        customers = self.sizes["customers"].sum()
        facts = [("customers", COUNT.written(customers)), ("as of", f"{self.as_of:%Y-%m-%d}")]
        money = ("revenue_per_customer", "average_order_value", "ltv")
        formats = {"retention": SHARE} | {name: format_of(name, self.currency) for name in money}
        names = dict(
            zip(
                ("orders_per_customer", *money),
                ("orders each", "revenue each", "per order", "revenue so far"),
                strict=True,
            )
        )
        ends = (pl.col(end).map_elements(SHARE.written, return_dtype=pl.String) for end in ("low", "high"))
        shown = self.averages.with_columns(interval=pl.concat_str(*ends, separator=" to "))
        columns = ["period", "cohorts", "customers", "retention", "interval", "orders_per_customer", *money]
        return result_html(
            "Cohorts", facts, shown.select(*self._by, *columns), formats=formats, names=names,
            table_title=f"Weighted averages by {self.spec.period}", note="What is not over yet has no part.",
        )  # fmt: skip

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships, one customer in one cohort."""
        table = collected(opened(self.table))
        calendar, period = self.spec.calendar, self.spec.period
        names = {day: calendar.label(calendar.number(day, period), period) for day in table["cohort"].unique()}
        told = table.select(
            pl.lit(self.spec.name).alias("segmentation"),
            pl.col("cohort").replace_strict(names, return_dtype=pl.String).alias("segment"),
            pl.col("customer_id").cast(pl.String),
            entered_at=pl.lit(self.as_of).cast(MEMBERSHIPS.columns["entered_at"]),
        )
        return {"memberships": MEMBERSHIPS.conform(told)}

    def to_body(self) -> Mapping[str, Any]:
        """Return the sizes of the cohorts and the averages by period."""
        sizes = self.sizes.select(*self._by, "cohort", "customers").to_dicts()
        averages = self.averages.select(*self._by, "period", "cohorts", "customers", "retention", "ltv").to_dicts()
        return {"cohorts": sizes, "averages": averages, "currency": self.currency}


def fitted(spec: Cohorts, tables: Mapping[str, Native], *, as_of: datetime) -> FittedCohorts:
    """Return cohorts and what they did before an instant."""
    lives = lived(spec, tables, as_of=as_of)
    tally = tallied(spec, lives, priced=is_priced(spec.active, tables))
    cells = measured(spec, guarded(spec, grid(spec, tally, as_of=as_of)))
    table = given_back(dated(spec, lives.starts), like=spec.start.native(tables))
    return FittedCohorts(spec, as_of, lives.exchange.currency, cells, table)
