"""How a person is written down: names, numbers, addresses and birth dates with the slips of real records.

Every function takes columns of equal length and returns such columns; the rates come from `ShopMess`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import numpy as np
import polars as pl

from unified_customer.datasets.names import HONORIFICS, SHORT_FORMS
from unified_customer.datasets.places import COUNTRIES, STREET_ABBREVIATIONS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from unified_customer.datasets.plan import Flags, Ints
    from unified_customer.datasets.rates import ShopMess

Text: TypeAlias = str | None
T = TypeVar("T", str, Text)
JUNK_EMAILS: Final = ("test@test.com", "noreply@example.com", "none@none.com", "a@a.com", "noemail@example.com")
JUNK_PHONES: Final = ("0000000000", "1234567890", "07000000000", "99999999999", "0123456789")
_NEIGHBOURS: Final = "qwertyuiopasdfghjklzxcvbnm"
_LATE: Final = 8


class Scribe:
    """Writes people down, with one generator and one set of rates."""

    def __init__(self, rng: np.random.Generator, mess: ShopMess) -> None:
        """Keep what every slip needs."""
        self.rng = rng
        self.mess = mess

    def chosen(self, rows: int, rate: float) -> Flags:
        """Return a flag per row that is true at `rate`."""
        return self.rng.random(rows) < rate

    def names(self, people: pl.DataFrame, at: Ints) -> tuple[list[str], list[str]]:
        """Return given and family names of `people` as somebody wrote them at `at` (µs)."""
        given = people["given"].to_list()
        family = self._family_at(people, at)
        rows = len(given)
        self._change(given, self.mess.nickname, self._short)
        self._change(given, self.mess.initial, lambda name: name[0])
        self._change(given, self.mess.typo, self.slip)
        self._change(family, self.mess.typo, self.slip)
        gender = people["gender"].to_list()
        for row in np.flatnonzero(self.chosen(rows, self.mess.honorific)):
            given[row] = f"{self._one(HONORIFICS[gender[row]])} {given[row]}"
        for row in np.flatnonzero(self.chosen(rows, self.mess.swapped)):
            given[row], family[row] = family[row], given[row]
        for shape in (str.upper, str.lower):
            for row in np.flatnonzero(self.chosen(rows, self.mess.shouting)):
                given[row], family[row] = shape(given[row]), shape(family[row])
        return given, family

    def full_names(self, people: pl.DataFrame, at: Ints) -> list[str]:
        """Return the names in one piece, a few of them as `FAMILY, Given`."""
        given, family = self.names(people, at)
        backwards = self.chosen(len(given), 4 * self.mess.swapped)
        return [
            f"{f.upper()}, {g}" if back else f"{g} {f}" for g, f, back in zip(given, family, backwards, strict=True)
        ]

    def email(self, address: list[Text]) -> list[Text]:
        """Return addresses as typed by hand: slips, capitals, blanks, mailboxes of nobody."""
        written = list(address)
        self._change(written, self.mess.typo / 2, self._slip_in_mailbox)
        self._change(written, self.mess.shouting, lambda text: f"{text[0].upper()}{text[1:]}")
        self._change(written, self.mess.shouting / 2, lambda text: f" {text} ")
        self._change(written, self.mess.junk_email, lambda _: self._one(JUNK_EMAILS))
        return written

    def phone(self, numbers: list[Text], country: Ints) -> list[Text]:
        """Return telephone numbers in the shapes that people write them in."""
        shapes = pick_shape(self.rng, len(numbers), plain=self.mess.shouting == 0)
        written = [
            None if number is None else _shaped(number, COUNTRIES[where].dial, COUNTRIES[where].trunk, shape)
            for number, where, shape in zip(numbers, country, shapes, strict=True)
        ]
        self._change(written, self.mess.junk_phone, lambda _: self._one(JUNK_PHONES))
        return written

    def street(self, streets: list[Text]) -> list[Text]:
        """Return streets with abbreviations and slips."""
        written = list(streets)
        self._change(written, 6 * self.mess.typo, _abbreviated)
        self._change(written, self.mess.typo, self.slip)
        self._change(written, self.mess.shouting, str.upper)
        return written

    def postcode(self, codes: list[Text]) -> list[Text]:
        """Return postcodes, some without their blank or in small letters."""
        written = list(codes)
        self._change(written, self.mess.shouting, lambda code: code.replace(" ", ""))
        self._change(written, self.mess.shouting, str.lower)
        return written

    def birth(self, born: list[dt.date]) -> list[dt.date | None]:
        """Return birth dates, some missing and some wrong but possible."""
        written: list[dt.date | None] = list(born)
        for row in np.flatnonzero(self.chosen(len(born), self.mess.birth_wrong)):
            written[row] = self._wrong(born[row])
        for row in np.flatnonzero(self.chosen(len(born), self.mess.birth_missing)):
            written[row] = None
        return written

    def drop(self, values: list[Text], rate: float) -> list[Text]:
        """Return the values without those that somebody left out."""
        gone = self.chosen(len(values), rate)
        return [None if lost else value for value, lost in zip(values, gone, strict=True)]

    def slip(self, text: str) -> str:
        """Return `text` with one slip of the finger: a letter lost, doubled, exchanged or hit beside."""
        if len(text) < 3:
            return text
        at, kind = int(self.rng.integers(1, len(text) - 1)), int(self.rng.integers(0, 4))
        head, sign, tail = text[:at], text[at], text[at + 1 :]
        beside = _NEIGHBOURS[(_NEIGHBOURS.find(sign.lower()) + 1) % len(_NEIGHBOURS)]
        return (head + tail, head + sign + sign + tail, head + tail[0] + sign + tail[1:], head + beside + tail)[kind]

    def _family_at(self, people: pl.DataFrame, at: Ints) -> list[str]:
        before = pl.col("birth_family").is_not_null() & (pl.Series("at", at) < pl.col("married"))
        return people.select(pl.when(before).then("birth_family").otherwise("family")).to_series().to_list()

    def _change(self, values: list[T], rate: float, change: Callable[[str], str]) -> None:
        for row in np.flatnonzero(self.chosen(len(values), rate)).tolist():
            value = values[row]
            if value:
                values[row] = change(value)

    def _short(self, name: str) -> str:
        return self._one(SHORT_FORMS.get(name, (name,)))

    def _slip_in_mailbox(self, address: str) -> str:
        local, _, domain = address.partition("@")
        slipped = self.slip(local)
        # Two dots in a row would not be an address any more.
        return address if ".." in slipped or slipped.endswith(".") else f"{slipped}@{domain}"

    def _one(self, choices: Sequence[str]) -> str:
        return choices[int(self.rng.integers(0, len(choices)))]

    def _wrong(self, born: dt.date) -> dt.date:
        if born.day <= 12 and born.day != born.month:
            return born.replace(month=born.day, day=born.month)
        return born.replace(year=born.year - 1 - int(self.rng.integers(0, 9)), day=min(born.day, 28))


def pick_shape(rng: np.random.Generator, rows: int, *, plain: bool) -> Ints:
    """Return a shape of writing per telephone number; `plain` is E.164 throughout."""
    shapes = rng.integers(0, _LATE, rows)
    return np.zeros_like(shapes) if plain else shapes


def _shaped(number: str, dial: str, trunk: str, shape: int) -> str:
    national = number[1 + len(dial) :]
    half = len(national) // 2
    return (
        number, f"+{dial} {national}", f"{trunk}{national}", f"{trunk}{national[:half]} {national[half:]}",
        f"00{dial}{national}", f"+{dial} ({trunk or national[:0]}){national}" if trunk else f"+{dial}-{national}",
        f"{trunk}{national[:3]}-{national[3:]}", number,
    )[shape]  # fmt: skip


def _abbreviated(street: str) -> str:
    for long, short in STREET_ABBREVIATIONS:
        if long in street:
            return street.replace(long, short)
    return street.replace(",", "")
