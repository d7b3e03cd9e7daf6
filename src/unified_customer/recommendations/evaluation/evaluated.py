"""Lists that were judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, NUMBER, result_html
from unified_customer.recommendations.evaluation.catalogue import column, metric
from unified_customer.recommendations.evaluation.intervals import Drawn, drawn, table_of
from unified_customer.recommendations.evaluation.rows import with_ids
from unified_customer.recommendations.evaluation.spec import Metrics


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good lists are.

    Attributes:
        spec: The spec.
        values: One row a customer to whom something is relevant: `customer_id` and a column for each metric, such as
            `ndcg@10`; null where the metric says nothing of the customer, as diversity where there is no list.
        whole: Metrics that are of all lists together, by column, such as `coverage@10`.
        customers: How many customers are judged.
        without_list: How many of them have no list, so that their accuracy is 0.
        without_truth: How many customers have a list and nothing relevant, so that they are left out.
    """

    spec: Metrics
    values: pl.DataFrame = field(repr=False)
    whole: Mapping[str, float]
    customers: int
    without_list: int
    without_truth: int

    @cached_property
    def table(self) -> pl.DataFrame:
        """`metric`, `k` (null: of no rank), `value`, `low`, `high`, `customers` (who have a number).

        Values are means over customers; the popularity lift is a ratio of means, and metrics of all lists together have
        no interval. Intervals are percentiles of means over customers who are drawn again.
        """
        return table_of(self.drawn, self.whole, self.spec)

    @cached_property
    def drawn(self) -> Drawn:
        """Every metric, and what it is where customers are drawn again."""
        return drawn(self.values, self.spec)

    def value(self, name: str, *, k: int | None = None) -> float | None:
        """Return a metric; None where it says nothing of anybody. It takes no time to draw again.

        Args:
            name: Such as `ndcg`.
            k: Where lists end. None: the first of the spec.

        Raises:
            ConfigurationError: There is no such metric, or it was not measured.
        """
        metric(name)
        wanted = column(name, None if name == "popularity_of_history" else k or self.spec.k[0])
        if wanted in self.whole:
            found = self.whole[wanted]
            return found if found == found else None  # noqa: PLR0124  # not a number equals nothing
        return self._mean(wanted)

    def _mean(self, wanted: str) -> float | None:
        of_spec = self.drawn.estimates
        if wanted not in of_spec:
            raise ConfigurationError(f"{wanted!r} was not measured; there are {', '.join([*of_spec, *self.whole])}.")
        return of_spec[wanted]

    def by(self, segments: Native, *, segment: str = "segment") -> pl.DataFrame:
        """Return the table for each segment of customers.

        Args:
            segments: `customer_id` and the column of segments; who is in several counts in each.
            segment: Name of that column.

        Returns:
            `segment` (null: customers who are in none), and the columns of `table` without metrics of all lists
            together. Values of fewer customers than the spec wants are null.

        Raises:
            SchemaError: A column is missing.
        """
        groups = with_ids(segments, "customer_id", more=(segment,), name="segments").select("customer_id", segment)
        told = self.values.join(groups.unique(), on="customer_id", how="left", maintain_order="left")
        parts = told.sort(segment, maintain_order=True, nulls_last=True).partition_by(segment, maintain_order=True)
        tables = [self._of_segment(part, segment) for part in parts]
        return pl.concat(tables)

    def _of_segment(self, part: pl.DataFrame, segment: str) -> pl.DataFrame:
        table = table_of(drawn(part.drop(segment), self.spec), {}, self.spec)
        enough = pl.col("customers") >= self.spec.min_customers
        shown = table.with_columns(pl.when(enough).then(pl.col("value", "low", "high")))
        return shown.select(pl.lit(part[segment].first(), dtype=part[segment].dtype).alias(segment), pl.all())

    def to_body(self) -> Mapping[str, Any]:
        """Return the table and the counts as JSON values, without customers."""
        return {"metrics": self.table.to_dicts(), **dict(self._counts)}

    @property
    def _counts(self) -> list[tuple[str, int]]:
        return [(name, getattr(self, name)) for name in ("customers", "without_list", "without_truth")]

    def __str__(self) -> str:
        counts = ", ".join(f"{name.replace('_', ' ')} {COUNT.written(count)}" for name, count in self._counts)
        lines = (
            f"{column(name, k):<24}{NUMBER.written(value):>8}"
            + (f"  {_interval(low, high)}" if low is not None else "")
            for name, k, value, low, high, _ in self.table.iter_rows()
        )
        return "\n".join([f"Evaluation: {counts}", *lines])

    def _repr_html_(self) -> str:
        facts = [(name.replace("_", " "), COUNT.written(count)) for name, count in self._counts]
        rows = [
            {"metric": _called(name, k), "value": metric(name).unit.written(value), "interval": _interval(low, high)}
            for name, k, value, low, high, _ in self.table.iter_rows()
        ]
        note = "Customers without a list count as 0; customers with nothing relevant are left out."
        return result_html("Evaluation", facts, pl.DataFrame(rows), at_most=60, note=note)


def _called(name: str, k: int | None) -> str:
    return metric(name).title if k is None else f"{metric(name).title} @{k}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{NUMBER.written(low)} to {NUMBER.written(high)}"
