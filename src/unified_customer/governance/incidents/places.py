"""Under which laws affected people are: by the country and region of the single customer view."""

from datetime import datetime
from typing import Final

import polars as pl

from unified_customer.policy import Policy
from unified_customer.policy.legal_basis import years_at
from unified_customer.policy.places import place_of
from unified_customer.store import Keys, Reader

PLACES: Final = pl.Schema({"place": pl.String(), "regime": pl.String(), "people": pl.Int64()})


def described(reader: Reader, people: pl.DataFrame) -> pl.DataFrame:
    """Return `people` with `country`, `region` and `birth_date`; nulls of those of whom nothing is known."""
    keys = Keys(people.select("customer_id"), ("customer_id",))
    known = reader.read("customers", columns=["customer_id", "country", "region", "birth_date"], keys=keys)
    return people.join(known, on="customer_id", how="left", maintain_order="left")


def places_of(people: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Return how many people are where, and under which regime.

    Args:
        people: With `country` (ISO 3166-1) and `region` (code or name of a subdivision in ISO 3166-2).
        policy: Says which places are under which regime.

    Returns:
        `place` (`DE`, `US-CA`; null: not known), `regime` (null: it is not known which, so that every one may hold) and
        `people`, the most people first.
    """
    counted = people.group_by("country", "region").agg(people=pl.len().cast(pl.Int64))
    rows = [(*_placed(country, region, policy), count) for country, region, count in counted.iter_rows()]
    told = pl.DataFrame(rows, schema=PLACES, orient="row").group_by("place", "regime").agg(pl.col("people").sum())
    return told.sort(["people", "place", "regime"], descending=[True, False, False], nulls_last=True)


def _placed(country: str | None, region: str | None, policy: Policy) -> tuple[str | None, str | None]:
    place = place_of(country, region, named=policy.jurisdictions)
    return place or country, None if place is None else policy.jurisdictions[place]


def children_in(people: pl.DataFrame, *, below: int, at: datetime) -> int:
    """Return how many people were younger than `below` years at an instant; those of unknown age are not counted."""
    births = people["birth_date"].drop_nulls()
    return sum(years_at(born, at.date()) < below for born in births.to_list())
