"""Keyed hashes: the only thing that turns a source's id or an identifier into a name of ours.

A key comes from a `KeyProvider`, so that ids and value keys cannot be guessed by hashing a list of e-mail addresses
without it. The hash is BLAKE2b (RFC 7693) in keyed mode, 96 bits, written as 24 hexadecimal digits. At 100 million
names the chance of any collision is below 1e-12.
"""

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from unified_customer.core.errors import ConfigurationError

if TYPE_CHECKING:
    import polars as pl

KEY_BYTES: Final = 32
DIGEST_BYTES: Final = 12
SEPARATOR: Final = "\x1f"

REPEATED: Final = 2
"""How often each value must come on average for a series to be hashed by its distinct values."""


@runtime_checkable
class KeyProvider(Protocol):
    """Gives the secret key of a hub; entry-point group `unified_customer.key_providers`."""

    def key(self) -> bytes:
        """Return the 32 secret bytes, the same on every call."""
        ...


class MemoryKeyProvider:
    """A key that lives as long as the object: for tests, notebooks and in-memory hubs.

    Examples:
        >>> MemoryKeyProvider(b"k" * 32).key() == MemoryKeyProvider(b"k" * 32).key()
        True
    """

    def __init__(self, key: bytes | None = None) -> None:
        """Take `key`, 32 bytes, or draw a random one."""
        self._key = check_key(secrets.token_bytes(KEY_BYTES) if key is None else key)

    def key(self) -> bytes:
        """Return the 32 secret bytes."""
        return self._key


class FileKeyProvider:
    """A key in a file that only its owner may read, made on first use.

    The file must be kept as long as the store: without it no new record finds its old id. Back it up apart from the
    store, since both together undo the protection.
    """

    def __init__(self, path: str | Path) -> None:
        """Name the file; nothing is read or written yet."""
        self._path = Path(path)

    def key(self) -> bytes:
        """Return the 32 secret bytes, after writing a new random key where there is no file.

        Raises:
            ConfigurationError: The file does not hold 64 hexadecimal digits, or others may read it.
        """
        if not self._path.exists():
            self._create()
        self._refuse_open_permissions()
        try:
            return check_key(bytes.fromhex(self._path.read_text(encoding="ascii").strip()))
        except ValueError as error:
            message = f"The key file {self._path.name} must hold {2 * KEY_BYTES} hexadecimal digits; it does not."
            raise ConfigurationError(message) from error

    def _create(self) -> None:
        # Written aside and linked into place, so that a crash leaves no half key and two processes agree on one.
        draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            write_key(draft, secrets.token_bytes(KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(draft, self._path)
        finally:
            draft.unlink()

    def _refuse_open_permissions(self) -> None:
        if os.name == "posix" and self._path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            message = f"The key file {self._path.name} can be read by others. Run: chmod 600 {self._path.name}"
            raise ConfigurationError(message)


def write_key(path: Path, key: bytes) -> None:
    """Write `key` into a new file that only its owner may read.

    Raises:
        FileExistsError: There is something at `path` already.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(check_key(key).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def check_key(key: bytes) -> bytes:
    """Return `key` if it has the right length.

    Raises:
        ConfigurationError: It has not 32 bytes.
    """
    if len(key) != KEY_BYTES:
        message = f"A key has {KEY_BYTES} bytes; this one has {len(key)}."
        raise ConfigurationError(message)
    return key


def derived_key(key: bytes, use: bytes) -> bytes:
    """Return the key for one `use`, at most 16 bytes of text, that `key` gives: it tells nothing of `key` or of others.

    Examples:
        >>> derived_key(b"k" * 32, b"uc:audit") == derived_key(b"k" * 32, b"uc:other")
        False
    """
    return hashlib.blake2b(key=check_key(key), digest_size=KEY_BYTES, person=use).digest()


class Keyring:
    """Names records and identifier values by keyed hashes.

    Two hubs with the same key give the same names; without the key a name says nothing.

    Examples:
        >>> ring = Keyring(b"k" * 32)
        >>> ring.record_id("crm", "4711") == ring.record_id("crm", "4711")
        True
        >>> ring.record_id("crm", "4711") == ring.record_id("shop", "4711")
        False
    """

    def __init__(self, key: bytes) -> None:
        """Derive the hash states for `key`, 32 bytes."""
        check_key(key)
        self._record = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES, person=b"uc:record")
        self._value = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES, person=b"uc:value")
        self._proof = hashlib.blake2b(key=key, digest_size=DIGEST_BYTES, person=b"uc:proof")

    def record_id(self, source: str, source_id: str) -> str:
        """Return the id of the record that `source` calls `source_id`."""
        return self.record_ids(source, [source_id])[0]

    def value_key(self, kind: str, value: str) -> str:
        """Return the key under which the normalised `value` of an identifier `kind` is joined."""
        return self.value_keys(kind, [value])[0]

    def record_ids(self, source: str, source_ids: Iterable[str]) -> list[str]:
        """Return the ids of many records of one source, in order."""
        return _digests(self._record, source, source_ids)

    def value_keys(self, kind: str, values: Iterable[str]) -> list[str]:
        """Return the keys of many normalised values of one identifier kind, in order."""
        return _digests(self._value, kind, values)

    def proof_keys(self, kind: str, names: Iterable[str]) -> list[str]:
        """Return what proves that something was of many names of one kind, in order; no other name is like it.

        Whoever holds the key can tell whether a proof is of a name; nobody else can tell of which.
        """
        return _digests(self._proof, kind, names)

    def record_id_series(self, source: str, source_ids: "pl.Series") -> "pl.Series":
        """Return `record_ids` for a String series; null stays null."""
        return _map_distinct(source_ids, lambda distinct: self.record_ids(source, distinct))

    def value_key_series(self, kind: str, values: "pl.Series") -> "pl.Series":
        """Return `value_keys` for a String series; null stays null."""
        return _map_distinct(values, lambda distinct: self.value_keys(kind, distinct))


def _digests(state: hashlib.blake2b, scope: str, names: Iterable[str]) -> list[str]:
    scoped = state.copy()
    scoped.update(f"{len(scope)}{SEPARATOR}{scope}{SEPARATOR}".encode())
    out: list[str] = []
    # The loop over every id of every source: one state copied for each name is the quickest that hashlib offers.
    copy, keep = scoped.copy, out.append
    for name in names:
        digest = copy()
        digest.update(name.encode("utf-8", "surrogatepass"))
        keep(digest.hexdigest())
    return out


def _map_distinct(values: "pl.Series", names: "Callable[[list[str]], list[str]]") -> "pl.Series":
    import polars as pl

    present = values.drop_nulls()
    # To find the distinct values costs as much as to hash them all, so it pays only where they repeat.
    if REPEATED * int(present.to_frame().select(pl.all().approx_n_unique()).item()) > len(present):
        keys = pl.Series(names(present.to_list()), dtype=pl.String)
    else:
        distinct = present.unique(maintain_order=False)
        keys = present.replace_strict(distinct, pl.Series(names(distinct.to_list()), dtype=pl.String))
    return _put_back(values, keys).rename(values.name)


def _put_back(values: "pl.Series", keys: "pl.Series") -> "pl.Series":
    """Return `keys` with a null wherever `values` has one."""
    if len(keys) == len(values):
        return keys
    return keys.clear(len(values)).scatter(values.is_not_null().arg_true(), keys)
