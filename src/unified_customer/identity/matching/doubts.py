"""Whether records say enough of anybody to be matched at all."""

import warnings
from typing import Final

import numpy as np

from unified_customer.core.errors import WeakMatchingWarning
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import Evidence
from unified_customer.identity.matching.rarity import Rareness

HALF: Final = 0.5

ENOUGH: Final = 100
"""Of fewer records nothing is said."""


def warn_if_weak(records: Encoded, evidence: Evidence, rarity: Rareness, *, least: float) -> None:
    """Warn where half of the records or more would not even be matched with a copy of themselves.

    Args:
        records: The records, or a sample of them.
        evidence: What agreement weighs.
        rarity: How rare values are.
        least: Records are joined above so many bits.
    """
    if len(records) < ENOUGH:
        return
    rows = np.arange(len(records))
    lost = float(np.mean(evidence.log_odds(compare(records, rows, rows, rarity)) <= least))
    if lost >= HALF:
        message = (
            f"The records hardly support matching: {lost:.0%} of them say so little that not even a copy would be taken"
            " for the same person. Add columns that tell people apart, or see which records it is with"
            " unified_customer.identity.matching.explanation.unlinkables."
        )
        warnings.warn(message, WeakMatchingWarning, stacklevel=4)
