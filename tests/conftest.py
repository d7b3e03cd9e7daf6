"""How hard Hypothesis searches, and the engines that frames may be on."""

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from unified_customer.engines.spark import Session

settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=10, deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Session"]:
    """Spark on this machine, in a zone that is not UTC; a test that asks for it is marked `needs_java`."""
    from unified_customer.engines.spark import local_session

    folder = str(tmp_path_factory.mktemp("spark"))
    options = {
        "spark.local.dir": folder,
        "spark.sql.warehouse.dir": folder,
        "spark.sql.shuffle.partitions": "2",
        # What runs for seconds is better not compiled twice.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        session = local_session(cores=2, options=options, name="tests")
    yield session
    session.stop()


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that is not UTC, whose hours are not all there once."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(params=["polars", "lazy", "duckdb", "ibis"])
def engine(request: pytest.FixtureRequest, new_york: None) -> Callable[[pl.DataFrame], Any]:
    """Each engine of this process in turn: what puts a frame there, under `TZ=America/New_York`.

    Spark has tests of its own, since each of its jobs takes seconds.
    """
    return {"polars": lambda frame: frame, "lazy": lambda frame: frame.lazy(), "duckdb": on_duckdb(), "ibis": on_ibis}[
        request.param
    ]


def on_duckdb() -> Callable[[pl.DataFrame], Any]:
    """Return what puts frames into one database in memory."""
    import duckdb

    connection = duckdb.connect()
    return lambda frame: connection.from_arrow(frame.to_arrow())


def on_ibis(frame: pl.DataFrame) -> Any:
    """Put a frame into a table of Ibis, which stands for a warehouse."""
    import ibis

    return ibis.memtable(frame.to_arrow())


@pytest.fixture
def on_spark(spark: "Session", new_york: None) -> Callable[[pl.DataFrame], Any]:
    """What puts a frame on Spark, under `TZ=America/New_York`; a test that asks for it is marked `needs_java`."""
    from unified_customer.engines.spark.frames import from_polars

    return lambda frame: from_polars(spark, frame)
