"""Who is who in invented tables: households, namesakes, distinct sources, and tables that are odd."""

import time
import warnings
from typing import Any

import numpy as np
import polars as pl
import pytest

from unified_customer.core.errors import ConfigurationError, SchemaError, WeakMatchingWarning
from unified_customer.identity.matching.distinct_sources import ENOUGH
from unified_customer.identity.matching.matcher import FEWEST, FittedMatcher, Matcher
from unified_customer.identity.matching.matches import Matches
from unified_customer.testing.matching_strategies import (
    fitted_matcher,
    invented_people,
    invented_records,
)


def pairs(records: pl.DataFrame, by: str | list[str]) -> int:
    """Count the pairs of records that have the same."""
    sizes = records.group_by(by).len()["len"].to_numpy().astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def precision_and_recall(records: pl.DataFrame, found: Matches) -> tuple[float, float]:
    joined = records.join(found.partition, on="record_id")
    right = pairs(joined, ["cluster_id", "customer_id"])
    return right / max(1, pairs(joined, "customer_id")), right / max(1, pairs(joined, "cluster_id"))


@pytest.mark.parametrize(("layout", "least"), [("parts", 0.9), ("whole", 0.97)])
def test_people_are_found_without_configuration(layout: Any, least: float) -> None:
    records = invented_records(150, seed=11, layout=layout)
    precision, recall = precision_and_recall(records, Matcher().match(records))
    assert precision > 0.99
    assert recall > least


def test_a_matcher_that_learned_from_others_finds_people_too() -> None:
    records = invented_records(60, seed=12)
    precision, recall = precision_and_recall(records, fitted_matcher("parts").match(records))
    assert precision > 0.98
    assert recall > 0.9


def test_households_are_not_joined() -> None:
    records = invented_records(150, seed=13)
    found = records.join(Matcher().match(records).partition, on="record_id")
    joined = found.group_by("customer_id").agg(pl.col("cluster_id").n_unique())
    assert (joined["cluster_id"] > 1).sum() <= 2
    assert {"household", "twins"} <= set(fitted_matcher("parts").prior)


def test_twins_stay_apart_though_they_share_all_but_a_name() -> None:
    everyone = [person for home in invented_people(150, seed=7) for person in home]
    births = [(person.family, person.street, person.birth) for person in everyone]
    twins = {truth for truth, birth in enumerate(births) if births.count(birth) > 1}
    records = invented_records(150, seed=7)
    found = records.join(fitted_matcher("parts").match(records).partition, on="record_id")
    customers = (
        found.filter(pl.col("cluster_id").is_in(twins)).group_by("customer_id").agg(pl.col("cluster_id").n_unique())
    )
    assert len(twins) > 40
    assert (customers["cluster_id"] > 1).sum() <= 1


def test_a_table_without_duplicates_joins_hardly_anybody() -> None:
    records = invented_records(120, seed=5, most_copies=1)
    found = Matcher().match(records)
    assert found.partition["customer_id"].n_unique() >= 0.99 * len(records)


def test_the_threshold_is_taken_as_told() -> None:
    records = invented_records(40, seed=3)
    loose, strict = (Matcher(threshold=threshold).match(records) for threshold in (0.01, 0.999))
    assert (loose.threshold, strict.threshold) == (0.01, 0.999)
    assert len(loose.pairs) > len(strict.pairs)
    assert (strict.pairs["probability"] > 0.999).all()
    assert loose.partition["customer_id"].n_unique() <= strict.partition["customer_id"].n_unique()


def test_a_smaller_budget_compares_fewer_pairs() -> None:
    records = invented_records(100, seed=4)
    little, much = (Matcher(budget=budget).match(records) for budget in (0.2, 5.0))
    assert little.pairs_scored < much.pairs_scored


# ----------------------------------------------------------------------------------------------------------- sources


def test_sources_without_duplicates_are_found_and_those_with_some_are_not() -> None:
    assert Matcher().fit(invented_records(100, seed=9)).distinct == ("register",)


def test_too_few_matches_tell_nothing_of_a_source() -> None:
    records = invented_records(100, seed=9).with_row_index("row")
    few = records.with_columns(source=pl.when(pl.col("row") < ENOUGH - 1).then(pl.lit("few")).otherwise(pl.lit("rest")))
    assert Matcher().fit(few.drop("row")).distinct == ()


def test_sources_that_are_told_to_be_distinct_are_kept_apart_and_others_are_not_looked_for() -> None:
    records = invented_records(60, seed=9)
    told = Matcher(distinct=("crm",)).match(records)
    customers = records.join(told.partition, on="record_id").filter(source="crm")["customer_id"]
    assert customers.is_unique().all()
    assert Matcher(distinct=()).fit(records).distinct == ()


def test_a_distinct_source_that_new_records_do_not_have_does_no_harm() -> None:
    records = invented_records(20, seed=6)
    of_one = records.with_columns(source=pl.lit("web"))
    joined = fitted_matcher("parts").match(of_one).partition["customer_id"].n_unique()
    assert joined < len(records)
    assert joined == fitted_matcher("parts").match(of_one.drop("source")).partition["customer_id"].n_unique()


# -------------------------------------------------------------------------------------------------------- odd tables


def test_too_few_records_teach_nothing() -> None:
    with pytest.raises(ConfigurationError, match=f"{FEWEST} records or more; there are 2"):
        Matcher().fit(invented_records(20, seed=1)[:2])


def test_a_table_without_people_is_refused() -> None:
    records = pl.DataFrame({"record_id": range(30), "loaded_at": ["2024-01-01 10:00:00"] * 30})
    with pytest.raises(ConfigurationError, match="No column tells"):
        Matcher().fit(records)


def test_records_that_repeat_their_id_are_refused() -> None:
    records = invented_records(20, seed=1)
    with pytest.raises(SchemaError, match="record_id"):
        Matcher().fit(pl.concat([records, records]))
    with pytest.raises(SchemaError, match="record_id"):
        fitted_matcher("parts").match(records.drop("record_id"))


def test_new_records_have_the_columns_that_were_learned() -> None:
    with pytest.raises(SchemaError, match="birth_date"):
        fitted_matcher("parts").match(invented_records(5, seed=1).drop("birth_date"))


@pytest.mark.parametrize("columns", [["phone"], ["birth_date"], ["email", "phone", "street", "city"]])
def test_empty_columns_are_no_evidence(columns: list[str]) -> None:
    records = invented_records(60, seed=2)
    empty = records.with_columns(pl.lit(None, dtype=pl.String).alias(column) for column in columns)
    told = Matcher(roles=fitted_matcher("parts").roles.by_column)
    assert precision_and_recall(records, told.match(empty))[0] > 0.9


def test_records_that_say_nothing_are_nobody() -> None:
    records = invented_records(20, seed=2)
    texts = [column for column in records.columns if column not in {"record_id", "source", "cluster_id"}]
    silent = records.with_columns(pl.lit(None, dtype=pl.String).alias(column) for column in texts)
    found = fitted_matcher("parts").match(silent)
    assert found.partition["customer_id"].to_list() == records["record_id"].to_list()
    assert found.pairs_scored == 0


def test_a_matcher_can_match_no_records_or_one_or_two() -> None:
    records, matcher = invented_records(20, seed=2), fitted_matcher("parts")
    assert matcher.match(records[:0]).partition.shape == (0, 3)
    assert matcher.match(records[:1]).partition["customer_id"].to_list() == records["record_id"][:1].to_list()
    twice = pl.concat([records[:1], records[:1].with_columns(record_id=pl.lit("z"), source=pl.lit("new"))])
    assert matcher.match(twice).partition["customer_id"].n_unique() == 1


def test_copies_of_a_record_are_one_customer() -> None:
    records = invented_records(40, seed=8, most_copies=1).with_columns(source=pl.lit("shop"))
    copies = [records.with_columns(record_id=pl.format("{}-{}", "record_id", pl.lit(copy))) for copy in range(3)]
    precision, recall = precision_and_recall(pl.concat(copies), Matcher().match(pl.concat(copies)))
    assert recall == 1
    assert precision > 0.9


@pytest.mark.filterwarnings("ignore::unified_customer.core.errors.WeakMatchingWarning")
def test_a_thousand_records_of_one_content_do_not_explode() -> None:
    one = invented_records(5, seed=8)[:1].drop("record_id", "cluster_id")
    records = pl.concat([one] * 1000).with_row_index("record_id")
    told = Matcher(roles=fitted_matcher("parts").roles.by_column)
    started = time.process_time()
    found = told.match(records)
    assert time.process_time() - started < 30
    assert len(found.partition) == 1000
    assert len(fitted_matcher("parts").match(records).partition) == 1000


@pytest.mark.filterwarnings("ignore::unified_customer.core.errors.WeakMatchingWarning")
@pytest.mark.parametrize("column", ["email", "family_name"])
def test_one_column_alone_is_enough_to_run(column: str) -> None:
    records = invented_records(40, seed=2).select("record_id", "source", column)
    assert len(Matcher().match(records).partition) == len(records)


def test_companies_are_matched_too() -> None:
    words = ["Weber", "Marsh", "Dubois", "Novak", "Conti", "Okafor", "Quill", "Larkin", "Mercer", "Oakley"]
    names = [f"{one} {other} Logistik" for one in words for other in words if one < other]
    rows = [(name, f"{number * 7 % 90 + 1} Mill Lane", "Leeds") for number, name in enumerate(names)]
    copies = [(name.replace(" Logistik", " Logistik GmbH"), street, city) for name, street, city in rows]
    table = pl.DataFrame(rows + copies, schema=["company", "street", "city"], orient="row").with_row_index("record_id")
    truth = table.with_columns(cluster_id=pl.col("record_id") % len(rows))
    precision, recall = precision_and_recall(truth, Matcher().match(table))
    assert precision > 0.95
    assert recall > 0.95


# ----------------------------------------------------------------------------------------------------------- the spec


def test_what_was_fitted_is_what_was_asked() -> None:
    spec = Matcher(budget=0.5, threshold=0.7, distinct=("crm",), seed=3)
    fitted = spec.fit(invented_records(30, seed=3))
    assert (fitted.spec, fitted.threshold, fitted.distinct) == (spec, 0.7, ("crm",))
    assert FittedMatcher.from_json(fitted.to_json()) == fitted
    assert str(fitted.keys[0]).endswith("records)")


def test_no_value_of_a_record_is_kept() -> None:
    kept = fitted_matcher("parts").to_json()
    records = invented_records(150, seed=7)
    values = [
        value for column in ("given_name", "email", "phone", "birth_date") for value in records[column].drop_nulls()
    ]
    assert not [value for value in values if len(value) > 3 and value.lower() in kept]


def test_records_that_say_too_little_are_no_ground_for_matching() -> None:
    names = pl.DataFrame(
        {"record_id": range(600), "city": ["leeds", "york", "derby"] * 200, "gender": ["m", "f"] * 300}
    )
    with pytest.warns(WeakMatchingWarning, match="not even a copy"):
        Matcher().fit(names)


def test_matches_are_summed_up_without_a_value() -> None:
    records = invented_records(40, seed=2)
    found = Matcher().match(records)
    first, second, third = str(found).splitlines()
    assert first == f"{len(records)} records of {found.partition['customer_id'].n_unique()} people"
    assert second.startswith(f"{found.pairs_scored:,} pairs compared, {len(found.pairs):,} of them")
    assert third == f"expected: {found.expected}"


def test_records_without_copies_are_no_weak_records() -> None:
    records = invented_records(200, seed=3, most_copies=1).drop("cluster_id")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Matcher().fit(records)
