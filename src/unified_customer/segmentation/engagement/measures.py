"""How much each customer took part, and when last."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Calendar, Lazy, Native, civil, collected, day_number, has, opened
from unified_customer.methods.events.meanings import meanings_among, named, of_mail, puts_mail
from unified_customer.methods.events.vocabulary import folded
from unified_customer.segmentation.behaviour.acts import acted
from unified_customer.segmentation.engagement.bounds import Visits

if TYPE_CHECKING:
    from unified_customer.segmentation.engagement.spec import Engagement

PEOPLE: Final = "customers"
_PERHAPS: Final = ("type", "properties", "context", "object_id")
_SIGNS: Final = ("mail", "site", "app")
_MAILS: Final = ("sent", "delivered", "bounced")
_READS: Final = ("opens", "clicks")
_VIEWS: Final = ("site_views", "app_views")
_COUNTS: Final = (*_MAILS, *_READS, *_VIEWS)
_FROM_ZERO: Final = ("mailed", *_READS, *_VIEWS, "site_days", "app_days")
_EVER: Final = tuple(f"_ever_{name}" for name in _MAILS)
_LAST: Final = (*(f"_{sign}" for sign in _SIGNS), "_in", "_out")
_LEAVES: Final = frozenset({"opt_out", "complaint"})


def measured(spec: "Engagement", tables: Mapping[str, Native], *, as_of: datetime) -> Lazy:
    """Return a row for each customer: those of `customers`, if that is there, and those who did something.

    Returns:
        `customer_id`; of the windows `mailed` (messages that did not bounce), `opens`, `clicks` (of people),
        `site_views`, `site_days`, `site_depth` (views on a day with any; null without), and the same of the app;
        `unsubscribed`; `days_since` the last sign in any channel, null without one; `reached`, whether there ever was a
        mail that did not bounce, or a sign.
    """
    signs = _signs(spec, acted(tables, as_of=as_of, columns=["name"], perhaps=_PERHAPS, zone=spec.zone))
    local = civil(signs.with_columns(_at=nw.col("occurred_at")), "occurred_at", zone=spec.zone)
    today = Calendar().number(as_utc(as_of).astimezone(ZoneInfo(spec.zone)).date(), "day")
    days = local.with_columns(_day=day_number(nw.col("occurred_at")))
    found = _of_each(_of_days(spec, days, today=today), today=today)
    return _with_everybody(found, tables)


def _signs(spec: "Engagement", events: Lazy) -> Lazy:
    """Add what each event is a sign of; opens and clicks of machines are none."""
    meanings = meanings_among(events)
    marked = spec.email.machines.marked(events, name="_machine")
    return marked.with_columns(
        **{f"_{state}": named(meanings, puts_mail(state)) for state in _MAILS},
        _opens=named(meanings, puts_mail("opened")) & ~nw.col("_machine"),
        _clicks=named(meanings, puts_mail("clicked")) & ~nw.col("_machine"),
        _in=named(meanings, lambda each: of_mail(each) and each.role == "opt_in"),
        _out=named(meanings, lambda each: of_mail(each) and each.role in _LEAVES),
        _site_views=_visits(spec.site, events),
        _app_views=_visits(spec.app, events),
    )


def _visits(visits: Visits, events: Lazy) -> nw.Expr:
    wanted = set(map(folded, visits.names))
    there: list[str] = collected(events.select("name").unique())["name"].drop_nulls().to_list() if wanted else []
    by_name = _among("name", [name for name in there if folded(name) in wanted])
    return by_name | _among("type", visits.types) if has(events, "type") else by_name


def _among(column: str, values: Sequence[str]) -> nw.Expr:
    """Return whether a column holds one of some values; never null."""
    return nw.col(column).is_in(values).fill_null(value=False) if values else nw.lit(value=False)


def _of_days(spec: "Engagement", days: Lazy, *, today: int) -> Lazy:
    """Return a row for each customer and day: the counts of the windows, and when last what."""
    mails = dict.fromkeys((*_MAILS, *_READS), spec.email.days)
    windows = {**mails, "site_views": spec.site.days, "app_views": spec.app.days}
    recent = {name: today - nw.col("_day") <= window for name, window in windows.items()}
    told = days.with_columns(
        **{name: nw.when(nw.col(f"_{name}") & recent[name]).then(nw.lit(1)).otherwise(nw.lit(0)) for name in _COUNTS},
        _mail=nw.when(nw.col("_opens") | nw.col("_clicks")).then("_day"),
        _site=nw.when("_site_views").then("_day"),
        _app=nw.when("_app_views").then("_day"),
        **{f"_ever_{name}": nw.when(f"_{name}").then(nw.lit(1)).otherwise(nw.lit(0)) for name in _MAILS},
        _in=nw.when("_in").then("_at"),
        _out=nw.when("_out").then("_at"),
    )
    return told.group_by("customer_id", "_day").agg(nw.col(*_COUNTS, *_EVER).sum(), nw.col(*_LAST).max())


def _of_each(days: Lazy, *, today: int) -> Lazy:
    seen = {
        f"{side}_days": nw.when(nw.col(f"{side}_views") > 0).then(nw.lit(1)).otherwise(nw.lit(0)) for side in _SIGNS[1:]
    }
    counts = nw.col(*_COUNTS, *_EVER, *seen).sum()
    whole = days.with_columns(**seen).group_by("customer_id").agg(counts, nw.col(*_LAST).max())
    whole = whole.with_columns(mailed=_arrived(*_MAILS), _mailed_ever=_arrived(*_EVER))
    out = ~nw.col("_out").is_null() & (nw.col("_in").is_null() | (nw.col("_out") >= nw.col("_in")))
    told = whole.with_columns(unsubscribed=out.fill_null(value=False))
    mail = nw.when(~nw.col("unsubscribed")).then("_mail")
    signed = told.with_columns(_mail_counts=mail).with_columns(_last=nw.max_horizontal("_mail_counts", "_site", "_app"))
    depth = {
        f"{side}_depth": nw.when(nw.col(f"{side}_days") > 0).then(nw.col(f"{side}_views") / nw.col(f"{side}_days"))
        for side in _SIGNS[1:]
    }
    ever = nw.max_horizontal("_mail", "_site", "_app")
    return signed.select(
        "customer_id",
        *(nw.col(name).cast(nw.Int64) for name in _FROM_ZERO),
        **depth,
        unsubscribed="unsubscribed",
        days_since=today - nw.col("_last"),
        reached=(nw.col("_mailed_ever") > 0) | ~ever.is_null(),
    )


def _arrived(sent: str, delivered: str, bounced: str) -> nw.Expr:
    """Return how many messages arrived: not every sender tells of deliveries, and some tell of nothing else."""
    return nw.max_horizontal(nw.col(sent) - nw.col(bounced), delivered, nw.lit(0))


def _with_everybody(found: Lazy, tables: Mapping[str, Native]) -> Lazy:
    if PEOPLE not in tables:
        return found
    known = opened(tables[PEOPLE], columns=["customer_id"], name=PEOPLE).select("customer_id").unique()
    others = known.filter(~nw.col("customer_id").is_null()).join(
        found.select("customer_id"), on="customer_id", how="anti"
    )
    schema = found.collect_schema()
    empty = {name: nw.lit(None, dtype=dtype) for name, dtype in schema.items() if name != "customer_id"}
    counts = {name: nw.lit(0).cast(nw.Int64) for name in _FROM_ZERO}
    flags = {name: nw.lit(value=False) for name in ("unsubscribed", "reached")}
    return nw.concat([found, others.with_columns(**{**empty, **counts, **flags}).select(*schema)])
