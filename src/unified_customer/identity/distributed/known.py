"""What is known of records for certain, put beside them on Spark."""

from typing import TypeAlias

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.spark import Frame, column_type, from_polars, grouped

Table: TypeAlias = "pl.DataFrame | Frame"
"""A small table of Polars, or one of Spark."""


def with_known(records: Frame, *, together: "Table | None", apart: "Table | None") -> Frame:
    """Return the records with `person` and `apart`, null where nothing is known.

    Args:
        records: Records in normal form.
        together: `record_id`, `group`: records of one group are one person.
        apart: `record_a`, `record_b`: two people.

    Raises:
        ConfigurationError: Two records are said to be one person and to be two.
    """
    kind = column_type(records, "record_id")
    found = _with_persons(records, None if together is None else _on_spark(records, together))
    if apart is None:
        return found.selectExpr("*", f"CAST(NULL AS array<{kind}>) AS apart")
    pairs = _on_spark(records, apart)
    _check(found, pairs)
    ends = pairs.selectExpr(f"try_cast(record_a AS {kind}) AS record_id", f"try_cast(record_b AS {kind}) AS other")
    return found.join(grouped(ends, "record_id", apart="collect_set(other)"), "record_id", "left")


def _with_persons(records: Frame, groups: "Frame | None") -> Frame:
    if groups is None:
        return records.selectExpr("*", "CAST(NULL AS string) AS person")
    kind = column_type(records, "record_id")
    named = groups.selectExpr(f"try_cast(record_id AS {kind}) AS record_id", "CAST(group AS string) AS person")
    return records.join(grouped(named, "record_id", person="min(person)"), "record_id", "left")


def _on_spark(records: Frame, table: Table) -> Frame:
    return from_polars(records.sparkSession, table) if isinstance(table, pl.DataFrame) else table


def _check(records: Frame, pairs: Frame) -> None:
    one = records.selectExpr("record_id AS record_a", "person AS one").filter("one IS NOT NULL")
    other = records.selectExpr("record_id AS record_b", "person AS other").filter("other IS NOT NULL")
    both = pairs.join(one, "record_a").join(other, "record_b").filter("one = other")
    clash = both.selectExpr("least(record_a, record_b)", "greatest(record_a, record_b)").distinct().count()
    if clash:
        raise ConfigurationError(
            f"{clash} pairs of records are said to be one person and to be two; take one word back."
        )
