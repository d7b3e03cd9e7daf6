"""Which records carry an identifier, at hand."""

import polars as pl

from unified_customer.identity.index.blocks import KeyBlocks

_SEED = 5


class KnownIdentifiers:
    """The records that carry each identifier.

    Identifiers are kept as hashes of 64 bits: of 10,000,000 two are taken for one with a probability of 3e-6.
    """

    def __init__(self, identifiers: pl.DataFrame) -> None:
        """Take `record_id`, `kind`, `value_key`, each row once."""
        self._records = identifiers["record_id"].unique().sort()
        rows = identifiers["record_id"].cast(pl.Enum(self._records)).to_physical()
        keys = _hashed(identifiers["kind"], identifiers["value_key"])
        self._blocks = KeyBlocks(rows.cast(pl.Int64).to_numpy(), keys.to_numpy())

    def holders(self, kind: str, value_key: str, *, most: int | None = None) -> list[str]:
        """Return the ids of the records that carry an identifier, in ascending order; none if there are more than `most`."""
        key = _key(kind, value_key)
        if most is not None and self._blocks.size(key) > most:
            return []
        return [self._records[row] for row in sorted(self._blocks.members(key))]


def _key(kind: str, value_key: str) -> int:
    # What `_hashed` gives of a single one, sooner.
    found: int = pl.Series([f"{kind}\0{value_key}"]).hash(_SEED).reinterpret(signed=True).item()
    return found


def _hashed(kinds: pl.Series, value_keys: pl.Series) -> pl.Series:
    named = pl.DataFrame([kinds.alias("kind"), value_keys.alias("value_key")])
    return named.select(pl.concat_str("kind", "value_key", separator="\0").hash(_SEED).reinterpret(signed=True))[:, 0]
