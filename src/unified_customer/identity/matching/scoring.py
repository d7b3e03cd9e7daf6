"""Scoring pairs of records with fitted weights: the one kernel behind batch, stream and a cluster of machines."""

from dataclasses import dataclass

import numpy as np

from unified_customer.identity.matching.arrays import Ints, Levels
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.linkage import Scored
from unified_customer.identity.matching.rarity import Rareness


@dataclass(frozen=True)
class Scorer:
    """Compares and scores pairs of records.

    Attributes:
        evidence: The weights.
        rarity: How rare values are.
    """

    evidence: Evidence
    rarity: Rareness

    def score(self, records: Encoded, pairs: Ints, levels: Levels | None = None) -> Scored:
        """Return the odds of each packed pair; its levels may be given where they are known."""
        first, second = unpack(len(records), pairs)
        found = compare(records, first, second, self.rarity) if levels is None else levels
        return Scored(pairs, found, self.evidence.log_odds(found))

    def complete(self, records: Encoded, wanted: Ints, known: Scored) -> Scored:
        """Return the odds of the `wanted` pairs, taking those that are `known` from there."""
        places = np.searchsorted(known.pairs, wanted)
        places = np.minimum(places, max(0, len(known.pairs) - 1))
        has = known.pairs[places] == wanted if len(known.pairs) else np.zeros(len(wanted), dtype=np.bool_)
        if has.all():
            return Scored(wanted, known.levels[places], known.log_odds[places])
        rest = self.score(records, wanted[~has])
        levels = np.empty((len(wanted), len(records.columns)), dtype=np.int8)
        log_odds = np.empty(len(wanted))
        levels[has], levels[~has] = known.levels[places[has]], rest.levels
        log_odds[has], log_odds[~has] = known.log_odds[places[has]], rest.log_odds
        return Scored(wanted, levels, log_odds)
