"""`publish` and `publications ...`: star schemas for BI tools, and keeping them fresh."""

from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import AsOf, Debug, FiscalMonth, Json, Name, PolicyFile, Url, WeekStart, Zone
from unified_customer.cli.session import session

publications = group("publications", "Keep what was published for BI tools fresh.")

Place = Annotated[str, typer.Argument(metavar="PLACE", help="Where it was published: a path or a URL, as with --to.")]


def publish(
    *,
    store: Url,
    purpose: Annotated[str, typer.Option(help="What it is for, such as analytics: it holds only whom that may see.")],
    to: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="A folder for Parquet files, or duckdb:///bi.duckdb, hyper:///bi.hyper, parquet:///bi.",
        ),
    ],
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table and what it refers to; may be given several times.")
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="Who gets it; keys are then their own.")] = None,
    channel: Annotated[str | None, typer.Option(help="For this channel.")] = None,
    as_of: AsOf = None,
    zone: Zone = "UTC",
    week_start: WeekStart = "monday",
    fiscal_month: FiscalMonth = 1,
    actor: Name = "local",
    role: Annotated[list[str] | None, typer.Option(help="A role of the actor; may be given several times.")] = None,
    policy: PolicyFile = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Publish a star schema for BI tools.

    Tables, a data dictionary, LookML and a Power BI model, of whom and what the purpose may see. It takes the place of
    what was published there before, and erasures and withdrawals reach it.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.calendars import calendar_of
        from unified_customer.cli.publishing import Asked, publish_store

        calendar = calendar_of(zone, week_start, fiscal_month)
        asked = Asked(purpose, to, tuple(table or ()), recipient, channel, as_of, calendar, actor, tuple(role or ()))
        publish_store(out, asked, store=store, policy=policy)


@publications.command()
def refresh(
    place: Place, *, store: Url, as_of: AsOf = None, policy: PolicyFile = None, json: Json = False, debug: Debug = False
) -> None:
    """Bring a publication up to date: only what changed is written."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.publishing import refresh_publication

        refresh_publication(out, place, store=store, as_of=as_of, policy=policy)


@publications.command(name="list")
def list_(*, store: Url, json: Json = False, debug: Debug = False) -> None:
    """List the publications, and why some are out of date."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.publishing import list_publications

        list_publications(out, store=store)


@publications.command()
def retract(place: Place, *, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False) -> None:
    """Delete a publication, and forget it."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.publishing import retract_publication

        retract_publication(out, place, store=store, actor=actor)
