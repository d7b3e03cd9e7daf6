"""Run in a process of its own: erases a person from a store, compacts it, and kills itself on the way.

    python -m tests.hub.erasing_and_dying PATH NUMBER

ends at the step with that number, or at the end if there are fewer.
"""

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

import unified_customer as uc
from unified_customer.core.keys import Keyring
from unified_customer.governance.rights import Rights
from unified_customer.policy.organisation import Recipient
from unified_customer.store.duckdb import open_duckdb

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"k" * 32
POLICY = uc.Policy(bases={"analytics": "legitimate_interests"}, recipients={"mailer": Recipient()})
CANARY = "zaphod@example.com"
CRM = uc.Mapping(table="records", key="id", fields={"email": "mail", "given_name": "name"})
PEOPLE = pl.DataFrame(
    {"id": ["1", "2", "3"], "mail": [CANARY, CANARY, "ann@example.com"], "name": ["Zaphod", "Zaphod", "Ann"]}
)
KILLING = ("transaction:committed", "erase:", "compact:copied", "compact:renamed", "compact:done", "compact:told")


def hub_at(path: Path) -> uc.CustomerHub:
    store = open_duckdb(f"duckdb:///{path}", compression="uncompressed")
    return uc.CustomerHub(store, policy=POLICY, keys=uc.MemoryKeyProvider(KEY), clock=lambda: NOW)


def begin(path: Path) -> str:
    """Make the store; return whom to erase."""
    with hub_at(path) as hub:
        hub.load(uc.source("dataframe", PEOPLE, table="records", name="crm", mapping=CRM))
        hub.resolve()
        hub.consent.record("marketing", "granted", identifier=("email", CANARY))
        return str(hub.customers(purpose="analytics").filter(email=CANARY)["customer_id"].item())


class Killer:
    """Kills this process at one of the steps that matter."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.armed = False

    def __call__(self, name: str) -> None:
        if not self.armed or not name.startswith(KILLING):
            return
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def main(path: Path, customer_id: str, number: int) -> None:
    killer = Killer(number)
    store = open_duckdb(f"duckdb:///{path}", compression="uncompressed", on_step=killer)
    rights = Rights(store, clock=lambda: NOW, keyring=Keyring(KEY), policy=POLICY, on_step=killer)
    killer.armed = True
    receipt = rights.erase(customer_id)
    rights.erasures.confirm(receipt.erasure_id, "destination", "mailer", note="told")
    rights.compact()
    killer.armed = False
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    os._exit(0)
