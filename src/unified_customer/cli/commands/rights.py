"""`rights ...`: answer what people ask for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import Debug, Instant, Json, Name, PolicyFile, Url, in_utc, pairs
from unified_customer.cli.session import session

if TYPE_CHECKING:
    from unified_customer.cli.requesting import Desk

rights = group("rights", "Answer what people ask for: requests, deadlines, access, erasure.")

Person = Annotated[str, typer.Argument(metavar="ID", help="Any id ever issued to the person.")]
Folder = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new or empty folder.")]
Request = Annotated[str | None, typer.Option("--request", metavar="ID", help="The request that asked for it.")]
ErasureId = Annotated[str, typer.Argument(metavar="ERASURE", help="The erasure; `due` lists those with open steps.")]
RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="The request; `rights list` lists them.")]
Named = Annotated[
    list[str] | None,
    typer.Option(
        "--identifier",
        metavar="KIND=VALUE",
        help="What the person is named by, such as email=...; the name of a source and its id will do.",
    ),
]
Customer = Annotated[str | None, typer.Option("--customer", metavar="ID", help="Any id ever issued to the customer.")]


def _desk(store: str, policy: "PolicyFile", actor: str) -> "Desk":
    from unified_customer.cli.requesting import Desk

    return Desk(store, policy, actor)


@rights.command()
def access(
    customer_id: Person,
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
        from unified_customer.cli.accessing import Asked, hand_out

        hand_out(out, "access", Asked(customer_id, store, to, request, actor, policy))


@rights.command()
def portability(
    customer_id: Person,
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
        from unified_customer.cli.accessing import Asked, hand_out

        hand_out(out, "portability", Asked(customer_id, store, to, request, actor, policy))


@rights.command()
def request(
    right: Annotated[
        str,
        typer.Argument(
            help="access, portability, rectification, erasure, restriction, objection, opt_out, opt_in or "
            "no_automated_decisions."
        ),
    ],
    *,
    store: Url,
    identifier: Named = None,
    customer: Customer = None,
    regime: Annotated[str | None, typer.Option(help="The law that it is judged by; else that of the place.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Of an objection: what is objected to.")] = None,
    received: Instant = None,
    external_id: Annotated[str | None, typer.Option(metavar="ID", help="What whoever sent it calls it.")] = None,
    verified: Annotated[bool, typer.Option("--verified", help="It is known who asks.")] = False,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take in a request of a person.

    Of what names the person only keyed hashes are kept.
    """
    named = pairs(identifier or (), option="--identifier")
    with session(as_json=json, debug=debug) as out:
        _desk(store, policy, actor).request(
            out,
            right,
            identifiers=named or None,
            customer_id=customer,
            regime=regime,
            purpose=purpose,
            received_at=in_utc(received),
            external_id=external_id,
            verified=verified,
        )


@rights.command(name="list")
def list_(
    *,
    store: Url,
    state: Annotated[str | None, typer.Option(help="Only those that are so far, such as received.")] = None,
    due_before: Instant = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the requests: open ones first, and of these the one that has to be answered first at the top."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, "local").list(out, state=state, due_before=in_utc(due_before))


@rights.command()
def show(request_id: RequestId, *, store: Url, json: Json = False, debug: Debug = False) -> None:
    """Show how far a request is."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, "local").show(out, request_id)


@rights.command()
def verify(
    request_id: RequestId,
    *,
    store: Url,
    ask: Annotated[bool, typer.Option("--ask", help="The person was asked who they are.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="The person could not prove it.")] = False,
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="KIND=VALUE", help="What was proved; else all that is named.")
    ] = None,
    customer: Customer = None,
    method: Annotated[str | None, typer.Option(help="How it was found out, such as passport.")] = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Enter whether the person proved who they are, or was asked to."""
    proved = pairs(by or (), option="--by")
    with session(as_json=json, debug=debug) as out:
        desk = _desk(store, None, actor)
        if ask:
            desk.change(out, "ask_verification", request_id)
        else:
            desk.change(
                out, "verify", request_id, ok=not failed, by=proved or None, customer_id=customer, method=method
            )


@rights.command()
def approve(
    request_id: RequestId, *, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False
) -> None:
    """Enter that a request will be carried out."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, actor).change(out, "approve", request_id)


@rights.command()
def acknowledge(
    request_id: RequestId, *, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False
) -> None:
    """Enter that the person was told that the request arrived."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, actor).change(out, "acknowledge", request_id)


@rights.command()
def extend(
    request_id: RequestId,
    reason: Annotated[str, typer.Argument(help="What the person was told, such as complex.")],
    *,
    store: Url,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Put the answer off once, by what the law leaves."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, policy, actor).change(out, "extend", request_id, reason)


@rights.command()
def deny(
    request_id: RequestId,
    reason: Annotated[str, typer.Argument(help="A reason that the law knows, such as legal_claims.")],
    *,
    store: Url,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Deny a request, for a reason that the law knows."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, actor).change(out, "deny", request_id, reason)


@rights.command()
def revoke(
    request_id: RequestId, *, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False
) -> None:
    """Enter that the person takes a request back."""
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, actor).change(out, "revoke", request_id)


@rights.command()
def fulfil(
    request_id: RequestId,
    *,
    store: Url,
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="NAME=VALUE", help="Of a rectification: what is right.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Of access and portability: a new or empty folder for the answer."),
    ] = None,
    policy: PolicyFile = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Carry out what was asked for, and close the request."""
    fields = dict(pairs(field or (), option="--field"))
    with session(as_json=json, debug=debug) as out:
        _desk(store, policy, actor).fulfil(out, request_id, fields, to)


@rights.command()
def erase(
    customer_id: Person,
    *,
    store: Url,
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what it would do.")] = False,
    request: Request = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Also write the file anew, so that no byte is left in it.")
    ] = False,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Erase a customer from every table, and tell what is left to do.

    Look first with --preview.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.erasing import erase_customer, preview_erasure

        if preview:
            preview_erasure(out, customer_id, store=store, actor=actor)
        else:
            erase_customer(out, customer_id, store=store, request=request, compact=compact, actor=actor)


@rights.command()
def receipt(erasure_id: ErasureId, *, store: Url, json: Json = False, debug: Debug = False) -> None:
    """Show the receipt of an erasure: every step, and what is open by when."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.erasing import show_receipt

        show_receipt(out, erasure_id, store=store)


@rights.command()
def confirm(
    erasure_id: ErasureId,
    step: Annotated[str, typer.Argument(help="The open step, such as destination or backup.")],
    target: Annotated[str, typer.Argument(help="Its target, as the receipt names it.")],
    *,
    store: Url,
    note: Annotated[str, typer.Option(help="How it was done, or why it need not be; no values of people.")],
    waived: Annotated[bool, typer.Option("--waived", help="It need not be done.")] = False,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Close a step of an erasure that only a person can close, such as a recipient that was told."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.erasing import confirm_step

        confirm_step(out, erasure_id, step, target, store=store, note=note, waived=waived, actor=actor)
