"""`consent ...`: what people said, and how far a purpose reaches."""

from pathlib import Path
from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import (
    Customer,
    Debug,
    DraftFile,
    Instant,
    Json,
    Name,
    One,
    PolicyFile,
    Url,
    about,
    in_utc,
)
from unified_customer.cli.session import session

consent = group("consent", "Record and show what people allow.")

Purpose = Annotated[str, typer.Argument(help="Dotted path, such as marketing.communications.email.")]
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
def signal(
    kind: Annotated[str, typer.Argument(help="tcf, gpp, us_privacy, or gpc for the value of the header Sec-GPC.")],
    text: Annotated[str, typer.Argument(help="The signal as it came.")],
    *,
    store: Url,
    identifier: One = None,
    customer: Customer = None,
    vendor: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Of tcf: our own number in the Global Vendor List.")
    ] = None,
    stated: Instant = None,
    source: Annotated[str, typer.Option(help="The system that it came from.")] = "hub",
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Record what a consent signal says: a statement for each purpose."""
    whom = about(identifier, customer)
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, record_signal

        came = {"vendor_id": vendor, "stated_at": in_utc(stated), "source": source}
        record_signal(out, Ledger(store, policy, actor), kind, text, **whom, **came)


@consent.command()
def receipt(
    *,
    store: Url,
    identifier: One = None,
    customer: Customer = None,
    statement: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="Only this statement, as `consent show --json` names it; may come several times."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it here; else it goes to stdout.")
    ] = None,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a receipt for what somebody said, to hand out.

    It is JSON with the fields of ISO/IEC TS 27560:2023. An erasure knows of a file that it was written into.
    """
    whom = about(identifier, customer)
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, hand_out_receipt

        hand_out_receipt(out, Ledger(store, policy, actor), to=to, statement_ids=statement or None, **whom)


@consent.command()
def coverage(
    purpose: Purpose,
    *,
    store: Url,
    channel: Channel = None,
    recipient: Recipient = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how many customers a purpose reaches, and why not the others."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, show_coverage

        show_coverage(out, Ledger(store, None, actor), purpose, channel=channel, recipient=recipient)


@consent.command()
def preview(
    purposes: Annotated[
        list[str] | None, typer.Argument(metavar="PURPOSE...", help="Only these; else all that either policy names.")
    ] = None,
    *,
    policy: DraftFile,
    store: Url,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how many customers a change to a policy would gain and lose, and change nothing."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.consenting import Ledger, preview_policy

        preview_policy(out, Ledger(store, None, actor), policy, purposes or None)
