"""`rights`: requests of people, from receipt to answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

from unified_customer.cli.output import Output
from unified_customer.cli.policyfile import policy_from
from unified_customer.cli.storefile import check_exists
from unified_customer.cli.tables import cell, plain_table
from unified_customer.core.errors import ConfigurationError
from unified_customer.core.models import Actor
from unified_customer.governance.requests import RequestState
from unified_customer.governance.requests.state import Status
from unified_customer.hub import CustomerHub

SHOWN: Final = (
    "request_id", "right", "status", "verification", "regime", "customer_id", "received_at", "due_at", "reason",
)  # fmt: skip
LISTED: Final = ("request_id", "right", "status", "regime", "due_at")


@dataclass(frozen=True)
class Desk:
    """Where requests are handled: a store, under a policy, by somebody."""

    store: str
    policy: Path | None
    actor: str

    def request(self, out: Output, right: str, **asked: Any) -> None:
        """Take in a request, and print it."""
        with self._hub() as hub:
            _print(out, hub.rights.requests.receive(right, **asked))  # type: ignore[arg-type]  # the hub checks it

    def change(self, out: Output, change: str, request_id: str, *said: Any, **more: Any) -> None:
        """Enter something about a request by the method of that name, and print how far it is."""
        with self._hub() as hub:
            _print(out, getattr(hub.rights.requests, change)(request_id, *said, **more))

    def show(self, out: Output, request_id: str) -> None:
        """Print how far a request is."""
        with self._hub() as hub:
            _print(out, hub.rights.requests.status(request_id))

    def list(self, out: Output, *, state: str | None, due_before: datetime | None) -> None:
        """Print the requests.

        Raises:
            ConfigurationError: There is no such state.
        """
        status = next((each for each in get_args(Status) if each == state), None)
        if state is not None and status is None:
            message = f"A request is never {state!r}. It is: {', '.join(get_args(Status))}."
            raise ConfigurationError(message)
        with self._hub() as hub:
            found = hub.rights.requests.find(state=status, due_before=due_before)
        table = plain_table(*(name.removesuffix("_id").removesuffix("_at") for name in LISTED))
        for row in found.iter_rows(named=True):
            out.result("request", row)
            table.add_row(*(cell(_shown(row[name])) for name in LISTED))
        out.show(table)

    def fulfil(self, out: Output, request_id: str, fields: Mapping[str, str]) -> None:
        """Carry out a request, and print it."""
        with self._hub() as hub:
            _print(out, hub.rights.requests.fulfil(request_id, fields=fields or None).state)

    def erase(self, out: Output, customer_id: str, request_id: str | None, *, compact: bool) -> None:
        """Erase a customer, and print what was deleted."""
        with self._hub() as hub:
            receipt = hub.rights.erase(customer_id, request_id=request_id)
            if compact:
                hub.rights.compact()
        table = plain_table("table", "#rows")
        for name, count in receipt.rows.items():
            table.add_row(name, f"{count:,}")
        out.result("erasure", {"customer_id": receipt.customer_id, "rows": receipt.rows}, table)
        if not compact:
            out.note("The bytes stay in the file until it is written anew: --compact, or hub.rights.compact().")

    @contextmanager
    def _hub(self) -> Iterator[CustomerHub]:
        check_exists(self.store)
        with CustomerHub(self.store, policy=policy_from(self.policy), actor=Actor(id=self.actor)) as hub:
            yield hub


def _print(out: Output, state: RequestState) -> None:
    table = plain_table("", "")
    for name in SHOWN:
        value = getattr(state, name)
        if value is not None:
            table.add_row(cell(name.replace("_", " "), "dim"), cell(_shown(value)))
    out.result("request", state.model_dump(mode="json"), table)


def _shown(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else value
