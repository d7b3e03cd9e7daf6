"""Records as numbers: each distinct value of a field once, and for each record the numbers of its values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import NONE, Codes, Ints, Levels
from unified_customer.identity.matching.normal_forms import Field, NormalForms
from unified_customer.identity.matching.roles import Role
from unified_customer.identity.matching.scales import rarities
from unified_customer.identity.normalise.distinct import FEW

MOST_SLOTS: Final = 4
"""Of a field with several values a record keeps so many; the rarest are kept."""

Rare = Callable[[str, pl.Series], Levels]
"""Says of each value of a field how rare it is."""


@dataclass(frozen=True)
class Column:
    """One field of all records.

    Attributes:
        name: The name of the field.
        role: What the field says.
        values: Its distinct values, sorted.
        codes: Positions in `values`, of shape (records, slots); -1 where a record has no value.
        counts: How many of the records that were encoded have each value, be it kept or not.
    """

    name: str
    role: Role
    values: pl.Series
    codes: Codes
    counts: Ints

    @property
    def slots(self) -> int:
        """How many values a record may have."""
        return int(self.codes.shape[1])


@dataclass(frozen=True)
class Encoded:
    """Records in an order that depends on their content alone.

    Attributes:
        columns: The fields.
        record_ids: Their ids.
        sources: The number of the source of each record, in the order of the sources' names.
        source_names: The names.
        places: Where each record stood among those that came in.
    """

    columns: tuple[Column, ...]
    record_ids: pl.Series
    sources: Codes
    source_names: tuple[str, ...]
    places: Ints

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.record_ids)

    @property
    def pairs(self) -> float:
        """How many pairs of records there are."""
        return len(self) * (len(self) - 1) / 2

    def with_role(self, *roles: Role) -> list[int]:
        """Return the positions of the columns of these roles."""
        return [place for place, column in enumerate(self.columns) if column.role in roles]

    def take(self, rows: Ints) -> "Encoded":
        """Return the records at `rows`, with all values kept under their numbers."""
        columns = tuple(replace(each, codes=each.codes[rows]) for each in self.columns)
        return Encoded(columns, self.record_ids.gather(rows), self.sources[rows], self.source_names, self.places[rows])


def encode(normal: NormalForms, rare: Rare | None = None) -> Encoded:
    """Number the values of records, and put the records into an order of their own.

    The order is that of the values, then of source and id: it does not depend on the order in which records came, nor
    on what other records came with them, so nothing that follows does.

    Args:
        normal: The records.
        rare: How rare values are, for records that have more of them than are kept; None: as rare as among these
            records.
    """
    names = distinct_values(normal.sources)
    sources = numbered(normal.sources, names)
    columns = [_column(field, normal.values[field.name], rare) for field in normal.fields]
    order = _content_order([*(column.codes for column in columns), sources[:, None]], normal.record_ids)
    ordered = tuple(replace(each, codes=each.codes[order]) for each in columns)
    return Encoded(ordered, normal.record_ids.gather(order), sources[order], tuple(names), order)


def _column(field: Field, said: pl.Series, rare: Rare | None) -> Column:
    if said.dtype == pl.List:
        return _column_of_lists(field, said, rare)
    text = said.cast(pl.String)
    values = distinct_values(text).alias(field.name)
    codes = numbered(text, values)
    return Column(field.name, field.role, values, codes[:, None], _counted(codes[codes != NONE], values))


def _column_of_lists(field: Field, said: pl.Series, rare: Rare | None) -> Column:
    if len(said) <= FEW:
        return _column_of_few_lists(field, said.to_list(), rare)
    rows = pl.DataFrame({"row": np.arange(len(said)), "value": said}).explode("value").drop_nulls().unique()
    values = distinct_values(rows["value"]).alias(field.name)
    numbers = numbered(rows["value"], values)
    counts = _counted(numbers, values)
    levels = rarities(counts) if rare is None else rare(field.name, values)
    ranked = rows.select("row", code=numbers, rare=levels[numbers])
    rows = ranked.sort("row", "rare", "code", descending=[False, True, False])
    kept = rows.with_columns(slot=pl.col("code").cum_count().over("row") - 1).filter(pl.col("slot") < MOST_SLOTS)
    slots = kept.select(pl.col("slot").max().fill_null(0) + 1).item()
    codes = np.full((len(said), slots), NONE, dtype=np.int32)
    codes[kept["row"].to_numpy(), kept["slot"].to_numpy()] = kept["code"].to_numpy()
    return Column(field.name, field.role, values, codes, counts)


def _column_of_few_lists(field: Field, said: Sequence[list[str | None] | None], rare: Rare | None) -> Column:
    rows = [{value for value in each or () if value is not None} for each in said]
    values = pl.Series(field.name, sorted(set[str]().union(*rows)), dtype=pl.String)
    numbers = {value: number for number, value in enumerate(values.to_list())}
    found = [[numbers[value] for value in row] for row in rows]
    counts = _counted(np.array([code for row in found for code in row], dtype=np.int32), values)
    levels = (rarities(counts) if rare is None else rare(field.name, values)).tolist()
    kept = [sorted(row, key=lambda code: (-levels[code], code))[:MOST_SLOTS] for row in found]
    slots = max([1, *map(len, kept)])
    codes = np.array([[*row, *[NONE] * (slots - len(row))] for row in kept], dtype=np.int32).reshape(-1, slots)
    return Column(field.name, field.role, values, codes, counts)


def _counted(codes: Codes, values: pl.Series) -> Ints:
    return np.bincount(codes, minlength=len(values)).astype(np.int64)


def distinct_values(said: pl.Series) -> pl.Series:
    """Return the distinct values of a text column, sorted; null is none."""
    if len(said) <= FEW:
        return pl.Series(sorted({*said.to_list()} - {None}), dtype=pl.String)
    return said.drop_nulls().unique().sort()


def numbered(said: pl.Series, values: pl.Series) -> Codes:
    """Return the place of each value of a column among its distinct `values`; -1 where there is none."""
    if len(said) <= FEW:
        numbers = {value: number for number, value in enumerate(values.to_list())}
        return np.array([numbers.get(value, NONE) for value in said.to_list()], dtype=np.int32)
    codes = said.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(NONE)
    return codes.to_numpy().astype(np.int32, copy=False)


def gathered(values: pl.Series, codes: Ints) -> pl.Series:
    """Return the values with these numbers, none of them missing."""
    if len(codes) <= FEW and len(values) <= FEW:
        said = values.to_list()
        return pl.Series([said[code] for code in codes.tolist()], dtype=pl.String)
    return values.gather(codes)


def _content_order(codes: Sequence[Codes], record_ids: pl.Series) -> Ints:
    if len(record_ids) <= FEW:
        ranks, ids = np.concatenate(codes, axis=1).tolist(), record_ids.to_list()
        return np.array(sorted(range(len(ids)), key=lambda row: (ranks[row], ids[row])), dtype=np.int64)
    keys = {f"{place}.{slot}": each[:, slot] for place, each in enumerate(codes) for slot in range(each.shape[1])}
    ordered = pl.DataFrame({**keys, "id": record_ids}).with_row_index("row").sort(*keys, "id")
    return ordered["row"].to_numpy().astype(np.int64)
