"""Segmentations laid over each other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, ClassVar, Final

import narwhals as nw
from pydantic import Field, field_validator

from unified_customer.core.errors import ConfigurationError
from unified_customer.core.spec import Spec
from unified_customer.engines.portable import Lazy, Native, collected
from unified_customer.segmentation.assignment import fit_segments
from unified_customer.segmentation.micro.cells import (
    COUNT,
    NONE,
    OTHER,
    SEPARATOR,
    MicroCells,
    Small,
    label_parts,
    learned_cells,
)
from unified_customer.segmentation.micro.fitted import FittedMicroSegments
from unified_customer.segmentation.placements import MEMBERSHIPS, check_disjoint, native_placed, placed

_TAKEN: Final = {"customer_id", "segment", COUNT, MEMBERSHIPS, "label"}


class MicroSegments(Spec):
    """A micro-segment is a cell of several segmentations: Champions · active · Top.

    Everybody who is in one of the segmentations at least is in one cell; who is not in another is `none` there. A cell
    of fewer than `least` customers does not stand under its own label. With `merge` the segmentation that tells least
    is left out of its label, then the next, until there are enough; `Champions · other` are those of the Champions
    whose own cell is too small. With `suppress`, and where nothing helps, they are `other` all together, however few.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> who = [f"c{place}" for place in range(6)]
        >>> rfm = pl.DataFrame({"customer_id": who, "segment": ["Loyal"] * 4 + ["New"] * 2})
        >>> value = pl.DataFrame({"customer_id": who, "segment": ["high", "high", "high", "low", "low", "low"]})
        >>> spec = MicroSegments(of=("rfm", "value"), least=2)
        >>> fitted = spec.fit({"rfm": rfm, "value": value}, as_of=datetime(2026, 1, 1, tzinfo=UTC))
        >>> fitted.sizes.select("segment", "customers").rows()
        [('Loyal · high', 3), ('New · low', 2), ('other', 1)]
    """

    needs: ClassVar[tuple[str, ...]] = (MEMBERSHIPS,)

    of: tuple[str, ...] = Field(min_length=1)
    """The names of the segmentations, in the order in which a label names their segments."""
    least: int = Field(default=10, ge=1)
    """The fewest customers of a cell under its own label."""
    small: Small = "merge"
    """What becomes of smaller cells."""
    name: str = "micro"
    """What the micro-segments are called in `memberships`."""

    @field_validator("of")
    @classmethod
    def _apart(cls, of: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(of)) < len(of) or _TAKEN & set(of):
            raise ConfigurationError(
                f"Segmentations have names of their own, none of them {', '.join(sorted(_TAKEN))}: {', '.join(of)}."
            )
        return of

    @property
    def title(self) -> str:
        """What a picture of it is called."""
        return f"Micro-segments by {' and '.join(self.of)}"

    def fit(self, tables: Mapping[str, Any], *, as_of: datetime) -> FittedMicroSegments:
        """Lay the segmentations over each other.

        Args:
            tables: For each segmentation, under its name, an assignment (`customer_id` and `segment`, one row a
                customer) or what `fit` of it returned; those that are missing are taken from `memberships`. All of one
                engine.
            as_of: When it is looked at; memberships that were entered strictly before count.

        Raises:
            SchemaError: A segmentation or a column is missing, or somebody is in two segments of one segmentation.
        """
        found = fit_segments(self, tables, as_of=as_of)
        return FittedMicroSegments(found.segmentation, found.as_of, found.learned, found.table)

    def native(self, tables: Mapping[str, Any]) -> Native:
        """Return the table whose kind of frame the result has."""
        return native_placed(tables, self.of[0])

    def measured(self, tables: Mapping[str, Any], *, as_of: datetime) -> Lazy:
        """Return `customer_id` and a column for each segmentation."""
        each = [self._part(tables, name, as_of) for name in self.of]
        known = nw.concat(each) if len(each) > 1 else each[0]
        return known.group_by("customer_id").agg(nw.col(*self.of).max())

    def learned(self, measured: Lazy) -> MicroCells:
        """Return which cells are large enough."""
        cells = collected(self._whole(measured).group_by(*self.of).agg(customers=nw.len()))
        return learned_cells(cells, of=self.of, least=self.least, small=self.small)

    def assigned(self, measured: Lazy, learned: MicroCells) -> Lazy:
        """Add `segment`."""
        whole, segment = self._whole(measured), nw.lit(OTHER)
        for step, labels in reversed([*enumerate(learned.kept)]):
            label = _label(self.of, learned.dropped[:step])
            segment = nw.when(label.is_in([*labels])).then(label).otherwise(segment)
        return whole.with_columns(segment=segment)

    def order(self, learned: MicroCells) -> Sequence[str]:
        """Return the labels, first those of whole cells, the rest last."""
        return [label for label in learned.labels if label != OTHER] + [OTHER]

    def _part(self, tables: Mapping[str, Any], name: str, as_of: datetime) -> Lazy:
        one = placed(tables, segmentation=name, as_of=as_of)
        check_disjoint(one, name=name)
        nothing = nw.lit(None, dtype=nw.String)
        return one.select("customer_id", **{each: nw.col("segment") if each == name else nothing for each in self.of})

    def _whole(self, measured: Lazy) -> Lazy:
        return measured.with_columns(nw.col(*self.of).fill_null(NONE))


def _label(of: Sequence[str], dropped: Sequence[str]) -> nw.Expr:
    parts = [nw.col(name) if told else nw.lit(OTHER) for name, told in label_parts(of, dropped)]
    return reduce(lambda left, right: nw.concat_str(left, right, separator=SEPARATOR), parts)


def overlay(*, as_of: datetime, least: int = 10, small: Small = "merge", **segmentations: Any) -> FittedMicroSegments:
    """Lay segmentations over each other: `overlay(rfm=rfm, lifecycle=stages, as_of=...)`.

    Args:
        as_of: When it is looked at.
        least: The fewest customers of a cell under its own label.
        small: Whether smaller cells are merged (`merge`) or all together the rest (`suppress`); see `MicroSegments`.
        segmentations: Assignments (frames of one engine with `customer_id` and `segment`) or fitted segmentations, by
            the names that they shall have.

    Raises:
        ConfigurationError: There are none.
        SchemaError: A column is missing, or somebody is in two segments of one segmentation.
    """
    spec = MicroSegments(of=tuple(segmentations), least=least, small=small)
    return spec.fit(segmentations, as_of=as_of)
