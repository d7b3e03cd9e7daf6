"""Making the next thing ready while the one before is used: in order, one at a time, with failures in their place."""

import threading
from collections.abc import Iterator

import pytest

from unified_customer.hub.ahead import one_ahead


def test_the_next_is_made_while_the_one_before_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def make(number: int) -> int:
        made[number].set()
        return number

    for number in one_ahead(range(3), make):
        # Would wait for ever if the next were made only after this one is done with.
        assert number == 2 or made[number + 1].wait(timeout=30)


def test_items_are_read_by_the_thread_that_asks_and_made_by_another() -> None:
    def items() -> Iterator[int]:
        for _ in range(3):
            yield threading.get_ident()

    found = list(one_ahead(items(), lambda reader: (reader, threading.get_ident())))
    assert {reader for reader, _ in found} == {threading.get_ident()}
    assert len({maker for _, maker in found} - {threading.get_ident()}) == 1


def test_what_reading_raises_comes_after_all_that_was_read() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise ConnectionError

    coming = one_ahead(items(), int)
    assert [next(coming), next(coming)] == [1, 2]
    with pytest.raises(ConnectionError):
        next(coming)


def test_what_making_raises_comes_in_its_place() -> None:
    coming = one_ahead([1, 0, 2], lambda number: 1 // number)
    assert next(coming) == 1
    with pytest.raises(ZeroDivisionError):
        next(coming)


def test_stopping_early_ends_the_thread() -> None:
    before = threading.active_count()
    coming = one_ahead(iter(range(1000)), int)
    assert next(coming) == 0
    coming.close()  # type: ignore[attr-defined]  # it is a generator
    assert threading.active_count() == before
    assert list(one_ahead([], int)) == []
