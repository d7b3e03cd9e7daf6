"""Who stays, by subscriptions: what events leave them in, and what they pay."""

from collections.abc import Sequence
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.keeping import added
from unified_customer.analytics.kpis.scope import BY, KEYS, Scope
from unified_customer.engines.portable import Lazy, collected, has
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.events.meanings import named
from unified_customer.methods.events.vocabulary import Meaning
from unified_customer.methods.money import AMOUNT, Exchange, exact

SUBSCRIPTION: Final = "subscription"
RUNNING: Final = "active"
PAYMENT: Final = "Payment Succeeded"
_PEOPLE: Final = ("people_joined", "people_lost")


def starts(meaning: Meaning) -> bool:
    """Return whether a subscription runs after an event, however it was before."""
    return _is_told(meaning) and meaning.state == RUNNING and meaning.name != PAYMENT


def stops(meaning: Meaning) -> bool:
    """Return whether a subscription does not run after an event."""
    left = meaning.closes or meaning.role in {"acquisition", "contraction"}
    return _is_told(meaning) and meaning.state != RUNNING and left


def pays(meaning: Meaning) -> bool:
    """Return whether an event is a payment alone, which leaves a subscription as it was."""
    return meaning.object_kind == SUBSCRIPTION and meaning.name == PAYMENT


def _is_told(meaning: Meaning) -> bool:
    return meaning.object_kind == SUBSCRIPTION and meaning.state is not None


def contracts(scope: Scope) -> tuple[pl.DataFrame | None, str | None]:
    """Return the sheet of retention by subscriptions and its currency; None: no event tells of any.

    The sheet has the columns of that by purchases, save `active_after`. `held_before`, `held` and `lost` are contracts;
    `holders_before` are the different customers who hold those of the start, and contracts of nobody known, each as
    one.

    What a subscription pays is the amount of its last event that has one. A payment opens no contract that was closed;
    one of which nothing but payments is told runs from the first of them.
    """
    events = scope.rows("events", "occurred_at", ["name"])
    if events is None or not has(events, "object_id"):
        return None, None
    flags = {"_starts": starts, "_stops": stops, "_paid": pays}
    marked = events.with_columns(**{name: _whole(named(scope.meanings, holds)) for name, holds in flags.items()})
    told = marked.filter(nw.sum_horizontal(*flags) > 0, ~nw.col("object_id").is_null())
    exchange = scope.spec.money.exchange(told)
    moved = _moves(_changes(_stated(told, exchange)))
    flows = [collected(_flows(moved)), collected(_holders(moved))]
    return (_sheet(flows, last=scope.last), exchange.currency) if flows[0].height else (None, None)


def _whole(said: nw.Expr) -> nw.Expr:
    return nw.when(said).then(1).otherwise(0)


def _sheet(flows: Sequence[pl.DataFrame], *, last: int) -> pl.DataFrame:
    columns = {"joined", "lost", "gained", "more", "less", *_PEOPLE}
    sheet = added(flows, columns, last=last)
    before = {
        "held_before": pl.col("joined") - pl.col("lost"),
        "holders_before": pl.col("people_joined") - pl.col("people_lost"),
        "money_before": pl.col("gained"),
    }
    told = sheet.with_columns(
        (each.cum_sum().over(BY, order_by="number") - each).alias(name) for name, each in before.items()
    )
    held, money = pl.col("held_before"), pl.col("money_before")
    return told.with_columns(
        held=held - pl.col("lost"),
        payers_before="holders_before",
        money_kept=money - pl.col("less"),
        money_now=money - pl.col("less") + pl.col("more"),
    ).drop(columns - {"lost"})


def _stated(told: Lazy, exchange: Exchange) -> Lazy:
    """Return events with what they leave a subscription in, and what it has paid last."""
    amount = exact(told, "amount") if has(told, "amount") else nw.lit(None, dtype=AMOUNT)
    whose = nw.col("customer_id") if has(told, "customer_id") else nw.lit(None, dtype=nw.String)
    amounts = told.with_columns(_amount=amount, _whose=whose)
    parts = amounts.with_columns(**exchange.parts("pays", nw.col("_amount")))
    priced = (nw.col("_starts") + nw.col("_paid") > 0) & ~nw.col("_amount").is_null()
    worth = parts.with_columns(_pays=nw.when(priced).then(exchange.total("pays")), _priced=_whole(priced))
    timed = with_microseconds(worth, "occurred_at", name="moment")
    # Events of one instant are one: none ends what another one starts.
    once = timed.group_by("object_id", "number", "moment").agg(
        nw.col("_pays", "_priced", "_starts", "_stops").max(), nw.col(BY, "_whose").min()
    )
    counted = once.with_columns(
        _known=nw.col("_priced").cum_sum().over("object_id", order_by="moment"),
        _turn=nw.max_horizontal("_starts", "_stops").cum_sum().over("object_id", order_by="moment"),
        last=nw.col("moment").max().over("object_id", "number"),
    ).with_columns(nw.col(BY, "_whose").min().over("object_id"))
    began = nw.col("_starts").max().over("object_id", "_turn")
    return counted.with_columns(
        runs=nw.when(nw.col("_turn") == 0).then(1).otherwise(began),
        pays=nw.col("_pays").max().over("object_id", "_known").fill_null(0.0),
    )


def _changes(stated: Lazy) -> Lazy:
    """Return for each period of a subscription with events how it was before, and how it is after."""
    after = stated.filter(nw.col("moment") == nw.col("last")).with_columns(pays=nw.col("pays") * nw.col("runs"))
    return after.with_columns(
        ran=nw.col("runs").shift(1).over("object_id", order_by="number"),
        paid=nw.col("pays").shift(1).over("object_id", order_by="number"),
    ).with_columns(nw.col("ran", "paid").fill_null(0))


def _moves(changes: Lazy) -> Lazy:
    """Return changes with what they add to what runs, and to what is paid."""
    ran, change = nw.col("ran") == 1, nw.col("pays") - nw.col("paid")
    return changes.with_columns(
        joined=_whole(~ran & (nw.col("runs") == 1)),
        lost=_whole(ran & (nw.col("runs") == 0)),
        gained=change,
        more=nw.when(ran & (change > 0)).then(change).otherwise(0.0),
        less=nw.when(ran & (change < 0)).then(-change).otherwise(0.0),
    )


def _flows(moves: Lazy) -> Lazy:
    return moves.group_by(*KEYS).agg(nw.col("joined", "lost", "gained", "more", "less").sum())


def _holders(moves: Lazy) -> Lazy:
    """Return how many customers come to hold a first contract, and how many hold none any more."""
    person = _whole(~nw.col("_whose").is_null())
    told = moves.with_columns(_person=person, _whose=nw.coalesce("_whose", "object_id"))
    who = ("_whose", "_person", BY)
    net = told.group_by(*who, "number").agg(nw.col("joined", "lost").sum())
    held = net.with_columns(_net=nw.col("joined") - nw.col("lost"))
    after = held.with_columns(_after=nw.col("_net").cum_sum().over(*who, order_by="number"))
    before = nw.col("_after") - nw.col("_net")
    turned = after.with_columns(
        people_joined=_whole((before == 0) & (nw.col("_after") > 0)),
        people_lost=_whole((before > 0) & (nw.col("_after") == 0)),
    )
    return turned.group_by(*KEYS).agg(nw.col(*_PEOPLE).sum())
