"""Contracts: from when to when, and how often they were renewed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Native, before, collected, has, opened
from unified_customer.methods.buy_till_die import last_seen
from unified_customer.methods.events.states import states
from unified_customer.methods.events.vocabulary import built_in
from unified_customer.methods.money import Money

Interval = Literal["week", "month", "quarter", "year"]
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "quarter": 3, "year": 12}
SUBSCRIPTIONS: Final = "subscriptions"
EVENTS: Final = "events"
_NEEDED: Final = ("customer_id", "started_at", "ended_at")


@dataclass(frozen=True, eq=False)
class Contracts:
    """Contracts that began before an instant, as they stood then.

    Attributes:
        last: The last day before it.
        table: One row a contract: `customer_id`, `started` and `ended` (civil dates, null while it runs), `amount` (of
            one interval; null where none is told), `renewals` (made so far), `periods` (where it has ended the chance
            at which it did, from 1, else the renewals) and `since` (days since the last renewal or the start).
        currency: ISO 4217 code of amounts; None where they name none.
    """

    last: date
    table: pl.DataFrame = field(repr=False)
    currency: str | None

    def as_of(self, last: date, *, interval: Interval) -> "Contracts":
        """Return the contracts as they stood at the end of an earlier day."""
        earlier = self.table.filter(pl.col("started") <= last).with_columns(
            ended=pl.when(pl.col("ended") <= last).then("ended")
        )
        return Contracts(last, counted(earlier, last, interval=interval), self.currency)

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Which have ended."""
        return self.table["ended"].is_not_null().to_numpy()


def contracts_before(
    tables: Mapping[str, Native], *, as_of: datetime, zone: str, money: Money, interval: Interval
) -> Contracts:
    """Return the contracts that began before an instant.

    Args:
        tables: `subscriptions` (`customer_id`, `started_at`, `ended_at`, null while it runs, and if they are there
            `amount` of one interval and `currency`), on any engine; or `events` of the subscription vocabulary as a
            Polars frame.
        as_of: What happened at it or later is not looked at: an end that lies behind it is not known.
        zone: IANA time zone of days.
        money: In which currency amounts are told.
        interval: From renewal to renewal.

    Raises:
        SchemaError: There is neither table, a column is missing, or amounts are of currencies that cannot be added.
    """
    if SUBSCRIPTIONS in tables:
        native = tables[SUBSCRIPTIONS]
    elif EVENTS in tables:
        native = subscriptions_of(tables[EVENTS], as_of=as_of)
    else:
        raise SchemaError(
            f"Neither {SUBSCRIPTIONS!r} nor {EVENTS!r} is among the tables; there are: {', '.join(tables)}."
        )
    lazy = before(opened(native, columns=_NEEDED, name=SUBSCRIPTIONS), "started_at", as_of=as_of, zone=zone)
    exchange = money.exchange(lazy)
    told = collected(lazy.select(*_NEEDED, *(name for name in ("amount", "currency") if has(lazy, name))))
    last = date(1970, 1, 1) + timedelta(days=last_seen(as_of, zone=zone))
    ended = pl.when(_civil(told, "ended_at", zone) <= last).then(_civil(told, "ended_at", zone))
    amount = pl.col("amount").cast(pl.Float64) if "amount" in told.columns else pl.lit(None, dtype=pl.Float64)
    if exchange.rates:
        currency = pl.col("currency").fill_null(pl.lit(exchange.missing))
        amount *= currency.replace_strict(exchange.rates, default=1.0, return_dtype=pl.Float64)
    table = told.drop_nulls("customer_id").select(
        "customer_id", started=_civil(told, "started_at", zone), ended=ended, amount=amount
    )
    return Contracts(last, counted(table, last, interval=interval), exchange.currency)


def subscriptions_of(events: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return the contracts that events of the built-in subscription vocabulary tell of; a trial alone is none.

    Args:
        events: Rows of `EVENTS` with `customer_id`.
        as_of: Events at or after it are not looked at.

    Returns:
        `customer_id`, `started_at` (of the first event that says it is active), `ended_at` and `amount` (what the last
        event that names one says).
    """
    past = events.filter((pl.col("object_kind") == "subscription") & (pl.col("occurred_at") < as_of))
    meanings = {name: built_in().meaning(name) for name in past["name"].unique().to_list()}
    active = [name for name, meaning in meanings.items() if meaning is not None and meaning.state == "active"]
    key = ("source", "object_id")
    began = past.filter(pl.col("name").is_in(active)).group_by(key).agg(started_at=pl.col("occurred_at").min())
    whose = past.drop_nulls("customer_id").sort("occurred_at", "event_id").group_by(key, maintain_order=True)
    ends = states(past, "subscription", as_of=as_of).select(
        *key,
        ended_at="closed_at",
        amount=pl.col("fields").str.json_path_match("$.amount").cast(pl.Float64, strict=False),
    )
    joined = began.join(whose.agg(pl.col("customer_id").last()), on=key, how="inner").join(ends, on=key, how="left")
    return joined.select("customer_id", "started_at", "ended_at", "amount")


def _civil(frame: pl.DataFrame, name: str, zone: str) -> pl.Expr:
    dtype = frame.schema[name]
    aware = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    return (pl.col(name).dt.convert_time_zone(zone) if aware else pl.col(name)).cast(pl.Date)


def counted(table: pl.DataFrame, last: date, *, interval: Interval) -> pl.DataFrame:
    """Add `renewals`, `periods` and `since` to contracts.

    A renewal is due on the same day of the month, or of the week; where a month has no such day, on its last. A
    contract that ends on the day on which it is due was not renewed. One that ends before it began has ended at the
    first chance.
    """
    base = table.select("customer_id", "started", "ended", "amount")
    until = pl.coalesce(pl.col("ended"), pl.lit(last))
    whole = _whole(until, interval)
    due = pl.when(pl.col("ended").is_not_null() & (_renewed(whole, interval) == pl.col("ended"))).then(0).otherwise(1)
    at = pl.when(pl.col("ended").is_not_null()).then((whole + due).clip(1)).otherwise(whole)
    days = (pl.lit(last) - _renewed(whole, interval)).dt.total_days()
    renewals = pl.when(pl.col("ended").is_not_null()).then(at - 1).otherwise(at)
    return base.with_columns(renewals=renewals, periods=at, since=days)


def _whole(until: pl.Expr, interval: Interval) -> pl.Expr:
    """Return the whole intervals from the start until a day."""
    if interval == "week":
        return ((until - pl.col("started")).dt.total_days() // 7).clip(0)
    start, size = pl.col("started"), _MONTHS[interval]
    months = (until.dt.year() - start.dt.year()).cast(pl.Int64) * 12 + until.dt.month() - start.dt.month()
    # On the last day of a month what is due on a day that the month lacks is due.
    too_early = (until.dt.day() < start.dt.day()) & (until != until.dt.month_end())
    return ((months - too_early.cast(pl.Int64)) // size).clip(0)


def _renewed(whole: pl.Expr, interval: Interval) -> pl.Expr:
    """Return the day of the last renewal."""
    step = pl.format("{}d", whole * 7) if interval == "week" else pl.format("{}mo", whole * _MONTHS[interval])
    return pl.col("started").dt.offset_by(step)
