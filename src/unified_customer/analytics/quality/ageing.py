"""Freshness and decay: how old the last row is, and what has worn out."""

from datetime import timedelta
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.quality.rows import NOTHING, Rows, as_found, with_total
from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.engines.portable import Lazy, collected
from unified_customer.methods.events.meanings import spelled
from unified_customer.methods.events.vocabulary import folded
from unified_customer.methods.validity import counted, told

COUNTS: Final = ("count", "n")
FIRST_SEEN: Final = frozenset({"identifiers"})
"""Tables whose time is that of the first sight: that nothing new came is no sign of age."""


def freshness(rows: Rows) -> pl.DataFrame:
    """Tell the days since the last row of each source, and of all."""
    time = rows.table.time
    if time is None or rows.name in FIRST_SEEN or not rows.has(time):
        return NOTHING
    measures = {"last": nw.col(time).max(), "n": nw.col(time).count()}
    if rows.has("source"):
        each = collected(rows.lazy.group_by("source").agg(**measures))
        total = each.select(pl.lit(None, dtype=pl.String).alias("source"), pl.col("last").max(), pl.col("n").sum())
        found = pl.concat([total, each.filter(pl.col("source").is_not_null())], how="vertical_relaxed")
    else:
        found = collected(rows.lazy.select(**measures)).with_columns(source=pl.lit(None, dtype=pl.String))
    age = pl.lit(rows.now).cast(pl.Datetime("us")) - pl.col("last").cast(pl.Datetime("us"))
    days = age.dt.total_microseconds() / (24 * 3600 * 1_000_000)
    return as_found(found.with_columns(days=days, field=pl.lit(time)), "freshness", rows.name)


def decay(spec: DataQuality, rows: Rows) -> pl.DataFrame:
    """Count e-mails that bounced, and contact fields of customers that nobody has confirmed for long."""
    if rows.name == "events" and rows.has("name", "occurred_at"):
        return as_found(_bounces(spec, rows).with_columns(field=pl.lit("bounced")), "decay", rows.name)
    fields = [name for name in spec.contacts if rows.has(name, f"{name}_observed_at")]
    if rows.name == "customers" and fields:
        parts = [_unconfirmed(spec, rows, name) for name in fields]
        return as_found(pl.concat(parts), "decay", rows.name)
    return NOTHING


def _bounces(spec: DataQuality, rows: Rows) -> pl.DataFrame:
    since = nw.col("occurred_at") >= nw.lit(rows.now - timedelta(days=spec.bounce_days))
    lately, failed = rows.lazy.filter(since), set(map(folded, spec.bounced))
    names = spelled(lately, (*spec.delivered, *spec.bounced))
    bounced = [*spec.bounced, *(name for name, plain in names.items() if plain in failed)]
    mails = lately.filter(nw.col("name").is_in([*spec.delivered, *spec.bounced, *names]))
    return _of_sources(mails, "source" if rows.has("source") else None, nw.col("name").is_in(bounced))


def _unconfirmed(spec: DataQuality, rows: Rows, name: str) -> pl.DataFrame:
    observed = nw.col(f"{name}_observed_at")
    known = rows.lazy.filter(told(name, rows.schema) & ~observed.is_null())
    source = f"{name}_source" if rows.has(f"{name}_source") else None
    long_ago = observed < nw.lit(rows.now - timedelta(days=spec.confirm_days))
    return _of_sources(known, source, long_ago).with_columns(field=pl.lit(name))


def _of_sources(lazy: Lazy, source: str | None, bad: nw.Expr) -> pl.DataFrame:
    counts = {"count": counted(bad), "n": nw.len()}
    whose = nw.lit(None, dtype=nw.String) if source is None else nw.col(source)
    marked = lazy.with_columns(_source=whose)
    found = collected(marked.group_by("_source").agg(**counts)).rename({"_source": "source"})
    return with_total(found, *COUNTS)
