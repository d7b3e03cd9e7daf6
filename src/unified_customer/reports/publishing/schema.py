"""What a table of a publication is: its columns, what each is made of, and whose key it holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from unified_customer.core.fields import OPERATIONAL
from unified_customer.core.tables import TABLES

Kind = Literal["dimension", "bridge", "fact"]

TEXT: Final = pl.String()
WHOLE: Final = pl.Int64()
REAL: Final = pl.Float64()
FLAG: Final = pl.Boolean()
DAY: Final = pl.Date()
MOMENT: Final = pl.Datetime("us")
"""Instants as tools take them best: without a zone, in UTC and in the zone of the shop side by side."""
MONEY: Final = pl.Decimal(18, 4)
SUM: Final = pl.Decimal(28, 4)

TYPES: Final[Mapping[pl.DataType, str]] = {
    TEXT: "text",
    WHOLE: "whole number",
    REAL: "real number",
    FLAG: "true or false",
    DAY: "date",
    MOMENT: "date and time",
    MONEY: "decimal with four places",
    SUM: "decimal with four places",
}
"""What the types of columns are called."""


@dataclass(frozen=True)
class StarColumn:
    """One column of a publication.

    Attributes:
        name: Its name.
        dtype: Its type.
        meaning: One sentence for the reader of the dictionary.
        needs: The columns that it is made of, as `table.column`; where a purpose may not see one, it is absent.
        refers_to: The table whose key it holds.
        unit: What a number counts.
        category: Data category, where what it is made of does not tell.
    """

    name: str
    dtype: pl.DataType
    meaning: str
    needs: tuple[str, ...] = ()
    refers_to: str | None = None
    unit: str | None = None
    category: str | None = None

    @property
    def categories(self) -> tuple[str, ...]:
        """The data categories that it tells of, sorted."""
        own = () if self.category is None else (self.category,)
        found = {*own, *map(_category, self.needs)} - {OPERATIONAL}
        return tuple(sorted(found)) or (OPERATIONAL,)


@dataclass(frozen=True)
class StarTable:
    """One table of a publication.

    Attributes:
        name: Its name.
        kind: Dimension, bridge or fact.
        row: What one row is.
        columns: Its columns, keys first.
        key: The columns whose values name a row; empty where nothing does.
        needs: Columns without which it cannot be, as `table.column`.
        sources: Tables that rows of it come from, beside those of its columns.
    """

    name: str
    kind: Kind
    row: str
    columns: tuple[StarColumn, ...]
    key: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The tables that it is made of, sorted."""
        needed = [*self.needs, *(need for column in self.columns for need in column.needs)]
        return tuple(sorted({*self.sources, *(_parted(each)[0] for each in needed)}))

    @property
    def about_people(self) -> bool:
        """Whether any row of it comes from rows about people."""
        return any(TABLES[name].subject != "none" for name in self.reads)

    @property
    def references(self) -> tuple[StarColumn, ...]:
        """The columns that hold keys of other tables."""
        return tuple(column for column in self.columns if column.refers_to is not None)

    def column(self, name: str) -> StarColumn:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Schema:
    """What one publication holds, and what was left out of it.

    Attributes:
        tables: Its tables, with the columns that its purpose may see.
        withheld: Columns that its purpose may not see, by table.
        withheld_tables: Tables that cannot be without what its purpose may not see.
    """

    tables: tuple[StarTable, ...]
    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    withheld_tables: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[StarTable]:
        """Go through the tables."""
        return iter(self.tables)

    def __contains__(self, name: object) -> bool:
        """Return whether a table of that name is in it."""
        return any(table.name == name for table in self.tables)

    def table(self, name: str) -> StarTable:
        """Return the table of that name."""
        return next(table for table in self.tables if table.name == name)

    def has(self, table: str, *columns: str) -> bool:
        """Return whether it has all of some columns of a table."""
        return table in self and set(columns) <= set(self.table(table).names)


def seen(needs: tuple[str, ...], visible: Mapping[str, frozenset[str]]) -> bool:
    """Return whether all of some columns (`table.column`) may be seen."""
    return all(column in visible.get(table, ()) for table, column in map(_parted, needs))


def _parted(need: str) -> tuple[str, str]:
    table, _, column = need.partition(".")
    return table, column


def _category(need: str) -> str:
    table, column = _parted(need)
    return TABLES[table].fields[column].category
