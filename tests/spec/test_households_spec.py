"""The laws of households: who lives with whom depends on what the records say, and makes nobody one person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from unified_customer.identity.matching.homes import CROWD
from unified_customer.identity.matching.households import Households, find_households
from unified_customer.testing.matching_strategies import (
    FAMILY,
    GIVEN,
    Layout,
    Person,
    Said,
    fitted_matcher,
    invented_people,
    layouts,
    table_of,
    tables,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
of_layouts = layouts().flatmap(lambda layout: st.tuples(st.just(layout), tables(layout)))
UNLIKE = ("okafor", "lindqvist", "dubois", "weber", "novak", "hartley", "fischer", "vasquez", "jessop", "radcliffe")
ADDRESS = ("house_number", "street", "city", "postcode")
people = st.sampled_from([home[0] for home in invented_people(150, seed=7)])


def customers(records: pl.DataFrame) -> pl.DataFrame:
    """Return the true customers of invented records."""
    return records.select("record_id", customer_id=pl.col("record_id").min().over("cluster_id"))


def lived(layout: Layout, records: pl.DataFrame, *, most: int = 10) -> Households:
    return find_households(fitted_matcher(layout), records, customers(records), most=most)


def others(person: Person, families: tuple[str, ...]) -> pl.DataFrame:
    """Return a record of the person, and of one more of each family, at the same address; all else is their own."""
    rows = [replace(person, phone="", emails=())]
    rows += [
        replace(rows[0], given=GIVEN[place * 3 + 1], family=family, birth=f"19{50 + place}-03-1{place}", gender="")
        for place, family in enumerate(families)
    ]
    return table_of([Said(each, "crm", truth) for truth, each in enumerate(rows)], "parts")


def homes_of(found: Households) -> set[frozenset[str]]:
    return {frozenset(ids) for ids in found.members.group_by("household_id").agg("customer_id")["customer_id"]}


@given(of_layouts, st.integers(0, 99))
def test_the_order_of_records_changes_no_household(drawn: tuple[Layout, pl.DataFrame], seed: int) -> None:
    layout, records = drawn
    again = records[Random(seed).sample(range(len(records)), len(records))]
    assert_frame_equal(lived(layout, again).members, lived(layout, records).members)


@given(of_layouts)
def test_every_customer_has_one_household_which_has_the_smallest_id_of_its_customers(
    drawn: tuple[Layout, pl.DataFrame],
) -> None:
    found, owners = lived(*drawn).members, customers(drawn[1])
    assert found["customer_id"].to_list() == owners["customer_id"].unique().sort().to_list()
    assert found.filter(pl.col("customer_id").min().over("household_id") != pl.col("household_id")).is_empty()


@given(of_layouts)
def test_who_lives_with_others_has_a_probability_and_nobody_else_has(drawn: tuple[Layout, pl.DataFrame]) -> None:
    found = lived(*drawn).members.with_columns(several=pl.len().over("household_id") > 1)
    assert found.filter(pl.col("several") != pl.col("probability").is_not_null()).is_empty()
    assert found["probability"].drop_nulls().is_between(0, 1).all()


@given(of_layouts, st.integers(1, 4))
def test_a_household_that_would_be_too_large_is_given_up_and_named(
    drawn: tuple[Layout, pl.DataFrame], most: int
) -> None:
    free, held = (lived(*drawn, most=each) for each in (100, most))
    sizes = free.members.group_by("household_id").len("customers").with_columns(pl.col("customers").cast(pl.Int64))
    assert_frame_equal(held.alarms, sizes.filter(pl.col("customers") > most).sort("household_id"))
    large = held.alarms["household_id"].implode()
    alone = pl.when(pl.col("household_id").is_in(large)).then("customer_id").otherwise("household_id")
    assert_frame_equal(held.members.drop("probability"), free.members.select("customer_id", household_id=alone))


@given(of_layouts, st.data())
def test_of_times_only_the_order_counts(drawn: tuple[Layout, pl.DataFrame], data: st.DataObject) -> None:
    layout, records = drawn
    days = data.draw(st.lists(st.integers(0, 3), min_size=len(records), max_size=len(records)))
    one, other = (
        records.with_columns(observed_at=pl.Series([start + timedelta(days=day * step) for day in days]))
        for start, step in ((START, 1), (START + timedelta(days=900), 7))
    )
    assert_frame_equal(lived(layout, one).members, lived(layout, other).members)


@given(of_layouts)
def test_records_of_one_time_are_as_records_without_a_time(drawn: tuple[Layout, pl.DataFrame]) -> None:
    layout, records = drawn
    assert_frame_equal(
        lived(layout, records.with_columns(observed_at=pl.lit(START))).members, lived(layout, records).members
    )


@given(people, st.integers(2, 4))
def test_a_family_at_one_address_is_a_household(person: Person, size: int) -> None:
    assert len(homes_of(lived("parts", others(person, (person.family,) * size)))) == 1


@given(people, st.integers(141, 199), st.sampled_from((1, 3)))
def test_a_family_of_the_same_name_next_door_is_another_household(person: Person, number: int, size: int) -> None:
    here = others(person, (person.family,) * (2 * size - 1)).with_row_index("row")
    next_door = pl.when(pl.col("row") >= size).then(pl.lit(str(number))).otherwise("house_number")
    records = here.with_columns(house_number=next_door).drop("row")
    assert len(homes_of(lived("parts", records))) == 2


@pytest.mark.parametrize("missing", [("email", "phone"), (), ("family_name", "email", *ADDRESS)])
@given(people, st.permutations(UNLIKE), st.integers(CROWD + 1, 9))
def test_strangers_who_crowd_at_an_address_or_a_contact_are_no_household(
    missing: tuple[str, ...], person: Person, names: list[str], size: int
) -> None:
    families = tuple(name for name in names if name[0] != person.family[0])[:size]
    of_all = others(person, families).with_columns(phone=pl.lit("01632 960000"), email=pl.lit("office@firm.org"))
    records = of_all.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in missing)
    assert len(homes_of(lived("parts", records))) == records.height


@given(people, st.integers(2, 4), st.integers(0, 3))
def test_to_hear_the_same_twice_of_somebody_changes_no_probability(person: Person, size: int, row: int) -> None:
    once = others(person, (person.family,) * (size - 1))
    twice = pl.concat([once, once[row % size].with_columns(record_id=pl.lit("z"))])
    assert_frame_equal(lived("parts", twice).members, lived("parts", once).members, check_exact=True)


@pytest.mark.parametrize(("days", "households"), [(1, 2), (-1, 1), (0, 1)])
@given(people, st.sampled_from(("1", "77", "999")))
def test_who_moved_belongs_where_the_latest_address_is(days: int, households: int, person: Person, number: str) -> None:
    family = others(person, (person.family,) * 2)
    left = family[:1].with_columns(
        record_id=pl.lit("s"), street=pl.lit("harbour walk"), house_number=pl.lit(number), city=pl.lit("whitby"),
        postcode=pl.lit("WH7 1AX"),
    )  # fmt: skip
    records = pl.concat([family, left]).with_columns(observed_at=pl.lit(START))
    when = START + timedelta(days=days)
    moved = pl.when(pl.col("record_id") == "s").then(pl.lit(when)).otherwise("observed_at").alias("observed_at")
    assert len(homes_of(lived("parts", records.with_columns(moved)))) == households


def test_the_names_of_strangers_are_unlike() -> None:
    assert set(UNLIKE) <= set(FAMILY)
    assert len({name[0] for name in UNLIKE}) > 2 * CROWD
