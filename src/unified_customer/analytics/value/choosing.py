"""The model that would have been best so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from unified_customer.analytics.value.evaluation import Evaluation, evaluated
from unified_customer.analytics.value.learning import Base, Terms, learned, seen
from unified_customer.engines.portable import Native
from unified_customer.methods.buy_till_die import MODELS

UNTOLD: Final = "bg_nbd"
"""What is taken where nobody had bought twice."""


@dataclass(frozen=True, eq=False)
class Choice:
    """A model, and what it was chosen by: an evaluation whose first row is it."""

    name: str
    evaluation: Evaluation | None


def chosen(terms: Terms, tables: Mapping[str, Native], base: Base, *, days: int | None) -> Choice:
    """Return the model with the least mean absolute error on the last days before the as-of date.

    Nothing after the as-of date is looked at. The days are as many as the horizon, and at most half of what was seen.
    """
    held = days or max(1, min(terms.horizon, (base.last - base.first + 1) // 2))
    earlier = seen(terms, tables, as_of=base.days_before(held, zone=terms.zone))
    if not (earlier.table["frequency"] > 0).any():
        return Choice(UNTOLD, None)
    several = [learned(terms, tables, earlier, name=name) for name in MODELS]
    evaluation = evaluated(terms, tables, several, earlier, base)
    return Choice(evaluation.table["forecast"][0], evaluation)
