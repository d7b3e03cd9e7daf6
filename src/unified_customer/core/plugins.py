"""Plugins by entry point: listing imports nothing, and a plugin that does not load is shown, not swallowed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any, Final

from unified_customer.core.errors import MissingDependencyError, PluginError

DISABLE: Final = "UNIFIED_CUSTOMER_DISABLE_PLUGINS"
OURS: Final = "unified-customer"


@dataclass(frozen=True)
class Plugin:
    """One registered name.

    Attributes:
        name: The name it is used by.
        group: The entry-point group, such as `unified_customer.sources`.
        target: The object it stands for, as `module:attribute`.
        distribution: The package that registered it.
        error: Why it did not load, or None; known only after a try.
    """

    name: str
    group: str
    target: str
    distribution: str
    error: str | None = None


def plugins(group: str) -> Mapping[str, Plugin]:
    """Return the plugins of `group` by name; nothing is imported.

    The environment variable `UNIFIED_CUSTOMER_DISABLE_PLUGINS`, if set to anything, leaves only the built-in ones.

    Raises:
        PluginError: Two distributions register one name.
    """
    found: dict[str, Plugin] = {}
    for entry in _entries(group):
        plugin = Plugin(entry.name, group, entry.value, _distribution(entry))
        if entry.name in found and found[entry.name] != plugin:
            both = f"{found[entry.name].distribution} and {plugin.distribution}"
            message = f"{both} both register {entry.name!r} in {group}. Uninstall one of them."
            raise PluginError(message)
        found[entry.name] = plugin
    return MappingProxyType(dict(sorted(found.items())))


def load_plugin(group: str, name: str) -> Any:
    """Import the plugin called `name`.

    Raises:
        PluginError: There is no such plugin, or importing it failed.
        MissingDependencyError: It needs an extra that is not installed.
    """
    known = plugins(group)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        message = f"Nothing is registered as {name!r} in {group}.{hint} Registered: {', '.join(known) or 'nothing'}."
        raise PluginError(message)
    entry = next(each for each in _entries(group) if each.name == name)
    try:
        return entry.load()
    except MissingDependencyError:
        raise
    except Exception as error:
        message = f"{name!r} of {known[name].distribution} does not load: {type(error).__name__}: {error}"
        raise PluginError(message) from error


def check_plugins(group: str) -> Mapping[str, Plugin]:
    """Return the plugins of `group`, each imported once, with the error of those that do not load."""
    return {name: _checked(plugin) for name, plugin in plugins(group).items()}


def _checked(plugin: Plugin) -> Plugin:
    try:
        load_plugin(plugin.group, plugin.name)
    except (PluginError, MissingDependencyError) as error:
        return Plugin(plugin.name, plugin.group, plugin.target, plugin.distribution, error=str(error))
    return plugin


def _entries(group: str) -> tuple[EntryPoint, ...]:
    entries = _all_entries(group)
    if os.environ.get(DISABLE):
        return tuple(entry for entry in entries if _distribution(entry) == OURS)
    return entries


@cache
def _all_entries(group: str) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=group))


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unknown distribution"
