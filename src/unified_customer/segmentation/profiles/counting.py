"""Aggregates of segments on any engine: all that is ever brought here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.engines.portable import Lazy, collected

REST: Final = "all others"
"""Segments that are too small to be told of, together."""


@dataclass(frozen=True)
class Counted:
    """What was counted.

    Attributes:
        sizes: `segment`, `customers`.
        bought: `segment`, `buyers`, `revenue`, `orders`; None where nothing tells of orders.
        traits: `segment`, `kind`, `value` (null: any), `customers` who have it, and `pairs` of a customer and a value
            of that kind.
        measures: `segment`, `measure`, `n`, `mean`, and `scaled_mean` and `scaled_variance` on the scale of comparison.
        bands: `segment`, `measure`, `band`, `customers`.
    """

    sizes: pl.DataFrame
    bought: pl.DataFrame | None
    traits: pl.DataFrame
    measures: pl.DataFrame
    bands: pl.DataFrame


def sizes_by_segment(members: Lazy, *, least: int) -> tuple[dict[str, int], dict[str, int]]:
    """Return the segments that are told of, and those that are too small, which are one together."""
    sizes = dict(collected(members.group_by("segment").agg(customers=nw.len())).iter_rows())
    small = too_few(sizes, least=least)
    return {name: size for name, size in sizes.items() if name not in small}, small


def too_few(sizes: Mapping[str, int], *, least: int) -> dict[str, int]:
    """Return what is not told of: what is of fewer than `least`.

    Where that is of too few together, the next smallest go with it (equal ones together), since else it would follow
    from the whole and all others. What is called as the rest is part of it.

    Examples:
        >>> too_few({"a": 3, "b": 12, "c": 12, "d": 40}, least=10), too_few({"a": 11, "b": 12}, least=10)
        ({'a': 3, 'b': 12, 'c': 12}, {})
    """
    few = {name: size for name, size in sizes.items() if name == REST or size < least}
    for size in sorted({size for size in sizes.values() if size >= least}):
        if not 0 < sum(few.values()) < least:
            break
        few |= {name: each for name, each in sizes.items() if each == size}
    return few


def sizes_frame(told: Mapping[str, int], small: Mapping[str, int], least: int) -> pl.DataFrame:
    """Return `segment` and `customers` of the segments told of, and of the rest where it is of enough."""
    rest = sum(small.values())
    sizes = {**told, **({REST: rest} if rest >= least else {})}
    return pl.DataFrame([*sizes.items()], schema={"segment": pl.String(), "customers": pl.Int64()}, orient="row")


def pooled(members: Lazy, told: Sequence[str]) -> Lazy:
    """Return an assignment in which those who are in none of the segments told of are the rest."""
    name = nw.when(nw.col("segment").is_in([*told])).then(nw.col("segment")).otherwise(nw.lit(REST))
    return members.with_columns(segment=name)


def bought_by_segment(members: Lazy, bought: Lazy) -> pl.DataFrame:
    """Return `segment`, `buyers`, `revenue` and `orders`."""
    joined = members.join(bought.select("customer_id", "monetary", "frequency"), on="customer_id")
    sums = {"revenue": nw.col("monetary").sum(), "orders": nw.col("frequency").sum().cast(nw.Int64)}
    return collected(joined.group_by("segment").agg(buyers=nw.len(), **sums))


def traits_by_segment(members: Lazy, traits: Sequence[Lazy], *, least: int) -> pl.DataFrame:
    """Count who has which trait; traits of fewer than `least` customers do not leave the engine."""
    if not traits:
        return pl.DataFrame(schema=_TRAITS)
    every = reduce(_below, traits).unique()
    whole = every.select("customer_id", "kind", value=nw.lit(None, dtype=nw.String)).unique()
    joined = members.join(_below(every, whole), on="customer_id")
    counted = joined.group_by("segment", "kind", "value").agg(customers=nw.len().cast(nw.Int64))
    # DuckDB adds whole numbers up to wider ones.
    total = nw.col("customers").sum().over("kind", "value").cast(nw.Int64)
    summed = counted.with_columns(total=total, pairs=nw.col("customers").sum().over("segment", "kind").cast(nw.Int64))
    return collected(summed.filter(nw.col("total") >= least).select(*_TRAITS))


def measures_by_segment(members: Lazy, measures: Sequence[Lazy]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the means and variances of measures, and how many are in which band."""
    if not measures:
        return pl.DataFrame(schema=_MEASURES), pl.DataFrame(schema=_BANDS)
    joined = members.join(reduce(_below, measures), on="customer_id").filter(~nw.col("value").is_null())
    by = joined.group_by("segment", "measure")
    scaled = {"scaled_mean": nw.col("scaled").mean(), "scaled_variance": nw.col("scaled").var()}
    means = collected(by.agg(n=nw.len(), mean=nw.col("value").mean(), **scaled))
    return means.select(*_MEASURES), collected(
        joined.group_by("segment", "measure", "band").agg(customers=nw.len())
    ).select(*_BANDS)


def _below(one: Lazy, other: Lazy) -> Lazy:
    return nw.concat([one, other])


_TRAITS: Final = {
    "segment": pl.String(), "kind": pl.String(), "value": pl.String(), "customers": pl.Int64(), "pairs": pl.Int64(),
}  # fmt: skip
_MEASURES: Final = {
    "segment": pl.String(), "measure": pl.String(), "n": pl.Int64(), "mean": pl.Float64(),
    "scaled_mean": pl.Float64(), "scaled_variance": pl.Float64(),
}  # fmt: skip
_BANDS: Final = {"segment": pl.String(), "measure": pl.String(), "band": pl.Int64(), "customers": pl.Int64()}
