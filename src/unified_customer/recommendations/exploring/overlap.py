"""How far what was shown covers what another policy shows: diagnostics and findings."""

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from unified_customer.methods.display import COUNT, NUMBER, SHARE
from unified_customer.methods.learning import Floats
from unified_customer.methods.statistics import Sums, ratio_interval
from unified_customer.recommendations.exploring.findings import Finding
from unified_customer.recommendations.exploring.off_policy import OffPolicy
from unified_customer.recommendations.exploring.weighing import PLACE, Weighed


def effective_sample(weights: Floats) -> float | None:
    """Return how many equal weights are as good as these, by Kish; None where all are 0.

    Examples:
        >>> effective_sample(np.array([1.0, 1.0, 2.0])), effective_sample(np.zeros(2))
        (2.6666666666666665, None)

    References:
        L. Kish (1965): Survey sampling.
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else None


def diagnosed(spec: OffPolicy, log: Weighed) -> dict[str, float | None]:
    """Return numbers that tell whether estimates can be trusted."""
    weight = log.rows["weight"].to_numpy()
    rows = len(weight)
    used = weight if spec.clip is None else np.minimum(weight, spec.clip)
    total, bound = float(used.sum()), spec.clip or spec.switch
    effective = effective_sample(used)
    unsupported = _unsupported(spec, log)
    return {
        "rows": float(rows),
        "units": float(log.rows["unit"].n_unique()),
        "effective_rows": effective,
        "effective_share": None if effective is None else effective / rows,
        "mean_weight": float(weight.mean()) if rows else None,
        "max_weight": float(weight.max()) if rows else None,
        "max_weight_share": float(used.max()) / total if total else None,
        "unsupported": None if unsupported is None else unsupported[0],
        "support_is_known": float("logged" in log.target.columns),
        "clipped": None if not rows else 0.0 if bound is None else float((weight > bound).mean()),
    }


def _unsupported(spec: OffPolicy, log: Weighed) -> tuple[float, float] | None:
    """Return the share of what the target shows that could not have been shown, and the least that it may be."""
    if log.rows.is_empty():
        return None
    if "logged" in log.target.columns:
        lost = pl.col("target").filter(~(pl.col("logged") > 0).fill_null(value=False)).sum()
        places = log.target.group_by(PLACE).agg(lost=lost)
        share = float(log.rows.select(PLACE).join(places, on=PLACE, how="left")["lost"].mean() or 0.0)  # type: ignore[arg-type]
        return share, share
    # Weights have a mean of 1 where all is supported, and of so much less as is not.
    by_unit = log.rows.group_by("unit", maintain_order=True).agg(pl.col("weight").sum(), rows=pl.len())
    one, other = by_unit.select(pl.col("weight", "rows").cast(pl.Float64)).to_numpy().T
    sums = Sums(len(one), one.sum(), other.sum(), one @ one, other @ other, one @ other)
    interval = ratio_interval(sums, confidence=spec.confidence)
    mean, high = (sums.above / sums.below, 1.0) if interval is None else (interval.estimate, interval.high)
    return min(max(1 - float(mean), 0.0), 1.0), max(1 - float(high), 0.0)


def found(spec: OffPolicy, log: Weighed, known: Mapping[str, float | None]) -> tuple[Finding, ...]:
    """Return what speaks against the estimates."""
    return tuple(_found(spec, log, known))


def _found(spec: OffPolicy, log: Weighed, known: Mapping[str, float | None]) -> Iterator[Finding]:
    rows, effective = known["rows"] or 0.0, known["effective_rows"]
    if not rows:
        yield Finding("nothing_left", "There is no row to estimate from.")
        return
    if effective is None:
        yield Finding("no_support", "The policy shows nothing of what was shown, so nothing can be estimated.")
        return
    yield from _support(spec, log)
    if effective < spec.least_effective:
        told = f"{COUNT.written(rows)} rows are as good as {NUMBER.written(effective)} of the policy itself"
        yield Finding("few_effective_rows", f"{told}: intervals are too narrow, and a few rows decide.")
    heavy = known["max_weight_share"] or 0.0
    if heavy > spec.most_of_one:
        yield Finding("heavy_row", f"One row has {SHARE.written(heavy)} of all weight: the estimates go with it.")
    clipped = known["clipped"] or 0.0
    if clipped > spec.most_clipped:
        bias = "the model" if spec.switch else "0"
        yield Finding(
            "many_clipped", f"{SHARE.written(clipped)} of weights are above the bound: biased towards {bias}."
        )


def _support(spec: OffPolicy, log: Weighed) -> Iterator[Finding]:
    share, least = _unsupported(spec, log) or (0.0, 0.0)
    certain = bool((log.rows["propensity"] == 1).all())
    if certain and bool((log.rows["target"] < 1).any()):
        message = "The log is of a deterministic policy, and the policy in question differs from it"
        yield Finding("no_support", f"{message}: nothing is known of what it shows instead.")
    elif least > spec.most_unsupported:
        message = f"{SHARE.written(share)} of what the policy shows could not have been shown"
        yield Finding("too_little_support", f"{message}: ips counts it as worth nothing, snips as worth the rest.")
