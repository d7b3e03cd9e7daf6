"""Who visits the web shop when, on which device: the sessions that web messages are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from unified_customer.datasets.behaviour import Behaviour, at_waking_hours, draw_lines, spread_by_season
from unified_customer.datasets.membership import answer_at
from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.plan import DAY, SECOND, Flags, Ints, ShopPlan, hex_ids, pick

BROWSER, MOBILE, SERVER = 0, 1, 2
REGISTRATION, PURCHASE, BROWSING = 0, 1, 2
MEDIA: Final = (("newsletter", "email"), ("google", "cpc"), ("instagram", "social"), ("partners", "affiliate"))
_NO_CONSENT_BANNER: Final = -1


@dataclass(frozen=True, slots=True)
class Visits:
    """Everything about visits that the messages are derived from.

    Attributes:
        devices: `owner` (person; visitors come after the customers), `anonymous_id`, `style` (`BROWSER` or `MOBILE`),
            `unknown`, `shared`, `clock` (µs that it is ahead), `asked` (-1: no banner; else 3 bits: advertising,
            analytics, functional), `asked_again` and `changed` (µs).
        sessions: `person`, `device`, `start` (µs), `kind`, `cart` (-1: none), `bought`, `login`, `guest`,
            `first_login`, `campaign` (index of `MEDIA`, -1: none), `euro`; sorted by start.
        carts: The lines of orders and of abandoned carts: `cart`, `item`, `quantity`, `price`, sorted by cart.
    """

    devices: pl.DataFrame
    sessions: pl.DataFrame
    carts: pl.DataFrame


def draw_visits(behaviour: Behaviour, orders: pl.DataFrame, plan: ShopPlan) -> Visits:
    """Invent the devices and the sessions of customers and of visitors who never say who they are."""
    rng = plan.rng("visits")
    people = behaviour.people
    visitors = round(plan.mess.visitors * plan.customers)
    devices = _devices(rng, people, visitors, plan)
    sessions = pl.concat([_of_customers(rng, people, orders, plan), _of_visitors(rng, visitors, plan)])
    sessions = _on_devices(rng, sessions, devices, people, plan).sort("start", "person", "kind", maintain_order=True)
    sessions, abandoned = _abandoned(rng, sessions, behaviour, plan)
    bought = (
        behaviour.lines.filter(orders["web"].gather(behaviour.lines["order"])) if orders.height else behaviour.lines
    )
    carts = pl.concat([bought.rename({"order": "cart"}), abandoned]).sort("cart", maintain_order=True)
    first = pl.col("login") & (pl.col("login").cast(pl.Int64).cum_sum().over("person") == 1)
    return Visits(devices, sessions.with_columns(first_login=first), carts)


def _devices(rng: np.random.Generator, people: pl.DataFrame, visitors: int, plan: ShopPlan) -> pl.DataFrame:
    members = people.filter("web")["person"].to_numpy()
    counts = pick(rng, (0.62, 0.3, 0.08), len(members)) + 1
    owner = np.concatenate([np.repeat(members, counts), plan.customers + np.arange(visitors)])
    rows = len(owner)
    number = np.arange(rows) - np.searchsorted(owner, owner)
    style = np.where(rng.random(rows) < 0.3, MOBILE, BROWSER)
    unknown = (owner >= plan.customers) | ((number > 0) & (rng.random(rows) < plan.mess.unknown_device))
    wrong = rng.random(rows) < plan.mess.wrong_clock
    again, changed = rng.random(rows) < 0.1, plan.start + (rng.random(rows) * (plan.end - plan.start)).astype(np.int64)
    asked = np.where(rng.random(rows) < 0.3, _NO_CONSENT_BANNER, _preferences(rng, rows))
    return pl.DataFrame(
        {
            "owner": owner,
            "number": number,
            "anonymous_id": _anonymous_ids(rng, style),
            "style": style,
            "unknown": unknown,
            "clock": np.where(wrong, rng.integers(-2 * DAY // SECOND, 2 * DAY // SECOND, rows) * SECOND, 0),
            "asked": asked,
            "asked_again": np.where(again & (asked >= 0), _preferences(rng, rows), asked),
            "changed": changed,
            "address": rng.integers(0, 1 << 31, rows),
        },
        schema_overrides={"anonymous_id": pl.String},
    )


def _preferences(rng: np.random.Generator, rows: int) -> Ints:
    """Draw answers to a consent banner: all, only what is functional, that and analytics, or nothing."""
    return np.array([0b111, 0b001, 0b011, 0b000])[pick(rng, (0.55, 0.25, 0.12, 0.08), rows)]


def _anonymous_ids(rng: np.random.Generator, style: Ints) -> list[str]:
    ids = [f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}" for h in hex_ids(rng, len(style), digits=32)]
    return [each.upper() if kind == MOBILE else each for each, kind in zip(ids, style, strict=True)]


def _of_customers(rng: np.random.Generator, people: pl.DataFrame, orders: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    members = people.filter("web")["person"].to_numpy()
    bought = orders.filter("web")
    buyers, ordered = bought["person"].to_numpy(), bought["at"].to_numpy()
    counts = rng.poisson(0.35 + 0.35 * np.bincount(buyers, minlength=people.height)[members])
    browsers = np.repeat(members, counts)
    joined = people["joined"].to_numpy()
    until = np.minimum(people["dropped"].fill_null(plan.end).to_numpy(), plan.end - DAY)
    browsed = spread_by_season(rng, plan, joined[browsers], np.maximum(until, joined)[browsers])
    country = people["country"].to_numpy()
    browsed = np.maximum(at_waking_hours(rng, browsed, country[browsers]), joined[browsers] + DAY // 96)
    start = ordered - ((4 + 20 * rng.random(len(ordered))) * 60 * SECOND).astype(np.int64)
    sizes = (len(members), len(buyers), len(browsers))
    return pl.DataFrame(
        {
            "person": np.concatenate([members, buyers, browsers]),
            "start": np.concatenate([joined[members], start, browsed]),
            "kind": np.repeat([REGISTRATION, PURCHASE, BROWSING], sizes),
            "cart": np.concatenate([np.full(sizes[0], -1), bought["order"].to_numpy(), np.full(sizes[2], -1)]),
            "ordered": np.concatenate([np.zeros(sizes[0], np.int64), ordered, np.zeros(sizes[2], np.int64)]),
        }
    )


def _of_visitors(rng: np.random.Generator, visitors: int, plan: ShopPlan) -> pl.DataFrame:
    person = np.repeat(plan.customers + np.arange(visitors), 1 + (rng.random(visitors) < 0.2))
    rows = len(person)
    start = spread_by_season(rng, plan, np.full(rows, plan.start), np.full(rows, plan.end - DAY))
    return pl.DataFrame(
        {
            "person": person,
            "start": at_waking_hours(rng, start, np.zeros(rows, dtype=np.int64)),
            "kind": np.full(rows, BROWSING),
            "cart": np.full(rows, -1),
            "ordered": np.zeros(rows, np.int64),
        }
    )


def _on_devices(
    rng: np.random.Generator, sessions: pl.DataFrame, devices: pl.DataFrame, people: pl.DataFrame, plan: ShopPlan
) -> pl.DataFrame:
    """Choose a device for each session, and say who logs in."""
    rows = sessions.height
    person, kind = sessions["person"].to_numpy(), sessions["kind"].to_numpy()
    owner = devices["owner"].to_numpy()
    first = np.searchsorted(owner, person)
    count = np.searchsorted(owner, person, side="right") - first
    own = first + np.where(kind == REGISTRATION, 0, pick(rng, (0.7, 0.22, 0.08), rows) % np.maximum(count, 1))
    device = _household_device(rng, people, devices, plan)[own] if rows else own
    known = ~devices["unknown"].to_numpy()[own]
    login = known & (rng.random(rows) < np.array([1.0, 0.85, 0.3])[kind])
    guest = known & ~login & (kind == PURCHASE) & (rng.random(rows) < 0.6)
    return sessions.with_columns(
        device=pl.Series(device),
        login=pl.Series(login),
        guest=pl.Series(guest),
        campaign=pl.Series(_campaigns(rng, sessions, people, plan)),
    )


def _household_device(rng: np.random.Generator, people: pl.DataFrame, devices: pl.DataFrame, plan: ShopPlan) -> Ints:
    """Return for each device the one really used: in some households all use the first of the first member."""
    owner, number = devices["owner"].to_numpy(), devices["number"].to_numpy()
    sharing: Flags = rng.random(max(1, people.height)) < plan.mess.shared_device
    home = np.concatenate([people["household"].to_numpy(), np.full(len(owner), -1)])[np.minimum(owner, people.height)]
    main = (number == 0) & (owner < people.height) & sharing[np.maximum(home, 0)]
    used = np.arange(len(owner))
    which = np.flatnonzero(main)
    distinct, at = np.unique(home[which], return_index=True)
    used[which] = which[at][np.searchsorted(distinct, home[which])]
    return used


def _campaigns(rng: np.random.Generator, sessions: pl.DataFrame, people: pl.DataFrame, plan: ShopPlan) -> Ints:
    """Draw what brought a session: nothing in six of ten; mails only people with the newsletter."""
    rows = sessions.height
    drawn = np.where(rng.random(rows) < 0.4, pick(rng, (0.35, 0.35, 0.2, 0.1), rows), -1)
    customer = sessions["person"].to_numpy() < plan.customers
    reads = np.zeros(rows, dtype=np.bool_)
    some = sessions.filter(pl.Series(customer))
    answers, _ = answer_at(people[some["person"]], some["start"].to_numpy())
    reads[customer] = answers.fill_null(value=False).to_numpy()
    return np.where((drawn == 0) & ~reads, 1, drawn)


def _abandoned(
    rng: np.random.Generator, sessions: pl.DataFrame, behaviour: Behaviour, plan: ShopPlan
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill carts in some of the sessions without an order; visitors fill theirs like a customer at random."""
    people, first = behaviour.people, behaviour.orders.height
    leaves = (sessions["kind"] == BROWSING).to_numpy() & (rng.random(sessions.height) < 0.14)
    chosen = np.flatnonzero(leaves)
    person = sessions["person"].to_numpy()
    like = np.where(person < plan.customers, person, rng.integers(0, max(1, plan.customers), len(person)))
    country = people["country"].to_numpy()[like] if people.height else like
    euro = np.array([each.currency == "EUR" for each in COUNTRIES])[country] & (person < plan.customers)
    cart = sessions["cart"].to_numpy().copy()
    cart[chosen] = first + np.arange(len(chosen))
    sessions = sessions.with_columns(
        bought=pl.col("cart") >= 0, cart=pl.Series(cart), euro=pl.Series(euro), like=pl.Series(like)
    )
    carts = sessions[chosen].select(
        pl.col("cart").alias("order"), pl.col("like").alias("person"), pl.col("start").alias("at"), "euro"
    )
    lines = draw_lines(rng, carts, people, plan) if carts.height else behaviour.lines.clear()
    return sessions, lines.rename({"order": "cart"})
