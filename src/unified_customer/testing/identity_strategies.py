"""Small, nasty worlds for the laws of identity: few names, few values, many collisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import polars as pl
from hypothesis import strategies as st

from unified_customer.core.errors import IdentityConflictError
from unified_customer.core.tables import LINK_DECISIONS, RECORDS
from unified_customer.identity.decisions import check_decisions, decide, retract
from unified_customer.identity.exact import ExactIdentity, Resolution

BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)

GIVEN = ("Ann", "Annie", "Bob", "Robert", "A.", "Zoe", "Zoë", None)
FAMILY = ("Lee", "Kim", "Lee-Kim", None)
BIRTH = (date(1980, 1, 2), date(1980, 2, 1), date(1955, 7, 9), None)
FULL = (("Ann", "Lee", None), ("Annie", "Lee", BIRTH[0]), ("Bob", "Lee", None), ("Ann", "Lee", BIRTH[2]))
VALUES: Mapping[str, tuple[str, ...]] = {
    "user_id": ("u1", "u2"),
    "loyalty_id": ("l1",),
    "email": ("ann@lee.org", "lee@lee.org"),
    "phone": ("+4930123456",),
    "anonymous_id": ("d1", "d2"),
}
JUNK: Mapping[str, str] = {"email": "noreply@shop.org", "phone": "+490000000000", "user_id": "null"}
_PEOPLE_SCHEMA = {
    "record_id": pl.String,
    "given_name": pl.String,
    "family_name": pl.String,
    "full_name": pl.String,
    "birth_date": pl.Date,
}


@dataclass(frozen=True)
class World:
    """All that resolution reads: `identities`, `identifiers`, `people` and `decisions`."""

    identities: pl.DataFrame
    identifiers: pl.DataFrame
    people: pl.DataFrame
    decisions: pl.DataFrame

    @property
    def records(self) -> list[str]:
        """The record ids in the order of first sight."""
        return self.identities.sort("seq")["record_id"].to_list()

    def resolve(self, spec: ExactIdentity | None = None) -> Resolution:
        """Resolve the whole world."""
        return (spec or ExactIdentity()).resolve(
            self.identities, self.identifiers, people=self.people, decisions=self.decisions
        )

    def deciding(self, rows: pl.DataFrame) -> "World":
        """Return the world after further decisions."""
        return replace(self, decisions=pl.concat([self.decisions, rows]))

    def only(self, records: list[str]) -> "World":
        """Return the world of some records."""
        known = pl.col("record_id").is_in(records)
        both = pl.col("record_a").is_in(records) & pl.col("record_b").is_in(records)
        return World(
            self.identities.filter(known),
            self.identifiers.filter(known),
            self.people.filter(known),
            self.decisions.filter(both),
        )

    def shuffled(self, seed: int) -> "World":
        """Return the same world with its rows in another order; decisions keep theirs."""
        return replace(
            self,
            identities=self.identities.sample(fraction=1, shuffle=True, seed=seed),
            identifiers=self.identifiers.sample(fraction=1, shuffle=True, seed=seed + 1),
            people=self.people.sample(fraction=1, shuffle=True, seed=seed + 2),
        )

    def arriving(self, seed: int) -> "World":
        """Return the same records as if they had been first seen in another order."""
        order = list(range(1, len(self.identities) + 1))
        Random(seed).shuffle(order)
        return replace(self, identities=self.identities.with_columns(seq=pl.Series(order, dtype=pl.Int64)))

    def renamed(self, seed: int) -> tuple["World", dict[str, str]]:
        """Return the same world with other record ids, and the new name of each."""
        names = [f"{number:024x}" for number in range(1000, 1000 + len(self.identities))]
        Random(seed).shuffle(names)
        new = dict(zip(self.identities["record_id"], names, strict=True))
        called = pl.col("record_id").replace_strict(new, return_dtype=pl.String)
        sides = [pl.col(side).replace_strict(new, return_dtype=pl.String) for side in ("record_a", "record_b")]
        return World(
            self.identities.with_columns(called),
            self.identifiers.with_columns(called),
            self.people.with_columns(called),
            self.decisions.with_columns(sides),
        ), new


def record_name(number: int) -> str:
    """Return a record id that is easy to read in a failing example."""
    return f"{number:024x}"


@st.composite
def worlds(draw: st.DrawFn, *, decided: bool = True, most: int = 7) -> World:
    """Worlds of up to `most` records; with decisions that do not contradict each other if `decided`."""
    size = draw(st.integers(1, most) | st.just(most))
    sources = [draw(st.sampled_from(["crm", "shop", "web"])) for _ in range(size)]
    records = [record_name(number) for number in range(1, size + 1)]
    identities = pl.DataFrame({"record_id": records, "source": sources, "origin": "record", "seq": range(1, size + 1)})
    return World(
        identities,
        draw(_identifiers(records)),
        draw(_people(records)),
        draw(consistent_decisions(records)) if decided else LINK_DECISIONS.empty(),
    )


@st.composite
def chains(draw: st.DrawFn, *, most: int = 6) -> World:
    """Worlds in which each record shares a value of its own with the next one, from Ann to Bob."""
    size = draw(st.sampled_from([4, 5, 3, 2, most]))
    records = [record_name(number) for number in range(1, size + 1)]
    sources = draw(st.lists(st.sampled_from(["crm", "web"]), min_size=size, max_size=size))
    mixed = st.lists(st.sampled_from(["email", "user_id"]), min_size=size - 1, max_size=size - 1)
    kinds = draw(st.just(["email"] * (size - 1)) | mixed)
    rows = [(records[at + side], str(kind), f"c{at}@x.org") for at, kind in enumerate(kinds) for side in (0, 1)]
    between = st.none() | st.none() | st.none() | st.sampled_from(FULL)
    named = [FULL[0], *(draw(between) for _ in range(size - 2)), FULL[2]]
    people = [(record, *each) for record, each in zip(records, named, strict=True) if each is not None]
    return World(
        pl.DataFrame({"record_id": records, "source": sources, "origin": "record", "seq": range(1, size + 1)}),
        identifier_rows(rows),
        people_rows(people),
        draw(consistent_decisions(records)),
    )


@st.composite
def _identifiers(draw: st.DrawFn, records: list[str]) -> pl.DataFrame:
    pool = [(kind, value) for kind, values in VALUES.items() for value in values]
    carried = st.lists(st.sampled_from(pool), min_size=0, max_size=3, unique=True)
    return identifier_rows([(record, kind, value) for record in records for kind, value in draw(carried)])


def identifier_rows(rows: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    """Return a frame of identifiers from `record_id`, `kind`, `value`."""
    frame = pl.DataFrame(rows, schema={"record_id": pl.String, "kind": pl.String, "value": pl.String}, orient="row")
    return frame.with_columns(value_key=pl.col("kind") + ":" + pl.col("value"))


@st.composite
def _people(draw: st.DrawFn, records: list[str]) -> pl.DataFrame:
    partly = st.tuples(st.sampled_from(GIVEN), st.sampled_from(FAMILY), st.sampled_from(BIRTH))
    person = st.none() | st.sampled_from(FULL) | partly
    said = [(record, draw(person)) for record in records]
    return people_rows([(record, *each) for record, each in said if each is not None])


def people_rows(rows: Sequence[tuple[str, str | None, str | None, date | None]]) -> pl.DataFrame:
    """Return a frame of people from `record_id`, given name, family name and birth date."""
    parts = [(record, given, family, None, birth) for record, given, family, birth in rows]
    return pl.DataFrame(parts, schema=_PEOPLE_SCHEMA, orient="row")


@st.composite
def consistent_decisions(draw: st.DrawFn, records: list[str]) -> pl.DataFrame:
    """Up to three decisions about `records`, retractions among them, that do not contradict each other."""
    rows = LINK_DECISIONS.empty()
    if len(records) < 2:
        return rows
    for number in range(draw(st.integers(0, 3))):
        at = BEGINNING + timedelta(hours=number)
        kind = draw(st.sampled_from(["must_link", "cannot_link", "retract"]))
        pair = draw(st.permutations(records))[:2]
        new = decide("must_link" if kind == "must_link" else "cannot_link", [(pair[0], pair[1])], actor="eve", at=at)
        if kind == "retract":
            new = retract(rows.sample(min(1, len(rows)), seed=number), actor="eve", at=at)
        if _consistent(pl.concat([rows, new])):
            rows = pl.concat([rows, new])
    return rows


def _consistent(decisions: pl.DataFrame) -> bool:
    try:
        check_decisions(decisions)
    except IdentityConflictError:
        return False
    return True


@st.composite
def histories(draw: st.DrawFn, *, most: int = 9) -> pl.DataFrame:
    """Rows of the table `records` with `seq`: several versions, deletions, equal and missing times."""
    size = draw(st.integers(1, most) | st.just(most))
    records = [record_name(number) for number in range(1, size + 1)]
    rows: list[dict[str, object]] = []
    for number, record in enumerate(records):
        for version in range(draw(st.integers(1, 3))):
            rows.append(
                {"record_id": record, "source": f"s{number // 2 % 3}", "source_id": record, "version": str(version)}
            )
            rows[-1].update(draw(_content()))
    frame = RECORDS.conform(pl.DataFrame(rows, schema_overrides=RECORDS.columns))
    order = draw(st.permutations(range(1, len(rows) + 1)))
    return frame.with_columns(seq=pl.Series(order, dtype=pl.Int64))


def _content() -> st.SearchStrategy[dict[str, object]]:
    texts = st.sampled_from([None, None, "x", "yy", "Zoë"])
    return st.fixed_dictionaries(
        {
            "observed_at": st.sampled_from([None, BEGINNING, BEGINNING + timedelta(1), BEGINNING + timedelta(2)]),
            "deleted": st.sampled_from([False, False, False, True]),
            "given_name": texts,
            "family_name": texts,
            "street": texts,
            "city": texts,
            "postcode": texts,
            "email": texts,
            "birth_date": st.sampled_from([None, date(1980, 1, 2), date(1955, 7, 9)]),
            "traits": st.sampled_from([None, '{"a":1}', '{"a":2,"b":null}', '{"b":1.50}', "{}"]),
        }
    )


def customers_of(resolution: Resolution) -> frozenset[frozenset[str]]:
    """Return who is together with whom, without the names of customers."""
    groups = resolution.partition.group_by("customer_id").agg("record_id")["record_id"]
    return frozenset(frozenset(group) for group in groups)
