"""Who does something."""

from typing import Final

from pydantic import Field

from unified_customer.core.models.base import Model


class Actor(Model):
    """Who reads or writes: audited, and restricted by policy where it names the role.

    Examples:
        >>> Actor(id="anna", roles=("analyst",)).id
        'anna'
    """

    id: str = Field(default="local", min_length=1)
    """Name of the person or service."""
    roles: tuple[str, ...] = ()
    """Roles that the policy may restrict."""


LOCAL: Final = Actor()
