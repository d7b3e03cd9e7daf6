"""Lists of recommendations, and what is missing in them."""

from collections.abc import Sequence
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
UNKNOWN: Final = "not in the model: nothing that it may read is known of this customer"


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

    def of_nobody(self) -> "Recommendations":
        """Return them without ids of customers."""
        nobody = pl.lit(None, pl.String)
        return Recommendations(
            self.table.with_columns(customer_id=nobody), self.shortfall.with_columns(customer_id=nobody)
        )

    def __str__(self) -> str:
        """Return how many lists there are, without anybody's."""
        lists, short = self.table["customer_id"].n_unique(), self.shortfall.height
        return f"{COUNT.written(lists)} lists of recommendations, {COUNT.written(short)} shorter than asked for"

    def _repr_html_(self) -> str:
        bases = self.table.group_by("basis").agg(items=pl.len()).sort("basis")
        return result_html("Recommendations", [("lists", COUNT.written(self.table["customer_id"].n_unique()))], bases)


def together(parts: Sequence[Recommendations]) -> Recommendations:
    """Return lists of several parts as one."""
    if len(parts) == 1:
        return parts[0]
    table = pl.concat([pl.DataFrame(schema=TABLE), *(part.table for part in parts)])
    return Recommendations(table, pl.concat([pl.DataFrame(schema=SHORTFALL), *(part.shortfall for part in parts)]))


def not_held(customers: pl.Series, n: int) -> Recommendations:
    """Return that there is no list for customers whom a model does not hold."""
    told = {"customer_id": customers, "missing": [n] * len(customers), "reason": [UNKNOWN] * len(customers)}
    return Recommendations(pl.DataFrame(schema=TABLE), pl.DataFrame(told, schema=SHORTFALL))
