"""Run in a process of its own: writes entries into a store until it is killed.

python auditing.py PATH
"""

import sys
from datetime import UTC, datetime

from unified_customer.core.models import LOCAL
from unified_customer.governance.audit import Entry, write_entry
from unified_customer.governance.auditing.sealing import Seals
from unified_customer.governance.auditing.store import SealedStore
from unified_customer.store import open_store

SEALS = Seals.of(b"k" * 32)

if __name__ == "__main__":
    store = SealedStore(open_store(f"duckdb:///{sys.argv[1]}"), SEALS)
    for number in range(1_000_000):
        now = datetime.now(UTC)
        with store.transaction(recorded_at=now) as writer:
            for _ in range(1 + number % 3):
                # A load keeps the head at once, so that the process is also killed in the middle of that.
                write_entry(writer, LOCAL, Entry("load" if number % 7 == 0 else "read"), at=now)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
