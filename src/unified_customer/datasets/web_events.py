"""The messages of the web shop as numbers: what happened when, in which session, about which item or cart."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from unified_customer.datasets.behaviour import draw_items, prices
from unified_customer.datasets.catalogue import CATEGORIES
from unified_customer.datasets.plan import DAY, SECOND, Flags, Ints, ShopPlan, pick
from unified_customer.datasets.web_sessions import REGISTRATION, SERVER, Visits

(
    PAGE,
    CONSENT,
    IDENTIFY,
    ALIAS,
    GROUP,
    SEARCHED,
    LISTED,
    VIEWED,
    ADDED,
    CART,
    CHECKOUT,
    COMPLETED,
    REFUNDED,
    REVIEWED,
) = range(14)
TRACKS: Final = {
    CONSENT: "Segment Consent Preference Updated",
    SEARCHED: "Products Searched",
    LISTED: "Product List Viewed",
    VIEWED: "Product Viewed",
    ADDED: "Product Added",
    CART: "Cart Viewed",
    CHECKOUT: "Checkout Started",
    COMPLETED: "Order Completed",
    REFUNDED: "Order Refunded",
    REVIEWED: "Product Reviewed",
}
_EXTRA: Final = {"item": -1, "price": 0, "quantity": 0}


def draw_events(visits: Visits, employed: Flags, plan: ShopPlan) -> pl.DataFrame:
    """Derive the messages of the sessions.

    Args:
        visits: Sessions, devices and carts.
        employed: Per customer, whether an employer is known.
        plan: The arguments of the shop.

    Returns:
        `session`, `kind`, `at` (µs), `item` (-1: none), `price`, `quantity`, `style`; sorted by `at`.
    """
    rng = plan.rng("events")
    sessions = visits.sessions.with_row_index("session").cast({"session": pl.Int64})
    parts = [
        *_greetings(rng, sessions, visits, employed, plan),
        *_looking(rng, sessions, plan),
        *_shopping(rng, sessions, visits.carts),
    ]
    parts += _afterwards(rng, sessions, visits.carts)
    events = pl.concat(parts).filter(pl.col("at") < plan.end - 10 * SECOND)
    style = visits.devices["style"].gather(sessions["device"].gather(events["session"]))
    events = events.with_columns(style=pl.when(pl.col("kind") == REFUNDED).then(SERVER).otherwise(style))
    return events.sort("at", "session", "kind", maintain_order=True)


def _some(sessions: pl.DataFrame, kind: int, chosen: Flags, after: Ints | int) -> pl.DataFrame:
    """Return one message in each chosen session, `after` microseconds from its start."""
    base = sessions.select("session", kind=pl.lit(kind), at=pl.col("start") + pl.lit(after))
    return (
        base.filter(pl.Series(chosen))
        .with_columns(**{name: pl.lit(value) for name, value in _EXTRA.items()})
        .cast(pl.Int64)
    )


def _greetings(
    rng: np.random.Generator, sessions: pl.DataFrame, visits: Visits, employed: Flags, plan: ShopPlan
) -> list[pl.DataFrame]:
    rows = sessions.height
    login, guest, first = (sessions[name].to_numpy() for name in ("login", "guest", "first_login"))
    person, kind = sessions["person"].to_numpy(), sessions["kind"].to_numpy()
    again = login & (rng.random(rows) < 0.12)
    works = np.concatenate([employed, [False]])[np.minimum(person, plan.customers)]
    jitter = (rng.random(rows) * 3 * SECOND).astype(np.int64)
    # A guest says who it is at the checkout, the others when they come in.
    told = np.where(guest, 150 * SECOND, 8 * SECOND) + jitter
    return [
        _some(sessions, PAGE, np.ones(rows, dtype=np.bool_), jitter),
        _some(sessions, CONSENT, _asked(sessions, visits), 5 * SECOND + jitter),
        _some(sessions, IDENTIFY, first | (kind == REGISTRATION) | again | guest, told),
        _some(sessions, ALIAS, first & (rng.random(rows) < 0.03), told - SECOND // 10),
        _some(sessions, GROUP, first & works, told + SECOND // 5),
    ]


def _asked(sessions: pl.DataFrame, visits: Visits) -> Flags:
    """Return the sessions in which a device states its preferences: the first, and the first after a change."""
    device = visits.devices[sessions["device"]]
    frame = sessions.select("device", "start").with_columns(device["asked"], device["asked_again"], device["changed"])
    late = pl.col("start") >= pl.col("changed")
    first = pl.int_range(pl.len()).over("device") == 0
    first_late = late & (late.cast(pl.Int64).cum_sum().over("device") == 1) & (pl.col("asked") != pl.col("asked_again"))
    return frame.select((pl.col("asked") >= 0) & (first | first_late)).to_series().to_numpy()


def preferences(visits: Visits, session: pl.Series) -> pl.Series:
    """Return the consent preferences of the device in each of the sessions (-1: never asked)."""
    sessions = visits.sessions[session]
    device = visits.devices[sessions["device"]]
    late = sessions["start"] >= device["changed"]
    return device["asked_again"].zip_with(late, device["asked"])


def _looking(rng: np.random.Generator, sessions: pl.DataFrame, plan: ShopPlan) -> list[pl.DataFrame]:
    rows = sessions.height
    searched = _some(sessions, SEARCHED, rng.random(rows) < 0.12, 20 * SECOND)
    listed = _some(sessions, LISTED, rng.random(rows) < 0.18, 31 * SECOND)
    searched, listed = (
        each.with_columns(item=pl.Series(draw_items(rng, _category(rng, each.height)))) for each in (searched, listed)
    )
    alone = (sessions["cart"] < 0).to_numpy()
    counts = np.where(alone, 1 + rng.poisson(0.25, rows), 0)
    which = np.repeat(np.arange(rows), counts)
    after = 60 * SECOND + (rng.random(len(which)) * 600 * SECOND).astype(np.int64)
    viewed = _some(sessions[which], VIEWED, np.ones(len(which), dtype=np.bool_), after)
    item = draw_items(rng, _category(rng, len(which)))
    euro = sessions["euro"].to_numpy()[which]
    price = prices(item, viewed["at"].to_numpy(), euro, plan)
    return [
        searched,
        listed,
        viewed.with_columns(item=pl.Series(item), price=pl.Series(price), quantity=pl.lit(1, pl.Int64)),
    ]


def _category(rng: np.random.Generator, size: int) -> Ints:
    return pick(rng, tuple(each.share for each in CATEGORIES), size)


def _shopping(rng: np.random.Generator, sessions: pl.DataFrame, carts: pl.DataFrame) -> list[pl.DataFrame]:
    filled = sessions.filter(pl.col("cart") >= 0)
    lines = filled.join(carts, on="cart", how="inner", maintain_order="left_right")
    nth = lines.select(pl.int_range(pl.len()).over("session")).to_series()
    lines = lines.with_columns(nth=nth, start=pl.col("start") + 45 * SECOND + nth * 25 * SECOND)
    everything = np.ones(lines.height, dtype=np.bool_)
    seen = rng.random(lines.height) < 0.5
    facts = lines.select("item", "price", "quantity")
    viewed = _some(lines, VIEWED, everything, 0).with_columns(*facts).filter(pl.Series(seen))
    added = _some(lines, ADDED, everything, 11 * SECOND).with_columns(*facts)
    bought = filled["bought"].to_numpy()
    draw = rng.random(filled.height)
    ordered = (filled["ordered"] - filled["start"]).to_numpy()
    return [
        viewed.with_columns(quantity=pl.lit(1, pl.Int64)),
        added,
        _some(filled, CART, draw < 0.25, 200 * SECOND),
        _some(filled, CHECKOUT, bought | (draw > 0.75), np.where(bought, ordered - 30 * SECOND, 220 * SECOND)),
        _some(filled, COMPLETED, bought, ordered),
    ]


def _afterwards(rng: np.random.Generator, sessions: pl.DataFrame, carts: pl.DataFrame) -> list[pl.DataFrame]:
    bought = sessions.filter("bought")
    rows = bought.height
    back = ((2 + 18 * rng.random(rows)) * DAY).astype(np.int64)
    words = ((4 + 26 * rng.random(rows)) * DAY).astype(np.int64)
    reviewing = bought["login"].to_numpy() & (rng.random(rows) < 0.06)
    first = carts.unique("cart", keep="first", maintain_order=True)
    item = bought.select("cart").join(first, on="cart", how="left", maintain_order="left")["item"]
    reviewed = _some(bought, REVIEWED, np.ones(rows, dtype=np.bool_), words).with_columns(item=item)
    return [_some(bought, REFUNDED, rng.random(rows) < 0.06, back), reviewed.filter(pl.Series(reviewing))]
