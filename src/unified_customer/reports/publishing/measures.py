"""Measures of a publication: said once, written for each tool."""

from dataclasses import dataclass
from typing import Final, Literal

from unified_customer.reports.publishing.schema import Schema

Kind = Literal["rows", "distinct", "sum", "mean", "ratio"]
Unit = Literal["count", "money", "number"]


@dataclass(frozen=True)
class Measure:
    """Something that is counted, summed or divided.

    Attributes:
        name: Its name, in snake case.
        table: The table that it is of.
        kind: Rows, different values, sum, mean, or the ratio of two measures of the table.
        meaning: One sentence.
        columns: The column, or the two measures that are divided.
        only: A column of truth values: only rows in which it holds.
        unit: What it is shown as; money is null over several currencies.
    """

    name: str
    table: str
    kind: Kind
    meaning: str
    columns: tuple[str, ...] = ()
    only: str | None = None
    unit: Unit = "count"

    @property
    def label(self) -> str:
        """Its name as people read it."""
        return self.name.replace("_", " ").capitalize()

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns of the table that it is made of."""
        only = () if self.only is None else (self.only,)
        own = () if self.kind == "ratio" else self.columns
        return (*own, *only, *(("currency",) if self.unit == "money" and self.kind != "ratio" else ()))


SEVERAL: Final = "null over several currencies"

MEASURES: Final = (
    Measure("customers", "dim_customer", "rows", "Customers, without the unknown one.", only="is_known"),
    Measure("orders", "fact_order", "rows", "Orders in which something was bought.", only="is_purchase"),
    Measure("buyers", "fact_order", "distinct", "Customers who ordered, without the unknown one.", ("customer_key",)),
    Measure(
        "revenue", "fact_order", "sum", f"What orders cost, less what came back; {SEVERAL}.", ("amount",), unit="money"
    ),
    Measure("sales", "fact_order", "sum", f"What was sold, before what came back; {SEVERAL}.", ("sold",), unit="money"),
    Measure(
        "returns",
        "fact_order",
        "sum",
        f"What came back or was cancelled, negative; {SEVERAL}.",
        ("returned",),
        unit="money",
    ),
    Measure(
        "average_order_value", "fact_order", "ratio", f"Sales by orders; {SEVERAL}.", ("sales", "orders"), unit="money"
    ),
    Measure("orders_per_buyer", "fact_order", "ratio", "Orders by buyers.", ("orders", "buyers"), unit="number"),
    Measure("units", "fact_order_line", "sum", "Units ordered, less what came back.", ("quantity",), unit="number"),
    Measure(
        "line_revenue", "fact_order_line", "sum", f"What lines cost, by item; {SEVERAL}.", ("amount",), unit="money"
    ),
    Measure("events", "fact_event", "rows", "Things that happened."),
    Measure("sessions", "fact_event", "distinct", "Different sessions.", ("session_key",)),
    Measure("answers", "fact_answer", "rows", "Answers given."),
    Measure(
        "average_answer", "fact_answer", "mean", "Mean of the answers that are numbers.", ("value",), unit="number"
    ),
    Measure("spend", "fact_spend", "sum", f"Marketing spend; {SEVERAL}.", ("amount",), unit="money"),
    Measure(
        "members", "bridge_customer_segment", "distinct", "Customers in the segment at present.", ("customer_key",)
    ),
    Measure("average_score", "fact_score", "mean", "Mean of the scores.", ("value",), unit="number"),
)


def measures_of(schema: Schema) -> tuple[Measure, ...]:
    """Return the measures that a publication can have: those of which nothing was withheld."""
    simple = {each.name for each in MEASURES if each.kind != "ratio" and schema.has(each.table, *each.needs)}
    ratios = {each.name for each in MEASURES if each.kind == "ratio" and set(each.columns) <= simple}
    return tuple(each for each in MEASURES if each.name in simple | ratios)
