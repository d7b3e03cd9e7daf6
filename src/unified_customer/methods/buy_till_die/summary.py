"""Purchase histories from orders, on any engine."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Calendar, Lazy, Native, civil, collected, day_number, given_back
from unified_customer.methods.money import Exchange, Money, exact
from unified_customer.methods.orders import native_orders, orders_before


def purchase_histories(
    tables: Mapping[str, Native], *, as_of: datetime, zone: str = "UTC", money: Money | None = None
) -> Native:
    """Return how often, until when and since when each customer bought, as the models of purchases count it.

    A purchase is a day with one purchase or more, as in the literature: two orders of one day are one purchase, of what
    both came to. The first purchase starts the clock and is not counted.

    Args:
        tables: `orders` (`customer_id`, `ordered_at`, and if they are there `amount`, `currency`) or `order_lines`, on
            any engine.
        as_of: An instant; what happened at it or later is left out. The last day that is seen is the one just before
            it.
        zone: IANA time zone of days.
        money: In which currency amounts are added.

    Returns:
        As the kind of frame that was given, one row for each who has bought: `customer_id`, `frequency` (repeat
        purchases), `recency` (days from the first purchase to the last), `age` (days from the first purchase to the
        last day seen), `spend` (mean of a repeat purchase; null where there is none, or no amount), `first_day` (days
        from 1970-01-01) and `purchases` (orders).

    Raises:
        SchemaError: A column is missing, or amounts are of currencies that cannot be added.

    References:
        P. Fader, B. Hardie, K. Lee (2005): RFM and CLV: using iso-value curves for customer base analysis. Journal of
        Marketing Research 42(4), 415-430.

    Examples:
        >>> import polars as pl
        >>> from datetime import UTC
        >>> orders = pl.DataFrame(
        ...     {
        ...         "customer_id": ["a", "a", "a", "b"],
        ...         "ordered_at": [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (1, 11, 11, 5)],
        ...         "amount": [10, 20, 30, 15],
        ...     }
        ... )
        >>> found = purchase_histories({"orders": orders}, as_of=datetime(2026, 1, 31, tzinfo=UTC))
        >>> found.sort("customer_id").select("customer_id", "frequency", "recency", "age", "spend").rows()
        [('a', 1, 10, 29, 50.0), ('b', 0, 0, 25, None)]
    """
    found, _ = histories(tables, as_of=as_of, zone=zone, money=money or Money())
    columns = ["customer_id", "frequency", "recency", "age", "spend", "first_day", "purchases"]
    return given_back(found.select(columns), like=native_orders(tables))


def histories(
    tables: Mapping[str, Native], *, as_of: datetime, zone: str, money: Money, margin: str | None = None
) -> tuple[Lazy, str | None]:
    """Return the columns of `purchase_histories`, and the currency of money.

    Besides `bought` (what all purchases came to), `returned` (what came back apart from them, at most 0) and with the
    name of a column of margins `margin` (their sum over all orders).
    """
    keep = () if margin is None else (margin,)
    orders = orders_before(tables, as_of=as_of, zone=zone, keep=keep).filter(~nw.col("customer_id").is_null())
    exchange = money.exchange(orders)
    parts = _parts(exchange, None if margin is None else exact(orders, margin))
    days = _days(orders, {name: each for part in parts.values() for name, each in part.items()}, zone=zone)
    # The first day once more on each of the days that follow: a purchase after it is a repeat purchase.
    later = nw.col("day") > nw.col("first_day")
    bought, repeat = list(parts["bought"]), [f"repeat{name.removeprefix('bought')}" for name in parts["bought"]]
    repeated = {name: nw.when(later).then(each) for name, each in zip(repeat, bought, strict=True)}
    names = ["repeat", *parts]
    grouped = (
        days.with_columns(first_day=nw.col("day").min().over("customer_id"))
        .with_columns(**repeated)
        .group_by("customer_id")
        .agg(
            nw.col("first_day").min(),
            *(each for name in names for each in exchange.sums(name)),
            nw.col("purchases").sum(),
            last_day=nw.col("day").max(),
            days=nw.col("day").count(),
        )
        .filter(~nw.col("first_day").is_null())
    )
    totals = {name: exchange.total(name) for name in names}
    return _counted(grouped.with_columns(**totals), parts, last_seen(as_of, zone=zone)), exchange.currency


def last_seen(as_of: datetime, *, zone: str) -> int:
    """Return the last day of which something was seen before an instant, as days from 1970-01-01.

    Examples:
        >>> from datetime import UTC
        >>> last_seen(datetime(1970, 1, 3, tzinfo=UTC), zone="UTC")
        1
    """
    local = (as_utc(as_of) - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    return Calendar().number(local.date(), "day")


def _parts(exchange: Exchange, margin: nw.Expr | None) -> dict[str, dict[str, nw.Expr]]:
    """Return what is added up of the orders, by name, each by currency."""
    amounts = {
        "bought": nw.when("purchase").then("amount"),
        "returned": nw.when(~nw.col("purchase")).then("amount"),
        **({} if margin is None else {"margin": margin}),
    }
    return {name: exchange.parts(name, each) for name, each in amounts.items()}


def _days(orders: Lazy, parts: Mapping[str, nw.Expr], *, zone: str) -> Lazy:
    """Return one row for each customer and day of purchases; what came back stands in a row without a day."""
    day = nw.when("purchase").then(day_number(nw.col("ordered_at")))
    told = civil(orders, "ordered_at", zone=zone).with_columns(**parts, day=day)
    sums = [nw.col(name).sum() for name in parts]
    return told.group_by("customer_id", "day").agg(*sums, purchases=nw.col("purchase").cast(nw.Int64).sum())


def _counted(grouped: Lazy, names: Iterable[str], last: int) -> Lazy:
    again = nw.col("days").cast(nw.Int64) - 1
    return grouped.select(
        "customer_id",
        *names,
        frequency=again,
        recency=nw.col("last_day") - nw.col("first_day"),
        age=last - nw.col("first_day"),
        spend=nw.when(again > 0).then(nw.col("repeat")) / again,
        first_day="first_day",
        purchases=nw.col("purchases").cast(nw.Int64),
    )


def repeat_purchases(tables: Mapping[str, Native], *, as_of: datetime, zone: str, acquired_by: int) -> pl.DataFrame:
    """Return how many repeat purchases were made on each day: `day` (from 1970-01-01) and `purchases`, sorted.

    Args:
        tables: As for `purchase_histories`.
        as_of: What happened at it or later is left out.
        zone: IANA time zone of days.
        acquired_by: Only of customers whose first purchase was on this day or before.
    """
    orders = orders_before(tables, as_of=as_of, zone=zone).filter(~nw.col("customer_id").is_null())
    days = _days(orders.filter(nw.col("purchase")), {}, zone=zone)
    first = days.with_columns(first_day=nw.col("day").min().over("customer_id"))
    again = first.filter(nw.col("day") > nw.col("first_day"), nw.col("first_day") <= acquired_by)
    return collected(again.group_by("day").agg(purchases=nw.len())).sort("day")
