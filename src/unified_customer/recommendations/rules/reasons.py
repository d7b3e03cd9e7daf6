"""Why a list is short: how many items are out by each rule, each by the first that it breaks."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.rules.choosing import Capped
from unified_customer.recommendations.rules.conditions import Mask
from unified_customer.recommendations.rules.parts import Frequency
from unified_customer.recommendations.rules.personal import Personal
from unified_customer.recommendations.rules.standing import Standing


def reasons_of(
    row: int,
    picked: Ints,
    scores: Floats32,
    *,
    standing: Standing,
    personal: Personal,
    caps: Sequence[Capped],
    frequency: Sequence[Frequency],
) -> dict[str, int]:
    """Return how many items are out by each rule; with those of the list they add up to all items.

    Args:
        row: Which list.
        picked: The items of it; -1: none.
        scores: The scores of the model.
        standing: What is out for everybody.
        personal: What is out for single customers.
        caps: The caps.
        frequency: How often something is shown.
    """
    still = standing.open.copy()
    still[picked[picked >= 0]] = False
    counts = Counter(standing.counts)
    size = len(still)
    steps = (
        _of_one(row, personal, size),
        [("without a score", ~(scores > -np.inf))],
        _of_list(picked, caps, frequency, size),
    )
    for label, out in (each for step in steps for each in step):
        counts[label] += int((out & still).sum())
        still &= ~out
    return {label: count for label, count in counts.items() if count}


def _of_one(row: int, personal: Personal, size: int) -> Iterator[tuple[str, Mask]]:
    for each in personal.out:
        found = np.zeros(size, np.bool_)
        found[each.places[each.rows == row]] = True
        yield each.label, found


def _of_list(
    picked: Ints, caps: Sequence[Capped], frequency: Sequence[Frequency], size: int
) -> Iterator[tuple[str, Mask]]:
    for cap in caps:
        yield f"beyond {cap.label}", cap.full(picked)
    told = [rule.in_words() for rule in frequency if rule.of == "any"]
    if told:
        yield f"beyond {' and '.join(told)}", np.ones(size, np.bool_)
