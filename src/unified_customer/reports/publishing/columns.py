"""Constructors of columns of a publication."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from unified_customer.core.tables import TABLES
from unified_customer.reports.publishing.schema import DAY, MOMENT, MONEY, REAL, TEXT, StarColumn

PSEUDONYM: Final = "user.unique_id.pseudonymous"
ONE: Final = "units of the currency in `currency`"


def taken(need: str, name: str | None = None, *, unit: str | None = None) -> StarColumn:
    """Return a column that is one of a table (`table.column`) as it stands."""
    table, _, column = need.partition(".")
    return StarColumn(
        name or column, _plain(TABLES[table].columns[column]), TABLES[table].fields[column].meaning, (need,), unit=unit
    )


def money(need: str) -> StarColumn:
    """Return a column of money, which is nothing without the currency beside it."""
    table, _, column = need.partition(".")
    meaning = TABLES[table].fields[column].meaning
    return StarColumn(column, MONEY, meaning, (need, f"{table}.currency"), unit=ONE)


def key_of(dimension: str, name: str, meaning: str, *needs: str) -> StarColumn:
    """Return a column with the keys of a dimension."""
    return StarColumn(name, TEXT, meaning, needs, refers_to=dimension)


def customer_key() -> StarColumn:
    """Return the column that says whose row it is."""
    meaning = "Whose it is; the unknown customer where it is about nobody known."
    return StarColumn("customer_key", TEXT, meaning, refers_to="dim_customer", category=PSEUDONYM)


def day_key(need: str, what: str) -> StarColumn:
    """Return the column with the day of a row."""
    return StarColumn("date_key", DAY, f"The day {what}, in the zone of the shop.", (need,), refers_to="dim_date")


def moments(need: str, name: str, what: str) -> Iterator[StarColumn]:
    """Yield an instant twice: in UTC, and as the clock of the shop showed it."""
    yield StarColumn(f"{name}_utc", MOMENT, f"{what}, in UTC.", (need,))
    yield StarColumn(f"{name}_local", MOMENT, f"{what}, in the zone of the shop.", (need,))


def _plain(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.Decimal):
        return MONEY
    return REAL if dtype == pl.Float64 else dtype
