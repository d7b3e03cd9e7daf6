"""Reading decimals, whole numbers and real numbers."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.connectors.parsed import Parsed

if TYPE_CHECKING:
    from unified_customer.connectors.field_maps import FieldMap

AMOUNT: Final = pl.Decimal(18, 4)
PLACES: Final = 4
WIDEST: Final = 10**14
"""Amounts are smaller than this, either way."""

EXACT: Final = r"^[+-]?[0-9]{1,14}(?:\.(?:[0-9]{1,4}0*)?)?$"
DECIMAL: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)$"
REAL: Final = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
WHOLE: Final = r"^[+-]?[0-9]+$"


def parse_decimals(values: pl.Series, how: "FieldMap") -> Parsed:
    """Read amounts of up to four decimal places, exactly."""
    if how.unit == "minor":
        return _from_minor(values, how)
    if values.dtype == pl.String:
        return _from_text(values, how)
    if values.dtype.is_integer() or isinstance(values.dtype, pl.Decimal):
        return _from_text(values.cast(pl.String), _plainly(how))
    if values.dtype.is_float():
        return _from_floats(values, how)
    return Parsed.nothing(values, AMOUNT, "not_a_number")


def _plainly(how: "FieldMap") -> "FieldMap":
    return how.model_copy(update={"decimal": ".", "thousands": None})


def _from_text(values: pl.Series, how: "FieldMap") -> Parsed:
    texts = _plain_digits(values, how)
    exact = texts.str.contains(EXACT)
    if exact.all() and how.places is None:
        return Parsed(texts.cast(AMOUNT, strict=False))
    number = texts.str.contains(DECIMAL).fill_null(value=False)
    parsed = texts.set(~number, None).cast(pl.Decimal(38, 18), strict=False)
    if how.places is None:
        precise = _places(texts) <= PLACES
        within = texts.str.contains(r"^[+-]?0*[0-9]{0,14}(?:\.|$)")
    else:
        parsed = parsed.round(how.places)
        precise = within = parsed.is_not_null() & (parsed.abs() < WIDEST)
    good = number & precise & within
    result = Parsed(parsed.set(~good.fill_null(value=False), None).cast(AMOUNT, strict=False))
    result = result.with_fault("not_a_number", values.is_not_null() & ~number)
    return result.with_fault("out_of_range", number & ~within).with_fault("too_precise", number & within & ~precise)


def _places(texts: pl.Series) -> pl.Series:
    return texts.str.extract(r"\.([0-9]*?)0*$", 1).str.len_chars().fill_null(0)


def _plain_digits(values: pl.Series, how: "FieldMap") -> pl.Series:
    """Return numbers as text with a point and no groups; what is grouped wrongly comes back as no number."""
    if how.decimal == "." and how.thousands is None:
        return values
    texts = values
    if how.decimal == "," and how.thousands != ".":
        texts = texts.set(texts.str.contains(".", literal=True), "?")
    if how.thousands is not None:
        group, point = _escaped(how.thousands), _escaped(how.decimal)
        grouped = rf"^[+-]?(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)(?:{point}[0-9]*)?$|^[+-]?{point}[0-9]+$"
        texts = texts.set(~texts.str.contains(grouped), "?").str.replace_all(how.thousands, "", literal=True)
    return texts.str.replace(",", ".", literal=True) if how.decimal == "," else texts


def _escaped(character: str) -> str:
    return "\\" + character if character in ".'" else character


def _from_floats(values: pl.Series, how: "FieldMap") -> Parsed:
    places = PLACES if how.places is None else how.places
    # In numpy, since Polars multiplies by the reciprocal where a column is divided by a number.
    given = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    finite, within = np.isfinite(given), np.abs(given) < 2.0**53 / 10**PLACES
    rounded = np.where(within, np.round(np.where(within, given, 0.0) * 10.0**places) / 10.0**places, np.nan)
    good = within if how.places is not None else within & (rounded == given)
    amounts = pl.Series(values.name, np.where(good, rounded, np.nan)).fill_nan(None).cast(AMOUNT, strict=False)
    result = Parsed(amounts).with_fault("not_finite", values.is_not_null() & pl.Series(~finite))
    result = result.with_fault("out_of_range", pl.Series(finite & ~within))
    return result.with_fault("too_precise", pl.Series(within & ~good))


def _from_minor(values: pl.Series, how: "FieldMap") -> Parsed:
    whole = parse_integers(values, how)
    hundredths = pl.lit("0.01").cast(AMOUNT)
    within = whole.values.abs() < WIDEST
    amounts = whole.values.set(~within.fill_null(value=False), None).cast(AMOUNT).to_frame("value")
    scaled = amounts.select((pl.col("value") * hundredths).cast(AMOUNT)).to_series()
    result = Parsed(scaled, whole.faults)
    return result.with_fault("out_of_range", whole.values.is_not_null() & ~within)


def parse_integers(values: pl.Series, how: "FieldMap") -> Parsed:
    """Read whole numbers of 64 bits."""
    if values.dtype.is_integer():
        whole = values.cast(pl.Int64, strict=False)
        return Parsed(whole).with_fault("out_of_range", whole.is_null() & values.is_not_null())
    if values.dtype.is_float() or isinstance(values.dtype, pl.Decimal):
        whole = values.cast(pl.Int64, strict=False)
        same = (whole.cast(values.dtype, strict=False) == values).fill_null(value=False)
        return Parsed(whole.set(~same, None)).with_fault("not_a_whole_number", values.is_not_null() & ~same)
    if values.dtype != pl.String:
        return Parsed.nothing(values, pl.Int64(), "not_a_whole_number")
    texts = _plain_digits(values, how)
    number = texts.str.contains(WHOLE).fill_null(value=False)
    whole = texts.str.strip_prefix("+").set(~number, None).cast(pl.Int64, strict=False)
    result = Parsed(whole).with_fault("not_a_whole_number", values.is_not_null() & ~number)
    return result.with_fault("out_of_range", number & whole.is_null())


def parse_numbers(values: pl.Series, how: "FieldMap") -> Parsed:
    """Read finite real numbers."""
    if values.dtype == pl.String:
        texts = _plain_digits(values, how)
        number = texts.str.contains(REAL).fill_null(value=False)
        reals = texts.set(~number, None).cast(pl.Float64, strict=False)
    elif values.dtype.is_numeric():
        number = values.is_not_null()
        reals = values.cast(pl.Float64)
    else:
        return Parsed.nothing(values, pl.Float64(), "not_a_number")
    finite = reals.is_finite().fill_null(value=False)
    result = Parsed(reals.set(~finite, None)).with_fault("not_a_number", values.is_not_null() & ~number)
    return result.with_fault("not_finite", number & ~finite)
