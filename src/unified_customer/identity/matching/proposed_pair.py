"""Two records side by side, for a person to judge. It shows their values: that is its purpose."""

from dataclasses import dataclass, field
from html import escape
from typing import Any, Final, NamedTuple

import polars as pl

from unified_customer.identity.matching.normal_forms import NormalForms

_STYLE: Final = "text-align:left"


class Shown(NamedTuple):
    """What both records say in one column; null where one says nothing."""

    column: str
    value_a: str | None
    value_b: str | None

    @property
    def agree(self) -> bool | None:
        """Whether both say the same, as it is written; None where one says nothing."""
        if self.value_a is None or self.value_b is None:
            return None
        return self.value_a.strip().casefold() == self.value_b.strip().casefold()


@dataclass(frozen=True)
class ProposedPair:
    """Two records to judge.

    Attributes:
        record_a: The id of the one.
        record_b: The id of the other.
        rows: What they say, column by column; columns that neither speaks of are left out.
        probability: How likely they are one person, by what is known so far. It is not shown: a judgement is worth more
            without it.
        alike: So many candidate pairs agree in the same way as these two.
    """

    record_a: Any
    record_b: Any
    rows: tuple[Shown, ...] = field(repr=False)
    probability: float = field(repr=False)
    alike: int = field(repr=False)

    def __str__(self) -> str:
        """Return both records side by side."""
        lines = [("", str(self.record_a), "", str(self.record_b))]
        lines += [(row.column, row.value_a or "", _SIGNS[row.agree], row.value_b or "") for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
        return "\n".join(padded)

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th style={_STYLE!r}>{escape(str(name))}</th>" for name in ("", self.record_a, "", self.record_b)
        )
        body = "".join(
            f"<tr><th style={_STYLE!r}>{escape(row.column)}</th>{_cell(row.value_a)}{_cell(_SIGNS[row.agree])}"
            f"{_cell(row.value_b)}</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_SIGNS: Final = {True: "=", False: "≠", None: ""}


def show(records: pl.DataFrame | NormalForms, record_a: Any, record_b: Any) -> tuple[Shown, ...]:
    """Return what two records say, column by column."""
    table = records if isinstance(records, pl.DataFrame) else records.values.with_columns(record_id=records.record_ids)
    sides = [table.filter(pl.col("record_id") == record).row(0, named=True) for record in (record_a, record_b)]
    rows = (Shown(name, *(_text(side[name]) for side in sides)) for name in table.columns if name != "record_id")
    return tuple(row for row in rows if row.value_a is not None or row.value_b is not None)


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    return None if value is None or str(value).strip() == "" else str(value)


def _cell(text: str | None) -> str:
    return f"<td style={_STYLE!r}>{escape(text or '')}</td>"
