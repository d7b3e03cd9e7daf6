"""Matching on Spark: a real set, odd tables, large components, and what is refused."""

import re
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, SchemaError
from unified_customer.datasets import open_people
from unified_customer.engines.spark import Session, from_polars, to_polars
from unified_customer.identity.clusters import components as connected
from unified_customer.identity.distributed import fit_on_spark, match_on_spark
from unified_customer.identity.distributed.clusters import component_of_each
from unified_customer.identity.matching import Matcher
from unified_customer.identity.matching.components import LARGEST, components
from unified_customer.identity.matching.matcher import LIKELY_ENOUGH
from unified_customer.testing.matching_strategies import fitted_matcher, invented_records

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "match-beyond-one-machine.md"

pytestmark = [pytest.mark.needs_java, pytest.mark.slow]


def test_the_page_of_the_documentation_runs(spark: Session, tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    invented_records(25, seed=9).drop("cluster_id").write_parquet(tmp_path / "people" / "1.parquet")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    # Java keeps the folder that it was started in, and the session goes on.
    code = "".join(blocks).replace('"people/', f'"{tmp_path}/people/').replace('"customers"', f'"{tmp_path}/customers"')
    names: dict[str, Any] = {}
    exec(code.replace("spark.stop()", ""), names)  # noqa: S102 (an example of ours)
    assert names["spark"] is spark
    written = pl.read_parquet(tmp_path / "customers" / "*.parquet")
    assert written.columns == ["record_id", "customer_id", "probability"]
    assert written["customer_id"].n_unique() < len(written)


@pytest.mark.needs_shared_data
def test_a_real_set_has_the_same_links_and_ids(spark: Session, shared_data: Path) -> None:
    records = open_people("fake_1000", shared_data).records
    wanted = Matcher().fit(records)
    found = match_on_spark(wanted, from_polars(spark, records))
    local = wanted.match(records)
    assert_frame_equal(to_polars(found.partition).sort("record_id"), local.partition.sort("record_id"))
    ends = ["record_a", "record_b"]
    assert_frame_equal(to_polars(found.pairs).sort(ends), local.pairs.sort(ends), check_exact=True)


def test_numbers_days_lists_and_odd_names_of_columns_are_read_as_on_one_machine(spark: Session) -> None:
    records = invented_records(25, seed=4, layout="whole").drop("cluster_id").with_row_index("number")
    shared = pl.col("number") % 15
    records = records.with_columns(
        pl.col("number").cast(pl.Int64).alias("record_id"),
        pl.col("birth_date").str.to_date(strict=False).fill_null(date(1950, 5, 5)),
        pl.when(pl.col("source") != "shop").then("source").alias("source"),
        # More than are kept of one record: those that others share are more common, though hardly so in any one batch.
        pl.concat_list("emails", *(pl.format(f"a{{}}.{n}@office.org", shared) for n in range(5))).alias("emails"),
    )
    records = records.drop("number").rename({"full_name": "the `name`.full", "city": "Town (old)"})
    matcher = Matcher(roles={"the `name`.full": "full_name", "Town (old)": "city"})
    found = fit_on_spark(matcher, from_polars(spark, records))
    wanted = matcher.fit(records)
    assert found.model_copy(update={"threshold": wanted.threshold}).to_json() == wanted.to_json()
    frame = from_polars(spark, records).repartition(9)
    partition = to_polars(match_on_spark(wanted, frame).partition)
    assert_frame_equal(partition.sort("record_id"), wanted.match(records).partition.sort("record_id"))


@pytest.mark.parametrize("many", [10**6, 500], ids=["in one task", "by joins"])
def test_components_that_are_too_large_are_taken_apart_as_on_one_machine(spark: Session, many: int) -> None:
    random, size = Random(3), 520
    # Two crowds that a few weak pairs hold together, and small groups beside.
    crowd = [sorted(random.sample(range(offset, offset + 240), 2)) for offset in (0, 240) for _ in range(600)]
    bridges, small = [[5, 245], [9, 300]], [[node, node + 1] for node in range(480, size - 1, 3)]
    pairs = pl.DataFrame([*crowd, *bridges, *small], schema=["record_a", "record_b"], orient="row").unique()
    pairs = pairs.sort(pl.all()).with_columns(bits=pl.Series([random.uniform(-6, 9) for _ in range(len(pairs))]))
    first, second, bits = (pairs[column].to_numpy() for column in pairs.columns)
    labels = components(size, first, second, bits, least=LIKELY_ENOUGH)
    wanted = pl.DataFrame({"record_id": range(size), "label": labels}).filter(pl.len().over("label") > 1)
    wanted = wanted.select("record_id", component=pl.col("record_id").min().over("label"))
    found = to_polars(component_of_each(from_polars(spark, pairs), many=many))
    assert_frame_equal(found.sort("record_id"), wanted.sort("record_id"), check_column_order=False)
    likely = pairs.filter(pl.col("bits") > LIKELY_ENOUGH).select(a="record_a", b="record_b")
    assert np.bincount(connected(size, likely)).max() > LARGEST


def test_no_records_are_nobody(spark: Session) -> None:
    nobody = from_polars(spark, invented_records(5, seed=1).drop("cluster_id")).limit(0)
    found = match_on_spark(fitted_matcher("parts"), nobody)
    assert to_polars(found.partition).is_empty()
    assert found.pairs_scored() == 0
    with pytest.raises(ConfigurationError, match="10 records or more; there are 0"):
        fit_on_spark(Matcher(roles=fitted_matcher("parts").roles.by_column), nobody)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"record_id": None}, r"have none and 0 repeat one"),
        ({"record_id": "same"}, r"0 have none and \d+ repeat one"),
    ],
)
def test_a_record_has_an_id_of_its_own(spark: Session, change: dict[str, Any], message: str) -> None:
    records = invented_records(5, seed=1).with_columns(
        pl.lit(value, pl.String).alias(name) for name, value in change.items()
    )
    with pytest.raises(SchemaError, match=message):
        match_on_spark(fitted_matcher("parts"), from_polars(spark, records).repartition(len(records)))


def test_columns_that_are_missing_are_named(spark: Session) -> None:
    records = from_polars(spark, invented_records(5, seed=1))
    with pytest.raises(SchemaError, match="Records lack columns that have a role: email"):
        match_on_spark(fitted_matcher("parts"), records.drop("email"))
    with pytest.raises(SchemaError, match="no column 'record_id'"):
        fit_on_spark(Matcher(), records.drop("record_id"))


def test_two_records_are_not_said_to_be_one_person_and_two(spark: Session) -> None:
    records = invented_records(5, seed=1)
    one, other = records["record_id"][:2]
    together = pl.DataFrame({"record_id": [one, other], "group": [1, 1]})
    apart = pl.DataFrame({"record_a": [one, other], "record_b": [other, one]})
    with pytest.raises(ConfigurationError, match="1 pairs of records are said to be one person and to be two"):
        match_on_spark(fitted_matcher("parts"), from_polars(spark, records), together=together, apart=apart)
