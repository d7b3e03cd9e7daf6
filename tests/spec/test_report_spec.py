"""Laws of the report: it holds what the purpose may see of the time before, and nothing else moves a byte of it."""

import tempfile
import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from unified_customer.core.errors import EverythingWithheldWarning
from unified_customer.testing.publication_strategies import NOW, PEOPLE, PURPOSE, Rows, World, hub_of

AS_OF = NOW + timedelta(days=1)
few = settings(max_examples=max(4, settings().max_examples // 6), deadline=None)

somebody = st.sampled_from(PEOPLE)
ages = st.integers(0, 500).map(lambda days: timedelta(days=days, microseconds=1))
delays = st.integers(0, 10).map(lambda days: timedelta(days=days))
Sale = tuple[str | None, timedelta, int]


def sales(ages: st.SearchStrategy[timedelta]) -> st.SearchStrategy[list[Sale]]:
    return st.lists(st.tuples(st.one_of(st.none(), somebody), ages, st.integers(1, 99)), max_size=8)


def lines(sold: Iterable[Sale], *, sign: int = -1, prefix: str = "") -> Rows:
    return [
        {
            "who": who, "order_id": f"{prefix}{number}", "line_id": "1", "occurred_at": AS_OF + sign * age, "kind": "sale",
            "quantity": Decimal(1), "item_id": "mug", "channel": "web", "amount": Decimal(amount), "currency": "EUR",
        }
        for number, (who, age, amount) in enumerate(sold)
    ]  # fmt: skip


def page(rows: Rows, *, objected: Iterable[str] = (), as_of: datetime = AS_OF) -> str:
    world = World({"order_lines": rows}, frozenset(objected), ())
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder, hub_of(world) as hub:
        warnings.simplefilter("ignore", EverythingWithheldWarning)
        return hub.report(purpose=PURPOSE, path=Path(folder) / "page.html", as_of=as_of).path.read_text("utf-8")


@few
@given(sales(ages), sales(delays))
def test_what_happens_later_changes_nothing(sold: list[Sale], later: list[Sale]) -> None:
    assert page(lines(sold)) == page([*lines(sold), *lines(later, sign=1, prefix="later ")])


@few
@given(sales(ages), st.frozensets(somebody, min_size=1, max_size=2))
def test_what_those_did_who_may_not_be_seen_changes_nothing(sold: list[Sale], objected: frozenset[str]) -> None:
    seen = [each for each in sold if each[0] not in objected]
    assert page(lines(sold), objected=objected) == page(lines(seen), objected=objected)


@few
@given(sales(ages), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(sold: list[Sale], random: Random) -> None:
    rows = lines(sold)
    shuffled = sorted(rows, key=lambda _: random.random())
    assert page(rows) == page(shuffled)
