"""`retention ...`: keep data no longer than the policy says."""

from unified_customer.cli.commands.group import group
from unified_customer.cli.options import AsOf, Debug, Json, LookFile, PolicyFile, Url
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
