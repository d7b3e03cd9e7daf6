"""The key that names records: found, or made, and held to the store that it was made for."""

from pathlib import Path
from typing import Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import FileKeyProvider, KeyProvider, Keyring, MemoryKeyProvider
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import CHECKPOINTS
from unified_customer.store import Store, Where

HUB: Final = "unified_customer"
STREAM: Final = "key"
PROBE: Final = "fingerprint"
REMEDY: Final = (
    ", so new records would not find their old ids. Put the key file that was made with it beside the store, or name "
    "it: CustomerHub(url, keys=FileKeyProvider(path))."
)


def key_for(store: Store, keys: KeyProvider | None, *, clock: Clock) -> bytes:
    """Return the key of `store`, after checking that it is the one that its records were named with.

    Raises:
        ConfigurationError: The store was written with another key, or its key file is missing.
    """
    known = _fingerprint(store)
    key = (keys or _default(store, expected=known is not None)).key()
    own = canonical_json({PROBE: Keyring(key).value_key(STREAM, PROBE)})
    if known is None:
        _remember(store, own, clock=clock)
    elif known != own:
        raise ConfigurationError(f"This store was written with another key{REMEDY}")
    return key


def key_path(store_path: Path) -> Path:
    """Return where the key of a store is kept if nobody says otherwise: beside it."""
    return store_path.with_name(f"{store_path.name}.key")


def _default(store: Store, *, expected: bool) -> KeyProvider:
    if store.path is None:
        return MemoryKeyProvider()
    path = key_path(store.path)
    if expected and not path.exists():
        # A new key would only hide that the right one is missing.
        raise ConfigurationError(f"The key file {path.name} is missing beside the store{REMEDY}")
    return FileKeyProvider(path)


def _fingerprint(store: Store) -> str | None:
    where = [Where("source", "==", HUB), Where("stream", "==", STREAM)]
    known = store.read("checkpoints", columns=["state"], where=where)
    return None if known.is_empty() else str(known["state"].item())


def _remember(store: Store, state: str, *, clock: Clock) -> None:
    now = clock()
    row = {"source": HUB, "stream": STREAM, "state": state, "updated_at": now}
    with store.transaction(recorded_at=now) as writer:
        writer.upsert("checkpoints", pl.DataFrame([row], schema=CHECKPOINTS.columns))
