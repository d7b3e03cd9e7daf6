"""What was expected against what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.analytics.value.learning import Base, Learned, Terms, bought_by_day, expected_of
from unified_customer.analytics.value.scoring import gained
from unified_customer.engines.portable import Native
from unified_customer.methods.buy_till_die.histories import Floats

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
NAIVE: Final = "past_rate"
"""The forecast that everybody goes on buying at the own rate so far: what any model must beat."""
MEDIAN: Final = " median"
_MOST: Final = 7
_SMALLEST: Final = 10
_WEEK: Final = 7


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A holdout: forecasts made at one instant, and what came until another.

    Attributes:
        as_of: When the forecasts were made, from what was before.
        until: Until when it was seen what came.
        days: How many days lie between.
        customers: Who had bought by then; nobody acquired later counts.
        table: One row a forecast: `forecast`, `mae` and `rmse` (purchases a customer), `total_error` (of all purchases;
            .1 is a tenth too many), `spend_mae` (money a customer) and `spend_total_error`. The last row is always
            `past_rate`. `... median` is the median of what a model holds possible: it has the least absolute error and
            is 0 for most, so its total falls short by nature. What cannot be told is null.
        calibration: By `purchases_before` (repeat purchases, those of the last row or more): `customers` and the means
            of `actual`, `expected` (of the first forecast) and `past_rate`. Groups of fewer than ten customers are put
            to the group below them.
        tracking: By week: `week_ends`, `actual`, `expected` (repeat purchases of the week, of the first forecast), and
            both added up, `actual_so_far` and `expected_so_far`.
    """

    as_of: datetime
    until: datetime
    days: int
    customers: int
    table: pl.DataFrame
    calibration: pl.DataFrame
    tracking: pl.DataFrame

    def to_body(self) -> Mapping[str, Any]:
        """Return it as JSON, without people."""
        named = {row.pop("forecast"): row for row in self.table.to_dicts()}
        return {"as_of": self.as_of.isoformat(), "until": self.until.isoformat(), "customers": self.customers, **named}

    def chart(self, *, cumulative: bool = False, dark: bool = False) -> "Chart":
        """Draw repeat purchases by week as they came and as they were expected, before the holdout and in it.

        Args:
            cumulative: Added up since the beginning.
            dark: On a dark ground.

        Raises:
            MissingDependencyError: Altair is not installed.
            ConfigurationError: There is not one whole week.
        """
        from unified_customer.analytics.value.charts import tracked

        return tracked(self, cumulative=cumulative, dark=dark)

    def _repr_html_(self) -> str:
        from unified_customer.analytics.value.charts import evaluation_html

        return evaluation_html(self)


def evaluated(
    terms: Terms, tables: Mapping[str, Native], several: Sequence[Learned], before: Base, after: Base
) -> Evaluation:
    """Compare forecasts of models that were fitted on `before` with what `after` shows.

    The customers of `before` are looked for in `after`: a purchase day more is a purchase that came. The model with the
    least mean absolute error is the first; of equal ones that which was named first.
    """
    came = _came(before, after)
    days = after.last - before.last
    rate = _past_rate(before.table, days)
    of_each = [_forecasts(terms, each, before, days) for each in several]
    order = sorted(
        range(len(several)), key=lambda place: _mean(np.abs(of_each[place][0][1] - came["purchases"].to_numpy()))
    )
    forecasts = [forecast for place in order for forecast in of_each[place]]
    forecasts.append((NAIVE, rate, _worth(rate, before.table["bought"] / (before.table["frequency"] + 1))))
    rows = [_errors(name, purchases, spend, came) for name, purchases, spend in forecasts]
    return Evaluation(
        as_of=before.as_of,
        until=after.as_of,
        days=days,
        customers=before.table.height,
        table=pl.DataFrame(rows, schema=_TABLE),
        calibration=_calibration(before.table, came, forecasts[0][1], rate),
        tracking=tracking_of(terms, tables, several[order[0]], before, until=after),
    )


_TABLE: Final = {
    "forecast": pl.String,
    **dict.fromkeys(("mae", "rmse", "total_error", "spend_mae", "spend_total_error"), pl.Float64),
}


def _came(before: Base, after: Base) -> pl.DataFrame:
    later = after.table.select("customer_id", later="frequency", paid="bought")
    joined = before.table.join(later, on="customer_id", how="left", maintain_order="left")
    return joined.select(
        purchases=(pl.col("later").fill_null(pl.col("frequency")) - pl.col("frequency")).cast(pl.Float64),
        spend=pl.col("paid").fill_null(pl.col("bought")) - pl.col("bought"),
    )


def _past_rate(table: pl.DataFrame, days: int) -> Floats:
    rate = pl.when(pl.col("age") > 0).then(pl.col("frequency") / pl.col("age")).otherwise(0.0)
    found: Floats = table.select(rate=rate * days)["rate"].cast(pl.Float64).to_numpy()
    return found


def _worth(purchases: Floats, spend: pl.Series) -> Floats:
    worth: Floats = purchases * spend.fill_null(float("nan")).to_numpy()
    return worth


def _forecasts(terms: Terms, learned: Learned, base: Base, days: int) -> list[tuple[str, Floats, Floats]]:
    histories, place = base.histories(learned.season, unit=terms.unit).compressed()
    mean = gained(terms, learned, base, histories, edges=np.asarray((0, days)))[:, 0][place]
    clock = base.clock(learned.season, ahead=days)
    time = float(clock.between(base.last, base.last + days)) / terms.unit
    middle = learned.purchases.median_purchases(histories, time=time)[place]
    table = base.table
    spend = learned.spending.expected_spend(
        frequency=table["frequency"].to_numpy(), spend=table["spend"].fill_null(float("nan")).to_numpy()
    )
    name = learned.purchases.name
    return [(name, mean, mean * spend), (name + MEDIAN, middle, middle * spend)]


def _errors(name: str, purchases: Floats, spend: Floats, came: pl.DataFrame) -> dict[str, Any]:
    actual, paid = came["purchases"].to_numpy(), came["spend"].to_numpy()
    missed, short = purchases - actual, spend - paid
    found = {
        "mae": _mean(np.abs(missed)),
        "rmse": np.sqrt(_mean(missed**2)),
        "total_error": missed.sum() / actual.sum() if actual.sum() > 0 else np.nan,
        "spend_mae": _mean(np.abs(short)),
        "spend_total_error": short.sum() / paid.sum() if paid.sum() > 0 else np.nan,
    }
    return {"forecast": name, **{key: float(value) if np.isfinite(value) else None for key, value in found.items()}}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _calibration(table: pl.DataFrame, came: pl.DataFrame, expected: Floats, rate: Floats) -> pl.DataFrame:
    of_each = table.select(purchases_before=pl.col("frequency").clip(0, _MOST)).with_columns(
        actual=came["purchases"], expected=pl.Series(expected, dtype=pl.Float64), past_rate=pl.Series(rate)
    )
    sizes = dict(of_each.group_by("purchases_before").len().iter_rows())
    groups = _large_enough(sizes)
    if not groups:
        return of_each.clear().with_columns(customers=pl.lit(0, dtype=pl.Int64))
    named = of_each.with_columns(pl.col("purchases_before").replace_strict(groups, return_dtype=pl.Int64))
    grouped = named.group_by("purchases_before").agg(
        customers=pl.len().cast(pl.Int64), **{name: pl.col(name).mean() for name in ("actual", "expected", "past_rate")}
    )
    return grouped.sort("purchases_before")


def _large_enough(sizes: Mapping[int, int]) -> dict[int, int]:
    """Return into which group each goes, so that none is small; nothing where all together are.

    Examples:
        >>> _large_enough({0: 50, 1: 20, 2: 12, 3: 4, 7: 3}), _large_enough({0: 3})
        ({7: 2, 3: 2, 2: 2, 1: 1, 0: 0}, {})
    """
    placed, waiting, count = dict[int, int](), list[int](), 0
    for key in sorted(sizes, reverse=True):
        waiting, count = [*waiting, key], count + sizes[key]
        if count >= _SMALLEST:
            placed |= dict.fromkeys(waiting, key)
            waiting, count = [], 0
    lowest = min(placed.values(), default=None)
    return {} if lowest is None else {**placed, **dict.fromkeys(waiting, lowest)}


def tracking_of(
    terms: Terms, tables: Mapping[str, Native], learned: Learned, base: Base, *, until: Base
) -> pl.DataFrame:
    """Return the repeat purchases of the customers of `base` by week, as they came and as they were expected.

    Weeks are counted from the as-of date of `base` in both directions; those that were not seen as a whole are left
    out.
    """
    days, expected = expected_of(learned.purchases, base, learned.season, last=until.last, unit=terms.unit)
    actual = bought_by_day(terms, tables, base, as_of=until.as_of, days=days)
    week = (days - base.last - 1) // _WEEK
    whole = pl.DataFrame({"week": week, "actual": actual, "expected": expected}).group_by("week", maintain_order=True)
    summed = whole.agg(pl.col("actual").sum(), pl.col("expected").sum(), days=pl.len()).with_columns(
        actual_so_far=pl.col("actual").cum_sum(), expected_so_far=pl.col("expected").cum_sum()
    )
    last_day = date(1970, 1, 1) + timedelta(days=base.last)
    ends = pl.lit(last_day) + pl.duration(days=(pl.col("week") + 1) * _WEEK)
    columns = ["actual", "expected", "actual_so_far", "expected_so_far"]
    return summed.filter(pl.col("days") == _WEEK).select(ends.cast(pl.Date).alias("week_ends"), *columns)
