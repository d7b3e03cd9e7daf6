"""Households: who lives with whom. An entity of its own beside the person; no person is ever merged by it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.identity.matching.arrays import Floats, Ints, sorted_distinct
from unified_customer.identity.matching.blocking import candidates, pack, unpack
from unified_customer.identity.matching.components import components, pairs_of
from unified_customer.identity.matching.encoding import Encoded, encode
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.homes import Homes, home_evidence, pairs_that_share
from unified_customer.identity.matching.linkage import TOGETHER, Scored, link
from unified_customer.identity.matching.matcher import FittedMatcher

LIKELY_ENOUGH: Final = -3.0
"""Pairs with fewer bits than this do not bring customers into one component."""

MOST: Final = 10
"""More customers than this are no household."""

NO_HOMES: Final = "The matcher was fitted on records that tell of no people who share a home without being one person."
NO_PEOPLE: Final = "The records have no names of people, so that nobody lives with anybody."


@dataclass(frozen=True)
class Households:
    """Who lives with whom.

    Attributes:
        members: `customer_id`, `household_id`, `probability`: a row for each customer, in the order of their ids. The
            id of a household is the smallest id of its customers; `probability` is that of the best pair of records
            which binds the customer to another one, null for who lives alone as far as is known.
        alarms: `household_id`, `customers`: those that would have been larger than a household can be. They are given
            up.
        reason: Why everybody lives alone, where nothing is known of homes; else None.
    """

    members: pl.DataFrame
    alarms: pl.DataFrame
    reason: str | None = None


def find_households(
    matcher: FittedMatcher, records: pl.DataFrame, partition: pl.DataFrame, *, threshold: float = 0.5, most: int = MOST
) -> Households:
    """Say which customers live in one home.

    Customers are one household if the pooled evidence of their records is in favour of one home, by the weights that
    the matcher learned for the bond `household`. Who moved belongs where the latest dated address is: records from
    before are not asked. Whose records have no time has not moved.

    Args:
        matcher: Fitted on these records or on others with the same columns.
        records: As for `FittedMatcher.match`; optionally `observed_at` (dates or times), when each was true.
        partition: `record_id`, `customer_id` of all of them: who is who.
        threshold: Customers are joined from this probability on.
        most: Households of more customers are given up.

    Returns:
        The households. The order of records changes nothing.

    Raises:
        SchemaError: A record has no customer, or `observed_at` is no time.
    """
    encoded = encode(matcher.read(records))
    known = _facts(encoded, records, partition)
    evidence = home_evidence(encoded.columns, sorted(name for name in matcher.prior if name != "one"), matcher.evidence)
    if evidence is None or not encoded.with_role("given_name", "family_name"):
        return all_alone(known, NO_PEOPLE if evidence is not None else NO_HOMES)
    homes = Homes(encoded, _numbers(known), evidence, matcher.rarity)
    kept = _since_the_last_move(homes, known)
    now = Homes(encoded.take(kept), homes.owners[kept], evidence, matcher.rarity)
    labels, scored = _compared(now, candidates(now.records, matcher.keys))
    clusters = link(labels, scored, evidence, least=float(np.log2(threshold / (1 - threshold))))
    found = known[kept].with_columns(cluster=clusters, bits=_best_bits(now, clusters, scored))
    return _households(found, most)


def _facts(encoded: Encoded, records: pl.DataFrame, partition: pl.DataFrame) -> pl.DataFrame:
    """Return `customer_id` and `observed_at` of each record, in the order of `encoded`."""
    times = records.select("record_id", observed_at=_times(records))
    facts = encoded.record_ids.to_frame("record_id").join(times, on="record_id", how="left", maintain_order="left")
    owners = partition.select("record_id", "customer_id")
    facts = facts.join(owners, on="record_id", how="left", maintain_order="left")
    if len(facts) != len(encoded) or facts["customer_id"].null_count():
        raise SchemaError("Each record needs one customer: `partition` has a row for each `record_id` of `records`.")
    return facts


def _times(records: pl.DataFrame) -> pl.Expr:
    dtype = records.schema.get("observed_at", pl.Null())
    if dtype == pl.Null():
        return pl.lit(None, dtype=pl.Int64)
    if dtype != pl.Date and not isinstance(dtype, pl.Datetime):
        raise SchemaError(
            f"Column 'observed_at' holds {dtype} where dates or times are wanted: parse it, or leave it out."
        )
    return pl.col("observed_at").cast(pl.Datetime("us")).to_physical()


def _numbers(facts: pl.DataFrame) -> Ints:
    return (facts["customer_id"].rank("dense") - 1).to_numpy().astype(np.int64)


def _since_the_last_move(homes: Homes, facts: pl.DataFrame) -> Ints:
    """Return the records that are younger than the last one which speaks of another address than the latest does."""
    placed = facts.with_row_index("place").with_columns(at=pl.col("observed_at").fill_null(np.iinfo(np.int64).min))
    spoken = placed.filter(pl.Series(homes.speaks_of_address()))
    latest = (
        spoken.sort("at", "place").group_by("customer_id").agg(home=pl.col("place").last(), since=pl.col("at").last())
    )
    older = spoken.join(latest, on="customer_id").filter(pl.col("at") < pl.col("since"))
    ends = (older[name].to_numpy().astype(np.int64) for name in ("place", "home"))
    moved = older.filter(pl.Series(homes.elsewhere(*ends))).group_by("customer_id").agg(moved=pl.col("at").max())
    kept = placed.join(moved, on="customer_id", how="left", maintain_order="left")
    return (
        kept.filter(pl.col("moved").is_null() | (pl.col("at") > pl.col("moved")))["place"].to_numpy().astype(np.int64)
    )


def _compared(homes: Homes, likely: Ints) -> tuple[Ints, Scored]:
    """Return the component of each record, and all pairs within components with their odds."""
    within = _chained(homes.owners)
    shared = homes.score(sorted_distinct(np.concatenate([likely, pairs_that_share(homes.records), within])))
    crowds = homes.crowds(shared)
    known = _held(homes, homes.score(shared.pairs, crowds=crowds))
    first, second = unpack(len(homes.records), known.pairs)
    labels = components(len(homes.records), first, second, known.log_odds, least=LIKELY_ENOUGH)
    return labels, _held(homes, homes.score(pairs_of(labels), crowds=crowds))


def _chained(owners: Ints) -> Ints:
    """Return pairs that hold the records of each customer together."""
    order = np.argsort(owners, kind="stable")
    same = owners[order[1:]] == owners[order[:-1]]
    return pack(len(owners), order[1:][same], order[:-1][same])


def _held(homes: Homes, scored: Scored) -> Scored:
    """Return the pairs with those of one customer bound to stay together."""
    first, second = unpack(len(homes.records), scored.pairs)
    same = homes.owners[first] == homes.owners[second]
    return Scored(scored.pairs, scored.levels, np.where(same, TOGETHER, scored.log_odds))


def _best_bits(homes: Homes, clusters: Ints, scored: Scored) -> Floats:
    """Return for each record the odds of its best pair with another customer of its cluster."""
    first, second = unpack(len(homes.records), scored.pairs)
    binding = (clusters[first] == clusters[second]) & (homes.owners[first] != homes.owners[second])
    best = np.full(len(clusters), -np.inf)
    for ends in (first, second):
        np.maximum.at(best, ends[binding], scored.log_odds[binding])
    return best


def _households(found: pl.DataFrame, most: int) -> Households:
    each = found.group_by("customer_id").agg(pl.col("cluster").first(), pl.col("bits").max())
    size, named = pl.len().over("cluster"), pl.col("customer_id").min().over("cluster")
    sized = each.with_columns(customers=size.cast(pl.Int64), household_id=named)
    bound = pl.col("customers").is_between(2, most)
    members = sized.select(
        "customer_id",
        household_id=pl.when(bound).then("household_id").otherwise("customer_id"),
        probability=pl.when(bound).then(pl.Series(probability(sized["bits"].to_numpy()))),
    )
    alarms = sized.filter(pl.col("customers") > most).select("household_id", "customers").unique().sort("household_id")
    return Households(members.sort("customer_id"), alarms)


def all_alone(partition: pl.DataFrame, reason: str) -> Households:
    """Return everybody in a household of their own.

    Args:
        partition: `customer_id`, of some or all records.
        reason: Why nothing is known of homes.
    """
    alone = pl.lit(None, dtype=pl.Float64)
    customers = partition.select("customer_id", household_id="customer_id", probability=alone)
    alarms = pl.DataFrame(schema={"household_id": partition.schema["customer_id"], "customers": pl.Int64})
    return Households(customers.unique().sort("customer_id"), alarms, reason)
