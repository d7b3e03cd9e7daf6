"""Where the people of the invented shop are known, and what they said about its newsletter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.places import COUNTRIES, ZONE_OF_SHOP
from unified_customer.datasets.plan import DAY, Flags, Ints, ShopPlan

if TYPE_CHECKING:
    from unified_customer.datasets.behaviour import Behaviour

NEWSLETTER: Final = "marketing.communications.email"
_CARDS: Final = 90_000_000


def add_memberships(people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Say who has a web account, a loyalty card, a row in the CRM, and who was asked about the newsletter.

    Everybody is in the CRM or has a web account, so nobody is without any record.

    Returns:
        The people with `web`, `crm`, `card` (null if none), `card_registered`, `newsletter` (first answer; null if
        never asked), `answered` and `changed` (µs; null if the answer never changed).
    """
    rng = plan.rng("membership")
    rows = people.height
    abroad = np.array([each.zone != ZONE_OF_SHOP and each.code != "IE" for each in COUNTRIES])
    web = abroad[people["country"].to_numpy()] | (rng.random(rows) < 0.6)
    in_crm = ~web | (rng.random(rows) < 0.72)
    cards = 10_000_000 + rng.choice(_CARDS, size=rows, replace=False)
    has_card = rng.random(rows) < np.where(web, 0.35, 0.6)
    people = people.with_columns(
        web=pl.Series(web),
        crm=pl.Series(in_crm),
        card=pl.when(pl.Series(has_card)).then(pl.Series([f"LC{card}" for card in cards], dtype=pl.String)),
        card_registered=pl.Series(has_card & in_crm & (rng.random(rows) < 0.93)),
    )
    return _newsletter(rng, people, plan)


def _newsletter(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    draw = rng.random(rows)
    first = pl.when(pl.Series(draw) < 0.56).then(True).when(pl.Series(draw) < 0.8).then(False)
    rate = np.where(draw < 0.56, plan.mess.withdrawn, plan.mess.withdrawn / 4)
    asked = people["joined"].to_numpy() + (rng.random(rows) * DAY).astype(np.int64)
    changed = asked + (rng.random(rows) * (plan.end - asked - DAY // 2)).astype(np.int64)
    changes = pl.Series(rng.random(rows) < rate) & pl.Series(draw < 0.8)
    return people.with_columns(
        newsletter=first,
        answered=pl.when(pl.Series(draw) < 0.8).then(pl.Series(asked)),
        changed=pl.when(changes).then(pl.Series(changed)),
    )


def answer_at(people: pl.DataFrame, at: Ints) -> tuple[pl.Series, pl.Series]:
    """Return what each of `people` had answered about the newsletter at `at`, and when they had said so."""
    when = pl.Series("at", at)
    later = (pl.col("changed") <= when).fill_null(value=False)
    asked = (pl.col("answered") <= when).fill_null(value=False)
    columns = people.select(
        answer=pl.when(asked).then(pl.col("newsletter") ^ later),
        since=pl.when(asked).then(pl.when(later).then("changed").otherwise("answered")),
    )
    return columns["answer"], columns["since"]


def only_members_buy_online(behaviour: Behaviour, people: pl.DataFrame) -> pl.DataFrame:
    """Return the orders, those of people without a web account all made in a shop."""
    member = people["web"].to_numpy()[behaviour.orders["person"].to_numpy()]
    return behaviour.orders.with_columns(web=pl.col("web") & pl.Series(member))


def known_to(people: pl.DataFrame, name: str) -> Flags:
    """Return a column of flags."""
    return people[name].to_numpy().astype(np.bool_)
