"""What is due: one list of everything that waits for somebody, from whoever keeps track of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from unified_customer.core.tables import HOLDS
from unified_customer.governance.holds import standing_holds
from unified_customer.policy import Period, Policy
from unified_customer.store import Reader, Where

DUE: Final[Mapping[str, pl.DataType]] = {
    "kind": pl.String(),
    "id": pl.String(),
    "due_at": pl.Datetime("us", "UTC"),
    "what": pl.String(),
    "overdue": pl.Boolean(),
}
"""Columns of the list: what kind of thing, which one, by when, what has to be done, and whether it is too late."""

Provider = Callable[[Reader, datetime], pl.DataFrame]
"""Tells what is due, from one state of the store and as of an instant: the columns of `DUE`, `overdue` left out."""

HOLD_REVIEW: Final = Period(months=12)
"""After so long somebody has to look whether a hold is still needed, and again each time."""

NOTICE_REVIEW: Final = Period(months=12)
"""After so long somebody has to look whether the policy and the notice still say what is done."""

UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True)
class Due:
    """Puts together what several providers tell."""

    providers: Sequence[Provider]

    def list(self, reader: Reader, *, as_of: datetime) -> pl.DataFrame:
        """Return what is due, the earliest first: the columns of `DUE`.

        Args:
            reader: One state of the store.
            as_of: What was due before is overdue.
        """
        told = [provider(reader, as_of).select(list(DUE)[:-1]) for provider in self.providers]
        every = pl.concat([due_rows([]).drop("overdue"), *told])
        judged = every.with_columns(overdue=pl.col("due_at") < as_of)
        return judged.sort("due_at", "kind", "id", nulls_last=True)


def due_rows(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows as a frame of the columns of `DUE`."""
    return pl.DataFrame(rows, schema=DUE)


def open_requests(reader: Reader, as_of: datetime) -> pl.DataFrame:
    """Tell which requests wait for an answer, by the last deadline that was set for each.

    A request is open until it is fulfilled, denied, revoked or expired.
    """
    events = reader.read("request_events", where=[Where("occurred_at", "<", as_of)], order_by=["occurred_at"])
    folded = events.group_by("request_id", maintain_order=True).agg(
        pl.col("right").drop_nulls().first(), pl.col("due_at").drop_nulls().last(), last=pl.col("event").last()
    )
    waiting = folded.filter(~pl.col("last").is_in(["fulfilled", "denied", "revoked", "expired"]))
    what = pl.concat_str(pl.lit("answer a request: "), pl.col("right").fill_null("?"))
    return _told(waiting, "request", "request_id", "due_at", what)


def open_erasures(reader: Reader, as_of: datetime) -> pl.DataFrame:
    """Tell which steps of erasures are not done; a step without a deadline is due since it was opened."""
    steps = reader.read("erasure_steps", where=[Where("at", "<", as_of)], order_by=["at"])
    last = steps.group_by("erasure_id", "step", "target", maintain_order=True).agg(
        pl.col("state").last(), pl.col("at").first(), pl.col("due_at").drop_nulls().last()
    )
    waiting = last.filter(pl.col("state").is_in(["open", "failed"])).with_columns(pl.coalesce("due_at", "at"))
    target = pl.when(pl.col("target") != "").then(pl.format(" of {}", "target")).otherwise(pl.lit(""))
    what = pl.concat_str(pl.lit("finish an erasure: "), "step", target)
    return _told(waiting, "erasure", "erasure_id", "due_at", what)


def expiring_consents(days: int) -> Provider:
    """Return what tells which grants end within so many days, by purpose and day: how many to ask again."""

    def tell(reader: Reader, as_of: datetime) -> pl.DataFrame:
        where = [
            Where("status", "==", "granted"),
            Where("expires_at", ">=", as_of),
            Where("expires_at", "<", as_of + timedelta(days=days)),
            Where("stated_at", "<", as_of),
        ]
        grants = reader.read("consents", columns=["purpose", "expires_at", "subject_kind", "subject_key"], where=where)
        counted = grants.group_by("purpose", day=pl.col("expires_at").dt.date()).agg(
            pl.col("expires_at").min(), count=pl.struct("subject_kind", "subject_key").n_unique()
        )
        named = counted.with_columns(id=pl.format("{} {}", "purpose", "day"))
        what = pl.format("{} grants expire: ask again", "count")
        return _told(named, "consent", "id", "expires_at", what)

    return tell


def soon(provider: Provider, days: int) -> Provider:
    """Return what tells only of what `provider` says is due within so many days: a review a year ahead can wait."""

    def tell(reader: Reader, as_of: datetime) -> pl.DataFrame:
        return provider(reader, as_of).filter(pl.col("due_at") < as_of + timedelta(days=days))

    return tell


def holds_to_review(reader: Reader, as_of: datetime) -> pl.DataFrame:
    """Tell when each standing hold has to be looked at: a year after it was placed, and every year."""
    holds = standing_holds(reader, as_of=as_of).select(list(HOLDS.columns))
    reviews = [_next(placed, HOLD_REVIEW, as_of) for placed in holds["placed_at"]]
    dated = holds.with_columns(due_at=pl.Series(reviews, dtype=DUE["due_at"]))
    return _told(dated, "hold", "hold_id", "due_at", pl.format("is this hold still needed? {}", "reason"))


def policy_reviews(policy: Policy) -> Provider:
    """Return what tells when the policy in force and its notice have to be looked at: a year after they began."""

    def tell(reader: Reader, as_of: datetime) -> pl.DataFrame:
        found = reader.rows(
            "policies",
            columns=["policy_id", "in_force_from"],
            where=[Where("in_force_from", "<", as_of)],
            order_by=["in_force_from"],
            descending=True,
            limit=1,
        )
        what = "is the policy still right?"
        rows = [_review("policy", last["policy_id"], last["in_force_from"], what) for last in found]
        if policy.notice is not None:
            what = "is the privacy notice still right?"
            rows.append(_review("notice", policy.notice.version, _midnight(policy.notice.effective), what))
        return due_rows(rows)

    return tell


def _review(kind: str, name: str, since: datetime, what: str) -> dict[str, Any]:
    return {"kind": kind, "id": name, "due_at": NOTICE_REVIEW.after(since), "what": what}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _next(placed: datetime, every: Period, as_of: datetime) -> datetime:
    """Return the review that is due: the last one before `as_of`, or the first one where none was yet."""
    review = every.after(placed)
    while (following := every.after(review)) < as_of:
        review = following
    return review


def _told(rows: pl.DataFrame, kind: str, name: str, due_at: str, what: pl.Expr) -> pl.DataFrame:
    return rows.select(
        kind=pl.lit(kind),
        id=pl.col(name),
        due_at=pl.col(due_at),
        what=what,
        overdue=pl.lit(None, dtype=pl.Boolean),
    )
