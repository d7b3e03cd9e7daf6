"""Replacing the key that opens a hub: ids stay, backups need the old one, and the audit is sealed with a new one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from unified_customer.core.clock import Clock, system_clock
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.keys import KEY_BYTES, FileKeyProvider, KeyProvider
from unified_customer.core.models import LOCAL, Actor
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.auditing.store import SealedWriter, tail_of
from unified_customer.hub.keyfile import (
    HubKeys,
    finish_replacing,
    key_path,
    keys_for,
    next_key_path,
    wrapped_state,
    write_state,
)
from unified_customer.store import Store

ENTRY: Final = "rotate_key"


@dataclass(frozen=True)
class Rotation:
    """What a replacement of the key did.

    Attributes:
        keys: How many keys open the hub now.
        from_entry: The number of the entry of the audit from which it is sealed with a new key.
        past: The file of the key that lay beside the store until now; None: none was replaced there.
    """

    keys: int
    from_entry: int
    past: Path | None = None


def rotate_key(
    store: Store,
    *,
    keys: KeyProvider | None = None,
    new: Sequence[KeyProvider] = (),
    spare: Sequence[KeyProvider] = (),
    clock: Clock = system_clock,
    actor: Actor = LOCAL,
) -> Rotation:
    """Replace the keys that open the hub of a store; no hub may have the store open meanwhile.

    The ids of customers and records and the keys of values stay as they are: the key that they are made with is kept in
    the store, wrapped by each key that opens it. The audit is sealed with a key that is drawn now, so that whoever has
    an old key can add nothing to it and change nothing that lies before. The store is compacted, so that nothing that
    an old key opens is left in its file; what was copied before can still be opened with it.

    Args:
        store: The store.
        keys: Gives a key that opens it now; None: the key file beside the store.
        new: Give the keys of which each opens it from now on, and no other does: one for every day, and one that is
            kept somewhere safe in case that the first is lost. None named: a new key file beside the store; the old one
            stays there under another name.
        spare: Give keys that open it beside those.
        clock: Gives the present instant.
        actor: Who replaces them.

    Raises:
        ConfigurationError: The key does not open the store, or no key is named and the store is no file.
        MissingDependencyError: What wraps keys is not installed.
    """
    current = keys_for(store, keys, clock=clock)
    if new:
        return _rotate(store, current, [each.key() for each in (*new, *spare)], clock=clock, actor=actor)
    if store.path is None or keys is not None:
        message = "No new key was named. Give one: new=[FileKeyProvider(path)]."
        raise ConfigurationError(message)
    path = key_path(store.path)
    next_key_path(path).unlink(missing_ok=True)
    opening = [each.key() for each in (FileKeyProvider(next_key_path(path)), *spare)]
    done = _rotate(store, current, opening, clock=clock, actor=actor)
    return replace(done, past=finish_replacing(path))


def _rotate(store: Store, current: HubKeys, opening: list[bytes], *, clock: Clock, actor: Actor) -> Rotation:
    now = clock()
    with store.transaction(recorded_at=now) as writer:
        start = tail_of(writer).size
        following = HubKeys(opening[0], current.naming, (*current.sealing, (start, secrets.token_bytes(KEY_BYTES))))
        write_state(writer, wrapped_state(following, opening), clock=clock)
        sealed = SealedWriter(writer, tail=None, seals=following.seals, recorded_at=now)
        write_entry(sealed, actor, Entry(ENTRY, detail={"keys": len(opening)}), at=now)
    store.compact()
    return Rotation(len(opening), start)
