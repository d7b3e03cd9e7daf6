"""The answer to an invented shop: who everybody is, whose each record is, what they agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from unified_customer.datasets.catalogue import CATEGORIES
from unified_customer.datasets.contacts import employer_names
from unified_customer.datasets.places import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from unified_customer.datasets.plan import ShopPlan
    from unified_customer.datasets.written import Written

FOLDER: Final = "truth"


def write_truth(
    folder: Path, people: pl.DataFrame, addresses: pl.DataFrame, written: Mapping[str, Written], plan: ShopPlan
) -> None:
    """Write `people`, `records`, `consents` and `planted`, each as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    names = _person_ids(plan)
    _people(people, addresses, names, plan).write_parquet(folder / "people.parquet")
    records = _of_sources({name: each.records for name, each in written.items()}, names)
    records.select("source", "source_id", "kind", "person_id", "linkable", "shared", "broken").write_parquet(
        folder / "records.parquet"
    )
    consents = _of_sources({name: each.consents for name, each in written.items()}, names)
    consents.select(
        "source", "source_id", "person_id", "purpose", "granted", _moment("stated", "stated_at")
    ).write_parquet(folder / "consents.parquet")
    planted = pl.concat(each.planted.with_columns(source=pl.lit(name)) for name, each in written.items())
    planted.select("source", "reason", "row", "source_id").write_parquet(folder / "planted.parquet")


def _person_ids(plan: ShopPlan) -> pl.Series:
    """Return an id per customer and visitor; the order says nothing."""
    total = plan.customers + round(plan.mess.visitors * plan.customers)
    order = plan.rng("person_ids").permutation(total)
    return pl.Series("person_id", [f"person-{number:07d}" for number in order], dtype=pl.String)


def _of_sources(frames: Mapping[str, pl.DataFrame], names: pl.Series) -> pl.DataFrame:
    everything = pl.concat(frame.with_columns(source=pl.lit(name)) for name, frame in frames.items())
    return everything.with_columns(person_id=names.gather(everything["person"]))


def _people(people: pl.DataFrame, addresses: pl.DataFrame, names: pl.Series, plan: ShopPlan) -> pl.DataFrame:
    customers = people.select(
        person_id=names.head(people.height),
        kind=pl.lit("customer"),
        given_name="given",
        family_name="family",
        birth_name="birth_family",
        married_at=_moment("married"),
        gender="gender",
        birth_date="born",
        country=_looked_up([each.code for each in COUNTRIES], people["country"]),
        time_zone=_looked_up([each.zone for each in COUNTRIES], people["country"]),
        household="household",
        twin="twin",
        namesake="namesake",
        email="email",
        second_email="email_2",
        shared_mailbox="mailbox",
        mobile="mobile",
        landline="landline",
        employer=pl.when(pl.col("employer").is_not_null()).then(_employer(people)),
        loyalty_card="card",
        web_account="web",
        in_crm="crm",
        joined_at=_moment("joined"),
        left_at=_moment("dropped"),
        orders_per_year="rate",
        favourite_category=_looked_up([each.name for each in CATEGORIES], people["taste"]),
        moved_at=_moment("moved"),
    )
    lived = [_prefixed(addresses[people["address"]], ""), _prefixed(_next(addresses, people), "next_")]
    customers = pl.concat([customers, *lived], how="horizontal")
    visitors = pl.DataFrame({"person_id": names[people.height :]}).with_columns(kind=pl.lit("visitor"))
    everybody = pl.concat([customers, visitors], how="diagonal") if plan.mess.visitors else customers
    return everybody.sort("person_id")


def _looked_up(names: list[str], index: pl.Series) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(index)


def _employer(people: pl.DataFrame) -> pl.Series:
    return pl.Series(employer_names(max(1, people.height // 250))).gather(people["employer"])


def _next(addresses: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    return people.select(address="next_address").join(addresses, on="address", how="left", maintain_order="left")


def _prefixed(addresses: pl.DataFrame, prefix: str) -> pl.DataFrame:
    return addresses.select(pl.col("street", "city", "postcode").name.prefix(prefix))


def _moment(column: str, name: str | None = None) -> pl.Expr:
    return pl.col(column).cast(pl.Datetime("us", "UTC")).alias(name or column)


def pairs_of(records: pl.DataFrame, *, linkable_only: bool) -> pl.DataFrame:
    """Return every pair of records of one person once."""
    sound = records.filter(pl.col("broken").is_null() & pl.col("person_id").is_not_null())
    if linkable_only:
        sound = sound.filter("linkable")
    sound = sound.select("person_id", "source", "source_id").sort("source", "source_id").with_row_index("at")
    both = sound.join(sound, on="person_id", suffix="_r", maintain_order="left_right").filter(
        pl.col("at") < pl.col("at_r")
    )
    return both.select(source_l="source", source_id_l="source_id", source_r="source_r", source_id_r="source_id_r")
