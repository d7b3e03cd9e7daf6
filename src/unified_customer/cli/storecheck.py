"""Looking at a store: does it open, is its key there, does anything wait for somebody."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from unified_customer.cli.findings import Finding
from unified_customer.cli.storefile import file_of, key_file_of
from unified_customer.core.errors import ConfigurationError, StoreLockedError, UnifiedCustomerError
from unified_customer.core.keys import FileKeyProvider
from unified_customer.store import SCHEMA_VERSION, Store, Where, open_store


def store_findings(url: str) -> Iterator[Finding]:
    """Look at a store, its key and what waits in it."""
    path = file_of(url)
    if path is not None and not path.is_file():
        yield Finding("store", "note", f"there is no file {path}", "unified-customer run CONFIG.toml makes it")
        return
    try:
        opened = open_store(url)
    except StoreLockedError as error:
        yield Finding("store", "note", str(error), "Close the other program, or look again later")
        return
    except UnifiedCustomerError as error:
        yield Finding("store", "wrong", str(error))
        return
    with closing(opened) as store:
        yield Finding("store", "ok", f"opens; schema version {SCHEMA_VERSION}")
        yield from _key_findings(path)
        yield from _waiting(store)


def _key_findings(store_file: Path | None) -> Iterator[Finding]:
    if store_file is None:
        return
    path = key_file_of(store_file)
    if not path.is_file():
        advice = "Put it back from your backup: without it no new record finds its old id"
        yield Finding("key", "wrong", f"the key file {path} is not there", advice)
        return
    try:
        FileKeyProvider(path).key()
    except ConfigurationError as error:
        yield Finding("key", "wrong", str(error))
    else:
        private = " and only its owner can read it" if os.name == "posix" else ""
        yield Finding("key", "ok", f"{path.name} is there{private}")


def _waiting(store: Store) -> Iterator[Finding]:
    with store.snapshot() as reader:
        rows = {name: reader.count(name) for name in ("records", "events", "order_lines", "consents", "customers")}
        held = reader.count("quarantine", where=[Where("status", "==", "held")])
        current = reader.count("links", where=[Where("valid_to", "is_null")])
        unresolved = reader.count("identities") - current
    yield Finding("rows", "ok", ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in rows.items()))
    yield _quarantine(held)
    yield _unresolved(unresolved)


def _quarantine(held: int) -> Finding:
    if held == 0:
        return Finding("quarantine", "ok", "empty")
    advice = "Read their reasons in the table quarantine, mend the mapping, and call hub.replay_quarantine(source)"
    return Finding("quarantine", "note", f"{held:,} held", advice)


def _unresolved(count: int) -> Finding:
    if count <= 0:
        return Finding("resolution", "ok", "every record has its customer")
    return Finding("resolution", "note", f"without a customer yet: {count:,}", "unified-customer run CONFIG.toml")
