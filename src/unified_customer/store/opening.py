"""Opening a store by its URL."""

from typing import Any, Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.plugins import load_plugin, plugins
from unified_customer.store.protocol import Store

STORES: Final = "unified_customer.stores"


def open_store(url: str, **options: Any) -> Store:
    """Open the store that `url` names; nothing about it is gated by consent.

    `memory://` is an in-memory store, `duckdb://` DuckDB in memory, `duckdb:///shop.duckdb` a file in the working
    directory and `duckdb:////srv/shop.duckdb` a file by its absolute path. Other schemes come from packages that
    register in the entry-point group `unified_customer.stores`.

    Args:
        url: What to open; a file that is not there yet is made.
        options: What the kind of store takes, such as `memory_limit` for DuckDB.

    Returns:
        The open store; the caller closes it.

    Raises:
        ConfigurationError: The URL or an option cannot be meant.
        PluginError: No store is registered for the scheme.
        StoreLockedError: Another process has the store open.
        SchemaVersionError: A newer release wrote the store.
        StoreError: It is open in this process already, or the file is not a store.

    Examples:
        >>> store = open_store("memory://")
        >>> store.count("customers")
        0
        >>> store.close()
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        raise ConfigurationError(_no_scheme(url))
    store: Store = load_plugin(STORES, scheme)(url, **options)
    return store


def _no_scheme(url: str) -> str:
    schemes = ", ".join(f"{name}://" for name in plugins(STORES))
    hint = f" Did you mean 'duckdb:///{url}'?" if url and ":" not in url else ""
    return f"A store is named by a URL such as 'duckdb:///shop.duckdb'; this is none.{hint} There are: {schemes}"
