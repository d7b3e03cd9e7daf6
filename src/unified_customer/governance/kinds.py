"""What kinds of identifiers a purpose may see: an e-mail address is one wherever it stands."""

from typing import Final

from unified_customer.core.models import Actor
from unified_customer.core.tables import IDENTIFIERS, RECORDS
from unified_customer.policy import Policy

CATEGORIES: Final = {kind: RECORDS.fields[kind].category for kind in ("email", "phone")}
"""Data category of the kinds of identifiers that are fields of a record too."""


def may_see_kind(policy: Policy, purpose: str, kind: str, *, actor: Actor) -> bool:
    """Return whether `actor` may see identifiers of `kind` when it reads for `purpose`.

    Examples:
        >>> from unified_customer.core.models import LOCAL
        >>> policy = Policy(forbidden={"analytics": ("user.contact",)})
        >>> [may_see_kind(policy, "analytics", kind, actor=LOCAL) for kind in ("email", "user_id")]
        [False, True]
    """
    plain = IDENTIFIERS.fields["value"].category
    return all(policy.may_see(purpose, each, actor=actor) for each in {plain, CATEGORIES.get(kind, plain)})


def withheld_kinds(policy: Policy, purpose: str, actor: Actor) -> tuple[str, ...]:
    """Return the kinds with a category of their own that `actor` may not see when it reads for `purpose`."""
    return tuple(kind for kind, each in CATEGORIES.items() if not policy.may_see(purpose, each, actor=actor))
