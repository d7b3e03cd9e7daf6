"""`consent ...`: what people said, and how far a purpose reaches."""

from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import Debug, Instant, Json, Name, PolicyFile, Url, about, in_utc
from unified_customer.cli.session import session

consent = group("consent", "Record and show what people allow.")

Purpose = Annotated[str, typer.Argument(help="Dotted path, such as marketing.communications.email.")]
One = Annotated[
    str | None, typer.Option("--identifier", metavar="KIND=VALUE", help="Whom it is about, such as email=...")
]
Customer = Annotated[str | None, typer.Option("--customer", metavar="ID", help="Any id ever issued to the customer.")]
Channel = Annotated[str | None, typer.Option(help="Only for this channel.")]
Recipient = Annotated[str | None, typer.Option(help="Only for this recipient.")]


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
    whom = about(identifier, customer)
    said = {"channel": channel, "recipient": recipient, "jurisdiction": jurisdiction, "method": method}
    said |= {"evidence": evidence, "notice": notice, "notice_version": notice_version}
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, record_statement

        dated = {"stated_at": in_utc(stated), "expires_at": in_utc(expires)}
        ledger = Ledger(store, policy, actor)
        record_statement(out, ledger, purpose, status, **whom, **said, **dated)


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
    whom = about(identifier, customer)
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, show_statements

        show_statements(out, Ledger(store, None, actor), **whom)


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
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, show_coverage

        show_coverage(out, Ledger(store, policy, actor), purpose, channel=channel, recipient=recipient)
