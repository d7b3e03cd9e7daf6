"""What was spent on marketing, day by day."""

import narwhals as nw
import polars as pl

from unified_customer.analytics.kpis.scope import BY, KEYS, Scope
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, collected, opened
from unified_customer.methods.money import exact

_WHEN = ("period_start", "period_end")


def spent(scope: Scope) -> tuple[pl.DataFrame | None, tuple[str, ...], str | None]:
    """Return the sheet of spend (None where it does not have the dimension), the paid channels, and the currency.

    `spend`, `paid_spend`. A row counts if its last day was over; it is laid evenly on its days.

    Raises:
        SchemaError: A column is missing, amounts are of currencies that cannot be added, or a row has no first or last
            day, or they are in the wrong order.
    """
    spec = scope.spec
    rows = opened(scope.tables["spend"], columns=[*_WHEN, "channel", "amount"], name="spend")
    last = nw.col("period_end").cast(nw.Date)
    over = rows.filter(last.is_null() | (last < nw.lit(scope.today)))
    _check_days(over)
    exchange = spec.money.exchange(over)
    priced = over.with_columns(**exchange.parts("spend", exact(over, "amount")))
    channels = _channels(
        scope,
        collected(
            priced.group_by("channel").agg(*exchange.sums("spend")).select("channel", spend=exchange.total("spend"))
        ),
    )
    placed = scope.placed(priced)
    if placed is None:
        return None, channels, exchange.currency
    paid = nw.when(nw.col("channel").is_in(list(channels)).fill_null(value=False)).then(1).otherwise(0)
    whose = (*_WHEN, BY, "_paid")
    summed = placed.with_columns(_paid=paid).group_by(*whose).agg(*exchange.sums("spend"))
    found = collected(summed.select(*whose, spend=exchange.total("spend")))
    return _daily(scope, found), channels, exchange.currency


def _check_days(rows: Lazy) -> None:
    start, end = (nw.col(name).cast(nw.Date) for name in _WHEN)
    wrong = {
        "without a first day (`period_start`)": start.is_null(),
        "without a last day (`period_end`)": end.is_null(),
        "whose `period_end` is before their `period_start`": end < start,
    }
    flags = {f"_wrong{place}": nw.when(each).then(1).otherwise(0) for place, each in enumerate(wrong.values())}
    counts = collected(rows.with_columns(**flags).select(nw.col(*flags).sum())).row(0)
    found = [f"{count} {said}" for said, count in zip(wrong, counts, strict=True) if count]
    if found:
        raise SchemaError(f"Rows of 'spend' cannot be laid on days: {', '.join(found)}.")


def _channels(scope: Scope, spends: pl.DataFrame) -> tuple[str, ...]:
    if scope.spec.paid is not None:
        return scope.spec.paid
    return tuple(spends.filter(pl.col("spend") > 0)["channel"].drop_nulls().sort())


def _daily(scope: Scope, found: pl.DataFrame) -> pl.DataFrame:
    calendar, every = scope.spec.calendar, scope.spec.every
    plain = found.with_columns(pl.col(*_WHEN).cast(pl.Date)).sort(found.columns, nulls_last=True)
    days = plain.with_columns(
        day=pl.date_ranges(*_WHEN), length=(pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    )
    spread = days.explode("day").with_columns(spend=pl.col("spend") / pl.col("length"))
    numbers = [calendar.number(day, every) for day in spread["day"]]
    numbered = spread.with_columns(number=pl.Series(numbers, dtype=pl.Int64))
    return numbered.group_by(KEYS, maintain_order=True).agg(
        pl.col("spend").sum(), paid_spend=pl.col("spend").filter(pl.col("_paid") == 1).sum()
    )
