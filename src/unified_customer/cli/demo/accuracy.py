"""How well the records of the demo were joined, measured against the truth."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from unified_customer.identity.accuracy import accuracy as measure

KEY: Final = ["source", "source_id"]


@dataclass(frozen=True)
class Accuracy:
    """How well a partition of records agrees with the true one; see `accuracy`.

    Attributes:
        records: Number of records compared.
        people: Number of people that they are.
        customers: Number of customers that they were joined to.
        precision: Of the pairs that were joined, how many are of one person.
        recall: Of the pairs of one person, how many were joined.
        f1: Harmonic mean of the two.
        b3_precision: Averaged over records: how much of its customer is its person.
        b3_recall: Averaged over records: how much of its person is in its customer.
        b3_f1: Harmonic mean of the two.
    """

    records: int
    people: int
    customers: int
    precision: float
    recall: float
    f1: float
    b3_precision: float
    b3_recall: float
    b3_f1: float


def accuracy(joined: pl.DataFrame) -> Accuracy:
    """Return pairwise and B-cubed precision and recall.

    Args:
        joined: One row per record, with `person` (who it is) and `customer` (whom it was joined to); no nulls.

    References:
        Bagga and Baldwin (1998), Algorithms for scoring coreference chains (B-cubed).

    Examples:
        >>> found = accuracy(pl.DataFrame({"person": ["a", "a", "a", "b"], "customer": [1, 1, 2, 2]}))
        >>> found.precision, round(found.recall, 3), found.b3_precision
        (0.5, 0.333, 0.75)
    """
    rows = joined.with_row_index("record_id")
    found = measure(rows.select("record_id", customer_id="customer"), rows.select("record_id", cluster_id="person"))
    pairs, records = found.closure, found.b_cubed
    return Accuracy(
        found.records, found.clusters, found.customers,
        pairs.precision, pairs.recall, pairs.f1,
        records.precision, records.recall, records.f1,
    )  # fmt: skip


def joined_to_truth(truth: pl.DataFrame, found: pl.DataFrame, *, linkable_only: bool) -> pl.DataFrame:
    """Return `person` and `customer` of every sound record.

    A record of nobody is a person of its own, and a record that is not in the hub a customer of its own.

    Args:
        truth: `Shop.records()`.
        found: `source`, `source_id`, `customer_id`: one row per record.
        linkable_only: Leave out the records that nothing in the sources can link.
    """
    sound = truth.filter(pl.col("broken").is_null() & (pl.col("linkable") | (not linkable_only)))
    alone = pl.concat_str([pl.lit("alone"), *KEY], separator="\x1f")
    return sound.join(found, on=KEY, how="left", maintain_order="left").select(
        person=pl.coalesce("person_id", alone), customer=pl.coalesce("customer_id", alone)
    )
