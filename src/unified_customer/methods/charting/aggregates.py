"""What a chart may be drawn from: aggregates, and no more of them than one can see."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError

_OF_PEOPLE: Final = frozenset(
    (
        "customer_id",
        "person_id",
        "record_id",
        "source_id",
        "user_id",
        "anonymous_id",
        "device_id",
        "loyalty_id",
        "subject_id",
        "household_id",
        "event_id",
        "order_id",
        "identifier",
        "value_key",
        "email",
        "e_mail",
        "mail",
        "phone",
        "mobile",
        "telephone",
        "ip",
        "ip_address",
        "cookie",
        "full_name",
        "given_name",
        "first_name",
        "middle_name",
        "family_name",
        "last_name",
        "birth_date",
        "date_of_birth",
        "street",
        "address",
        "postcode",
    )
)
"""Columns that tell one person, order or device from another, however they are written."""


def aggregates(
    frame: pl.DataFrame, columns: Iterable[str | None], *, chart: str, at_most: int, endless: bool = False
) -> pl.DataFrame:
    """Return the columns that a chart needs, where the frame is one that may be drawn; decimal numbers as floats.

    Args:
        frame: Aggregates.
        columns: The columns that are drawn; None is left out.
        chart: What is drawn, for the message.
        at_most: So many rows can be told apart.
        endless: Whether infinities mean something. Else they are null, as what is not a number always is.

    Raises:
        SchemaError: A column is missing, or one tells people apart.
        ConfigurationError: There are more rows than one can see, or none.

    Examples:
        >>> aggregates(pl.DataFrame({"segment": ["new"], "size": [3]}), ["size"], chart="bars", at_most=60)[
        ...     "size"
        ... ].sum()
        3
    """
    needed = list(dict.fromkeys(each for each in columns if each is not None))
    _refuse_people(frame, chart)
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        found = ", ".join(frame.columns) or "none"
        raise SchemaError(f"The chart {chart} needs a column {missing[0]!r}; the frame has {found}.")
    if not 0 < frame.height <= at_most:
        found = f"{frame.height} rows" if frame.height else "no row"
        message = (
            f"The chart {chart} shows 1 to {at_most} rows, and the frame has {found}. Aggregate or filter it first."
        )
        raise ConfigurationError(message)
    return frame.select(_known(pl.col(name), dtype, endless) for name, dtype in frame.select(needed).schema.items())


def _known(column: pl.Expr, dtype: pl.DataType, endless: bool) -> pl.Expr:  # noqa: FBT001  # beside the one place it is used
    if dtype.is_float():
        return pl.when(column.is_not_nan() if endless else column.is_finite()).then(column)
    return column.cast(pl.Float64) if dtype.is_decimal() else column


def _refuse_people(frame: pl.DataFrame, chart: str) -> None:
    named = [name for name in frame.columns if _plain_name(name) in _OF_PEOPLE]
    if named:
        message = (
            f"The chart {chart} shows aggregates, and column {named[0]!r} is of one person each. Group by a segment."
        )
        raise SchemaError(message)


def _plain_name(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_").removesuffix("_raw")


def one_each(frame: pl.DataFrame, *keys: str, chart: str) -> None:
    """Make sure that no two rows are of the same place in the chart.

    Raises:
        SchemaError: Two are.
    """
    if frame.select(keys).is_duplicated().any():
        raise SchemaError(f"The chart {chart} shows one row for each {' and '.join(keys)}, and the frame has more.")
