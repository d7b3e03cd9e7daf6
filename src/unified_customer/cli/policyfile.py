"""The policy that a command is given: a file of its own, or the configuration of `run` that has one."""

from pathlib import Path
from typing import Any

from unified_customer.cli.tomlfile import checked, read_toml
from unified_customer.policy import Policy


def policy_from(path: Path | None) -> Policy | None:
    """Return the policy in a file, or None where none is given: then the one in force in the store counts.

    Raises:
        ConfigurationError: The file cannot be read or does not describe a policy.
    """
    if path is None:
        return None
    document = read_toml(path)
    if "sources" in document:
        return policy_of(document.get("policy"), path)
    return checked(Policy, document, where=path.name)


def policy_of(given: Any, config: Path) -> Policy | None:
    """Return the policy of a configuration: inline, or in a file beside it.

    Raises:
        ConfigurationError: It does not describe a policy.
    """
    if isinstance(given, str):
        return policy_from(config.parent / given)
    return None if given is None else checked(Policy, {**given}, where=f"{config.name}, policy")
