"""Which customer a record belongs to, over time: merges and splits are new rows, and nothing is overwritten."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import polars as pl

from unified_customer.core.errors import ConfigurationError, UnknownCustomerError
from unified_customer.core.tables import LINKS


class Relinked(NamedTuple):
    """What a new partition changes in the table `links`; all else stays.

    Attributes:
        closed: Rows that held and hold no longer, with their `valid_to`.
        opened: Rows that hold from now on.
    """

    closed: pl.DataFrame
    opened: pl.DataFrame


def relink(current: pl.DataFrame, partition: pl.DataFrame, *, at: datetime) -> Relinked:
    """Compare a new partition with the links that hold, and return only what changed.

    A record that keeps its customer keeps its row, also where the reason is another now. Records that are not in
    `partition` are left alone, so a part of the records can be resolved by itself.

    Args:
        current: Rows of `links` whose `valid_to` is null: at most one of each record.
        partition: `record_id`, `customer_id`, `probability`, `reason`, as `ExactIdentity.resolve` gives it.
        at: From when the new links hold; not before any of those that hold now.

    Returns:
        The rows to write. A link that began at `at` itself is replaced under its key and has no closed row.

    Raises:
        ConfigurationError: `at` lies before the beginning of a link that would be closed.
    """
    before = current.select("record_id", was="customer_id", since="valid_from")
    compared = partition.join(before, on="record_id", how="left")
    changed = compared.filter(pl.col("was").ne_missing(pl.col("customer_id")))
    if changed.filter(pl.col("since") > at).height:
        raise ConfigurationError("Links that hold began after the time given as `at`. Give a later time.")
    stale = changed.filter(pl.col("since") < at).select("record_id")
    opened = changed.select("record_id", "customer_id", "probability", "reason", valid_from=_instant(at))
    closed = (
        current.select(list(LINKS.columns)).join(stale, on="record_id", how="semi").with_columns(valid_to=_instant(at))
    )
    return Relinked(LINKS.conform(closed), LINKS.conform(opened))


def _instant(at: datetime) -> pl.Expr:
    return pl.lit(at).cast(pl.Datetime("us", "UTC"))


def held(links: pl.DataFrame, *, at: datetime | None = None) -> pl.DataFrame:
    """Return the rows of `links` that hold now, or that held at the instant `at`."""
    if at is None:
        return links.filter(pl.col("valid_to").is_null())
    instant = _instant(at)
    return links.filter(
        (pl.col("valid_from") <= instant) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > instant))
    )


def history(links: pl.DataFrame, customer_id: str) -> pl.DataFrame:
    """Tell where the records of a customer were and are.

    Args:
        links: All rows of the table `links`.
        customer_id: An id that was ever issued.

    Returns:
        Every row of each record that was ever with this customer, in the order of time: a merge and a split show as
        rows with another customer before or after.

    Raises:
        UnknownCustomerError: No record of that id was ever linked.
    """
    ever = links.filter((pl.col("customer_id") == customer_id) | (pl.col("record_id") == customer_id))
    if ever.is_empty():
        raise UnknownCustomerError(f"The customer id {customer_id!r} was never issued here.")
    rows = links.join(ever.select("record_id").unique(), on="record_id", how="semi")
    return rows.sort("valid_from", "record_id")


def resolve_ids(ids: Iterable[str], links: pl.DataFrame, *, at: datetime | None = None) -> pl.DataFrame:
    """Find the customer that holds each id: every id is the name of a record, and stays good after merges and splits.

    Args:
        ids: Customer or record ids, whenever they were issued.
        links: Rows of the table `links`.
        at: An earlier instant to answer for; None: now.

    Returns:
        `id` and `customer_id`, one row for each of `ids` in their order.

    Raises:
        UnknownCustomerError: Some of them were never issued.
    """
    asked = pl.DataFrame({"id": pl.Series(list(ids), dtype=pl.String)})
    owners = held(links, at=at).select(id="record_id", customer_id="customer_id")
    found = asked.join(owners, on="id", how="left", maintain_order="left")
    unknown = found.filter(pl.col("customer_id").is_null())["id"]
    if len(unknown):
        raise UnknownCustomerError(
            f"{len(unknown)} of {len(asked)} ids were never issued here; the first: {unknown[0]!r}."
        )
    return found
