"""All measures of all tables, by period and value of the dimension."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

import polars as pl

from unified_customer.analytics.kpis.buying import bought, buyers
from unified_customer.analytics.kpis.contracts import contracts
from unified_customer.analytics.kpis.keeping import kept
from unified_customer.analytics.kpis.kpi import KPI
from unified_customer.analytics.kpis.mails import mailed
from unified_customer.analytics.kpis.needing import MONEY_KEPT
from unified_customer.analytics.kpis.opinions import answered
from unified_customer.analytics.kpis.scope import BY, KEYS, Scope, gridded
from unified_customer.analytics.kpis.spending import spent
from unified_customer.analytics.kpis.touches import attributed, timed, touched, won, won_by
from unified_customer.analytics.kpis.touches import mailed as converted
from unified_customer.analytics.kpis.visits import visited
from unified_customer.core.errors import SchemaError
from unified_customer.engines.portable import Lazy, settled
from unified_customer.methods.money import Exchange
from unified_customer.methods.orders import ORDERS, native_orders

Found = pl.DataFrame | None
_VISITS: Final = frozenset({"visitors"})
_MAILS: Final = frozenset({"recipients"})
_LTV: Final = frozenset({"ltv", "monthly_margin"})
_HELD: Final = frozenset({"held", "held_before", "followed", "lost", "money_before", "money_now", "money_kept"})
_WON: Final = frozenset({"new_customers", "won", "won_paid", "cac", "attributed_revenue", "mail_conversions"})


@dataclass
class Sheets:
    """What was counted.

    Attributes:
        found: The sheets: `number`, `_by`, and measures.
        currency: Of all money; None: amounts name none.
        retained: By what retention is told.
    """

    found: list[pl.DataFrame] = field(default_factory=list)
    currency: str | None = None
    retained: str | None = None

    def add(self, *sheets: Found) -> None:
        """Take sheets in; those that are None tell nothing."""
        self.found += [sheet for sheet in sheets if sheet is not None]

    def agree(self, currency: str | None) -> None:
        """Take in the currency of a table.

        Raises:
            SchemaError: It is not that of the others.
        """
        if self.currency and currency and self.currency != currency:
            message = (
                f"Amounts are of {self.currency} and of {currency}. Name one and the rates of the others, as in "
                "Scorecard(money=Money(currency='EUR', rates={'USD': 0.92}))."
            )
            raise SchemaError(message)
        self.currency = self.currency or currency


@dataclass(frozen=True)
class Counting:
    """What is counted, and for which KPIs."""

    scope: Scope
    kpis: tuple[KPI, ...]

    def asks(self, measures: frozenset[str]) -> bool:
        """Return whether one of some measures is asked for."""
        return any(measures.intersection(kpi.measures) for kpi in self.kpis)

    def reads(self, table: str) -> bool:
        """Return whether a table is there, and is asked for."""
        return self.scope.has(table) and any(table in need.split("|") for kpi in self.kpis for need in kpi.needs)

    def sheets(self) -> Sheets:
        """Count what the KPIs need of the tables that are there."""
        sheets = Sheets()
        channels = self._spent(sheets)
        orders = self.scope.orders() if self.reads(ORDERS) else None
        mails, kept_by_purchases, bought_by = None, None, None
        if orders is not None:
            exchange = self.scope.spec.money.exchange(orders)
            sheets.agree(exchange.currency)
            orders = settled(orders, like=native_orders(self.scope.tables))
            sheets.add(bought(orders, exchange))
            mails = self._acquired(sheets, orders, exchange, channels)
            kept_by_purchases = kept(self.scope, orders, exchange) if self.asks(_LTV | _HELD) else None
            bought_by = buyers(orders)
        if self.reads("events"):
            sheets.add(visited(self.scope, bought_by) if self.asks(_VISITS) else None)
            sheets.add(mailed(self.scope, mails) if self.asks(_MAILS) else None)
        self._retained(sheets, kept_by_purchases)
        sheets.add(answered(self.scope) if self.reads("answers") else None)
        return sheets

    def _spent(self, sheets: Sheets) -> tuple[str, ...]:
        if not self.reads("spend"):
            return self.scope.spec.paid or ()
        sheet, channels, currency = spent(self.scope)
        # Where nobody has written down any spend, it is not known to be nothing.
        sheets.add(None if sheet is None or sheet.is_empty() else sheet)
        sheets.agree(currency)
        return channels

    def _acquired(self, sheets: Sheets, orders: Lazy, exchange: Exchange, channels: tuple[str, ...]) -> "Lazy | None":
        """Count new customers and what is attributed; return the messages that orders are attributed to."""
        if not self.asks(_WON):
            return None
        native = native_orders(self.scope.tables)
        purchases = settled(timed(self.scope, orders), like=native)
        new = won(purchases)
        sheets.add(new)
        by_touch = self.scope.spec.by is not None and self.scope.spec.by_table == "rows"
        told = self.reads("events") or (by_touch and self.scope.has("events"))
        found = touched(self.scope, purchases) if told else None
        if found is None:
            # Only of the dimension of a touch it matters by which one a customer came.
            sheets.add(None if by_touch else new.rename({"new_customers": "won"}))
            return None
        last = settled(found, like=native)
        sheets.add(won_by(last, None), won_by(last, channels), attributed(last, exchange, channels))
        return converted(last)

    def _retained(self, sheets: Sheets, by_purchases: Found) -> None:
        chosen = self.scope.spec.retained
        by_contracts = None
        if chosen != "purchases" and self.reads("events") and self.asks(_HELD):
            by_contracts, currency = contracts(self.scope)
            sheets.agree(currency)
            by_contracts = None if by_contracts is None else by_contracts.with_columns(followed="held_before")
            by_contracts = self._priced(by_contracts, "events")
        if by_purchases is not None:
            ltv = {"active_after": "active_after", "stayed": "held", "were": "followed"}
            sheets.add(by_purchases.select(*KEYS, **ltv))
            by_purchases = self._priced(by_purchases.drop("active_after"), ORDERS)
        held = by_contracts if by_contracts is not None else by_purchases if chosen != "contracts" else None
        sheets.add(held)
        if held is not None:
            sheets.retained = "purchases" if by_contracts is None else "contracts"

    def _priced(self, held: Found, table: str) -> Found:
        """Return a sheet of retention without its money, where the table tells of none."""
        return held if held is None or "amount" in self.scope.columns[table] else held.drop(MONEY_KEPT)


def laid_out(sheets: Sequence[pl.DataFrame], *, last: int) -> pl.DataFrame:
    """Return all measures by period and value, from the first period of any to the last that has begun.

    A measure is null before the first period of its sheet, and zero where nothing was told after that.
    """
    full = [sheet.filter(pl.col("number") <= last) for sheet in sheets]
    values = pl.concat([sheet.select(BY) for sheet in full]).unique() if full else pl.DataFrame({BY: []})
    grids = [_grid(sheet, values, last) for sheet in full if sheet.height]
    if not grids:
        return pl.DataFrame()
    joined = reduce(_beside, grids)
    nothing = {name: pl.lit(0.0) for sheet in full if not sheet.height for name in sheet.columns if name not in KEYS}
    return joined.with_columns(**{name: zero for name, zero in nothing.items() if name not in joined.columns})


def _grid(sheet: pl.DataFrame, values: pl.DataFrame, last: int) -> pl.DataFrame:
    measures = sheet.with_columns(pl.exclude(KEYS).cast(pl.Float64))
    return gridded(measures, values, last=last)


def _beside(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    return one.join(other, on=list(KEYS), how="full", coalesce=True, nulls_equal=True)
