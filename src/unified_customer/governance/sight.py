"""What a purpose may see, whoever reads: the union over everybody whom the policy lets name it."""

from collections.abc import Iterator, Mapping

from unified_customer.core.errors import ConsentError
from unified_customer.core.fields import FieldSpec, covers
from unified_customer.core.models import LOCAL, Actor
from unified_customer.core.models.purposes import known_purposes
from unified_customer.core.tables import TABLES, Table
from unified_customer.governance.door import READABLE
from unified_customer.policy import Policy
from unified_customer.policy.rules import DEFAULT_ROLE

ANYONE = "anyone without a role"

Column = tuple[Table, str, FieldSpec]


def named_purposes(policy: Policy) -> tuple[str, ...]:
    """Return the purposes that a policy names as uses, sorted.

    Those that it declares, names a basis, a recipient, a role or a retention rule for, and the one that it resolves
    identities for. What only limits a use (`forbidden`, `special_purposes`, `gpc`) and what a law says of a use
    (`regimes`) does not say that there is one.

    Examples:
        >>> named_purposes(Policy(bases={"analytics": "legitimate_interests"}))
        ('analytics', 'essential.service')
    """
    named = {policy.resolve_purpose, *policy.purposes, *policy.bases}
    named |= {purpose for each in policy.recipients.values() for purpose in each.purposes}
    named |= {purpose for each in policy.roles.values() for purpose in each.purposes or ()}
    named |= {rule.purpose for rule in policy.retention if rule.purpose is not None}
    return tuple(sorted(named))


def is_known(policy: Policy, purpose: str) -> bool:
    """Return whether the policy knows `purpose`: one that an earlier policy declared may be in the audit still."""
    return purpose in known_purposes(policy.purposes)


def related(one: str, other: str) -> bool:
    """Return whether one purpose or category is the other, or a part of it.

    Examples:
        >>> related("marketing", "marketing.communications"), related("marketing", "analytics")
        (True, False)
    """
    return covers(one, other) or covers(other, one)


def actors(policy: Policy) -> Mapping[str, Actor]:
    """Return an actor for each role, and one without any: what they may do together, everybody may do together."""
    roles = {name: Actor(id=name, roles=(name,)) for name in policy.roles if name != DEFAULT_ROLE}
    return {ANYONE: LOCAL, **roles}


def readers(policy: Policy, purpose: str) -> tuple[str, ...]:
    """Return the roles that may read for `purpose`, and `ANYONE` where no role is needed."""
    return tuple(name for name, actor in actors(policy).items() if _may_read(policy, purpose, actor))


def visible(policy: Policy, purpose: str) -> tuple[Column, ...]:
    """Return the columns of readable tables that somebody who reads for `purpose` may see, in the order of tables."""
    who = [actors(policy)[name] for name in readers(policy, purpose)] if is_known(policy, purpose) else []
    return tuple(_visible(policy, purpose, who))


def _visible(policy: Policy, purpose: str, who: list[Actor]) -> Iterator[Column]:
    for name in READABLE:
        table = TABLES[name]
        seen = {each for actor in who for each in policy.visible_columns(table, purpose, actor=actor).visible}
        yield from ((table, column, field) for column, field in table.fields.items() if column in seen)


def visible_categories(policy: Policy, purpose: str) -> tuple[str, ...]:
    """Return the categories of personal data that `purpose` may see, sorted.

    Examples:
        >>> "user.unclassified" in visible_categories(Policy(), "marketing")
        False
    """
    return tuple(sorted({field.category for _, _, field in visible(policy, purpose) if field.personal}))


def _may_read(policy: Policy, purpose: str, actor: Actor) -> bool:
    try:
        policy.check_actor(purpose, actor)
    except ConsentError:
        return False
    return True
