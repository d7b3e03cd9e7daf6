"""How many are in an audience, a few of them, and how they are spread: what one looks at before using it."""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Lazy, collected
from unified_customer.segmentation.audiences.compiling.looked_up import looked_up
from unified_customer.segmentation.audiences.compiling.people import CUSTOMERS
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen

SMALLEST: Final = 10
"""Cells of fewer customers are not told."""
OTHERS: Final = "others"


@dataclass(frozen=True, eq=False)
class Preview:
    """An audience at a glance.

    Attributes:
        customers: How many are in it.
        of: How many the base has.
        sample: Ids of some of them, those that come first in the order of ids, which are no words of anybody's.
        by: An aggregate: a value, how many customers have it, and their share; small cells are put together.
    """

    customers: int
    of: int
    sample: tuple[str, ...]
    by: pl.DataFrame | None = None

    @property
    def share(self) -> float | None:
        """The share of the base; None where the base is empty."""
        return self.customers / self.of if self.of else None


def previewed(inside: Lazy, seen: Seen, *, base: str, n: int, by: str | None, smallest: int) -> Preview:
    """Return a preview of an audience; see `FittedAudience.preview`."""
    if n < 0 or smallest < 1:
        raise ConfigurationError(
            f"A sample is of 0 customers or more, a cell of 1 or more; asked for {n} and {smallest}."
        )
    first = collected(inside.select(CUSTOMER).sort(CUSTOMER).head(n))[CUSTOMER].to_list() if n else []
    spread = None if by is None else _spread(inside, seen, by, smallest)
    return Preview(_count(inside), _count(seen.base(base)), tuple(first), spread)


def _count(lazy: Lazy) -> int:
    return int(collected(lazy.select(n=nw.len()))["n"].item())


def _spread(inside: Lazy, seen: Seen, field: str, smallest: int) -> pl.DataFrame:
    people = looked_up(seen.whole(CUSTOMERS), [field], as_of=seen.as_of, zone=seen.zone, name=CUSTOMERS)
    values = people.lazy.select(CUSTOMER, value=people.shown(field))
    joined = inside.select(CUSTOMER).join(values, on=CUSTOMER, how="left")
    return guarded(collected(joined.group_by("value").agg(customers=nw.len())), smallest=smallest)


def guarded(counts: pl.DataFrame, *, smallest: int) -> pl.DataFrame:
    """Return counts without small cells: they are put together as `others`, with the next larger if need be.

    So no cell can be found out by taking the others from the whole. If all together are too few nothing is told.

    Args:
        counts: `value`, `customers`.
        smallest: The least that a cell may have.

    Returns:
        `value` (text; null: missing), `customers`, `share`, the largest first, `others` last.

    Examples:
        >>> cells = pl.DataFrame({"value": ["DE", "FR", "LI"], "customers": [60, 30, 1]})
        >>> guarded(cells, smallest=10).rows()
        [('DE', 60, 0.6593406593406593), ('others', 31, 0.34065934065934067)]
    """
    total = int(counts["customers"].sum())
    ordered = counts.select(pl.col("value").cast(pl.String), pl.col("customers").cast(pl.Int64)).sort(
        ["customers", "value"], descending=[True, False]
    )
    kept = ordered.filter(pl.col("customers") >= smallest)
    left = total - int(kept["customers"].sum())
    while 0 < left < smallest and kept.height:
        left += kept["customers"][-1]
        kept = kept.head(kept.height - 1)
    if left >= smallest:
        kept = pl.concat([kept, pl.DataFrame({"value": [OTHERS], "customers": [left]}, schema=kept.schema)])
    return kept.with_columns(share=pl.col("customers") / total)
