"""Tombstones: keyed hashes of what was erased."""

from collections.abc import Sequence

import polars as pl

from unified_customer.store import Keys, Reader, Where


def buried(reader: Reader, kind: str, keys: Sequence[str] | pl.Series) -> pl.Series:
    """Return those of `keys` that have a tombstone of `kind`."""
    asked = pl.DataFrame({"value_key": pl.Series(keys, dtype=pl.String).unique()})
    found = reader.read(
        "tombstones", columns=["value_key"], where=[Where("kind", "==", kind)], keys=Keys(asked, ("value_key",))
    )
    return found["value_key"]
