"""The catalogue as it was at an instant, one row for each item."""

from datetime import datetime

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, before, collected, has, opened
from unified_customer.recommendations.histories import Names


def catalogue_at(items_table: Native, *, items: Names, as_of: datetime) -> pl.DataFrame:
    """Return what the table `items` told of some items just before an instant.

    Args:
        items_table: `item_id`, and any other columns of the table `items`, on any engine. Of several rows of an item that
            held then, the one that began last counts. Without `valid_from` every row holds always.
        items: The items; such as those of a model, and behind them those of the catalogue that nobody has touched yet.
        as_of: What began strictly before counts, unless it ended before.

    Returns:
        A row for each item in the order of `items`: `item_id` and the columns of the table, null where it does not tell.

    Raises:
        SchemaError: `item_id` is missing, or `valid_from` or `valid_to` holds no times.

    Examples:
        >>> from datetime import UTC
        >>> day = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
        >>> prices = pl.DataFrame({"item_id": ["tea", "tea"], "valid_from": day[:2], "price": [2.0, 2.5]})
        >>> wanted = Names(pl.Series(["cup", "tea"]))
        >>> catalogue_at(prices, items=wanted, as_of=day[1]).select("item_id", "price").rows()
        [('cup', None), ('tea', 2.0)]
        >>> catalogue_at(prices, items=wanted, as_of=day[2]).select("item_id", "price").rows()
        [('cup', None), ('tea', 2.5)]
    """
    wanted = pl.DataFrame({"item_id": items.listed.cast(pl.String)})
    return wanted.join(whole_catalogue(items_table, as_of=as_of), on="item_id", how="left", maintain_order="left")


def whole_catalogue(items_table: Native, *, as_of: datetime) -> pl.DataFrame:
    """Return what the table `items` told of all items that it held just before an instant, a row each, in order of ids.

    Args:
        items_table: As `catalogue_at` takes it.
        as_of: What began strictly before counts, unless it ended before.

    Raises:
        SchemaError: `item_id` is missing, or `valid_from` or `valid_to` holds no times.
    """
    rows = opened(items_table, columns=["item_id"], name="items").filter(~nw.col("item_id").is_null())
    begun = before(rows, "valid_from", as_of=as_of, zone="UTC") if has(rows, "valid_from") else rows
    return _latest(_holding(collected(begun), as_of))


def _holding(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return the rows that had not ended before an instant."""
    if "valid_to" not in rows.columns:
        return rows
    dtype = rows.schema["valid_to"]
    if not isinstance(dtype, pl.Datetime | pl.Date | pl.Null):
        raise SchemaError(f"'valid_to' of items holds {dtype}, not times.")
    end = rows["valid_to"].cast(pl.Datetime("us", getattr(dtype, "time_zone", None)))
    ends = end.dt.replace_time_zone("UTC") if end.dtype == pl.Datetime("us") else end
    return rows.filter(ends.is_null() | (ends >= as_utc(as_of)))


def _latest(rows: pl.DataFrame) -> pl.DataFrame:
    """Return one row of each item: the one that began last, whatever the order of the rows."""
    first = ["item_id", *(name for name in ("valid_from",) if name in rows.columns)]
    order = [*first, *(name for name in rows.columns if name not in first)]
    return (
        rows.with_columns(pl.col("item_id").cast(pl.String))
        .sort(order)
        .unique("item_id", keep="last", maintain_order=True)
    )
