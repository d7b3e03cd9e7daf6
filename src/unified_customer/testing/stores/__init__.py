"""The conformance kit for stores: each promise of `unified_customer.store.protocol` as a test.

An author's whole test:

    class TestMyStore(StoreConformance):
        def open(self, path):
            return open_my_store(f"mine://{path}")

`path` names a store that is made where there is none; a backup is opened by its path too. A store that forgets all
when it is closed says `persistent = False`.
"""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from unified_customer.testing.stores.kit import Stores
from unified_customer.testing.stores.life import LifeConformance
from unified_customer.testing.stores.machine import apply_changes, store_machine
from unified_customer.testing.stores.reading import ReadingConformance
from unified_customer.testing.stores.writing import WritingConformance

__all__ = ["StoreConformance", "Stores", "apply_changes", "store_machine"]


class StoreConformance(ReadingConformance, WritingConformance, LifeConformance):
    """All promises of a store."""

    def test_it_says_and_does_what_the_in_memory_store_does(self) -> None:
        """Whatever is done to both."""
        machine = store_machine(self.open, persistent=self.persistent)
        examples = max(5, settings().max_examples // 5)  # each is a whole life of a store
        run_state_machine_as_test(
            machine, settings=settings(max_examples=examples, stateful_step_count=20, deadline=None)
        )
