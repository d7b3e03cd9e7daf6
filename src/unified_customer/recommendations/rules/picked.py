"""Lists by rules, and why some are shorter than was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32
from unified_customer.recommendations.serving.recommended import SHORTFALL


@dataclass(frozen=True, eq=False)
class Picked:
    """Lists by rules, one for each row of scores.

    Attributes:
        places: Places of items, the best first; -1 where none is left.
        scores: What they are worth after soft rules, on the scale of the scores, falling; -inf where none is left. What
            is pinned has the score of what it stands before.
        reasons: For each list that is shorter than was asked for (by its row) how many items are out by each rule. With
            the items of the list they add up to all items.
        items: How many items there are.
    """

    places: Ints = field(repr=False)
    scores: Floats32 = field(repr=False)
    reasons: Mapping[int, Mapping[str, int]] = field(repr=False)
    items: int

    @property
    def found(self) -> Ints:
        """How many items are on each list."""
        found: Ints = (self.places >= 0).sum(axis=1)
        return found

    def reason(self, row: int) -> str:
        """Return in words why a list is shorter than was asked for; nothing if it is not."""
        if row not in self.reasons:
            return ""
        told = ", ".join(f"{count} {label}" for label, count in self.reasons[row].items())
        return f"{int(self.found[row])} of {self.items} items may be recommended" + (f": {told}" if told else "")

    def shortfall(self, customers: pl.Series) -> pl.DataFrame:
        """Return why lists are short: `customer_id`, how many are `missing`, `reason`.

        Args:
            customers: Of whom each list is.
        """
        if not self.reasons:
            return pl.DataFrame(schema=SHORTFALL)
        rows = sorted(self.reasons)
        missing = [self.places.shape[1] - int(self.found[row]) for row in rows]
        told = {"missing": missing, "reason": [self.reason(row) for row in rows]}
        return pl.DataFrame({"customer_id": customers.gather(rows).cast(pl.String), **told}, schema=SHORTFALL)
