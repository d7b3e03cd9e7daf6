"""Lists of recommendations, and what is missing in them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from unified_customer.methods.display import COUNT, result_html
from unified_customer.methods.learning import Ints
from unified_customer.recommendations.histories import Floats32

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


def in_rows(names: pl.Series, top: Ints, scores: Floats32, items: pl.Series) -> pl.DataFrame:
    """Return a row for each place of each list.

    Args:
        names: Whose lists they are.
        top: The places of the items of each list, best first, -1 where there is none.
        scores: Their scores.
        items: What stands at each place.
    """
    rows, ranks = np.nonzero(top >= 0)
    score = scores[rows, ranks].astype(np.float64)
    return pl.DataFrame(
        {
            "customer_id": names.gather(rows),
            "rank": ranks + 1,
            "item_id": items.gather(top[rows, ranks]),
            "score": score,
            "basis": pl.Series(np.where(score == 0, POPULAR, OWN), dtype=pl.String),
        },
        schema=TABLE,
    )
