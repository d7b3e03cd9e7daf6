"""The versions of a record: which one is the latest, and what partial ones leave as it was.

Most sources write a record whole, and its latest version is what they say. An identify call writes only what changed:
its version is partial, and a field that it leaves out stays as it was said before, at the time at which it was said.

What counts of a record are its last whole version and the partial ones after it, in the order of time; partial
versions of one time come in the order of their names, so that the order of arrival does not matter. Where the source
deleted a record and speaks of it again, nothing from before the deletion counts. A name is stated as a whole by a
version that has the whole name: later ones may change its parts. An address is stated as a whole always.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from unified_customer.identity.traits import merged

NAME_PARTS: Final = ("given_name", "middle_name", "family_name")
NAME: Final = ("family_name", "given_name", "full_name", "honorific", "middle_name")
ADDRESS: Final = ("street", "city", "region", "postcode", "country")
OF_THE_VERSION: Final = (
    "record_id", "customer_id", "source", "source_id", "version", "observed_at", "deleted", "partial", "full_name_raw",
    "seq",
)  # fmt: skip
"""Columns that are no fields of a person."""


def standing_versions(records: pl.DataFrame) -> pl.DataFrame:
    """Return what still stands of each record: one row, or several where parts of it were said at several times.

    Args:
        records: Rows of the table `records`, with `record_id`, `observed_at`, `version`, `deleted`, `partial`, `seq`
            and `full_name_raw` beside the fields that are wanted.

    Returns:
        Rows of `records`; no field of a record stands in two of them, traits excepted, of which each row has its own.
    """
    whole, in_parts = _sorted_out(records)
    return whole if in_parts.is_empty() else pl.concat([whole, _standing(in_parts)])


def latest_versions(records: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each record: what `standing_versions` says, together, with the time of the last version.

    Traits are kept key by key.
    """
    whole, in_parts = _sorted_out(records)
    if in_parts.is_empty():
        return whole
    fixed = [name for name in records.columns if name in OF_THE_VERSION and name != "record_id"]
    fields = [name for name in _fields(records) if name != "traits"]
    traits = [pl.col("traits").drop_nulls().reverse()] if "traits" in records.columns else []
    together = _standing(in_parts).group_by("record_id", maintain_order=True)
    told = together.agg(pl.col(fixed).last(), pl.col(fields).drop_nulls().last(), *traits)
    return pl.concat([whole, _with_traits(told).select(records.columns)])


def _sorted_out(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the last version of each record that is only written whole, and all versions of the others."""
    if records["record_id"].n_unique() == records.height:
        return records, records.clear()
    names = records.filter("partial").select("record_id").unique()
    in_parts = records.join(names, on="record_id", how="semi")
    whole = records.join(names, on="record_id", how="anti") if names.height else records
    times = whole.select("record_id", "observed_at", "seq").with_row_index("place")
    last = times.sort("observed_at", "seq", nulls_last=False).unique("record_id", keep="last")
    return whole[last["place"]], in_parts


def _fields(records: pl.DataFrame) -> list[str]:
    return [name for name in records.columns if name not in OF_THE_VERSION]


def _standing(records: pl.DataFrame) -> pl.DataFrame:
    """Return the versions that count, each with the fields that no later one states, in the order of time."""
    rows = _counting(records)
    parts = [name for name in ADDRESS if name in records.columns]
    names = [name for name in NAME if name in records.columns]
    single = [name for name in _fields(records) if name not in {*ADDRESS, *NAME, "traits"}]
    held = rows.with_columns(each for name in single for each in _last(pl.col(name).is_not_null(), [name]))
    if parts:
        held = held.with_columns(_last(_any(parts), parts))
    held = _with_name(held, names) if names else held
    last = pl.int_range(pl.len()).over("record_id") == pl.len().over("record_id") - 1
    return held.filter(last | _any(_fields(records))).select(records.columns)


def _counting(records: pl.DataFrame) -> pl.DataFrame:
    """Return the last whole version of each record and the partial ones after it; a deletion counts only if it is last."""
    order = ["record_id", "observed_at", pl.when("partial").then("version"), "seq"]
    rows = records.sort(order, nulls_last=False)
    whole = ~pl.col("partial").fill_null(value=False) | pl.col("deleted")
    since = whole.cum_sum().over("record_id")
    counting = rows.filter(since == since.max().over("record_id"))
    return counting.filter(~pl.col("deleted") | (pl.len().over("record_id") == 1))


def _last(stating: pl.Expr, fields: Sequence[str]) -> list[pl.Expr]:
    """Return `fields` as they stand in the last row of each record that states them, null in the others."""
    is_last = stating & (stating.cum_sum(reverse=True).over("record_id") == 1)
    return [pl.when(is_last).then(pl.col(field)).alias(field) for field in fields]


def _with_name(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Put the name together in the last row that states a part of it: the last whole name, and what changed since."""
    since = pl.col("full_name_raw").is_not_null().cum_sum().over("record_id")
    counting = since == since.max().over("record_id")
    stating = counting & _any(names)
    marked = rows.with_columns(stating=stating, several=stating.sum().over("record_id") > 1)
    filled = marked.with_columns(
        pl.when(counting).then(pl.col(name)).forward_fill().over("record_id").alias(name) for name in names
    )
    composed = pl.concat_str([name for name in NAME_PARTS if name in names], separator=" ", ignore_nulls=True)
    anew = pl.col("several") & (composed != "")
    whole = filled.with_columns(full_name=pl.when(anew).then(composed).otherwise("full_name"))
    return whole.with_columns(_last(pl.col("stating"), names)).drop("stating", "several")


def _any(fields: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_not_null() for name in fields)


def _with_traits(told: pl.DataFrame) -> pl.DataFrame:
    if "traits" not in told.columns:
        return told
    texts = [merged(each) if len(each) > 1 else next(iter(each), None) for each in told["traits"].to_list()]
    return told.with_columns(traits=pl.Series(texts, dtype=pl.String))
