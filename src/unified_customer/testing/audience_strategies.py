"""Hypothesis strategies for audiences: tables of a small shop, and rules about them.

They draw from few customers, instants and values on purpose: laws break where values are equal and windows end.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

import polars as pl
from hypothesis import strategies as st

from unified_customer.segmentation.audiences import (
    Age,
    And,
    Answered,
    Between,
    Birthday,
    Bought,
    Condition,
    Consents,
    Did,
    Earlier,
    FromToday,
    InSegment,
    Last,
    Or,
    Rule,
    Score,
    Sequence,
    Span,
    Step,
    Trait,
    Window,
)
from unified_customer.testing.purchase_strategies import FIRST

Frames: TypeAlias = Mapping[str, pl.DataFrame]
PEOPLE: Final = 3
"""So many customers there are at most."""
DAYS: Final = 12
"""So many days the tables tell of."""
INSTANT: Final = pl.Datetime("us", "UTC")
MONEY: Final = pl.Decimal(18, 4)
_COLUMNS: Final[Mapping[str, dict[str, pl.DataType]]] = {
    "customers": {
        "customer_id": pl.String(),
        "country": pl.String(),
        "birth_date": pl.Date(),
        "first_observed_at": INSTANT,
        "sources": pl.List(pl.String()),
        "traits": pl.String(),
    },
    "events": {
        "customer_id": pl.String(),
        "name": pl.String(),
        "occurred_at": INSTANT,
        "amount": MONEY,
        "properties": pl.String(),
    },
    "order_lines": {
        "customer_id": pl.String(),
        "source": pl.String(),
        "order_id": pl.String(),
        "occurred_at": INSTANT,
        "kind": pl.String(),
        "item_id": pl.String(),
        "category": pl.String(),
        "brand": pl.String(),
        "quantity": MONEY,
        "amount": MONEY,
    },
    "memberships": {
        "segmentation": pl.String(),
        "segment": pl.String(),
        "customer_id": pl.String(),
        "entered_at": INSTANT,
        "left_at": INSTANT,
    },
    "scores": {"name": pl.String(), "customer_id": pl.String(), "as_of": INSTANT, "value": pl.Float64()},
    "answers": {
        "customer_id": pl.String(),
        "instrument": pl.String(),
        "question": pl.String(),
        "answered_at": INSTANT,
        "value": pl.Float64(),
        "text": pl.String(),
    },
    "permitted": {"customer_id": pl.String(), "purpose": pl.String(), "channel": pl.String()},
}
SCHEMAS: Final[Mapping[str, pl.Schema]] = {name: pl.Schema(columns) for name, columns in _COLUMNS.items()}
MAIL: Final = "marketing.communications.email"


def instants() -> st.SearchStrategy[datetime]:
    """Instants on the quarter of a day, so that many are equal and many lie on the edge of a window."""
    return st.integers(0, 4 * DAYS).map(lambda quarters: FIRST + timedelta(hours=6 * quarters))


def _customer(*, known: bool = False) -> st.SearchStrategy[str | None]:
    numbers = st.integers(1 if known else 0, PEOPLE)
    return numbers.map(lambda number: f"c{number}" if number else None)


def _documents(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[str | None]:
    return st.none() | st.fixed_dictionaries({}, optional=values).map(json.dumps)


_birthdays = st.sampled_from(
    [date(1990, 1, 1), date(2000, 2, 29), date(1985, 12, 31), date(2008, 1, 5), date(1999, 1, 12), None]
)
_traits = _documents(
    size=st.sampled_from([1, 2, 2.5, "large", None]),
    vip=st.booleans(),
    joined=st.sampled_from(["2026-01-03", "2026-01-05T10:00:00Z", "soon"]),
    address=st.fixed_dictionaries({"city": st.sampled_from(["Rome", "Oslo"])}),
)
_amounts = st.sampled_from([Decimal("0.1"), Decimal("0.2"), Decimal(5), Decimal(-5), None])
_properties = _documents(price=st.sampled_from([0.1, 0.2, 3, "free", None]), kind=st.sampled_from(["x", "y"]))


def _people() -> st.SearchStrategy[list[tuple[Any, ...]]]:
    rows = st.tuples(
        _customer(known=True),
        st.sampled_from(["DE", "FR", None]),
        _birthdays,
        st.none() | instants(),
        st.lists(st.sampled_from(["crm", "shop"]), unique=True),
        _traits,
    )
    return _some(rows, least=1, unique_by=lambda row: row[0])


def _line() -> st.SearchStrategy[tuple[Any, ...]]:
    kinds = st.sampled_from(("sale", "sale", "return", "cancellation"))
    drawn = st.tuples(
        st.integers(0, 7),
        instants(),
        kinds,
        st.sampled_from(["i1", "i2", None]),
        st.sampled_from(["Garden", "Garden > Tools", "Gardening", None]),
        st.sampled_from(["acme", None]),
        st.integers(1, 2),
        st.sampled_from([1, 5, 10]),
    )
    return drawn.map(_whole_line)


def _whole_line(drawn: tuple[Any, ...]) -> tuple[Any, ...]:
    order, at, kind, item, category, brand, quantity, amount = drawn
    sign = 1 if kind == "sale" else -1
    return (
        f"c{order % PEOPLE + 1}",
        "till",
        f"o{order}",
        at,
        kind,
        item,
        category,
        brand,
        sign * quantity,
        sign * amount,
    )


def _rows() -> Mapping[str, st.SearchStrategy[list[tuple[Any, ...]]]]:
    who, names, maybe = _customer(), st.sampled_from(["A", "B", "C"]), st.none() | instants()
    numbers, words = st.sampled_from([3.0, 9.0, None]), st.sampled_from(["good", None])
    segments, scores = st.sampled_from(["a", "b"]), st.sampled_from(["churn", "churn", "x"])
    scored = st.tuples(scores, who, instants(), st.sampled_from([0.2, 0.5, None]))
    permitted = st.tuples(_customer(known=True), st.just(MAIL), st.sampled_from([None, "email"]))
    return {
        "customers": _people(),
        "events": _some(st.tuples(who, names, instants(), _amounts, _properties), least=6),
        "order_lines": _some(_line(), least=4),
        "memberships": _some(
            st.tuples(st.sampled_from(["rfm", "rfm", "x"]), segments, who, instants(), maybe), least=3
        ),
        "scores": _some(scored, least=3, unique_by=lambda row: row[:3]),
        "answers": _some(
            st.tuples(who, st.sampled_from(["nps", "poll"]), st.just("q"), instants(), numbers, words), least=3
        ),
        "permitted": _some(permitted, least=1, unique_by=lambda row: row),
    }


def _some(
    rows: st.SearchStrategy[tuple[Any, ...]], *, least: int, unique_by: Callable[[Any], Any] | None = None
) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows, seldom none: where lists are drawn they are short, and few rows seldom meet in a rule."""
    drawn = [st.lists(rows, min_size=number, max_size=3 * least, unique_by=unique_by) for number in (0, least, least)]
    return st.one_of(drawn)


def shops() -> st.SearchStrategy[Frames]:
    """The tables of a small shop."""
    return st.fixed_dictionaries({name: _frames(name, rows) for name, rows in _rows().items()})


def _frames(name: str, rows: st.SearchStrategy[list[tuple[Any, ...]]]) -> st.SearchStrategy[pl.DataFrame]:
    return rows.map(lambda drawn: pl.DataFrame(drawn, schema=SCHEMAS[name], orient="row"))


# ----------------------------------------------------------------------------------------------------------- rules


def windows() -> st.SearchStrategy[Window | None]:
    """Windows that end among the instants of a shop."""
    days = st.integers(1, 6)
    named = st.integers(0, DAYS).map(lambda day: date(2026, 1, 1) + timedelta(days=day))
    return st.one_of(
        st.none(),
        days.map(lambda number: Last(days=number)),
        st.just(Last(hours=6)),
        days.map(lambda number: Earlier(days=number)),
        st.tuples(named, named).map(lambda pair: Between(min(pair), max(pair))),
        named.map(Between),
    )


def traits() -> st.SearchStrategy[Trait]:
    """Rules about traits."""
    days = st.integers(-6, 2).map(FromToday)
    order = st.sampled_from(("lt", "le", "gt", "ge", "eq", "ne"))
    sizes = st.sampled_from([1, 2, 2.5])
    return st.one_of(
        st.builds(Trait, st.just("country"), st.sampled_from(("eq", "ne", "ge")), st.sampled_from(["DE", "FR"])),
        st.just(Trait("country", "in", ["DE", "US"])),
        st.just(Trait("country", "starts_with", "D")),
        st.just(Trait("sources", "contains", "crm")),
        st.builds(Trait, st.sampled_from(["country", "traits.size"]), st.sampled_from(["is_missing", "is_known"])),
        st.builds(Trait, st.just("first_observed_at"), order, days),
        st.builds(Trait, st.just("birth_date"), order, st.just("2000-02-29")),
        st.builds(Trait, st.just("traits.size"), order, sizes),
        st.just(Trait("traits.size", "between", [1, 2])),
        st.just(Trait("traits.size", "contains", "arg")),
        st.just(Trait("traits.vip", "eq", True)),
        st.just(Trait("traits.address.city", "eq", "Rome")),
        st.builds(Trait, st.just("traits.joined"), order, days),
    )


def _counts(highest: int) -> st.SearchStrategy[dict[str, int]]:
    number = st.integers(0, highest)
    return st.one_of(
        st.just({}),
        st.builds(lambda bound, value: {bound: value}, st.sampled_from(("at_least", "at_most", "exactly")), number),
        st.tuples(number, number).map(lambda pair: {"at_least": min(pair), "at_most": max(pair)}),
    )


_where = st.sampled_from(
    [(), (), (Condition("properties.price", "ge", 0.2),), (Condition("amount", "is_known"),), (Condition("properties.kind", "eq", "x"),)]
)  # fmt: skip
_names = st.sampled_from([(), "A", "B", ("A", "C")])


def _did() -> st.SearchStrategy[Did]:
    counted = st.builds(
        lambda event, where, within, bounds: Did(event, where=where, within=within, **bounds),
        _names, _where, windows(), _counts(3),
    )  # fmt: skip
    measured = st.builds(
        lambda event, within, measure, of, value: Did(event, within=within, measure=measure, of=of, at_least=value),
        _names, windows(), st.sampled_from(("total", "mean", "max", "min")), st.sampled_from([None, "properties.price"]),
        st.sampled_from([0, 0.1, 0.3, 5, -5]),
    )  # fmt: skip
    return counted | measured


def sequences() -> st.SearchStrategy[Sequence]:
    """Sequences of any number of steps, plain ones more often."""
    spans = st.none() | st.sampled_from([Span(days=1), Span(days=3), Span(hours=6)])
    plain = st.tuples(st.sampled_from("ABC"), st.booleans(), st.none() | spans, st.just(()))
    steps = st.lists(plain, min_size=2, max_size=4) | st.lists(
        st.tuples(_names, st.booleans(), spans, _where), min_size=1, max_size=4
    )
    some = steps.filter(lambda each: any(not negated for _, negated, _, _ in each))
    return st.builds(_sequence, some, st.none() | windows())


def _sequence(drawn: list[tuple[Any, bool, Any, Any]], within: Window | None) -> Sequence:
    happened = [place for place, (_, negated, _, _) in enumerate(drawn) if not negated]
    first, last = happened[0], happened[-1]
    told = [
        Step(event, negated=negated, where=where, within=_allowed(span, place, first, last, negated=negated))
        for place, (event, negated, span, where) in enumerate(drawn)
    ]
    return Sequence(*told, within=within)


def _allowed(span: Span | None, place: int, first: int, last: int, *, negated: bool) -> Span | None:
    return None if place == first or (negated and first < place < last) else span


def courses() -> st.SearchStrategy[Frames]:
    """Shops of events alone, and these of two people: long courses of events."""
    who, names = st.sampled_from(["c1", "c1", "c2"]), st.sampled_from("ABC")
    rows = st.tuples(who, names, instants(), _amounts, _properties)
    some = st.lists(rows, min_size=4, max_size=10)
    return some.map(lambda drawn: {"events": pl.DataFrame(drawn, schema=SCHEMAS["events"], orient="row")})


def _purchases() -> st.SearchStrategy[Bought]:
    names = {
        "category": st.sampled_from([(), "Garden"]),
        "item": st.sampled_from([(), "i1"]),
        "brand": st.sampled_from([(), "acme"]),
        "within": windows(),
    }
    orders = st.builds(lambda bounds, more: Bought(**more, **bounds), _counts(2), st.fixed_dictionaries(names))
    measures = st.sampled_from(("units", "total", "mean", "max"))
    others = st.builds(
        lambda measure, value, more: Bought(measure=measure, at_least=value, **more),
        measures, st.integers(-1, 10), st.fixed_dictionaries(names),
    )  # fmt: skip
    return orders | others


def _answered() -> st.SearchStrategy[Answered]:
    conditions = st.sampled_from([(), (Condition("value", "ge", 9),), (Condition("text", "is_known"),)])
    instruments = st.sampled_from([None, "nps"])
    return st.builds(Answered, st.just("q"), instrument=instruments, where=conditions, within=windows())


def _scores() -> st.SearchStrategy[Score]:
    ops, known = st.sampled_from(("lt", "ge", "eq", "ne")), st.sampled_from(("is_missing", "is_known"))
    compared = st.builds(Score, st.just("churn"), ops, st.sampled_from([0.2, 0.5]))
    return compared | st.builds(Score, st.just("churn"), known)


def leaf_rules() -> Mapping[str, st.SearchStrategy[Rule]]:
    """Rules that are made of no others, by their kind."""
    years = st.integers(17, 36)
    return {
        "trait": traits(),
        "age": st.builds(Age, at_least=years) | st.builds(Age, at_most=years),
        "birthday": st.builds(Birthday, within_days=st.integers(0, 7)),
        "did": _did(),
        "sequence": sequences(),
        "bought": _purchases(),
        "in_segment": st.builds(
            InSegment, st.just("rfm"), st.sampled_from(["a", ("a", "b")]), days_ago=st.integers(0, 2)
        ),
        "score": _scores(),
        "answered": _answered(),
        "consents": st.builds(Consents, st.just(MAIL), st.sampled_from([None, "email"])),
    }


def any_leaf() -> st.SearchStrategy[Rule]:
    """Rules that are made of no others, of any kind."""
    return st.one_of(*leaf_rules().values())


def rules() -> st.SearchStrategy[Rule]:
    """Rules of any kind, put together in any way."""

    def together(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
        several = st.lists(inner, max_size=3)
        return st.one_of(
            several.map(lambda each: And(*each)), several.map(lambda each: Or(*each)), inner.map(lambda one: ~one)
        )

    return st.recursive(any_leaf(), together, max_leaves=4)
