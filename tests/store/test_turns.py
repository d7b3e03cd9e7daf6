"""Turns between threads: nobody is shut out for good, and nobody waits for itself."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from unified_customer.core.errors import StoreError
from unified_customer.store.turns import Turns


def test_one_thread_may_read_inside_reading_and_inside_writing() -> None:
    turns = Turns()
    with turns.reading(), turns.writing(), turns.reading():
        pass
    with turns.writing(), turns.reading():
        pass
    with turns.alone(), turns.reading():
        pass


def test_no_thread_waits_for_itself() -> None:
    turns = Turns()
    for block in (turns.reading, turns.writing):
        with block(), pytest.raises(StoreError), turns.alone():
            pass
    with turns.writing(), pytest.raises(StoreError), turns.writing():
        pass
    with turns.alone():
        pass


def test_who_reads_gets_its_turn_to_write_while_another_waits_to_be_alone() -> None:
    turns, reading, order = Turns(), threading.Event(), []

    def be_alone() -> None:
        reading.wait(10)
        with turns.alone():
            order.append("alone")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(be_alone)
        with turns.reading():
            reading.set()
            while not turns._waiting:
                pass
            with turns.writing():
                order.append("written")
        waiting.result(10)
    assert order == ["written", "alone"]


def test_a_newcomer_lets_the_waiting_one_go_first_but_not_for_ever() -> None:
    turns = Turns()
    with ThreadPoolExecutor(2) as pool, turns.reading():
        alone = pool.submit(lambda: turns.alone().__enter__())
        while not turns._waiting:
            pass

        def read() -> bool:
            with turns.reading():
                return alone.done()

        assert pool.submit(read).result(10) is False
    alone.result(10)


def test_an_error_gives_the_turn_back() -> None:
    turns = Turns()
    for block in (turns.reading, turns.writing, turns.alone):
        with pytest.raises(ZeroDivisionError), block():
            raise ZeroDivisionError
    with turns.alone():
        pass
