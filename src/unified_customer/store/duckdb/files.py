"""The files of a store: the database, what lies beside it, and who may open it."""

import os
import shutil
import threading
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from filelock import FileLock, Timeout

from unified_customer.core.errors import StoreError, StoreLockedError


class Claim:
    """The right of this process, and of one store in it, to open the file at `path`."""

    def __init__(self, path: Path) -> None:
        """Take the right.

        Raises:
            StoreError: This process has it open already, or the folder is missing or may not be written to.
            StoreLockedError: Another process has it.
        """
        self._path = path
        self._lock = FileLock(beside(path, "lock"), timeout=0, thread_local=False)
        if not path.parent.is_dir():
            message = f"There is no folder to keep {path.name!r} in. Make it first."
            raise StoreError(message)
        with _CLAIMING:
            if path in _CLAIMED:
                message = f"{path.name!r} is open in this process already. Share that store, or close it first."
                raise StoreError(message)
            self._acquire()
            _CLAIMED[path] = self

    def release(self) -> None:
        """Give the right back."""
        with _CLAIMING:
            if _CLAIMED.get(self._path) is self:
                del _CLAIMED[self._path]
            self._lock.release()

    def _acquire(self) -> None:
        try:
            self._lock.acquire()
        except Timeout:
            raise StoreLockedError(locked(self._path)) from None
        except OSError as error:
            message = f"{self._path.name!r} cannot be opened for writing: {error.strerror}."
            raise StoreError(message) from error


def locked(path: Path) -> str:
    """Return what is said when another process has the file open."""
    return (
        f"Another process has {path.name!r} open. Wait until it has closed it, or keep the data of several processes "
        "in a store that is a server."
    )


_CLAIMING: Final = threading.Lock()
_CLAIMED: Final[WeakValueDictionary[Path, Claim]] = WeakValueDictionary()


LOGS: Final = ("wal", "wal.checkpoint", "wal.recovery")
"""Files of DuckDB beside a database that hold what is committed and not in it yet."""


def beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that belongs to `path`.

    Examples:
        >>> beside(Path("shop.duckdb"), "wal").name
        'shop.duckdb.wal'
    """
    return path.with_name(f"{path.name}.{suffix}")


def logs(path: Path) -> list[Path]:
    """Return where the logs of the database at `path` are, if there are any."""
    return [beside(path, suffix) for suffix in LOGS]


def remove_strays(path: Path) -> None:
    """Remove what a compaction or a spill that was killed has left beside `path`."""
    new = beside(path, "new")
    for stray in (new, *logs(new)):
        stray.unlink(missing_ok=True)
    for suffix in ("tmp", "new.tmp"):
        shutil.rmtree(beside(path, suffix), ignore_errors=True)


def size(path: Path) -> int:
    """Return the bytes that the database and its log take."""
    return sum(each.stat().st_size for each in (path, *logs(path)) if each.exists())


def sync(path: Path) -> None:
    """Return when the file or folder at `path` is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows syncs a folder with its files
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(draft: Path, path: Path) -> None:
    """Give a finished file its name, which nothing may have yet.

    Raises:
        StoreError: Something has it.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        message = f"There is already something at {path.name!r}. Give the backup a new name."
        raise StoreError(message) from None
    except OSError:  # a file system without links
        draft.rename(path)
    sync(path.parent)
