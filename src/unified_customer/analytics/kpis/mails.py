"""E-mails: what became of each message."""

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import KEYS, Scope
from unified_customer.engines.portable import Lazy, collected, has
from unified_customer.methods.events.meanings import named, of_mail, puts_mail
from unified_customer.methods.events.vocabulary import Meaning

STATES = {"sent": "_sent", "delivered": "_arrived", "opened": "_opened", "clicked": "_clicked", "bounced": "_bounced", "complained": "_spam"}  # fmt: skip


def _is_of_mail(meaning: Meaning) -> bool:
    return of_mail(meaning) and meaning.state in STATES


def clicked(scope: Scope, events: Lazy) -> Lazy:
    """Return the clicks of humans in e-mails that are named."""
    return _marked(scope, events).filter(named(scope.meanings, puts_mail("clicked")), ~nw.col("_machine"))


def _marked(scope: Scope, events: Lazy) -> Lazy:
    """Return the events of e-mails that are named, with whether a machine made them."""
    chosen = events.filter(named(scope.meanings, _is_of_mail), ~nw.col("object_id").is_null())
    return scope.spec.machines.marked(chosen, name="_machine")


def mailed(scope: Scope, converted: "Lazy | None") -> pl.DataFrame | None:
    """Return the sheet of e-mails; None where events do not have the dimension, or tell of no message.

    `mails`, `delivered`, `bounced`, `opens`, `machine_opens`, `clicks`, `complaints` (messages, each once, in the
    period of its first event, whenever it was opened), `recipients`, `unsubscribes` (people, in the period in which
    they did), and `mail_conversions` if `converted` is given.
    """
    events = scope.rows("events", "occurred_at", ["name"])
    if events is None or not has(events, "object_id"):
        return None
    messages = _messages(scope, events)
    if converted is not None:
        messages = messages.join(converted, on=["customer_id", "object_id"], how="left")
    sheet = _counted(messages, converted=converted is not None)
    left = _left(scope, events)
    if not sheet.height:
        return None
    both = pl.concat([sheet, left], how="diagonal").group_by(KEYS).agg(pl.all().sum())
    return _delivered(both)


def _messages(scope: Scope, events: Lazy) -> Lazy:
    """Return a row for each message with what became of it, 1 or 0."""
    marked = _marked(scope, events)
    states = {flag: _whole(named(scope.meanings, puts_mail(state))) for state, flag in STATES.items()}
    whose = _whose(marked)
    flagged = marked.with_columns(_whose=whose, _who=nw.coalesce(whose, "object_id"), **states)
    human = ~nw.col("_machine")
    told = flagged.with_columns(
        _read=nw.when(human).then("_opened").otherwise(0), _hit=nw.when(human).then("_clicked").otherwise(0)
    )
    # Who is not known is told apart too: what a campaign sends to several people may have one name.
    return told.group_by("_whose", "object_id").agg(
        nw.col(*KEYS, "customer_id", "_who").min(), nw.col("_read", "_hit", *STATES.values()).max()
    )


def _whose(events: Lazy) -> nw.Expr:
    ids = [nw.col(name) for name in ("customer_id", "anonymous_id") if has(events, name)]
    return nw.coalesce(*ids) if len(ids) > 1 else ids[0]


def _whole(said: nw.Expr) -> nw.Expr:
    return nw.when(said).then(1).otherwise(0)


def _counted(messages: Lazy, *, converted: bool) -> pl.DataFrame:
    kept = nw.col("_bounced") == 0
    opened = kept & ((nw.col("_read") == 1) | (nw.col("_hit") == 1))
    # Who complains was reached.
    reached = nw.max_horizontal("_arrived", "_opened", "_clicked", "_spam") == 1
    flags = {
        "kept": kept,
        "told": kept & reached,
        "opens": opened,
        "machine_opens": kept & ~opened & (nw.col("_opened") == 1),
        "clicks": kept & (nw.col("_hit") == 1),
        "complaints": kept & (nw.col("_spam") == 1),
        **({"mail_conversions": kept & (nw.col("converted").fill_null(0) == 1)} if converted else {}),
    }
    told = messages.with_columns(**{name: _whole(flag) for name, flag in flags.items()}, bounced="_bounced")
    counted = told.group_by(*KEYS).agg(
        nw.col(*flags, "bounced").sum(),
        mails=nw.len(),
        recipients=nw.col("_who").n_unique(),
        arrived=nw.col("_arrived").sum(),
    )
    return collected(counted)


def _left(scope: Scope, events: Lazy) -> pl.DataFrame:
    """Return how many people unsubscribed."""
    gone = events.filter(named(scope.meanings, puts_mail("unsubscribed")))
    ids = [nw.col(name) for name in ("customer_id", "anonymous_id", "event_id") if has(gone, name)]
    who = gone.with_columns(_who=nw.coalesce(*ids) if len(ids) > 1 else ids[0])
    return collected(who.group_by(*KEYS).agg(unsubscribes=nw.col("_who").n_unique()))


def _delivered(sheet: pl.DataFrame) -> pl.DataFrame:
    told = "told" if sheet["arrived"].sum() else "kept"
    return sheet.with_columns(delivered=pl.col(told)).drop("told", "kept", "arrived")
