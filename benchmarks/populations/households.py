"""Families and flat shares: people of one address, surname, landline and mailbox who are not one person."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from benchmarks.populations.chance import Flags, Ints, Rng, by_number, changed, draw, emptied, flags, one_of, owners
from benchmarks.populations.contacts import FREE_DOMAINS, landlines, mailboxes, unlike
from benchmarks.populations.countries import BRITISH, flat_line, homes
from benchmarks.populations.folder import finished
from benchmarks.populations.mess import FIELDS, Mess, written
from benchmarks.populations.names import family_names
from benchmarks.populations.people import births, named, reachable, seen, years_of
from benchmarks.populations.slips import folded

HEAD, PARTNER, CHILD, FLATMATE = range(4)
# Partners, children and flatmates of: a couple with children, a couple, one person, a parent alone, a flat share.
_FORMS: Final = ((1, 1, 0), (1, 0, 0), (0, 0, 0), (0, 1, 0), (0, 0, 1))
_SHARES: Final = (0.40, 0.22, 0.18, 0.11, 0.09)
_LAST_BIRTH: Final = np.datetime64("2014-01-01")
TWINS, JUNIOR, BLOCK, FAMILY_MAILBOX, MOVED_OUT, MOVED_ALL, OWN_NAME = 0.08, 0.10, 0.30, 0.30, 0.40, 0.10, 0.18
SUFFIXES: Final = {"junior": ("Jr.", "Jr", "jun.", "II"), "senior": ("Sr.", "Sr", "sen.", "I")}


_FIRST_RECORD: Final = datetime(2019, 1, 1, tzinfo=UTC)
_YEARS_OF_RECORDS: Final = 5


def households(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    """Return records of people who live with others: couples, children, twins, namesakes, flatmates, neighbours."""
    return households_and_homes(rng, rows, seed)[0]


def households_and_homes(rng: Rng, rows: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records of `households`, and beside them the homes, which no matcher sees.

    Returns:
        The records, and of each record `record_id`, `observed_at` (when it was written) and `household_id`: where the
        person lived then. Who moves out alone lives alone from then on; a household that moves is the same one.
    """
    records = _records(rng, rows, seed)
    truth = ["household_id", "observed_at"]
    return records.drop(truth), records.select("record_id", *truth)


def _records(rng: Rng, rows: int, seed: int) -> pl.DataFrame:
    who = owners(rng, rows, again=0.40, most=7)
    persons = residents(rng, int(who[-1]) + 1, seed=seed)
    facts = _through_the_house(rng, seen(rng, persons, who))
    facts = facts.with_columns(street=_with_flat(rng, facts)).drop("unit")
    mess = Mess().with_gaps(birth_date=0.42, email=0.30, phone=0.30, street=0.08, postcode=0.08, city=0.08)
    records = written(rng, facts, BRITISH, mess)
    named_so = records.with_columns(_household(), _written_at(), family_name=_with_suffix(rng, records))
    return finished(rng, named_so.select("who", *FIELDS, "household_id", "observed_at"))


def _household() -> pl.Expr:
    alone = pl.when(pl.col("moved") & pl.col("alone")).then(pl.format("h{}-{}", "house", "who"))
    return pl.coalesce(alone, pl.format("h{}", "house")).alias("household_id")


def _written_at() -> pl.Expr:
    seconds = (pl.col("at") * _YEARS_OF_RECORDS * 365 * 86_400).round()
    return (
        (pl.lit(_FIRST_RECORD) + pl.duration(seconds=seconds.cast(pl.Int64)))
        .dt.cast_time_unit("us")
        .alias("observed_at")
    )


def residents(rng: Rng, size: int, *, seed: int) -> pl.DataFrame:
    """Return `size` people of about 2.5 to a household, as `people.people` does, with what belongs to the household.

    Returns:
        Beside the columns of `people.people`: `house`, `role`, `unit` (flat in a block, or null), `house_mail` (a
        mailbox that some use, or null), `suffix` (`junior`, `senior` or null) and `alone` (whether who moves does so
        without the others).
    """
    house, role = _members(rng, size)
    culture = draw(rng, BRITISH.cultures, int(house[-1]) + 1)
    mixed = np.where(flags(rng, size, 0.12) | (role == FLATMATE), draw(rng, BRITISH.cultures, size), culture[house])
    male = np.where(role == HEAD, flags(rng, size, 0.6), flags(rng, size, np.where(role == PARTNER, 0.25, 0.5)))
    frame = pl.DataFrame({"house": house, "role": role, "culture": mixed, "male": male})
    frame = _twins(rng, frame.with_columns(birth=_births(rng, house, role)))
    frame = frame.with_columns(family=_surnames(rng, frame, culture))
    frame = _juniors(rng, named(rng, BRITISH, frame))
    frame = _leaving(rng, _housed(rng, frame, seed=seed), seed=seed)
    return reachable(rng, frame, BRITISH).with_columns(_house_mail(rng, frame).alias("house_mail"))


def _members(rng: Rng, size: int) -> tuple[Ints, Ints]:
    """Return household and role of `size` people, household by household, the head first."""
    form = np.array(_FORMS)[draw(rng, _SHARES, size)]
    children = form[:, 1] * np.minimum(rng.geometric(0.52, size), 5)
    mates = form[:, 2] * rng.integers(1, 4, size)
    counts = np.column_stack([np.ones(size, dtype=np.int64), form[:, 0], children, mates])
    house = np.repeat(np.arange(size), counts.sum(axis=1))
    role = np.repeat(np.tile(np.arange(4), size), counts.ravel())
    return house[:size], role[:size]


def _heads(house: Ints) -> Ints:
    """Return for each member the row of the head of the household."""
    return np.searchsorted(house, house, side="left").astype(np.int64)


def _births(rng: Rng, house: Ints, role: Ints) -> pl.Series:
    own = births(rng, len(house)).to_numpy().astype("datetime64[D]")
    head = own[_heads(house)]
    partner = head + (rng.normal(200, 1300, len(house))).astype("timedelta64[D]")
    child = head + (rng.normal(30.5, 4.5, len(house)).clip(18, 44) * 365.25).astype("timedelta64[D]")
    young = _LAST_BIRTH - rng.integers(0, 6000, len(house)).astype("timedelta64[D]")
    child = np.where(child > _LAST_BIRTH, np.maximum(young, head + np.timedelta64(18 * 365, "D")), child)
    return pl.Series(np.select([role == PARTNER, role == CHILD], [partner, child], own)).cast(pl.Date)


def _twins(rng: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with some children born on the day of the child before them."""
    before = pl.col("role").shift(1) == CHILD
    twin = (pl.col("role") == CHILD) & before & pl.Series(flags(rng, frame.height, TWINS))
    twin = twin & (pl.col("house").shift(1) == pl.col("house"))
    return frame.with_columns(birth=pl.when(twin).then(pl.col("birth").shift(1)).otherwise("birth"))


def _surnames(rng: Rng, frame: pl.DataFrame, culture: Ints) -> pl.Series:
    shared = family_names(rng, culture).gather(frame["house"])
    own = family_names(rng, frame["culture"].to_numpy().astype(np.int64))
    role = frame["role"].to_numpy()
    apart = (role == FLATMATE) | flags(
        rng, frame.height, np.select([role == PARTNER, role == CHILD], [OWN_NAME, 0.05], 0.0)
    )
    return changed(shared, apart, own.filter(pl.Series(apart)))


def _juniors(rng: Rng, frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with some first sons named after their father, and a `suffix` for both."""
    head = frame[_heads(frame["house"].to_numpy())]
    first = frame.select((pl.col("role") == CHILD) & (pl.col("role").shift(1, fill_value=HEAD) != CHILD)).to_series()
    named_so = first & frame["male"] & head["male"] & (frame["family"] == head["family"])
    named_so = named_so & pl.Series(flags(rng, frame.height, JUNIOR * 2))
    given = pl.select(pl.when(named_so).then(head["given"]).otherwise(frame["given"])).to_series()
    fathers = np.zeros(frame.height, dtype=bool)
    fathers[_heads(frame["house"].to_numpy())[named_so.to_numpy()]] = True
    suffix = pl.when(named_so).then(pl.lit("junior")).when(pl.Series(fathers)).then(pl.lit("senior"))
    return frame.with_columns(given=given, suffix=suffix)


def _housed(rng: Rng, frame: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return `frame` with address and landline; a third of the households live in blocks of about a dozen flats."""
    count = int(frame["house"].to_numpy().max()) + 1
    places = homes(rng, BRITISH, count, seed=seed, flats=0.0)
    block = flags(rng, count, BLOCK)
    building = np.where(block, rng.integers(0, max(1, int(count * BLOCK / 12)), count), np.arange(count))
    unit = emptied(pl.Series(rng.integers(1, 30, count)).cast(pl.String), ~block)
    line = emptied(landlines(rng, places["area"]), ~flags(rng, count, 0.6)).alias("landline")
    homes_of = places[building].drop("area").with_columns(line, unit=unit)
    return pl.concat([frame, homes_of[frame["house"].to_numpy()]], how="horizontal")


def _leaving(rng: Rng, frame: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return `frame` with later addresses: households that move, grown children and some partners who leave."""
    house, role, size = frame["house"].to_numpy(), frame["role"].to_numpy(), frame.height
    together = flags(rng, int(house[-1]) + 1, MOVED_ALL)[house]
    grown = (years_of(frame["birth"]) < 2006) & (role == CHILD)
    alone = flags(rng, size, np.select([grown, role == FLATMATE, role == PARTNER], [MOVED_OUT, 0.4, 0.08], 0.02))
    places = homes(rng, BRITISH, size * 2, seed=seed).drop("area")
    later = places[np.where(alone, np.arange(size), size + house)]
    columns = [emptied(later[name], ~(alone | together)).alias(f"later_{name}") for name in later.columns]
    renamed = alone & flags(rng, size, np.where(role == PARTNER, 0.6, np.where(frame["male"].to_numpy(), 0.02, 0.2)))
    family = emptied(family_names(rng, frame["culture"].to_numpy().astype(np.int64)), ~renamed)
    return frame.with_columns(*columns, later_family=family, later_unit=pl.lit(None, pl.String), alone=pl.Series(alone))


def _house_mail(rng: Rng, frame: pl.DataFrame) -> pl.Series:
    """Return a mailbox of the family for those households that have one."""
    heads = frame.unique("house", keep="first", maintain_order=True)
    name = folded(heads["family"]).str.to_lowercase().str.replace_all("[^a-z]", "")
    local = (
        one_of(rng, ("the", "family", "team", "home.", ""), len(name))
        + name
        + one_of(rng, ("s", "", "5", ".family"), len(name))
    )
    named_so = unlike(local, pl.Series(FREE_DOMAINS).gather(rng.integers(0, 8, len(name))))
    of_head = mailboxes(rng, heads["given"], heads["family"], years_of(heads["birth"]))
    mails = changed(named_so, parents := flags(rng, len(name), 0.5), of_head.filter(pl.Series(parents)))
    return emptied(mails, ~flags(rng, len(name), FAMILY_MAILBOX)).gather(frame["house"])


def _through_the_house(rng: Rng, facts: pl.DataFrame) -> pl.DataFrame:
    """Return `facts` with the mailbox of the family in half of the records of those who have one."""
    young = years_of(facts["birth"]) > 2008
    shared = flags(rng, facts.height, np.where(young, 0.9, 0.45)) & facts["house_mail"].is_not_null().to_numpy()
    return facts.with_columns(email=changed(facts["email"], shared, facts["house_mail"].filter(pl.Series(shared))))


def _with_flat(rng: Rng, facts: pl.DataFrame) -> pl.Series:
    """Return the street of each record; who lives in a block says the flat in two records of three."""
    manner = draw(rng, (0.45, 0.15, 0.10, 0.15, 0.15), facts.height)
    told = pl.Series(flags(rng, facts.height, 0.68))
    lines = [flat_line(BRITISH, "unit", "street", manner=number) for number in range(len(BRITISH.flat))]
    said = pl.when(told & pl.col("unit").is_not_null()).then(by_number(pl.Series(manner), lines)).otherwise("street")
    return facts.select(said.alias("street")).to_series()


def _with_suffix(rng: Rng, records: pl.DataFrame) -> pl.Series:
    names = records["family_name"]
    for kind, forms in SUFFIXES.items():
        where: Flags = (records["suffix"] == kind).fill_null(value=False).to_numpy() & flags(rng, len(names), 0.25)
        names = changed(names, where, names.filter(pl.Series(where)) + " " + one_of(rng, forms, int(where.sum())))
    return names
