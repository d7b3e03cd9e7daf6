"""What a purpose rests on for each of many customers: by where they live and how old they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypedDict

import numpy as np
import numpy.typing as npt
import polars as pl

from unified_customer.core.errors import SchemaError
from unified_customer.policy.grounds import Ground
from unified_customer.policy.legal_basis import years_at
from unified_customer.policy.places import place_of
from unified_customer.policy.policy import Policy
from unified_customer.policy.sharing import CUSTOMER

PEOPLE: Final[Mapping[str, pl.DataType]] = {
    CUSTOMER: pl.String(),
    "country": pl.String(),
    "region": pl.String(),
    "birth_date": pl.Date(),
}
"""Columns of `customers` that say which law somebody is under."""

SITUATION: Final = ("country", "region", "years")

Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.uint32]
Whom = Mapping[Ground, Flags | slice]
"""Ground -> for which customers it holds: an array of truth values, or a slice of all."""


class Situation(TypedDict):
    """Which law one customer is under: what `decide` wants to know of them."""

    jurisdiction: str | None
    years: int | None


def situation_of(customer: Mapping[str, Any], *, policy: Policy, as_of: datetime) -> Situation:
    """Return the situation of one customer, of whom `country`, `region` and `birth_date` may be known."""
    place = place_of(customer.get("country"), customer.get("region"), named=policy.jurisdictions)
    born = customer.get("birth_date")
    return {"jurisdiction": place, "years": None if born is None else years_at(born, as_of.date())}


@dataclass(frozen=True)
class Situated:
    """Which law each of many customers is under, as far as it makes a difference.

    Attributes:
        policy: Names the regimes.
        situations: Every place and age that somebody has; the age in years stands for those like it.
        of: By customer, the row of theirs in `situations`.
    """

    policy: Policy
    situations: tuple[Situation, ...]
    of: Rows

    def grounds(self, purpose: str) -> Whom:
        """Return on what `purpose` rests, each ground with the customers for whom it does."""
        grounds = [self.policy.basis_of(purpose, **each) for each in self.situations]
        if len(set(grounds)) == 1:
            return {grounds[0]: slice(None)}
        found = np.array(grounds)[self.of]
        return {ground: found == ground for ground in dict.fromkeys(grounds)}

    def wards(self) -> Flags:
        """Return by customer whether there is a purpose for which a guardian has to say yes."""
        return np.array([self.policy.asks_guardians_of(**each) for each in self.situations], dtype=np.bool_)[self.of]


def situate(customers: pl.DataFrame, people: pl.DataFrame | None, *, policy: Policy, as_of: datetime) -> Situated:
    """Return which law customers are under.

    Args:
        customers: `customer_id`, each once.
        people: `PEOPLE`, of as many of them as are known; None: nothing is known of anybody.
        policy: Names the regimes.
        as_of: On this day they are as old as they are.
    """
    if not policy.by_person:
        nobody_knows: Situation = {"jurisdiction": None, "years": None}
        return Situated(policy, (nobody_knows,), np.zeros(customers.height, dtype=np.uint32))
    placed = _placed(customers, people, policy, as_of.date())
    situations = placed.unique(maintain_order=True).with_row_index("of")
    found = placed.join(situations, on=list(SITUATION), how="left", nulls_equal=True, maintain_order="left")["of"]
    known = tuple(
        Situation(jurisdiction=place_of(country, region, named=policy.jurisdictions), years=years)
        for country, region, years in situations.select(SITUATION).iter_rows()
    )
    return Situated(policy, known, found.to_numpy())


def _placed(customers: pl.DataFrame, people: pl.DataFrame | None, policy: Policy, day: date) -> pl.DataFrame:
    """Return the situation of each customer; the years are an age that stands for those like it."""
    known = pl.DataFrame(schema=PEOPLE) if people is None else checked_people(people)
    situated = known.select(CUSTOMER, "country", "region", years=_years(policy, day)).unique(CUSTOMER)
    return customers.select(CUSTOMER).join(situated, on=CUSTOMER, how="left", maintain_order="left").select(SITUATION)


def _years(policy: Policy, day: date) -> pl.Expr:
    """Return the youngest age of the band that somebody is in; the ages at which a rule ends bound the bands."""
    born = pl.col("birth_date")
    month, date_of_month = born.dt.month().cast(pl.Int32), born.dt.day().cast(pl.Int32)
    birthday_to_come = (month * 100 + date_of_month) > day.month * 100 + day.day
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
