"""Tree heads: how long the audit was at a time, and its root then; kept outside the store."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, Protocol, Self

import msgspec

from unified_customer.core.clock import as_utc
from unified_customer.core.models.base import Model
from unified_customer.governance.auditing.entries import microseconds
from unified_customer.governance.auditing.sealing import Seals
from unified_customer.methods.transparency_log import Frontier
from unified_customer.store import Store


class TreeHead(Model):
    """What the audit was at one moment: give it to somebody else, who can then show that nothing of it was changed.

    Examples:
        >>> from datetime import UTC
        >>> head = TreeHead(size=0, root=Frontier().root.hex(), at=datetime(2026, 1, 1, tzinfo=UTC), seal="")
        >>> TreeHead.model_validate_json(head.model_dump_json()) == head
        True
    """

    size: int
    """Number of entries."""
    root: str
    """Root of the tree over them (RFC 9162), 64 hexadecimal digits."""
    at: datetime
    """When."""
    seal: str
    """Keyed hash of the rest: who has the key of the hub can tell that the hub said so."""

    @classmethod
    def sealed(cls, frontier: Frontier, *, at: datetime, seals: Seals) -> Self:
        """Return the head of a tree."""
        bare = cls(size=frontier.size, root=frontier.root.hex(), at=as_utc(at, name="at"), seal="")
        return bare.model_copy(update={"seal": seals.seal_of_head(bare.size, bare.content())})

    def content(self) -> bytes:
        """Return what the seal is of."""
        return f"{self.size}:{self.root}:{microseconds(self.at)}".encode()

    def made_with(self, seals: Seals) -> bool:
        """Return whether the seal is one of these."""
        return seals.seal_of_head(self.size, self.content()) == self.seal


@dataclass(frozen=True)
class KeptHead:
    """A head, with what it takes to go on from it."""

    head: TreeHead
    peaks: tuple[bytes, ...]
    leaf: bytes
    """The last leaf: by the chain no other history has it."""

    def frontier(self) -> Frontier | None:
        """Return the tree that it is the head of; None where the peaks are not those of its root."""
        frontier = Frontier(self.head.size, self.peaks)
        fits = len(self.peaks) == self.head.size.bit_count() and frontier.root.hex() == self.head.root
        return frontier if fits else None

    def line(self) -> str:
        """Return it as a line of text."""
        more = {"leaf": self.leaf.hex(), "peaks": [peak.hex() for peak in self.peaks]}
        return msgspec.json.encode({**self.head.model_dump(mode="json"), **more}).decode() + "\n"

    @classmethod
    def of_line(cls, line: str) -> "KeptHead | None":
        """Return what `line` wrote; None where the text is no such line."""
        with contextlib.suppress(ValueError, TypeError, KeyError, msgspec.DecodeError):
            said = msgspec.json.decode(line)
            peaks, leaf = tuple(map(bytes.fromhex, said.pop("peaks"))), bytes.fromhex(said.pop("leaf"))
            return cls(head=TreeHead(**said), peaks=peaks, leaf=leaf)
        return None


class Heads(Protocol):
    """Where heads are kept; nothing is taken away."""

    def newest_first(self) -> Iterator[KeptHead | None]:
        """Yield the heads, the last one first; None for one that cannot be read."""
        ...

    def add(self, kept: KeptHead) -> None:
        """Keep another."""
        ...


class HeadMemory:
    """Heads of a store in memory."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: list[KeptHead] = []

    def newest_first(self) -> Iterator[KeptHead | None]:
        """Yield the heads, the last one first."""
        yield from reversed(self._kept)

    def add(self, kept: KeptHead) -> None:
        """Keep another."""
        self._kept.append(kept)


class HeadFile:
    """Heads in a file beside the store: one JSON object a line, to which lines are only added."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read or written yet."""
        self._path = path

    def newest_first(self) -> Iterator[KeptHead | None]:
        """Yield the heads, the last one first; what a crash left of a last line is none."""
        return map(KeptHead.of_line, reversed(self.text().splitlines()))

    def text(self) -> str:
        """Return the whole lines of the file; none where there is no file."""
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return text[: text.rfind("\n") + 1]

    def add(self, kept: KeptHead) -> None:
        """Add a line, which is on the disk when this returns."""
        with _ADDING, self._path.open("ab+") as file:
            file.truncate(_whole_lines(file.tell(), self._path))
            file.write(kept.line().encode())
            file.flush()
            os.fsync(file.fileno())


def head_path(store_path: Path) -> Path:
    """Return where the heads of a store are kept: beside it.

    Examples:
        >>> head_path(Path("shop.duckdb")).name
        'shop.duckdb.audit'
    """
    return store_path.with_name(f"{store_path.name}.audit")


def heads_of(store: Store) -> Heads:
    """Return where the heads of a store are kept."""
    return HeadMemory() if store.path is None else HeadFile(head_path(store.path))


def _whole_lines(size: int, path: Path) -> int:
    """Return how many bytes of a file are whole lines: a crash may leave a part of one."""
    with path.open("rb") as file:
        file.seek(max(size - _LONGEST, 0))
        tail = file.read()
    return size - len(tail) + tail.rfind(b"\n") + 1


_ADDING: Final = Lock()
"""Several hubs of one process may lie over one store; other processes do not."""

_LONGEST: Final = 16_384
"""More bytes than a line has: 64 peaks of 64 digits, and the head."""
