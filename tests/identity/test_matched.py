"""Matching after exact identifiers: what it adds, and what it leaves alone."""

from datetime import UTC, datetime
from functools import cache

import polars as pl
import pytest

from benchmarks.populations import population
from unified_customer.identity import ExactIdentity, MatchedIdentity, decide
from unified_customer.identity.accuracy import accuracy
from unified_customer.identity.matching import Matcher

ROWS = 600
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@cache
def tables() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return identities, identifiers, people and the truth of invented records."""
    raw = population("plain", rows=ROWS, seed=11).with_row_index("seq", offset=1)
    records = raw.with_columns(record_id=pl.format("{}", "seq").str.zfill(24))
    identities = records.select("record_id", "source", pl.lit("record").alias("origin"), pl.col("seq").cast(pl.Int64))
    mails = records.select("record_id", kind=pl.lit("email"), value=pl.col("email").str.to_lowercase()).drop_nulls()
    identifiers = mails.with_columns(value_key="value")
    fields = [field for field in MatchedIdentity.reads if field in records.columns]
    missing = [field for field in MatchedIdentity.reads if field not in records.columns]
    empty = [pl.lit(None, pl.String).alias(field) for field in missing]
    births = pl.col("birth_date").str.to_date(strict=False)
    people = records.select("record_id", *fields, *empty).with_columns(births)
    return identities, identifiers, people, records.select("record_id", "cluster_id")


def customers(spec: ExactIdentity | MatchedIdentity, decisions: pl.DataFrame | None = None) -> pl.DataFrame:
    identities, identifiers, people, _ = tables()
    wanted = people.select("record_id", *spec.reads)
    return spec.resolve(identities, identifiers, people=wanted, decisions=decisions).partition


@cache
def exact() -> pl.DataFrame:
    return customers(ExactIdentity())


@cache
def matched() -> pl.DataFrame:
    return customers(MatchedIdentity())


def test_matching_finds_what_exact_identifiers_leave_apart() -> None:
    truth = tables()[3]
    before, after = accuracy(exact(), truth).closure, accuracy(matched(), truth).closure
    assert after.recall > before.recall + 0.1
    assert after.precision > 0.97


def test_what_exact_identifiers_join_stays_joined() -> None:
    both = exact().join(matched(), on="record_id", suffix="_matched")
    assert both.group_by("customer_id").agg(pl.col("customer_id_matched").n_unique())["customer_id_matched"].max() == 1


def test_a_customer_is_named_after_the_record_first_seen() -> None:
    first = matched().group_by("customer_id").agg(pl.col("record_id").min())
    assert first["customer_id"].equals(first["record_id"], check_names=False)


def test_a_match_has_its_reason_and_its_probability() -> None:
    found = matched().filter(reason="match")
    assert found.height > 10
    assert found["probability"].is_between(0, 1).all()
    assert (found["record_id"] != found["customer_id"]).all()


def test_the_order_of_rows_changes_nothing() -> None:
    identities, identifiers, people, _ = tables()
    mixed = [frame.sample(fraction=1, shuffle=True, seed=3) for frame in (identities, identifiers, people)]
    found = MatchedIdentity().resolve(mixed[0], mixed[1], people=mixed[2]).partition
    assert found.sort("record_id").equals(matched().sort("record_id"))


def pair(reason: str) -> tuple[str, str]:
    """Return a record that was joined for a reason, and the customer that it was joined to."""
    record, customer = matched().filter(reason=reason).select("record_id", "customer_id").row(0)
    return str(record), str(customer)


def test_records_that_a_person_told_apart_stay_apart() -> None:
    a, b = pair("match")
    words = decide("cannot_link", [(a, b)], actor="eve", at=NOON)
    held = dict(customers(MatchedIdentity(), words).select("record_id", "customer_id").rows())
    assert held[a] != held[b]


def test_records_that_a_person_linked_are_one() -> None:
    ids = matched()["customer_id"].unique().sort()
    a, b = ids[0], ids[-1]
    words = decide("must_link", [(a, b)], actor="eve", at=NOON)
    held = dict(customers(MatchedIdentity(), words).select("record_id", "customer_id").rows())
    assert held[a] == held[b]


def test_two_ids_of_the_master_are_two_customers() -> None:
    source = tables()[0]["source"][0]
    found = customers(MatchedIdentity(exact=ExactIdentity(master=source)))
    assert found["customer_id"].n_unique() == ROWS


def test_it_saves_to_json() -> None:
    spec = MatchedIdentity(matcher=Matcher(budget=0.5), exact=ExactIdentity(master="crm"))
    assert MatchedIdentity.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_too_few_people_are_joined_by_identifiers_alone(rows: int) -> None:
    identities, identifiers, people, _ = tables()
    few = people.head(rows)
    found = MatchedIdentity().resolve(identities, identifiers, people=few).partition
    by_name = few.select("record_id", *ExactIdentity.reads)
    assert found.equals(ExactIdentity().resolve(identities, identifiers, people=by_name).partition)
