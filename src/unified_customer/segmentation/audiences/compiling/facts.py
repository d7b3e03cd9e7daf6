"""What the tables say of each customer for one rule."""

from dataclasses import dataclass
from functools import reduce
from operator import and_

import narwhals as nw

from unified_customer.engines.portable import Lazy
from unified_customer.segmentation.audiences.rules.conditions import Number


@dataclass(frozen=True)
class Facts:
    """Facts of customers, joined to them afterwards; who is not there has nulls.

    Attributes:
        frame: `customer_id` and further columns, at most one row a customer.
        holds: For each rule, by its column, whether it holds: an expression of these columns that is never null.
        values: For each rule, by its column, what was found.
    """

    frame: Lazy
    holds: dict[str, nw.Expr]
    values: dict[str, nw.Expr]


def flagged(condition: nw.Expr) -> nw.Expr:
    """Return 1 where a condition holds and 0 elsewhere, for adding up."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def in_bounds(value: nw.Expr, bounds: tuple[Number | None, Number | None]) -> nw.Expr:
    """Return whether a number lies within bounds, both included; nothing does not."""
    least, most = bounds
    sides = [*([] if least is None else [value >= least]), *([] if most is None else [value <= most])]
    return reduce(and_, sides).fill_null(value=False)
