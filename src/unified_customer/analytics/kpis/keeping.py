"""Who stays, by purchases: a customer is active for some days after each of them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import BY, KEYS, Scope, gridded
from unified_customer.engines.portable import Lazy, civil, collected
from unified_customer.methods.money import Exchange

_WHOSE = ("customer_id", BY)


def kept(scope: Scope, orders: Lazy, exchange: Exchange) -> pl.DataFrame:
    """Return the sheet of retention by purchases.

    `held_before` and `active_after` (customers who are active at the start and at the end of the period),
    `holders_before` (the first again), `lost` and `held` (of those of the start, not active and active at the end),
    `followed` (those of the start; 0 where the data do not reach back `churn_days` before it, so that nobody could have
    been lost: `lost` and `held` are 0 too); `money_before` (revenue of the period before), `money_now` (revenue of
    those who bought in it, in this one), `money_kept` (the same, of each at most as much as before), `payers_before`.
    """
    known = orders.filter(~nw.col("customer_id").is_null())
    flows = [_runs(scope, known), *_payments(known, exchange)]
    sheet = added(
        flows, {"joined", "lost", "payers_before", "money_before", "money_now", "money_kept"}, last=scope.last
    )
    after = (pl.col("joined") - pl.col("lost")).cum_sum().over(BY, order_by="number")
    told = sheet.with_columns(active_after=after)
    before = pl.col("active_after").shift(1).over(BY, order_by="number").fill_null(0)
    held = told.with_columns(
        held_before=before, held=before - pl.col("lost"), followed=before, holders_before=before
    ).drop("joined")
    unknown = pl.col("number") < _followed_from(scope, known)
    return held.with_columns(
        pl.when(unknown).then(0).otherwise(name).alias(name) for name in ("followed", "held", "lost")
    )


def _followed_from(scope: Scope, known: Lazy) -> int:
    """Return the first period that begins `churn_days` after the first purchase of all, or later."""
    spec = scope.spec
    local = civil(known.filter("purchase"), "ordered_at", zone=spec.calendar.zone)
    first = collected(local.select(nw.col("ordered_at").cast(nw.Datetime("us")).min())).item()
    if first is None:
        return scope.last + 1
    end = first + timedelta(days=spec.churn_days)
    number = spec.calendar.number(end.date(), spec.every)
    return number if datetime.combine(spec.calendar.start(number, spec.every), time()) >= end else number + 1


def added(flows: Sequence[pl.DataFrame], names: set[str], *, last: int) -> pl.DataFrame:
    """Return frames by period and value as one sheet without gaps, up to the last period that has begun."""
    long = pl.concat(flows, how="diagonal").filter(pl.col("number") <= last)
    summed = long.group_by(KEYS).agg(pl.col(sorted(names)).sum())
    return gridded(summed, summed.select(BY).unique(), last=last) if summed.height else summed


def _runs(scope: Scope, known: Lazy) -> pl.DataFrame:
    """Return in which periods customers become active, and in which they cease to be.

    After the last purchase of a period a customer is active at the start of each following one, up to that in which the
    days are over. Neighbouring spans make a run.
    """
    spec = scope.spec
    local = civil(known.filter("purchase"), "ordered_at", zone=spec.calendar.zone)
    last = local.group_by(*_WHOSE, "number").agg(nw.col("ordered_at").max())
    until = nw.col("ordered_at").cast(nw.Datetime("us")).dt.offset_by(f"{spec.churn_days}d")
    ended = last.with_columns(until=until).with_columns(until=spec.calendar.counted(nw.col("until"), spec.every))
    spans = ended.filter(nw.col("until") > nw.col("number")).select(*_WHOSE, "number", "until")
    beside = spans.with_columns(
        before=nw.col("until").shift(1).over(*_WHOSE, order_by="number"),
        after=nw.col("number").shift(-1).over(*_WHOSE, order_by="number"),
    )
    joins = beside.filter(nw.col("before").is_null() | (nw.col("before") < nw.col("number")))
    leaves = beside.filter(nw.col("after").is_null() | (nw.col("after") > nw.col("until")))
    joined = collected(joins.group_by(*KEYS).agg(joined=nw.len()))
    lost = collected(leaves.select(BY, number="until").group_by(*KEYS).agg(lost=nw.len()))
    return pl.concat([joined, lost.select(*KEYS, "lost")], how="diagonal")


def _payments(known: Lazy, exchange: Exchange) -> list[pl.DataFrame]:
    parts = exchange.parts("revenue", nw.col("amount").fill_null(0))
    grouped = known.with_columns(**parts).group_by(*_WHOSE, "number").agg(*exchange.sums("revenue"))
    paid = grouped.select(*_WHOSE, "number", paid=exchange.total("revenue")).filter(nw.col("paid") > 0)
    beside = paid.with_columns(
        last=nw.col("number").shift(1).over(*_WHOSE, order_by="number"),
        earlier=nw.col("paid").shift(1).over(*_WHOSE, order_by="number"),
    )
    again = beside.filter(nw.col("last") == nw.col("number") - 1)
    less = nw.min_horizontal("paid", "earlier")
    now = (
        again.with_columns(less=less)
        .group_by(*KEYS)
        .agg(money_now=nw.col("paid").sum(), money_kept=nw.col("less").sum())
    )
    then = paid.with_columns(number=nw.col("number") + 1).group_by(*KEYS)
    return [collected(now), collected(then.agg(money_before=nw.col("paid").sum(), payers_before=nw.len()))]
