"""Records in normal form on Spark, and what a worker makes of some of them.

A row has `record_id`, `source`, what is known of it (`person`, a group of records that are one person; `apart`, the ids
of others that are not), and the values of each field in `value_0`, `value_1`, ... in the order of the fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.engines.spark import Frame, column_type, grouped, map_chunks, to_polars
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.constraints import Constraints, constrain
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import Field, NormalForms, Reading, normal_forms
from unified_customer.identity.matching.roles import Roles


@dataclass(frozen=True)
class Layout:
    """How records are read, and what comes of it.

    Attributes:
        roles: What each column is.
        reading: How it is read.
        fields: The fields, in order.
        several: Whether each may have several values.
    """

    roles: Roles
    reading: Reading
    fields: tuple[Field, ...]
    several: tuple[bool, ...]

    @classmethod
    def of(cls, frame: Frame, roles: Roles, reading: Reading) -> "Layout":
        """Find it by reading no row at all.

        Raises:
            SchemaError: The frame lacks columns that have a role.
        """
        normal = normal_forms(to_polars(read_columns(frame, roles).limit(0)), roles, reading)
        several = tuple(dtype == pl.List for dtype in normal.values.dtypes)
        return cls(roles, reading, normal.fields, several)

    @property
    def columns(self) -> dict[str, str]:
        """The columns of the values, with their types on Spark."""
        kinds = ("array<string>" if several else "string" for several in self.several)
        return {f"value_{place}": kind for place, kind in enumerate(kinds)}

    def normal(self, rows: pl.DataFrame) -> NormalForms:
        """Return rows of Spark as normal forms."""
        values = rows.select(pl.col(f"value_{place}").alias(field.name) for place, field in enumerate(self.fields))
        return NormalForms(rows["record_id"], rows["source"], self.fields, values, self.roles, self.reading, {})


def read_columns(frame: Frame, roles: Roles) -> Frame:
    """Return the columns that are read."""
    wanted = ["record_id", "source", *(column for column, role in roles.by_column.items() if role != "ignored")]
    return frame.select(*(quoted(column) for column in wanted if column in frame.columns))


def quoted(column: str) -> str:
    """Return the name of a column as Spark SQL reads it, whatever is in it."""
    return f"`{column.replace('`', '``')}`"


def read(frame: Frame, layout: Layout) -> Frame:
    """Bring records to normal form."""
    schema = {"record_id": column_type(frame, "record_id"), "source": "string", **layout.columns}
    return map_chunks(read_columns(frame, layout.roles), partial(_read, layout.roles, layout.reading), schema)


def _read(roles: Roles, reading: Reading, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    normal = normal_forms(rows, roles, reading)
    names = [f"value_{place}" for place in range(len(normal.fields))]
    values = [normal.values[field.name].alias(name) for name, field in zip(names, normal.fields, strict=True)]
    yield pl.DataFrame([normal.record_ids, normal.sources.alias("source"), *values])


def count_records(records: Frame) -> int:
    """Return how many records there are.

    Raises:
        SchemaError: There is no `record_id`, a record has none, or two have the same.
    """
    column_type(records, "record_id")
    told = grouped(records, rows="count(1)", named="count(record_id)", ids="count(DISTINCT record_id)").collect()[0]
    rows, named, ids = int(told["rows"]), int(told["named"]), int(told["ids"])
    if ids < rows:
        raise SchemaError(
            f"Every row has a record_id of its own; of {rows} rows {rows - named} have none and {named - ids} repeat one."
            " Drop the repeats, or put the source before the id."
        )
    return rows


@dataclass(frozen=True)
class Model:
    """A matcher as it is sent to the workers: as text, which each of them reads once.

    Attributes:
        text: The matcher as JSON.
        layout: How records are read.
    """

    text: str
    layout: Layout

    @property
    def matcher(self) -> FittedMatcher:
        """The matcher."""
        return _matcher(self.text)

    def batch(self, rows: pl.DataFrame) -> "Batch":
        """Return rows of Spark as the matcher takes them."""
        matcher = self.matcher
        records = encode(self.layout.normal(rows), matcher.rarity.levels)
        together = rows.select("record_id", group="person").drop_nulls()
        apart = rows.select(record_a="record_id", record_b="apart").drop_nulls().explode("record_b")
        held = constrain(records, together=together, apart=apart, distinct=matcher.distinct)
        return Batch(matcher, records, held)


@lru_cache(maxsize=1)
def _matcher(text: str) -> FittedMatcher:
    return FittedMatcher.from_json(text)


@dataclass(frozen=True)
class Batch:
    """Some records on a worker.

    Attributes:
        matcher: The matcher.
        records: The records.
        held: What is known of them.
    """

    matcher: FittedMatcher
    records: Encoded
    held: Constraints

    def places(self, record_ids: pl.Series) -> Ints:
        """Return where the records of these ids are."""
        return places_among(self.records.record_ids, record_ids)


def places_among(record_ids: pl.Series, wanted: pl.Series) -> Ints:
    """Return where each of the `wanted` ids is among others; all of them are there."""
    known = record_ids.alias("record_id").to_frame().with_row_index("place")
    joined = wanted.alias("record_id").to_frame().join(known, on="record_id", how="left", maintain_order="left")
    return joined["place"].to_numpy().astype(np.int64)
