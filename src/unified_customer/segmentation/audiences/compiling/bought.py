"""What was bought, as facts: by orders, so that what was cancelled or came back is taken off as everywhere."""

from functools import reduce
from operator import and_, or_

import narwhals as nw

from unified_customer.engines.portable import Lazy
from unified_customer.methods.money import exact
from unified_customer.methods.orders import LINES, orders_before
from unified_customer.segmentation.audiences.compiling.amounts import Measured, grouped
from unified_customer.segmentation.audiences.compiling.facts import Facts, flagged, in_bounds
from unified_customer.segmentation.audiences.compiling.looked_up import looked_up
from unified_customer.segmentation.audiences.compiling.seen import CUSTOMER, Seen
from unified_customer.segmentation.audiences.rules.purchases import Bought

UNDER = " > "
"""Between the parts of a path of categories."""


def bought_facts(name: str, rule: Bought, seen: Seen) -> Facts:
    """Return the facts for one rule about purchases."""
    lines = bought_lines(rule, seen)
    frame, value = _units(name, lines) if rule.measure == "units" else _orders(name, rule, lines, seen)
    return Facts(frame, {name: in_bounds(value, rule.bounds)}, {name: value})


def bought_lines(rule: Bought, seen: Seen, *, window: bool = True) -> Lazy:
    """Return the lines of orders that a rule is about."""
    named = [column for column, names in _named(rule).items() if names]
    past = seen.past(LINES, named, window=rule.within if window else None)
    fields = [each.field for each in rule.where]
    found = looked_up(past, fields, as_of=seen.as_of, zone=seen.zone, name=LINES)
    conditions = [_category(rule), _one_of("item_id", rule.item), _one_of("brand", rule.brand)]
    return found.lazy.filter(reduce(and_, conditions, found.all_hold(rule.where)))


def _named(rule: Bought) -> dict[str, tuple[str, ...]]:
    return {"category": rule.category, "item_id": rule.item, "brand": rule.brand}


def _one_of(column: str, names: tuple[str, ...]) -> nw.Expr:
    return nw.col(column).is_in(list(names)).fill_null(value=False) if names else nw.lit(value=True)


def _category(rule: Bought) -> nw.Expr:
    below = [nw.col("category").str.starts_with(f"{name}{UNDER}").fill_null(value=False) for name in rule.category]
    return reduce(or_, below, _one_of("category", rule.category))


def _units(name: str, lines: Lazy) -> tuple[Lazy, nw.Expr]:
    told = lines.with_columns(exact(lines, "quantity").alias(f"{name}_units"))
    frame = told.group_by(CUSTOMER).agg(nw.col(f"{name}_units").sum())
    return frame, nw.col(f"{name}_units").cast(nw.Float64).fill_null(0.0)


def _orders(name: str, rule: Bought, lines: Lazy, seen: Seen) -> tuple[Lazy, nw.Expr]:
    orders = orders_before({LINES: lines.to_native()}, as_of=seen.as_of, zone=seen.zone)
    if rule.measure == "orders":
        counted = orders.with_columns(flagged(nw.col("purchase")).alias(f"{name}_orders"))
        frame = counted.group_by(CUSTOMER).agg(nw.col(f"{name}_orders").sum())
        return frame, nw.col(f"{name}_orders").cast(nw.Int64).fill_null(0)
    counting = orders if rule.measure == "total" else orders.filter(nw.col("purchase"))
    exchange = seen.money.exchange(counting.filter(~nw.col("amount").is_null()))
    measured = Measured(f"{name}_paid", nw.col("amount"), rule.measure, exchange)  # type: ignore[arg-type]  # a measure of amounts
    return grouped(counting, measured), measured.value()
