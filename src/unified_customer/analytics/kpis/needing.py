"""What KPIs need of the tables, and what of it is missing."""

from collections.abc import Iterator
from typing import Final

from unified_customer.analytics.kpis.kpi import KPI
from unified_customer.analytics.kpis.scope import Scope
from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.methods.orders import ORDERS

EVENTS: Final = "events"
MONEY_KEPT: Final = frozenset({"money_before", "money_now", "money_kept"})
"""Measures of money that are told by the amounts of orders, or by those of events."""
_PAID: Final = frozenset(
    {"revenue", "refunds", "sold", "spent", "known_revenue", "attributed_revenue", "ltv", "monthly_margin"}
)
_TOUCHED: Final = frozenset({"won_paid", "attributed_revenue", "attributed_customers", "mail_conversions"})
_COLUMNS: Final = (
    (_PAID, ORDERS, "amount"),
    (frozenset({"recipients"}), EVENTS, "object_id"),
    (_TOUCHED, EVENTS, "channel"),
    (_TOUCHED | {"buyers"}, EVENTS, "customer_id"),
    (frozenset({"visitors"}), EVENTS, "customer_id|anonymous_id"),
)
"""What measures need besides the columns that a table must have: of which table, and which column; of several one will
do."""


def fed(scope: Scope) -> tuple[KPI, ...]:
    """Return the KPIs that are asked for and that the tables can feed.

    Raises:
        SchemaError: There is no table that a scorecard knows, none has the dimension, or a KPI is asked for by name
            that lacks something.
        ConfigurationError: A KPI is asked for by name that cannot be told by a column of rows.
    """
    spec = scope.spec
    _check_tables(scope)
    if not spec.kpis:
        return tuple(kpi for kpi in spec.chosen if not _is_mixed(scope, kpi) and not list(missing(scope, kpi)))
    for kpi in spec.chosen:
        if _is_mixed(scope, kpi):
            raise ConfigurationError(
                f"{kpi.name!r} cannot be told by {spec.by!r}: what an order has there is not what led to it. Leave `by` out."
            )
        if lacking := list(missing(scope, kpi)):
            there = ", ".join(scope.tables)
            raise SchemaError(
                f"{kpi.name!r} needs {', '.join(lacking)}; there are: {there}. ('orders' may be 'order_lines'.)"
            )
    return spec.chosen


def _check_tables(scope: Scope) -> None:
    if not scope.columns:
        raise SchemaError(
            "None of 'orders', 'order_lines', 'events', 'answers' and 'spend' is among the tables; there are: "
            f"{', '.join(scope.tables) or 'none'}."
        )
    by = scope.spec.by
    if by is not None and scope.spec.by_table == "rows" and not any(by in names for names in scope.columns.values()):
        raise SchemaError(f"{by!r} is a column of no table; name one of customers with by_table='customers'.")


def _is_mixed(scope: Scope, kpi: KPI) -> bool:
    return kpi.mixed and scope.spec.by is not None and scope.spec.by_table == "rows"


def missing(scope: Scope, kpi: KPI) -> Iterator[str]:
    """Yield the tables, and the columns of tables, that a KPI lacks."""
    spec, measures = scope.spec, {*kpi.measures}
    of_touch = spec.by is not None and spec.by_table == "rows" and "won" in measures
    dimension = "customer_id" if spec.by_table == "customers" else spec.by
    for need in dict.fromkeys([*kpi.needs, *([EVENTS] if of_touch else [])]):
        there = [scope.columns[name] for name in need.split("|") if name in scope.columns]
        if not there:
            yield need.replace("|", " or ")
        elif dimension is not None and not any(dimension in names for names in there):
            yield f"{dimension!r} in {need.replace('|', ' or ')}"
    for needing, table, column in _COLUMNS:
        concerned = needing & measures or (of_touch and needing == _TOUCHED)
        if concerned and table in scope.columns and not scope.columns[table].intersection(column.split("|")):
            yield f"{column.replace('|', ' or ')!r} in {table}"
    if MONEY_KEPT & measures and not any("amount" in scope.columns.get(name, ()) for name in (ORDERS, EVENTS)):
        yield f"'amount' in {ORDERS} or {EVENTS}"
