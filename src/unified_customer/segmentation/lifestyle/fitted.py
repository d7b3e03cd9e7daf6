"""A lifestyle segmentation that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from unified_customer.segmentation.grouped import FittedGroups, Groups
from unified_customer.segmentation.lifestyle.space import Space


class Tastes(Groups):
    """What was learned of what customers have; holds nobody."""

    items: tuple[str, ...]
    """The things that count, by name."""
    space: Space
    """How what a customer has becomes a point."""


@dataclass(frozen=True, eq=False)
class FittedLifestyle(FittedGroups[Tastes]):
    """Lifestyle segments.

    Attributes:
        segmentation: The spec.
        as_of: The instant before which things count.
        learned: What was learned of all customers; holds nobody.
        table: `customer_id`, `segment` and `margin` (how clear it is: from 0, half-way to the next segment, to 1, in
            the middle of the own; null where there is too little to say), one row a customer, as the kind of frame that
            was given.
        description: The things that tell each segment from the rest, at most 20, the most telling first: `segment`,
            `item`, `name`, `customers` (of the segment who have it), `share` (of them), `share_of_rest`, `lift` (with
            its 95 % interval `lift_low` to `lift_high`), `log_odds`, `z`. Empty where there is one segment.
    """

    def to_body(self) -> Mapping[str, Any]:
        """Return what was learned, the sizes of the segments, and what tells them apart."""
        told = self.description.select("segment", "item", "share", "share_of_rest", "lift", "z")
        return {**FittedGroups.to_body(self), "description": told.to_dicts()}

    def _marks(self) -> dict[str, str]:
        named = self.description.group_by("segment", maintain_order=True).agg(pl.col("name").head(5))
        return {segment: ", ".join(names) for segment, names in named.iter_rows()}
