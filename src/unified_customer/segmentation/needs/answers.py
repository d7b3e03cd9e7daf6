"""The latest answer of each customer to each question, on any engine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, Native, before, has, opened

ANSWERS: Final = "answers"
_BY: Final = ("customer_id", "instrument", "question")


def latest_answers(
    tables: Mapping[str, Native],
    *,
    as_of: datetime,
    zone: str = "UTC",
    instruments: Sequence[str] = (),
    questions: Sequence[str] = (),
) -> Lazy:
    """Return `customer_id`, `instrument`, `question`, `value` and `text`: the last answer before an instant.

    Of several answers at one instant it is the highest number and the last text by name.

    Args:
        tables: `answers` (`customer_id`, `instrument`, `question`, `answered_at`, `value`, perhaps `text`).
        as_of: Only what was answered strictly before.
        zone: Zone of times that name none.
        instruments: Which ones; none: all.
        questions: Which ones; none: all.

    Raises:
        SchemaError: The table or a column is missing.
    """
    lazy = opened(native_answers(tables), columns=[*_BY, "answered_at", "value"], name=ANSWERS)
    past = before(lazy, "answered_at", as_of=as_of, zone=zone).filter(~nw.col("customer_id").is_null())
    for column, chosen in (("instrument", instruments), ("question", questions)):
        past = past.filter(nw.col(column).is_in(list(chosen))) if chosen else past
    text = nw.col("text") if has(past, "text") else nw.lit(None, nw.String)
    told = past.select(*_BY, "answered_at", value=nw.col("value").cast(nw.Float64), text=text)
    last = told.group_by(*_BY).agg(nw.col("answered_at").max())
    return told.join(last, on=[*_BY, "answered_at"]).group_by(*_BY).agg(nw.col("value", "text").max())


def native_answers(tables: Mapping[str, Native]) -> Native:
    """Return the table of answers.

    Raises:
        SchemaError: It is not there.
    """
    return native_table(tables, ANSWERS)


def native_table(tables: Mapping[str, Native], name: str) -> Native:
    """Return a table by its name.

    Raises:
        SchemaError: It is not there.
    """
    if name not in tables:
        raise SchemaError(f"{name!r} is not among the tables; there are: {', '.join(tables) or 'none'}.")
    return tables[name]


def features_as_answers(features: pl.DataFrame) -> pl.DataFrame:
    """Return columns of numbers and texts as if they had been answered, one row a customer and column."""
    names = [name for name in features.columns if name != "customer_id"]
    numbers = [name for name in names if features.schema[name].is_numeric() or features.schema[name] == pl.Boolean]
    parts = [
        features.select(
            "customer_id",
            instrument=pl.lit("features"),
            question=pl.lit(name),
            value=_number(name, numbers),
            text=_text(name, numbers),
        )
        for name in names
    ]
    empty = pl.DataFrame(schema={"customer_id": features.schema["customer_id"], **COLUMNS})
    return pl.concat([empty, *parts])


COLUMNS: Final = {"instrument": pl.String(), "question": pl.String(), "value": pl.Float64(), "text": pl.String()}


def _number(name: str, numbers: Sequence[str]) -> pl.Expr:
    return pl.col(name).cast(pl.Float64) if name in numbers else pl.lit(None, pl.Float64)


def _text(name: str, numbers: Sequence[str]) -> pl.Expr:
    return pl.lit(None, pl.String) if name in numbers else pl.col(name).cast(pl.String)
