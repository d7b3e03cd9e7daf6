"""Keys of a publication: keyed hashes that say nothing outside it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from unified_customer.core.keys import Keyring, derived_key
from unified_customer.core.spec import canonical_json

USE: Final = b"uc:publish"
UNKNOWN_KEY: Final = "0" * 24
"""The key of the row of each dimension that stands for what is not known."""

NOTHING: Final = "~"
"""What stands for a null in a name of several parts; a part that is there begins with its length."""


class Naming:
    """Names what a publication holds, by keyed hashes: 24 hexadecimal digits.

    The same thing has the same key in every publication for one purpose and recipient, wherever it lies and however
    often it is refreshed, and another key in publications for other purposes or recipients: two recipients cannot join
    by keys what they were given, and nobody without the key of the hub can go back from a key to an id.

    Examples:
        >>> mine = Naming(b"k" * 32, purpose="analytics", recipient="agency")
        >>> other = Naming(b"k" * 32, purpose="analytics", recipient="bureau")
        >>> ids = pl.DataFrame({"customer_id": ["a", None]})
        >>> keys = mine.key("customer", ids, "customer_id")
        >>> keys[1] == UNKNOWN_KEY, keys[0] == other.key("customer", ids, "customer_id")[0]
        (True, False)
    """

    def __init__(self, key: bytes, *, purpose: str, recipient: str | None) -> None:
        """Derive the keys for a purpose and a recipient from the key of a hub, 32 bytes."""
        root = derived_key(key, USE)
        scope = Keyring(root).value_key("publication", canonical_json([purpose, recipient]))
        self._keyring = Keyring(derived_key(root, bytes.fromhex(scope)))

    def key(self, kind: str, frame: pl.DataFrame, *columns: str) -> pl.Series:
        """Return the key of each row of a frame, by some of its columns of text.

        A single column gives `UNKNOWN_KEY` where it is null; of several each null is a part like others.
        """
        named = frame[columns[0]] if len(columns) == 1 else _joined(frame, columns)
        return self._keyring.value_key_series(kind, named).fill_null(UNKNOWN_KEY)

    def content(self, frame: pl.DataFrame) -> str:
        """Return a keyed hash of what is in a frame of texts, in whatever order its rows are."""
        return self._keyring.value_key("content", "\n".join(_joined(frame, frame.columns).sort()))


def _joined(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    parts = [pl.format("{}:{}", pl.col(name).str.len_bytes(), pl.col(name)).fill_null(NOTHING) for name in columns]
    return frame.select(name=pl.concat_str(parts, separator=" "))["name"]
