"""Under which laws affected people are: by the country and region of the single customer view."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

import polars as pl

from unified_customer.policy import Policy
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
    names = _region_names(policy)
    rows = [(*_place(country, region, policy, names), count) for country, region, count in counted.iter_rows()]
    told = pl.DataFrame(rows, schema=PLACES, orient="row").group_by("place", "regime").agg(pl.col("people").sum())
    return told.sort(["people", "place", "regime"], descending=[True, False, False], nulls_last=True)


def _place(
    country: str | None, region: str | None, policy: Policy, names: Mapping[tuple[str, str], str]
) -> tuple[str | None, str | None]:
    if country is None:
        return None, None
    spoken = (region or "").strip().upper()
    narrow = names.get((country, spoken), f"{country}-{spoken}")
    if narrow in policy.jurisdictions:
        return narrow, policy.jurisdictions[narrow]
    return country, policy.jurisdictions.get(country)


def _region_names(policy: Policy) -> dict[tuple[str, str], str]:
    """Return the names of the regions that the policy tells apart: (country, NAME) -> code."""
    regions = [each for each in policy.jurisdictions if "-" in each]
    if not regions:
        return {}
    import pycountry

    found = {each: pycountry.subdivisions.get(code=each) for each in regions}  # type: ignore[no-untyped-call]  # it ships no types for it
    return {(code.partition("-")[0], each.name.upper()): code for code, each in found.items() if each is not None}


def children_in(people: pl.DataFrame, *, below: int, at: datetime) -> int:
    """Return how many people were younger than `below` years at an instant; those of unknown age are not counted."""
    births = people["birth_date"].drop_nulls()
    return sum(_years(born, at.date()) < below for born in births.to_list())


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
