"""The CRM export of the invented shop: comma separated, one row per customer number, local times of London."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from unified_customer.datasets.membership import NEWSLETTER, answer_at, known_to
from unified_customer.datasets.mess import Scribe, Text
from unified_customer.datasets.places import COUNTRIES, ZONE_OF_SHOP
from unified_customer.datasets.plan import DAY, Ints, ShopPlan
from unified_customer.datasets.text_files import write_delimited
from unified_customer.datasets.written import CONSENTS, Bad, Written, broken_records, interleave, records

if TYPE_CHECKING:
    from pathlib import Path

HEADER: Final = (
    "Customer No", "First Name", "Last Name", "E-Mail", "Phone", "Date of Birth", "Street", "City", "Post Code",
    "Country", "Newsletter", "Created", "Last Modified", "Loyalty Card",
)  # fmt: skip
_NUMBER, _LAST_NAME, _EMAIL, _BIRTH, _CITY, _CARD = (
    HEADER.index(name) for name in ("Customer No", "Last Name", "E-Mail", "Date of Birth", "City", "Loyalty Card")
)
_REASONS: Final = (
    "unparseable_date", "impossible_date", "ragged_line", "nul_character", "missing_key", "conflicting_copies",
)  # fmt: skip
_UNPARSEABLE: Final = ("31/02/1979", "not known", "1979-13-45")
_IMPOSSIBLE: Final = ("01/01/1834", "12/05/2187", "25/12/0085")


def write_crm(path: Path, people: pl.DataFrame, addresses: pl.DataFrame, plan: ShopPlan) -> Written:
    """Write the rows of everybody in the CRM, some of them twice, and a few broken ones."""
    rng = plan.rng("crm")
    entries = _entries(rng, people, plan)
    rows = _rows(Scribe(rng, plan.mess), entries, addresses)
    bad = _broken(rng, rows, entries["person"].to_list(), plan)
    written, planted = interleave(rng, rows, bad)
    write_delimited(path, HEADER, written, separator=",")
    truth = records([row[_NUMBER] for row in rows], entries["person"], kind="customer_no")
    truth = pl.concat([truth, broken_records(bad, kind="customer_no")])
    return Written(len(written), truth, planted, _consents(rows, entries))


def _entries(rng: np.random.Generator, people: pl.DataFrame, plan: ShopPlan) -> pl.DataFrame:
    """Return a row per account: the people, when it was made, when it was last touched."""
    person = np.flatnonzero(known_to(people, "crm"))
    twice = person[rng.random(len(person)) < plan.mess.duplicate_account]
    thrice = twice[rng.random(len(twice)) < 0.1]
    accounts = np.concatenate([person, twice, thrice])
    first = np.arange(len(accounts)) < len(person)
    joined = people["joined"].to_numpy()[accounts]
    left = plan.end - joined - DAY
    created = joined + np.where(first, rng.random(len(accounts)) * DAY, rng.random(len(accounts)) * left)
    modified = created + rng.random(len(accounts)) ** 0.7 * (plan.end - created - DAY / 8)
    times = {"created": created.astype(np.int64), "modified": modified.astype(np.int64), "first": first}
    return people[accounts].with_columns(**{name: pl.Series(values) for name, values in times.items()}).sort("created")


def _rows(scribe: Scribe, entries: pl.DataFrame, addresses: pl.DataFrame) -> list[list[str]]:
    modified = entries["modified"].to_numpy()
    country = entries["country"].to_numpy()
    given, family = scribe.names(entries, modified)
    street, city, postcode = _address(scribe, entries, addresses, modified)
    born = scribe.birth(entries["born"].to_list())
    answers, _ = answer_at(entries, modified)
    columns: list[list[Text]] = [
        [f"C-{number}" for number in range(100_001, 100_001 + entries.height)],
        list(given),
        list(family),
        scribe.drop(scribe.email(_email(scribe, entries)), scribe.mess.email_missing),
        scribe.drop(scribe.phone(_phone(scribe, entries), country), scribe.mess.phone_missing),
        [None if day is None else f"{day:%d/%m/%Y}" for day in born],
        street,
        city,
        postcode,
        _countries(scribe, country),
        [{True: "yes", False: "no", None: None}[answer] for answer in answers.to_list()],
        london(entries["created"]),
        london(entries["modified"]),
        entries.select(pl.when("card_registered", "first").then("card")).to_series().to_list(),
    ]
    return [[value or "" for value in row] for row in zip(*columns, strict=True)]


def _email(scribe: Scribe, entries: pl.DataFrame) -> list[Text]:
    draw = pl.Series(scribe.rng.random(entries.height))
    main = pl.when(draw < 0.78).then("email").otherwise(pl.coalesce("email_2", "email"))
    return entries.select(pl.when(draw > 0.55).then(pl.coalesce("mailbox", main)).otherwise(main)).to_series().to_list()


def _phone(scribe: Scribe, entries: pl.DataFrame) -> list[Text]:
    draw = pl.Series(scribe.rng.random(entries.height))
    number = pl.when(draw < 0.7).then(pl.coalesce("mobile", "landline")).otherwise(pl.coalesce("landline", "mobile"))
    return entries.select(number).to_series().to_list()


def _address(
    scribe: Scribe, entries: pl.DataFrame, addresses: pl.DataFrame, at: Ints
) -> tuple[list[Text], list[Text], list[Text]]:
    lived = address_at(entries, addresses, at)
    kept = pl.Series(~scribe.chosen(entries.height, scribe.mess.address_missing))
    columns = lived.select(pl.when(kept).then(pl.col("street", "city", "postcode")))
    street, city, postcode = (columns[name].to_list() for name in ("street", "city", "postcode"))
    return scribe.street(street), city, scribe.postcode(postcode)


def address_at(people: pl.DataFrame, addresses: pl.DataFrame, at: Ints) -> pl.DataFrame:
    """Return where each of `people` lived at `at` (µs)."""
    moved = (pl.col("moved") <= pl.Series("at", at)).fill_null(value=False)
    which = people.select(pl.when(moved).then("next_address").otherwise("address")).to_series()
    return addresses[which]


def _countries(scribe: Scribe, country: Ints) -> list[Text]:
    other = scribe.chosen(len(country), 3 * scribe.mess.typo)
    return [
        COUNTRIES[where].aliases[int(scribe.rng.integers(0, len(COUNTRIES[where].aliases)))] if odd
        else COUNTRIES[where].name
        for where, odd in zip(country, other, strict=True)
    ]  # fmt: skip


def london(moments: pl.Series) -> list[Text]:
    """Return times as the clocks of the shop showed them, without a zone."""
    local = moments.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(ZONE_OF_SHOP)
    return local.dt.strftime("%d/%m/%Y %H:%M:%S").to_list()


def _broken(rng: np.random.Generator, rows: list[list[str]], person: list[int], plan: ShopPlan) -> list[Bad[list[str]]]:
    count = plan.broken(len(rows))
    turns = [(reason, turn) for reason in _REASONS for turn in range(count)]
    bad = [_break(rng, why, turn, rows, person, number=len(rows) + n) for n, (why, turn) in enumerate(turns)]
    return bad + [_elsewhere(each) for each in bad if each.reason == "conflicting_copies"]


def _elsewhere(bad: Bad[list[str]]) -> Bad[list[str]]:
    """Return the same row with another city."""
    return Bad(bad.reason, [*bad.row[:_CITY], "Elsewhere", *bad.row[_CITY + 1 :]], bad.source_id, bad.person)


def _break(
    rng: np.random.Generator, reason: str, turn: int, rows: list[list[str]], person: list[int], *, number: int
) -> Bad[list[str]]:
    """Copy a row under a number of its own and break the copy."""
    chosen = int(rng.integers(0, len(rows)))
    row = [f"C-{100_001 + number}", *rows[chosen][1:]]
    row[_CARD] = ""
    if reason == "missing_key":
        row[_NUMBER] = ""
        return Bad(reason, row)
    if reason == "ragged_line":
        row = row[: _EMAIL + 3] if turn % 2 else [*row, "", "x"]
    elif reason == "nul_character":
        row[_LAST_NAME] += "\0"
    elif reason != "conflicting_copies":
        row[_BIRTH] = (_UNPARSEABLE if reason == "unparseable_date" else _IMPOSSIBLE)[turn % 3]
    return Bad(reason, row, row[_NUMBER], person[chosen])


def _consents(rows: list[list[str]], entries: pl.DataFrame) -> pl.DataFrame:
    answer, since = answer_at(entries, entries["modified"].to_numpy())
    frame = pl.DataFrame(
        {"person": entries["person"], "source_id": [row[_NUMBER] for row in rows], "granted": answer, "stated": since},
        schema_overrides={"granted": pl.Boolean, "source_id": pl.String},
    )
    return frame.filter(pl.col("granted").is_not_null()).select(
        "person", "source_id", pl.lit(NEWSLETTER).alias("purpose"), "granted", "stated"
    ).cast(CONSENTS)  # fmt: skip
