"""`rights access` and `rights portability`: the data of one person, written into a folder of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from unified_customer.cli.session import session

if TYPE_CHECKING:
    from unified_customer.cli.output import Output

Right = Literal["access", "portability"]

Id = Annotated[str, typer.Argument(metavar="ID", help="Any id ever issued to the person.")]
Url = Annotated[str, typer.Option("--store", metavar="URL", help="The store, such as duckdb:///shop.duckdb.")]
Folder = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new or empty folder.")]
Request = Annotated[str | None, typer.Option("--request", metavar="ID", help="The request that asked for it.")]
Name = Annotated[str, typer.Option(metavar="NAME", help="Who answers; it stands in the audit.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="The policy as TOML, or a configuration of `run` that has one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line and nothing else on stdout.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors; they may hold personal values.")]

LEGAL_DUTY: Final = "essential.legal_obligation"
PROTECT: Final = "{to} holds the data of a person. Check who asks before you hand it out, and delete it then."


def access(
    customer_id: Id,
    *,
    store: Url,
    to: Folder,
    request: Request = None,
    actor: Name = "local",
    policy: PolicyFile = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write everything that is held about a person.

    The folder then holds a page to read, JSON, a CSV file for each table and a contact card (GDPR Art. 15).
    """
    with session(as_json=json, debug=debug) as out:
        _write(out, "access", customer_id, store=store, to=to, request=request, actor=actor, policy=policy)


def portability(
    customer_id: Id,
    *,
    store: Url,
    to: Folder,
    request: Request = None,
    actor: Name = "local",
    policy: PolicyFile = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write what a person may take elsewhere.

    It is what the person gave or was seen to do, as far as it is used on the basis of consent or contract
    (GDPR Art. 20). Name the policy: without one nothing rests on a contract.
    """
    with session(as_json=json, debug=debug) as out:
        _write(out, "portability", customer_id, store=store, to=to, request=request, actor=actor, policy=policy)


def _write(
    out: "Output",
    right: Right,
    customer_id: str,
    *,
    store: str,
    to: Path,
    request: str | None,
    actor: str,
    policy: Path | None,
) -> None:
    from unified_customer.cli.policyfile import policy_from
    from unified_customer.cli.storefile import check_exists
    from unified_customer.cli.tables import plain_table
    from unified_customer.core.models import Actor
    from unified_customer.hub import CustomerHub

    check_exists(store)
    with CustomerHub(store, policy=policy_from(policy), actor=Actor(id=actor)) as hub:
        data = getattr(hub.rights, right)(customer_id, request_id=request)
        told = [data.customer_id] if data.held else []
        with hub.rights.erasures.exporting(to, told, purpose=LEGAL_DUTY, spec={"right": right}):
            data.to_folder(to)
    table = plain_table("table", "#rows")
    for name, count in data.rows.items():
        table.add_row(name, f"{count:,}")
    out.result(right, {"to": to, "held": data.held, "tables": data.rows}, table)
    out.note(PROTECT.format(to=to))
