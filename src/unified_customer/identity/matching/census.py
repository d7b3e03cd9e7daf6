"""What is counted in all records, and the sample of them that is learned from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import Flags, Floats
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.rarity import Rareness
from unified_customer.identity.matching.scales import RARITIES

SAMPLE: Final = 60_000
"""About so many records are learned from."""

_SPAN: Final = 2**64


@dataclass(frozen=True)
class Census:
    """What is counted in all records.

    Attributes:
        records: How many there are.
        rarity: How rare their values are.
        equal: For each field how many pairs of records have an equal value of each rarity.
    """

    records: int
    rarity: Rareness
    equal: Mapping[str, Floats]

    @property
    def pairs(self) -> float:
        """How many pairs of records there are."""
        return self.records * (self.records - 1) / 2


def take_census(records: Encoded, rarity: Rareness) -> Census:
    """Count the records."""
    return Census(
        len(records), rarity, {column.name: _equal(column.counts, rarity.of(column)) for column in records.columns}
    )


def _equal(counts: np.ndarray, rare: np.ndarray) -> Floats:
    sizes = counts.astype(np.float64)
    found: Floats = np.bincount(rare, weights=sizes * (sizes - 1) / 2, minlength=RARITIES).astype(np.float64)
    return found


def sample(records: Encoded, *, seed: int) -> Encoded:
    """Return about `SAMPLE` of the records, or all if there are no more.

    Whether a record is in it depends on its id and the seed alone: not on its place, and not on the other records but
    for their number.
    """
    if len(records) <= SAMPLE:
        return records
    return records.take(
        np.flatnonzero(sampled(records.record_ids, share=SAMPLE / len(records), seed=seed)).astype(np.int64)
    )


def sampled(record_ids: pl.Series, *, share: float, seed: int) -> Flags:
    """Say of each record whether it is in a sample of a share of all."""
    limit = int(share * _SPAN)
    salt = seed.to_bytes(8, "little", signed=True)
    found = (_number(str(record), salt) < limit for record in record_ids)
    return np.fromiter(found, dtype=np.bool_, count=len(record_ids))


def _number(record: str, salt: bytes) -> int:
    digest = hashlib.blake2b(record.encode(), digest_size=8, salt=salt, person=b"uc-sample").digest()
    return int.from_bytes(digest, "little")
