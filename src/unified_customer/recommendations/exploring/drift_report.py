"""Drift that was told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.engines.portable import Native, collected, opened
from unified_customer.methods.display import COUNT, NUMBER, SHARE, Format, result_html
from unified_customer.methods.statistics import Interval, difference_of_shares, wilson
from unified_customer.recommendations.exploring.drift import InteractionDrift
from unified_customer.recommendations.exploring.feedback import Feedback

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart

FORMATS: Final[Mapping[str, Format]] = {
    "popularity": NUMBER, "unknown_items": SHARE, "unknown_customers": SHARE, "outcomes": SHARE,
}  # fmt: skip
"""How each measure is written."""
TITLES: Final[Mapping[str, str]] = {
    "popularity": "stability index of popularity",
    "unknown_items": "interactions with unknown items",
    "unknown_customers": "unknown customers",
    "outcomes": "change of the rate of outcomes",
}
NEW: Final = "new items"
_SCHEMA: Final = {
    "measure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "bound": pl.Float64,
    "moved": pl.Boolean,
}  # fmt: skip
_HALF: Final = 0.5
_SHOWN: Final = 20


@dataclass(frozen=True, eq=False)
class DriftReport:
    """How interactions since a fit differ from those that it was made of.

    Attributes:
        spec: The spec.
        trained_until: The instant before which the model has learnt.
        as_of: The instant before which later things count.
        training: How many interactions the training window has.
        recent: How many there are since.
        table: One row a `measure`: `popularity` (stability index; its `low` is the part that chance does not explain),
            `unknown_items` and `unknown_customers` (shares, Wilson), `outcomes` (rate of rewarded exposures, recent less
            before, Newcombe; its bound is a share of the rate before): `value`, `low`, `high`, `bound`, `moved`. Null where there is nothing to tell from.
        groups: One row a group of items: `group`, `items`, `before` and `after` (interactions), `share_before`,
            `share_after`, `psi` (its part of the index; half an interaction is added on each side).
    """

    spec: InteractionDrift
    trained_until: datetime
    as_of: datetime
    training: int
    recent: int
    table: pl.DataFrame
    groups: pl.DataFrame

    @property
    def moved(self) -> tuple[str, ...]:
        """Names of the measures that are beyond their bound, and not by chance."""
        return tuple(self.table.filter("moved")["measure"])

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the shares of groups of items before and after, of those that changed most.

        Args:
            dark: On a dark ground.

        Raises:
            ConfigurationError: There are no interactions.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import bars

        kept = self.groups.with_row_index("place").sort("psi", "place", descending=[True, False], nulls_last=True)
        index = self.table.filter(pl.col("measure") == "popularity")["value"].item()
        return bars(
            kept.head(_SHOWN).sort("place"), name="group", in_order=True, dark=dark,
            values={"share_before": "when it was fitted", "share_after": "since"}, value_title="share of interactions",
            title="Which items people turn to", subtitle=[f"Stability index {NUMBER.written(index)}."],
        )  # fmt: skip

    def _window(self) -> str:
        days = f"{self.trained_until:%Y-%m-%d} to {self.as_of:%Y-%m-%d}"
        return f"{COUNT.written(self.recent)} interactions from {days} against {COUNT.written(self.training)} before"

    def __str__(self) -> str:
        return "\n".join([f"Drift: {self._window()}", *(f"  {line}" for line in self.lines().values())])

    __repr__ = __str__

    def lines(self) -> dict[str, str]:
        """Return what is said of each measure, in a line."""
        told = {}
        for name, value, low, high, bound, moved in self.table.iter_rows():
            write = FORMATS[name].written
            ends = "" if low is None or high is None else f" ({write(low)} to {write(high)})"
            verdict = "moved" if moved else "within bounds"
            known = f"{write(value)}{ends}, bound {write(bound)}: {verdict}"
            told[name] = f"{TITLES[name]}: {'not known' if moved is None else known}"
        return told

    def _repr_html_(self) -> str:
        facts = [("before", COUNT.written(self.training)), ("since", COUNT.written(self.recent))]
        facts.append(("moved", COUNT.written(len(self.moved))))
        ends = [
            pl.Series(end, [FORMATS[name].written(value) for name, value in self.table.select("measure", end).rows()])
            for end in ("value", "low", "high", "bound")
        ]
        verdicts = pl.col("moved").replace_strict({True: "moved", False: "within bounds"}, return_dtype=pl.String)
        shown = self.table.with_columns(*ends, verdicts, pl.col("measure").replace(TITLES))
        return result_html("Drift of interactions", facts, shown, names={"moved": "verdict"}, note=f"{self._window()}.")

    def to_body(self) -> Mapping[str, Any]:
        """Return the measures."""
        return {"training": self.training, "recent": self.recent, "measures": self.table.to_dicts()}


def reported(
    spec: InteractionDrift,
    interactions: Native,
    feedback: "Feedback | Native | None",
    *,
    since: datetime | None,
    until: datetime,
    as_of: datetime,
) -> DriftReport:
    """Return how interactions since an instant differ from those before it."""
    columns = ["customer_id", "item_id", "occurred_at"]
    rows = collected(opened(interactions, columns=columns, name="interactions")).select(columns).drop_nulls("item_id")
    at = pl.col("occurred_at")
    before = rows.filter(at < until if since is None else (at < until) & (at >= since))
    after = rows.filter(at >= until, at < as_of)
    groups = _grouped(spec, before, after)
    measures = [
        _popularity(spec, groups),
        _unknown(spec, "unknown_items", before["item_id"], after["item_id"], spec.most_unknown_items),
        _unknown(
            spec, "unknown_customers", before["customer_id"], after["customer_id"].unique(), spec.most_unknown_customers
        ),
        _outcomes(spec, feedback, until=until, as_of=as_of),
    ]
    table = pl.DataFrame(measures, schema=_SCHEMA)
    return DriftReport(spec, until, as_of, before.height, after.height, table, groups)


def _grouped(spec: InteractionDrift, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return groups of items with their interactions before and after, the most popular first."""
    counts = [frame.group_by("item_id").len(name) for frame, name in ((before, "before"), (after, "after"))]
    items = counts[0].join(counts[1], on="item_id", how="full", coalesce=True)
    known = items.with_columns(pl.col("before", "after").fill_null(0).cast(pl.Int64))
    named = known.join(_levels(spec, known.filter(pl.col("before") > 0)), on="before", how="left")
    single = pl.when("single").then(pl.col("item_id")).otherwise(pl.col("group")).fill_null(NEW)
    sums = named.group_by(group=single).agg(
        pl.len().cast(pl.Int64).alias("items"), pl.col("before", "after").sum(), pl.col("level").min()
    )
    return _indexed(sums.sort("level", "group", nulls_last=True).drop("level"))


def _levels(spec: InteractionDrift, known: pl.DataFrame) -> pl.DataFrame:
    """Return for each number of interactions that items had before: whether such items stand alone, and their group."""
    mass = pl.col("before") * pl.col("len")
    levels = known.group_by("before").len().sort("before", descending=True)
    levels = levels.with_columns(level=pl.int_range(pl.len()), single=pl.col("len").cum_sum() <= spec.single)
    rest = pl.when(~pl.col("single")).then(mass).otherwise(0)
    ahead = (rest.cum_sum() - rest) / rest.sum() * spec.groups
    number = ahead.floor().cast(pl.Int64, strict=False) + 1
    name = pl.format("group {} of {}", number, pl.lit(spec.groups))
    return levels.select("before", "level", "single", group=pl.when(~pl.col("single")).then(name))


def _indexed(sums: pl.DataFrame) -> pl.DataFrame:
    counts = ("before", "after")
    smooth = {name: (pl.col(name) + _HALF) / (pl.col(name).sum() + _HALF * pl.len()) for name in counts}
    shares = {
        f"share_{name}": pl.col(name) / pl.when(pl.col(name).sum() > 0).then(pl.col(name).sum()) for name in counts
    }
    part = (smooth["after"] - smooth["before"]) * (smooth["after"] / smooth["before"]).log()
    some = (pl.col("before").sum() > 0) & (pl.col("after").sum() > 0)
    return sums.with_columns(**shares, psi=pl.when(some).then(part))


def _popularity(spec: InteractionDrift, groups: pl.DataFrame) -> dict[str, Any]:
    told = {"measure": "popularity", "bound": spec.most_popularity}
    if groups["psi"].null_count() or groups.is_empty():
        return told
    value = float(groups["psi"].sum())
    noise = sum(1 / int(groups[name].sum()) for name in ("before", "after"))
    beyond = max(value - noise * _chi_square(groups.height - 1, spec.confidence), 0.0)
    return told | {"value": value, "low": beyond, "high": value, "moved": value > spec.most_popularity and beyond > 0}


def _chi_square(freedom: int, confidence: float) -> float:
    """Return what a sum of so many squared normal numbers stays below, by Wilson and Hilferty (1931)."""
    if freedom < 1:
        return 0.0
    z, part = NormalDist().inv_cdf(confidence), 2 / (9 * freedom)
    return freedom * max(1 - part + z * math.sqrt(part), 0.0) ** 3


def _unknown(spec: InteractionDrift, name: str, before: pl.Series, after: pl.Series, bound: float) -> dict[str, Any]:
    asked = after.drop_nulls()
    strange = int((~asked.is_in(before.unique().implode())).sum()) if len(asked) else 0
    return _measure(name, wilson(strange, len(asked), spec.confidence), bound)


def _measure(name: str, share: Interval | None, bound: float) -> dict[str, Any]:
    told = {"measure": name, "bound": bound}
    if share is None:
        return told
    return told | {"value": share.estimate, "low": share.low, "high": share.high, "moved": share.low > bound}


def _outcomes(
    spec: InteractionDrift, feedback: "Feedback | Native | None", *, until: datetime, as_of: datetime
) -> dict[str, Any]:
    told = {"measure": "outcomes"}
    if feedback is None:
        return told
    given = feedback.table if isinstance(feedback, Feedback) else feedback
    rows = collected(opened(given, columns=["reward", "known_at"], name="feedback")).filter(pl.col("known_at") <= as_of)
    old = pl.col("known_at") <= until
    parts = [rows.filter(part)["reward"] > 0 for part in (old, ~old)]
    hits, of = [int(part.sum()) for part in parts], [len(part) for part in parts]
    change = difference_of_shares(hits[1], of[1], hits[0], of[0], confidence=spec.confidence)
    if change is None:
        return told
    bound = spec.most_outcomes * hits[0] / of[0]
    moved = abs(change.estimate) > bound and not change.low <= 0 <= change.high
    return told | {"value": change.estimate, "low": change.low, "high": change.high, "bound": bound, "moved": moved}
