"""What a purpose rests on for each of many customers: by where they live and how old they are."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.policy.grounds import Ground
from unified_customer.policy.policy import Policy
from unified_customer.policy.sharing import CUSTOMER

PEOPLE: Final[Mapping[str, pl.DataType]] = {
    CUSTOMER: pl.String(),
    "country": pl.String(),
    "region": pl.String(),
    "birth_date": pl.Date(),
}
"""Columns of `customers` that say which law somebody is under."""

Whom = Mapping[Ground, Any]
"""Ground -> for which customers it holds: an array of truth values, or a slice."""


def grounds_of(
    customers: pl.DataFrame, people: pl.DataFrame | None, *, purpose: str, policy: Policy, as_of: datetime
) -> Whom:
    """Return on what `purpose` rests, each ground with the customers for whom it does.

    Args:
        customers: `customer_id`, each once.
        people: `PEOPLE`, of as many of them as are known; None: nothing is known of anybody.
        purpose: What the data are wanted for.
        policy: Names the regimes.
        as_of: On this day they are as old as they are.
    """
    if not policy.by_person:
        return {policy.basis_of(purpose): slice(None)}
    placed = customers.select(CUSTOMER).join(
        _placed(people, policy, as_of.date()), on=CUSTOMER, how="left", maintain_order="left"
    )
    situations = placed.select("jurisdiction", "years").unique(maintain_order=True)
    grounds = [
        policy.basis_of(purpose, jurisdiction=jurisdiction, years=years)
        for jurisdiction, years in situations.iter_rows()
    ]
    known = situations.with_columns(ground=pl.Series(grounds, dtype=pl.String))
    found = placed.join(known, on=["jurisdiction", "years"], how="left", nulls_equal=True, maintain_order="left")[
        "ground"
    ]
    return {ground: (found == ground).to_numpy() for ground in dict.fromkeys(grounds)}


def _placed(people: pl.DataFrame | None, policy: Policy, day: date) -> pl.DataFrame:
    """Return `customer_id`, `jurisdiction` as the policy names it, and `years`: an age that stands for those like it."""
    known = pl.DataFrame(schema=PEOPLE) if people is None else checked_people(people)
    region = pl.when(pl.col("region").is_not_null()).then(pl.format("{}-{}", "country", "region"))
    named = list(policy.jurisdictions)
    place = pl.when(region.is_in(named)).then(region).otherwise(pl.when(pl.col("country").is_in(named)).then("country"))
    return known.select(CUSTOMER, jurisdiction=place, years=_years(policy, day)).unique(CUSTOMER)


def _years(policy: Policy, day: date) -> pl.Expr:
    """Return the youngest age of the band that somebody is in; the ages at which a rule ends bound the bands."""
    born = pl.col("birth_date")
    birthday_to_come = (born.dt.month() * 100 + born.dt.day()) > day.month * 100 + day.day
    years = day.year - born.dt.year() - birthday_to_come.cast(pl.Int32)
    bounds = [0, *policy.ages]
    band = pl.lit(None, dtype=pl.Int32)
    for bound in bounds:
        band = pl.when(years >= bound).then(pl.lit(bound, dtype=pl.Int32)).otherwise(band)
    return band


def checked_people(people: pl.DataFrame) -> pl.DataFrame:
    """Return `people` if it has the columns of `PEOPLE`.

    Raises:
        SchemaError: A column is missing or has another type.
    """
    for name, dtype in PEOPLE.items():
        if people.schema.get(name) != dtype:
            found = people.schema.get(name, "no such column")
            message = f"The frame of people needs a column {name!r} of {dtype}; found {found}."
            raise SchemaError(message)
    return people
