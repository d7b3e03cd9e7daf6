"""New customers and revenue, by the last touch before an order."""

from collections.abc import Sequence
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.mails import clicked
from unified_customer.analytics.kpis.scope import BY, KEYS, Scope
from unified_customer.analytics.kpis.visits import at_home
from unified_customer.engines.portable import Lazy, collected, has
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.money import Exchange

DIRECT: Final = "direct"
_DAY: Final = 86_400_000_000
_NEVER: Final = -4_000_000_000_000_000_000
_AT: Final = ("customer_id", "moment")


def timed(scope: Scope, orders: Lazy) -> Lazy:
    """Return the purchases of known customers with `moment` (microseconds) and `new` (1 for the first)."""
    purchases = orders.filter(nw.col("purchase"), ~nw.col("customer_id").is_null())
    told = with_microseconds(purchases, "ordered_at", name="moment", zone=scope.spec.calendar.zone)
    first = nw.col("moment") == nw.col("moment").min().over("customer_id")
    return told.with_columns(new=nw.when(first).then(1).otherwise(0))


def won(purchases: Lazy, *, name: str = "new_customers") -> pl.DataFrame:
    """Return the sheet of new customers, by the dimension of their first purchase; of two at one instant the least."""
    first = purchases.filter(nw.col("new") == 1).group_by("customer_id").agg(nw.col(*KEYS).min())
    return collected(first.group_by(*KEYS).agg(nw.len().alias(name)))


def touched(scope: Scope, purchases: Lazy) -> "Lazy | None":
    """Return purchases with `_channel`, `_by` and `_mail` of their last touch, null where there was none in time.

    A touch is an event of a known customer that has a channel: of a visit, or a click in an e-mail. None: events do not
    tell channels, or not the dimension.
    """
    events = scope.rows("events", "occurred_at", ["name"])
    if events is None or not has(events, "channel") or not has(events, "customer_id"):
        return None
    touches = _touches(scope, events)
    marks = nw.concat([touches.select(*_AT, _touch="moment"), purchases.select(*_AT, _touch=nw.lit(_NEVER))])
    # What happens at one instant is told together, so that an order and a click of its instant meet.
    once = marks.group_by(*_AT).agg(nw.col("_touch").max())
    last = once.with_columns(_touch=nw.col("_touch").cum_max().over("customer_id", order_by="moment"))
    window = scope.spec.attribution_days * _DAY
    recent = last.filter(nw.col("moment") - nw.col("_touch") <= window, nw.col("_touch") > _NEVER)
    named = recent.join(touches, left_on=["customer_id", "_touch"], right_on=list(_AT), how="inner")
    found = named.select(*_AT, "_channel", "_mail", BY)
    if scope.spec.by is not None and scope.spec.by_table == "rows":
        return purchases.drop(BY).join(found, on=list(_AT), how="left")
    return purchases.join(found.drop(BY), on=list(_AT), how="left")


def _touches(scope: Scope, events: Lazy) -> Lazy:
    here = at_home(scope, events.filter(_is_somebodys()))
    chosen = here if scope.spec.attribution == "last_touch" else here.filter(nw.col("channel") != DIRECT)
    zone = scope.spec.calendar.zone
    timed = with_microseconds(chosen, "occurred_at", name="moment", zone=zone)
    parts = [timed.select(*_AT, BY, _channel="channel", _mail=nw.lit(None, dtype=nw.String))]
    if has(events, "object_id"):
        read = with_microseconds(clicked(scope, events), "occurred_at", name="moment", zone=zone)
        clicks = read.filter(_is_somebodys())
        parts.append(clicks.select(*_AT, BY, _channel="channel", _mail="object_id"))
    together = nw.concat(parts)
    return together.group_by(*_AT).agg(nw.col("_channel", "_mail", BY).min())


def _is_somebodys() -> nw.Expr:
    return ~nw.col("customer_id").is_null() & ~nw.col("channel").is_null()


def attributed(touched: Lazy, exchange: Exchange, channels: Sequence[str]) -> pl.DataFrame:
    """Return the sheet of attribution to paid channels: `attributed_revenue`, `attributed_customers`."""
    paid = touched.filter(_is_paid(channels))
    parts = exchange.parts("revenue", nw.col("amount").fill_null(0))
    sums = (
        paid.with_columns(**parts)
        .group_by(*KEYS)
        .agg(*exchange.sums("revenue"), attributed_customers=nw.col("customer_id").n_unique())
    )
    return collected(sums.select(*KEYS, "attributed_customers", attributed_revenue=exchange.total("revenue")))


def won_by(touched: Lazy, channels: Sequence[str] | None) -> pl.DataFrame:
    """Return the sheet of new customers by the dimension of the last touch before the first purchase: `won` or `won_paid`."""
    if channels is None:
        return won(touched, name="won")
    return won(touched.filter(_is_paid(channels)), name="won_paid")


def mailed(touched: Lazy) -> Lazy:
    """Return the messages that orders are attributed to: `customer_id`, `object_id`, `converted` (1)."""
    found = touched.filter(~nw.col("_mail").is_null()).select("customer_id", object_id="_mail")
    return found.unique().with_columns(converted=nw.lit(1))


def _is_paid(channels: Sequence[str]) -> nw.Expr:
    return nw.col("_channel").is_in(list(channels)).fill_null(value=False)
