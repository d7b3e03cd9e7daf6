"""Hypothesis strategies for small shops whose customers are in segments: what profiles are made from.

Every value is a word that occurs nowhere else in a page (`w17w`), so that a test can look for it; some are rare.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

import polars as pl
from hypothesis import strategies as st

from unified_customer.testing.purchase_strategies import FIRST
from unified_customer.testing.segment_strategies import ASSIGNMENT

Shop = dict[str, pl.DataFrame]
_TIME: Final = pl.Datetime("us", "UTC")
_PEOPLE: Final = {
    "customer_id": pl.String(), "birth_date": pl.Date(), "gender": pl.String(), "region": pl.String(),
}  # fmt: skip
_LINES: Final = {
    "customer_id": pl.String(), "order_id": pl.String(), "occurred_at": _TIME, "kind": pl.String(),
    "quantity": pl.Decimal(18, 4), "amount": pl.Decimal(18, 4), "category": pl.String(), "name": pl.String(),
    "channel": pl.String(),
}  # fmt: skip
_EVENTS: Final = {"customer_id": pl.String(), "occurred_at": _TIME, "name": pl.String(), "channel": pl.String()}
_ANSWERS: Final = {
    "customer_id": pl.String(), "question": pl.String(), "value": pl.Float64(), "text": pl.String(),
    "answered_at": _TIME,
}  # fmt: skip


def shops(*, customers: int = 40) -> st.SearchStrategy[Shop]:
    """Assignments as `colour`, and the `customers`, `order_lines`, `events` and `answers` of some customers."""
    return st.builds(shop_of, st.integers(0, 2**32).map(Random), st.integers(0, customers))


def _word(random: Random, first: int, count: int = 6) -> str | None:
    """Return one of a few words, the later ones rarely, or nothing."""
    place = min(int(random.expovariate(0.7)), count)
    return None if place == count else f"w{first + place}w"


def shop_of(random: Random, customers: int) -> Shop:
    """Return a shop drawn by `random`."""
    who, busy = [f"customer-{place}-id" for place in range(customers)], random.choice((0.3, 0.9))
    segments = [(each, _word(random, 10, 4) or "w14w") for each in who if random.random() < 0.95]
    return {
        "colour": pl.DataFrame(segments, schema=ASSIGNMENT, orient="row"),
        "customers": _frame([_person(random, each) for each in who], _PEOPLE),
        "order_lines": _frame([row for each in who for row in _bought(random, each, busy)], _LINES),
        "events": _frame([row for each in who for row in _done(random, each)], _EVENTS),
        "answers": _frame([_answer(random, each) for each in who if random.random() < 0.5], _ANSWERS),
    }


def _frame(rows: Sequence[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def _at(random: Random) -> Any:
    return FIRST + timedelta(hours=6 * random.randrange(240))


def _person(random: Random, who: str) -> tuple[Any, ...]:
    born = (FIRST - timedelta(days=365 * random.randrange(10, 80))).date() if random.random() < 0.8 else None
    return who, born, _word(random, 20, 3), _word(random, 30)


def _bought(random: Random, who: str, busy: float) -> list[tuple[Any, ...]]:
    lines = random.choice((1, 1, 2, 5)) if random.random() < busy else 0
    return [_line(random, who, place) for place in range(lines)]


def _line(random: Random, who: str, place: int) -> tuple[Any, ...]:
    amount = Decimal(random.randrange(0, 9000)) / 100
    words = (_word(random, 40), _word(random, 50), _word(random, 60, 3))
    return (who, f"{who}-{place}", _at(random), "sale", Decimal(1), amount, *words)


def _done(random: Random, who: str) -> list[tuple[Any, ...]]:
    return [(who, _at(random), _word(random, 70), _word(random, 80, 3)) for _ in range(random.choice((0, 0, 1, 4)))]


def _answer(random: Random, who: str) -> tuple[Any, ...]:
    chosen = random.random() < 0.5
    return who, f"w9{random.randrange(2)}w", None if chosen else random.randrange(6), _word(random, 95), _at(random)
