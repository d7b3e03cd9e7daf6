"""Folding the columns that nobody mapped into one JSON object per row."""

import json
from collections.abc import Mapping, Sequence

import polars as pl

from unified_customer.connectors.parsing import as_text, blank_to_null


def folded(frame: pl.DataFrame, columns: Sequence[str], *, literals: Mapping[str, pl.Series]) -> pl.Series:
    """Return one JSON object a row that holds the values of `columns`; null where none has a value.

    Args:
        frame: Raw columns.
        columns: Those to fold; in the object they stand by name, so that equal rows give equal text.
        literals: For String columns, which values are JSON already (see `Batch.literals`).

    Examples:
        >>> folded(pl.DataFrame({"a": ["x", None], "b": [1, None]}), ["a", "b"], literals={}).to_list()
        ['{"a":"x","b":1}', None]
    """
    parts = [_member(frame[name], literals.get(name)) for name in sorted(columns)]
    filled = [part for part in parts if part.null_count() < len(part)]
    if not filled:
        return pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    members = pl.DataFrame([part.rename(str(index)) for index, part in enumerate(filled)])
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    inner = members.select(pl.when(pl.any_horizontal(pl.all().is_not_null())).then(joined)).to_series()
    return inner.to_frame("inner").select("{" + pl.col("inner") + "}").to_series()


def _member(values: pl.Series, literal: pl.Series | None) -> pl.Series:
    """Return `"name":value` for each value; null for a missing one."""
    name = json.dumps(values.name, ensure_ascii=False)
    texts, plain = _json_values(values, literal)
    quoted = texts if plain is None else _encoded(texts, plain)
    return quoted.to_frame("value").select(pl.lit(f"{name}:") + pl.col("value")).to_series()


def _json_values(values: pl.Series, literal: pl.Series | None) -> tuple[pl.Series, pl.Series | None]:
    """Return values as text, and which of them must be quoted; None where none must."""
    dtype = values.dtype
    if dtype.is_integer() or dtype == pl.Boolean or isinstance(dtype, (pl.List, pl.Struct, pl.Array)):
        return as_text(values), None
    if dtype.is_float():
        return as_text(values), ~values.is_finite()
    texts = blank_to_null(as_text(values))
    return texts, pl.repeat(value=True, n=len(texts), dtype=pl.Boolean, eager=True) if literal is None else ~literal


def _encoded(texts: pl.Series, plain: pl.Series) -> pl.Series:
    """Return texts with those of `plain` as JSON strings."""
    frame = pl.DataFrame({"value": texts, "plain": plain})
    if texts.str.contains(r'["\\\x00-\x1f]').any():
        start = len('{"value":')
        size = pl.col("encoded").str.len_chars() - start - 1
        encoded = frame.with_columns(encoded=pl.struct("value").struct.json_encode())
        quoted = pl.when(pl.col("value").is_not_null()).then(pl.col("encoded").str.slice(start, size))
        return encoded.select(pl.when("plain").then(quoted).otherwise("value")).to_series()
    return frame.select(pl.when("plain").then(pl.lit('"') + pl.col("value") + '"').otherwise("value")).to_series()
