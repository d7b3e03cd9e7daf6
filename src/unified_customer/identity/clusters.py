"""Clusters, from the strongest kind of identifier to the weakest, each step checked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from unified_customer.identity.agreement import ambiguous, clashes, parts
from unified_customer.identity.evidence import SILENT, Evidence, Labels
from unified_customer.identity.sharing import pairs_within

if TYPE_CHECKING:
    from unified_customer.identity.exact import ExactIdentity


@dataclass(frozen=True)
class Clusters:
    """Who was joined with whom.

    Attributes:
        labels: For each record the number of its cluster.
        joined: `record`, `kind`: the strongest kind of identifier that joined the record; others are not in it.
    """

    labels: Labels
    joined: pl.DataFrame


def cluster(
    spec: "ExactIdentity", joins: pl.DataFrame, strong: pl.DataFrame, evidence: Evidence, *, told: Labels
) -> Clusters:
    """Join from the strongest kind of identifier to the weakest, and refuse what brings together who disagrees.

    Each kind is taken as a whole, so nothing depends on the order of records. Where the joins of a kind would bring
    together people who disagree, the records that hang between them lose their joins of that kind.

    Args:
        spec: The limits.
        joins: `record`, `hub`, `tier`, `kind`: the records of one hub are joined.
        strong: `record`, `kind`, `group`: all strong identifiers; `group` is the number of the value.
        evidence: What the records say.
        told: For each record the number of the group that must-links put it in: the clusters to begin with.

    Returns:
        The clusters.
    """
    labels, joined = told, []
    for tier in sorted(joins["tier"].unique()):
        rows = joins.filter(pl.col("tier") == tier)
        rows = rows.with_columns(node=pl.Series(labels[rows["record"].to_numpy()], dtype=pl.UInt32))
        edges = _several(rows.select("node", "hub").unique())
        kept = _checked(spec, edges, _states(labels, edges, evidence), _ids(labels, strong, evidence), evidence)
        used = rows.rename({"hub": "value"}).join(kept, on=["node", "value"])
        joined.append(used.select("record", "kind", "tier"))
        labels = _relabel(labels, kept)
    return Clusters(labels, _strongest(joined))


def components(size: int, pairs: pl.DataFrame) -> Labels:
    """Return the number of the connected component of each of `size` nodes, given pairs `a`, `b` of them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), ends), shape=(size, size))
    labels: Labels = connected_components(graph, directed=False)[1]
    return labels


def _several(edges: pl.DataFrame) -> pl.DataFrame:
    return edges.filter(pl.len().over("hub") > 1)


def _states(labels: Labels, edges: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Return what the records of each node of `edges` say: `node`, `code`."""
    joined = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.bool_)
    joined[edges["node"].to_numpy()] = True
    states = pl.DataFrame({"node": pl.Series(labels, dtype=pl.UInt32), "code": evidence.codes})
    return states.filter((pl.col("code") != SILENT) & pl.Series(joined[labels])).unique()


def _ids(labels: Labels, strong: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    silent = strong.filter(evidence.codes.gather(strong["record"]) == SILENT)
    nodes = pl.Series(labels[silent["record"].to_numpy()], dtype=pl.UInt32)
    return silent.select(node=nodes, kind="kind", id="group").unique()


def _relabel(labels: Labels, kept: pl.DataFrame) -> Labels:
    """Merge the nodes that share a hub."""
    size = int(labels.max()) + 1
    first = kept.select(b=pl.col("node").min().over("hub"), a="node")
    merged = components(size, first.filter(pl.col("a") != pl.col("b")))
    return merged[labels]


def _grouped(edges: pl.DataFrame) -> pl.DataFrame:
    """Number the connected components of `edges` (`node`, `hub`) in a column `group`."""
    ends = edges.select(a=pl.col("node").rank("dense") - 1, b=pl.col("hub").rank("dense") - 1)
    nodes = ends["a"].n_unique()
    found = components(nodes + ends["b"].n_unique(), ends.with_columns(pl.col("b") + nodes))
    return edges.with_columns(group=pl.Series(found[ends["a"].to_numpy()], dtype=pl.UInt32))


def _checked(
    spec: "ExactIdentity", edges: pl.DataFrame, states: pl.DataFrame, ids: pl.DataFrame, evidence: Evidence
) -> pl.DataFrame:
    """Keep those of the `edges` (`node`, `hub`) that bring together nobody who disagrees.

    Returns `node`, `value` (the hub) and `hub` (a new number): what is left of a hub may fall into several.
    """
    grouped = _grouped(edges)
    inside = grouped.select("group", "node").unique()
    members = inside.join(states, on="node").select("group", "code").unique()
    grouped = grouped.join(_crowded(spec, members, inside.join(ids, on="node")), on="group", how="anti")
    members = members.join(grouped.select("group").unique(), on="group", how="semi")
    conflicts = evidence.conflicts(pairs_within(members))
    contested = clashes(members, conflicts).select("group").unique()
    calm = grouped.join(contested, on="group", how="anti").select("node", "hub", part=pl.lit(0, pl.UInt32))
    rest = grouped.join(contested, on="group", how="semi").select("node", "hub")
    kept = pl.concat([calm, _untangled(rest, states, conflicts)]).rename({"hub": "value"})
    return _several(kept.select("node", "value", hub=pl.struct("value", "part").rank("dense")))


def _crowded(spec: "ExactIdentity", members: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    names = members.group_by("group").len().filter(pl.col("len") > spec.max_names)
    each = ids.group_by("group", "kind").agg(size=pl.col("id").n_unique())
    return pl.concat([names.select("group"), each.filter(pl.col("size") > spec.max_customer_ids).select("group")])


def _untangled(edges: pl.DataFrame, states: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Take out of contested components what hangs between people who disagree.

    First within each hub, then what has neighbours in several hubs who disagree, and where that is not enough (a chain
    of nameless records), everything in the component that agrees with two people who disagree.

    Returns `node`, `hub`, `part`: the same hub in different parts is no longer joined.
    """
    if edges.is_empty():
        return edges.with_columns(part=pl.lit(0, pl.UInt32))
    minds, clash = _minds(edges, states, conflicts)
    edges = edges.join(minds, on="node")
    by_hub = _agreeing(edges.with_columns(group="hub"), clash)
    by_hub = by_hub.with_columns(hub_part=pl.struct("hub", "part").rank("dense")).drop("part", "group")
    around = by_hub.join(by_hub.select("hub_part", code="mind").unique(), on="hub_part")
    torn = clashes(around.select("code", group="node").unique(), clash).select(node="group").unique()
    left = by_hub.join(torn, on="node", how="anti")
    grouped = _grouped(left.select("node", "mind", value="hub", hub="hub_part"))
    final = _agreeing(grouped, clash)
    return final.select("node", hub="value", part=pl.struct("hub", "part").rank("dense").cast(pl.UInt32))


def _agreeing(edges: pl.DataFrame, conflicts: pl.DataFrame) -> pl.DataFrame:
    """Keep the `edges` whose `mind` is not ambiguous in their `group`, with the `part` of the group that they are in."""
    members = edges.select("group", code="mind").unique()
    clash = clashes(members, conflicts)
    clear = members.join(ambiguous(members, clash), on=["group", "code"], how="anti")
    return edges.join(parts(clear, clash).rename({"code": "mind"}), on=["group", "mind"])


def _minds(edges: pl.DataFrame, states: pl.DataFrame, conflicts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number what whole clusters say: `node`, `mind`; and the pairs of minds that conflict."""
    nodes = edges.select("node").unique()
    said = nodes.join(states, on="node").group_by("node").agg(codes=pl.col("code").sort())
    words = pl.col("codes").cast(pl.List(pl.String)).list.join(",").fill_null("")
    minds = nodes.join(said, on="node", how="left").with_columns(mind=words.rank("dense").cast(pl.UInt32))
    codes = minds.select("mind", "codes").unique("mind").explode("codes").drop_nulls()
    left = codes.rename({"mind": "a", "codes": "code_a"}).join(conflicts, left_on="code_a", right_on="a")
    clash = left.join(codes.rename({"mind": "mind_b", "codes": "code_b"}), left_on="b", right_on="code_b")
    return minds.select("node", "mind"), clash.select("a", b="mind_b").unique()


def _strongest(joined: list[pl.DataFrame]) -> pl.DataFrame:
    if not joined:
        return pl.DataFrame(schema={"record": pl.UInt32, "kind": pl.String})
    rows = pl.concat(joined).sort("record", "tier", "kind")
    return rows.group_by("record").agg(pl.col("kind").first())
