"""Uniqueness and consistency: what stands once, and what sources agree on."""

from collections.abc import Iterator
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.quality.rows import NOTHING, Rows, as_found, with_total
from unified_customer.analytics.quality.spec import DataQuality
from unified_customer.core.tables import RAW_FIELDS
from unified_customer.engines.portable import Lazy, collected, settled
from unified_customer.methods.validity import counted, told

COUNTS: Final = ("count", "n")


def uniqueness(spec: DataQuality, rows: Rows) -> pl.DataFrame:
    """Count keys that stand once, and values that one customer alone has."""
    parts = [pl.DataFrame(schema={"source": pl.String, "field": pl.String, "count": pl.Int64, "n": pl.Int64})]
    parts += [part.select(parts[0].columns) for part in _once(spec, rows)]
    return as_found(pl.concat(parts), "uniqueness", rows.name)


def _once(spec: DataQuality, rows: Rows) -> Iterator[pl.DataFrame]:
    if rows.has(*rows.table.key):
        yield _keys(rows)
    if rows.name == "customers":
        for name in ("email", "phone"):
            if rows.has(name):
                yield _values(rows, name)
    if rows.name == "identifiers" and rows.has("kind", "value_key", "customer_id"):
        yield _identifiers(spec, rows)


def _keys(rows: Rows) -> pl.DataFrame:
    key, field = rows.table.key, pl.lit(" + ".join(rows.table.key))
    stand = rows.lazy.group_by(*key).agg(_rows=nw.len())
    counts = {"count": counted(nw.col("_rows") == 1), "n": nw.len()}
    if "source" not in key:
        return _whole(collected(stand.select(**counts)), field)
    return with_total(collected(stand.group_by("source").agg(**counts)), *COUNTS).with_columns(field=field)


def _values(rows: Rows, name: str) -> pl.DataFrame:
    held = rows.lazy.filter(told(name, rows.schema)).group_by(name).agg(_rows=nw.len())
    return _whole(collected(held.select(count=counted(nw.col("_rows") == 1), n=nw.len())), pl.lit(name))


def _whole(found: pl.DataFrame, field: pl.Expr) -> pl.DataFrame:
    sound = found.with_columns(pl.col(*COUNTS).cast(pl.Int64).fill_null(0))
    return sound.with_columns(field=field, source=pl.lit(None, dtype=pl.String))


def _identifiers(spec: DataQuality, rows: Rows) -> pl.DataFrame:
    known = rows.lazy.filter(~nw.col("customer_id").is_null() & nw.col("kind").is_in(spec.unique))
    holders = known.group_by("kind", "value_key", "customer_id").agg(_rows=nw.len())
    values = holders.group_by("kind", "value_key").agg(_holders=nw.len())
    found = collected(values.group_by("kind").agg(count=counted(nw.col("_holders") == 1), n=nw.len()))
    return _whole(found, pl.col("kind"))


def consistency(rows: Rows) -> pl.DataFrame:
    """Count, of the customers of whom several sources speak, those on whom they agree, field by field.

    Sources agree on a customer where there is a value that all of them say, capitals aside; a source that says several
    may say others besides. Rows that name no source are left out.
    """
    schema = rows.schema
    names: list[str] = [name for name in RAW_FIELDS if name in schema]
    if not rows.has("customer_id", "source") or not names:
        return NOTHING
    said = settled(_said(rows, names), like=rows.native)
    speaking = said.group_by("customer_id", "field", "source").agg(_values=nw.len())
    verdicts = settled(_verdicts(said, speaking), like=rows.native)
    counts = {"count": nw.col("agreed").sum(), "n": nw.len()}
    total = collected(verdicts.group_by("field").agg(**counts)).with_columns(source=pl.lit(None, dtype=pl.String))
    each = collected(speaking.join(verdicts, on=["customer_id", "field"]).group_by("field", "source").agg(**counts))
    columns = ["field", "source", *COUNTS]
    all_fields = pl.DataFrame({"field": names}).join(total, on="field", how="left")
    whole = all_fields.with_columns(pl.col(*COUNTS).fill_null(0)).select(columns)
    return as_found(pl.concat([whole, each.select(columns)], how="vertical_relaxed"), "consistency", rows.name)


def _said(rows: Rows, names: list[str]) -> Lazy:
    """Return each value that a source says of a customer, once: `customer_id`, `source`, `field`, `value`."""
    known = rows.lazy.filter(~nw.col("customer_id").is_null() & ~nw.col("source").is_null())
    parts = [
        known.filter(told(name, rows.schema)).select(
            "customer_id",
            "source",
            field=nw.lit(name),
            value=nw.col(name).cast(nw.String).str.to_lowercase(),
        )
        for name in names
    ]
    columns = ("customer_id", "source", "field", "value")
    return nw.concat(parts, how="vertical").group_by(*columns).agg(_rows=nw.len()).select(*columns)


def _verdicts(said: Lazy, speaking: Lazy) -> Lazy:
    """Return on which customers sources agree: `customer_id`, `field`, `agreed`, where at least two speak."""
    who = ("customer_id", "field")
    values = said.group_by(*who, "value").agg(_saying=nw.len())
    most = values.group_by(*who).agg(_most=nw.col("_saying").max())
    sources = speaking.group_by(*who).agg(_sources=nw.len()).filter(nw.col("_sources") >= 2)
    agreed = nw.when(nw.col("_most") == nw.col("_sources")).then(1).otherwise(0)
    return sources.join(most, on=list(who)).select(*who, agreed=agreed)
