"""What was found of one segment, in the order in which it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from unified_customer.segmentation.profiles.personas import Persona

_SHOWN: Final = 8
_DIFFERENCES: Final = 5


@dataclass(frozen=True, eq=False)
class SegmentFindings:
    """What was found of one segment.

    Attributes:
        segment: The segment.
        persona: What people gave to it.
        facts: Its size and what it brings, as in `facts` of the profiles.
        findings: All that was compared, as in `findings` of the profiles.
        typical: What is typical, as in `typical` of the profiles.
        channels: How they come, as in `channels` of the profiles.
        currency: ISO 4217 code of money; None: it has none.
    """

    segment: str
    persona: Persona
    facts: Mapping[str, Any]
    findings: pl.DataFrame
    typical: pl.DataFrame
    channels: pl.DataFrame
    currency: str | None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.persona.name or self.segment

    @property
    def lifts(self) -> pl.DataFrame:
        """The traits that are told apart most surely, by how far their interval is beyond 1 and the level of their kind."""
        told = self.findings.filter(pl.col("told_apart"), form="lift")
        above = pl.col("low") / pl.max_horizontal("level", 1.0)
        sure = pl.max_horizontal(above, pl.min_horizontal("level", 1.0) / pl.col("high"))
        return self._first(told.with_columns(sure=sure), _SHOWN)

    @property
    def differences(self) -> pl.DataFrame:
        """The numbers that are told apart most surely."""
        told = self.findings.filter(pl.col("told_apart"), form="difference")
        sure = pl.min_horizontal(pl.col("low").abs(), pl.col("high").abs())
        return self._first(told.with_columns(sure=sure), _DIFFERENCES)

    def typical_of(self, kind: str) -> str | None:
        """Return what is typical in one regard; None where nothing is."""
        found = self.typical.filter(kind=kind)["value"]
        return str(found[0]) if len(found) else None

    def _first(self, told: pl.DataFrame, count: int) -> pl.DataFrame:
        by = ["sure", "kind", "value"]
        return told.sort(by, descending=[True, False, False], nulls_last=True).head(count).drop("sure")
