"""Contacts of a vCard file (RFC 6350): a row for each card."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, SecretStr

from unified_customer.connectors import BATCH_ROWS, Batch, Capabilities, Column, SourceSpec, State
from unified_customer.connectors.protocol import REJECT_COLUMNS
from unified_customer.core.errors import SourceError

COLUMNS = {"UID": "id", "FN": "name", "EMAIL": "email", "TEL": "phone", "REV": "changed", "NOTE": "note"}
ESCAPES = {"\\n": "\n", "\\N": "\n", "\\,": ",", "\\;": ";", "\\\\": "\\"}
Card = dict[str, str]


class VcardConfig(BaseModel):
    """Options of `vcard`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: Path
    passphrase: SecretStr | None = None


class VcardSource:
    """Cards of one file; a card without an end, or with a line that is none, is rejected."""

    def __init__(self, config: VcardConfig) -> None:
        self._path = config.location

    def __repr__(self) -> str:
        return f"VcardSource({self._path.name!r})"

    @classmethod
    def spec(cls) -> SourceSpec:
        return SourceSpec(VcardConfig, Capabilities(incremental=True), doc="Contacts in vCard files.")

    def check(self) -> None:
        if not self._path.is_file():
            raise SourceError(f"There is no file {self._path.name} in {self._path.parent}.")

    def discover(self) -> tuple[Column, ...]:
        cards = [card for card in map(_parsed, self._cards()) if isinstance(card, dict)]
        filled = {name: [card[name] for card in cards if name in card] for name in COLUMNS.values()}
        return tuple(
            Column(
                name, "String", len(cards), len(cards) - len(values), len(set(values)), max(map(len, values), default=0)
            )
            for name, values in filled.items()
        )

    def read(self, state: State | None, *, batch_rows: int = BATCH_ROWS) -> Iterator[Batch | State]:
        cards = self._cards()
        done = _unchanged(cards, state)
        for start in range(done, len(cards), batch_rows):
            end = min(start + batch_rows, len(cards))
            yield _batch(cards[start:end], start + 1)
            yield State("cards", {"cards": end, "digest": _digest(cards[:end])})

    def _cards(self) -> list[str]:
        self.check()
        text = self._path.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        return [card for card in text.split("BEGIN:VCARD\n")[1:] if card.strip()]


def _digest(cards: list[str]) -> str:
    return hashlib.blake2b("".join(cards).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _unchanged(cards: list[str], state: State | None) -> int:
    if state is None or _digest(cards[: state.data["cards"]]) != state.data["digest"]:
        return 0
    return int(state.data["cards"])


def _batch(cards: list[str], first: int) -> Batch:
    parsed = list(enumerate(map(_parsed, cards), start=first))
    good = [(row, card) for row, card in parsed if isinstance(card, dict)]
    frame = pl.DataFrame(
        {name: [card.get(name) for _, card in good] for name in COLUMNS.values()},
        schema=dict.fromkeys(COLUMNS.values(), pl.String),
    )
    bad = [
        (row, f"row {row}", reason, _payload(cards[row - first])) for row, reason in parsed if isinstance(reason, str)
    ]
    rejects = pl.DataFrame(bad, schema=REJECT_COLUMNS, orient="row")
    return Batch(frame, pl.Series([row for row, _ in good], dtype=pl.Int64), rejects)


def _payload(card: str) -> str:
    return json.dumps({"_unread": card.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")})


def _parsed(text: str) -> Card | str:
    """Return a card by column, or the reason why it is none."""
    if _has_undecoded(text):
        return "encoding"
    lines = text.replace("\n ", "").rstrip("\n").split("\n")
    if lines[-1] != "END:VCARD":
        return "no_end"
    card: Card = {}
    for line in lines[:-1]:
        name, colon, value = line.partition(":")
        if not colon:
            return "no_property"
        column = COLUMNS.get(name.split(";")[0].upper())
        if column is not None and value:
            card.setdefault(column, _unescaped(value))
    return card


def _has_undecoded(text: str) -> bool:
    return any("\udc80" <= each <= "\udcff" for each in text)


def _unescaped(value: str) -> str:
    parts, at = [], 0
    while at < len(value):
        pair = value[at : at + 2]
        parts.append(ESCAPES.get(pair, value[at]))
        at += 2 if pair in ESCAPES else 1
    return "".join(parts)
