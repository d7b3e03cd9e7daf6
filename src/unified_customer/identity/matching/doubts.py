"""Whether records say enough of anybody to be matched at all."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from unified_customer.core.errors import WeakMatchingWarning
from unified_customer.core.warning import warn
from unified_customer.identity.matching.comparison import compare
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.field_weights import FieldWeights
from unified_customer.identity.matching.rarity import Rareness

HALF: Final = 0.5

ENOUGH: Final = 100
"""Of fewer records nothing is said."""

TWICE: Final = 0.01
"""A copy has to be told from chance where so small a share of the records has one."""


def warn_if_weak(records: Encoded, fields: Sequence[FieldWeights], rarity: Rareness) -> None:
    """Warn where half of the records or more say no more than others say by chance.

    What was learned of one person does not count: in a table without copies it is nothing, and that is no fault of the
    records.

    Args:
        records: The records, or a sample of them.
        fields: Their fields, with how often they agree by chance.
        rarity: How rare values are.
    """
    if len(records) < ENOUGH:
        return
    rows, bits = np.arange(len(records)), np.zeros(len(records))
    levels = compare(records, rows, rows, rarity)
    for place, field in enumerate(fields):
        bits -= np.append(np.log2(field.chance), 0.0)[levels[:, place]]
    lost = float(np.mean(bits <= np.log2(len(records) / TWICE)))
    if lost >= HALF:
        message = (
            f"The records hardly support matching: {lost:.0%} of them say so little that not even a copy can be told from"
            " somebody else who says the same by chance. Add columns that tell people apart, or see which records it is"
            " with unified_customer.identity.matching.explanation.unlinkables."
        )
        warn(message, WeakMatchingWarning)
