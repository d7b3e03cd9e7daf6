"""One customer of the demo, before and after: what the sources say, and what the hub makes of it."""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from unified_customer.cli.demo.found import SERVICE
from unified_customer.core.models import Customer
from unified_customer.core.tables import RAW_FIELDS
from unified_customer.hub import CustomerHub

MOST_RECORDS: Final = 6
SAID: Final = ("source", "source_id", "observed_at", *(f"{name}_raw" for name in RAW_FIELDS))


@dataclass(frozen=True)
class BeforeAfter:
    """One person twice.

    Attributes:
        said: What each record says: `source`, `source_id`, `observed_at` and the raw fields.
        identifiers: What else the person was seen by, such as visitors' ids: `source`, `kind`, `value`.
        customer: The golden record with its origins.
    """

    said: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    customer: Customer


def before_and_after(hub: CustomerHub) -> BeforeAfter | None:
    """Return the customer that the most sources know, in the most different words; None where there is nobody.

    Which one it is depends on the data alone, not on ids.
    """
    records = hub.read("records", purpose=SERVICE, columns=list(SAID))
    known = hub.customers(purpose=SERVICE, columns=["customer_id", "sources", "record_count"])
    chosen = _telling(records, known)
    if chosen is None:
        return None
    said = records.filter(pl.col("customer_id") == chosen).sort("observed_at", "source", "source_id", nulls_last=True)
    seen = hub.read("identifiers", purpose=SERVICE, columns=["source", "kind", "value"], customers=[chosen])
    others = seen.unique().filter(~pl.col("kind").is_in(["email", "phone"])).sort("source", "kind", "value")
    return BeforeAfter(
        said.drop("customer_id").to_dicts(),
        others.select("source", "kind", "value").to_dicts(),
        hub.profile(chosen, purpose=SERVICE),
    )


def _telling(records: pl.DataFrame, known: pl.DataFrame) -> str | None:
    raw = [f"{name}_raw" for name in RAW_FIELDS]
    words = records.group_by("customer_id").agg(
        said=pl.len(),
        wordings=pl.sum_horizontal(pl.col(raw).drop_nulls().n_unique()),
        first=pl.struct("source", "source_id").min(),
    )
    ranked = (
        words.join(known, on="customer_id")
        .filter(pl.col("said") <= MOST_RECORDS)
        .sort(pl.col("sources").list.len(), "wordings", "first", descending=[True, True, False])
    )
    return None if ranked.is_empty() else str(ranked["customer_id"][0])
