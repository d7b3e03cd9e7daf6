"""A typing tool that was fitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.charting import grid, trend
from unified_customer.methods.display import COUNT, SHARE, result_html
from unified_customer.segmentation.memberships import membership_rows
from unified_customer.segmentation.needs.classifier import SegmentClassifier

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
    from unified_customer.segmentation.needs.typing_tool import TypingTool


@dataclass(frozen=True, eq=False)
class FittedTypingTool:
    """A typing tool.

    Attributes:
        spec: The spec.
        as_of: The instant before which things count.
        classifier: What tells segments, as plain numbers; holds nobody.
        table: `customer_id`, `segment`, `probability` and `known_by` (`answers`, `features`, or null, and then so are
            the others) of everybody in `answers` and `features`, people of the research told like all others, as the
            kind of frame that `answers` is.
        accuracy: `tool`, `customers`, `accuracy` and its 95 % interval `low` to `high`, on people whom the tool has not
            seen: `majority` (the naive one), each number of questions, `all questions`, and where there are features
            those, with the naive one on the same people.
        confusion: `segment`, `told`, `customers` and `share` (of the segment; null where it has nobody), on people whom
            the tool has not seen.
        choice: The questions in the order in which they were chosen: `place`, `instrument`, `question`, and `accuracy`
            with it and those before (across folds, on the people that it was chosen by, so a little too high).
    """

    spec: "TypingTool"
    as_of: datetime
    classifier: SegmentClassifier
    table: Any = field(repr=False)
    accuracy: pl.DataFrame
    confusion: pl.DataFrame
    choice: pl.DataFrame

    def assign(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Tell the segment of everybody; see `SegmentClassifier.assign`.

        Args:
            tables: `answers`, and perhaps `features`, as for `fit`.
            as_of: The instant to look from.
        """
        return self.classifier.assign(tables, as_of=as_of)

    def probabilities(self, tables: Mapping[str, Native], *, as_of: datetime) -> Native:
        """Return the probability of each segment; see `SegmentClassifier.probabilities`.

        Args:
            tables: `answers`, and perhaps `features`, as for `fit`.
            as_of: The instant to look from.
        """
        return self.classifier.probabilities(tables, as_of=as_of)

    @property
    def finding(self) -> str:
        """What was found, in a sentence or two."""
        short, naive = self._short.row(0, named=True), self.accuracy.row(0, named=True)
        asked = self.choice.height
        told = (
            f"{asked} question{'s tell' if asked > 1 else ' tells'} {SHARE.written(short['accuracy'])} of people rightly "
            f"({SHARE.written(short['low'])} to {SHARE.written(short['high'])}); always naming the largest segment "
            f"{SHARE.written(naive['accuracy'])}."
        )
        return told if short["low"] > naive["accuracy"] else f"{told} That is no better than naming it."

    @property
    def _short(self) -> pl.DataFrame:
        return self._by_number.tail(1)

    @property
    def _by_number(self) -> pl.DataFrame:
        number = pl.col("tool").str.extract(r"^(\d+) question").cast(pl.Int64)
        return self.accuracy.with_columns(questions=number).drop_nulls("questions").sort("questions")

    def rows(self) -> Mapping[str, pl.DataFrame]:
        """Return the memberships with their probability."""
        table = collected(opened(self.table))
        rows = membership_rows(table, segmentation=self.spec.name, as_of=self.as_of, probability="probability")
        return {"memberships": rows}

    def to_body(self) -> Mapping[str, Any]:
        """Return the tool as plain numbers, and how well it does: `SegmentClassifier.from_body` loads it."""
        return {
            "classifier": self.classifier.model_dump(mode="json"),
            "accuracy": self.accuracy.to_dicts(),
            "confusion": self.confusion.to_dicts(),
            "choice": self.choice.to_dicts(),
        }

    def chart(self, kind: Literal["accuracy", "confusion"] = "accuracy", *, dark: bool = False) -> "Chart":
        """Draw the accuracy by the number of questions, or which segments are taken for which.

        Raises:
            MissingDependencyError: Altair is not installed.
        """
        if kind == "confusion":
            return grid(
                self.confusion, x="told", y="segment", value="share", count="customers", x_title="told as",
                y_title="segment", value_title="share of the segment", unit=SHARE, title="Which segments are taken for which",
                subtitle=[self.finding], dark=dark,
            )  # fmt: skip
        return trend(
            self._by_number, period="questions", value="accuracy", low="low", high="high",
            target=self.accuracy["accuracy"][0], target_title="the largest segment for all", unit=SHARE, from_zero=True,
            period_title="number of questions", value_title="told rightly, of people not seen before",
            title="How many questions it takes", subtitle=[self.finding], dark=dark,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        facts = [("questions", COUNT.written(self.choice.height)), ("as of", f"{self.as_of:%Y-%m-%d}")]
        formats = {"accuracy": SHARE, "customers": COUNT}
        ends = [pl.col(end).map_elements(SHARE.written, return_dtype=pl.String) for end in ("low", "high")]
        shown = self.accuracy.select("tool", "customers", "accuracy", interval=pl.format("{} to {}", *ends))
        asked = ", ".join(self.classifier.questions)
        note = f"{self.finding} It asks: {asked}."
        return result_html("Typing tool", facts, shown, formats=formats, names={"interval": "95 % interval"}, note=note)
