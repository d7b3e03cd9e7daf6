"""What web messages say of the person: the traits of identify and group messages."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from unified_customer.datasets.contacts import INDUSTRIES, employer_names
from unified_customer.datasets.crm import address_at
from unified_customer.datasets.mess import Scribe, Text
from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.web_events import GROUP, IDENTIFY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unified_customer.datasets.plan import ShopPlan

_TOP, _CONTEXT, _BOTH = range(3)
_SIZES: Final = ("S", "M", "L", "XL")


def add_traits(events: pl.DataFrame, people: pl.DataFrame, addresses: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Add `traits`, `context_traits` and `group_id` (JSON; null for most messages) to the messages.

    Args:
        events: With `number`, `kind`, `person`, `at`, `guest`.
        people: The customers.
        addresses: All addresses.
        plan: The arguments of the shop.
    """
    scribe = Scribe(plan.rng("traits"), plan.mess)
    told = events.filter(pl.col("kind") == IDENTIFY).select("number", "person", "at", "guest")
    joined = events.filter(pl.col("kind") == GROUP).select("number", "person")
    extra = pl.concat([_of_people(scribe, told, people, addresses), _of_companies(joined, people)])
    return events.join(extra, on="number", how="left", maintain_order="left")


def _of_people(scribe: Scribe, told: pl.DataFrame, people: pl.DataFrame, addresses: pl.DataFrame) -> pl.DataFrame:
    who, at = people[told["person"]], told["at"].to_numpy()
    given, family = scribe.names(who, at)
    lived = address_at(who, addresses, at).to_dicts()
    phones = scribe.phone(who["mobile"].to_list(), who["country"].to_numpy())
    draws = scribe.rng.random((told.height, 6))
    created = [dt.datetime.fromtimestamp(moment // 1_000_000, tz=dt.UTC) for moment in who["joined"].to_list()]
    rows = zip(
        given, family, _login(who), phones, who["born"].to_list(), created, lived, told["guest"].to_list(), strict=True
    )
    traits = [_traits(row, draw) for row, draw in zip(rows, draws.tolist(), strict=True)]
    where = [_BOTH if draw < 0.08 else _CONTEXT if draw < 0.2 else _TOP for draw in draws[:, 5]]
    return _frame(
        told["number"],
        [text if place != _CONTEXT else None for text, place in zip(traits, where, strict=True)],
        [text if place != _TOP else None for text, place in zip(traits, where, strict=True)],
        [None] * told.height,
    )


def _login(who: pl.DataFrame) -> list[Text]:
    """Return the address of each account: always the same for a person."""
    other = pl.col("person") % 7 == 0
    return who.select(pl.when(other).then(pl.coalesce("email_2", "email")).otherwise("email")).to_series().to_list()


def _traits(row: tuple[Any, ...], draw: list[float]) -> str:
    given, family, email, phone, born, created, lived, guest = row
    traits: dict[str, Any] = {"email": email.upper() if draw[0] < 0.02 else email}
    traits |= {"name": f"{given} {family}"} if draw[0] > 0.8 else {"firstName": given, "lastName": family}
    if phone and draw[1] < 0.4:
        traits["phone"] = phone
    if draw[2] < 0.1:
        traits["birthday"] = f"{born:%Y-%m-%d}"
    if draw[3] < 0.3:
        traits["address"] = _address(lived)
    if not guest:
        # Server libraries send the time of an account without a zone.
        traits["createdAt"] = f"{created:%Y-%m-%dT%H:%M:%S}" + ("" if draw[4] < 0.2 else "Z")
    if draw[4] > 0.95:
        traits["tshirtSize"] = _SIZES[int(draw[1] * 4)]
    return _json(traits)


def _address(lived: dict[str, Any]) -> dict[str, str]:
    country = COUNTRIES[lived["country"]].name
    return {"street": lived["street"], "city": lived["city"], "postalCode": lived["postcode"], "country": country}


def _of_companies(joined: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    company = people["employer"].gather(joined["person"]).to_list()
    names = employer_names(max(company, default=0) + 1)
    traits = [_company(number, names[number]) for number in company]
    ids = [f'"org_{number + 1:05d}"' for number in company]
    return _frame(joined["number"], traits, [None] * joined.height, ids)


def _company(number: int, name: str) -> str:
    industry = INDUSTRIES[number % len(INDUSTRIES)]
    return _json({"name": name, "industry": industry, "employees": 5 + number * 37 % 400})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _frame(number: pl.Series, traits: Sequence[Text], context: Sequence[Text], groups: Sequence[Text]) -> pl.DataFrame:
    columns = {"number": pl.Int64, "traits": pl.String, "context_traits": pl.String, "group_id": pl.String}
    return pl.DataFrame(
        {"number": number, "traits": traits, "context_traits": context, "group_id": groups}, schema=columns
    )
