"""What a batch of events becomes: frames for the tables, what was refused and what is worth knowing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Final

import polars as pl

REJECTS: Final = {"position": pl.Int64(), "reason": pl.String(), "payload": pl.String()}
ORIGINS: Final = {"event_id": pl.String(), "position": pl.Int64()}
REPORTS: Final = {"finding": pl.String(), "field": pl.String(), "events": pl.UInt32(), "event_id": pl.String()}
"""A finding is a short fixed sentence, a field the name that it is about; then how many events, and one of them."""

Finding = tuple[str, str, str]
"""Event id, finding, field."""


@dataclass(frozen=True, slots=True)
class EventBatch:
    """The frames of one batch of one source.

    Every message is in `events` (once per event id), in `rejects`, or counted in `duplicates`.

    Attributes:
        events: Rows of `EVENTS`.
        identities: The identities that the rows point at: `record_id`, `source`, `origin` (always "event").
        identifiers: Rows of `IDENTIFIERS`; `observed_at` is the earliest in this batch.
        records: What identify calls say of people, raw, under the names of `RECORDS` without `_raw`, all text, with
            `source`, `source_id`, `observed_at` and `traits`; to be normalised as any other batch of records.
        accounts: Rows of `ACCOUNTS`, one per organisation: the latest statement in this batch.
        account_links: Rows of `ACCOUNT_LINKS`; `valid_from` is the earliest in this batch.
        order_lines: Rows of `ORDER_LINES` that the events stand for.
        items: Rows of `ITEMS` that the events speak of, open-ended.
        answers: Rows of `ANSWERS` that the events stand for.
        consents: Rows of `CONSENTS`.
        rejects: What could not be read: `position` (row of the input from 0), `reason` (never a value), `payload`.
        reports: What was accepted but is not as it should be: `finding`, `field`, how many `events`, one `event_id`.
        duplicates: How many messages repeated one of this batch.
        origins: Which row of the input (from 0) each event is: `event_id`, `position`; of messages only.
    """

    events: pl.DataFrame
    identities: pl.DataFrame
    identifiers: pl.DataFrame
    records: pl.DataFrame
    accounts: pl.DataFrame
    account_links: pl.DataFrame
    order_lines: pl.DataFrame
    items: pl.DataFrame
    answers: pl.DataFrame
    consents: pl.DataFrame
    rejects: pl.DataFrame
    reports: pl.DataFrame
    duplicates: int = 0
    origins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ORIGINS))

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that are rows of tables, by the name of the table."""
        other = {"rejects", "reports", "duplicates", "origins"}
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in other}


def reports_of(findings: Iterable[Finding]) -> pl.DataFrame:
    """Return one row for each distinct finding, with the number of events and the smallest event id."""
    schema = {"event_id": pl.String(), "finding": pl.String(), "field": pl.String()}
    return summed(pl.DataFrame(list(findings), schema=schema, orient="row"))


def summed(found: pl.DataFrame) -> pl.DataFrame:
    """Return `found` (`event_id`, `finding`, `field`) as rows of `EventBatch.reports`."""
    events = found.unique(["event_id", "finding", "field"])
    counted = events.group_by("finding", "field").agg(pl.len().alias("events"), pl.col("event_id").min())
    return counted.sort("finding", "field").cast(REPORTS)  # type: ignore[arg-type]  # Polars takes a dict of types
