"""The commands `consent ...`: what people said, and how far a purpose reaches."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from unified_customer.cli.options import Debug, Instant, Json, Name, PolicyFile, Url, in_utc, pairs
from unified_customer.cli.session import session

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from unified_customer.cli.output import Output
    from unified_customer.hub import CustomerHub

consent = typer.Typer(
    name="consent",
    help="Record and show what people allow.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Purpose = Annotated[str, typer.Argument(help="Dotted path, such as marketing.communications.email.")]
One = Annotated[
    str | None, typer.Option("--identifier", metavar="KIND=VALUE", help="Whom it is about, such as email=...")
]
Customer = Annotated[str | None, typer.Option("--customer", metavar="ID", help="Any id ever issued to the customer.")]
Channel = Annotated[str | None, typer.Option(help="Only for this channel.")]
Recipient = Annotated[str | None, typer.Option(help="Only for this recipient.")]

SHOWN: Final = ("purpose", "status", "channel", "recipient", "source")


@consent.command()
def record(
    purpose: Purpose,
    status: Annotated[str, typer.Argument(help="granted, denied, withdrawn, objected, restricted or unrestricted.")],
    *,
    store: Url,
    identifier: One = None,
    customer: Customer = None,
    channel: Channel = None,
    recipient: Recipient = None,
    stated: Instant = None,
    expires: Instant = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Law under which it was said, such as GB.")] = None,
    method: Annotated[str | None, typer.Option(help="How it was collected, such as form.")] = None,
    evidence: Annotated[str | None, typer.Option(help="Where the proof is kept.")] = None,
    notice: Annotated[str | None, typer.Option(help="The notice that was shown.")] = None,
    notice_version: Annotated[str | None, typer.Option(help="Its version.")] = None,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Record what a person said about a purpose."""
    said = {"channel": channel, "recipient": recipient, "jurisdiction": jurisdiction, "method": method}
    said |= {"evidence": evidence, "notice": notice, "notice_version": notice_version}
    about = _about(identifier, customer)
    with session(as_json=json, debug=debug) as out, _hub(out, store, policy, actor) as hub:
        statements = hub.consent.record(
            purpose,
            status,  # type: ignore[arg-type]  # the ledger checks it
            **about,
            **said,  # type: ignore[arg-type]  # a dict of options has one type
            stated_at=in_utc(stated),
            expires_at=in_utc(expires),
        )
        values = {"purpose": purpose, "status": status, "statements": len(statements)}
        out.result("statements", values)
        out.text(f"{purpose} {status}, statements: {len(statements):,}")


@consent.command()
def show(
    *,
    store: Url,
    identifier: One = None,
    customer: Customer = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show every statement about an identifier or a customer, oldest first."""
    from unified_customer.cli.tables import cell, plain_table

    about = _about(identifier, customer)
    with session(as_json=json, debug=debug) as out:
        with _hub(out, store, None, actor) as hub:
            found = hub.consent.statements(**about)
        table = plain_table("stated", *SHOWN)
        for row in found.iter_rows(named=True):
            out.result("statement", row)
            table.add_row(f"{row['stated_at']:%Y-%m-%d}", *(cell(row[name]) for name in SHOWN))
        out.show(table)


@consent.command()
def coverage(
    purpose: Purpose,
    *,
    store: Url,
    channel: Channel = None,
    recipient: Recipient = None,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how many customers a purpose reaches, and why not the others."""
    from unified_customer.cli.tables import cell, plain_table

    with session(as_json=json, debug=debug) as out:
        with _hub(out, store, policy, actor) as hub:
            found = hub.consent.coverage(purpose, channel=channel, recipient=recipient)
        table = plain_table("", "reason", "#customers")
        reasons = found.reasons.rows(named=True)
        for row in reasons:
            table.add_row("yes" if row["allowed"] else "no", cell(row["reason"]), f"{row['customers']:,}")
        values = {"purpose": purpose, "customers": found.customers, "allowed": found.allowed, "reasons": reasons}
        out.text(f"{purpose}: {found.allowed:,} of {found.customers:,} customers")
        out.result("coverage", values, table)


def _about(identifier: str | None, customer: str | None) -> dict[str, Any]:
    """Return whom a statement is about, as the ledger takes it."""
    named = pairs([] if identifier is None else [identifier], option="--identifier")
    return {"identifier": named[0] if named else None, "customer_id": customer}


def _hub(out: "Output", store: str, policy: Path | None, actor: str) -> "AbstractContextManager[CustomerHub]":
    from unified_customer.cli.opening import opened

    return opened(out, store, policy, actor=actor)
