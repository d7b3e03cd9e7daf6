"""JSON made of whole columns: every function takes and returns expressions of JSON text, null where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping


def quoted(text: pl.Expr) -> pl.Expr:
    """Return texts (without control characters) as JSON strings."""
    escaped = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))


def plain(text: pl.Expr) -> pl.Expr:
    """Return texts that are known to need no escape as JSON strings."""
    return pl.concat_str(pl.lit('"'), text, pl.lit('"'))


def money(minor_units: pl.Expr) -> pl.Expr:
    """Return whole minor units as JSON numbers with two decimals."""
    rest = (minor_units % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str((minor_units // 100).cast(pl.String), pl.lit("."), rest)


def number(value: pl.Expr) -> pl.Expr:
    """Return whole numbers as JSON."""
    return value.cast(pl.String)


def members(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return `,"key":value` for each value that is not null, one after the other."""
    parts = [pl.concat_str(pl.lit(f',"{key}":'), value) for key, value in values.items()]
    return pl.concat_str(parts, ignore_nulls=True)


def json_object(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """Return an object of the values that are not null."""
    return pl.concat_str(pl.lit("{"), members(values).str.strip_prefix(","), pl.lit("}"))
