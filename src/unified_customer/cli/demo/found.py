"""What the hub made of the records that the truth knows, read through its door."""

from typing import Final

import polars as pl

from unified_customer.hub import CustomerHub

SERVICE: Final = "essential.service"
KINDS: Final = {"anonymous_id": "anonymous_id", "user_id": "user_id", "loyalty_card": "loyalty_id"}
"""Kinds of ids in the truth that are identifiers in the hub; all others are ids of records."""


def found_records(hub: CustomerHub, truth: pl.DataFrame) -> pl.DataFrame:
    """Return the customer of each record of the truth that is in the hub: `source`, `source_id`, `customer_id`."""
    records = hub.read("records", purpose=SERVICE, columns=["source", "source_id"]).unique(["source", "source_id"])
    by_identifier = truth.filter(pl.col("kind").is_in(list(KINDS)))
    by_id = truth.join(by_identifier, on=["source", "source_id"], how="anti")
    own = by_id.select("source", "source_id").join(records, on=["source", "source_id"])
    return pl.concat([own, _named(hub, by_identifier)], how="diagonal").select("source", "source_id", "customer_id")


def _named(hub: CustomerHub, truth: pl.DataFrame) -> pl.DataFrame:
    """Return the customer of each identifier: of the identity that carries it with the fewest others."""
    seen = hub.read("identifiers", purpose=SERVICE, columns=["record_id", "source", "kind", "value", "observed_at"])
    carried = seen.with_columns(others=pl.len().over("record_id"))
    barest = carried.sort("others", "observed_at", "record_id", nulls_last=True)
    one = barest.unique(["source", "kind", "value"], keep="first", maintain_order=True)
    wanted = truth.select("source", "source_id", kind=pl.col("kind").replace(KINDS))
    return wanted.join(one, left_on=["source", "kind", "source_id"], right_on=["source", "kind", "value"])
