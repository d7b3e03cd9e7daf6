"""`governance ...`: the documents that show what is done with personal data, and the report of an incident."""

from pathlib import Path
from typing import Annotated, Final

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import Debug, Json, LookFile, Url
from unified_customer.cli.session import session

governance = group("governance", "Show what is done with personal data, and whom an incident touched.")

WHEN: Final = "Instants are ISO 8601 with a time zone, such as 2026-02-01T09:00:00Z."

To = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="Write it here: .md, .html or .json; else Markdown goes to stdout."),
]


@governance.command()
def ropa(*, store: Url, policy: LookFile = None, to: To = None, json: Json = False, debug: Debug = False) -> None:
    """Write the record of processing activities.

    It has one activity for each purpose that the policy names or that was used (GDPR Art. 30).
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.showing import show, telling

        with telling(store, policy) as told:
            show(out, "processing_activities", told.processing_activities(), to)


@governance.command()
def data_map(*, store: Url, policy: LookFile = None, to: To = None, json: Json = False, debug: Debug = False) -> None:
    """Write which source feeds which table, and who reads what for how long."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.showing import show, telling

        with telling(store, policy) as told:
            show(out, "data_map", told.data_map(), to)


@governance.command()
def notice(
    *,
    store: Url,
    policy: LookFile = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="FILE", help="An earlier policy: print what changed in the notice."),
    ] = None,
    to: To = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the skeleton of the privacy notice.

    What only a person can say is marked TODO (GDPR Art. 13 and 14).
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.showing import show, show_changes, telling

        with telling(store, policy) as told:
            if since is None:
                show(out, "privacy_notice", told.privacy_notice(), to)
            else:
                show_changes(out, told, since)


@governance.command(epilog=WHEN)
def incident(
    *,
    store: Url,
    known_at: Annotated[str, typer.Option("--known-at", metavar="INSTANT", help="When it became known.")],
    policy: LookFile = None,
    table: Annotated[list[str] | None, typer.Option(help="Only this table; may be given several times.")] = None,
    source: Annotated[str | None, typer.Option(help="Only rows that this source brought.")] = None,
    since: Annotated[str | None, typer.Option(metavar="INSTANT", help="Only what happened then or later.")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Only what happened before.")] = None,
    reads_by: Annotated[
        str | None, typer.Option(metavar="NAME", help="What this actor read, told by the audit.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option(metavar="NAME", help="What was exported to this recipient.")
    ] = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="What happened; no values of people.")] = None,
    ids: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the ids of affected people here, as CSV.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep the report in the store, without ids.")] = True,
    actor: Annotated[str, typer.Option(metavar="NAME", help="Who reports; it stands in the audit.")] = "local",
    to: To = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Report whom an incident touched, and who has to be told by when.

    Say what was touched: rows (--table, --source, --since, --until), reads (--reads-by) or exports (--destination).
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.showing import instant, report_incident

        report_incident(
            out,
            store,
            policy,
            actor=actor,
            to=to,
            ids=ids,
            known_at=instant(known_at),
            tables=table,
            source=source,
            since=None if since is None else instant(since),
            until=None if until is None else instant(until),
            reads_by=reads_by,
            destination=destination,
            description=description,
            keep=keep,
        )
