"""What is known for certain: records that are one person, records that are not, and sources without duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.arrays import NONE, Ints, sorted_distinct, starts_mask
from unified_customer.identity.matching.blocking import pack, unpack
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.linkage import FORBIDDEN, TOGETHER, Scored


@dataclass(frozen=True)
class Constraints:
    """What is known of some records, by their positions.

    Attributes:
        groups: For each record the number of the group that is one person; -1 where nothing is known.
        apart: Pairs that are two people, packed, in ascending order.
        distinct: Numbers of the sources of which no two records are one person. A group overrules them.
    """

    groups: Ints
    apart: Ints
    distinct: tuple[int, ...]

    def hold(self, records: Encoded, scored: Scored) -> Scored:
        """Return the pairs with what is known in place of their odds."""
        first, second = unpack(len(records), scored.pairs)
        same = (self.groups[first] == self.groups[second]) & (self.groups[first] != NONE)
        sources = records.sources[first]
        barred = (sources == records.sources[second]) & np.isin(sources, self.distinct)
        apart = np.isin(scored.pairs, self.apart)
        log_odds = np.where(barred | apart, FORBIDDEN, scored.log_odds)
        return replace(scored, log_odds=np.where(same, TOGETHER, log_odds))

    def with_groups(self, pairs: Ints) -> Ints:
        """Return candidate pairs with those that hold each group together."""
        members = np.flatnonzero(self.groups != NONE)
        members = members[np.argsort(self.groups[members], kind="stable")]
        new = starts_mask(self.groups[members])
        leaders = members[np.flatnonzero(new)[np.cumsum(new) - 1]]
        return sorted_distinct(np.concatenate([pairs, pack(len(self.groups), leaders, members)]))


def constrain(
    records: Encoded,
    *,
    together: pl.DataFrame | None = None,
    apart: pl.DataFrame | None = None,
    distinct: Sequence[str] = (),
) -> Constraints:
    """Return what is known of `records`.

    Args:
        records: The records.
        together: `record_id`, `group`: records of one group are one person. Others may be missing.
        apart: `record_a`, `record_b`: two people.
        distinct: Sources of which no two records are one person.

    Raises:
        ConfigurationError: Two records are said to be one person and to be two.
    """
    places = pl.DataFrame({"record_id": records.record_ids}).with_row_index("place")
    groups = np.full(len(records), NONE, dtype=np.int64)
    if together is not None:
        known = places.join(together.select("record_id", "group"), on="record_id")
        groups[known["place"].to_numpy()] = known["group"].rank("dense").to_numpy()
    pairs = _placed(records, places, apart)
    first, second = unpack(len(records), pairs)
    clash = int(((groups[first] == groups[second]) & (groups[first] != NONE)).sum())
    if clash:
        raise ConfigurationError(
            f"{clash} pairs of records are said to be one person and to be two; take one word back."
        )
    names = {name: number for number, name in enumerate(records.source_names)}
    return Constraints(groups, pairs, tuple(names[name] for name in distinct if name in names))


def _placed(records: Encoded, places: pl.DataFrame, pairs: pl.DataFrame | None) -> Ints:
    if pairs is None:
        return np.empty(0, dtype=np.int64)
    known = pairs.join(places.rename({"record_id": "record_a", "place": "a"}), on="record_a")
    known = known.join(places.rename({"record_id": "record_b", "place": "b"}), on="record_b")
    ends = known.select(pl.col("a", "b").cast(pl.Int64))
    return sorted_distinct(pack(len(records), ends["a"].to_numpy(), ends["b"].to_numpy()))
