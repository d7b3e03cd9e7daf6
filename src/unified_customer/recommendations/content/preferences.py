"""What people say they like, as vectors among those of items."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import narwhals as nw
import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, before, collected, has, opened
from unified_customer.methods.learning import Sparse, below, sparse_of
from unified_customer.recommendations.content.alike import Alike
from unified_customer.recommendations.content.meanings import READ_AS, Reader
from unified_customer.recommendations.histories import Floats32, Names

_BY: Final = ("customer_id", "instrument", "question")
_COLUMNS: Final = ("customer_id", "preference", "weight", "read_as")


@dataclass(frozen=True, eq=False)
class Stated:
    """What some people say they like, read by a content model.

    Attributes:
        customers: Who said anything, each once, in order.
        vectors: What each says (row), among the vectors of items; all 0 where nothing of it is understood.
        table: `customer_id`, `preference`, `weight` and `read_as`: `item`, `category`, `brand` or `text`; null: nothing in
            the catalogue is like it.
    """

    customers: pl.Series = field(repr=False)
    vectors: "Sparse | Floats32" = field(repr=False)
    table: pl.DataFrame = field(repr=False)

    @property
    def unknown(self) -> pl.DataFrame:
        """What was not understood: `customer_id` and `preference`."""
        return self.table.filter(pl.col("read_as").is_null()).select("customer_id", "preference")


def preferences_of(
    answers: Native,
    *,
    as_of: datetime,
    instruments: Sequence[str] = (),
    questions: Sequence[str] = (),
    middle: float = 0,
    zone: str = "UTC",
) -> pl.DataFrame:
    """Return preferences out of answers: the last ones of each customer before an instant.

    An answer in words is a preference. To an answer that is a number alone the question is the preference, and the number
    tells how much it is liked: `tea: 5`.

    Args:
        answers: `customer_id`, `instrument`, `question`, `answered_at`, and `text` or `value` or both.
        as_of: Only what was answered strictly before.
        instruments: Which surveys or preference pages; none: all.
        questions: Which questions; none: all.
        middle: The number that says neither yes nor no; numbers below it speak against.
        zone: IANA time zone of times that name none.

    Returns:
        `customer_id`, `preference` and `weight` (not 0), in order.

    Raises:
        SchemaError: A column is missing.

    Examples:
        >>> from datetime import UTC
        >>> said = pl.DataFrame(
        ...     {
        ...         "customer_id": ["ann", "ann"],
        ...         "instrument": ["likes", "likes"],
        ...         "question": ["favourite", "coffee"],
        ...         "text": ["Tea > Green", None],
        ...         "value": [None, 1.0],
        ...         "answered_at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2,
        ...     }
        ... )
        >>> preferences_of(said, as_of=datetime(2026, 2, 1, tzinfo=UTC), middle=3).rows()
        [('ann', 'Tea > Green', 1.0), ('ann', 'coffee', -2.0)]
    """
    lazy = opened(answers, columns=[*_BY, "answered_at"], name="answers")
    past = before(lazy, "answered_at", as_of=as_of, zone=zone).filter(~nw.col("customer_id").is_null())
    for column, chosen in (("instrument", instruments), ("question", questions)):
        past = past.filter(nw.col(column).is_in(list(chosen))) if chosen else past
    for column, dtype in (("text", nw.String), ("value", nw.Float64)):
        past = past.with_columns((nw.col(column) if has(past, column) else nw.lit(None)).cast(dtype).alias(column))
    told = collected(past.select(*_BY, "answered_at", "text", "value"))
    last = told.filter(pl.col("answered_at") == pl.col("answered_at").max().over(*_BY))
    worded = pl.col("text").is_not_null() & (pl.col("text").str.strip_chars() != "")
    found = last.select(
        "customer_id",
        preference=pl.when(worded).then("text").otherwise("question"),
        weight=pl.when(worded).then(1.0).otherwise(pl.col("value") - middle),
    )
    return found.filter(pl.col("weight") != 0, pl.col("weight").is_finite()).unique().sort(pl.all())


def stated(preferences: Native, content: Alike, catalogue: pl.DataFrame) -> Stated:
    """Read what people say they like by a content model.

    A preference is taken for the first that it can be: the id or the name of an item, a category (its path, or any part of
    one), a brand, else free text of which at least one word is in the catalogue. Case and accents do not matter. Where a
    customer likes and dislikes as much of the same, nothing is left of it.

    Args:
        preferences: `customer_id`, `preference`, perhaps `weight` (1 where it is not told; below 0: not liked), and
            perhaps `read_as`, which says what is meant (`item`, `category`, `brand`, `text`).
        content: The fitted model.
        catalogue: What is told of items, a row each in the order of the model.

    Raises:
        SchemaError: A column is missing, a weight is no finite number, or `read_as` says something else.
    """
    rows = _checked(preferences)
    asked = rows.select("preference", "read_as").unique(maintain_order=True)
    reader = Reader(content, catalogue)
    read = [reader.read(*each) for each in asked.rows()]
    kinds = asked.with_columns(kind=pl.Series([kind for kind, _ in read], dtype=pl.String)).with_row_index("place")
    told = rows.join(kinds, on=["preference", "read_as"], how="left", nulls_equal=True, maintain_order="left")
    customers = Names(rows["customer_id"].unique().sort())
    said = _said(told, customers, len(read))
    vectors = said @ below([vector for _, vector in read]) if read else content.items[:0]
    table = told.select("customer_id", "preference", "weight", read_as="kind")
    return Stated(customers.listed, vectors, table)


def _said(told: pl.DataFrame, customers: Names, preferences: int) -> Sparse:
    """Return how much each customer (row) says of each preference (column)."""
    once = told.group_by("customer_id", "place", maintain_order=True).agg(pl.col("weight").sum())
    rows, columns = customers.places(once["customer_id"]), once["place"].to_numpy().astype(np.int64)
    return sparse_of(once["weight"].to_numpy(), rows=rows, columns=columns, shape=(len(customers), preferences))


def _checked(preferences: Native) -> pl.DataFrame:
    rows = opened(preferences, columns=["customer_id", "preference"], name="preferences")
    found = collected(rows.filter(~nw.col("customer_id").is_null(), ~nw.col("preference").is_null()))
    weight = pl.col("weight").cast(pl.Float64).fill_null(1) if "weight" in found.columns else pl.lit(1.0)
    meant = pl.col("read_as") if "read_as" in found.columns else pl.lit(None)
    told = found.with_columns(weight=weight, read_as=meant.cast(pl.String)).select(*_COLUMNS)
    told = told.cast({"customer_id": pl.String(), "preference": pl.String()}).sort(pl.all())
    if not told["weight"].is_finite().all():
        raise SchemaError("'weight' of preferences holds something that is no finite number.")
    if not told["read_as"].drop_nulls().is_in(READ_AS).all():
        raise SchemaError(f"'read_as' of preferences is one of {', '.join(map(repr, READ_AS))}, or null.")
    return told
