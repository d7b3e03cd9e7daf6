"""Visits of the site or the app: sessions, and what was done in them."""

from functools import cache
from typing import Final

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import BY, KEYS, Scope
from unified_customer.engines.portable import Lazy, collected, has
from unified_customer.engines.portable.dates import with_microseconds
from unified_customer.methods.events.meanings import named
from unified_customer.methods.events.vocabulary import Meaning, pack

SHOP: Final = "ecommerce"
BROWSING: Final = "user.behavior.browsing_history"
VIEWS: Final = ("page", "screen")
_SECOND: Final = 1_000_000
_SESSION: Final = ("_key", "_told")


@cache
def _shopping() -> frozenset[str]:
    return frozenset(each.name for each in pack(SHOP).events)


def _is_elsewhere(meaning: Meaning) -> bool:
    """Return whether an event is no part of a visit: a message, a ticket, a contract, what came back, ..."""
    return meaning.name not in _shopping() or meaning.role in {"refund", "cancellation"}


def _is_view(meaning: Meaning) -> bool:
    """Return whether an event stands for the view of a page, where no page is told."""
    return meaning.name in _shopping() and meaning.category == BROWSING


def _converts(meaning: Meaning) -> bool:
    """Return whether a visit with it is a success."""
    return meaning.role == "conversion"


def at_home(scope: Scope, events: Lazy) -> Lazy:
    """Return events of visits alone."""
    chosen = events.filter(~named(scope.meanings, _is_elsewhere))
    return chosen.filter(nw.col("type").is_in(["track", *VIEWS])) if has(chosen, "type") else chosen


def visited(scope: Scope, bought: "Lazy | None") -> pl.DataFrame | None:
    """Return the sheet of visits; None where events do not have the dimension.

    `sessions`, `bounces`, `converted_sessions`, `page_views`, `seconds`, `visitors`, `buyers` (of them, who bought in
    the period; only if `bought` is given), and the sums of squares that intervals need. A session counts where it
    began.
    """
    events = scope.rows("events", "occurred_at", ["name"])
    if events is None:
        return None
    by_visitor = _by_visitor(_sessions(scope, _steps(scope, at_home(scope, events))))
    if bought is not None:
        by_visitor = by_visitor.join(bought, on=["customer_id", "number"], how="left").with_columns(
            buyers=nw.col("bought").fill_null(0)
        )
    further = [] if bought is None else ["buyers"]
    sums = ["sessions", "bounces", "converted_sessions", "page_views", "page_views_sq", "seconds", "seconds_sq"]
    squares = {
        "visitor_sessions_sq": nw.col("sessions").cast(nw.Float64) * nw.col("sessions"),
        "visitor_seconds_sq": nw.col("seconds") * nw.col("seconds"),
    }
    squared = by_visitor.with_columns(**squares)
    return collected(squared.group_by(*KEYS).agg(nw.col(*sums, *squares, *further).sum(), visitors=nw.len()))


def _steps(scope: Scope, events: Lazy) -> Lazy:
    """Return a row for each instant of a session key, with the events of that instant."""
    ids = [nw.col(name) for name in ("customer_id", "anonymous_id") if has(events, name)]
    visitor = nw.coalesce(*ids) if len(ids) > 1 else ids[0]
    session = nw.col("session_id") if has(events, "session_id") else nw.lit(None, dtype=nw.String)
    page = nw.col("type").is_in(list(VIEWS)) if has(events, "type") else named(scope.meanings, _is_view)
    told = events.with_columns(_visitor=visitor, _session=session, _page=_whole(page)).with_columns(
        _key=nw.coalesce("_session", "_visitor"),
        _told=_whole(~nw.col("_session").is_null()),
        _converts=_whole(named(scope.meanings, _converts)),
        _who=nw.col("customer_id") if has(events, "customer_id") else nw.lit(None, dtype=nw.String),
    )
    timed = with_microseconds(told.filter(~nw.col("_key").is_null()), "occurred_at", name="moment")
    return timed.group_by(*_SESSION, "moment").agg(
        nw.col("number", BY, "_visitor", "_who").min(),
        nw.col("_page").sum(),
        nw.col("_converts").max(),
        _events=nw.len(),
    )


def _whole(said: nw.Expr) -> nw.Expr:
    return nw.when(said).then(1).otherwise(0)


def _sessions(scope: Scope, steps: Lazy) -> Lazy:
    """Return a row for each session, with the value of the dimension with which it began."""
    gap = int(scope.spec.session_minutes * 60 * _SECOND)
    last = nw.col("moment").shift(1).over(*_SESSION, order_by="moment")
    apart = (nw.col("_told") == 0) & (nw.col("moment") - nw.col("_last") > gap)
    placed = steps.with_columns(_last=last).with_columns(_new=_whole(apart.fill_null(value=False)))
    numbered = placed.with_columns(
        _part=nw.col("_new").cum_sum().over(*_SESSION, order_by="moment"),
        _by_first=nw.when(nw.col("_last").is_null() | (nw.col("_new") == 1)).then(BY),
    )
    return numbered.group_by(*_SESSION, "_part").agg(
        nw.col("number", "_visitor", "_who").min(),
        nw.col("_by_first").min().alias(BY),
        _start=nw.col("moment").min(),
        _end=nw.col("moment").max(),
        page_views=nw.col("_page").sum(),
        _events=nw.col("_events").sum(),
        converted_sessions=nw.col("_converts").max(),
    )


def _by_visitor(sessions: Lazy) -> Lazy:
    seconds = (nw.col("_end") - nw.col("_start")).cast(nw.Float64) / _SECOND
    told = sessions.with_columns(
        # Who logs in was the same person before.
        _visitor=nw.coalesce("_who", "_visitor", "_key"),
        seconds=seconds,
        bounces=_whole(nw.col("_events") == 1),
        page_views_sq=nw.col("page_views").cast(nw.Float64) * nw.col("page_views"),
    ).with_columns(seconds_sq=nw.col("seconds") * nw.col("seconds"))
    sums = ("page_views", "page_views_sq", "seconds", "seconds_sq", "bounces", "converted_sessions")
    return told.group_by(*KEYS, "_visitor").agg(
        nw.col(*sums).sum(), nw.col("_who").min().alias("customer_id"), sessions=nw.len()
    )
