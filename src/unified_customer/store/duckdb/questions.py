"""From a `Query` to SQL with parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

import polars as pl

from unified_customer.core.tables import RECORDED_AT, SEQ, TABLES
from unified_customer.store.duckdb.layout import INDEXES, located, names, quoted, sql_type, typed
from unified_customer.store.protocol import Keys, Where
from unified_customer.store.query import Query

KEYS: Final = "_keys"
"""Name under which a large frame of keys is registered while its question is answered."""

ROW: Final = "_row"
"""Name of the rowid in a frame."""

FEW: Final = 250
"""Up to so many keys or values travel as parameters, which is quicker than registering a frame."""

LOOKED_UP: Final = 64
"""Up to so many values DuckDB is given one by one, for which alone it uses an index."""

_COMPARISONS: Final[Mapping[str, str]] = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class Sql:
    """A statement in the making, with its parameters in order."""

    text: str = ""
    parameters: list[Any] = field(default_factory=list)

    def add(self, text: str, *parameters: Any) -> "Sql":
        """Append `text`, which holds a `?` for each of `parameters`."""
        self.text += text
        self.parameters += parameters
        return self


@dataclass(frozen=True)
class Question:
    """What DuckDB is asked.

    Attributes:
        sql: The statement.
        keys: Frame to register as `KEYS` meanwhile, or None.
        schema: Names and types of the answer.
    """

    sql: Sql
    keys: pl.DataFrame | None
    schema: Mapping[str, pl.DataType]


def question(query: Query, *, window: tuple[int, int] | None = None) -> Question:
    """Return the question that `query` asks; with `window` only of rows whose rowid is in that half-open range."""
    sql, keys = _asked(query, _own(query))
    if window is not None:
        sql.add(" AND t.rowid >= ? AND t.rowid < ?", *window)
    _order(sql, query)
    return Question(sql, keys, query.schema)


def matches(query: Query) -> Question:
    """Return the question which rows `query` is about: their rowids, with the columns that keys attach."""
    sql, keys = _asked(query, f"t.rowid AS {ROW}")
    return Question(sql, keys, {ROW: pl.Int64(), **{name: query.schema[name] for name in query.attached}})


def picked(query: Query, rows: pl.DataFrame) -> Question:
    """Return the question for some of the rows that `matches` found, given in the order of their rowids."""
    sql = Sql(f"SELECT {_selected(query, _own(query))} FROM {located(query.table.name)} t")
    sql.add(f" JOIN {KEYS} k ON t.rowid = k.{ROW} WHERE t.rowid >= ? AND t.rowid <= ?", rows[0, ROW], rows[-1, ROW])
    return Question(sql, rows, query.schema)


def plain(query: Query) -> Sql:
    """Return the statement for an answer in plain values: instants come as microseconds since 1970."""
    own = _plain(query.table.name, query.columns)
    if not (query.order_by and any(_looked_up(each, query) for each in query.where)):
        sql, _ = _asked(query, own)
        _order(sql, query)
        return sql
    # Sorting a few rows DuckDB would otherwise scan for the first ones instead of looking them up.
    needed = tuple(dict.fromkeys((*query.columns, *query.order_by, SEQ)))
    found, _ = _asked(query, names(needed, of="t"))
    sql = Sql(f"WITH found AS MATERIALIZED ({found.text}) SELECT {own} FROM found t", found.parameters)
    _order(sql, query)
    return sql


@lru_cache
def _plain(table: str, columns: tuple[str, ...]) -> str:
    stored = TABLES[table].stored_columns
    return ", ".join(
        f"epoch_us(t.{quoted(name)})" if instant(stored[name]) else f"t.{quoted(name)}" for name in columns
    )


def instant(dtype: pl.DataType) -> bool:
    """Return whether a column holds instants."""
    return isinstance(dtype, pl.Datetime)


def counting(query: Query) -> Sql:
    """Return the statement that counts the rows of `query`, which has no keys."""
    sql = Sql(f"SELECT count(*) FROM {located(query.table.name)} t")
    _where(sql, query)
    return sql


def same(columns: tuple[str, ...] | list[str], left: str, right: str, *, null_safe: bool = False) -> str:
    """Return the condition that two relations agree on `columns`."""
    equal = "IS NOT DISTINCT FROM" if null_safe else "="
    return " AND ".join(f"{left}.{quoted(name)} {equal} {right}.{quoted(name)}" for name in columns)


def _asked(query: Query, own: str) -> tuple[Sql, pl.DataFrame | None]:
    sql = Sql(f"SELECT {_selected(query, own)} FROM {located(query.table.name)} t")
    keys = _join(sql, query) if query.keys is not None and not _single(query) else None
    _where(sql, query)
    return sql, keys


def _selected(query: Query, own: str) -> str:
    return ", ".join([own, *(f"k.{quoted(name)}" for name in query.attached)])


def _own(query: Query) -> str:
    # DuckDB reads a star in half the time of a list of many columns; the answer is put in order afterwards.
    return "t.*" if set(query.columns) == set(query.table.stored_columns) else names(query.columns, of="t")


def _single(query: Query) -> bool:
    # Of a plain comparison DuckDB would read the rows again after sorting them; a join it sorts as it is.
    keys = query.keys
    return keys is not None and keys.frame.shape == (1, 1) and not keys.keep_null and not query.order_by


def _join(sql: Sql, query: Query) -> pl.DataFrame | None:
    """Add the join with the keys; return the frame to register for it, if there is one."""
    keys = cast("Keys", query.keys)
    kind = "LEFT " if keys.keep_null else "" if query.attached else "SEMI "
    frame = keys.frame.unique()
    inline = frame.height <= FEW and all(map(typed, frame.dtypes))
    sql.add(f" {kind}JOIN (SELECT ")
    if inline:
        for name, dtype in frame.schema.items():
            sql.add(f"unnest(CAST(? AS {sql_type(dtype)}[])) AS {quoted(name)}, ", frame[name].to_list())
    sql.add("TRUE AS _hit" if inline else f"*, TRUE AS _hit FROM {KEYS}").add(f") k ON {same(keys.on, 't', 'k')}")
    return None if inline else frame


def _where(sql: Sql, query: Query) -> None:
    sql.add(" WHERE TRUE")
    for where in query.where:
        _condition(sql.add(" AND "), where, query)
    if query.known_at is not None:
        sql.add(f" AND t.{quoted(RECORDED_AT)} < CAST(? AS TIMESTAMPTZ)", query.known_at)
    if query.keys is not None and _single(query):
        name, dtype = next(iter(query.keys.frame.schema.items()))
        sql.add(f" AND t.{quoted(name)} = CAST(? AS {sql_type(dtype)})", query.keys.frame.item())
    elif query.keys is not None and query.keys.keep_null:
        nulls = " AND ".join(f"t.{quoted(name)} IS NULL" for name in query.keys.on)
        sql.add(f" AND (k._hit OR ({nulls}))")


def _condition(sql: Sql, where: Where, query: Query) -> None:
    column = f"t.{quoted(where.column)}"
    kind = sql_type(query.table.stored_columns[where.column])
    if where.op in {"is_null", "is_not_null"}:
        sql.add(f"{column} {where.op.replace('_', ' ').upper()}")
    elif where.op == "in" and _looked_up(where, query):
        sql.add(f"{column} IN ({', '.join([f'CAST(? AS {kind})'] * len(where.value))})", *where.value)
    elif where.op == "in":
        sql.add(f"{column} IN (SELECT unnest(CAST(? AS {kind}[])))", list(where.value))
    else:
        sql.add(f"{column} {_COMPARISONS[where.op]} CAST(? AS {kind})", where.value)


def _looked_up(where: Where, query: Query) -> bool:
    """Return whether an index finds the rows; where there is none, a join with the values is much quicker."""
    indexed = where.column in INDEXES.get(query.table.name, ())
    return indexed and (where.op == "==" or (where.op == "in" and 0 < len(where.value) <= LOOKED_UP))


def _order(sql: Sql, query: Query) -> None:
    if query.order_by:
        way = "DESC" if query.descending else "ASC"
        sql.add(" ORDER BY " + ", ".join(f"t.{quoted(name)} {way} NULLS LAST" for name in (*query.order_by, SEQ)))
    if query.limit is not None:
        sql.add(" LIMIT ?", query.limit)
