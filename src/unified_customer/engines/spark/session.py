"""Sessions on this machine."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from unified_customer.core.errors import ConfigurationError, require

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Session: TypeAlias = "SparkSession"

_PYTHON: Final = "PYSPARK_PYTHON"
_HERE: Final = "127.0.0.1"


def local_session(
    *, cores: int | None = None, options: Mapping[str, str] | None = None, name: str = "unified_customer"
) -> "SparkSession":
    """Start Spark on this machine, or return the session that runs already.

    Nothing is fetched and nothing listens to other machines; there is no web page. Times are in UTC. The workers run
    the same Python as the caller, so that they have the same packages.

    Args:
        cores: How many tasks run at once. None: as many as there are processors.
        options: Settings of Spark to add or to change, such as `{"spark.driver.memory": "8g"}`.
        name: What the session is called.

    Raises:
        MissingDependencyError: PySpark is not installed.
        ConfigurationError: There is no Java.
    """
    require("pyspark", extra="spark", why="work on Spark")
    from pyspark.sql import SparkSession

    _need_java()
    with _same_python():
        builder = SparkSession.builder.appName(name).master(f"local[{cores or '*'}]")
        for option, value in (_settings(cores or os.cpu_count() or 1) | dict(options or {})).items():
            builder = builder.config(option, value)
        return builder.getOrCreate()


def _settings(cores: int) -> dict[str, str]:
    return {
        "spark.driver.bindAddress": _HERE,
        "spark.driver.host": _HERE,
        "spark.log.level": "ERROR",
        # Two for each core even out what is not spread evenly; the default, 200, is for many machines.
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }


def _need_java() -> None:
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise ConfigurationError("Spark needs a Java runtime, 17 or newer, and there is no `java`. Install one.")


@contextmanager
def _same_python() -> Iterator[None]:
    """Let workers run this interpreter, unless another is named already."""
    named = os.environ.get(_PYTHON)
    os.environ[_PYTHON] = named or sys.executable
    try:
        yield
    finally:
        if named is None:
            del os.environ[_PYTHON]
