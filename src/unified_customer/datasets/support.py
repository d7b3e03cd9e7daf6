"""The support desk of the invented shop: an Excel sheet of tickets, local times of London."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from unified_customer.core.errors import require
from unified_customer.datasets.mess import Scribe, Text
from unified_customer.datasets.places import ZONE_OF_SHOP
from unified_customer.datasets.plan import DAY, ShopPlan
from unified_customer.datasets.written import Bad, Written, broken_records, interleave, no_consents, records

if TYPE_CHECKING:
    from pathlib import Path

HEADER: Final = (
    "Ticket ID", "Opened", "Closed", "Status", "Channel", "Requester", "Requester E-mail", "Phone", "Subject", "Body",
    "Satisfaction",
)  # fmt: skip
_TICKET, _OPENED, _STARS = 0, 1, 10
_REASONS: Final = ("unparseable_date", "wrong_type", "impossible_value", "missing_key")
_CHANNELS: Final = (("email", 0.5), ("phone", 0.2), ("chat", 0.2), ("web form", 0.1))
_TOPICS: Final = (
    ("Where is my order?", "I ordered {days} days ago and have not heard anything since. Can you tell me where it is?"),
    ("Damaged on arrival", "One of the items arrived broken. I would like a replacement, please."),
    ("Return", "I would like to send something back. How do I do that, and who pays for it?"),
    ("Change of address", "We have moved. Could you please change the address on my account?"),
    ("Invoice needed", "Could you send me an invoice with VAT for my last order?"),
    ("Newsletter", "You still send me mails although I said no {days} days ago. Please stop."),
    ("Loyalty card lost", "I have lost my card. Are my points gone now?"),
    ("Wonderful service", "Just to say thank you: it came after {days} days and was beautifully packed!"),
)
_TOPIC_SHARES: Final = (0.3, 0.15, 0.18, 0.07, 0.08, 0.07, 0.05, 0.1)


def write_support(path: Path, people: pl.DataFrame, plan: ShopPlan) -> Written:
    """Write the tickets.

    Raises:
        MissingDependencyError: xlsxwriter is not installed.
    """
    rng = plan.rng("support")
    tickets = _tickets(rng, people, plan)
    rows = _rows(Scribe(rng, plan.mess), tickets)
    bad = _broken(rng, rows, tickets["person"].to_list(), plan)
    written, planted = interleave(rng, rows, bad)
    _write_sheet(path, written, plan)
    truth = records([row[_TICKET] for row in rows], tickets["person"], kind="ticket_id", linkable=_linkable(rows))
    return Written(len(written), pl.concat([truth, broken_records(bad, kind="ticket_id")]), planted, no_consents())


def _tickets(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    joined = people["joined"].to_numpy()
    years = (plan.end - joined) / (365 * DAY)
    counts = rng.poisson(years * rng.gamma(0.5, 0.45, people.height))
    person = np.repeat(np.arange(people.height), counts)
    opened = joined[person] + (rng.random(len(person)) * (plan.end - joined[person] - DAY)).astype(np.int64)
    closed = opened + (rng.gamma(0.8, 2.5, len(person)) * DAY).astype(np.int64)
    known = pl.when(pl.Series(closed) < plan.end - DAY).then(pl.Series(closed))
    return people[person].with_columns(opened=pl.Series(opened), closed=known).sort("opened", "person")


def _rows(scribe: Scribe, tickets: pl.DataFrame) -> list[list[Any]]:
    rng, rows = scribe.rng, tickets.height
    opened, closed = (_london(tickets[name]) for name in ("opened", "closed"))
    channel = rng.choice(len(_CHANNELS), size=rows, p=[share for _, share in _CHANNELS])
    topic = rng.choice(len(_TOPICS), size=rows, p=_TOPIC_SHARES)
    names: list[Text] = list(scribe.full_names(tickets, tickets["opened"].to_numpy()))
    mails = scribe.email(_mailbox(rng, tickets))
    phones = scribe.phone(
        tickets.select(pl.coalesce("mobile", "landline")).to_series().to_list(), tickets["country"].to_numpy()
    )
    days, signed = rng.integers(2, 30, rows), rng.random(rows) < 0.3
    unhappy = np.array([True, True, True, False, False, True, True, False])[topic]
    stars = np.clip(np.rint(np.where(unhappy, 3.2, 4.3) + rng.normal(0, 1.1, rows)), 1, 5).astype(int)
    rated = rng.random(rows) < 0.45
    return [
        [f"T-{20_001 + n}", opened[n], closed[n], "open" if closed[n] is None else "closed", _CHANNELS[channel[n]][0],
         names[n], *_reached(scribe, _CHANNELS[channel[n]][0], mails[n], phones[n]), _TOPICS[topic[n]][0],
         _TOPICS[topic[n]][1].format(days=days[n]) + (f" Regards, {names[n]}" if signed[n] else ""),
         int(stars[n]) if rated[n] and closed[n] is not None else None]
        for n in range(rows)
    ]  # fmt: skip


def _mailbox(rng: np.random.Generator, tickets: pl.DataFrame) -> list[Text]:
    draw = pl.Series(rng.random(tickets.height))
    main = pl.when(draw < 0.75).then("email").otherwise(pl.coalesce("email_2", "email"))
    return tickets.select(pl.when(draw > 0.6).then(pl.coalesce("mailbox", main)).otherwise(main)).to_series().to_list()


def _reached(scribe: Scribe, channel: str, mail: Text, phone: Text) -> tuple[Text, Text | int]:
    """Return what the desk noted: callers leave a number, the others an address and seldom a number."""
    number: Text | int = phone
    draw, spoiled = scribe.rng.random(), scribe.rng.random()
    if phone is not None and phone.isdigit() and spoiled < 8 * scribe.mess.excel_number:
        number = int(phone)
    if channel == "phone":
        return mail if draw < 0.2 else None, number
    return mail, number if draw < 0.25 else None


def _linkable(rows: list[list[Any]]) -> list[bool]:
    return [row[6] is not None or row[7] is not None for row in rows]


def _london(moments: pl.Series) -> list[dt.datetime | None]:
    local = moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(ZONE_OF_SHOP).dt.replace_time_zone(None)
    return local.dt.truncate("1s").to_list()


def _broken(rng: np.random.Generator, rows: list[list[Any]], person: list[int], plan: ShopPlan) -> list[Bad[list[Any]]]:
    turns = [(reason, turn) for reason in _REASONS for turn in range(plan.broken(len(rows)))]
    return [_break(rng, reason, turn, rows, person, number=number) for number, (reason, turn) in enumerate(turns)]


def _break(
    rng: np.random.Generator, reason: str, turn: int, rows: list[list[Any]], person: list[int], *, number: int
) -> Bad[list[Any]]:
    """Copy a ticket under an id of its own and break the copy."""
    chosen = int(rng.integers(0, len(rows)))
    row = [f"T-{20_001 + len(rows) + number}", *rows[chosen][1:]]
    if reason == "missing_key":
        row[_TICKET] = None
        return Bad(reason, row)
    if reason == "unparseable_date":
        row[_OPENED] = ("last Tuesday", "00/00/0000")[turn % 2]
    elif reason == "wrong_type":
        row[_STARS] = "very good"
    else:
        row[_STARS] = 11
    return Bad(reason, row, row[_TICKET], person[chosen])


def _write_sheet(path: Path, rows: list[list[Any]], plan: ShopPlan) -> None:
    xlsxwriter = require("xlsxwriter", extra="excel", why="write the support desk of an invented shop as .xlsx")
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        # The time of writing would make every run differ.
        book.set_properties({"created": plan.as_of.replace(tzinfo=None, microsecond=0), "title": "Support tickets"})
        formats = {
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "head": book.add_format({"bold": True}),
        }
        sheet = book.add_worksheet("Tickets")
        sheet.write_row(0, 0, HEADER, formats["head"])
        for number, row in enumerate(rows, start=1):
            _write_row(sheet, number, row, formats["time"])


def _write_row(sheet: Any, number: int, row: list[Any], time: Any) -> None:
    for column, value in enumerate(row):
        if isinstance(value, dt.datetime):
            sheet.write_datetime(number, column, value, time)
        elif isinstance(value, int):
            sheet.write_number(number, column, value)
        elif value is not None:
            sheet.write_string(number, column, value)
