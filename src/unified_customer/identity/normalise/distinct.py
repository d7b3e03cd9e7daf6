"""Do the costly thing once per distinct value, and put the answers back in their rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.core.errors import SchemaError

if TYPE_CHECKING:
    from polars._typing import PolarsDataType


def as_text(values: pl.Series) -> pl.Series:
    """Return the values as a String series.

    Args:
        values: Text, also as Categorical or Enum; an all-null series of type Null passes too.

    Returns:
        The same values in the same order as String.

    Raises:
        SchemaError: The series holds something that is not text. Numbers are not made into text here, since an integer
            has already lost the leading zeros of a postcode or telephone number.

    Examples:
        >>> as_text(pl.Series([None, None])).dtype
        String
    """
    if values.dtype == pl.String:
        return values
    if values.dtype in (pl.Categorical, pl.Enum, pl.Null):
        return values.cast(pl.String)
    message = f"Normalisation reads text; column {values.name!r} is {values.dtype}. Cast it to String first."
    raise SchemaError(message)


def each_distinct(
    values: pl.Series, work: Callable[[pl.Series], pl.Series], *, dtype: "PolarsDataType" = pl.String
) -> pl.Series:
    """Apply a row-wise function to the distinct values only.

    Args:
        values: Any series of text.
        work: Series to series of the same length and order.
        dtype: What it returns.

    Returns:
        What `work(values)` would return, with null where a value is null.

    Examples:
        >>> each_distinct(pl.Series(["a", None, "a"]), lambda distinct: distinct.str.to_uppercase()).to_list()
        ['A', None, 'A']
    """
    if values.null_count() == len(values):
        return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))
    if len(values) == 1:
        # There is nothing to look up for a single record, which somebody waits for.
        return work(values).alias(values.name)
    distinct = values.drop_nulls().unique()
    done = work(distinct)
    position = pl.int_range(len(distinct), dtype=pl.UInt32, eager=True)
    rows = values.replace_strict(distinct, position, default=None, return_dtype=pl.UInt32)
    return done.gather(rows).alias(values.name)


FEW: Final = 200
"""So few values are worked on in plain Python where that is simple: somebody may wait for the answer, and a question to
Polars takes longer to set up than a few values to answer."""


def formed(values: pl.Series, form: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Return what an expression of one column makes of values.

    Examples:
        >>> formed(pl.Series("city", ["Ulm"]), lambda text: text.str.to_uppercase())[0]
        'ULM'
    """
    return values.alias("value").to_frame().select(form(pl.col("value")).alias(values.name)).to_series()


def asking(text: pl.Expr, work: Callable[[pl.Series], pl.Series]) -> pl.Expr:
    """Return an expression that asks a row-wise function of text columns."""
    return text.map_batches(work, return_dtype=pl.String, is_elementwise=True)


def ask_each(values: pl.Series, ask: Callable[[str], str | None]) -> pl.Series:
    """Ask a plain Python function, once per distinct value."""
    return each_distinct(values, lambda distinct: pl.Series([ask(value) for value in distinct], dtype=pl.String))


def settle(answers: pl.Series, undecided: pl.Series, ask: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Fill the rows that a fast path has not decided.

    Args:
        answers: What the fast path says; ignored where undecided.
        undecided: Boolean, without nulls.
        ask: Takes the row numbers that are undecided, returns their answers.

    Returns:
        The complete answers.
    """
    rows = undecided.arg_true()
    if rows.is_empty():
        return answers
    return put(answers, rows, ask(rows))


def put(values: pl.Series, rows: pl.Series, answers: pl.Series) -> pl.Series:
    """Return the values with the given rows replaced; `Series.scatter` alone would change them in place."""
    return values.clone().scatter(rows, answers)


def look_up(keys: pl.Series, table: dict[str, str]) -> pl.Series:
    """Translate keys by a table; null where it has none."""
    return keys.replace_strict(
        pl.Series(list(table), dtype=pl.String),
        pl.Series(list(table.values()), dtype=pl.String),
        default=None,
        return_dtype=pl.String,
    )
