"""KPIs as tables and pictures."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from unified_customer.analytics.kpis.kpi import KPIS, Unit
from unified_customer.analytics.kpis.spec import Scorecard
from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, money

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


def format_of(unit: Unit, currency: str | None) -> Format:
    """Return how values of a unit are written."""
    formats: dict[Unit, Format] = {"count": COUNT, "share": SHARE, "rate": SHARE, "money": money(currency)}
    return formats.get(unit, NUMBER)


def as_table(spec: Scorecard, rows: pl.DataFrame, currency: str | None) -> pl.DataFrame:
    """Return the rows of one period as texts: KPI, value, interval, and how it changed."""
    by = [] if spec.by is None else [spec.by]
    told = [
        {"KPI": KPIS[row["kpi"]].title, **{name: row[name] for name in by}, **_texts(row, currency)}
        for row in rows.iter_rows(named=True)
    ]
    names = ("KPI", *by, "value", "interval", f"against the {spec.every} before", "against a year before")
    return (
        pl.DataFrame(told, schema=dict.fromkeys(names, pl.String))
        if not told
        else pl.DataFrame(told).rename({"change": names[-2], "year": names[-1]})
    )


def _texts(row: dict[str, Any], currency: str | None) -> dict[str, str]:
    form, unit = format_of(row["unit"], currency), {"seconds": " s", "months": " months"}.get(row["unit"], "")
    interval = "" if row["low"] is None else f"{form.written(row['low'])} to {form.written(row['high'])}"
    value = "" if row["value"] is None else unit
    return {
        "value": f"{form.written(row['value'])}{value}",
        "interval": interval,
        "change": _changed(row["unit"], row["change"], row["growth"]),
        "year": _changed(row["unit"], row["year_change"], row["year_growth"]),
    }


def _changed(unit: Unit, change: float | None, growth: float | None) -> str:
    """Write how a share or score changed in points, and everything else in per cent."""
    if unit in {"share", "rate", "score"}:
        points = None if change is None else change * (1 if unit == "score" else 100)
        return "" if points is None else f"{points:+.1f} points"
    return "" if growth is None else f"{growth:+.1%}".replace("%", " %")


def written(spec: Scorecard, rows: pl.DataFrame, currency: str | None) -> str:
    """Return the rows of one period, a line each."""
    told = as_table(spec, rows, currency)
    head = (
        "No period is over yet of which enough is known."
        if rows.is_empty()
        else f"{spec.every} of {rows['period'][-1]}"
    )
    lines = (_line(row, spec) for row in told.iter_rows(named=True))
    return "\n".join([head, *lines])


def _line(row: dict[str, Any], spec: Scorecard) -> str:
    whose = "" if spec.by is None else f" ({row[spec.by] if row[spec.by] is not None else 'unknown'})"
    interval = f" ({row['interval']})" if row["interval"] else ""
    change = row[f"against the {spec.every} before"]
    return f"  {row['KPI']}{whose}: {row['value']}{interval}{f', {change}' if change else ''}"


def as_trend(
    spec: Scorecard, rows: pl.DataFrame, *, currency: str | None, as_of: datetime, at_most: int, dark: bool
) -> "Chart":
    """Draw a KPI period by period; one that is not over is not drawn."""
    from unified_customer.methods.charting import trend

    kpi = KPIS[rows["kpi"][0]]
    over = rows.filter("complete")
    latest = over["period"].unique().sort().tail(at_most)
    shown = over.filter(pl.col("period").is_in(latest.implode()))
    low, high = (None, None) if kpi.interval == "none" else ("low", "high")
    return trend(
        shown, period="period", value="value", low=low, high=high, series=spec.by, period_title=spec.every, value_title=kpi.title,
        unit=format_of(kpi.unit, currency), title=kpi.title, subtitle=[f"{kpi.formula}. Before {as_of:%Y-%m-%d}."], dark=dark,
    )  # fmt: skip
