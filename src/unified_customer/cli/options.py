"""Options that several commands take."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line and nothing else on stdout.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors; they may hold personal values.")]
Url = Annotated[str, typer.Option("--store", metavar="URL", help="The store, such as duckdb:///shop.duckdb.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="The policy as TOML, or a configuration of `run` that has one; it is put in force.",
    ),
]
LookFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="The policy as TOML, or a configuration of `run` that has one; it is only looked at. Else that in force.",
    ),
]
DraftFile = Annotated[
    Path,
    typer.Option(
        "--policy", metavar="FILE", help="The policy as TOML, or a configuration of `run` that has one; only looked at."
    ),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="INSTANT", help="As of then, such as 2026-01-31; else now.")
]
Name = Annotated[str, typer.Option(metavar="NAME", help="Who does it; it stands in the audit.")]
One = Annotated[
    str | None, typer.Option("--identifier", metavar="KIND=VALUE", help="Whom it is about, such as email=...")
]
Customer = Annotated[str | None, typer.Option("--customer", metavar="ID", help="Any id ever issued to the customer.")]
Person = Annotated[str, typer.Argument(metavar="ID", help="Any id ever issued to the person.")]
Request = Annotated[str | None, typer.Option("--request", metavar="ID", help="The request that asked for it.")]
Zone = Annotated[str, typer.Option(help="Time zone of the shop, such as Europe/London.")]
WeekStart = Annotated[str, typer.Option(help="First day of the week: monday, sunday or saturday.")]
FiscalMonth = Annotated[int, typer.Option(min=1, max=12, help="Month in which the fiscal year begins.")]
Instant = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"])]


def in_utc(instant: datetime | None) -> datetime | None:
    """Return an instant of the command line, which has no zone, in UTC.

    Examples:
        >>> in_utc(datetime(2026, 1, 1)).isoformat()
        '2026-01-01T00:00:00+00:00'
    """
    return None if instant is None else instant.replace(tzinfo=UTC)


def pairs(given: Sequence[str], *, option: str) -> list[tuple[str, str]]:
    """Return `NAME=VALUE` options as pairs.

    Raises:
        typer.BadParameter: One has no equals sign; it is not quoted, since it may hold a personal value.

    Examples:
        >>> pairs(["email=ann@example.com"], option="--identifier")
        [('email', 'ann@example.com')]
    """
    parted = [each.partition("=") for each in given]
    if not all(name and sign and value for name, sign, value in parted):
        message = "write NAME=VALUE, such as email=..."
        raise typer.BadParameter(message, param_hint=option)
    return [(name, value) for name, _, value in parted]


def about(identifier: str | None, customer: str | None) -> dict[str, Any]:
    """Return whom a statement is about, as the ledger takes it.

    Raises:
        typer.BadParameter: The identifier has no equals sign.

    Examples:
        >>> about("email=ann@example.com", None)
        {'identifier': ('email', 'ann@example.com'), 'customer_id': None}
    """
    named = pairs([] if identifier is None else [identifier], option="--identifier")
    return {"identifier": named[0] if named else None, "customer_id": customer}
