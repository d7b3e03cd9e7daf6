"""What `explanation` tells, as charts: `pip install "unified-customer[charts]"`."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.cluster_explanation import ClusterExplanation
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.model_tables import Unlinkables, model_table
from unified_customer.identity.matching.pair_explanation import PairExplanation
from unified_customer.methods.charting import Chart, curve, levels, network, waterfall

_STEPS: Final = {"prior": "any two records", "bonds": "other explanations", "source": "source without duplicates"}


def waterfall_chart(explanation: PairExplanation, *, dark: bool = False) -> Chart:
    """Draw the evidence for a pair, step by step; it shows the values of both records.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    labels = [
        _step_label(*row) for row in explanation.steps.select("kind", "step", "value_a", "value_b", "agreement").rows()
    ]
    above = "above" if explanation.bits > explanation.threshold else "not above"
    return waterfall(
        explanation.steps,
        labels=[*labels, ("score", f"probability {explanation.probability:.4f}")],
        change="bits",
        total="total",
        unit="bits",
        title=f"Do {explanation.record_a} and {explanation.record_b} match?",
        subtitle=[
            f"{explanation.bits:+z.1f} bits, {above} the threshold of {explanation.threshold:+z.1f}.",
            "Each bit doubles the odds.",
        ],
        line=explanation.threshold,
        line_name="threshold",
        dark=dark,
    )


def cluster_chart(explanation: ClusterExplanation, *, dark: bool = False) -> Chart:
    """Draw the records of a cluster and what holds them together.

    The weakest link is orange and dashed, with a circle of records on either side. Dark lines are the links that hold
    the cluster together, grey ones all others above the threshold.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    weakest = explanation.weakest
    words = ["Dark lines hold the cluster together, grey ones are other pairs above the threshold. Numbers are bits."]
    if weakest is not None:
        words = [
            f"The weakest link, orange and dashed, is {weakest.record_a} with {weakest.record_b}: {weakest.bits:+z.1f} bits.",
            *words,
        ]
    return network(
        _nodes(explanation),
        _drawn(explanation),
        unit="bits",
        title=f"What holds {explanation.nodes.height} records together",
        subtitle=words,
        dark=dark,
    )


def model_chart(model: FittedMatcher, *, fields: Sequence[str] | None = None, dark: bool = False) -> Chart:
    """Draw what each level of agreement weighs, and how often it is seen in one person and by chance.

    Args:
        model: The fitted matcher.
        fields: Only these. None: all.
        dark: On a dark ground.

    Raises:
        ConfigurationError: There is no such field.
        MissingDependencyError: Altair is not installed.
    """
    table = model_table(model)
    known = [learned.name for learned in model.fields]
    unknown = [name for name in fields or () if name not in known]
    if unknown:
        raise ConfigurationError(f"The matcher has no field {unknown[0]!r}; it has {', '.join(known)}.")
    shown = table if fields is None else table.filter(pl.col("field").is_in(list(fields)))
    return levels(
        shown,
        group="field",
        level="agreement",
        value="bits",
        unit="bits",
        rates={"m": "one person (m)", "u": "by chance (u)"},
        title="What agreement weighs",
        subtitle=["Each bit doubles the odds of one person. The weight is the base-two logarithm of m / u."],
        dark=dark,
    )


def unlinkables_chart(found: Unlinkables, *, dark: bool = False) -> Chart:
    """Draw how many records say too little to be matched, threshold by threshold.

    Raises:
        MissingDependencyError: Altair is not installed.
    """
    return curve(
        found.curve,
        x="bits",
        x_title="threshold in bits",
        share="share",
        share_title="share of records",
        at=found.threshold,
        at_name="threshold",
        title="Records that say too little to be matched",
        subtitle=[str(found), "Each record is compared with itself: nothing else could agree better."],
        dark=dark,
    )


def _step_label(kind: str, step: str, value_a: str | None, value_b: str | None, agreement: str) -> tuple[str, ...]:
    if kind in {"prior", "bonds"}:
        return (_STEPS[kind],) if kind == "prior" else (_STEPS[kind], agreement)
    head = f"{_STEPS.get(kind, step)}: {agreement}"
    return (head,) if value_a is None and value_b is None else (head, f"{value_a or '—'}  |  {value_b or '—'}")


def _nodes(explanation: ClusterExplanation) -> pl.DataFrame:
    """Return the nodes part by part, each from its end of the weakest link along the links of the tree."""
    weakest, nodes = explanation.weakest, explanation.nodes
    ids = nodes["record_id"].to_list()
    starts = ids[:1] if weakest is None else [weakest.record_a, weakest.record_b]
    tree = explanation.edges.filter(pl.col("in_tree") & ~pl.col("weakest")).select("record_a", "record_b").rows()
    walk = {record_id: place for place, record_id in enumerate(each for start in starts for each in _walk(start, tree))}
    order = pl.Series([walk[record_id] for record_id in ids], dtype=pl.Int64)
    return nodes.sort("part", order).select(name=pl.col("record_id").cast(pl.String), kind="source", part="part")


def _walk(start: Any, tree: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Return what hangs on `start`, one branch after the other."""
    near: dict[Any, list[Any]] = {start: []}
    for one, other in tree:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    seen, waiting = dict[Any, None](), [start]
    while waiting:
        here = waiting.pop()
        seen[here] = None
        waiting += [each for each in reversed(near[here]) if each not in seen]
    return list(seen)


def _drawn(explanation: ClusterExplanation) -> pl.DataFrame:
    look = pl.when("weakest").then(pl.lit("marked")).when("in_tree").then(pl.lit("strong")).otherwise(pl.lit("plain"))
    drawn = explanation.edges.filter(pl.col("in_tree") | (pl.col("bits") > explanation.threshold))
    return drawn.select(
        one=pl.col("record_a").cast(pl.String), other=pl.col("record_b").cast(pl.String), weight="bits", look=look
    )
