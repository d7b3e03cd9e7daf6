"""Paths that were counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import narwhals as nw
import polars as pl

from unified_customer.analytics.paths.sequences import counted, ends, paths, visits
from unified_customer.analytics.paths.spec import Paths
from unified_customer.engines.portable import Lazy, Native, collected
from unified_customer.methods.display import COUNT, SHARE, result_html

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

ARROW: Final = " > "
"""Stands between two places of a path."""


@dataclass(frozen=True, eq=False)
class FittedPaths:
    """Paths and how often they were taken. What fewer customers did than the spec allows to show is in no frame.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        customers: How many customers were looked at.
        units: How many sessions (or customers) were looked at.
        top: `path` (as text), `place_1`, `place_2`, ..., `count`, `customers`, `share_of_customers`; the most taken
            first, of equal ones by their names.
        transitions: `before`, `after`, `count`, `customers`, `share` (of all that came after `before`, shown or not);
            with a place that follows itself.
        loops: `loop` (as text), `kind` (`self`: a place that follows itself; `return`: from a place to another and
            back), `count`, `customers`.
        ends: `place`, `starts` and `ends` (how many sessions or customers begin and end there; null where fewer
            customers do than may be shown), `share_of_starts`, `share_of_ends`.
    """

    spec: Paths
    as_of: datetime
    customers: int
    units: int
    top: pl.DataFrame
    transitions: pl.DataFrame
    loops: pl.DataFrame
    ends: pl.DataFrame

    def chart(self, kind: Literal["top", "transitions"] = "top", *, at_most: int = 15, dark: bool = False) -> "Chart":
        """Draw the most taken paths, or from which place to which customers go.

        Args:
            kind: What is drawn.
            at_most: So many paths, or places, are drawn; of transitions those between the places most gone from.
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is nothing to draw.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import bars, matrix

        told = [self._told()]
        if kind == "top":
            names = [f"place_{number}" for number in range(1, self.spec.length + 1)]
            drawn = self.top.head(at_most)
            words = _last_words(drawn.select(names))
            short = drawn.with_columns(_named([pl.col(name).replace(words) for name in names]).alias("path"))
            return bars(
                short, name="path", values={"customers": "customers"}, value_title="customers",
                unit=COUNT, title="Most taken paths", subtitle=told, dark=dark,
            )  # fmt: skip
        sizes = self.transitions.group_by("before").agg(pl.col("count").sum())
        often = sizes.sort(["count", "before"], descending=[True, False]).head(at_most)["before"]
        shown = self.transitions.filter(pl.all_horizontal(pl.col("before", "after").is_in(often.implode())))
        return matrix(
            shown, before="before", after="after", count="count", states=often.to_list(), before_title="from",
            after_title="to", title="From place to place", subtitle=told, dark=dark,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        facts = [("customers", COUNT.written(self.customers)), ("as of", f"{self.as_of:%Y-%m-%d}")]
        if self.spec.unit == "session":
            facts.insert(0, ("sessions", COUNT.written(self.units)))
        shown = self.top.select("path", "count", "customers", "share_of_customers")
        note = f"What fewer than {self.spec.min_customers} customers did is not shown."
        return result_html("Paths", facts, shown, formats={"share_of_customers": SHARE}, note=note)

    def _told(self) -> str:
        return f"{COUNT.written(self.customers)} customers before {self.as_of:%Y-%m-%d}"

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return nothing: paths tell of places, not of customers."""
        return {}

    def to_body(self) -> Mapping[str, Any]:
        """Return the paths and transitions with their counts."""
        return {
            "top": self.top.select("path", "count", "customers").to_dicts(),
            "transitions": self.transitions.select("before", "after", "count").to_dicts(),
        }


def fitted(spec: Paths, tables: Mapping[str, Native], *, as_of: datetime) -> FittedPaths:
    """Return the paths that were taken before an instant."""
    visited = visits(spec, tables, as_of=as_of)
    whole = collected(
        visited.select(
            customers=nw.col("customer_id").n_unique(),
            units=nw.when(nw.col("last").is_null()).then(1).otherwise(0).sum(),
        )
    )
    customers, units = (int(each or 0) for each in whole.row(0))
    pairs = counted(paths(spec, visited, length=2, collapse=False), "place_1", "place_2")
    return FittedPaths(
        spec,
        as_of,
        customers,
        units,
        _top(spec, visited, customers),
        _transitions(spec, pairs),
        _loops(spec, visited, pairs),
        _ends(spec, visited),
    )


def _named(names: Sequence[str | pl.Expr]) -> pl.Expr:
    return pl.concat_str(names, separator=ARROW)


def _last_words(places: pl.DataFrame) -> dict[str, str]:
    """Return the last word of each place where that tells all of them apart: a path is too long for a chart."""
    found = {str(place): str(place).split(" ")[-1] for column in places.iter_columns() for place in column}
    return found if len(set(found.values())) == len(found) else {}


def _top(spec: Paths, visited: Lazy, customers: int) -> pl.DataFrame:
    taken = paths(spec, visited, length=spec.length, collapse=spec.collapse)
    begun = taken.filter(nw.col("last").is_null()) if spec.anchor == "start" else taken
    names = [f"place_{number}" for number in range(1, spec.length + 1)]
    found = counted(begun, *names).filter(pl.col("customers") >= spec.min_customers)
    ordered = found.sort("count", *names, descending=[True, *(False for _ in names)]).head(spec.top)
    share = pl.col("customers") / max(customers, 1)
    return ordered.select(_named(names).alias("path"), *names, "count", "customers", share_of_customers=share)


def _transitions(spec: Paths, pairs: pl.DataFrame) -> pl.DataFrame:
    shares = pairs.rename({"place_1": "before", "place_2": "after"}).with_columns(
        share=pl.col("count") / pl.col("count").sum().over("before")
    )
    shown = shares.filter(pl.col("customers") >= spec.min_customers)
    return shown.sort("count", "before", "after", descending=[True, False, False])


def _loops(spec: Paths, visited: Lazy, pairs: pl.DataFrame) -> pl.DataFrame:
    names = ["place_1", "place_2", "place_3"]
    selves = pairs.filter(pl.col("place_1") == pl.col("place_2")).select(
        _named(names[:2]).alias("loop"), "count", "customers", kind=pl.lit("self")
    )
    threes = paths(spec, visited, length=3, collapse=True)
    back = counted(threes.filter(nw.col("place_1") == nw.col("place_3")), *names)
    returns = back.select(_named(names).alias("loop"), "count", "customers", kind=pl.lit("return"))
    found = pl.concat([selves, returns]).filter(pl.col("customers") >= spec.min_customers)
    return found.sort("count", "loop", descending=[True, False]).select("loop", "kind", "count", "customers")


def _ends(spec: Paths, visited: Lazy) -> pl.DataFrame:
    at_ends = ends(spec, visited)
    starts = counted(at_ends.filter("starts"), "place")
    stops = counted(at_ends.filter("ends"), "place")
    both = starts.join(stops, on="place", how="full", coalesce=True, suffix="_ends")
    sides = {"starts": ("count", "customers"), "ends": ("count_ends", "customers_ends")}
    told = both.with_columns(
        pl.when(pl.col(who).fill_null(0) >= spec.min_customers).then(pl.col(often)).alias(side)
        for side, (often, who) in sides.items()
    )
    shares = {f"share_of_{side}": pl.col(side) / pl.col(often).sum() for side, (often, _) in sides.items()}
    shown = told.select("place", "starts", "ends", **shares).filter(
        pl.col("starts").is_not_null() | pl.col("ends").is_not_null()
    )
    return shown.sort(["starts", "ends", "place"], descending=[True, True, False], nulls_last=True)
