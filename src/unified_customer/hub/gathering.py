"""Tables for a computation, read together: rows of people, and where it asks for them rows about nobody known.

Rows of people are read apart from those of nobody, since the latter come without columns that can hold anything.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl

from unified_customer.core.models import Actor
from unified_customer.governance.door import Query, query


@dataclass(frozen=True)
class Wanted:
    """What is read.

    Attributes:
        names: The tables.
        of_nobody: Those of which rows about nobody known count too.
        purpose: What it is for.
        as_of: Only what was strictly before.
        zone: Where the days of a table end that has days and no instants.
        actor: Who reads.
    """

    names: Sequence[str]
    of_nobody: Iterable[str]
    purpose: str
    as_of: datetime
    zone: str
    actor: Actor

    @property
    def queries(self) -> list[Query]:
        """What the door is asked."""
        asked = partial(query, purpose=self.purpose, as_of=self.as_of, actor=self.actor, zone=self.zone)
        return [*map(asked, self.names), *(asked(name, anonymous="only") for name in self._nobody)]

    def tables(self, frames: Iterable[pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Return what the door gave by table; of two frames of one table the rows of both, null where one has no column."""
        tables: dict[str, pl.DataFrame] = {}
        for name, frame in zip((*self.names, *self._nobody), frames, strict=True):
            tables[name] = pl.concat([tables[name], frame], how="diagonal") if name in tables else frame
        return tables

    @property
    def _nobody(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name in self.of_nobody)
