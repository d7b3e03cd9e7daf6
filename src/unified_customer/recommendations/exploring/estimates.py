"""Estimates of what a policy would have been worth, with what speaks against them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.engines.portable import Native
from unified_customer.methods.display import COUNT, NUMBER, SHARE, result_html
from unified_customer.methods.learning import Floats
from unified_customer.methods.statistics import Sums, ratio_interval
from unified_customer.recommendations.exploring.findings import Finding
from unified_customer.recommendations.exploring.off_policy import OffPolicy
from unified_customer.recommendations.exploring.overlap import diagnosed, found
from unified_customer.recommendations.exploring.weighing import Weighed, weighed

if TYPE_CHECKING:
    from unified_customer.methods.charting import Chart
    from unified_customer.recommendations.exploring.feedback import Feedback

_NAMES: Final = {
    "logged": "what was shown",
    "dm": "the model alone",
    "ips": "weighed (IPS)",
    "snips": "self-normalised (SNIPS)",
    "dr": "doubly robust (DR)",
}
_SCHEMA: Final = dict.fromkeys(("value", "low", "high", "error"), pl.Float64)


@dataclass(frozen=True, eq=False)
class Estimates:
    """What a policy would have been worth.

    Attributes:
        spec: The spec.
        table: `estimator` (`logged`: what was shown really was worth; `dm`: by the model alone; `ips`, `snips`, `dr`),
            `value` (mean reward of a shown item), `low`, `high` and `error` (delta method over units; null with fewer
            than two, and for `dm`, whose error is that of the model).
        diagnostics: `rows`, `units`, `effective_rows` (Kish) and their share `effective_share`, `mean_weight` (about 1
            if all is supported), `max_weight`, `max_weight_share` (of all weight), `unsupported` (share of what the
            target shows that could not have been shown), `support_is_known` (1.0 where `unsupported` is known, 0.0
            where it is estimated), `clipped` (share of rows whose weight is clipped or switched off). None where there
            is nothing to tell from.
        findings: What speaks against the estimates.
        left_out: How many rows were left out for which `reason`: `no_decision`, `no_position`, `no_target`; `rows`.
    """

    spec: OffPolicy
    table: pl.DataFrame
    diagnostics: Mapping[str, float | None]
    findings: tuple[Finding, ...]
    left_out: pl.DataFrame

    def value(self, estimator: str) -> float | None:
        """Return the value by an estimator.

        Raises:
            ConfigurationError: There is no such estimate.
        """
        named = dict(self.table.select("estimator", "value").iter_rows())
        if estimator not in named:
            raise ConfigurationError(f"There is no estimate {estimator!r}; there are {', '.join(named)}.")
        return named[estimator]  # type: ignore[no-any-return]  # rows have no types

    def chart(self, *, dark: bool = False) -> "Chart":
        """Draw the estimates with their intervals, held against what was shown really.

        Args:
            dark: On a dark ground.

        Raises:
            ConfigurationError: There is nothing to draw.
            MissingDependencyError: Altair is not installed.
        """
        from unified_customer.methods.charting import forest

        logged = self.value("logged")
        if logged is None:
            raise ConfigurationError("There is no row to estimate from, so there is nothing to draw.")
        return forest(
            self.table.with_columns(pl.col("estimator").replace(_NAMES)), name="estimator", estimate="value", low="low", high="high", reference=logged,
            reference_title="what was shown", value_title="mean reward of a shown item", unit=NUMBER,
            title="What the policy would have been worth", subtitle=[self._sample()], dark=dark,
        )  # fmt: skip

    def _sample(self) -> str:
        rows, effective = self.diagnostics["rows"], self.diagnostics["effective_rows"]
        return f"{COUNT.written(rows)} rows, as good as {COUNT.written(effective)} of the policy itself"

    def __str__(self) -> str:
        rows = [
            f"  {name:8}{NUMBER.written(value):>10}  ({NUMBER.written(low)} to {NUMBER.written(high)})"
            for name, value, low, high, _ in self.table.iter_rows()
        ]
        left = [f"  left out: {rows:,} rows, {why}" for why, rows in self.left_out.iter_rows()]
        findings = [f"  {finding}" for finding in self.findings]
        return "\n".join([f"Mean reward of a shown item; {self._sample()}", *rows, *left, *findings])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        known = self.diagnostics
        facts = [
            ("rows", COUNT.written(known["rows"])),
            ("effective", COUNT.written(known["effective_rows"])),
            ("greatest weight", NUMBER.written(known["max_weight"])),
            ("unsupported", SHARE.written(known["unsupported"])),
        ]
        note = " ".join(finding.message for finding in self.findings)
        formats = dict.fromkeys(_SCHEMA, NUMBER)
        return result_html("Off-policy evaluation", facts, self.table, formats=formats, note=note)

    def to_body(self) -> Mapping[str, Any]:
        """Return estimates, diagnostics and the names of findings."""
        kinds = [finding.kind for finding in self.findings]
        return {"estimates": self.table.to_dicts(), "diagnostics": dict(self.diagnostics), "findings": kinds}


def estimated(spec: OffPolicy, feedback: "Feedback | Native", target: Native) -> Estimates:
    """Return estimates of what a policy would have been worth."""
    log = weighed(spec, feedback, target)
    diagnostics = diagnosed(spec, log)
    rows = [{"estimator": name, **_told(spec, log, *parts)} for name, parts in _parts(spec, log).items()]
    table = pl.DataFrame(rows, schema={"estimator": pl.String, **_SCHEMA})
    bare = pl.col("estimator") == "dm"
    table = table.with_columns(pl.when(~bare).then(pl.col("low", "high", "error")))
    return Estimates(spec, table, diagnostics, found(spec, log, diagnostics), log.left_out)


def _parts(spec: OffPolicy, log: Weighed) -> dict[str, tuple[Floats, Floats]]:
    """Return what stands above and below in each estimate, row by row."""
    weight, reward = log.rows["weight"].to_numpy(), log.rows["reward"].to_numpy()
    ones = np.ones(len(weight))
    used = weight if spec.clip is None else np.minimum(weight, spec.clip)
    parts = {"logged": (reward, ones), "ips": (used * reward, ones), "snips": (used * reward, used)}
    if "expected" not in log.rows.columns:
        return parts
    expected, predicted = (log.rows[name].to_numpy() for name in ("expected", "predicted"))
    sure = used if spec.switch is None else np.where(weight <= spec.switch, weight, 0.0)
    corrected = expected + sure * (reward - predicted)
    return {"logged": parts["logged"], "dm": (expected, ones), **parts, "dr": (corrected, ones)}


def _told(spec: OffPolicy, log: Weighed, above: Floats, below: Floats) -> dict[str, float | None]:
    """Return a ratio of two sums with its interval, of units that were drawn."""
    by_unit = log.rows.select("unit", above=pl.Series(above), below=pl.Series(below)).group_by(
        "unit", maintain_order=True
    )
    one, other = by_unit.agg(pl.col("above", "below").sum()).select("above", "below").to_numpy().T
    sums = Sums(len(one), one.sum(), other.sum(), one @ one, other @ other, one @ other)
    if sums.below == 0:
        return {}
    value, interval = float(sums.above / sums.below), ratio_interval(sums, confidence=spec.confidence)
    if interval is None:
        return {"value": value}
    return {"value": value, "low": interval.low, "high": interval.high, "error": _error(spec, interval.high - value)}


def _error(spec: OffPolicy, reach: float) -> float:
    from unified_customer.methods.statistics import normal_quantile

    return reach / normal_quantile(spec.confidence)
