"""Sources that are free of duplicates: no two of their records are one person."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from unified_customer.identity.matching.arrays import Flags
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.linkage import Scored

ENOUGH: Final = 20
"""A source with fewer records that match those of others is not judged."""

CLEAN: Final = 0.02
"""A source is free of duplicates if it has fewer likely pairs within than this share of its records with a match."""


def find_distinct_sources(records: Encoded, scored: Scored) -> tuple[int, ...]:
    """Return the numbers of the sources that look free of duplicates.

    Only where several sources overlap can it be told: a single source with no duplicates needs no matching at all, and
    one that overlaps with nothing shows nothing of how well its duplicates would be found.
    """
    first, second = unpack(len(records), scored.pairs)
    sources = records.sources
    inside = sources[first] == sources[second]
    size = len(records.source_names)
    within = np.bincount(sources[first[inside]], weights=probability(scored.log_odds[inside]), minlength=size)
    likely = ~inside & (scored.log_odds > 0)
    matched = np.unique(np.concatenate([first[likely], second[likely]]))
    across = np.bincount(sources[matched], minlength=size)
    return tuple(np.flatnonzero(is_distinct(within, across)).tolist())


def is_distinct(within: npt.NDArray[Any], across: npt.NDArray[Any]) -> Flags:
    """Say of each source whether it looks free of duplicates.

    Args:
        within: The sum of the probabilities of the pairs within each source.
        across: How many of its records are likely to match one of another source.
    """
    found: Flags = (across >= ENOUGH) & (within < CLEAN * across)
    return found
