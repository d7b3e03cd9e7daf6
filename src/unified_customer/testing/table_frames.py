"""Hypothesis strategies for frames of any table.

They draw from few values on purpose: stores break where keys repeat, values are null and numbers are odd.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.tables import Table, table

VALUES: Final[Mapping[type[pl.DataType], Sequence[Any]]] = {
    pl.String: ("", "a", "B", "ä", "it's", "\U0001f600"),
    pl.Int64: (0, -1, 2**53 + 1),
    pl.Float64: (0.0, -0.0, 0.1, -1e300),
    pl.Boolean: (True, False),
    pl.Decimal: (Decimal(0), Decimal("-0.0001"), Decimal("12345678901234.5678")),
    pl.Date: (date(1969, 12, 31), date(2026, 2, 28)),
    pl.Datetime: (datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
    pl.List: ((), ("a",), ("a", "b")),
}
"""Few values of each type, among them the ones that stores get wrong."""


def values(dtype: pl.DataType, *, count: int | None = None) -> st.SearchStrategy[Any]:
    """Values of a column; only the first `count` of those there are."""
    return st.sampled_from(VALUES[type(dtype)][:count])


def frames(
    name: str, *, max_size: int = 5, unique: bool = False, keys: int | None = 3
) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of the columns that a writer gives to the table called `name`.

    Args:
        name: Name of the table.
        max_size: Most rows.
        unique: No two rows have one key.
        keys: How many values each column of the key takes; few, so that frames have rows in common.
    """
    target = table(name)
    rows = st.lists(_rows(target, keys), max_size=max_size, unique_by=_key_of(target) if unique else None)
    return rows.map(lambda drawn: frame_of(target, drawn))


def key_frames(name: str, columns: Sequence[str], *, max_size: int = 3) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of distinct keys of some columns of a table."""
    target = table(name)
    rows = st.lists(
        st.tuples(*(values(target.columns[each], count=3) for each in columns)), max_size=max_size, unique=True
    )
    schema = {each: target.columns[each] for each in columns}
    return rows.map(lambda drawn: pl.DataFrame(drawn, schema=schema, orient="row"))


def frame_of(target: Table, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return `rows` as a frame with all columns of the table."""
    return pl.DataFrame(rows, schema=target.columns)


def _key_of(target: Table) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return lambda row: tuple(row[name] for name in target.key)


def _rows(target: Table, keys: int | None) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: _column(target, name, keys) for name in _varied(target)})


def _column(target: Table, name: str, keys: int | None) -> st.SearchStrategy[Any]:
    drawn = values(target.columns[name], count=keys if name in target.key else None)
    return st.none() | drawn if target.schema.columns()[name].nullable else drawn


def _varied(target: Table) -> list[str]:
    """Return the columns that vary: all that are required, and one nullable one of each type."""
    nullable = {name: type(dtype) for name, dtype in target.columns.items() if target.schema.columns()[name].nullable}
    one_of_each = {kind: name for name, kind in reversed(nullable.items())}
    return [name for name in target.columns if name not in nullable or name in one_of_each.values()]
