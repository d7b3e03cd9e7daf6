"""The key that names records: found, or made, and held to the store that it was made for."""

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


def keyring_for(store: Store, keys: KeyProvider | None, *, clock: Clock) -> Keyring:
    """Return the keyring of `store`, after checking that it is the one that its records were named with.

    Raises:
        ConfigurationError: The store was written with another key.
    """
    keyring = Keyring((keys or _default(store)).key())
    _check_fingerprint(store, keyring.value_key(STREAM, PROBE), clock=clock)
    return keyring


def _default(store: Store) -> KeyProvider:
    if store.path is None:
        return MemoryKeyProvider()
    return FileKeyProvider(store.path.with_name(f"{store.path.name}.key"))


def _check_fingerprint(store: Store, fingerprint: str, *, clock: Clock) -> None:
    where = [Where("source", "==", HUB), Where("stream", "==", STREAM)]
    known = store.read("checkpoints", columns=["state"], where=where)
    state = canonical_json({PROBE: fingerprint})
    if known.is_empty():
        now = clock()
        row = {"source": HUB, "stream": STREAM, "state": state, "updated_at": now}
        with store.transaction(recorded_at=now) as writer:
            writer.upsert("checkpoints", pl.DataFrame([row], schema=CHECKPOINTS.columns))
    elif known["state"].item() != state:
        message = (
            "This store was written with another key, so new records would not find their old ids. "
            "Give the key file that was made with it: CustomerHub(url, keys=FileKeyProvider(path))."
        )
        raise ConfigurationError(message)
