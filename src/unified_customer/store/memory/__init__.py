"""The in-memory reference store: simple, obviously right, and what every other store is compared with."""

from pathlib import Path
from typing import Final

from unified_customer.core.errors import ConfigurationError, StoreError
from unified_customer.store.memory.archive import load
from unified_customer.store.memory.state import EMPTY
from unified_customer.store.memory.store import MemoryStore

__all__ = ["MemoryStore", "open_memory"]

PREFIX: Final = "memory://"


def open_memory(url: str = PREFIX) -> MemoryStore:
    """Open an in-memory store.

    Args:
        url: `memory://` for an empty one; `memory:///backup.zip` starts with what `backup` wrote to that file (a
            fourth slash makes the path absolute). Nothing is ever written back to the file.

    Returns:
        The store.

    Raises:
        ConfigurationError: The URL names a host.
        StoreError: There is no such backup, or it is none.
        SchemaVersionError: A newer release wrote the backup.

    Examples:
        >>> open_memory().last_seq()
        0
    """
    rest = url.removeprefix(PREFIX)
    if not rest:
        return MemoryStore(url, EMPTY)
    if not rest.startswith("/"):
        message = f"{url!r} names a host; an in-memory store has none. Did you mean 'memory:///{rest}'?"
        raise ConfigurationError(message)
    path = Path(rest[1:])
    if not path.is_file():
        message = f"There is no backup {path.name!r} to start from. Give the path of a file that backup() wrote."
        raise StoreError(message)
    return MemoryStore(url, load(path))
