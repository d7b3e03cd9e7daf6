"""Components of likely pairs on Spark, and the clusters within them."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from unified_customer.engines.spark import Frame, column_type, connected, grouped, map_groups, settled
from unified_customer.identity.distributed.forms import Batch, Model, places_among
from unified_customer.identity.matching.arrays import Ints
from unified_customer.identity.matching.components import CERTAIN, LARGEST, components, pairs_of
from unified_customer.identity.matching.matcher import LIKELY_ENOUGH
from unified_customer.identity.matching.scoring import Scorer

MANY: Final = 2_000_000
"""Components with more likely pairs than this are taken apart by joins, those with fewer each in one task."""

_RECORDS: Final = 20_000


def component_of_each(pairs: Frame, *, least: float = LIKELY_ENOUGH, many: int = MANY) -> Frame:
    """Return the component of each record that has a likely pair: `record_id`, `component`, its smallest id.

    Args:
        pairs: The candidate pairs with their odds in `bits`.
        least: Only pairs with more hold records together; raised by a bit at a time in components that are too large.
        many: See `MANY`.
    """
    likely = pairs.filter(pairs["bits"] > least).select("record_a", "record_b", "bits")
    labels = connected(likely.selectExpr("record_a AS a", "record_b AS b")).withColumnRenamed("node", "record_id")
    large = settled(grouped(labels, "component", size="count(1)").filter(f"size > {LARGEST}").select("component"))
    if least > CERTAIN or large.isEmpty():
        return labels
    inside = likely.join(labels.withColumnRenamed("record_id", "record_a"), "record_a").join(large, "component")
    huge = settled(grouped(inside, "component", size="count(1)").filter(f"size > {many}").select("component"))
    found = labels.join(large, "component", "left_anti").select("record_id", "component")
    kind = column_type(labels, "record_id")
    in_one = inside.join(huge, "component", "left_anti")
    parts = map_groups(in_one, partial(_parts, least), {"record_id": kind, "component": kind}, by="component")
    found = found.unionByName(parts)
    if huge.isEmpty():
        return found
    rest = inside.join(huge, "component", "left_semi").drop("component")
    return found.unionByName(component_of_each(rest, least=least + 1, many=many))


def _parts(least: float, pairs: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Take components apart as they are on one machine."""
    ids = pl.concat([pairs["record_a"], pairs["record_b"]]).unique().sort().alias("record_id")
    first, second = (places_among(ids, pairs[end]) for end in ("record_a", "record_b"))
    labels = components(len(ids), first, second, pairs["bits"].to_numpy(), least=least)
    found = pl.DataFrame({"record_id": ids, "label": labels})
    several = found.filter(pl.len().over("label") > 1)
    yield several.select("record_id", pl.col("record_id").min().over("label").alias("component"))


def link(model: Model, records: Frame, components_: Frame) -> Frame:
    """Return the customer of each record: `record_id`, `customer_id`, `probability`."""
    kind = column_type(records, "record_id")
    schema = {"record_id": kind, "customer_id": kind, "probability": "double"}
    members = records.join(components_, "record_id")
    linked = map_groups(members, partial(_link, model), schema, by="component", rows=_RECORDS)
    alone = "coalesce(customer_id, record_id) AS customer_id"
    return records.select("record_id").join(linked, "record_id", "left").selectExpr("record_id", alone, "probability")


def _link(model: Model, members: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Link whole components as they are linked on one machine, all their pairs being known."""
    batch = model.batch(members)
    records, matcher = batch.records, batch.matcher
    known = Scorer(matcher.evidence, matcher.rarity).score(records, pairs_of(_labels(batch, members)))
    yield matcher.match_encoded(
        records, records.record_ids, held=batch.held, rarity=matcher.rarity, known=known
    ).partition


def _labels(batch: Batch, members: pl.DataFrame) -> Ints:
    labels = members["component"].rank("dense").to_numpy().astype(np.int64) - 1
    found = np.empty(len(members), dtype=np.int64)
    found[batch.places(members["record_id"])] = labels
    return found
