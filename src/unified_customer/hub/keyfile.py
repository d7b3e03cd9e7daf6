"""The keys of a hub: found, or made, and held to the store that they were made for.

The key that a provider gives opens the hub. In a store whose key was never replaced it also names the records. After
`rotate_key` it unwraps the key that names them, which lies in the store, and the keys that seal the audit since then.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from unified_customer.core.clock import Clock
from unified_customer.core.errors import ConfigurationError, require
from unified_customer.core.keys import KEY_BYTES, FileKeyProvider, KeyProvider, Keyring, MemoryKeyProvider
from unified_customer.core.spec import canonical_json
from unified_customer.core.tables import CHECKPOINTS
from unified_customer.governance.auditing.sealing import Seals
from unified_customer.store import Reader, Store, Where, Writer

HUB: Final = "unified_customer"
STREAM: Final = "key"
PROBE: Final = "fingerprint"
SLOTS: Final = "slots"
STARTS: Final = "starts"
REMEDY: Final = (
    ", so new records would not find their old ids. Put the key file that was made with it beside the store, or name "
    "it: CustomerHub(url, keys=FileKeyProvider(path))."
)


@dataclass(frozen=True, repr=False)
class HubKeys:
    """The keys of a hub.

    Attributes:
        opening: What the provider gives, and a copy of the store needs.
        naming: Names records and values; it stays the same as long as the store.
        sealing: Keys that seal the audit, each with the entry from which it counts; the first is made of `naming`.
    """

    opening: bytes
    naming: bytes
    sealing: tuple[tuple[int, bytes], ...] = ()

    @property
    def seals(self) -> Seals:
        """What the audit is sealed with."""
        return Seals.of(self.naming, self.sealing)


def keys_for(store: Store, keys: KeyProvider | None, *, clock: Clock) -> HubKeys:
    """Return the keys of `store`, after checking that they are those that its records were named with.

    Raises:
        ConfigurationError: The store was written with another key, or its key file is missing.
        MissingDependencyError: Its key was replaced once, and what unwraps it is not installed.
    """
    state = key_state(store)
    if state is None:
        opening = (keys or _default(store, expected=False)).key()
        _remember(store, {PROBE: fingerprint(opening)}, clock=clock)
        return HubKeys(opening, opening)
    if keys is None and store.path is not None:
        _finish_rotation(key_path(store.path), state)
    return _opened(state, (keys or _default(store, expected=True)).key())


def key_path(store_path: Path) -> Path:
    """Return where the key of a store is kept if nobody says otherwise: beside it."""
    return store_path.with_name(f"{store_path.name}.key")


def next_key_path(path: Path) -> Path:
    """Return where the key is kept that is to take the place of the one at `path`."""
    return path.with_name(f"{path.name}.new")


def past_key_path(path: Path, key: bytes) -> Path:
    """Return where a key is kept whose place at `path` another took: backups from before still need it."""
    return path.with_name(f"{path.name}.{fingerprint(key)[:8]}")


def fingerprint(key: bytes) -> str:
    """Return what tells a key from others, and nothing else of it."""
    return Keyring(key).value_key(STREAM, PROBE)


def key_state(reader: Reader) -> dict[str, Any] | None:
    """Return what a store remembers of its key; None where it is new."""
    where = [Where("source", "==", HUB), Where("stream", "==", STREAM)]
    known = reader.read("checkpoints", columns=["state"], where=where)
    return None if known.is_empty() else dict(json.loads(known["state"].item()))


def wrapped_state(keys: HubKeys, opening: list[bytes]) -> dict[str, Any]:
    """Return what a store remembers of `keys` when each key of `opening` is to open it."""
    payload = b"".join([keys.naming, *(key for _, key in keys.sealing)])
    slots = {fingerprint(each): _keywrap().aes_key_wrap(each, payload).hex() for each in opening}
    return {PROBE: fingerprint(keys.naming), SLOTS: slots, STARTS: [start for start, _ in keys.sealing]}


def write_state(writer: Writer, state: dict[str, Any], *, clock: Clock) -> None:
    """Have a store remember `state` of its key."""
    row = {"source": HUB, "stream": STREAM, "state": canonical_json(state), "updated_at": clock()}
    writer.upsert("checkpoints", pl.DataFrame([row], schema=CHECKPOINTS.columns))


def finish_replacing(path: Path) -> Path:
    """Put the next key in the place of the one at `path`; return where that is kept now."""
    past = past_key_path(path, FileKeyProvider(path).key())
    path.replace(past)
    next_key_path(path).replace(path)
    return past


def _opened(state: dict[str, Any], opening: bytes) -> HubKeys:
    own = fingerprint(opening)
    if SLOTS not in state:
        if state[PROBE] != own:
            raise ConfigurationError(f"This store was written with another key{REMEDY}")
        return HubKeys(opening, opening)
    if own not in state[SLOTS]:
        message = f"This key does not open the store: it was made with another one, or replaced since{REMEDY}"
        raise ConfigurationError(message)
    payload = _unwrapped(opening, bytes.fromhex(state[SLOTS][own]))
    naming, *later = (payload[place : place + KEY_BYTES] for place in range(0, len(payload), KEY_BYTES))
    return HubKeys(opening, naming, tuple(zip(state[STARTS], later, strict=True)))


def _unwrapped(opening: bytes, wrapped: bytes) -> bytes:
    keywrap = _keywrap()
    try:
        return bytes(keywrap.aes_key_unwrap(opening, wrapped))
    except keywrap.InvalidUnwrap as error:
        message = "The wrapped key in the store was changed. Restore the store from a backup."
        raise ConfigurationError(message) from error


def _keywrap() -> Any:
    require("cryptography", extra="rights", why="open a hub whose key was replaced")
    # AES-256 key wrap: RFC 3394, NIST SP 800-38F.
    from cryptography.hazmat.primitives import keywrap

    return keywrap


def _finish_rotation(path: Path, state: dict[str, Any]) -> None:
    """Finish what a crash interrupted: the store knows the next key, and the file does not."""
    following = next_key_path(path)
    if following.exists() and fingerprint(FileKeyProvider(following).key()) in state.get(SLOTS, {}):
        if path.exists():
            finish_replacing(path)
        else:
            following.replace(path)


def _default(store: Store, *, expected: bool) -> KeyProvider:
    if store.path is None:
        return MemoryKeyProvider()
    path = key_path(store.path)
    if expected and not path.exists():
        # A new key would only hide that the right one is missing.
        raise ConfigurationError(f"The key file {path.name} is missing beside the store{REMEDY}")
    return FileKeyProvider(path)


def _remember(store: Store, state: dict[str, Any], *, clock: Clock) -> None:
    with store.transaction(recorded_at=clock()) as writer:
        write_state(writer, state, clock=clock)
