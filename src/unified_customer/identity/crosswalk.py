"""The crosswalk: every system's id of each customer."""

import polars as pl


def crosswalk(
    identities: pl.DataFrame,
    records: pl.DataFrame,
    links: pl.DataFrame,
    identifiers: pl.DataFrame,
    *,
    master: str | None = None,
    contacts: bool = False,
) -> pl.DataFrame:
    """List every system's id of each customer.

    Args:
        identities: Rows of the table `identities`.
        records: Rows of the table `records`, all versions.
        links: Rows of `links` that hold.
        identifiers: Rows of the table `identifiers`.
        master: The source whose ids lead.
        contacts: Whether e-mail addresses and telephone numbers are listed too.

    Returns:
        `customer_id`, `master_id`, `source`, `kind`, `id`, `record_id`, ordered by all of them. `kind` is `source_id`
        for the id that a source gives its record, else the kind of an identifier; `id` is null where the plain value
        is not kept. `master_id` is the customer's id in the master source: null without one, and the first in text
        order where a person joined two.
    """
    owners = links.select("record_id", "customer_id")
    own = records.select("record_id", "source", pl.lit("source_id").alias("kind"), id="source_id").unique()
    used = identifiers if contacts else identifiers.filter(~pl.col("kind").is_in(["email", "phone"]))
    other = used.select("record_id", "source", "kind", id="value").unique()
    rows = pl.concat([own, other]).join(owners, on="record_id")
    return _with_master(rows, identities, master=master).sort("customer_id", "source", "kind", "id", "record_id")


def _with_master(rows: pl.DataFrame, identities: pl.DataFrame, *, master: str | None) -> pl.DataFrame:
    leading = identities.filter((pl.col("origin") == "record") & (pl.col("source") == (master or "")))
    ids = rows.filter(pl.col("kind") == "source_id").join(leading.select("record_id"), on="record_id", how="semi")
    named = ids.group_by("customer_id").agg(master_id=pl.col("id").min())
    columns = ["customer_id", "master_id", "source", "kind", "id", "record_id"]
    return rows.join(named, on="customer_id", how="left").select(columns)
