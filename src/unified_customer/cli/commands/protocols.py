"""`rights receive-opendsr`, `receive-drp` and their like: take in what other systems send for people."""

from pathlib import Path
from typing import Annotated

import typer

from unified_customer.cli.options import Debug, Json, Name, Url
from unified_customer.cli.session import session

Message = Annotated[Path, typer.Argument(metavar="FILE", help="The body of the HTTP request; - reads it from stdin.")]
Controller = Annotated[str, typer.Option(metavar="ID", help="What the controller calls itself.")]
AgentId = Annotated[str, typer.Option("--agent", metavar="ID", help="The agent whose bearer token came with it.")]
AgentKey = Annotated[
    str, typer.Option("--key", metavar="BASE64", help="The public key of the agent, as the directory has it.")
]
VerifyUrl = Annotated[str | None, typer.Option(metavar="URL", help="Of drp: where the person can prove who they are.")]


def receive_opendsr(
    sent: Message,
    *,
    store: Url,
    controller: Controller,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A source whose ids the controller's customer ids may be; several times."),
    ] = None,
    verified: Annotated[
        bool, typer.Option("--verified", help="The controller is trusted to have verified the person.")
    ] = False,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take in an OpenDSR 2.0 request, and print the body to answer with."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.exchanging import body_of
        from unified_customer.cli.exchanging import receive_opendsr as receive

        asked = body_of(sent)
        receive(out, asked, store=store, actor=actor, controller=controller, sources=source or (), verified=verified)


def receive_drp(
    sent: Message,
    *,
    store: Url,
    agent: AgentId,
    key: AgentKey,
    business: Annotated[str, typer.Option(metavar="ID", help="Who we are in the directory.")],
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Believe the agent where it says that it verified somebody.")
    ] = False,
    verify_url: VerifyUrl = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take in a signed request of the Data Rights Protocol 1.0, and print the body to answer with."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.exchanging import Agent, body_of
        from unified_customer.cli.exchanging import receive_drp as receive

        sender = Agent(agent, key, business, trusted)
        receive(out, body_of(sent), sender, store=store, actor=actor, verify_url=verify_url)


def cancel_opendsr(
    subject_request_id: Annotated[str, typer.Argument(metavar="ID", help="What the controller calls the request.")],
    *,
    store: Url,
    controller: Controller,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Cancel an OpenDSR request while it is pending, and print the body to answer with."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.exchanging import cancel_opendsr as cancel

        cancel(out, subject_request_id, store=store, actor=actor, controller=controller)


def revoke_drp(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The request; `rights list` lists them.")],
    sent: Message,
    *,
    store: Url,
    agent: AgentId,
    key: AgentKey,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Take back a request of the Data Rights Protocol that the agent who sent it revokes."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.exchanging import body_of
        from unified_customer.cli.exchanging import revoke_drp as revoke

        revoke(out, request_id, body_of(sent), store=store, actor=actor, agent_id=agent, verify_key=key)
