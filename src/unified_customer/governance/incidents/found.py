"""What an incident touched."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.core.fields import SPECIAL_CATEGORIES, UNCLASSIFIED, covered
from unified_customer.core.tables import IDENTIFIERS, TABLES
from unified_customer.governance.kinds import CATEGORIES

CATEGORY: Final = pl.Schema({"category": pl.String(), "special": pl.Boolean(), "tables": pl.List(pl.String())})
CHECK: Final = "Columns that nobody has described hold values too (user.unclassified): look at what they are before you judge the risk."


@dataclass(frozen=True)
class Found:
    """What an incident touched.

    Attributes:
        people: Who was affected: `customer_id`, `known_as`.
        rows: Rows, reads or exports that were found.
        rows_about_nobody: Those of the rows that name nobody.
        columns: `(table, column)` of the personal data that were there.
        categories: Categories beside those of the columns.
        exact: Whether these very people were affected; else nobody beside them.
        notes: What has to be known to read the numbers.
        laws: Names of regimes that hold beside those of the people.
    """

    people: pl.DataFrame
    rows: int
    columns: frozenset[tuple[str, str]]
    rows_about_nobody: int = 0
    categories: frozenset[str] = frozenset()
    exact: bool = True
    notes: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()


def categories_of(found: Found) -> pl.DataFrame:
    """Return the categories of personal data: `category`, `special` (GDPR Art. 9 and 10), `tables`, sorted."""
    where: dict[str, set[str]] = {each: set() for each in found.categories}
    for table, column in found.columns:
        where.setdefault(_category(table, column), set()).add(table)
    rows = [(each, covered(each, SPECIAL_CATEGORIES), sorted(tables)) for each, tables in sorted(where.items())]
    return pl.DataFrame(rows, schema=CATEGORY, orient="row")


def _category(table: str, column: str) -> str:
    # The kind of an identifier says more than the column that it stands in.
    kind = column.removeprefix(KIND)
    return CATEGORIES[kind] if column.startswith(KIND) else TABLES[table].fields[column].category


KIND: Final = "kind="
"""Begins the name of a column that stands for identifiers of one kind."""


def personal_columns(table: str) -> list[str]:
    """Return the columns of a table with personal data."""
    return [name for name, field in TABLES[table].fields.items() if field.personal]


def kinds_in(table: str, kinds: Iterable[str]) -> set[tuple[str, str]]:
    """Return what stands for identifiers of kinds that have a category of their own."""
    return {(table, f"{KIND}{each}") for each in kinds if each in CATEGORIES} if table == IDENTIFIERS.name else set()


def to_check(categories: pl.DataFrame) -> tuple[str, ...]:
    """Return what a person has to look at."""
    return (CHECK,) if UNCLASSIFIED in categories["category"] else ()
