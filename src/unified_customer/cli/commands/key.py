"""`key ...`: replace the key that opens a hub."""

from pathlib import Path
from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import Debug, Json, Name, Url
from unified_customer.cli.session import session

key = group("key", "Replace the key that opens a hub and seals its audit.")


@key.callback()
def _group() -> None:
    """Keep it a group while it has one command."""


@key.command()
def rotate(
    *,
    store: Url,
    spare: Annotated[
        list[Path] | None,
        typer.Option("--spare", metavar="FILE", help="A second key to keep elsewhere; made if it is not there."),
    ] = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a new key beside the store, and let no earlier one open it.

    Ids stay as they are. The old key is kept under another name: backups and exports from before need it. A spare key
    that is not named opens nothing any more either.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.rotating import rotate_store_key

        rotate_store_key(out, store, spare or (), actor=actor)
