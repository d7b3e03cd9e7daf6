"""What a batch of events becomes: frames for the tables, what was refused and what is worth knowing."""

from dataclasses import dataclass, fields
from typing import Final

import polars as pl

REJECTS: Final = {"position": pl.Int64(), "reason": pl.String(), "payload": pl.String()}
REPORTS: Final = {"event_id": pl.String(), "finding": pl.String(), "field": pl.String()}
"""A finding is a short fixed sentence; a field is a name out of a specification or a client's code, never a value."""


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
        reports: What was accepted but is not as it should be: `event_id`, `finding`, `field`.
        duplicates: How many messages repeated one of this batch.
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

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames that are rows of tables, by the name of the table."""
        other = {"rejects", "reports", "duplicates"}
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in other}


def report(events: pl.DataFrame, *, finding: str, field: str) -> pl.DataFrame:
    """Return one report of `finding` in `field` for each of `events` (with `event_id`)."""
    return events.select("event_id", finding=pl.lit(finding), field=pl.lit(field, dtype=pl.String))


def reports_of(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Return reports from rows of event id, finding and field."""
    return pl.DataFrame(rows, schema=REPORTS, orient="row")
