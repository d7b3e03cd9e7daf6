"""Who stays, by subscriptions: what events leave them in, and what they pay."""

from functools import cache
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.keeping import added
from unified_customer.analytics.kpis.scope import BY, KEYS, Scope
from unified_customer.engines.portable import Lazy, collected, has
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.events.vocabulary import pack
from unified_customer.methods.money import AMOUNT, Exchange, exact

SUBSCRIPTION: Final = "subscription"
RUNNING: Final = "active"


@cache
def names(*, running: bool) -> tuple[str, ...]:
    """Return the names of events after which a subscription runs, or does not; of others it stays as it was."""
    meanings = [each for each in pack("subscriptions").events if each.object_kind == SUBSCRIPTION and each.state]
    chosen = [
        each
        for each in meanings
        if (each.state == RUNNING if running else each.closes or each.role in {"acquisition", "contraction"})
    ]
    return tuple(name for each in chosen if (each.state == RUNNING) == running for name in (each.name, *each.aliases))


def contracts(scope: Scope) -> tuple[pl.DataFrame | None, str | None]:
    """Return the sheet of retention by subscriptions and its currency; None: no event tells of any.

    The sheet has the columns of that by purchases, save `active_after`.

    What a subscription pays is the amount of its last event that has one.
    """
    events = scope.rows("events", "occurred_at", ["name"])
    if events is None or not has(events, "object_id"):
        return None, None
    named = events.filter(
        nw.col("name").is_in([*names(running=True), *names(running=False)]), ~nw.col("object_id").is_null()
    )
    exchange = scope.spec.money.exchange(named)
    flows = collected(_flows(_changes(_stated(named, exchange))))
    return (_sheet(flows, last=scope.last), exchange.currency) if flows.height else (None, None)


def _sheet(flows: pl.DataFrame, *, last: int) -> pl.DataFrame:
    columns = {"joined", "lost", "gained", "more", "less"}
    sheet = added([flows], columns, last=last)
    before = {
        "held_before": pl.col("joined") - pl.col("lost"),
        "money_before": pl.col("gained"),
    }
    told = sheet.with_columns(
        (each.cum_sum().over(BY, order_by="number") - each).alias(name) for name, each in before.items()
    )
    held, money = pl.col("held_before"), pl.col("money_before")
    return told.with_columns(
        held=held - pl.col("lost"),
        payers_before=held,
        money_kept=money - pl.col("less"),
        money_now=money - pl.col("less") + pl.col("more"),
    ).drop(columns - {"lost"})


def _stated(named: Lazy, exchange: Exchange) -> Lazy:
    """Return events with what they leave a subscription in, and what it has paid last."""
    amount = exact(named, "amount") if has(named, "amount") else nw.lit(None, dtype=AMOUNT)
    runs = nw.when(nw.col("name").is_in(list(names(running=True)))).then(1).otherwise(0)
    told = named.with_columns(_amount=amount, runs=runs)
    parts = told.with_columns(**exchange.parts("pays", nw.col("_amount").fill_null(0)))
    priced = (nw.col("runs") == 1) & ~nw.col("_amount").is_null()
    paid = parts.with_columns(_pays=exchange.total("pays"), _priced=nw.when(priced).then(1).otherwise(0))
    timed = with_microseconds(paid, "occurred_at", name="moment")
    # Events of one instant are one: none ends what another one starts.
    once = timed.group_by("object_id", "number", "moment").agg(
        nw.col("_pays", "_priced", "runs").max(), nw.col(BY).min()
    )
    counted = once.with_columns(
        _known=nw.col("_priced").cum_sum().over("object_id", order_by="moment"),
        last=nw.col("moment").max().over("object_id", "number"),
    ).with_columns(nw.col(BY).min().over("object_id").alias(BY))
    pays = nw.when(nw.col("_priced") == 1).then("_pays").otherwise(0.0)
    return counted.with_columns(_pays=pays).with_columns(pays=nw.col("_pays").max().over("object_id", "_known"))


def _changes(stated: Lazy) -> Lazy:
    """Return for each period of a subscription with events how it was before, and how it is after."""
    after = stated.filter(nw.col("moment") == nw.col("last")).with_columns(pays=nw.col("pays") * nw.col("runs"))
    return after.with_columns(
        ran=nw.col("runs").shift(1).over("object_id", order_by="number"),
        paid=nw.col("pays").shift(1).over("object_id", order_by="number"),
    ).with_columns(nw.col("ran", "paid").fill_null(0))


def _flows(changes: Lazy) -> Lazy:
    ran, change = nw.col("ran") == 1, nw.col("pays") - nw.col("paid")
    return (
        changes.with_columns(
            joined=nw.when(~ran & (nw.col("runs") == 1)).then(1).otherwise(0),
            lost=nw.when(ran & (nw.col("runs") == 0)).then(1).otherwise(0),
            gained=change,
            more=nw.when(ran & (change > 0)).then(change).otherwise(0.0),
            less=nw.when(ran & (change < 0)).then(-change).otherwise(0.0),
        )
        .group_by(*KEYS)
        .agg(nw.col("joined", "lost", "gained", "more", "less").sum())
    )
