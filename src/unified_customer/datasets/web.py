"""The web events of the invented shop: Segment-shaped messages, one a line, as they arrived."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.datasets.places import COUNTRIES
from unified_customer.datasets.plan import DAY, SECOND, ShopPlan, hex_ids
from unified_customer.datasets.web_events import ALIAS, CONSENT, IDENTIFY, VIEWED, draw_events, preferences
from unified_customer.datasets.web_messages import lines
from unified_customer.datasets.web_properties import cart_columns, item_columns
from unified_customer.datasets.web_sessions import SERVER, Visits, draw_visits
from unified_customer.datasets.web_traits import add_traits
from unified_customer.datasets.written import CONSENTS, PLANTED, Written, records

if TYPE_CHECKING:
    from pathlib import Path

    from unified_customer.datasets.behaviour import Behaviour

_BATCH: Final = 50_000
_REASONS: Final = ("not_json", "unparseable_date", "missing_identity", "wrong_type", "nul_character")
_PURPOSES: Final = (("marketing.advertising", 4), ("analytics", 2), ("functional", 1))


def write_web_events(
    path: Path, behaviour: Behaviour, orders: pl.DataFrame, addresses: pl.DataFrame, plan: ShopPlan
) -> Written:
    """Write the messages in the order of arrival, give or take."""
    visits = draw_visits(behaviour, orders, plan)
    people = behaviour.people
    events = draw_events(visits, people["employer"].is_not_null().to_numpy(), plan)
    session = visits.sessions.select("person", "device", "login", "guest", "campaign", "euro", "cart")[
        events["session"]
    ]
    events = pl.concat([events, session], how="horizontal").with_row_index("number").cast({"number": pl.Int64})
    events = add_traits(events, people, addresses, plan)
    delivered, repeated = _delivered(events, visits, plan)
    user_ids = _user_ids(people, plan)
    _write_lines(path, delivered, visits, people, user_ids)
    planted = delivered.filter(pl.col("reason").is_not_null()).select(
        pl.col("row") + 1, "reason", source_id=pl.lit(None)
    )
    truth = _records(events, visits, user_ids)
    return Written(delivered.height, truth, planted.cast(PLANTED), _consents(events, visits), repeated)


def _user_ids(people: pl.DataFrame, plan: ShopPlan) -> pl.Series:
    ids = hex_ids(plan.rng("user_ids"), people.height, digits=12)
    return pl.Series("user_id", [f"usr_{each}" for each in ids], dtype=pl.String)


def _delivered(events: pl.DataFrame, visits: Visits, plan: ShopPlan) -> tuple[pl.DataFrame, int]:
    """Send the messages: add delays, second deliveries and broken copies, and put them in the order of arrival."""
    rng = plan.rng("delivery")
    rows = events.height
    events = events.with_columns(
        message=pl.Series(hex_ids(rng, rows, digits=32), dtype=pl.String), reason=pl.lit(None, pl.String)
    )
    late = np.where(rng.random(rows) < plan.mess.late, rng.uniform(1, 6, rows) * DAY, 0).astype(np.int64)
    sent = events["at"].to_numpy() + late + rng.integers(SECOND // 50, 3 * SECOND, rows)
    events = events.with_columns(sent=pl.Series(np.minimum(sent, plan.end - 5 * SECOND)))
    again = events.filter(pl.Series(rng.random(rows) < plan.mess.repeated))
    delay = (rng.gamma(0.5, 0.2, again.height) * DAY).astype(np.int64) + SECOND
    again = again.with_columns(sent=pl.Series(np.minimum(again["sent"].to_numpy() + delay, plan.end - 3 * SECOND)))
    everything = pl.concat([events, again, _broken(rng, events, plan)])
    ahead = visits.devices["clock"].gather(everything["device"])
    clock = pl.when(pl.col("style") == SERVER).then(0).otherwise(ahead)
    received = everything["sent"].to_numpy() + rng.integers(SECOND // 40, SECOND, everything.height)
    astray = rng.random(everything.height) < plan.mess.out_of_order
    place = received + np.where(astray, rng.integers(-3600 * SECOND, 3600 * SECOND, everything.height), 0)
    everything = everything.with_columns(
        received=pl.Series(received), original=pl.col("at") + clock, sent=pl.col("sent") + clock, place=pl.Series(place)
    ).sort("place", "number", maintain_order=True)
    return everything.drop("place").with_row_index("row").cast({"row": pl.Int64}), again.height


def _broken(rng: np.random.Generator, events: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Return copies of product views, under message ids of their own, with the reason for which they will be broken."""
    views = np.flatnonzero((events["kind"] == VIEWED).to_numpy())
    reasons = [reason for reason in _REASONS for _ in range(plan.broken(len(views)))]
    copies = events[rng.choice(views, size=len(reasons))] if reasons else events.clear()
    ids = pl.Series(hex_ids(rng, len(reasons), digits=32), dtype=pl.String)
    return copies.with_columns(message=ids, reason=pl.Series(reasons, dtype=pl.String))


def _write_lines(path: Path, events: pl.DataFrame, visits: Visits, people: pl.DataFrame, user_ids: pl.Series) -> None:
    items = item_columns().with_row_index("item").cast({"item": pl.Int64})
    carts = cart_columns(visits.carts)
    visitor = pl.DataFrame({"user_id": [None], "zone": [0]}, schema={"user_id": pl.String, "zone": pl.Int64})
    who = pl.concat([pl.DataFrame({"user_id": user_ids, "zone": people["country"]}), visitor])
    who = who.with_columns(
        locale=pl.Series([each.locale for each in COUNTRIES]).gather(who["zone"]),
        timezone=pl.Series([each.zone for each in COUNTRIES]).gather(who["zone"]),
    )
    with path.open("wb") as file:
        for batch in events.iter_slices(_BATCH):
            full = _known(batch, visits, who, items, carts)
            file.write(_spoil(lines(full), batch["reason"]).str.join("\n").item().encode() + b"\n")


def _known(
    batch: pl.DataFrame, visits: Visits, who: pl.DataFrame, items: pl.DataFrame, carts: pl.DataFrame
) -> pl.DataFrame:
    """Put beside each message what is known of its device, person, item and cart."""
    person = batch["person"].clip(upper_bound=who.height - 1)
    device = visits.devices.select("anonymous_id", "address")[batch["device"]]
    full = pl.concat([batch, device, who[person]], how="horizontal")
    full = full.join(items, on="item", how="left", maintain_order="left")
    full = full.join(carts, on="cart", how="left", maintain_order="left")
    return full.with_columns(preference=preferences(visits, batch["session"]))


def _spoil(texts: pl.Series, reasons: pl.Series) -> pl.Series:
    """Break the lines that have a reason."""
    rows = reasons.is_not_null().arg_true()
    broken = [_broken_line(texts[row], reasons[row]) for row in rows]
    return texts.scatter(rows, pl.Series(broken, dtype=pl.String)) if broken else texts


def _broken_line(text: str, reason: str) -> str:
    if reason == "not_json":
        return text[: len(text) * 2 // 3]
    message: dict[str, Any] = json.loads(text)
    if reason == "unparseable_date":
        message["timestamp"] = "the day before yesterday"
    elif reason == "wrong_type":
        message["properties"] = ["n/a"]
    elif reason == "nul_character":
        message["properties"]["name"] += "\0"
    else:
        message = {key: value for key, value in message.items() if key not in {"anonymousId", "userId"}}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _records(events: pl.DataFrame, visits: Visits, user_ids: pl.Series) -> pl.DataFrame:
    """Return whose the anonymous ids and the user ids are that occur in the messages."""
    said = pl.col("login") | ((pl.col("kind") == IDENTIFY) & pl.col("guest")) | (pl.col("kind") == ALIAS)
    # A server that knows the user does not say on which device he was.
    used = events.filter((pl.col("style") != SERVER) | pl.col("login").not_()).sort("device", maintain_order=True)
    used = used.group_by("device", maintain_order=True).agg(linkable=said.any(), people=pl.col("person").n_unique())
    device = visits.devices[used["device"]]
    devices = records(
        device["anonymous_id"],
        device["owner"],
        kind="anonymous_id",
        linkable=used["linkable"],
        shared=used["people"] > 1,
    )
    users = events.filter("login").select("person").unique().sort("person")["person"]
    return pl.concat([devices, records(user_ids.gather(users), users, kind="user_id")])


def _consents(events: pl.DataFrame, visits: Visits) -> pl.DataFrame:
    """Return what was said to the consent banner, one statement per purpose."""
    stated = events.filter(pl.col("kind") == CONSENT)
    device = visits.devices[stated["device"]]
    frame = pl.DataFrame(
        {
            "person": device["owner"],
            "source_id": device["anonymous_id"],
            "preference": preferences(visits, stated["session"]),
            "stated": stated["at"],
        }
    )
    parts = [
        frame.select(
            "person",
            "source_id",
            pl.lit(name).alias("purpose"),
            granted=pl.col("preference") // bit % 2 == 1,
            stated="stated",
        )
        for name, bit in _PURPOSES
    ]
    return pl.concat(parts).cast(CONSENTS)
