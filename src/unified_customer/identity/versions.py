"""The versions of a record: which one is the latest, and what partial ones leave as it was.

Most sources write a record whole, and its latest version is what they say. An identify call writes only what changed:
its version is partial, and a field that it leaves out stays as it was in the version before.
"""

from typing import Final

import polars as pl

from unified_customer.identity.traits import merged

NAME_PARTS: Final = ("given_name", "middle_name", "family_name")
ADDRESS: Final = ("street", "city", "region", "postcode", "country")
ORDER: Final = ("observed_at", "version", "seq")
OF_THE_VERSION: Final = ("customer_id", "source", "deleted", "partial", *ORDER)


def latest_versions(records: pl.DataFrame) -> pl.DataFrame:
    """Return each record as it is in its latest version: by `observed_at`, rows without one first, then by `seq`.

    Partial versions of one time count in the order of their names, so that the order of arrival does not matter. A
    partial version keeps what came before it, back to the last whole one. An address is stated as a whole: a partial
    version that gives a part of it replaces all of it. The whole name follows its parts. Traits are kept key by key.

    Args:
        records: Rows of the table `records`, with `record_id`, `observed_at`, `version`, `partial` and `seq`.

    Returns:
        One row for each record, with the same columns.
    """
    if records["record_id"].n_unique() == records.height:
        return records
    in_parts = records.filter("partial").select("record_id").unique()
    whole = records.join(in_parts, on="record_id", how="anti") if in_parts.height else records
    times = whole.select("record_id", "observed_at", "seq").with_row_index("place")
    last = whole[times.sort("observed_at", "seq", nulls_last=False).unique("record_id", keep="last")["place"]]
    if in_parts.is_empty():
        return last
    return pl.concat([last, _put_together(records.join(in_parts, on="record_id", how="semi"))])


def _put_together(records: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each record: its last whole version with what the partial ones after it say."""
    order = ["record_id", "observed_at", pl.when("partial").then("version"), "seq"]
    rows = records.sort(order, nulls_last=False)
    since = (~pl.col("partial").fill_null(value=False)).cum_sum().over("record_id")
    counting = rows.filter(since == since.max().over("record_id"))
    fixed = [name for name in records.columns if name in OF_THE_VERSION]
    fields = [name for name in records.columns if name not in {"record_id", "traits", *fixed, *ADDRESS}]
    told = counting.group_by("record_id", maintain_order=True).agg(
        pl.col(fixed).last(),
        pl.col(fields).drop_nulls().last(),
        *_address(records.columns),
        *([pl.col("traits").drop_nulls().reverse()] if "traits" in records.columns else []),
    )
    return _renamed(_with_traits(told)).select(records.columns)


def _address(columns: list[str]) -> list[pl.Expr]:
    parts = [name for name in ADDRESS if name in columns]
    stated = pl.any_horizontal(pl.col(name).is_not_null() for name in parts) if parts else pl.lit(value=False)
    return [pl.col(name).filter(stated).last() for name in parts]


def _with_traits(told: pl.DataFrame) -> pl.DataFrame:
    if "traits" not in told.columns:
        return told
    texts = [merged(each) if len(each) > 1 else next(iter(each), None) for each in told["traits"].to_list()]
    return told.with_columns(traits=pl.Series(texts, dtype=pl.String))


def _renamed(told: pl.DataFrame) -> pl.DataFrame:
    """Write the whole name anew from its parts, which may come from several versions."""
    composed = pl.concat_str(NAME_PARTS, separator=" ", ignore_nulls=True)
    return told.with_columns(full_name=pl.when(composed != "").then(composed).otherwise("full_name"))
