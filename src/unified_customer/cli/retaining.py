"""`retention` and `due`: what would go, letting it go, and what waits for somebody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from unified_customer.cli.opening import looking, opened
from unified_customer.cli.output import Output
from unified_customer.cli.progress import working
from unified_customer.cli.tables import cell, plain_table
from unified_customer.core.errors import ConfigurationError

if TYPE_CHECKING:
    import polars as pl


def preview_retention(out: Output, *, store: str, policy: Path | None, as_of: str | None) -> None:
    """Print what would go."""
    with looking(store, policy) as governance, working(out, "Looking"):
        preview = governance.retention.preview(instant(as_of))
    _print(out, "preview", preview.counts, preview.as_of)


def apply_retention(out: Output, *, store: str, policy: Path | None, as_of: str | None) -> None:
    """Let go of what is over, and print what went."""
    with opened(out, store, policy) as hub, working(out, "Letting go"):
        report = hub.governance.retention.apply(instant(as_of))
        if report.bytes_pending:
            hub.rights.compact()
    _print(out, "retention", report.counts, report.as_of)


def print_due(out: Output, *, store: str, policy: Path | None, as_of: str | None, days: int) -> None:
    """Print what waits for somebody."""
    with looking(store, policy) as governance:
        due = governance.due(instant(as_of), days=days)
    table = plain_table("due", "kind", "id", "what")
    for row in due.iter_rows(named=True):
        style = "bold" if row["overdue"] else ""
        table.add_row(cell(f"{row['due_at']:%Y-%m-%d}", style), row["kind"], cell(row["id"]), cell(row["what"]))
    out.result("due", {"due": due.to_dicts()}, table if due.height else "Nothing is due.")


def _print(out: Output, kind: str, counts: "pl.DataFrame", as_of: datetime) -> None:
    table = plain_table("table", "column", "rule", "then", "#rows", "#people")
    for row in counts.iter_rows(named=True):
        told = [cell(row[name]) for name in ("table", "column", "rule", "then")]
        table.add_row(*told, f"{row['rows']:,}", f"{row['people']:,}")
    out.result(kind, {"as_of": as_of, "counts": counts.to_dicts()}, table if counts.height else "Nothing is over.")


def instant(text: str | None) -> datetime | None:
    """Return the instant that a text names; without a zone it is in UTC.

    Raises:
        ConfigurationError: It names none.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no instant. Write it like 2026-01-31 or 2026-01-31T12:00:00+01:00."
        raise ConfigurationError(message) from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
