"""`rights erase`, `compact`, `receipt` and `confirm`: erase somebody, and follow up what is left open."""

from typing import Annotated

import typer

from unified_customer.cli.options import Debug, Json, Name, Person, Request, Url
from unified_customer.cli.session import session

ErasureId = Annotated[str, typer.Argument(metavar="ERASURE", help="The erasure; `due` lists those with open steps.")]


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


def compact(*, store: Url, actor: Name = "local", json: Json = False, debug: Debug = False) -> None:
    """Write the file of a store anew, so that no byte of what was deleted is left in it.

    Many erasures can wait for one compaction; nobody else can use the store meanwhile.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.erasing import compact_store

        compact_store(out, store=store, actor=actor)


def receipt(erasure_id: ErasureId, *, store: Url, json: Json = False, debug: Debug = False) -> None:
    """Show the receipt of an erasure: every step, and what is open by when."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.erasing import show_receipt

        show_receipt(out, erasure_id, store=store)


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
