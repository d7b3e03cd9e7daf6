"""From a `Query` to SQL with parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from unified_customer.core.tables import RECORDED_AT, SEQ
from unified_customer.store.duckdb.layout import names, quoted, sql_type
from unified_customer.store.protocol import Keys, Where
from unified_customer.store.query import Query

KEYS: Final = "_keys"
"""Name under which a large frame of keys is registered while its question is answered."""

FEW: Final = 100
"""Up to so many keys are written into the question, where DuckDB finds them by the bounds of its blocks."""

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
    """What DuckDB is asked, and what is done with its answer.

    Attributes:
        sql: The statement.
        keys: Frame to register as `KEYS` meanwhile, or None.
        attach: Frame to join to the answer afterwards, or None; the keys themselves are in the statement.
        on: Columns to join it on.
        schema: Names and types of the answer.
    """

    sql: Sql
    keys: pl.DataFrame | None
    attach: pl.DataFrame | None
    on: tuple[str, ...]
    schema: Mapping[str, pl.DataType]

    def finished(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the answer with the columns of `attach`, in the promised shape."""
        if self.attach is not None:
            frame = frame.join(self.attach, on=list(self.on), how="left", maintain_order="left")
        return frame.select(pl.col(name).cast(dtype) for name, dtype in self.schema.items())


def question(query: Query, *, window: tuple[int, int] | None = None) -> Question:
    """Return the question that `query` asks; with `window` only of rows whose rowid is in that half-open range."""
    keys = query.keys
    inline = keys is not None and keys.frame.height <= FEW
    attach = keys.frame if keys is not None and inline and query.attached else None
    registered = keys.frame.unique() if keys is not None and not inline else None
    own = [
        *query.columns,
        *(name for name in (keys.on if keys and attach is not None else ()) if name not in query.columns),
    ]
    sql = Sql("SELECT ").add(names(own, of="t"))
    if registered is not None and query.attached:
        sql.add(", ").add(names(query.attached, of="k"))
    sql.add(f" FROM {quoted(query.table.name)} t")
    if keys is not None and registered is not None:
        _join(sql, keys, attached=bool(query.attached))
    _where(sql, query, inline=inline, window=window)
    _order(sql, query)
    return Question(sql, registered, attach, keys.on if keys else (), query.schema)


def counting(query: Query) -> Sql:
    """Return the statement that counts the rows of `query`, which has no keys."""
    sql = Sql(f"SELECT count(*) FROM {quoted(query.table.name)} t")
    _where(sql, query, inline=False, window=None)
    return sql


def same(columns: tuple[str, ...] | list[str], left: str, right: str, *, null_safe: bool = False) -> str:
    """Return the condition that two relations agree on `columns`."""
    equal = "IS NOT DISTINCT FROM" if null_safe else "="
    return " AND ".join(f"{left}.{quoted(name)} {equal} {right}.{quoted(name)}" for name in columns)


def _join(sql: Sql, keys: Keys, *, attached: bool) -> None:
    on = same(keys.on, "t", "k")
    if keys.keep_null:
        sql.add(f" LEFT JOIN (SELECT *, TRUE AS _hit FROM {KEYS}) k ON {on}")
    else:
        sql.add(f" {'' if attached else 'SEMI '}JOIN {KEYS} k ON {on}")


def _where(sql: Sql, query: Query, *, inline: bool, window: tuple[int, int] | None) -> None:
    sql.add(" WHERE TRUE")
    for where in query.where:
        _condition(sql.add(" AND "), where, query)
    if query.known_at is not None:
        sql.add(f" AND t.{quoted(RECORDED_AT)} < CAST(? AS TIMESTAMPTZ)", query.known_at)
    if window is not None:
        sql.add(" AND t.rowid >= ? AND t.rowid < ?", *window)
    if query.keys is not None and inline:
        _inline(sql, query.keys)
    elif query.keys is not None and query.keys.keep_null:
        sql.add(f" AND (k._hit OR ({_all_null(query.keys)}))")


def _condition(sql: Sql, where: Where, query: Query) -> None:
    column = f"t.{quoted(where.column)}"
    kind = sql_type(query.table.stored_columns[where.column])
    if where.op in {"is_null", "is_not_null"}:
        sql.add(f"{column} {where.op.replace('_', ' ').upper()}")
    elif where.op == "in" and len(where.value) <= FEW:
        _among(sql, column, kind, list(where.value))
    elif where.op == "in":
        sql.add(f"{column} IN (SELECT unnest(CAST(? AS {kind}[])))", list(where.value))
    else:
        sql.add(f"{column} {_COMPARISONS[where.op]} CAST(? AS {kind})", where.value)


def _among(sql: Sql, column: str, kind: str, values: list[Any]) -> None:
    if not values:
        sql.add("FALSE")
        return
    sql.add(f"{column} IN ({', '.join(f'CAST(? AS {kind})' for _ in values)})", *values)


def _inline(sql: Sql, keys: Keys) -> None:
    sql.add(" AND ((")
    frame = keys.frame.select(keys.on).unique()
    for name in keys.on:
        _among(sql, f"t.{quoted(name)}", sql_type(frame.schema[name]), frame[name].unique().to_list())
        sql.add(" AND ")
    if len(keys.on) > 1 and frame.height:
        one = " AND ".join(f"t.{quoted(name)} = CAST(? AS {sql_type(frame.schema[name])})" for name in keys.on)
        sql.add(
            "(" + " OR ".join([one] * frame.height) + ") AND ", *(value for row in frame.iter_rows() for value in row)
        )
    sql.add("TRUE)")
    sql.add(f" OR ({_all_null(keys)}))" if keys.keep_null else ")")


def _all_null(keys: Keys) -> str:
    return " AND ".join(f"t.{quoted(name)} IS NULL" for name in keys.on)


def _order(sql: Sql, query: Query) -> None:
    if query.order_by:
        way = "DESC" if query.descending else "ASC"
        sql.add(" ORDER BY " + ", ".join(f"t.{quoted(name)} {way} NULLS LAST" for name in (*query.order_by, SEQ)))
    if query.limit is not None:
        sql.add(" LIMIT ?", query.limit)
