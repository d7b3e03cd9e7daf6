"""Households in invented populations, and where nothing can be said of them."""

from datetime import date

import polars as pl
import pytest

from benchmarks.populations import population
from benchmarks.populations.chance import generator
from benchmarks.populations.households import households_and_homes
from unified_customer.core.errors import SchemaError
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching.households import NO_HOMES, NO_PEOPLE, find_households
from unified_customer.identity.matching.matcher import FittedMatcher, Matcher
from unified_customer.testing.matching_strategies import fitted_matcher, invented_records


def owned(records: pl.DataFrame) -> pl.DataFrame:
    return records.select("record_id", customer_id=pl.col("record_id").min().over("cluster_id"))


@pytest.mark.parametrize(("left_out", "precise"), [([], 0.9), (["observed_at"], 0.85)])
def test_households_are_found_in_a_population(left_out: list[str], precise: float) -> None:
    records, homes = households_and_homes(generator("households", 4), 2000, 4)
    owners = owned(records)
    said = records.drop("cluster_id").join(homes.drop("household_id"), on="record_id")
    fitted = Matcher().fit(records.drop("cluster_id"))
    found = find_households(fitted, said.drop(left_out), owners)
    lived = owners.join(homes, on="record_id").sort("observed_at").group_by("customer_id").agg(pl.last("household_id"))
    members = found.members.select(record_id="customer_id", customer_id="household_id")
    rates = accuracy(members, lived.select(record_id="customer_id", cluster_id="household_id")).closure
    assert rates.precision > precise
    assert rates.recall > 0.7


def test_people_who_live_alone_are_left_alone() -> None:
    records = population("five_sources", rows=2000, seed=4)
    found = find_households(Matcher().fit(records.drop("cluster_id")), records, owned(records))
    assert found.members["probability"].count() < 0.02 * found.members.height


def without_bonds(matcher: FittedMatcher) -> FittedMatcher:
    return matcher.model_copy(update={"prior": {"one": matcher.prior["one"]}})


def test_a_matcher_that_knows_no_homes_says_so() -> None:
    records = invented_records(20, seed=1)
    found = find_households(without_bonds(fitted_matcher("parts")), records, owned(records))
    assert found.reason == NO_HOMES
    assert found.members["household_id"].equals(found.members["customer_id"])
    assert found.alarms.is_empty()


def test_organisations_have_no_households() -> None:
    records = population("companies", rows=1000, seed=1)
    fitted = Matcher().fit(records.drop("cluster_id"))
    found = find_households(fitted, records, owned(records))
    assert found.reason in (NO_PEOPLE, NO_HOMES)


def test_no_records_have_no_households() -> None:
    none = invented_records(20, seed=1).clear()
    assert find_households(fitted_matcher("parts"), none, owned(none)).members.is_empty()


def test_times_may_be_days_and_may_be_missing_but_no_text() -> None:
    records = invented_records(20, seed=1)
    known, owners = fitted_matcher("parts"), owned(records)
    plain = find_households(known, records, owners)
    days = find_households(known, records.with_columns(observed_at=pl.lit(date(2024, 1, 1))), owners)
    nulls = find_households(known, records.with_columns(observed_at=pl.lit(None)), owners)
    assert days.members.equals(plain.members)
    assert nulls.members.equals(plain.members)
    with pytest.raises(SchemaError, match="observed_at"):
        find_households(known, records.with_columns(observed_at=pl.lit("2024")), owners)


def test_every_record_needs_a_customer() -> None:
    records = invented_records(20, seed=1)
    with pytest.raises(SchemaError, match="needs one customer"):
        find_households(fitted_matcher("parts"), records, owned(records)[1:])
    with pytest.raises(SchemaError, match="needs one customer"):
        find_households(fitted_matcher("parts"), records, pl.concat([owned(records), owned(records)]))
