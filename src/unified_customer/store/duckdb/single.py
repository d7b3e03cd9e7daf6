"""Writing one row of plain values: such as an entry of the audit, which every read of a customer waits for."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from unified_customer.core.tables import TABLES, Table
from unified_customer.store.duckdb.layout import located, names, quoted, row_columns, sql_type
from unified_customer.store.duckdb.session import Session


def is_there(session: Session, target: Table, row: Mapping[str, Any]) -> bool:
    """Return whether the table has a row with the key of `row`; a null equals a null."""
    key = {name: row[name] for name in target.key}
    same = " AND ".join(f"t.{quoted(name)} {_equal(value)} {_placeholder(target, name)}" for name, value in key.items())
    # Without EXISTS, for which DuckDB would plan a join.
    return bool(session.rows(f"SELECT TRUE FROM {located(target.name)} t WHERE {same} LIMIT 1", list(key.values())))


def insert(session: Session, target: Table, row: Mapping[str, Any]) -> None:
    """Add `row`, which has all columns of a stored row."""
    session.run(_insertion(target.name), [row[name] for name in row_columns(target)])


@lru_cache
def _insertion(table: str) -> str:
    target = TABLES[table]
    columns = list(row_columns(target))
    values = ", ".join(_placeholder(target, name) for name in columns)
    return f"INSERT INTO {located(table)} ({names(columns)}) VALUES ({values})"


def _equal(value: Any) -> str:
    return "IS NOT DISTINCT FROM" if value is None else "="  # only of the plain one the bounds of row groups are used


def _placeholder(target: Table, name: str) -> str:
    return f"CAST(? AS {sql_type(row_columns(target)[name])})"
