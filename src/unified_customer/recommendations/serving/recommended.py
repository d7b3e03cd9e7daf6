"""Lists of recommendations, and what is missing in them."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from unified_customer.methods.display import COUNT, result_html

TABLE: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "rank": pl.Int64(),
        "item_id": pl.String(),
        "score": pl.Float64(),
        "basis": pl.String(),
    }
)
SHORTFALL: Final = pl.Schema({"customer_id": pl.String(), "missing": pl.Int64(), "reason": pl.String()})
OWN: Final = "own"
POPULAR: Final = "popular"


@dataclass(frozen=True, eq=False)
class Recommendations:
    """Lists of items, the best first.

    Attributes:
        table: `customer_id` (null: of nobody), `rank` from 1, `item_id`, `score` (falling; 0: nothing is known of it for
            this customer, and such items come in the order of their popularity) and `basis` (`own`: what the customer
            did speaks for it; `popular`: nothing does).
        shortfall: Lists that are shorter than was asked for: `customer_id`, how many are `missing`, and the `reason`.
    """

    table: pl.DataFrame = field(repr=False)
    shortfall: pl.DataFrame = field(repr=False)

    def __str__(self) -> str:
        """Return how many lists there are, without anybody's."""
        lists, short = self.table["customer_id"].n_unique(), self.shortfall.height
        return f"{COUNT.written(lists)} lists of recommendations, {COUNT.written(short)} shorter than asked for"

    def _repr_html_(self) -> str:
        bases = self.table.group_by("basis").agg(items=pl.len()).sort("basis")
        return result_html("Recommendations", [("lists", COUNT.written(self.table["customer_id"].n_unique()))], bases)
