"""`publish` and `publications`: star schemas for BI tools, and keeping them fresh."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.progress import working
from unified_customer.cli.retaining import instant
from unified_customer.cli.tables import cell, plain_table
from unified_customer.core.models import Actor
from unified_customer.engines.portable import Calendar

if TYPE_CHECKING:
    from unified_customer.reports.publishing import Published


@dataclass(frozen=True)
class Asked:
    """What is to be published.

    Attributes:
        purpose: What it is for.
        to: Where to.
        tables: Tables; none: all.
        recipient: Who gets it.
        channel: For which channel.
        as_of: As of then, as text.
        calendar: Zone, weeks and fiscal year of the shop.
        actor: Who publishes.
        roles: In which roles.
    """

    purpose: str
    to: str
    tables: tuple[str, ...]
    recipient: str | None
    channel: str | None
    as_of: str | None
    calendar: Calendar
    actor: str
    roles: tuple[str, ...]


def publish_store(out: Output, asked: Asked, *, store: str, policy: Path | None) -> None:
    """Publish, and print what was."""
    with opened(out, store, policy, actor=asked.actor) as hub, working(out, "Publishing"):
        published = hub.publish(
            purpose=asked.purpose,
            to=asked.to,
            as_of=instant(asked.as_of),
            tables=asked.tables or None,
            calendar=asked.calendar,
            channel=asked.channel,
            recipient=asked.recipient,
            actor=Actor(id=asked.actor, roles=asked.roles),
        )
    _print(out, "publish", published)


def refresh_publication(out: Output, place: str, *, store: str, as_of: str | None, policy: Path | None) -> None:
    """Bring a publication up to date, and print what was written."""
    with opened(out, store, policy) as hub, working(out, "Refreshing"):
        published = hub.publish.refresh(place, as_of=instant(as_of))
    _print(out, "refresh", published)


def list_publications(out: Output, *, store: str) -> None:
    """Print the publications, and why some are out of date."""
    with opened(out, store, None) as hub:
        listed = hub.publish.listing()
        why = {row["where"]: row["reasons"] for row in hub.publish.outdated().iter_rows(named=True)}
    rows = [{**row, "outdated": why.get(row["where"], [])} for row in listed.iter_rows(named=True)]
    table = plain_table("where", "purpose", "recipient", "#tables", "#customers", "out of date")
    for row in rows:
        told = [cell(row[name]) for name in ("where", "purpose", "recipient")]
        table.add_row(*told, f"{row['tables']:,}", f"{row['people']:,}", ", ".join(row["outdated"]))
    out.result("publications", {"publications": rows}, table if rows else "Nothing is published.")


def retract_publication(out: Output, place: str, *, store: str, actor: str) -> None:
    """Delete a publication."""
    with opened(out, store, None, actor=actor) as hub:
        hub.publish.retract(place)
    out.result("retract", {"where": place}, f"{place} is deleted.")


def _print(out: Output, kind: str, published: "Published") -> None:
    table = plain_table("table", "#rows", "")
    for name, rows in published.tables.items():
        table.add_row(name, f"{rows:,}", "written" if name in published.written else "unchanged")
    withheld = published.withheld
    values = {
        "where": published.where,
        "purpose": published.purpose,
        "recipient": published.recipient,
        "artifact": published.artifact_id,
        "tables": published.tables,
        "written": published.written,
        "people": published.people,
        "withheld": {"people": withheld.people, "tables": withheld.tables, "columns": withheld.columns},
    }
    out.result(kind, values, table)
    out.note(f"{published.people:,} customers are in it; {_left_out(published)}.")


def _left_out(published: "Published") -> str:
    columns = sum(map(len, published.withheld.columns.values()))
    counts = {"customers": published.withheld.people, "columns": columns, "tables": len(published.withheld.tables)}
    return f"withheld are {', '.join(f'{count:,} {name}' for name, count in counts.items())}"
