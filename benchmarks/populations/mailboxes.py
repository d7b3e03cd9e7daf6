"""Customers of firms, schools and shops: exact identifiers that belong to many, or to somebody else by now."""

from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Ints, Rng, changed, draw, emptied, falling, flags, one_of, owners
from benchmarks.populations.countries import GERMAN
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import FIELDS, Mess, written
from benchmarks.populations.organisations import firms
from benchmarks.populations.people import PLACE, people, seen, years_of

JUNK_PHONES: Final = (
    "000000",
    "0000000000",
    "01234567890",
    "123456",
    "0",
    "09999999999",
    "-",
    "unbekannt",
    "0111111111",
)
JUNK_MAILS: Final = (
    "test@test.com", "keine@email.de", "noreply@shop.example", "none@none.com", "a@a.de", "kunde@shop.example", "n/a",
    "unknown@unknown.com", "asdf@asdf.de", "kasse3@shop.example",
)  # fmt: skip
ROLES: Final = ("info", "office", "kontakt", "buchhaltung", "einkauf", "sekretariat", "service")
AT_WORK, CHILDREN, SHARING, REASSIGNED, MISTAKEN = 0.45, 0.12, 0.08, 0.05, 0.03


def shared_mailboxes(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of which mailbox and telephone say little: role mailboxes, offices, parents, junk, new owners."""
    who = owners(rng, rows, again=0.42, most=8)
    persons = people(rng, GERMAN, int(who[-1]) + 1, seed=seed)
    persons = _employed(rng, _mistaken(rng, _reassigned(rng, _related(rng, persons))), seed=seed)
    facts = _at_the_office(rng, seen(rng, persons, who))
    mess = Mess(date_format="%d.%m.%Y").with_gaps(
        birth_date=0.6, email=0.14, phone=0.22, street=0.35, city=0.2, postcode=0.2
    )
    records = _junk(rng, written(rng, facts, GERMAN, mess))
    company = emptied(records["company"], flags(rng, rows, 0.35))
    return finished(rng, records.with_columns(company).select("who", *FIELDS, "company"))


def _related(rng: Rng, persons: pl.DataFrame) -> pl.DataFrame:
    """Return people of whom some are children or partners who use the mailbox and the number of the one before them."""
    size = persons.height
    draws = rng.random(size)
    child, partner = draws < CHILDREN, (draws >= CHILDREN) & (draws < CHILDREN + SHARING)
    child[0] = partner[0] = False
    tied = child | partner
    anchor = np.maximum.accumulate(np.where(~tied, np.arange(size), 0))
    shared = ["family", *PLACE, *(f"later_{name}" for name in PLACE), "email", "email_2", "landline", "mobile"]
    for name in shared:
        where = tied & flags(rng, size, {"mobile": 0.55, "email": 0.85, "family": 0.9}.get(name, 1.0))
        persons = persons.with_columns(changed(persons[name], where, persons[name].gather(anchor[where])))
    birth = persons["birth"].gather(anchor).dt.offset_by("28y")
    young = child & (years_of(birth) < 2016)
    return persons.with_columns(
        birth=changed(persons["birth"], young, birth.filter(pl.Series(young))), tied=pl.Series(tied)
    )


def _reassigned(rng: Rng, persons: pl.DataFrame) -> pl.DataFrame:
    """Return people of whom some have the number that was another's before."""
    new = flags(rng, persons.height, REASSIGNED)
    return persons.with_columns(changed(persons["mobile"], new, persons["mobile"].gather(_others(rng, persons, new))))


def _others(rng: Rng, persons: pl.DataFrame, where: Flags) -> Ints:
    return rng.integers(0, persons.height, int(where.sum()))


def _mistaken(rng: Rng, persons: pl.DataFrame) -> pl.DataFrame:
    """Return people of whom some give the mailbox of a namesake, for a name at a large provider is soon taken."""
    order = persons.with_row_index().sort("family", "given", "index")["index"].to_numpy()
    neighbour = np.empty(persons.height, dtype=np.int64)
    neighbour[order] = np.roll(order, 1)
    same = persons["family"] == persons["family"].gather(neighbour)
    wrong = flags(rng, persons.height, MISTAKEN) & same.to_numpy()
    return persons.with_columns(changed(persons["email_2"], wrong, persons["email"].gather(neighbour[wrong])))


def _employed(rng: Rng, persons: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return people of whom half work in firms, most in small ones, with the firm's mailbox and office number."""
    size = persons.height
    count = max(2, int(size * AT_WORK / 4))
    works = firms(rng, GERMAN, count, seed=seed)
    at = draw(rng, falling(count, exponent=0.75, shift=6), size)
    office = pl.format("{}@{}", one_of(rng, ROLES, count), works["domain"])
    own = pl.format("{}@{}", persons["email"].str.extract("^(.*)@"), works["domain"].gather(at))
    free = persons["tied"].to_numpy() | ~flags(rng, size, AT_WORK)
    told = pl.select(company=works["name"].gather(at), work_phone=works["phone"].gather(at), own_work_mail=own)
    office_mail = works.select(office).to_series().gather(at).alias("work_mail")
    return persons.with_columns(emptied(column, free) for column in [*told.get_columns(), office_mail])


def _at_the_office(rng: Rng, facts: pl.DataFrame) -> pl.DataFrame:
    """Return `facts` with the contacts of the firm in many records of those who have one."""
    mail, phone = (pl.Series(rng.random(facts.height)) for _ in "12")
    extension = pl.Series(rng.integers(10, 99, facts.height)).cast(pl.String)
    direct = pl.col("work_phone") + pl.when(phone < 0.12).then(extension).otherwise(pl.lit(""))
    return facts.with_columns(
        email=pl.coalesce(pl.when(mail < 0.32).then("work_mail").when(mail < 0.55).then("own_work_mail"), "email"),
        phone=pl.coalesce(pl.when(phone < 0.50).then(direct), "phone"),
    )


def _junk(rng: Rng, records: pl.DataFrame) -> pl.DataFrame:
    """Return records with what a hurried clerk types where a field must be filled."""
    size = records.height
    for name, choices, rate in (("phone", JUNK_PHONES, 0.05), ("email", JUNK_MAILS, 0.05)):
        where = flags(rng, size, rate)
        junk = one_of(rng, choices, int(where.sum()), weights=falling(len(choices), shift=1))
        records = records.with_columns(changed(records[name], where, junk))
    return records
