"""`retention ...`: keep data no longer than the policy says, and what is held for as long as it is held."""

from typing import Annotated

import typer

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import AsOf, Customer, Debug, Json, LookFile, Name, PolicyFile, Url
from unified_customer.cli.session import session

retention = group("retention", "Keep data no longer than the policy says.")


@retention.command()
def preview(
    *, store: Url, policy: LookFile = None, as_of: AsOf = None, json: Json = False, debug: Debug = False
) -> None:
    """Tell what would go, and change nothing."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.retaining import preview_retention

        preview_retention(out, store=store, policy=policy, as_of=as_of)


@retention.command()
def apply(
    *, store: Url, policy: PolicyFile = None, as_of: AsOf = None, json: Json = False, debug: Debug = False
) -> None:
    """Let go of what is over, and rewrite the store without its bytes."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.retaining import apply_retention

        apply_retention(out, store=store, policy=policy, as_of=as_of)


@retention.command()
def hold(
    reason: Annotated[str, typer.Argument(help="The legal ground, such as 'legal claim'; no values of people.")],
    *,
    store: Url,
    customer: Customer = None,
    table: Annotated[str | None, typer.Option(help="Only this table; else all.")] = None,
    category: Annotated[
        str | None, typer.Option(help="Only this data category and below, such as user.contact; else all.")
    ] = None,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold what is needed in court, until it is lifted.

    What you do not name is held as a whole: without any of --customer, --table and --category nothing at all is
    deleted.
    """
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.holding import place_hold

        place_hold(out, reason, store=store, actor=actor, customer_id=customer, table=table, category=category)


@retention.command()
def lift(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="The hold; `retention holds` lists them.")],
    *,
    store: Url,
    actor: Name = "local",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Lift a hold from now on."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.holding import lift_hold

        lift_hold(out, hold_id, store=store, actor=actor)


@retention.command()
def holds(*, store: Url, as_of: AsOf = None, json: Json = False, debug: Debug = False) -> None:
    """List the holds that stand, oldest first."""
    with session(as_json=json, debug=debug) as out:
        from unified_customer.cli.holding import list_holds
        from unified_customer.cli.retaining import instant

        list_holds(out, store=store, as_of=instant(as_of))
