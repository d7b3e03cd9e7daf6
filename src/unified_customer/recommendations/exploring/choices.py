"""What a policy chose, with propensities, as rows for the table of exposures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import content_hash
from unified_customer.core.tables import EXPOSURES
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.methods.learning import Floats, Ints
from unified_customer.recommendations.exploring.findings import Finding
from unified_customer.recommendations.exploring.lists import KEY, Lists
from unified_customer.recommendations.exploring.places import Layout

_INSTANT: Final = pl.Datetime("us", "UTC")
_SHORTFALL: Final = {"customer_id": pl.String, "decision_id": pl.String, "wanted": pl.Int64, "given": pl.Int64}


@dataclass(frozen=True, eq=False)
class Choices:
    """What a policy chose.

    Attributes:
        as_of: The instant of the decisions.
        n: Places of each list.
        table: `customer_id`, `decision_id`, `rank` (from 1), `item_id`, `score` (the ranker's, which need not descend),
            `propensity` (above 0, at most 1) and `open` (whether the place was open to exploration).
        shortfall: Lists with fewer than `n` candidates: `customer_id`, `decision_id`, `wanted`, `given`.
        findings: What to know before it is evaluated.
    """

    as_of: datetime
    n: int
    table: pl.DataFrame
    shortfall: pl.DataFrame
    findings: tuple[Finding, ...] = ()

    @property
    def recommendations(self) -> pl.DataFrame:
        """What to show: `customer_id`, `rank`, `item_id`, `score`."""
        return self.table.select("customer_id", "rank", "item_id", "score")

    def exposures(
        self,
        *,
        purpose: str,
        exposed_at: datetime | None = None,
        channel: str | None = None,
        placement: str | None = None,
        campaign: str | None = None,
        experiment: str | None = None,
        variant: str | None = None,
        artifact_id: str | None = None,
    ) -> pl.DataFrame:
        """Return rows for the table `exposures`, one for each item; give those that were really shown to `hub.log`.

        Ids follow from decision, place and item, so writing twice is writing once.

        Args:
            purpose: The purpose under which they are shown.
            exposed_at: When they are; None: at the instant of the decision.
            channel: Where.
            placement: Which slot of it.
            campaign: Campaign name.
            experiment: The experiment that they belong to.
            variant: The variant.
            artifact_id: The fit that chose them.

        Raises:
            ConfigurationError: No purpose is named, or `exposed_at` has no zone.
        """
        if not purpose:
            raise ConfigurationError("Name the purpose under which the items are shown.")
        at = self.as_of if exposed_at is None else as_utc(exposed_at, name="exposed_at")
        places = self.table.select("decision_id", "rank", "item_id").iter_rows()
        ids = [content_hash("exposure", decision, str(rank), item) for decision, rank, item in places]
        said = {
            "channel": channel, "placement": placement, "campaign": campaign, "experiment": experiment,
            "variant": variant, "artifact_id": artifact_id, "purpose": purpose,
        }  # fmt: skip
        rows = self.table.select(
            pl.Series("exposure_id", ids, dtype=pl.String),
            "customer_id",
            "decision_id",
            "item_id",
            "propensity",
            pl.lit(at).cast(_INSTANT).alias("exposed_at"),
            pl.col("rank").alias("position"),
            *(pl.lit(value, dtype=pl.String).alias(name) for name, value in said.items()),
        )
        return EXPOSURES.conform(rows)

    def __str__(self) -> str:
        lists, short = self.table["decision_id"].n_unique(), self.shortfall.height
        told = f"Choices as of {self.as_of:%Y-%m-%d}: {self.table.height:,} items in {lists:,} lists of {self.n} places"
        missing = [f"  {short:,} lists are shorter: there were too few candidates"] if short else []
        return "\n".join([told, *missing, *(f"  {finding}" for finding in self.findings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        by_place = self.table.group_by("rank").agg(
            lists=pl.len(),
            open=pl.col("open").mean(),
            mean_propensity=pl.col("propensity").mean(),
            least_propensity=pl.col("propensity").min(),
        )
        facts = [("lists", COUNT.written(self.table["decision_id"].n_unique())), ("shorter", self.shortfall.height)]
        shares = dict.fromkeys(("open", "mean_propensity", "least_propensity"), SHARE)
        note = " ".join([f"As of {self.as_of:%Y-%m-%d}.", *(finding.message for finding in self.findings)])
        return result_html("Choices", facts, by_place.sort("rank"), formats=shares, table_title="By place", note=note)


class Sheet:
    """Rows of candidates with their places, written list by list."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self._rows: list[Ints] = []
        self._places: list[Ints] = []
        self._likely: list[Floats] = []
        self._open: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = []

    def list_of(self, start: int, layout: Layout, chosen: Ints, likely: Floats) -> None:
        """Write a list that was chosen, the open places with their propensities; the others are certain."""
        rows = np.concatenate([layout.first, chosen, layout.last])
        is_open = np.zeros(len(rows), dtype=np.bool_)
        is_open[len(layout.first) : len(layout.first) + layout.open] = True
        sure = np.ones(len(rows))
        sure[is_open] = likely
        self._write(start + rows, np.arange(1, len(rows) + 1), sure, is_open)

    def chances_of(self, start: int, layout: Layout, likely: Floats) -> None:
        """Write all that can stand at each place of a list, with the chance of it."""
        first, last = len(layout.first), len(layout.last)
        ahead = first + layout.open
        for rows, places in ((layout.first, np.arange(first)), (layout.last, np.arange(ahead, ahead + last))):
            self._write(start + rows, places + 1, np.ones(len(rows)), np.zeros(len(rows), dtype=np.bool_))
        place, item = np.nonzero(likely)
        is_open = np.ones(len(place), dtype=np.bool_)
        self._write(start + layout.pool[item], first + place + 1, likely[place, item], is_open)

    def _write(
        self, rows: Ints, places: Ints, likely: Floats, is_open: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> None:
        self._rows.append(rows)
        self._places.append(places)
        self._likely.append(likely)
        self._open.append(is_open)

    def _table(self) -> pl.DataFrame:
        frame = self.lists.frame
        if not self._rows:
            return frame.clear().with_columns(
                rank=pl.lit(0, dtype=pl.Int64), propensity=pl.lit(0.0), open=pl.lit(False)
            )
        written = frame[np.concatenate(self._rows)]
        return written.with_columns(
            rank=pl.Series(np.concatenate(self._places), dtype=pl.Int64),
            propensity=pl.Series(np.concatenate(self._likely)),
            open=pl.Series(np.concatenate(self._open)),
        )

    def choices(self, *, n: int, as_of: datetime, findings: tuple[Finding, ...]) -> Choices:
        """Return what was chosen."""
        table = self._table().select(*KEY, "rank", "item_id", "score", "propensity", "open")
        lists = zip(self.lists.heads, self._rows, strict=True)
        short = [(*head, n, len(rows)) for head, rows in lists if len(rows) < n]
        shortfall = pl.DataFrame(short, schema=_SHORTFALL, orient="row")
        return Choices(as_of, n, table, shortfall, findings)

    def propensities(self) -> pl.DataFrame:
        """Return the chance of each candidate at each place."""
        told = self._table().select(*KEY, position="rank", item_id="item_id", propensity="propensity")
        return told.sort(*KEY, "position", "item_id")
