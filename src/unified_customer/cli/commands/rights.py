"""`rights ...`: answer what people ask for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unified_customer.cli.commands.erasure import compact, confirm, erase, receipt
from unified_customer.cli.commands.group import group
from unified_customer.cli.commands.protocols import VerifyUrl, cancel_opendsr, receive_drp, receive_opendsr, revoke_drp
from unified_customer.cli.options import (
    Customer,
    Debug,
    Instant,
    Json,
    Name,
    Person,
    PolicyFile,
    Request,
    Url,
    in_utc,
    pairs,
)
from unified_customer.cli.session import session

if TYPE_CHECKING:
    from unified_customer.cli.requesting import Desk

rights = group("rights", "Answer what people ask for: requests, deadlines, access, erasure.")

Folder = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new or empty folder.")]
RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="The request; `rights list` lists them.")]
Named = Annotated[
    list[str] | None,
    typer.Option(
        "--identifier",
        metavar="KIND=VALUE",
        help="What the person is named by, such as email=...; the name of a source and its id will do.",
    ),
]


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
def show(
    request_id: RequestId,
    *,
    store: Url,
    as_: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="PROTOCOL", help="opendsr or drp: as the system expects it that sent the request."
        ),
    ] = None,
    controller: Annotated[
        str | None, typer.Option(metavar="ID", help="Of opendsr: what the controller calls itself.")
    ] = None,
    results_url: Annotated[str | None, typer.Option(metavar="URL", help="Where what was asked for can be had.")] = None,
    results_count: Annotated[int | None, typer.Option(min=0, help="Of opendsr: how many results there are.")] = None,
    verify_url: VerifyUrl = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show how far a request is."""
    with session(as_json=json, debug=debug) as out:
        if as_ is None:
            _desk(store, None, "local").show(out, request_id)
            return
        from unified_customer.cli.exchanging import Answering, show_as

        show_as(out, request_id, as_, Answering(controller, results_url, results_count, verify_url), store=store)


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


def _entering(event: str) -> Callable[..., None]:
    """Return the command that enters an event of a request of which nothing else has to be said."""

    def enter(
        request_id: RequestId, *, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False
    ) -> None:
        with session(as_json=json, debug=debug) as out:
            _desk(store, None, actor).change(out, event, request_id)

    return enter


for _event, _help in {
    "approve": "Enter that a request will be carried out.",
    "acknowledge": "Enter that the person was told that the request arrived.",
    "revoke": "Enter that the person takes a request back.",
}.items():
    rights.command(_event, help=_help)(_entering(_event))


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
def rectify(
    customer_id: Person,
    fields: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="What is right, such as city=York.")],
    *,
    store: Url,
    request: Request = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take in what a customer, verified, states of themselves, so that no source overrules it.

    With --request that request is carried out and closed.
    """
    stated = dict(pairs(fields, option="FIELD=VALUE"))
    with session(as_json=json, debug=debug) as out:
        _desk(store, None, actor).rectify(out, customer_id, stated, request)


for _command in (receive_opendsr, cancel_opendsr, receive_drp, revoke_drp, erase, compact, receipt, confirm):
    rights.command()(_command)
