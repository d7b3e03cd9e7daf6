"""How customers moved between segments from one date to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import narwhals as nw
import polars as pl

from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.charting import matrix
from unified_customer.methods.display import COUNT, SHARE, result_html

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

ABSENT: Final = "not there"
"""Where those are who are in one assignment alone: who came, who left, and whom the purpose does not see any more."""


@dataclass(frozen=True, eq=False)
class Transitions:
    """A transition matrix.

    Attributes:
        table: `before`, `after`, `customers`, `share` (of those who were in `before`), a row for each pair that occurs,
            in the order of the segments.
    """

    table: pl.DataFrame

    @property
    def stayed(self) -> float | None:
        """The share of those in both assignments whose segment is the same; null if nobody is in both."""
        both = self.table.filter(pl.col("before") != ABSENT, pl.col("after") != ABSENT)
        same = int(both.filter(pl.col("before") == pl.col("after"))["customers"].sum())
        total = int(both["customers"].sum())
        return same / total if total else None

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the matrix.

        Raises:
            ConfigurationError: Nobody is in it.
            MissingDependencyError: Altair is not installed.
        """
        states = list(dict.fromkeys([*self.table["before"], *self.table["after"]]))
        told = "" if self.stayed is None else f"{SHARE.written(self.stayed)} are where they were."
        return matrix(
            self.table, before="before", after="after", count="customers", states=states, before_title="before",
            after_title="after", title="From segment to segment", subtitle=[told] if told else [], dark=dark,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.table["customers"].sum())), ("stayed", SHARE.written(self.stayed))]
        return result_html("From segment to segment", facts, self.table, formats={"share": SHARE})


def transitions(before: Native, after: Native, *, order: Sequence[str] = ()) -> Transitions:
    """Count who moved from which segment to which.

    Args:
        before: `customer_id` and `segment` of one date, one row a customer, on any engine.
        after: The same of another date, on the same engine.
        order: The segments in order; others follow by name.

    Examples:
        >>> before = pl.DataFrame({"customer_id": ["a", "b"], "segment": ["new", "new"]})
        >>> after = pl.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["active", "lost", "new"]})
        >>> transitions(before, after).table.select("before", "after", "customers", "share").rows()
        [('new', 'active', 1, 0.5), ('new', 'lost', 1, 0.5), ('not there', 'new', 1, 1.0)]
    """
    one, other = (opened(each, columns=["customer_id", "segment"]) for each in (before, after))
    joined = one.select("customer_id", before="segment").join(
        other.select(other_id="customer_id", after="segment"), left_on="customer_id", right_on="other_id", how="full"
    )
    pairs = joined.select(nw.col("before", "after").fill_null(ABSENT)).group_by("before", "after")
    counted = collected(pairs.agg(customers=nw.len()))
    total = pl.col("customers").sum().over("before")
    shared = counted.with_columns(share=pl.col("customers") / total)
    return Transitions(_in_order(shared, order))


def _in_order(counted: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    others = {*counted["before"], *counted["after"]} - {*order, ABSENT}
    names = pl.Series([*order, *sorted(others), ABSENT])
    places = [pl.col(side).replace_strict(names, range(len(names))) for side in ("before", "after")]
    return counted.sort(places).select("before", "after", "customers", "share")
