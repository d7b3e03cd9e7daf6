"""What the people of the invented shop do: orders by a Pareto/NBD with seasons, baskets by taste.

References:
    Schmittlein, Morrison, Colombo (1987): Counting your customers. Management Science 33(1): the purchase rate of a
    person and the rate of dropping out are each gamma distributed over the people.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.datasets.catalogue import CATEGORIES, shop_items
from unified_customer.datasets.places import COUNTRIES, ZONE_OF_SHOP
from unified_customer.datasets.plan import DAY, SECOND, Floats, Ints, ShopPlan, pick, zipf

_MONTHS: Final = (0.82, 0.85, 0.95, 1.0, 1.0, 0.95, 0.88, 0.85, 0.95, 1.05, 1.35, 1.75)
_WEEKDAYS: Final = (0.85, 0.85, 0.9, 0.95, 1.1, 1.3, 1.05)
_YEARLY_RISE: Final = 1.04
_EUROS_A_POUND: Final = 1.16
_LINES: Final = (0.52, 0.26, 0.12, 0.06, 0.04)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What was bought.

    Attributes:
        people: The people with `rate` (orders a year), `dropped` (µs), `taste`, `taste_2` (categories), `staple`
            (item), `web_share` (of their orders) and `channel` ("web" buyers only buy there).
        orders: `order` (index, by time), `person`, `at` (µs), `web`, `euro`.
        lines: `order`, `item`, `quantity`, `price` (minor units of the order's currency), by order.
    """

    people: pl.DataFrame
    orders: pl.DataFrame
    lines: pl.DataFrame


def draw_behaviour(people: pl.DataFrame, plan: ShopPlan) -> Behaviour:
    """Let the people buy."""
    rng = plan.rng("behaviour")
    people = _habits(rng, people, plan)
    orders = _orders(rng, people, plan)
    return Behaviour(people, orders, draw_lines(rng, orders, people, plan))


def _habits(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    rows = people.height
    shares = tuple(category.share for category in CATEGORIES)
    leaving = rng.gamma(1.1, 0.45, rows)
    years = rng.exponential(1.0, rows) / np.maximum(leaving, 1e-6)
    dropped = people["joined"].to_numpy() + np.minimum(years * 365.25, 36_500) * DAY
    taste = pick(rng, shares, rows)
    sizes = np.array([len(c.nouns) * len(c.adjectives) for c in CATEGORIES])
    abroad = np.array([each.currency == "EUR" or each.zone != ZONE_OF_SHOP for each in COUNTRIES])
    web_share = rng.beta(1.2, 1.4, rows)
    web_share = np.where(abroad[people["country"].to_numpy()], 0.6 + 0.4 * web_share, web_share)
    return people.with_columns(
        rate=pl.Series(rng.gamma(0.9, 2.2, rows)),
        dropped=pl.when(pl.Series(dropped) < plan.end).then(pl.Series(dropped.astype(np.int64))),
        taste=pl.Series(taste),
        taste_2=pl.Series(pick(rng, shares, rows)),
        staple=pl.Series(_first_item(taste) + (rng.random(rows) ** 2 * sizes[taste]).astype(np.int64)),
        web_share=pl.Series(web_share),
    )


def _first_item(category: Ints) -> Ints:
    sizes = [len(each.nouns) * len(each.adjectives) for each in CATEGORIES]
    return np.concatenate([[0], np.cumsum(sizes)])[category].astype(np.int64)


def season(plan: ShopPlan) -> Floats:
    """Return the cumulated demand from the start to the end of each day, in days of mean demand."""
    days = [dt.date(1970, 1, 1) + dt.timedelta(days=d) for d in range(plan.start // DAY, plan.end // DAY + 1)]
    demand = [_MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] for day in days]
    return np.concatenate([[0.0], np.cumsum(demand)])


def spread_by_season(rng: np.random.Generator, plan: ShopPlan, since: Ints, until: Ints) -> Ints:
    """Draw a time between two times, more likely when demand is high."""
    curve = season(plan)
    days = np.arange(len(curve), dtype=np.float64)
    low, high = (np.interp((moment - plan.start) / DAY, days, curve) for moment in (since, until))
    day = np.interp(low + rng.random(len(since)) * (high - low), curve, days)
    return (plan.start + day * DAY).astype(np.int64)


def _orders(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    joined = people["joined"].to_numpy()
    until = np.minimum(people["dropped"].fill_null(plan.end).to_numpy(), plan.end)
    curve = season(plan)
    days = np.arange(len(curve), dtype=np.float64)
    low, high = (np.interp((moment - plan.start) / DAY, days, curve) for moment in (joined, until))
    counts = rng.poisson(people["rate"].to_numpy() * np.maximum(high - low, 0) / 365.25)
    person = np.repeat(np.arange(people.height), counts)
    at = spread_by_season(rng, plan, joined[person], until[person])
    at = at_waking_hours(rng, at, people["country"].to_numpy()[person])
    first = np.flatnonzero(rng.random(people.height) < 0.7)
    person = np.concatenate([person, first])
    soon = joined[person] + ((0.02 + 0.02 * rng.random(len(person))) * DAY).astype(np.int64)
    at = np.maximum(np.concatenate([at, joined[first]]), soon)
    web = rng.random(len(person)) < people["web_share"].to_numpy()[person]
    euro = np.array([each.currency == "EUR" for each in COUNTRIES])[people["country"].to_numpy()[person]]
    orders = pl.DataFrame({"person": person, "at": at, "web": web, "euro": euro})
    orders = orders.filter((pl.col("at") >= plan.start) & (pl.col("at") < plan.end - DAY // 4))
    return orders.sort("at", "person").with_row_index("order").cast({"order": pl.Int64})


def at_waking_hours(rng: np.random.Generator, at: Ints, country: Ints) -> Ints:
    """Keep the day and draw an hour between seven and midnight of the person's own zone."""
    hour = 7 + 16.5 * rng.beta(2.2, 1.9, len(at))
    civil = at // DAY * DAY + (hour * 3600 * SECOND).astype(np.int64)
    moved = civil.copy()
    for index, each in enumerate(COUNTRIES):
        here = np.flatnonzero(country == index)
        moved[here] = civil_to_utc(civil[here], each.zone)
    return moved


def civil_to_utc(civil: Ints, zone: str) -> Ints:
    """Return civil times of `zone` (µs, never in the hour that a clock change skips) as UTC."""
    naive = pl.Series(civil).cast(pl.Datetime("us"))
    return naive.dt.replace_time_zone(zone, ambiguous="earliest").dt.epoch("us").to_numpy().astype(np.int64)


def draw_lines(rng: np.random.Generator, orders: pl.DataFrame, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Fill baskets: six in ten lines from the favourite category, a quarter of those the person's staple."""
    order = np.repeat(orders["order"].to_numpy(), pick(rng, _LINES, orders.height) + 1)
    first = int(orders["order"][0]) if orders.height else 0
    owner = orders["person"].to_numpy()[order - first]
    draw = rng.random(len(order))
    any_category = pick(rng, tuple(category.share for category in CATEGORIES), len(order))
    taste, taste_2 = people["taste"].to_numpy()[owner], people["taste_2"].to_numpy()[owner]
    category = np.where(draw < 0.6, taste, np.where(draw < 0.8, taste_2, any_category))
    item = draw_items(rng, category)
    staple = (draw < 0.6) & (rng.random(len(order)) < 0.4)
    item = np.where(staple, people["staple"].to_numpy()[owner], item)
    lines = pl.DataFrame({"order": order, "item": item, "quantity": 1 + rng.poisson(0.35, len(order))})
    lines = lines.unique(["order", "item"], keep="first", maintain_order=True)
    at, euro = (orders[name].to_numpy()[lines["order"].to_numpy() - first] for name in ("at", "euro"))
    return lines.with_columns(price=pl.Series(prices(lines["item"].to_numpy(), at, euro, plan)))


def draw_items(rng: np.random.Generator, category: Ints) -> Ints:
    """Draw an item of each category, the popular ones more often."""
    item = np.zeros(len(category), dtype=np.int64)
    for index, each in enumerate(CATEGORIES):
        here = np.flatnonzero(category == index)
        item[here] = pick(rng, zipf(len(each.nouns) * len(each.adjectives)), len(here))
    return _first_item(category) + item


def prices(item: Ints, at: Ints, euro: Ints, plan: ShopPlan) -> Ints:
    """Return list prices in minor units: they rise every year, and end in 9 in both currencies."""
    pounds = np.array([each.price for each in shop_items()])[item]
    year = (at - plan.start) // (365 * DAY)
    raw = pounds * _YEARLY_RISE**year * np.where(euro, _EUROS_A_POUND, 1.0)
    return np.asarray(np.rint(raw / 10) * 10 - 1, dtype=np.int64)
