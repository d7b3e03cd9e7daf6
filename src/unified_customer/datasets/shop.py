"""An invented shop whose answer is known: five sources in five native formats, and the truth beside them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from unified_customer.core.errors import SourceError, require
from unified_customer.datasets.rates import ShopMess

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from unified_customer.datasets.plan import ShopPlan
    from unified_customer.datasets.written import Written

AS_OF: Final = dt.date(2026, 1, 1)
SOURCES: Final = {
    "crm": "crm.csv",
    "web_events": "web_events.jsonl",
    "pos": "pos.parquet",
    "support": "support.xlsx",
    "email_tool": "email_tool.csv",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """An invented shop on disk.

    The five sources lie in `folder`; what is true lies in `folder / "truth"`, which no loader reads.

    Attributes:
        folder: Where the sources are.
        customers: How many people are known to at least one source by name, card or address.
        seed: The seed it was drawn with.
        as_of: Everything in the files happened, and arrived, before this moment.
        zone: The zone of the times without a zone (CRM and support desk).
        rows: Data rows per source, the broken ones and the second deliveries included.
        broken: Per source and reason, how many rows cannot be accepted:
            `unparseable_date` (a text that is no date), `impossible_date` (a birth date in another century),
            `ragged_line` (too many or too few fields), `nul_character`, `bad_encoding` (a byte that is no UTF-8),
            `conflicting_copies` (one key and one time, different content: both rows count), `missing_key` (no customer
            number, address, ticket or receipt number), `missing_identity` (a message of nobody), `not_json` (a message
            cut off), `wrong_type` (a text for a number, a list for an object), `unknown_value` (no status, no currency
            of that name), `impossible_value` (11 of 5 stars). The lines they are on are in `planted()`.
        repeated: Messages in `web_events` that are second deliveries: same message id, later arrival.
    """

    folder: Path
    customers: int
    seed: int
    as_of: dt.datetime
    zone: str
    rows: Mapping[str, int]
    broken: Mapping[str, Mapping[str, int]]
    repeated: int

    @property
    def crm(self) -> Path:
        """Comma-separated export: one row per customer number, local times as DD/MM/YYYY HH:MM:SS."""
        return self.folder / SOURCES["crm"]

    @property
    def web_events(self) -> Path:
        """Segment-shaped messages, one a line, roughly by arrival (`receivedAt`)."""
        return self.folder / SOURCES["web_events"]

    @property
    def pos(self) -> Path:
        """Receipt lines, typed, in UTC; most without a loyalty card."""
        return self.folder / SOURCES["pos"]

    @property
    def support(self) -> Path:
        """Tickets in an Excel sheet, local times."""
        return self.folder / SOURCES["support"]

    @property
    def email_tool(self) -> Path:
        """Semicolon-separated list: one row per address; `last_open` is epoch milliseconds."""
        return self.folder / SOURCES["email_tool"]

    @property
    def truth(self) -> Path:
        """The folder with the answer."""
        return self.folder / "truth"

    def people(self) -> pl.DataFrame:
        """Return everybody: one row per `person_id` with what is true of them.

        `kind` is `customer` or `visitor`; visitors never say who they are and have no other attribute.
        `left_at` is when they stopped buying for good (null: still a customer); the columns `next_*` are the address
        after `moved_at`.
        """
        return self._read("people")

    def records(self) -> pl.DataFrame:
        """Return whose each record is.

        One row per `source` and `source_id`: customer numbers, anonymous ids and user ids, loyalty cards on receipts,
        tickets, addresses of the e-mail tool (`kind` says which). `person_id` is null where it is nobody (a junk
        mailbox). `linkable` is false where nothing in the sources tells (a device on which nobody ever logged in, a
        card that is not in the CRM, a ticket without an address or number). `shared` marks devices and mailboxes of
        several people; `person_id` is then their main user. `broken` is the reason for which the row cannot be
        accepted, if it cannot.
        """
        return self._read("records")

    def consents(self) -> pl.DataFrame:
        """Return what people said to which purpose, and when: the statements that can be seen in the sources.

        `granted` is what was said at `stated_at`; the statement stands in `source` at `source_id`.
        """
        return self._read("consents")

    def planted(self) -> pl.DataFrame:
        """Return the rows broken on purpose: `source`, `reason`, `row` (data rows from 1), `source_id` if it has one."""
        return self._read("planted")

    def true_pairs(self, *, linkable_only: bool = True) -> pl.DataFrame:
        """Return every pair of sound records of one person, once.

        Args:
            linkable_only: Leave out the records that nobody could link.

        Returns:
            `source_l`, `source_id_l`, `source_r`, `source_id_r`; the left one sorts before the right one.
        """
        from unified_customer.datasets.truth import pairs_of

        return pairs_of(self.records(), linkable_only=linkable_only)

    def _read(self, name: str) -> pl.DataFrame:
        import polars as pl

        return pl.read_parquet(self.truth / f"{name}.parquet")


def make_shop(
    folder: str | Path,
    *,
    customers: int = 1_000,
    seed: int = 0,
    as_of: dt.date | dt.datetime = AS_OF,
    mess: ShopMess | None = None,
) -> Shop:
    """Invent a shop and write its sources and its truth.

    The shop has three years of history. People live in households, move, marry, have twins and namesakes, share
    mailboxes and browsers, buy at rates of their own and stop at some time (Pareto/NBD), prefer a category, return
    things, follow campaigns, change their mind about the newsletter; and what is written of them has slips. The same
    arguments give the same bytes, another seed another shop. Names are common ones, e-mail addresses lie in domains
    reserved for examples, and nobody in it exists.

    Args:
        folder: Where to write; made if needed. Files of an earlier shop are replaced.
        customers: How many; 0 is allowed.
        seed: Any whole number from 0.
        as_of: The end of the shop's history (a date is its midnight in UTC).
        mess: The rates of slips, moves, late messages, broken rows and so on; by default those of `ShopMess()`.

    Returns:
        Where everything is, how many rows there are, and how many of them are broken for which reason.

    Raises:
        ConfigurationError: A negative count or seed, or an `as_of` without a time zone.
        MissingDependencyError: xlsxwriter, which writes the support desk, is not installed.
        SourceError: `folder` is a file.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     shop = make_shop(folder, customers=20, seed=1)
        ...     shop.people()["kind"].value_counts(sort=True).rows()
        [('customer', 20), ('visitor', 6)]
        >>> shop.broken["crm"]["conflicting_copies"]
        2
    """
    require("xlsxwriter", extra="excel", why="write the support desk of an invented shop as .xlsx")
    from unified_customer.datasets.plan import make_plan

    plan = make_plan(customers, seed=seed, as_of=as_of, mess=mess or ShopMess())
    return _described(_made(Path(folder)), plan)


def _made(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; a shop needs a folder to be written to."
        raise SourceError(message)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _described(folder: Path, plan: ShopPlan) -> Shop:
    from unified_customer.datasets.places import ZONE_OF_SHOP

    written = _write(folder, plan)
    return Shop(
        folder=folder,
        customers=plan.customers,
        seed=plan.seed,
        as_of=plan.as_of,
        zone=ZONE_OF_SHOP,
        rows=MappingProxyType({name: each.rows for name, each in written.items()}),
        broken=MappingProxyType({name: _counted(each) for name, each in written.items()}),
        repeated=written["web_events"].repeated,
    )


def _counted(written: Written) -> Mapping[str, int]:
    counts = written.planted["reason"].value_counts().sort("reason")
    return MappingProxyType(dict(counts.iter_rows()))


def _write(folder: Path, plan: ShopPlan) -> Mapping[str, Written]:
    from unified_customer.datasets import (
        behaviour,
        contacts,
        crm,
        email_tool,
        membership,
        people,
        support,
        tills,
        truth,
        web,
    )

    persons, addresses = contacts.add_contacts(people.draw_people(plan), plan)
    bought = behaviour.draw_behaviour(membership.add_memberships(persons, plan), plan)
    orders = membership.only_members_buy_online(bought, bought.people)
    path = {name: folder / file for name, file in SOURCES.items()}
    written = {
        "crm": crm.write_crm(path["crm"], bought.people, addresses, plan),
        "web_events": web.write_web_events(path["web_events"], bought, orders, addresses, plan),
        "pos": tills.write_tills(path["pos"], bought, orders, plan),
        "support": support.write_support(path["support"], bought.people, plan),
        "email_tool": email_tool.write_email_tool(path["email_tool"], bought.people, plan),
    }
    truth.write_truth(folder / truth.FOLDER, bought.people, addresses, written, plan)
    return written
