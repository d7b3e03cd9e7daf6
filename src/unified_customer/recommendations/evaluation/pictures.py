"""Pictures of models side by side."""

from typing import TYPE_CHECKING

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.evaluation.catalogue import metric

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart


def as_intervals(table: pl.DataFrame, name: str, *, k: int, reference: str | None, dark: bool) -> "Chart":
    """Draw a metric of each model with its interval, or its difference from a reference; the best stands on top."""
    from unified_customer.methods.charting import forest

    about = metric(name)
    rows = _of(table, name, k).sort("value", descending=about.better != "less", nulls_last=True, maintain_order=True)
    title = f"{about.title} @{k}"
    if reference is None:
        words = [f"{_begun(about.says)}, with its interval."]
        return forest(
            rows, name="model", estimate="value", low="low", high="high", reference=None, value_title=title,
            unit=about.unit, title=f"Models by {title}", subtitle=words, dark=dark,
        )  # fmt: skip
    others = rows.filter(pl.col("model") != reference)
    return forest(
        others, name="model", estimate="difference", low="difference_low", high="difference_high", reference=0.0,
        reference_title=reference, value_title=f"difference of {title}", unit=about.unit,
        title=_begun(f"{title} held against {reference}"), subtitle=["Paired differences: the same customers for both."],
        dark=dark,
    )  # fmt: skip


def as_tradeoff(table: pl.DataFrame, name: str, against: str, *, k: int, dark: bool) -> "Chart":
    """Draw a metric of each model against another one."""
    from unified_customer.methods.charting import scatter

    up, along = metric(name), metric(against)
    joined = _of(table, name, k).join(_of(table, against, k).select("model", other="value"), on="model")
    return scatter(
        joined, name="model", x="other", y="value", low="low", high="high", x_title=f"{along.title} @{k}",
        y_title=f"{up.title} @{k}", x_unit=along.unit, y_unit=up.unit, title=_begun(f"{up.title} against {along.title}"),
        subtitle=[_begun(f"{along.title}: {along.says}.")], dark=dark,
    )  # fmt: skip


def _of(table: pl.DataFrame, name: str, k: int) -> pl.DataFrame:
    rows = table.filter(pl.col("metric") == name, pl.col("k") == k)
    if rows.is_empty():
        raise ConfigurationError(f"{name!r} was not measured down to rank {k}.")
    return rows


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
