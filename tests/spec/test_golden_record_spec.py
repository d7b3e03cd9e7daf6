"""The laws of the golden record: what survives, and where it came from."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from unified_customer.core.tables import GOLDEN_FIELDS
from unified_customer.identity import Survivorship
from unified_customer.identity.versions import ADDRESS, NAME
from unified_customer.testing.identity_strategies import BEGINNING, histories

SINGLE = [field for field in GOLDEN_FIELDS if field not in {*NAME, *ADDRESS, "traits"}]
TRUSTED = ("s2", "s0")
seeds = st.integers(0, 1000)
rules = st.sampled_from(["most_recent", "most_trusted", "most_frequent", "longest"])
specs = st.builds(lambda rule: Survivorship(default=rule, trusted=TRUSTED), rules)


def links_of(records: pl.DataFrame, *, customers: int = 2) -> pl.DataFrame:
    """Give the records to `customers` in turn, beside one who is known only from events."""
    names = records["record_id"].unique().sort().to_list()
    rows = [(name, names[number % min(customers, len(names))]) for number, name in enumerate(names)]
    return pl.DataFrame([*rows, ("visitor", "visitor")], schema=["record_id", "customer_id"], orient="row")


def identities_of(records: pl.DataFrame) -> pl.DataFrame:
    visitor = pl.DataFrame({"record_id": ["visitor"], "source": ["web"]})
    return pl.concat([records.select("record_id", "source").unique(), visitor])


def golden(records: pl.DataFrame, spec: Survivorship, *, as_of: datetime | None = None) -> pl.DataFrame:
    return spec.survive(records, links_of(records), identities_of(records), as_of=as_of)


def latest(records: pl.DataFrame) -> pl.DataFrame:
    """Return the last word of each record: by time, none before any, then by `seq`."""
    found: dict[str, tuple[Any, dict[str, Any]]] = {}
    for row in records.to_dicts():
        place = (row["observed_at"] or datetime.min.replace(tzinfo=UTC), row["seq"])
        found[row["record_id"]] = max((place, row), found.get(row["record_id"], (place, row)), key=itemgetter(0))
    return pl.DataFrame([row for _, row in found.values()], schema=records.schema)


def voices(records: pl.DataFrame, customer: str) -> pl.DataFrame:
    """Return what may survive: the latest version of each record that its source did not delete."""
    own = links_of(records).filter(customer_id=customer)
    return latest(records).filter(~pl.col("deleted")).join(own, on="record_id")


@given(histories(), specs)
def test_every_customer_has_one_golden_record(records: pl.DataFrame, spec: Survivorship) -> None:
    assert golden(records, spec)["customer_id"].to_list() == sorted(set(links_of(records)["customer_id"]))


@given(histories(), specs)
def test_every_golden_value_was_said_by_one_of_the_customers_records_then_and_there(
    records: pl.DataFrame, spec: Survivorship
) -> None:
    for customer in golden(records, spec).to_dicts():
        said = voices(records, customer["customer_id"])
        for field in set(GOLDEN_FIELDS) - {"traits"}:
            found = (customer[field], customer[f"{field}_source"], customer[f"{field}_observed_at"])
            assert found == (None, None, None) or found in said.select(field, "source", "observed_at").rows()


@given(histories(), specs)
def test_a_field_is_empty_only_if_no_record_fills_it(records: pl.DataFrame, spec: Survivorship) -> None:
    for customer in golden(records, spec).to_dicts():
        said = voices(records, customer["customer_id"])
        for field in [*SINGLE, "traits", NAME[0], ADDRESS[0]]:
            assert (customer[field] is None) == (said[field].null_count() == len(said))


@given(histories(), specs, seeds)
def test_the_golden_record_does_not_depend_on_the_order_of_rows(
    records: pl.DataFrame, spec: Survivorship, seed: int
) -> None:
    assert golden(records.sample(fraction=1, shuffle=True, seed=seed), spec).equals(golden(records, spec))


@given(histories(), specs)
def test_the_golden_record_does_not_depend_on_the_names_of_records(records: pl.DataFrame, spec: Survivorship) -> None:
    def values(frame: pl.DataFrame) -> list[str]:
        return sorted(map(repr, frame.drop("customer_id").rows()))

    links, identities = links_of(records), identities_of(records)
    names = links["record_id"].sort()
    called = pl.col("record_id").replace_strict(names, names.reverse())
    new = [frame.with_columns(called) for frame in (records, links, identities)]
    assert values(spec.survive(*new)) == values(spec.survive(records, links, identities))


@given(histories(), specs)
def test_customers_do_not_depend_on_each_other(records: pl.DataFrame, spec: Survivorship) -> None:
    together, links = golden(records, spec), links_of(records)
    for customer in together["customer_id"]:
        alone = spec.survive(records, links.filter(customer_id=customer), identities_of(records))
        assert alone.equals(together.filter(customer_id=customer))


@given(histories(), specs)
def test_what_its_source_deleted_gives_no_values(records: pl.DataFrame, spec: Survivorship) -> None:
    gone = golden(records.with_columns(deleted=True), spec)
    assert gone.select(GOLDEN_FIELDS).null_count().sum_horizontal().item() == len(gone) * len(GOLDEN_FIELDS)
    assert gone["record_count"].sum() == len(links_of(records))


@given(histories(), specs)
def test_only_the_latest_version_of_a_record_speaks(records: pl.DataFrame, spec: Survivorship) -> None:
    last_words = golden(latest(records), spec)
    columns = [name for name in last_words.columns if name not in {"first_observed_at", "last_observed_at"}]
    assert golden(records, spec).select(columns).equals(last_words.select(columns))


@given(histories(), specs, st.integers(0, 3))
def test_what_was_observed_later_does_not_count(records: pl.DataFrame, spec: Survivorship, days: int) -> None:
    instant = BEGINNING + timedelta(days)
    earlier = records.filter(pl.col("observed_at").is_null() | (pl.col("observed_at") < instant))
    links, identities = links_of(records), identities_of(records)
    assert spec.survive(records, links, identities, as_of=instant).equals(spec.survive(earlier, links, identities))


@given(histories(), specs)
def test_the_fields_of_a_group_come_from_one_record(records: pl.DataFrame, spec: Survivorship) -> None:
    for customer in golden(records, spec).to_dicts():
        said = voices(records, customer["customer_id"])
        for group in (NAME, ADDRESS):
            values = tuple(customer[field] for field in group)
            assert not any(values) or values in said.select(group).rows()


@given(histories())
def test_by_default_the_value_observed_last_survives(records: pl.DataFrame) -> None:
    for customer in golden(records, Survivorship()).to_dicts():
        said = voices(records, customer["customer_id"])
        for field in SINGLE:
            times = said.filter(pl.col(field).is_not_null())["observed_at"]
            assert customer[f"{field}_observed_at"] == times.max()


@given(histories())
def test_the_most_trusted_source_that_says_anything_survives(records: pl.DataFrame) -> None:
    order = [*TRUSTED, "s1", None]
    for customer in golden(records, Survivorship(default="most_trusted", trusted=TRUSTED)).to_dicts():
        said = voices(records, customer["customer_id"])
        for field in SINGLE:
            sources = said.filter(pl.col(field).is_not_null())["source"].to_list()
            assert customer[f"{field}_source"] == min([*sources, None], key=order.index)


@given(histories())
def test_no_value_is_said_more_often_than_the_most_frequent(records: pl.DataFrame) -> None:
    for customer in golden(records, Survivorship(default="most_frequent")).to_dicts():
        said = voices(records, customer["customer_id"])
        for field in SINGLE:
            counts = Counter(said[field].drop_nulls())
            assert counts[customer[field]] == max(counts.values(), default=0)


@given(histories())
def test_no_value_is_longer_than_the_longest(records: pl.DataFrame) -> None:
    for customer in golden(records, Survivorship(default="longest")).to_dicts():
        said = voices(records, customer["customer_id"])["email"].drop_nulls()
        assert len(customer["email"] or "") == max([0, *said.str.len_chars()])


@given(histories(), specs)
def test_each_trait_is_kept_with_a_value_that_some_record_gave_it(records: pl.DataFrame, spec: Survivorship) -> None:
    for customer in golden(records, spec).to_dicts():
        said = [json.loads(text) for text in voices(records, customer["customer_id"])["traits"].drop_nulls()]
        kept = json.loads(customer["traits"] or "{}")
        given_values = {(key, value) for traits in said for key, value in traits.items() if value is not None}
        assert {key for key, _ in given_values} == {key for key, value in kept.items() if value is not None}
        assert {(key, value) for key, value in kept.items() if value is not None} <= given_values


@given(histories(), specs)
def test_the_explanation_tells_the_golden_record(records: pl.DataFrame, spec: Survivorship) -> None:
    for customer in golden(records, spec).to_dicts():
        told = spec.explain(customer["customer_id"], records, links_of(records))
        survived = told.filter(pl.col("survived"), pl.col("field") != "traits")
        assert dict(survived.select("field", "value").rows()) == {
            field: str(customer[field]) for field in GOLDEN_FIELDS if field != "traits" and customer[field] is not None
        }


@given(histories(), specs)
def test_a_visitor_known_only_from_events_is_a_customer_with_empty_fields(
    records: pl.DataFrame, spec: Survivorship
) -> None:
    visitor = golden(records, spec).filter(customer_id="visitor").to_dicts()[0]
    assert (visitor["record_count"], visitor["sources"]) == (1, ["web"])
    assert not any(visitor[field] for field in GOLDEN_FIELDS)
