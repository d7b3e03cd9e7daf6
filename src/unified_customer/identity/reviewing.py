"""Links that a person should look at: those that are most likely wrong, and decide most.

Customers are taken as they are now, and every link is one question:

* *Within* a customer the records that nothing certain joins hang together by pairs. The strongest pairs that still hold
  all of them together are its links; without one of them the customer would fall into two.
* *Between* two customers the link is their most likely pair.

What an identifier or a person joined is certain, and so is what a person kept apart: neither comes up. A link is worth
as many pairs of records as it is expected to have wrong: how likely it is wrong, times the records on the one side,
times those on the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.identity.decisions import standing
from unified_customer.identity.exact import ExactIdentity
from unified_customer.identity.forests import cut_pairs, spanning
from unified_customer.identity.matched import MatchedIdentity, records_of
from unified_customer.identity.matching.arrays import Flags, Ints, Levels, sorted_distinct
from unified_customer.identity.matching.blocking import candidates, pack, unpack
from unified_customer.identity.matching.components import pairs_of
from unified_customer.identity.matching.constraints import constrain
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.levels_in_words import in_words
from unified_customer.identity.matching.linkage import FORBIDDEN
from unified_customer.identity.matching.matcher import FEWEST, FittedMatcher
from unified_customer.identity.matching.rarity import Looked
from unified_customer.identity.matching.scoring import Scorer

DOUBT: Final = 0.01
"""Links that are wrong less likely than this are not worth a look."""

TOLD: Final = 3
"""So many fields are named that speak for a link, and as many that speak against it."""

_ALL_COMPARED: Final = 200
"""In customers of more records only candidate pairs are compared."""

REVIEW: Final = {
    "customer_a": pl.String(),
    "customer_b": pl.String(),
    "record_a": pl.String(),
    "record_b": pl.String(),
    "probability": pl.Float64(),
    "joined": pl.Boolean(),
    "record_pairs": pl.Int64(),
    "reason": pl.String(),
}
"""The columns of a review."""


@dataclass(frozen=True)
class Stored:
    """What is known of some customers.

    Attributes:
        links: `record_id`, `customer_id` as they are now.
        identities: As for `ExactIdentity.resolve`.
        identifiers: As there.
        people: As for `MatchedIdentity.resolve`.
        decisions: Rows of the table `link_decisions`.
    """

    links: pl.DataFrame
    identities: pl.DataFrame
    identifiers: pl.DataFrame
    people: pl.DataFrame
    decisions: pl.DataFrame

    def records(self) -> pl.DataFrame:
        """Return what the matcher compares."""
        return records_of(self.people, self.identities, self.identifiers)


def review(spec: MatchedIdentity, stored: Stored, *, limit: int, told: Collection[str]) -> pl.DataFrame:
    """Return the links that are most worth a look.

    Args:
        spec: How records are joined.
        stored: What is known.
        limit: No more than so many.
        told: The fields that reasons may speak of.

    Returns:
        The columns of `REVIEW`, the most valuable link first: the customers and records it is between, how likely it is
        one person by these two records, whether they are one customer now, how many pairs of records the answer
        decides, and what speaks for it and against it.
    """
    if stored.people.height < FEWEST:
        return pl.DataFrame(schema=REVIEW)
    records = stored.records()
    matcher = spec.fitted(records)
    encoded = encode(matcher.read(records), matcher.rarity.levels)
    nodes = _nodes(spec, stored, encoded)
    pairs = _pairs(encoded, matcher, nodes, _kept_apart(stored))
    links = pl.concat([_within(pairs, nodes), _between(pairs)])
    wrong = pl.when("joined").then(1 - pl.col("probability")).otherwise("probability")
    open_ = links.with_columns(wrong=wrong).filter(pl.col("wrong") >= DOUBT)
    open_ = open_.join(_decided(stored), on=["customer_a", "customer_b"], how="anti")
    worth = open_.with_columns(worth=pl.col("wrong") * pl.col("record_pairs"))
    best = worth.sort("worth", "record_a", "record_b", descending=[True, False, False]).head(limit)
    levels = Scorer(matcher.evidence, Looked(matcher.rarity, encoded)).score(encoded, best["pair"].to_numpy()).levels
    told_of = pl.Series([reason(matcher, row, told=told) for row in levels], dtype=pl.String)
    return best.with_columns(reason=told_of).select(pl.col(name).cast(dtype) for name, dtype in REVIEW.items())


def reason(matcher: FittedMatcher, levels: Levels, *, told: Collection[str]) -> str:
    """Return in words what speaks for one person and what against, the strongest first.

    Args:
        matcher: The matcher.
        levels: One for each of its fields.
        told: The fields that may be spoken of.
    """
    said = [
        (field.one[level], f"{field.name} {in_words(field.levels[level])}")
        for field, level in zip(matcher.fields, levels.tolist(), strict=True)
        if level >= 0 and field.name in told
    ]
    ranked = sorted(said, key=lambda each: (-abs(each[0]), each[1]))
    sides = (
        ("for", [words for bits, words in ranked if bits > 0]),
        ("against", [words for bits, words in ranked if bits < 0]),
    )
    return "; ".join(f"{side}: {', '.join(words[:TOLD])}" for side, words in sides if words)


def _nodes(spec: MatchedIdentity, stored: Stored, records: Encoded) -> pl.DataFrame:
    """Return for each record, in their order, its customer and its node: the records of it that are certainly one person."""
    names = stored.people.select("record_id", *ExactIdentity.reads)
    exact = spec.exact.resolve(stored.identities, stored.identifiers, people=names, decisions=stored.decisions)
    ids = records.record_ids.to_frame("record_id")
    certain = exact.partition.select("record_id", certain="customer_id")
    found = ids.join(stored.links, on="record_id", how="left", maintain_order="left")
    found = found.join(certain, on="record_id", how="left", maintain_order="left")
    node = pl.struct("customer_id", "certain").rank("dense") - 1
    return found.with_columns(node=node.cast(pl.Int64), size=pl.len().over("customer_id").cast(pl.Int64))


def _kept_apart(stored: Stored) -> pl.DataFrame:
    return standing(stored.decisions).filter(kind="cannot_link").select("record_a", "record_b")


def _decided(stored: Stored) -> pl.DataFrame:
    """Return the customers, or two of them, of which a person said already whether they are one."""
    words = standing(stored.decisions).filter(pl.col("kind").is_in(["must_link", "cannot_link"]))
    ends = words.join(stored.links.rename({"record_id": "record_a"}), on="record_a")
    ends = ends.join(stored.links.rename({"record_id": "record_b"}), on="record_b", suffix="_b")
    apart = ends.filter((pl.col("kind") == "cannot_link") | (pl.col("customer_id") != pl.col("customer_id_b")))
    return apart.select(
        customer_a=pl.min_horizontal("customer_id", "customer_id_b"),
        customer_b=pl.max_horizontal("customer_id", "customer_id_b"),
    ).unique()


def _pairs(records: Encoded, matcher: FittedMatcher, nodes: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of records of different nodes that may be one person, scored."""
    owners = (nodes["customer_id"].rank("dense") - 1).to_numpy().astype(np.int64)
    inside = _inner_pairs(owners, nodes["size"].to_numpy() <= _ALL_COMPARED)
    pairs = sorted_distinct(np.concatenate([candidates(records, matcher.keys), inside]))
    first, second = unpack(len(records), pairs)
    node = nodes["node"].to_numpy()
    pairs = pairs[node[first] != node[second]]
    scored = Scorer(matcher.evidence, Looked(matcher.rarity, records)).score(records, pairs)
    held = constrain(records, apart=apart, distinct=matcher.distinct).hold(records, scored)
    pairs, bits = pairs[held.log_odds > FORBIDDEN], held.log_odds[held.log_odds > FORBIDDEN]
    first, second = unpack(len(records), pairs)
    one, other = nodes[first], nodes[second]
    ends = pl.DataFrame({"pair": pairs, "bits": bits, "probability": probability(bits)})
    return _in_order(ends, one, other)


def _in_order(pairs: pl.DataFrame, one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Return pairs with what is known of their ends, the smaller customer first, and within it the smaller record."""
    sides = {name: (one[name], other[name]) for name in ("customer_id", "record_id", "node", "size")}
    joined = sides["customer_id"][0] == sides["customer_id"][1]
    turned = (sides["customer_id"][0] > sides["customer_id"][1]) | (
        joined & (sides["record_id"][0] > sides["record_id"][1])
    )
    columns = {
        f"{name.removesuffix('_id')}_{end}": b.zip_with(turned, a) if end == "a" else a.zip_with(turned, b)
        for name, (a, b) in sides.items()
        for end in "ab"
    }
    return pairs.with_columns(**columns, joined=joined)


_LINK: Final = ("pair", "customer_a", "customer_b", "record_a", "record_b", "probability", "joined", "record_pairs")


def _between(pairs: pl.DataFrame) -> pl.DataFrame:
    apart = pairs.filter(~pl.col("joined")).sort("bits", "record_a", "record_b", descending=[True, False, False])
    best = apart.unique(["customer_a", "customer_b"], keep="first", maintain_order=True)
    return best.with_columns(record_pairs=pl.col("size_a") * pl.col("size_b")).select(_LINK)


def _within(pairs: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    inside = pairs.filter("joined").sort("bits", "record_a", "record_b", descending=[True, False, False])
    weights = dict(nodes.group_by("node").len().iter_rows())
    kept = inside[spanning(inside.select("node_a", "node_b").rows())]
    cut = cut_pairs(kept.select("node_a", "node_b").rows(), weights)
    return kept.with_columns(record_pairs=pl.Series(cut, dtype=pl.Int64)).select(_LINK)


def _inner_pairs(owners: Ints, wanted: Flags) -> Ints:
    """Return all pairs of records of one customer, packed, for the customers that are wanted."""
    members = np.flatnonzero(wanted)
    labels = np.unique(owners[members], return_inverse=True)[1].astype(np.int64)
    first, second = unpack(len(members), pairs_of(labels))
    return pack(len(owners), members[first], members[second])
