"""`rights`: requests of people, from receipt to answer."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from unified_customer.cli.accessing import PROTECT, write_out
from unified_customer.cli.erasing import print_receipt
from unified_customer.cli.opening import opened
from unified_customer.cli.output import Output
from unified_customer.cli.tables import cell, plain_table
from unified_customer.core.errors import ConfigurationError
from unified_customer.governance.erasure.steps import ErasureReceipt
from unified_customer.governance.requests import RequestState
from unified_customer.governance.requests.state import Status
from unified_customer.hub import CustomerHub

if TYPE_CHECKING:
    from unified_customer.governance.access import PersonalData

SHOWN: Final = (
    "request_id", "right", "status", "verification", "regime", "customer_id", "received_at", "due_at", "reason",
)  # fmt: skip
LISTED: Final = ("request_id", "right", "status", "regime", "due_at")

ANSWERED: Final = ("access", "portability")
NOTHING: Final = "Nothing is held about this person: that is the answer, and no folder was written."


@dataclass(frozen=True)
class Desk:
    """Where requests are handled: a store, under a policy, by somebody."""

    store: str
    policy: Path | None
    actor: str

    def request(self, out: Output, right: str, **asked: Any) -> None:
        """Take in a request, and print it."""
        with self._hub(out) as hub:
            _print(out, hub.rights.requests.receive(right, **asked))  # type: ignore[arg-type]  # the hub checks it

    def change(self, out: Output, change: str, request_id: str, *said: Any, **more: Any) -> None:
        """Enter something about a request by the method of that name, and print how far it is."""
        with self._hub(out) as hub:
            _print(out, getattr(hub.rights.requests, change)(request_id, *said, **more))

    def show(self, out: Output, request_id: str) -> None:
        """Print how far a request is."""
        with self._hub(out) as hub:
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
        with self._hub(out) as hub:
            found = hub.rights.requests.find(state=status, due_before=due_before)
        table = plain_table(*(name.removesuffix("_id").removesuffix("_at") for name in LISTED))
        table.columns[0].no_wrap = True  # an id is there to be copied
        for row in found.iter_rows(named=True):
            out.result("request", row)
            table.add_row(*(cell(_shown(row[name])) for name in LISTED))
        out.show(table)

    def fulfil(self, out: Output, request_id: str, fields: Mapping[str, str], to: Path | None) -> None:
        """Carry out a request, and print it; what answers it is written into a folder before the request is closed.

        Raises:
            ConfigurationError: It asks for data, and no folder is named for them.
        """
        with self._hub(out) as hub:
            right = hub.rights.requests.status(request_id).right
            if right in ANSWERED and to is None:
                message = f"The answer to a request for {right} is a folder. Name a new one: --to FOLDER."
                raise ConfigurationError(message)

            def answer(customer_id: str) -> Path:
                data: PersonalData = getattr(hub.rights, right)(customer_id, request_id=request_id)
                return write_out(hub, right, data, to or Path(customer_id))

            done = hub.rights.requests.fulfil(request_id, fields=fields or None, answer=answer)
            _print(out, done.state)
            if isinstance(done.result, ErasureReceipt):
                print_receipt(out, done.result)
        if right in ANSWERED:
            out.note(NOTHING if done.result is None else PROTECT.format(to=to))

    def rectify(self, out: Output, customer_id: str, fields: Mapping[str, str], request_id: str | None) -> None:
        """Take in what a customer states of themselves, and print which fields were stated; never their values."""
        with self._hub(out) as hub:
            done = hub.rights.rectify(customer_id, fields, request_id=request_id)
        values = {"customer_id": done.customer_id, "record_id": done.record_id, "fields": list(done.fields)}
        out.result("rectification", values, f"{done.customer_id}: {', '.join(done.fields)}")

    def _hub(self, out: Output) -> AbstractContextManager[CustomerHub]:
        return opened(out, self.store, self.policy, actor=self.actor)


def _print(out: Output, state: RequestState) -> None:
    table = plain_table("", "")
    for name in SHOWN:
        value = getattr(state, name)
        if value is not None:
            table.add_row(cell(name.replace("_", " "), "dim"), cell(_shown(value)))
    out.result("request", state.model_dump(mode="json"), table)


def _shown(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else value
