"""JSON objects in a column of text, looked into alike on every engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import polars as pl

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.engines.portable.frames import Lazy

Path = Sequence[str]
"""The keys on the way from the object to a value inside it."""


def texts_within(lazy: Lazy, column: str, paths: Mapping[str, Path]) -> Lazy:
    """Return a frame with further columns of text: what lies at each path of the JSON objects in a column.

    Numbers and truth values are text as JSON writes them, texts stand without quotes. What is not there, or is null, is
    null, and so is what lies in a text that is no JSON (which Ibis may refuse, by the engine behind it).

    Args:
        lazy: The frame.
        column: A column of JSON objects, written as text.
        paths: The name of each new column, and where its values lie.

    Raises:
        ConfigurationError: A key has a quote in it or is empty.
        SchemaError: The column is no text, or the engine cannot look into JSON.

    Examples:
        >>> from unified_customer.engines.portable import opened
        >>> frame = pl.DataFrame({"traits": ['{"size": {"shoe": 41}}', '{"size": null}']})
        >>> found = texts_within(opened(frame), "traits", {"shoe": ("size", "shoe")})
        >>> found.collect()["shoe"].to_list()
        ['41', None]
    """
    _check(lazy, column, paths)
    if not paths:
        return lazy
    found: Lazy = nw.from_native(_with_texts(lazy, column, paths))
    return found


def _with_texts(lazy: Lazy, column: str, paths: Mapping[str, Path]) -> Any:
    engine, native = lazy.implementation, lazy.to_native()
    if engine.is_polars():
        found = (pl.col(column).str.json_path_match(_bracketed(path)).alias(name) for name, path in paths.items())
        return native.with_columns(*found)
    if engine.is_duckdb():
        parts = (
            f"try(json_extract_string({_named(column)}, '{_dotted(path)}')) as {_named(name)}"
            for name, path in paths.items()
        )
        return native.project(", ".join(["*", *parts]))
    if engine.is_pyspark() or engine.is_pyspark_connect():
        parts = (f'get_json_object(`{column}`, "{_bracketed(path)}") as `{name}`' for name, path in paths.items())
        return native.selectExpr("*", *parts)
    return native.mutate(**{name: _of_ibis(native[column], path) for name, path in paths.items()})


def _check(lazy: Lazy, column: str, paths: Mapping[str, Path]) -> None:
    dtype = lazy.collect_schema()[column]
    if dtype != nw.String:
        raise SchemaError(f"{column!r} holds {dtype}, not JSON objects as text.")
    engine = lazy.implementation
    if not (engine.is_polars() or engine.is_duckdb() or engine.is_spark_like() or engine.is_ibis()):
        raise SchemaError(
            f"There is no way into the JSON of {column!r} on {engine.name.lower()}. Make columns of it first."
        )
    for path in paths.values():
        if not path or any(not key or set(key) & set("'\"`\\") for key in path):
            raise ConfigurationError(f"{'.'.join(path)!r} is no path of keys: they are not empty and have no quotes.")


def _bracketed(path: Path) -> str:
    return "$" + "".join(f"['{key}']" for key in path)


def _dotted(path: Path) -> str:
    return "$" + "".join(f'."{key}"' for key in path)


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _of_ibis(column: Any, path: Path) -> Any:
    """Return what lies at a path: a text as it is, everything else as JSON writes it."""
    found = column.cast("json")
    for key in path:
        found = found[key]
    return found.str.coalesce(found.cast("string").nullif("null"))
