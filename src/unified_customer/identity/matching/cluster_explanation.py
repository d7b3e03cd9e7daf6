"""What holds a cluster together, and where it would come apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import ConfigurationError
from unified_customer.identity.matching.arrays import Floats, Ints
from unified_customer.identity.matching.chosen_records import choose, score_all, sources_of
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.matcher import FittedMatcher
from unified_customer.identity.matching.normal_forms import NormalForms

LARGE: Final = 20
"""More records than this are seldom of one person."""


@dataclass(frozen=True)
class WeakestLink:
    """The link at which a cluster comes apart first: no other pair across its two parts is more likely.

    Attributes:
        record_a: The id of the one record.
        record_b: The id of the other.
        bits: The odds that they are one person.
        probability: The same as a probability.
        part_a: The ids of the records that come with `record_a`, sorted.
        part_b: Of those that come with `record_b`.
    """

    record_a: Any
    record_b: Any
    bits: float
    probability: float
    part_a: tuple[Any, ...]
    part_b: tuple[Any, ...]


@dataclass(frozen=True)
class ClusterExplanation:
    """What holds some records together.

    Attributes:
        nodes: `record_id`, `source` ("" where there is none) and `part`: 0 or 1, the side of the weakest link that it
            is on, 0 that of the smallest id. Sorted by `record_id`.
        edges: All pairs: `record_a`, `record_b` (the smaller id first), `bits`, `probability`, `in_tree` (one of the
            links of the maximum spanning tree, which hold the cluster together) and `weakest`. Strongest first.
        weakest: The weakest link of that tree; None for one record.
        threshold: Clusters are joined above so many bits.
        alarm: Why the size is suspicious and which link to look at, for clusters larger than the limit; else None.
    """

    nodes: pl.DataFrame = field(repr=False)
    edges: pl.DataFrame = field(repr=False)
    weakest: WeakestLink | None
    threshold: float
    alarm: str | None

    def __str__(self) -> str:
        """Return the cluster in a few sentences."""
        size = self.nodes.height
        if self.weakest is None:
            return "1 record: nothing holds it together."
        against = self.edges.filter(pl.col("bits") <= 0).height
        lines = [
            f"{size} records, {self.edges.height} pairs, {against} of them with evidence against one person.",
            _in_words(self.weakest, self.threshold),
        ]
        return "\n".join([*lines, self.alarm] if self.alarm else lines)


def explain_cluster(
    model: FittedMatcher, records: pl.DataFrame | NormalForms, record_ids: Sequence[Any], *, limit: int = LARGE
) -> ClusterExplanation:
    """Say what holds a cluster together and which link is its weakest.

    Args:
        model: The fitted matcher.
        records: Records as for `FittedMatcher.match`, or what `FittedMatcher.read` has made of them.
        record_ids: The records of the cluster, or any others; repeated ids count once.
        limit: Clusters of more records raise the alarm.

    Raises:
        ConfigurationError: No id was given, or one is not among the records.

    References:
        J. C. Gower, G. J. S. Ross (1969): Minimum spanning trees and single linkage cluster analysis. JRSS C 18.
    """
    if not len(record_ids):
        raise ConfigurationError("A cluster has at least one record, and no id was given. Give some as `record_ids`.")
    found = choose(model, records, tuple(dict.fromkeys(record_ids)))
    some = found.take(found.record_ids.arg_sort().to_numpy().astype(np.int64))
    links = score_all(model, some)
    # Equal bits go by the ids, so the order in which records come decides nothing.
    order = np.lexsort((links.second, links.first, -links.bits))
    tree, parts = _maximum_tree(len(some), links.first[order], links.second[order])
    ids = some.record_ids
    edges = _edges(ids, links.first[order], links.second[order], links.bits[order], tree)
    nodes = pl.DataFrame({"record_id": ids, "source": sources_of(some), "part": parts})
    weakest = _weakest(nodes, edges)
    return ClusterExplanation(
        nodes=nodes.with_columns(source=pl.col("source").cast(pl.String)),
        edges=edges,
        weakest=weakest,
        threshold=model.bits,
        alarm=_alarm(len(some), limit, weakest, model.bits),
    )


def _maximum_tree(size: int, first: Ints, second: Ints) -> tuple[list[int], Ints]:
    """Return the places of the links of the tree, strongest first, and the part of each record without the last."""
    labels, tree = np.arange(size), list[int]()
    parts = np.zeros(size, dtype=np.int64)
    for place, (one, other) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if labels[one] != labels[other]:
            parts = (labels != labels[0]).astype(np.int64)
            labels[labels == labels[other]] = labels[one]
            tree.append(place)
    return tree, parts


def _edges(ids: pl.Series, first: Ints, second: Ints, bits: Floats, tree: list[int]) -> pl.DataFrame:
    places = np.arange(len(first))
    return pl.DataFrame(
        {
            "record_a": ids.gather(first),
            "record_b": ids.gather(second),
            "bits": bits,
            "probability": probability(bits),
            "in_tree": np.isin(places, tree),
            "weakest": np.isin(places, tree[-1:]),
        }
    )


def _weakest(nodes: pl.DataFrame, edges: pl.DataFrame) -> WeakestLink | None:
    found = edges.filter("weakest")
    if not found.height:
        return None
    record_a, record_b, bits, chance, *_ = found.row(0)
    side = nodes.filter(record_id=record_a)["part"].item()
    parts = [tuple(nodes.filter(part=part)["record_id"].to_list()) for part in (side, 1 - side)]
    return WeakestLink(record_a, record_b, bits, chance, *parts)


def _alarm(size: int, limit: int, weakest: WeakestLink | None, threshold: float) -> str | None:
    if size <= limit or weakest is None:
        return None
    return (
        f"{size} records are in one cluster; more than {limit} are seldom one person."
        f" {_in_words(weakest, threshold)} Look at that pair with explain_pair, and if it is wrong keep the two apart."
    )


def _in_words(weakest: WeakestLink, threshold: float) -> str:
    one, other = len(weakest.part_a), len(weakest.part_b)
    by_itself = "" if weakest.bits > threshold else f", not enough by itself (above {threshold:+z.1f})"
    return (
        f"The weakest link is {weakest.record_a} with {weakest.record_b}: {weakest.bits:+z.1f} bits{by_itself}."
        f" It holds {one} and {other} records together."
    )
