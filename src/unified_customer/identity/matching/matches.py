"""Who is who, as it is told: the customer of each record, and the pairs that are likely one person."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from unified_customer.identity.matching.arrays import Floats, Ints
from unified_customer.identity.matching.blocking import unpack
from unified_customer.identity.matching.encoding import Encoded
from unified_customer.identity.matching.evidence import probability
from unified_customer.identity.matching.expectation import Expected
from unified_customer.identity.matching.linkage import FORBIDDEN, Scored


@dataclass(frozen=True)
class Matches:
    """Who is who.

    Attributes:
        partition: `record_id`, `customer_id`, `probability`, in the order of the records that came in. The id of a
            customer is the smallest record id among its records; `probability` is that of the best pair which the
            record is part of within its customer, null for a customer of one record.
        pairs: `record_a`, `record_b`, `bits`, `probability`: the candidate pairs that are more likely one person than
            the threshold says, strongest first.
        pairs_scored: How many pairs were compared.
        threshold: The probability that was asked for.
        expected: How good the pairs are expected to be.
    """

    partition: pl.DataFrame
    pairs: pl.DataFrame
    pairs_scored: int
    threshold: float
    expected: Expected

    def __str__(self) -> str:
        """Return in three lines how many people the records are of, what was compared, and how good that is expected to be."""
        people = self.partition["customer_id"].n_unique()
        return (
            f"{len(self.partition):,} records of {people:,} people\n"
            f"{self.pairs_scored:,} pairs compared, {len(self.pairs):,} of them more likely one person than"
            f" {self.threshold:.3f}\nexpected: {self.expected}"
        )


def partition_of(records: Encoded, clusters: Ints, scored: Scored, order: pl.Series) -> pl.DataFrame:
    """Return the customer of each record, in the order of the ids `order`: see `Matches.partition`."""
    best = _best_bits(clusters, scored)
    joined = pl.DataFrame({"record_id": records.record_ids, "cluster": clusters, "probability": probability(best)})
    named = joined.select(
        "record_id",
        pl.col("record_id").min().over("cluster").alias("customer_id"),
        pl.when(pl.len().over("cluster") > 1).then("probability").alias("probability"),
    )
    return order.to_frame("record_id").join(named, on="record_id", how="left", maintain_order="left")


def _best_bits(clusters: Ints, scored: Scored) -> Floats:
    """Return for each record the odds of its best pair within its cluster."""
    first, second = unpack(len(clusters), scored.pairs)
    inside = clusters[first] == clusters[second]
    best = np.full(len(clusters), -np.inf)
    for ends in (first, second):
        np.maximum.at(best, ends[inside], scored.log_odds[inside])
    return best


def likely_pairs(records: Encoded, known: Scored, least: float) -> pl.DataFrame:
    """Return the pairs with more than `least` bits, strongest first: see `Matches.pairs`."""
    places = np.flatnonzero((known.log_odds > least) & (known.log_odds > FORBIDDEN))
    places = places[np.argsort(-known.log_odds[places], kind="stable")]
    first, second = unpack(len(records), known.pairs[places])
    bits = known.log_odds[places]
    return ends_of(records, first, second).with_columns(bits=bits, probability=probability(bits))


def ends_of(records: Encoded, first: Ints, second: Ints) -> pl.DataFrame:
    """Return the ids of pairs of records: `record_a`, `record_b`, the smaller first."""
    ends = pl.DataFrame({"one": records.record_ids.gather(first), "other": records.record_ids.gather(second)})
    return ends.select(record_a=pl.min_horizontal("one", "other"), record_b=pl.max_horizontal("one", "other"))
