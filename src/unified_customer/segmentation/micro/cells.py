"""Which cells of several segmentations are large enough to stand alone, and where the others go."""

from collections.abc import Iterable, Sequence
from math import log
from typing import Final, Literal

import polars as pl

from unified_customer.core.models.base import Model

Small = Literal["merge", "suppress"]
OTHER: Final = "other"
NONE: Final = "none"
SEPARATOR: Final = " · "
COUNT: Final = "customers"


class MicroCells(Model):
    """What was learned of all customers: how cells are made smaller, and which are large enough.

    Attributes:
        dropped: The segmentations in the order in which they are dropped, that which tells least first.
        kept: For each number of dropped segmentations, from 0 on, the labels that are large enough.
    """

    dropped: tuple[str, ...]
    kept: tuple[tuple[str, ...], ...]

    @property
    def labels(self) -> list[str]:
        """The labels, first those of whole cells."""
        return list(dict.fromkeys(label for labels in self.kept for label in labels))


def learned_cells(cells: pl.DataFrame, *, of: Sequence[str], least: int, small: Small) -> MicroCells:
    """Find the cells that are kept.

    Args:
        cells: The segmentations, and `customers` of each combination that occurs.
        of: The segmentations in order.
        least: The fewest customers of a cell under its own label.
        small: Whether smaller ones are merged step by step, or suppressed at once.
    """
    dropped = drop_order(cells, of)
    steps = len(of) if small == "merge" else 1
    kept, left = [], cells
    for step in range(steps):
        labels = left.select(_label(of, dropped[:step]), COUNT)
        sizes = labels.group_by("label").agg(pl.col(COUNT).sum())
        large = sorted(sizes.filter(pl.col(COUNT) >= least)["label"])
        kept.append(tuple(large))
        left = left.filter(~labels["label"].is_in(large))
    return MicroCells(dropped=tuple(dropped), kept=tuple(kept))


def drop_order(cells: pl.DataFrame, of: Sequence[str]) -> list[str]:
    """Return the segmentations in the order in which they are dropped, that which tells least first.

    What one tells is the entropy that is lost without it, given those that are left; of equal ones the last goes first.

    References:
        C. E. Shannon (1948): A mathematical theory of communication (conditional entropy).

    Examples:
        >>> cells = pl.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "v", "u", "v"], "customers": [50, 1, 48, 1]})
        >>> drop_order(cells, ["a", "b"])
        ['b', 'a']
    """
    left, dropped = list(of), []
    while left:
        # Rounded, so that sums of another order do not settle a tie.
        kept = {name: round(_entropy(cells, [each for each in left if each != name]), 9) for name in reversed(left)}
        least = max(kept, key=lambda name: kept[name])
        left.remove(least)
        dropped.append(least)
    return dropped


def _entropy(cells: pl.DataFrame, by: Sequence[str]) -> float:
    if not by or cells.is_empty():
        return 0.0
    counts: Iterable[int] = cells.group_by(by).agg(pl.col(COUNT).sum())[COUNT].sort()
    total = sum(counts)
    return -sum(count / total * log(count / total) for count in counts)


def label_parts(of: Sequence[str], dropped: Iterable[str]) -> list[tuple[str, bool]]:
    """Return each segmentation and whether its segment is told; nothing where all are dropped."""
    gone = set(dropped)
    return [(name, name not in gone) for name in of]


def _label(of: Sequence[str], dropped: Sequence[str]) -> pl.Expr:
    parts = [pl.col(name) if told else pl.lit(OTHER) for name, told in label_parts(of, dropped)]
    return pl.concat_str(*parts, separator=SEPARATOR).alias("label")
