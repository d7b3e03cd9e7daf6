"""Quantiles, alike on every engine."""

from collections.abc import Sequence

import narwhals as nw
import polars as pl

from unified_customer.engines.portable.frames import Lazy, collected


def quantiles(lazy: Lazy, columns: Sequence[str], *, shares: Sequence[float]) -> dict[str, list[float | None]]:
    """Return the quantiles of columns of numbers, nulls left out; null where there is no value.

    Args:
        lazy: The frame.
        columns: Columns of numbers.
        shares: From 0 to 1.

    References:
        R. J. Hyndman, Y. Fan (1996): Sample quantiles in statistical packages, definition 7.

    Examples:
        >>> from unified_customer.engines.portable import opened
        >>> quantiles(opened(pl.DataFrame({"a": [4, 1, 3, 2, None]})), ["a"], shares=[0.5, 1])
        {'a': [2.5, 4.0]}
    """
    if lazy.implementation.is_polars():
        # One sort gives all of them; as expressions each would sort for itself.
        in_order = lazy.select(*columns).collect("polars").to_native().select(pl.all().drop_nulls().sort().implode())
        return {
            name: [each.quantile(share, "linear") for share in shares] for name in columns for each in in_order[name]
        }
    wanted = [
        nw.col(name).cast(nw.Float64).quantile(share, "linear").alias(f"{name}_{place}")
        for name in columns
        for place, share in enumerate(shares)
    ]
    found = collected(lazy.select(*wanted)).row(0, named=True)
    return {name: [found[f"{name}_{place}"] for place in range(len(shares))] for name in columns}
