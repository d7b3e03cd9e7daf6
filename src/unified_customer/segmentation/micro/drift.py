"""How the sizes of segments changed from one date to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import polars as pl

from unified_customer.engines.portable import collected
from unified_customer.methods.charting import bars
from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, result_html
from unified_customer.segmentation.micro.cells import OTHER
from unified_customer.segmentation.placements import assigned, check_disjoint

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

STEADY: Final = 0.1
MOVED: Final = 0.25
_SHOWN: Final = 30
_HALF: Final = 0.5
_FORMATS: Final[dict[str, Format]] = {
    "share_before": SHARE,
    "share_after": SHARE,
    "change": SHARE,
    "psi": NUMBER,
}


@dataclass(frozen=True, eq=False)
class Drift:
    """How segments changed in size.

    Attributes:
        table: `segment`, `before` and `after` (customers), `share_before`, `share_after`, `change` (of the share),
            `psi` (its part of the stability index), `came` (in it after, but not before) and `went` (the other way
            round), both null where one of them is of fewer than `least` customers. In the order given, or by the share
            before.
        least: Segments of fewer customers on both dates are `other` together.
    """

    table: pl.DataFrame
    least: int

    @property
    def stability(self) -> float | None:
        """The population stability index, 0 where no share changed; null where one of the dates has nobody.

        Half a customer is added to each segment on each date, so that one that came or went is no infinity.

        References:
            N. Siddiqi (2006): Credit risk scorecards, section on stability: below 0.1 hardly changed, above 0.25 much.
            H. Jeffreys (1946): An invariant form for the prior probability in estimation problems (the divergence).
        """
        known = self.table["psi"].drop_nulls()
        return float(known.sum()) if len(known) else None

    @property
    def verdict(self) -> str:
        """The stability index in words, by the bounds in common use."""
        index = self.stability
        if index is None:
            return "nobody to compare"
        return "hardly changed" if index < STEADY else "changed somewhat" if index < MOVED else "changed much"

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the shares before and after, of the segments that changed most.

        Raises:
            ConfigurationError: There is nobody.
            MissingDependencyError: Altair is not installed.
        """
        most = self.table.sort(pl.col("change").abs(), "segment", descending=[True, False], nulls_last=True).head(
            _SHOWN
        )
        shown = self.table.filter(pl.col("segment").is_in(most["segment"].implode()))
        told = f"Stability index {NUMBER.written(self.stability)}: {self.verdict}."
        return bars(
            shown, name="segment", values={"share_before": "before", "share_after": "after"},
            value_title="share of customers", in_order=True, title="How segments changed", subtitle=[told], dark=dark,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        told = [(name, COUNT.written(self.table[name].sum())) for name in ("before", "after")]
        facts = [*told, ("stability index", NUMBER.written(self.stability)), ("that is", self.verdict)]
        note = f"Flows with fewer than {self.least} customers are not told." if self.least > 1 else ""
        return result_html("How segments changed", facts, self.table, formats=_FORMATS, note=note)


def drift(before: Any, after: Any, *, least: int = 10, order: Sequence[str] = ()) -> Drift:
    """Compare the sizes of segments on two dates, and count who came and who went.

    For segments whose bounds do not move, assign both dates by what was learned at one: `fitted.assign(...)`.

    Args:
        before: `customer_id` and `segment` of one date, one row a customer, on any engine, or a fitted segmentation.
        after: The same of another date, on the same engine.
        least: Segments of fewer customers on both dates are `other` together, and flows of fewer are not told.
        order: The segments in order; others follow by their share before.

    Raises:
        SchemaError: A column is missing, or somebody is in two segments.

    Examples:
        >>> before = pl.DataFrame({"customer_id": ["a", "b", "c"], "segment": ["new", "new", "old"]})
        >>> after = pl.DataFrame({"customer_id": ["a", "b", "d"], "segment": ["new", "old", "new"]})
        >>> found = drift(before, after, least=1)
        >>> found.table.select("segment", "before", "after", "came", "went").rows()
        [('new', 2, 2, 1, 1), ('old', 1, 1, 1, 1)]
        >>> found.stability, found.verdict
        (0.0, 'hardly changed')
    """
    pairs = _pairs(before, after)
    names = _renamed(pairs, least)
    told = pairs.with_columns(pl.col("before", "after").replace(names))
    sides = [_counted(told, side, other, flow) for side, other, flow in _SIDES]
    whole = (
        sides[0]
        .join(sides[1], on="segment", how="full", coalesce=True)
        .with_columns(pl.selectors.integer().fill_null(0))
    )
    return Drift(_in_order(_shared(_guarded(whole, least)), order), least)


_SIDES: Final = (("before", "after", "went"), ("after", "before", "came"))


def _pairs(before: Any, after: Any) -> pl.DataFrame:
    """Return `before`, `after` (null: not there) and `customers` of each pair that occurs."""
    one, other = (assigned(frame, name=name) for frame, name in ((before, "before"), (after, "after")))
    for lazy, name in ((one, "before"), (other, "after")):
        check_disjoint(lazy, name=name)
    nothing = nw.lit(None, dtype=nw.String)
    both = nw.concat(
        [
            one.select("customer_id", before=nw.col("segment"), after=nothing),
            other.select("customer_id", before=nothing, after=nw.col("segment")),
        ]
    )
    pairs = both.group_by("customer_id").agg(nw.col("before", "after").max())
    return collected(pairs.group_by("before", "after").agg(customers=nw.len()))


def _renamed(pairs: pl.DataFrame, least: int) -> dict[str, str]:
    """Return the names of segments that are too small on both dates, each with that of the rest."""
    sizes = [pairs.group_by(segment=side).agg(pl.col("customers").sum()) for side in ("before", "after")]
    most = pl.concat(sizes).drop_nulls("segment").group_by("segment").agg(pl.col("customers").max())
    return dict.fromkeys(most.filter(pl.col("customers") < least)["segment"], OTHER)


def _counted(pairs: pl.DataFrame, side: str, other: str, flow: str) -> pl.DataFrame:
    moved = pl.col("customers").filter(pl.col(side).ne_missing(pl.col(other))).sum()
    counted = (
        pairs.drop_nulls(side).group_by(segment=side).agg(pl.col("customers").sum().alias(side), moved.alias(flow))
    )
    return counted.with_columns(pl.selectors.integer().cast(pl.Int64))


def _guarded(whole: pl.DataFrame, least: int) -> pl.DataFrame:
    """Leave out flows that tell of few; both, since one tells the other where the sizes are known."""
    few = pl.any_horizontal(pl.col(flow).is_between(1, least - 1) for flow in ("came", "went"))
    return whole.with_columns(pl.when(~few).then(flow).alias(flow) for flow in ("came", "went"))


def _shared(whole: pl.DataFrame) -> pl.DataFrame:
    shares = {
        f"share_{side}": pl.col(side) / pl.when(pl.col(side).sum() > 0).then(pl.col(side).sum()) for side, *_ in _SIDES
    }
    smoothed = [(pl.col(side) + _HALF) / (pl.col(side).sum() + _HALF * pl.len()) for side, *_ in _SIDES]
    index = (smoothed[1] - smoothed[0]) * (smoothed[1] / smoothed[0]).log()
    change = pl.col("share_after") - pl.col("share_before")
    known = whole.with_columns(**shares).with_columns(change=change)
    return known.with_columns(psi=pl.when(change.is_not_null()).then(index))


def _in_order(whole: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    places = {name: place for place, name in enumerate(order)}
    place = pl.col("segment").replace_strict(places, default=len(places), return_dtype=pl.Int64)
    by = [pl.col("segment") == OTHER, place, -pl.col("before"), pl.col("segment")]
    columns = ("segment", "before", "after", "share_before", "share_after", "change", "psi", "came", "went")
    return whole.sort(by).select(columns)
