"""What a publication is, and what came of publishing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any, Final

from unified_customer.engines.portable import Calendar

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
        """Return it as a table: counts and names, never values of people."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td style='text-align:right'>{rows:,}</td>"
            f"<td>{'written' if name in self.written else 'unchanged'}</td></tr>"
            for name, rows in self.tables.items()
        )
        for_whom = escape(self.purpose if self.recipient is None else f"{self.purpose}, for {self.recipient}")
        return (
            f"<table><caption style='text-align:left'><b>{escape(self.where)}</b><br>{for_whom}: "
            f"{self.people:,} customers{escape(self._left_out)}</caption>"
            f"<thead><tr><th>table</th><th>rows</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
        )

    @property
    def _left_out(self) -> str:
        columns = [f"{table}.{name}" for table, names in self.withheld.columns.items() for name in names]
        parts = [f"{self.withheld.people:,} customers"] if self.withheld.people else []
        told = [*parts, *self.withheld.tables, *columns]
        return f"; withheld: {', '.join(told)}" if told else ""
