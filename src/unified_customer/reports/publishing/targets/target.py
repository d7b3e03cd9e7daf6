"""What a target does, and what all of them share."""

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.reports.publishing.documents import Kind
from unified_customer.reports.publishing.published import FORMAT
from unified_customer.reports.publishing.schema import Schema

MANIFEST: Final = "publication.json"
ABOUT: Final = "publication"
"""The table of a single file that says that it is a publication, in its one row."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What is to be written.

    Attributes:
        schema: All tables, also those that are kept.
        tables: The tables that are written.
        kept: The tables that are taken over as they lie there.
        documents: Text by path.
        manifest: What says that it is a publication, and for what.
    """

    schema: Schema
    tables: Mapping[str, pl.DataFrame]
    kept: Collection[str]
    documents: Mapping[str, str]
    manifest: str


class Target(Protocol):
    """A place for a publication."""

    @property
    def url(self) -> str:
        """How it is called."""
        ...

    @property
    def kind(self) -> Kind:
        """What is written there."""
        ...

    @property
    def path(self) -> Path:
        """The file or folder."""
        ...

    @property
    def takes_over(self) -> bool:
        """Whether tables that did not change are taken over as they lie there, or all are written together."""
        ...

    def heal(self) -> None:
        """Finish or undo a swap that was interrupted, and remove drafts: they hold data of people too."""
        ...

    def check(self) -> None:
        """Do nothing if a publication may be written there.

        Raises:
            ConfigurationError: Something lies there that is no publication, or more than one.
            MissingDependencyError: What writes it is not installed.
        """
        ...

    def digests(self) -> dict[str, str]:
        """Return a hash of the data of each table that lies there, by table; empty where there is no publication."""
        ...

    def write(self, writing: Writing) -> None:
        """Write a publication beside what lies there, and put it in its place."""
        ...

    def remove(self) -> None:
        """Delete the publication."""
        ...


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_manifest(text: str) -> bool:
    """Return whether a text says that something is a publication.

    Examples:
        >>> is_manifest('{"format": "unified_customer publication"}'), is_manifest("[]"), is_manifest("no")
        (True, False, False)
    """
    try:
        told: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("format") == FORMAT


def not_ours(path: Path) -> ConfigurationError:
    """Return the error for a place at which something else lies."""
    return ConfigurationError(
        f"{path.name!r} is there already and is no publication, so it is not written over. Publish to a new place."
    )


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts into a folder, by path, the same bytes on every system."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def swap_folder(draft: Path, path: Path) -> None:
    """Put a folder in the place of another; what is interrupted `heal_folder` finishes."""
    if path.exists():
        path.rename(old_of(path))
    draft.rename(path)
    sync(path.parent)
    shutil.rmtree(old_of(path), ignore_errors=True)


def heal_folder(path: Path) -> None:
    """Finish or undo a swap of folders that was interrupted, and remove the draft."""
    if old_of(path).exists():
        if path.exists():
            shutil.rmtree(old_of(path))
        else:
            old_of(path).rename(path)
    shutil.rmtree(draft_of(path), ignore_errors=True)


def draft_of(path: Path) -> Path:
    """Return where something is written before it takes the place of `path`."""
    return path.with_name(f".{path.name}.new")


def old_of(path: Path) -> Path:
    """Return where what lay at `path` is while its place is taken."""
    return path.with_name(f".{path.name}.old")


def sync(path: Path) -> None:
    """Return when a file or folder is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows syncs a folder with its files
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
