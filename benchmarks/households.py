"""Households: who lives with whom among invented people, against the truth.

Persons are taken as they are (`true`) and as the matcher finds them (`matched`), with the times of records and without.
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from benchmarks.measuring import Stopwatch, arguments, report
from benchmarks.populations.chance import generator
from benchmarks.populations.households import households_and_homes
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching.households import find_households
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher

ROWS: Final = 100_000


def main() -> None:
    """Make the people and their homes, and print a line for each way of asking."""
    options = arguments(__doc__).parse_args()
    rows = int(ROWS * options.scale)
    records, homes = households_and_homes(generator("households", options.seed), rows, options.seed)
    said = records.drop("cluster_id").join(homes.drop("household_id"), on="record_id")
    fitted = Matcher().fit(said.drop("observed_at"))
    for persons, owners in _persons(fitted, records):
        lived = (
            owners.join(homes, on="record_id").sort("observed_at").group_by("customer_id").agg(pl.last("household_id"))
        )
        truth = lived.select(record_id="customer_id", cluster_id="household_id")
        for dated, table in ((True, said), (False, said.drop("observed_at"))):
            with Stopwatch() as finding:
                found = find_households(fitted, table, owners)
            members = found.members.select(record_id="customer_id", customer_id="household_id")
            rates = accuracy(members, truth).closure
            report(
                benchmark="households", rows=rows, persons=persons, dated=dated, customers=truth.height,
                precision=round(rates.precision, 3), recall=round(rates.recall, 3), f1=round(rates.f1, 3),
                given_up=found.alarms.height, cpu_s=finding.cpu_s,
            )  # fmt: skip


def _persons(fitted: FittedMatcher, records: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    yield "true", records.select("record_id", customer_id=pl.col("record_id").min().over("cluster_id"))
    yield "matched", fitted.match(records).partition


if __name__ == "__main__":
    main()
