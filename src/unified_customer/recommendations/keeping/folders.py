"""Folders that are written whole or not at all, and whose files are what a manifest says."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from unified_customer.core.errors import ConfigurationError
from unified_customer.recommendations.keeping.manifest import KeptFile, Manifest, read_manifest

MANIFEST: Final = "manifest.json"
ARRAYS: Final = "arrays.npz"
CATALOGUE: Final = "catalogue.parquet"
_DATA: Final = frozenset({ARRAYS, CATALOGUE})


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Write a folder beside the one that is meant, then put it in its place.

    Args:
        folder: It may be new, empty, or one that was written so before.
        fill: Writes files into an empty folder.

    Raises:
        ConfigurationError: There is something else in the folder.
    """
    folder = settled(folder)
    refuse_others(folder)
    draft, past = _draft(folder), _past(folder)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        fill(draft)
        _flush(draft)
        if folder.exists():
            folder.rename(past)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        settled(folder)


def settled(folder: Path) -> Path:
    """Return the folder that a link stands for, after what a writer that was stopped left beside it has gone.

    What was there before comes back where nothing has taken its place.
    """
    folder = folder.resolve()
    past = _past(folder)
    if past.is_dir() and not folder.exists():
        past.rename(folder)
    elif past.is_dir():
        shutil.rmtree(past)
    return folder


def _draft(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


def _past(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _flush(folder: Path) -> None:
    """Have files written to the disk before their folder gets its name."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def refuse_others(folder: Path) -> None:
    """Raise an error if a folder holds anything but a saved recommender.

    Raises:
        ConfigurationError: It does.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        try:
            manifest_in(folder)
        except ConfigurationError:
            raise ConfigurationError(
                f"{folder.name} holds something else than a saved recommender. Save into a new or empty folder."
            ) from None


def manifest_in(folder: Path) -> Manifest:
    """Return the manifest of a folder that holds the files of a saved recommender and nothing else.

    Raises:
        ConfigurationError: The folder holds something else.
        SchemaVersionError: A newer release wrote it.
    """
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if found != _DATA | {MANIFEST} or not all(_plain(folder / name) for name in found):
        raise ConfigurationError(
            f"{folder.name} does not hold the files of a saved recommender, and those alone:"
            f" {', '.join(sorted(_DATA | {MANIFEST}))}."
        )
    manifest = read_manifest((folder / MANIFEST).read_bytes())
    if set(manifest.files) != _DATA:
        raise ConfigurationError("The manifest does not tell of the files that a saved recommender has.")
    return manifest


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def files_in(folder: Path) -> Mapping[str, KeptFile]:
    """Return what the files of a folder are."""
    return {path.name: _told(path) for path in sorted(folder.iterdir())}


def _told(path: Path) -> KeptFile:
    with path.open("rb") as file:
        return KeptFile(bytes=path.stat().st_size, sha256=_digest(file))


@contextmanager
def kept_file(folder: Path, name: str, told: KeptFile) -> Iterator[BinaryIO]:
    """Open a file that is what a manifest says.

    Raises:
        ConfigurationError: It is not.
    """
    with (folder / name).open("rb") as file:
        if os.fstat(file.fileno()).st_size != told.bytes or _digest(file) != told.sha256:
            raise ConfigurationError(f"{name} is not the file that was saved.")
        file.seek(0)
        yield file


def _digest(file: BinaryIO) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
