"""The adapter of Spark: sessions, frames to and fro, and what is said where something is missing."""

import os
import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from unified_customer.core.errors import ConfigurationError, MissingDependencyError, SchemaError
from unified_customer.engines.spark import (
    Session,
    column_type,
    from_polars,
    grouped,
    local_session,
    map_groups,
    settled,
    to_polars,
)


@pytest.mark.needs_java
@pytest.mark.slow
def test_a_frame_comes_back_as_it_went(spark: Session) -> None:
    frame = pl.DataFrame({
        "number": pl.Series([1, None], dtype=pl.Int32),
        "text": ["a", None],
        "several": [["a", "b"], None],
        "record": [{"x": "a", "y": ["b"]}, {"x": None, "y": None}],
        "day": [date(1970, 1, 3), None],
        "time": [datetime(2026, 7, 1, 12, 30), None],  # noqa: DTZ001 - a time without a zone is what is asked for
        "share": [0.5, float("inf")],
    })  # fmt: skip
    assert_frame_equal(to_polars(from_polars(spark, frame)), frame)


@pytest.mark.needs_java
@pytest.mark.slow
def test_times_with_a_zone_come_in_utc(spark: Session) -> None:
    found = to_polars(spark.sql("SELECT TIMESTAMP '2026-07-01 12:30:00 America/New_York' AS time"))
    assert found["time"].to_list() == [datetime(2026, 7, 1, 16, 30)]  # noqa: DTZ001 (naive on purpose)


@pytest.mark.needs_java
@pytest.mark.slow
def test_each_group_is_worked_on_in_one_piece(spark: Session) -> None:
    def counted(rows: pl.DataFrame) -> list[pl.DataFrame]:
        return [rows.group_by("group").agg(size=pl.len().cast(pl.Int64))]

    groups = [number % 7 for number in range(500)]
    frame = from_polars(spark, pl.DataFrame({"group": groups}, schema={"group": pl.Int64})).repartition(3)
    found = to_polars(map_groups(frame, counted, {"group": "bigint", "size": "bigint"}, by="group", rows=20))
    assert dict(found.iter_rows()) == {group: groups.count(group) for group in set(groups)}


@pytest.mark.needs_java
@pytest.mark.slow
def test_a_checkpoint_folder_is_used_where_there_is_one(spark: Session, tmp_path: Path) -> None:
    frame = from_polars(spark, pl.DataFrame({"number": [1, 2]}))
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    try:
        found = settled(grouped(frame, total="sum(number)"))
    finally:
        spark.sparkContext._jsc.sc().setCheckpointDir(None)
    assert to_polars(found).rows() == [(3,)]
    assert list(tmp_path.rglob("part-*"))


@pytest.mark.needs_java
@pytest.mark.slow
def test_a_column_that_is_not_there_is_named(spark: Session) -> None:
    with pytest.raises(SchemaError, match="no column 'record_id'; it has number"):
        column_type(from_polars(spark, pl.DataFrame({"number": [1]})), "record_id")


@pytest.mark.needs_java
@pytest.mark.slow
def test_the_workers_run_the_same_python_and_nothing_listens_elsewhere(spark: Session) -> None:
    assert spark.sparkContext.pythonExec == os.environ.get("PYSPARK_PYTHON", sys.executable)
    assert spark.conf.get("spark.driver.host") == "127.0.0.1"
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.sparkContext.uiWebUrl is None
    assert local_session() is spark


def test_without_java_it_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigurationError, match="Java runtime, 17 or newer"):
        local_session()


def test_without_pyspark_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "unified-customer\[spark\]"'):
        local_session()
