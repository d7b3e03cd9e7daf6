"""How large segments are: aggregates of an assignment on any engine, as a table and as pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import narwhals as nw
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native, collected, has, opened
from unified_customer.methods.charting import bars, treemap
from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, money

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

Kind = Literal["bars", "treemap"]


def sizes_of(table: Native, *, names: Sequence[str], means: Sequence[str] = ()) -> pl.DataFrame:
    """Return customers and shares by segment, those without anybody too.

    Args:
        table: `customer_id`, `segment` and perhaps `monetary`, one row a customer, on any engine.
        names: The segments in their order; others that are there follow by name.
        means: Columns of which the mean is wanted.

    Returns:
        `segment`, `customers`, `share` (of customers, null where there is nobody), with `monetary` (of all) and
        `monetary_share` (null where all is zero) where there is money, and the means (null where there is nobody).
    """
    lazy = opened(table)
    spent = [nw.col("monetary").sum()] if has(lazy, "monetary") else []
    averages = [nw.col(name).cast(nw.Float64).mean() for name in means]
    grouped = collected(lazy.group_by("segment").agg(nw.len().alias("customers"), *spent, *averages))
    others = sorted(set(grouped["segment"].drop_nulls()) - set(names))
    every = pl.DataFrame({"segment": [*names, *others]}, schema={"segment": pl.String})
    whole = every.join(grouped, on="segment", how="left", maintain_order="left")
    shared = [_shared("customers", "share", pl.Int64()), *(_shared("monetary", "monetary_share") for _ in spent)]
    return whole.select("segment", *(each for pair in shared for each in pair), *means)


def _shared(column: str, share: str, dtype: pl.DataType | None = None) -> list[pl.Expr]:
    amount = pl.col(column).fill_null(0)
    total = pl.when(amount.sum() != 0).then(amount.sum())
    return [amount.cast(dtype) if dtype else amount, (amount / total).alias(share)]


def guarded(sizes: pl.DataFrame, *, least: int) -> pl.DataFrame:
    """Return sizes that tell no money and no means of segments that hold somebody, but fewer than `least` customers.

    A share of the money tells the total, and what is left of it is what the hidden segments hold. So the next smallest
    segments are hidden too until that is the sum of several segments and of `least` customers.

    Examples:
        >>> sizes = pl.DataFrame(
        ...     {"segment": ["a", "b", "c", "d"], "customers": [2, 9, 30, 0], "spend": [5.0, 7.0, 8.0, 0.0]}
        ... )
        >>> guarded(sizes, least=5)["spend"].to_list()
        [None, None, 8.0, 0.0]

    References:
        A. Hundepool et al. (2012): Statistical disclosure control, chapter 4 (secondary cell suppression).
    """
    hidden = pl.int_range(pl.len()).is_in(_hidden(sizes["customers"].to_list(), least))
    return sizes.with_columns(pl.when(~hidden).then(pl.exclude("segment", "customers", "share")))


def _hidden(customers: Sequence[int], least: int) -> list[int]:
    """Return the places of segments of which nothing but the size is told: the smallest that hold somebody."""
    held = sorted((count, place) for place, count in enumerate(customers) if count)
    few = sum(count < least for count, _ in held)
    enough = (many for many in range(max(few, 2), len(held)) if sum(count for count, _ in held[:many]) >= least)
    return [place for _, place in held[: next(enough, len(held))]] if few else []


def formats(currency: str | None) -> dict[str, Format]:
    """Return how the columns of sizes are written."""
    worth = money(currency) if currency else NUMBER
    shares = {"share": SHARE, "monetary_share": SHARE}
    return {"customers": COUNT, "monetary": worth, "spend": worth, "frequency": NUMBER, "recency": NUMBER, **shares}


def in_words(title: str, sizes: pl.DataFrame, *, currency: str | None) -> str:
    """Return sizes as text, a line for each segment.

    Examples:
        >>> sizes = pl.DataFrame({"segment": ["New", "Loyal"], "customers": [1, 3], "share": [0.25, 0.75]})
        >>> print(in_words("Segments", sizes, currency=None))
        Segments: 4 customers
          New: 1 (25 %)
          Loyal: 3 (75 %)
    """
    written = formats(currency)
    lines = [f"{title}: {COUNT.written(sizes['customers'].sum())} customers"]
    for row in sizes.iter_rows(named=True):
        paid = f", {written['monetary'].written(row['monetary'])}" if row.get("monetary") is not None else ""
        lines.append(f"  {row['segment']}: {COUNT.written(row['customers'])} ({SHARE.written(row['share'])}){paid}")
    return "\n".join(lines)


def picture(
    sizes: pl.DataFrame, *, kind: Kind, title: str, subtitle: Sequence[str], currency: str | None = None, dark: bool
) -> "Chart":
    """Draw the sizes: bars of shares of customers and of money, or tiles as large as the segments.

    Raises:
        ConfigurationError: There is nobody in any segment, or no such picture.
        MissingDependencyError: Altair is not installed.
    """
    if kind not in get_args(Kind):
        raise ConfigurationError(f"There is no picture {kind!r} of segments. There are: {', '.join(get_args(Kind))}.")
    worth = "monetary" in sizes.columns
    if kind == "bars":
        shown = {"share": "share of customers", **({"monetary_share": "share of what they paid"} if worth else {})}
        return bars(
            sizes, name="segment", values=shown, value_title="share", in_order=True, title=title, subtitle=subtitle,
            dark=dark,
        )  # fmt: skip
    return treemap(
        sizes, name="segment", size="customers", size_title="customers", value="monetary" if worth else None,
        value_title="what they paid", value_unit=money(currency) if currency else NUMBER, title=title,
        subtitle=subtitle, dark=dark,
    )  # fmt: skip
