"""Traits of each customer: who one is, what one bought and did, what one answered."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from unified_customer.engines.portable import Lazy, before, has, opened
from unified_customer.methods.orders import LINES, ORDERS
from unified_customer.segmentation.behaviour.acts import EVENTS, acted
from unified_customer.segmentation.demographic import CUSTOMERS, UNKNOWN, Demographic
from unified_customer.segmentation.profiles.measures import ANSWER, ANSWERS, answers

if TYPE_CHECKING:
    from unified_customer.segmentation.profiles.spec import Profiles

ONE_EACH: Final = ("age", "gender", "country", "region", "language")
"""Kinds of traits of which each customer has one."""
CHANNELS: Final = ("order channel", "event channel")
"""Kinds of traits that tell how customers come."""
_OF_LINES: Final = {"category": "category", "brand": "brand", "item": "name", "order channel": "channel"}
_OF_EVENTS: Final = {"event": "name", "event channel": "channel"}
_COLUMNS: Final = ("customer_id", "kind", "value")


def long_traits(spec: "Profiles", tables: Mapping[str, Any], *, as_of: datetime) -> Sequence[Lazy]:
    """Return frames of `customer_id`, `kind` and `value`, as often as they occur; no value is null or empty.

    Columns that are not there are left out.
    """
    found = (*_of_people(spec, tables, as_of), *_of_orders(spec, tables, as_of), *_of_events(tables, as_of))
    each = (*found, *_of_answers(tables, as_of))
    known = ~nw.col("value").is_null() & (nw.col("value") != "") & ~nw.col("customer_id").is_null()
    return [lazy.filter(known).select(*_COLUMNS) for lazy in each]


def _of_people(spec: "Profiles", tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    if CUSTOMERS not in tables:
        return
    people = opened(tables[CUSTOMERS], columns=["customer_id"], name=CUSTOMERS)
    if has(people, "birth_date"):
        bands = Demographic(by=("age",), ages=spec.ages, zone=spec.zone).measured(tables, as_of=as_of)
        yield _kind(bands.filter(nw.col("described") != UNKNOWN), "age", "described")
    yield from _those_there(people, {kind: kind for kind in ONE_EACH if kind != "age"})


def _of_orders(spec: "Profiles", tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    if LINES in tables:
        lines = opened(tables[LINES], columns=["customer_id", "occurred_at"], name=LINES)
        past = before(lines, "occurred_at", as_of=as_of, zone=spec.zone)
        yield from _those_there(past.filter(nw.col("kind") == "sale") if has(past, "kind") else past, _OF_LINES)
    elif ORDERS in tables:
        orders = opened(tables[ORDERS], columns=["customer_id", "ordered_at"], name=ORDERS)
        past = before(orders, "ordered_at", as_of=as_of, zone=spec.zone)
        yield from _those_there(past, {"order channel": "channel"})


def _of_events(tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    if EVENTS in tables:
        there = opened(tables[EVENTS])
        columns = {kind: column for kind, column in _OF_EVENTS.items() if has(there, column)}
        yield from _those_there(acted(tables, as_of=as_of, columns=[*columns.values()]), columns)


def _of_answers(tables: Mapping[str, Any], as_of: datetime) -> Iterator[Lazy]:
    """Yield answers that were chosen: words without a number, and whole numbers."""
    if ANSWERS not in tables:
        return
    given = answers(tables, as_of=as_of)
    told = given.with_columns(kind=nw.concat_str(nw.lit(ANSWER), nw.col("question")))
    if has(given, "value"):
        whole = told.filter(nw.col("value").cast(nw.Int64).cast(nw.Float64) == nw.col("value").cast(nw.Float64))
        yield whole.select("customer_id", "kind", value=nw.col("value").cast(nw.Int64).cast(nw.String))
    if has(given, "text"):
        words = told.filter(nw.col("value").is_null()) if has(given, "value") else told
        yield words.select("customer_id", "kind", value=nw.col("text").cast(nw.String))


def _those_there(lazy: Lazy, columns: Mapping[str, str]) -> Iterator[Lazy]:
    yield from (_kind(lazy, kind, column) for kind, column in columns.items() if has(lazy, column))


def _kind(lazy: Lazy, kind: str, column: str) -> Lazy:
    return lazy.select("customer_id", kind=nw.lit(kind), value=nw.col(column).cast(nw.String))
