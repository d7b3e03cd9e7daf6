"""Recency, frequency and monetary value of each customer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import narwhals as nw

from unified_customer.core.clock import as_utc
from unified_customer.engines.portable import Lazy, Native, civil, day_number
from unified_customer.methods.orders import priced_before

if TYPE_CHECKING:
    from unified_customer.segmentation.rfm.spec import RFM


def measured(spec: "RFM", tables: Mapping[str, Native], *, as_of: datetime) -> tuple[Lazy, str | None]:
    """Return `customer_id`, `recency`, `frequency` and `monetary` of who has bought, and the currency of the last."""
    orders = priced_before(tables, as_of=as_of, zone=spec.zone).filter(~nw.col("customer_id").is_null())
    if spec.window_days is not None:
        since = nw.lit(as_utc(as_of) - timedelta(days=spec.window_days))
        orders = orders.filter(nw.col("ordered_at") >= since)
    exchange = spec.money.exchange(orders)
    amount = nw.col("amount") if spec.returns == "net" else nw.col("amount") - nw.col("returned").fill_null(0)
    told = orders.with_columns(**exchange.parts("amount", amount), bought_at=nw.when("purchase").then("ordered_at"))
    grouped = told.group_by("customer_id").agg(
        nw.col("bought_at").max(), *exchange.sums("amount"), frequency=nw.col("purchase").cast(nw.Int64).sum()
    )
    bought = grouped.filter(nw.col("frequency") > 0).with_columns(monetary=exchange.total("amount"))
    local = civil(bought, "bought_at", zone=spec.zone)
    today = as_utc(as_of).astimezone(ZoneInfo(spec.zone)).date().toordinal() - _EPOCH
    money = nw.col("monetary") if spec.monetary == "total" else nw.col("monetary") / nw.col("frequency")
    return local.select(
        "customer_id",
        recency=today - day_number(nw.col("bought_at")),
        frequency=nw.col("frequency").cast(nw.Int64),
        monetary=money,
    ), exchange.currency


_EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 (a day, not an instant)
