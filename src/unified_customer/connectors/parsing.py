"""From raw columns to typed ones, with a code for every value that cannot be read; nothing is guessed or cut short.

A blank text is a missing value. White space around a number, time or truth value does not count. What is read means
exactly what was written: a number with more places than the column holds, a time without a zone, a second that the
clock skipped are faults, not approximations.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, Final

import polars as pl

from unified_customer.connectors.field_maps import FieldMap
from unified_customer.connectors.instants import parse_dates, parse_instants
from unified_customer.connectors.numerals import parse_decimals, parse_integers, parse_numbers
from unified_customer.connectors.parsed import Parsed
from unified_customer.connectors.rejects import EXACT_WHOLE, plain

TRUTH: Final = {"true": "true", "false": "false"}


def parse(values: pl.Series, dtype: pl.DataType, how: FieldMap) -> Parsed:
    """Read one column.

    Args:
        values: Raw values of any type.
        dtype: The type wanted: String, Datetime in UTC, Date, Decimal, Int64, Float64 or Boolean.
        how: Format, zone, unit and so on.

    Returns:
        A typed column of the same length with nulls for missing and unreadable values, and the faults.
    """
    found = _translated(values, how) if how.translates else Parsed(values)
    typed = _parse_typed(found.values, dtype, how)
    return Parsed(typed.values.rename(values.name), (*found.faults, *typed.faults))


def _parse_typed(values: pl.Series, dtype: pl.DataType, how: FieldMap) -> Parsed:
    if dtype == pl.String:
        return Parsed(blank_to_null(as_text(values)))
    if values.dtype.is_nested() or isinstance(values.dtype, (pl.Binary, pl.Object, pl.Categorical, pl.Enum)):
        values = as_text(values)
    if values.dtype == pl.String:
        values = blank_to_null(values.str.strip_chars())
    if dtype == pl.Date:
        return parse_dates(values, how)
    if isinstance(dtype, pl.Datetime):
        return parse_instants(values, how)
    if isinstance(dtype, pl.Decimal):
        return parse_decimals(values, how)
    return {pl.Int64: parse_integers, pl.Float64: parse_numbers, pl.Boolean: _parse_flags}[type(dtype)](values, how)


def blank_to_null(values: pl.Series) -> pl.Series:
    """Return texts with null in place of those that are empty or only white space."""
    shortest = values.str.len_bytes().min()
    if isinstance(shortest, int) and shortest > 0 and not values.str.contains(r"^\s").any():
        return values
    blank = values.str.strip_chars().str.len_bytes() == 0
    return values.set(blank.fill_null(value=False), None) if blank.any() else values


def as_text(values: pl.Series) -> pl.Series:
    """Return any column as text: ISO times, whole floats without `.0`, lists and objects as JSON.

    Examples:
        >>> as_text(pl.Series([4711.0, 0.5, None])).to_list()
        ['4711', '0.5', None]
    """
    dtype = values.dtype
    if dtype == pl.String:
        return values
    if isinstance(dtype, pl.Datetime):
        return _iso(values, dtype)
    if dtype.is_float():
        return _float_text(values)
    if dtype.is_nested() or isinstance(dtype, (pl.Binary, pl.Object, pl.Duration)):
        texts = [None if each is None else _nested_text(plain(each)) for each in values.to_list()]
        return pl.Series(values.name, texts, dtype=pl.String)
    return values.cast(pl.String)


def _nested_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _iso(values: pl.Series, dtype: pl.Datetime) -> pl.Series:
    if dtype.time_zone is None:
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S%.f")
    return values.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")


def _float_text(values: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"value": values})
    value = pl.col("value")
    whole = value.is_finite() & (value.round() == value) & (value.abs() < EXACT_WHOLE)
    whole_text = value.cast(pl.Int64, strict=False).cast(pl.String)
    return frame.select(pl.when(whole).then(whole_text).otherwise(value.cast(pl.String)))["value"].rename(values.name)


def _translated(values: pl.Series, how: FieldMap) -> Parsed:
    """Return what the source's words mean, as text."""
    words = as_text(values).rename("word")
    stripped = words.str.strip_chars().fill_null("")
    distinct = stripped.unique()
    meanings = [_meaning(word, how) for word in distinct.to_list()]
    known = pl.DataFrame(
        {"word": distinct, "meaning": [each[0] for each in meanings], "unknown": [each[1] for each in meanings]},
        schema={"word": pl.String, "meaning": pl.String, "unknown": pl.Boolean},
    )
    joined = stripped.to_frame("word").join(known, on="word", how="left", maintain_order="left")
    return Parsed(joined["meaning"]).with_fault("unknown_value", joined["unknown"])


def _meaning(word: str, how: FieldMap) -> tuple[str | None, bool]:
    """Return what a word means, and whether nothing says it."""
    if word in (how.values or {}):
        return _scalar_text((how.values or {})[word]), False
    if not word:
        return None, False
    for pattern, meaning in (how.patterns or {}).items():
        if re.search(pattern, word):
            return _scalar_text(meaning), False
    return (None, True) if how.otherwise is None else (_scalar_text(how.otherwise), False)


def _scalar_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def constant(how: FieldMap, dtype: pl.DataType, height: int) -> Parsed:
    """Return the constant of `how` as a column."""
    text = pl.Series([_scalar_text(how.constant)])
    one = Parsed(text) if dtype == pl.String else parse(text, dtype, replace_column(how))
    return replace(one, values=one.values.new_from_index(0, height), faults=tuple(
        (code, mask.new_from_index(0, height)) for code, mask in one.faults
    ))  # fmt: skip


def replace_column(how: FieldMap) -> FieldMap:
    """Return `how` without words to translate."""
    return how.model_copy(update={"values": None, "patterns": None, "otherwise": None})


def _parse_flags(values: pl.Series, _how: FieldMap) -> Parsed:
    if values.dtype == pl.Boolean:
        return Parsed(values)
    if values.dtype != pl.String:
        return Parsed.nothing(values, pl.Boolean(), "not_a_truth_value")
    known = values.str.to_lowercase().replace_strict(TRUTH, default=None, return_dtype=pl.String)
    parsed = known == "true"
    return Parsed(parsed).with_fault("not_a_truth_value", parsed.is_null() & values.is_not_null())


def reasons(faults: Mapping[str, Parsed]) -> pl.Series | None:
    """Return for each row `label: code; ...`, null where it has no fault; None where no row has one.

    Args:
        faults: Parsed columns by the label that reasons name them by.
    """
    marked = [
        pl.select(pl.when(mask).then(pl.lit(f"{label}: {code}"))).to_series()
        for label, parsed in faults.items()
        for code, mask in parsed.faults
    ]
    return joined_reasons(marked)


def joined_reasons(parts: list[pl.Series]) -> pl.Series | None:
    """Return the non-null texts of each row joined by `; `, each once; None where there is none."""
    if not parts:
        return None
    frame = pl.DataFrame([part.rename(str(index)) for index, part in enumerate(parts)])
    lists = frame.select(pl.concat_list(pl.all()).list.drop_nulls().list.unique(maintain_order=True)).to_series()
    return lists.list.join("; ").set(lists.list.len() == 0, None)


def nul_rows(frame: pl.DataFrame) -> pl.Series:
    """Return which rows hold a NUL character in any text."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    masks = [frame[name].str.contains("\0", literal=True).fill_null(value=False) for name in texts]
    none = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    return reduce(lambda left, right: left | right, [mask for mask in masks if mask.any()], none)
