"""The tills of the invented shop: typed receipt lines in Parquet, many of them of nobody in particular."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.behaviour import at_waking_hours, draw_lines, spread_by_season
from unified_customer.datasets.catalogue import shop_items
from unified_customer.datasets.plan import DAY, SECOND, ShopPlan
from unified_customer.datasets.written import PLANTED, Written, no_consents, records

if TYPE_CHECKING:
    from pathlib import Path

    from unified_customer.datasets.behaviour import Behaviour

_TILLS: Final = {False: ("LON1", "LON2", "MAN1", "EDI1", "BRS1"), True: ("DUB1", "BER1")}
_RETURNED: Final = 0.05
_REASONS: Final = ("missing_key", "nul_character", "unknown_value")


def write_tills(path: Path, behaviour: Behaviour, orders: pl.DataFrame, plan: ShopPlan) -> Written:
    """Write the receipts of everybody who bought in a shop, with returns, and of passers-by without a card.

    The columns are `receipt_no`, `line_no`, `till`, `sold_at` (UTC), `sku`, `quantity` (negative: a return),
    `unit_price`, `currency`, `loyalty_card` (null: not shown).
    """
    rng = plan.rng("tills")
    people = behaviour.people
    known = orders.filter(~pl.col("web"))
    lines = known.join(behaviour.lines, on="order", how="inner", maintain_order="left_right")
    card = people["card"].gather(known["person"])
    shown = card.is_not_null() & pl.Series(rng.random(known.height) >= plan.mess.card_forgotten)
    seen = known.select("order", loyalty_card=pl.Series(card).zip_with(shown, pl.Series([None], dtype=pl.String)))
    lines = lines.join(seen, on="order", how="left", maintain_order="left")
    strangers = _strangers(rng, people, plan)
    receipts = _receipts(rng, pl.concat([lines.select(strangers.columns), strangers]), plan)
    receipts, planted = _planted(rng, _typed(receipts), plan)
    receipts.write_parquet(path, compression="zstd", statistics=True)
    return Written(receipts.height, _records(receipts, people), planted, no_consents())


def _strangers(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Return receipt lines of passers-by, who buy like a customer drawn at random."""
    count = round(plan.mess.anonymous_receipts * plan.customers)
    like = rng.integers(0, max(1, people.height), count)
    start = np.full(count, plan.start)
    at = spread_by_season(rng, plan, start, np.full(count, plan.end - DAY))
    at = at_waking_hours(rng, at, np.zeros(count, dtype=np.int64))
    euro = rng.random(count) < 0.2
    visits = pl.DataFrame({"order": -1 - np.arange(count), "person": like, "at": at, "euro": euro})
    # `draw_lines` counts orders from the first one upwards.
    baskets = draw_lines(rng, visits.with_columns(order=pl.Series(np.arange(count))), people, plan)
    baskets = baskets.with_columns(order=-1 - pl.col("order"))
    lines = visits.drop("person").join(baskets, on="order", how="inner", maintain_order="left_right")
    return lines.with_columns(loyalty_card=pl.lit(None, dtype=pl.String))


def _receipts(rng: np.random.Generator, lines: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Add returns, give every visit a till and a number, and sort by time."""
    back = lines.filter(pl.Series(rng.random(lines.height) < _RETURNED))
    later = pl.Series((rng.uniform(0.5, 28, back.height) * DAY).astype(np.int64))
    back = back.with_columns(at=pl.col("at") + later, quantity=-pl.col("quantity"), visit=pl.lit(1))
    back = back.filter(pl.col("at") < plan.end)
    both = pl.concat([lines.with_columns(visit=pl.lit(0)), back]).with_columns(at=pl.col("at") // SECOND * SECOND)
    both = both.with_columns(at=pl.col("at").min().over("order", "visit")).sort(
        "at", "order", "visit", maintain_order=True
    )
    receipt = both.select(pl.struct("at", "order", "visit").rle_id().cast(pl.Int64)).to_series()
    visits = int(receipt[-1]) + 1 if both.height else 0
    draw = rng.integers(0, 1_000_000, visits)[receipt.to_numpy()]
    tills = [f"{_TILLS[e][d % len(_TILLS[e])]}-{d // 10 % 4 + 1:02d}" for e, d in zip(both["euro"], draw, strict=True)]
    return both.with_columns(
        receipt_no=pl.Series([f"R{10_000_000 + number}" for number in receipt], dtype=pl.String),
        line_no=pl.int_range(1, pl.len() + 1).over(receipt.alias("receipt")),
        till=pl.Series(tills, dtype=pl.String),
    )


def _typed(receipts: pl.DataFrame) -> pl.DataFrame:
    skus = pl.Series([item.sku for item in shop_items()])
    cents = pl.col("price").cast(pl.Decimal(18, 2))
    return receipts.select(
        "receipt_no",
        pl.col("line_no").cast(pl.Int32),
        "till",
        pl.col("at").cast(pl.Datetime("us", "UTC")).alias("sold_at"),
        skus.gather(receipts["item"]).alias("sku"),
        pl.col("quantity").cast(pl.Int32),
        (cents * pl.lit("0.01").cast(pl.Decimal(18, 2))).cast(pl.Decimal(18, 2)).alias("unit_price"),
        pl.when("euro").then(pl.lit("EUR")).otherwise(pl.lit("GBP")).alias("currency"),
        "loyalty_card",
    )


def _planted(rng: np.random.Generator, receipts: pl.DataFrame, plan: ShopPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put broken copies of lines of nobody at random places."""
    nobody = np.flatnonzero(receipts["loyalty_card"].is_null().to_numpy())
    count = plan.broken(len(nobody))
    reasons = [reason for reason in _REASONS for _ in range(count)]
    copies = receipts[rng.choice(nobody, size=len(reasons))] if reasons else receipts.clear()
    reason = pl.Series("reason", reasons, dtype=pl.String)
    copies = copies.with_columns(
        receipt_no=pl.when(reason == "missing_key").then(None).otherwise(pl.Series([f"X{n}" for n in range(len(reasons))], dtype=pl.String)),
        sku=pl.when(reason == "nul_character").then(pl.col("sku") + "\0").otherwise("sku"),
        currency=pl.when(reason == "unknown_value").then(pl.lit("???")).otherwise("currency"),
    ).with_columns(reason)  # fmt: skip
    place = np.concatenate([np.arange(receipts.height), rng.random(len(reasons)) * max(1, receipts.height)])
    everything = pl.concat([receipts.with_columns(reason=pl.lit(None, dtype=pl.String)), copies])
    everything = everything.with_columns(place=pl.Series(place)).sort("place", maintain_order=True).drop("place")
    everything = everything.with_row_index("row", offset=1)
    planted = everything.filter(pl.col("reason").is_not_null()).select("row", "reason", source_id=pl.lit(None))
    return everything.drop("row", "reason"), planted.cast(PLANTED)


def _records(receipts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Return whose each card on the receipts is."""
    cards = receipts.select("loyalty_card").drop_nulls().unique(maintain_order=True)
    owners = people.select("person", "card_registered", loyalty_card="card")
    found = cards.join(owners, on="loyalty_card", how="left", maintain_order="left")
    return records(found["loyalty_card"], found["person"], kind="loyalty_card", linkable=found["card_registered"])
