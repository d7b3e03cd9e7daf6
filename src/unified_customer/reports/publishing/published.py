"""What a publication is, and what came of publishing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import polars as pl

from unified_customer.engines.portable import Calendar
from unified_customer.methods.display import result_html

FORMAT: Final = "unified_customer publication"
VERSION: Final = 1
"""Version of the star schema and of what lies beside it."""


@dataclass(frozen=True)
class Head:
    """What a publication is for.

    Attributes:
        purpose: The purpose.
        recipient: Who gets it.
        channel: The channel that it is for.
        as_of: Only what happened strictly before; None: everything.
        calendar: Zone, weeks and fiscal year of the shop.
    """

    purpose: str
    recipient: str | None = None
    channel: str | None = None
    as_of: datetime | None = None
    calendar: Calendar = field(default_factory=Calendar)

    def said(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "purpose": self.purpose,
            "recipient": self.recipient,
            "channel": self.channel,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "calendar": self.calendar.model_dump(mode="json"),
        }


@dataclass(frozen=True)
class Withheld:
    """What was left out of a publication.

    Attributes:
        people: Customers whom the purpose may not see: they are in no table.
        columns: Columns that the purpose may not see, by table.
        tables: Tables that cannot be without what the purpose may not see.
    """

    people: int
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """What was published.

    Attributes:
        where: URL of it.
        purpose: What it is for.
        recipient: Who gets it.
        tables: Rows by table.
        written: The tables that were written; those that had not changed stayed as they were.
        people: Customers who are in it.
        withheld: What was left out.
        artifact_id: By what erasures and withdrawals know of it.
    """

    where: str
    purpose: str
    recipient: str | None
    tables: Mapping[str, int]
    written: tuple[str, ...]
    people: int
    withheld: Withheld
    artifact_id: str

    def _repr_html_(self) -> str:
        """Return what was published: counts and names, never values of people."""
        facts = {"purpose": self.purpose, "recipient": self.recipient or "—", "customers": self.people}
        rows = [(name, rows, "written" if name in self.written else "unchanged") for name, rows in self.tables.items()]
        frame = pl.DataFrame(rows, schema={"table": pl.String, "rows": pl.Int64, "state": pl.String}, orient="row")
        return result_html(self.where, facts, frame, note=self._left_out)

    @property
    def _left_out(self) -> str:
        columns = [f"{table}.{name}" for table, names in self.withheld.columns.items() for name in names]
        parts = [f"{self.withheld.people:,} customers"] if self.withheld.people else []
        told = [*parts, *self.withheld.tables, *columns]
        return f"Withheld: {', '.join(told)}." if told else "Nothing is withheld."
