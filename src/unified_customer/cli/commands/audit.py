"""`audit ...`: verify who read and changed what, show it, and take its head."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.exits import ExitCode
from unified_customer.cli.options import Debug, Json, Url, in_utc
from unified_customer.cli.session import session

audit = group("audit", "Verify who read and changed what.")


@audit.command()
def verify(
    *,
    store: Url,
    head: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A head that was given away, as `audit head` wrote it.")
    ] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="The key is lost: hold the entries against the heads alone.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Look for entries that were changed, removed, added or moved.

    The exit code is 1 when something is found.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.auditing import verify_audit

        if not verify_audit(out, store, head, with_key=not without_key):
            raise typer.Exit(ExitCode.FAILED)


@audit.command()
def head(
    *,
    store: Url,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write it into this new file.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Print the head of the audit: give it to somebody else.

    Whoever holds it can show later that nothing of what is there now was changed.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.auditing import print_head

        print_head(out, store, to)


@audit.command()
def show(
    *,
    store: Url,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Only of this actor.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only about this customer alone.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only for this purpose.")] = None,
    action: Annotated[str | None, typer.Option(help="Only with this action, such as profile.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only from this time on, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only before this time, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="No more than so many, the last ones.")] = 100,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show who read and changed what, for which purpose, and how many people that concerned."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.auditing import Asked, show_audit

        asked = Asked(actor, customer, purpose, action, in_utc(since), in_utc(until))
        show_audit(out, store, asked, limit=limit)
