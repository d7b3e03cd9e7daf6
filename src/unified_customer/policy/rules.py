"""The parts of a policy: what each field may hold, its defaults, and what a role may do."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, SerializerFunctionWrapHandler, WrapSerializer

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.fields import UNCLASSIFIED, covered
from unified_customer.core.models.base import Model
from unified_customer.core.models.purposes import Purpose

Collect = Literal["keep", "drop", "hash", "refuse"]
"""What happens to a value on its way in: kept; left out and counted; kept as a keyed hash; its row refused."""

DEFAULT_ROLE: Final = "default"
"""The role that a policy may give to everyone who has none of those that it names."""

DEFAULT_FORBIDDEN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    dict.fromkeys(("marketing", "personalize", "sales", "third_party_sharing", "train_ai_system"), (UNCLASSIFIED,))
)
"""Purposes that may not read what nobody has described yet."""

DEFAULT_COLLECTION: Final[Mapping[str, Collect]] = MappingProxyType(
    {
        "user.authorization.credentials": "drop",
        "user.authorization.password": "drop",
        "user.financial.credit_card": "refuse",
    }
)
"""Values that no customer platform should hold."""

_CATEGORY: Final = re.compile(r"(user|system)(\.[a-z_]+)*")
_ROLE: Final = re.compile(r"\w[\w .:@/-]*")


def check_category(category: str) -> str:
    """Return `category` if it is a dotted path under `user` or `system`.

    Raises:
        ConfigurationError: It is not.

    Examples:
        >>> check_category("user.contact.email")
        'user.contact.email'
    """
    if not _CATEGORY.fullmatch(category):
        message = (
            f"A data category is a dotted path such as 'user.contact.email' or 'system.operations'; found {category!r}."
        )
        raise ConfigurationError(message)
    return category


def check_role(name: str) -> str:
    """Return `name` if it can stand as the name of a role.

    Raises:
        ConfigurationError: It is empty or holds signs that have no place in a name.
    """
    if not _ROLE.fullmatch(name):
        message = f"The name of a role is made of letters, digits and ' _.:@/-'; found {name!r}."
        raise ConfigurationError(message)
    return name


Key = TypeVar("Key")
Value = TypeVar("Value")


def over(defaults: Mapping[Key, Value]) -> Callable[[Mapping[Key, Value]], Mapping[Key, Value]]:
    """Return a function that lays what is given over `defaults`, sorted and read-only."""
    return lambda given: MappingProxyType(dict(sorted({**defaults, **given}.items(), key=lambda item: str(item[0]))))


Category = Annotated[str, AfterValidator(check_category)]
RoleName = Annotated[str, AfterValidator(check_role)]


def _as_dict(mapping: Mapping[str, Any], write: SerializerFunctionWrapHandler) -> Any:
    # Written by the schema of the field: a model in it may not be built yet, which a serializer of anything stumbles over.
    return write(dict(mapping))


ReadOnly = WrapSerializer(_as_dict)
"""Writes a read-only mapping as the plain one that JSON and TOML know."""


class Role(Model):
    """What an actor in this role may not do.

    Examples:
        >>> support = Role(hidden=("user.financial",), purposes=("essential.service",))
        >>> support.may_name("essential.service.operations"), support.may_name("marketing")
        (True, False)
    """

    hidden: tuple[Category, ...] = ()
    """Data categories it does not see, with everything below them."""
    purposes: tuple[Purpose, ...] | None = None
    """Purposes it may name, with everything below them; None: every one."""

    def may_name(self, purpose: str) -> bool:
        """Return whether the role may read for `purpose`."""
        return self.purposes is None or covered(purpose, self.purposes)
