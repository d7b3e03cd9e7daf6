"""The bytes of a text file as UTF-8: decompressed, decoded, counted and hashed as they go by."""

import codecs
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from unified_customer.core.errors import ConfigurationError, SourceError

CHUNK_BYTES: Final = 16 * 1024 * 1024
COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
UTF8_NAMES: Final = ("utf-8", "utf_8", "utf8", "u8", "ascii", "us-ascii")
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MARK: Final = "\udcff"
"""What stands for bytes that could not be decoded: it is no valid UTF-8, so its row is rejected and no other."""


@dataclass(frozen=True)
class Opened:
    """A file that is read from its start.

    Attributes:
        stream: Its decompressed bytes, after a byte order mark.
        encoding: The encoding that the mark or the user named.
    """

    stream: IO[bytes]
    encoding: str

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Yield the rest as UTF-8 in pieces of about `size` bytes."""
        raw = iter(lambda: self.stream.read(size), b"")
        if self.encoding in UTF8_NAMES:
            yield from raw
            return
        decoder = codecs.getincrementaldecoder(self.encoding)("unified_customer.mark")
        for piece in raw:
            yield decoder.decode(piece).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


@contextmanager
def opened(path: Path, *, encoding: str | None = None) -> Iterator[Opened]:
    """Open a text file, compressed or not.

    Args:
        path: The file; `.gz`, `.zst` and `.bz2` are decompressed.
        encoding: Its encoding; None: what its byte order mark says, else UTF-8.

    Raises:
        SourceError: It cannot be opened or decompressed.
    """
    check_encoding(encoding)
    try:
        stream = _open(path)
    except OSError as error:
        raise SourceError(_cannot_open(path, error)) from error
    try:
        with stream:
            yield _marked(stream, encoding)
    except (OSError, EOFError) as error:
        if isinstance(error, SourceError):
            raise
        message = f"The file {path.name} cannot be read to its end: {type(error).__name__}. Is it complete?"
        raise SourceError(message) from error


def check_encoding(encoding: str | None) -> None:
    """Raise ConfigurationError if Python knows no such encoding."""
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        message = f"There is no encoding {encoding!r}. Common ones: utf-8, utf-16, latin-1, cp1252."
        raise ConfigurationError(message) from error


def _open(path: Path) -> IO[bytes]:
    compression = COMPRESSIONS.get(path.suffix.lower())
    if compression is None:
        return path.open("rb")
    import pyarrow as pa

    if not path.is_file():
        raise FileNotFoundError(path.name)
    return cast("IO[bytes]", pa.CompressedInputStream(pa.OSFile(str(path)), compression))


def _cannot_open(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no file {path.name} in {path.parent}."
    return f"The file {path.name} in {path.parent} cannot be opened: {error.strerror or type(error).__name__}."


class _Prefixed:
    """A stream with some bytes put back in front."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int) -> bytes:
        head, self._head = self._head[:size], self._head[size:]
        return head + self._stream.read(size - len(head))


def _marked(stream: IO[bytes], encoding: str | None) -> Opened:
    head = stream.read(4096)
    wanted = codecs.lookup(encoding).name if encoding else None
    for mark, name in BOMS:
        if head.startswith(mark) and (wanted is None or name.startswith(wanted.removesuffix("-sig"))):
            return Opened(cast("IO[bytes]", _Prefixed(head[len(mark) :], stream)), name)
    return Opened(cast("IO[bytes]", _Prefixed(head, stream)), _without_mark(wanted))


def _without_mark(wanted: str | None) -> str:
    # Without a mark, RFC 2781 reads UTF-16 as big-endian; in files it is little-endian in practice.
    return {None: "utf-8", "utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(wanted) or str(
        wanted
    )


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return MARK, error.end


codecs.register_error("unified_customer.mark", _mark_undecodable)


class Consumed:
    """How far a stream was read, and a hash of all of it, so that a later read can tell whether it is the same."""

    def __init__(self) -> None:
        """Begin at the start."""
        self.offset = 0
        self.last = b""
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._digest.update(piece)
        self.offset += len(piece)
        self.last = bytes(piece[-1:]) or self.last

    def state(self) -> dict[str, Any]:
        """Return offset and digest as JSON values."""
        return {"offset": self.offset, "digest": self._digest.hexdigest()}
