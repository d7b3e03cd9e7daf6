"""Who may work on a store: any number of readers, one writer, and sometimes one thread alone."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from unified_customer.core.errors import StoreError

PATIENCE: Final = 0.5
"""Seconds that a newcomer lets a thread go first that waits to be alone; without end it could wait for itself."""


class Turns:
    """Takes turns between the threads of one store.

    A thread that already reads or writes is let in again at once, so that a snapshot can be held around a transaction
    and the other way round.
    """

    def __init__(self) -> None:
        """Begin with nobody inside."""
        self._changed = threading.Condition()
        self._readers: Counter[int] = Counter()
        self._writer: int | None = None
        self._alone: int | None = None
        self._waiting = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Be one of the readers; waits while another thread is alone."""
        me = threading.get_ident()
        with self._changed:
            self._let_pass(me)
            self._changed.wait_for(lambda: self._alone in {None, me})
            self._readers[me] += 1
        try:
            yield
        finally:
            self._leave(lambda: self._readers.subtract([me]))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the writer; waits for the one before.

        Raises:
            StoreError: This thread is the writer already.
        """
        me = threading.get_ident()
        with self._changed:
            if self._writer == me:
                message = "This thread has a transaction open. Write through it, or end it before the next one begins."
                raise StoreError(message)
            self._let_pass(me)
            self._changed.wait_for(lambda: self._writer is None and self._alone in {None, me})
            self._writer = me
        try:
            yield
        finally:
            self._leave(self._no_writer)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one inside; waits until all others have left.

        Raises:
            StoreError: This thread reads or writes itself, and would wait for itself.
        """
        me = threading.get_ident()
        with self._changed:
            if self._inside(me):
                message = "This thread has a snapshot or a transaction open. End it before the store is compacted."
                raise StoreError(message)
            self._waiting += 1
            self._changed.wait_for(self._empty)
            self._waiting -= 1
            self._alone = me
        try:
            yield
        finally:
            self._leave(self._nobody_alone)

    def _let_pass(self, me: int) -> None:
        if not self._inside(me):
            self._changed.wait_for(lambda: not self._waiting, timeout=PATIENCE)

    def _inside(self, me: int) -> bool:
        return self._readers[me] > 0 or me in {self._writer, self._alone}

    def _empty(self) -> bool:
        return self._writer is None and self._alone is None and self._readers.total() == 0

    def _leave(self, leave: Callable[[], None]) -> None:
        with self._changed:
            leave()
            self._readers += Counter()  # forgets the threads that have left
            self._changed.notify_all()

    def _no_writer(self) -> None:
        self._writer = None

    def _nobody_alone(self) -> None:
        self._alone = None
